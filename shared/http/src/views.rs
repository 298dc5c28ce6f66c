//! How the HTTP contract represents shades, photos, models, and jobs.

use crate::place;
use serde::Serialize;
use strand_learning::ModelKind;
use strand_library::{Job, JobState, Library, ModelInfo, Shade, ShadeStatus, StoredPhoto};
use strand_signature::DominantColor;
use utoipa::ToSchema;

/// The bytes of a file, for the OpenAPI document.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only documents a body")]
pub struct FileBytes(Vec<u8>);

/// A color.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 7, "name": "#6/27 Brown / Strawberry Blonde", "description": null, "hex": "#a9714b", "status": "ready",
    "image_count": 3,
    "model": {
        "version": 1, "kind": "linear_svm", "trained_at": "2026-11-23T06:00:00Z", "num_images": 3,
        "metrics": {"recall": 1.0, "specificity": 0.97, "balanced_accuracy": 0.985}
    },
    "created_at": "2026-11-23T05:00:00Z"
}))]
pub struct ShadeView {
    /// Id, never reused.
    #[schema(example = 7)]
    id: u64,
    /// The name, unique when compared trimmed, case-folded, and in NFC.
    #[schema(example = "#6/27 Brown / Strawberry Blonde")]
    name: String,
    /// Free text.
    description: Option<String>,
    /// Reference swatch.
    #[schema(example = "#a9714b")]
    hex: Option<String>,
    /// The status, from its first image to its trained model.
    #[schema(example = "ready")]
    status: ShadeStatusView,
    /// Number of images.
    #[schema(example = 3)]
    image_count: u64,
    /// Its trained model.
    model: Option<ModelView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    created_at: String,
}

impl ShadeView {
    pub fn new(library: &Library, shade: Shade) -> Self {
        Self {
            status: library.status(&shade).into(),
            id: shade.id,
            name: shade.name,
            description: shade.description,
            hex: shade.hex.map(|hex| hex.to_string()),
            image_count: shade.photo_count,
            model: shade.model.map(ModelView::from),
            created_at: shade.created_at.to_string(),
        }
    }
}

/// A trained model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelView {
    /// 1 for the first training of the color, incremented by each further one.
    #[schema(example = 1)]
    version: u64,
    /// `linear_svm`, or `similarity` if this is the only color.
    #[schema(example = "linear_svm")]
    kind: ModelKindView,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    trained_at: String,
    /// Number of images it was trained on.
    #[schema(example = 3)]
    num_images: u64,
    /// Leave-one-out results; null with fewer than two images, or if this is the only color.
    metrics: Option<MetricsView>,
}

/// Leave-one-out results of a model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricsView {
    /// Share of the color's own images recognized.
    #[schema(example = 1.0)]
    recall: f32,
    /// Share of other colors' images rejected.
    #[schema(example = 0.97)]
    specificity: f32,
    /// Mean of both; 0.5 is chance.
    #[schema(example = 0.985)]
    balanced_accuracy: f32,
}

impl From<ModelInfo> for ModelView {
    fn from(model: ModelInfo) -> Self {
        Self {
            version: model.version,
            kind: model.kind.into(),
            trained_at: model.trained_at.to_string(),
            num_images: model.photo_count,
            metrics: model.metrics.map(|m| MetricsView {
                recall: rounded(m.recall, 4),
                specificity: rounded(m.specificity, 4),
                balanced_accuracy: rounded(m.balanced_accuracy, 4),
            }),
        }
    }
}

/// An image of a color.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 12, "image_path": "/training_data/7/12.jpg", "image_url": "../../training_data/7/12.jpg", "is_processed": false, "bytes": 183_402,
    "sha256": "790531481c9530b18a9a7c7251b37001430f488f3d03e982a3afd7540d3ab1b1",
    "stored_sha256": "1a4f1e6b0f2c9a7d53f0d8b1c4e7a9625d1b3c8f7e604a2b9c5d8e1f3a6b7c90", "created_at": "2026-11-23T06:00:00Z",
    "hair_colors": [{"hex": "#6b4a32", "percentage": 61.4}, {"hex": "#8a6448", "percentage": 38.6}]
}))]
pub struct PhotoView {
    /// Id, never reused.
    #[schema(example = 12)]
    id: u64,
    /// The path at which it is served, below the address of the service.
    #[schema(example = "/training_data/7/12.jpg")]
    image_path: String,
    /// A reference to it that is complete: relative to this request, or with the path before the service. Where photos need
    /// a key, it is signed, and opens this image without one for an hour or two.
    #[schema(format = "uri-reference", example = "../../training_data/7/12.jpg")]
    image_url: String,
    /// Whether its features have been measured, which happens at the first training.
    is_processed: bool,
    /// Number of bytes that are kept.
    #[schema(example = 183_402)]
    bytes: u64,
    /// SHA-256 of the bytes that were sent, in hex. The same bytes are never added to a color twice.
    sha256: String,
    /// SHA-256 of the bytes that are kept and served, without metadata, in hex.
    stored_sha256: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    created_at: String,
    /// In a list: the colors of its hair, largest share first. Null if it has not been measured yet, or shows no hair.
    hair_colors: Option<Vec<HairColorView>>,
}

/// A color of the hair in an image.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HairColor)]
pub struct HairColorView {
    #[schema(example = "#6b4a32")]
    hex: String,
    /// Share of the hair, 0 to 100.
    #[schema(example = 61.4)]
    percentage: f32,
}

impl From<DominantColor> for HairColorView {
    fn from(color: DominantColor) -> Self {
        Self {
            hex: color.lab.to_rgb().to_string(),
            percentage: rounded(100.0 * color.share, 1),
        }
    }
}

impl From<StoredPhoto> for PhotoView {
    fn from(photo: StoredPhoto) -> Self {
        let path = image_path(&photo);
        Self {
            id: photo.id,
            image_url: place::photo(&path),
            image_path: path,
            is_processed: photo.is_measured,
            bytes: photo.bytes,
            sha256: photo.sha256,
            stored_sha256: photo.kept_sha256,
            created_at: photo.created_at.to_string(),
            hair_colors: None,
        }
    }
}

impl PhotoView {
    /// The same with the colors of its hair.
    pub fn with_hair(self, colors: Option<Vec<DominantColor>>) -> Self {
        let hair_colors = colors.map(|colors| colors.into_iter().map(HairColorView::from).collect());
        Self { hair_colors, ..self }
    }

    /// A reference to it from the current request.
    pub fn url(&self) -> &str {
        &self.image_url
    }
}

/// The path at which a photo is served.
pub fn image_path(photo: &StoredPhoto) -> String {
    format!(
        "/training_data/{}/{}.{}",
        photo.shade_id,
        photo.id,
        photo.format.extension()
    )
}

/// A background training job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 3, "status": "running", "color_ids": [7, 8], "done": 1, "total": 2, "percentage": 50.0, "error": null,
    "failures": [{"color_id": 7, "error": "No hair was found in any of the 2 photos of \"Ash\"; add photos in \
        which the hair is well lit and fills a good part of the picture."}],
    "created_at": "2026-11-23T06:00:00Z", "updated_at": "2026-11-23T06:00:02Z"
}))]
pub struct JobView {
    /// Id, never reused.
    #[schema(example = 3)]
    id: u64,
    /// The current state.
    #[schema(example = "running")]
    status: JobStateView,
    /// The colors to train.
    color_ids: Vec<u64>,
    /// Number of finished colors, including failed ones.
    done: usize,
    /// Total number of colors.
    total: usize,
    /// Progress from 0 to 100.
    #[schema(example = 50.0)]
    percentage: f32,
    /// Why no color could be trained, if the job failed.
    error: Option<String>,
    /// The colors that could not be trained.
    failures: Vec<FailureView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A color that a job could not train.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureView {
    /// The color's id.
    color_id: u64,
    /// The reason, in one sentence.
    error: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let failed = job.state == JobState::Failed;
        Self {
            percentage: rounded(job.percentage(), 1),
            id: job.id,
            status: job.state.into(),
            done: job.done,
            total: job.shade_ids.len(),
            color_ids: job.shade_ids,
            error: job
                .failures
                .first()
                .filter(|_| failed)
                .map(|failure| failure.error.clone()),
            failures: job
                .failures
                .into_iter()
                .map(|failure| FailureView {
                    color_id: failure.shade_id,
                    error: failure.error,
                })
                .collect(),
            created_at: job.created_at.to_string(),
            updated_at: job.updated_at.to_string(),
        }
    }
}

/// Rounds to `decimals` decimals, so that answers show only meaningful digits.
pub fn rounded(value: f32, decimals: i32) -> f32 {
    let scale = 10_f64.powi(decimals);
    ((f64::from(value) * scale).round() / scale) as f32
}

/// Declares an enum of the contract and its conversion from the domain's value.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $view:ident of $value:ident as $case:tt { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Serialize, ToSchema)]
        #[serde(rename_all = $case)]
        pub enum $view {
            $($(#[$variant_doc])* $variant),+
        }

        impl From<$value> for $view {
            fn from(value: $value) -> Self {
                match value {
                    $($value::$variant => Self::$variant),+
                }
            }
        }
    };
}
pub(crate) use wire_enum;

wire_enum! {
    /// The status of a color, from its first image to its trained model.
    ShadeStatusView of ShadeStatus as "snake_case" {
        /// It has no images.
        PendingData,
        /// It has images but no model.
        Untrained,
        /// It is being trained.
        Training,
        /// Its model is up to date with its images.
        Ready,
        /// Its images have changed since training, or its model belongs to another feature space.
        Stale,
        /// Its last training failed, and nothing has changed since.
        Failed,
    }
}

wire_enum! {
    /// How a model computes its score.
    ModelKindView of ModelKind as "snake_case" {
        /// A linear SVM, trained against the images of other colors.
        LinearSvm,
        /// Similarity to its own images, if it is the only color.
        Similarity,
    }
}

wire_enum! {
    /// The state of a job.
    JobStateView of JobState as "snake_case" {
        /// Not started yet.
        Queued,
        /// In progress.
        Running,
        /// Finished; some colors may have failed.
        Succeeded,
        /// Finished; no color could be trained.
        Failed,
        /// Ended by `DELETE /jobs/{id}` before all colors were trained.
        Cancelled,
    }
}
