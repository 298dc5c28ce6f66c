//! What the contract shows of colors, images, models and jobs.

use crate::library::Library;
use crate::library::types::{Color, Image, Job, JobState, ModelInfo};
use serde::Serialize;
use utoipa::ToSchema;

/// A file as it is, for the OpenAPI document.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only documents a body")]
pub struct FileBytes(Vec<u8>);

/// A shade.
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
pub struct ColorView {
    /// Id, never reused.
    #[schema(example = 7)]
    id: u64,
    /// Unique, compared trimmed, case-folded and NFC.
    #[schema(example = "#6/27 Brown / Strawberry Blonde")]
    name: String,
    /// Free text.
    description: Option<String>,
    /// Reference swatch.
    #[schema(example = "#a9714b")]
    hex: Option<String>,
    /// Where it stands between its first photo and its model.
    #[schema(example = "ready", value_type = String,
        pattern = "^(pending_data|untrained|training|ready|stale|failed)$")]
    status: crate::library::types::Status,
    /// How many photos it has.
    #[schema(example = 3)]
    image_count: u64,
    /// Its trained model.
    model: Option<ModelView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    created_at: String,
}

impl ColorView {
    pub fn new(library: &Library, color: Color) -> Self {
        Self {
            status: library.status(&color),
            id: color.id,
            name: color.name,
            description: color.description,
            hex: color.hex.map(|hex| hex.to_string()),
            image_count: color.image_count,
            model: color.model.map(ModelView::from),
            created_at: color.created_at.to_string(),
        }
    }
}

/// A trained model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelView {
    /// 1 for the first training, one more for each.
    #[schema(example = 1)]
    version: u64,
    /// `linear_svm`, or `similarity` while the shade is the only one.
    #[schema(example = "linear_svm", value_type = String, pattern = "^(linear_svm|similarity)$")]
    kind: crate::learning::ModelKind,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    trained_at: String,
    /// How many photos it was trained on.
    #[schema(example = 3)]
    num_images: u64,
    /// How it did on photos left out; null with fewer than two photos, or no other shade.
    metrics: Option<MetricsView>,
}

/// Leave-one-out figures of a model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricsView {
    /// Share of the shade's own photos recognised.
    #[schema(example = 1.0)]
    recall: f32,
    /// Share of other shades' photos turned away.
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
            kind: model.kind,
            trained_at: model.trained_at.to_string(),
            num_images: model.num_images,
            metrics: model.metrics.map(|m| MetricsView {
                recall: rounded(m.recall, 4),
                specificity: rounded(m.specificity, 4),
                balanced_accuracy: rounded(m.balanced_accuracy, 4),
            }),
        }
    }
}

/// A photo of a shade.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 12, "image_path": "/training_data/7/12.jpg", "is_processed": false, "bytes": 183_402,
    "sha256": "790531481c9530b18a9a7c7251b37001430f488f3d03e982a3afd7540d3ab1b1", "created_at": "2026-11-23T06:00:00Z"
}))]
pub struct ImageView {
    /// Id, never reused.
    #[schema(example = 12)]
    id: u64,
    /// Where it is served.
    #[schema(example = "/training_data/7/12.jpg")]
    image_path: String,
    /// Whether its features are measured, which the first training does.
    is_processed: bool,
    /// Size in bytes.
    #[schema(example = 183_402)]
    bytes: u64,
    /// SHA-256 of its bytes, in hex.
    sha256: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:00:00Z")]
    created_at: String,
}

impl From<Image> for ImageView {
    fn from(image: Image) -> Self {
        Self {
            id: image.id,
            image_path: image_path(&image),
            is_processed: image.is_processed,
            bytes: image.bytes,
            sha256: image.sha256,
            created_at: image.created_at.to_string(),
        }
    }
}

impl ImageView {
    /// Where it is served.
    pub fn path(&self) -> &str {
        &self.image_path
    }
}

/// Where a photo is served.
pub fn image_path(image: &Image) -> String {
    format!(
        "/training_data/{}/{}.{}",
        image.color_id,
        image.id,
        image.format.extension()
    )
}

/// Training in the background.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 3, "status": "running", "color_ids": [7, 8], "done": 1, "total": 2, "percentage": 50.0, "error": null,
    "failures": [{"color_id": 7, "error": "No hair was found in any of the 2 images of \"Ash\"; upload photos in \
        which the hair is well lit and fills a good part of the picture."}],
    "created_at": "2026-11-23T06:00:00Z", "updated_at": "2026-11-23T06:00:02Z"
}))]
pub struct JobView {
    /// Id, never reused.
    #[schema(example = 3)]
    id: u64,
    /// Where it stands.
    #[schema(example = "running", value_type = String, pattern = "^(queued|running|succeeded|failed)$")]
    status: JobState,
    /// The shades to train.
    color_ids: Vec<u64>,
    /// How many are done.
    done: usize,
    /// How many there are.
    total: usize,
    /// 0 to 100.
    #[schema(example = 50.0)]
    percentage: f32,
    /// Why no shade could be trained, in a failed job.
    error: Option<String>,
    /// The shades that could not be trained.
    failures: Vec<FailureView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A shade that a job could not train.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureView {
    /// The shade.
    color_id: u64,
    /// Why, in a sentence.
    error: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let failed = job.state == JobState::Failed;
        Self {
            percentage: rounded(job.percentage(), 1),
            id: job.id,
            status: job.state,
            done: job.done,
            total: job.color_ids.len(),
            color_ids: job.color_ids,
            error: job
                .failures
                .first()
                .filter(|_| failed)
                .map(|failure| failure.error.clone()),
            failures: job
                .failures
                .into_iter()
                .map(|failure| FailureView {
                    color_id: failure.color_id,
                    error: failure.error,
                })
                .collect(),
            created_at: job.created_at.to_string(),
            updated_at: job.updated_at.to_string(),
        }
    }
}

/// Rounds to so many decimals, so that answers do not show digits that mean nothing.
pub fn rounded(value: f32, decimals: i32) -> f32 {
    let scale = 10_f64.powi(decimals);
    ((f64::from(value) * scale).round() / scale) as f32
}
