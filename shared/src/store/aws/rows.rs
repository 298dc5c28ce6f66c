//! The rows of the table, and what the library sees of them.

use super::table::padded;
use super::write::Key;
use crate::color::Rgb;
use crate::library::ports::{NewImage, StoreError, UploadTerms};
use crate::library::types::{Color, Failure, Image, Job, ModelInfo};
use crate::photo::Format;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The partition of all shades, newest last.
pub const COLORS: &str = "COLORS";
/// The partition of the shades whose latest change is not in the snapshot yet.
pub const PENDING: &str = "PENDING";
/// The partition of the jobs that are not over.
pub const OPEN_JOBS: &str = "OPEN_JOBS";
/// The partition of what is to be cleared away, by when.
pub const GARBAGE: &str = "GARBAGE";

/// What ids are counted for.
#[derive(Clone, Copy)]
pub enum Counted {
    Colors,
    Images,
    Jobs,
}

impl Counted {
    pub fn key(self) -> Key {
        let what = match self {
            Self::Colors => "colors",
            Self::Images => "images",
            Self::Jobs => "jobs",
        };
        Key::new("COUNTERS", what)
    }
}

/// A counter.
#[derive(Deserialize)]
pub struct CounterRow {
    pub last: u64,
}

/// A shade.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ColorRow {
    #[serde(flatten)]
    pub key: Key,
    pub id: u64,
    pub name: String,
    pub name_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<Rgb>,
    pub created_at: Timestamp,
    pub image_count: u64,
    pub images_revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    pub models_made: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelInfo>,
    /// Where its model is in the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_key: Option<String>,
    /// Who trains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// Until when, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<i64>,
}

impl ColorRow {
    pub fn key(id: u64) -> Key {
        Key::new(COLORS, padded(id))
    }
}

impl From<ColorRow> for Color {
    fn from(row: ColorRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            hex: row.hex,
            created_at: row.created_at,
            image_count: row.image_count,
            images_revision: row.images_revision,
            failure: row.failure,
            model: row.model,
            claimed_until: row
                .claimed_until
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        }
    }
}

/// A name in use.
#[derive(Serialize, Deserialize)]
pub struct NameRow {
    #[serde(flatten)]
    pub key: Key,
    pub color_id: u64,
}

impl NameRow {
    pub fn new(name_key: &str, color_id: u64) -> Self {
        let key = Self::key(name_key);
        Self { key, color_id }
    }

    pub fn key(name_key: &str) -> Key {
        Key::new(format!("NAME#{name_key}"), "NAME")
    }
}

/// The partition of a shade's photos.
pub fn photos_of(color_id: u64) -> String {
    format!("PHOTOS#{color_id}")
}

/// A photo.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImageRow {
    #[serde(flatten)]
    pub key: Key,
    pub id: u64,
    pub color_id: u64,
    pub sha256: String,
    /// The extension of its format.
    pub format: String,
    pub bytes: u64,
    pub created_at: Timestamp,
    pub is_processed: bool,
}

impl ImageRow {
    pub fn new(color_id: u64, id: u64, image: &NewImage) -> Self {
        Self {
            key: Self::key(color_id, id),
            id,
            color_id,
            sha256: image.sha256.clone(),
            format: image.format.extension().to_owned(),
            bytes: image.bytes.len() as u64,
            created_at: Timestamp::now(),
            is_processed: false,
        }
    }

    pub fn key(color_id: u64, id: u64) -> Key {
        Key::new(photos_of(color_id), format!("{}{}", Self::FIRST, padded(id)))
    }

    /// How the sort keys of photos begin, and what comes after the last.
    pub const FIRST: &str = "IMAGE#";
    pub const LAST: &str = "IMAGE$";

    pub fn image(self) -> Result<Image, StoreError> {
        let format = Format::from_extension(&self.format);
        let unknown = || {
            StoreError::Failed(format!(
                "photo {} has the unknown format {}",
                self.id, self.format
            ))
        };
        Ok(Image {
            id: self.id,
            color_id: self.color_id,
            format: format.ok_or_else(unknown)?,
            sha256: self.sha256,
            bytes: self.bytes,
            created_at: self.created_at,
            is_processed: self.is_processed,
        })
    }
}

/// That a shade has a photo of these bytes.
#[derive(Serialize, Deserialize)]
pub struct BytesRow {
    #[serde(flatten)]
    pub key: Key,
    pub image_id: u64,
}

impl BytesRow {
    pub fn new(image: &ImageRow) -> Self {
        Self {
            key: Self::key(image.color_id, &image.sha256),
            image_id: image.id,
        }
    }

    pub fn key(color_id: u64, sha256: &str) -> Key {
        Key::new(photos_of(color_id), format!("BYTES#{sha256}"))
    }
}

/// Just where a row is.
#[derive(Deserialize)]
pub struct KeyRow {
    #[serde(flatten)]
    pub key: Key,
}

/// That a shade's latest change is not in the snapshot yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingRow {
    #[serde(flatten)]
    pub key: Key,
    pub color_id: u64,
    /// Another one for each change.
    pub change: String,
    /// When, in milliseconds since 1970.
    pub changed_at: i64,
}

impl PendingRow {
    pub fn new(color_id: u64) -> Self {
        Self {
            key: Key::new(PENDING, padded(color_id)),
            color_id,
            change: random(),
            changed_at: Timestamp::now().as_millisecond(),
        }
    }
}

/// A job.
#[derive(Serialize, Deserialize)]
pub struct JobRow {
    #[serde(flatten)]
    pub key: Key,
    pub job: Job,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires_at: i64,
}

/// Jobs are kept for so long after their last change.
const JOB_LASTS: Duration = Duration::from_hours(30 * 24);

impl JobRow {
    pub fn new(job: Job) -> Self {
        Self {
            key: Self::key(job.id),
            expires_at: after(job.updated_at, JOB_LASTS).as_second(),
            job,
        }
    }

    pub fn key(id: u64) -> Key {
        Key::new(format!("JOB#{id}"), "JOB")
    }
}

/// That a job is not over, and until when a process works on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenJobRow {
    #[serde(flatten)]
    pub key: Key,
    pub job_id: u64,
    /// Milliseconds since 1970.
    pub taken_until: i64,
    pub expires_at: i64,
}

impl OpenJobRow {
    pub fn new(job: &JobRow, taken_until: i64) -> Self {
        Self {
            key: Self::key(job.job.id),
            job_id: job.job.id,
            taken_until,
            expires_at: job.expires_at,
        }
    }

    pub fn key(id: u64) -> Key {
        Key::new(OPEN_JOBS, padded(id))
    }
}

/// An upload.
#[derive(Serialize, Deserialize)]
pub struct UploadRow {
    #[serde(flatten)]
    pub key: Key,
    pub terms: UploadTerms,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires_at: i64,
}

/// For so long it is known of an upload that it has expired.
const UPLOAD_REMEMBERED: Duration = Duration::from_hours(24);

impl UploadRow {
    pub fn new(key: &str, terms: UploadTerms) -> Self {
        Self {
            key: Self::key(key),
            expires_at: after(terms.expires_at, UPLOAD_REMEMBERED).as_second(),
            terms,
        }
    }

    pub fn key(key: &str) -> Key {
        Key::new(format!("UPLOAD#{key}"), "UPLOAD")
    }
}

/// So long after the point in time.
pub fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// 122 random bits in hex: nobody guesses them, and they do not come twice.
pub fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
