//! What the library needs of a store. Each method is one transaction: it happens whole or not at all.

use super::types::{Color, Failure, Image, Job, ModelInfo};
use crate::color::Rgb;
use crate::learning::{LeaveOneOut, ModelKind, ShadeModel};
use crate::photo::Format;
use crate::signature::Signature;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another shade has that name.
    #[error("the name is taken")]
    NameTaken,
    /// The shade, image or job is not there (any more).
    #[error("not found")]
    NotFound,
    /// It cannot be reached or is overloaded; trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What it holds cannot be read, or it refused.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// A shade to be created. The name is valid and trimmed.
#[derive(Debug, Clone)]
pub struct NewColor {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A reference swatch.
    pub hex: Option<Rgb>,
}

/// Fields of a shade to change; the outer `None` leaves a field as it is, an inner `None` clears it.
#[derive(Debug, Clone, Default)]
pub struct ColorChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<Option<String>>,
    /// A new swatch.
    pub hex: Option<Option<Rgb>>,
}

/// A photo to be added. Its bytes are known to be a photo of this format.
#[derive(Debug, Clone)]
pub struct NewImage {
    /// The bytes as uploaded.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The format, by content.
    pub format: Format,
}

/// What was measured of a photo in one feature space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// `None` where no hair was found.
    pub signature: Option<Signature>,
    /// The backbone's embedding, where the feature space has one.
    pub embedding: Option<Vec<f32>>,
}

/// Features with the photo they were measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFeatures {
    /// The photo.
    pub image_id: u64,
    /// What was measured.
    pub features: Features,
}

/// A model to be saved.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// The model.
    pub model: ShadeModel,
    /// The revision of the shade's photos that it was trained on.
    pub images_revision: u64,
}

impl NewModel {
    /// How its score comes about, on how many photos, and how it did: what is kept beside the file.
    pub fn facts(&self) -> (ModelKind, u64, Option<LeaveOneOut>) {
        (
            self.model.kind,
            self.model.references.len() as u64,
            self.model.leave_one_out,
        )
    }
}

/// How long a claim on a shade lasts that is not renewed: after the end of a process, its trainings can start again.
pub const CLAIM_LASTS: Duration = Duration::from_secs(20);

/// How long a client has to send an upload and to name it.
pub const UPLOAD_LASTS: Duration = Duration::from_mins(15);

/// A photo that is to be sent past the request that names it. All is known to be allowed.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// The client's name for it.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A place for an upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What names it, and nobody can guess.
    pub key: String,
    /// Where its bytes go by `PUT`; `None` where this process takes them itself.
    pub place: Option<UploadPlace>,
    /// It is of no use after this.
    pub expires_at: Timestamp,
}

/// Where the bytes of an upload go.
#[derive(Debug, Clone)]
pub struct UploadPlace {
    /// The address, signed.
    pub url: String,
    /// The headers that the request must have besides its length.
    pub headers: Vec<(String, String)>,
}

/// What was agreed on for an upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UploadTerms {
    /// The client's name for it.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// It is of no use after this.
    pub expires_at: Timestamp,
}

/// What came of an upload.
#[derive(Debug, Clone, PartialEq)]
pub enum Uploaded {
    /// Nothing yet.
    Nothing,
    /// So many bytes, and not those agreed on.
    OtherSize(u64),
    /// The bytes.
    Bytes(Vec<u8>),
}

/// A shade with all that matching needs.
#[derive(Debug, Clone)]
pub struct StoredShade {
    /// The shade.
    pub color_id: u64,
    /// Its name.
    pub name: String,
    /// Its swatch.
    pub hex: Option<Rgb>,
    /// Its model, of whatever feature space.
    pub model: Option<ShadeModel>,
}

/// Shades, photos, features, models and jobs, kept safe.
#[async_trait]
pub trait Store: Send + Sync {
    /// The word for this store in `/health`.
    fn kind(&self) -> &'static str;

    /// Changes with everything that could change a match: models, names, swatches, deletions.
    async fn library_version(&self) -> Result<String, StoreError>;

    /// Creates a shade, or says [`StoreError::NameTaken`].
    async fn create_color(&self, color: NewColor) -> Result<Color, StoreError>;
    /// One shade, or [`StoreError::NotFound`].
    async fn color(&self, id: u64) -> Result<Color, StoreError>;
    /// Up to `limit` shades with ids below `before`, newest first.
    async fn colors(&self, before: Option<u64>, limit: usize) -> Result<Vec<Color>, StoreError>;
    /// Changes a shade.
    async fn update_color(&self, id: u64, change: ColorChange) -> Result<Color, StoreError>;
    /// Deletes a shade with its photos, features and model.
    async fn delete_color(&self, id: u64) -> Result<(), StoreError>;

    /// Adds a photo to a shade; with the same bytes again, the photo that is there and `false`.
    async fn add_image(&self, color_id: u64, image: NewImage) -> Result<(Image, bool), StoreError>;
    /// All photos of a shade, newest first.
    async fn images(&self, color_id: u64) -> Result<Vec<Image>, StoreError>;
    /// One photo of a shade.
    async fn image(&self, color_id: u64, image_id: u64) -> Result<Image, StoreError>;
    /// The bytes of a photo as they were uploaded.
    async fn photo(&self, image: &Image) -> Result<Vec<u8>, StoreError>;
    /// Deletes a photo with its features; the shade's photo revision rises.
    async fn delete_image(&self, color_id: u64, image_id: u64) -> Result<(), StoreError>;

    /// Keeps what was measured of photos of a shade, by their ids, in a feature space. Photos and shades that were
    /// deleted meanwhile are passed over.
    async fn put_features(
        &self,
        color_id: u64,
        space: &str,
        measured: &[(u64, Features)],
    ) -> Result<(), StoreError>;
    /// What is known of a shade's photos in a feature space, oldest photo first.
    async fn features_of(&self, color_id: u64, space: &str) -> Result<Vec<ImageFeatures>, StoreError>;

    /// Saves a model as the shade's next version; [`StoreError::NotFound`] where the shade is gone.
    async fn put_model(&self, color_id: u64, model: NewModel) -> Result<ModelInfo, StoreError>;
    /// Notes what training failed on; the next model takes it back.
    async fn put_failure(&self, color_id: u64, failure: Failure) -> Result<(), StoreError>;
    /// The library version and every shade at that version.
    async fn shades(&self) -> Result<(String, Vec<StoredShade>), StoreError>;
    /// Makes what changed so far cheap to read for other processes, who see it without, too. Cannot fail: what is not
    /// done now is done after the next change.
    async fn publish(&self) {}

    /// Claims a shade for a training of the holder `claim`, or claims it again, until [`CLAIM_LASTS`] from now;
    /// `false` where another holder's claim lasts.
    async fn claim_training(&self, color_id: u64, claim: &str) -> Result<bool, StoreError>;
    /// Gives up a claim, if it still lasts.
    async fn release_training(&self, color_id: u64, claim: &str) -> Result<(), StoreError>;

    /// Creates a job in the state queued.
    async fn create_job(&self, color_ids: Vec<u64>) -> Result<Job, StoreError>;
    /// One job.
    async fn job(&self, id: u64) -> Result<Job, StoreError>;
    /// Saves the progress of a job.
    async fn put_job(&self, job: &Job) -> Result<(), StoreError>;
    /// The oldest job that is not over and that no other process works on, if any; `None` where jobs come by a queue.
    async fn next_job(&self) -> Result<Option<Job>, StoreError>;

    /// Makes a place for a photo that the client sends by itself.
    async fn create_upload(&self, upload: NewUpload) -> Result<Upload, StoreError>;
    /// What was agreed on for an upload.
    async fn upload(&self, key: &str) -> Result<UploadTerms, StoreError>;
    /// Takes the bytes of an upload, where this store's uploads come through the process.
    async fn put_upload(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError>;
    /// The bytes of an upload that is to have `size` of them.
    async fn uploaded(&self, key: &str, size: u64) -> Result<Uploaded, StoreError>;

    /// Clears away what deletions, crashes and uploads have left behind: some of it, in bounded time.
    async fn tidy(&self) -> Result<(), StoreError>;
}
