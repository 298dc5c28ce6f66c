//! The rows of the table, and their conversion to the library's types. Every version reads these attribute names, so
//! they never change. That is why `color` and `image` still occur in them.

use crate::table::padded;
use crate::write::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strand_color::Rgb;
use strand_library::ports::{ANSWER_LASTS, KeyedRequest, StoreError};
use strand_library::{Job, NewPhoto, Shade, StoredPhoto, UploadTerms, rows};
use strand_photo::Format;

/// The partition of all shades, oldest first.
pub const SHADES: &str = "COLORS";
/// The partition of the shades whose latest change is not in the snapshot yet.
pub const PENDING: &str = "PENDING";
/// The partition of the jobs that are not over.
pub const OPEN_JOBS: &str = "OPEN_JOBS";
/// The partition of leftovers to delete, ordered by when they are due.
pub const GARBAGE: &str = "GARBAGE";

/// The things that have counters for ids.
#[derive(Clone, Copy)]
pub enum Counted {
    Shades,
    Photos,
    Jobs,
}

impl Counted {
    pub fn key(self) -> Key {
        let what = match self {
            Self::Shades => "colors",
            Self::Photos => "images",
            Self::Jobs => "jobs",
        };
        Key::new("COUNTERS", what)
    }
}

/// The row of a counter.
#[derive(Deserialize)]
pub struct CounterRow {
    pub last: u64,
}

/// The row of a shade.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShadeRow {
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
    #[serde(rename = "image_count")]
    pub photo_count: u64,
    #[serde(rename = "images_revision")]
    pub photos_revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<rows::FailureRow>,
    pub models_made: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<rows::ModelRow>,
    /// The key of its model in the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_key: Option<String>,
    /// The holder of the training claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// When the claim lapses, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<i64>,
}

impl ShadeRow {
    pub fn key(id: u64) -> Key {
        Key::new(SHADES, padded(id))
    }
}

impl From<ShadeRow> for Shade {
    fn from(row: ShadeRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            hex: row.hex,
            created_at: row.created_at,
            photo_count: row.photo_count,
            photos_revision: row.photos_revision,
            failure: row.failure.map(Into::into),
            model: row.model.map(Into::into),
            claimed_until: row
                .claimed_until
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        }
    }
}

/// The row of a name in use.
#[derive(Serialize, Deserialize)]
pub struct NameRow {
    #[serde(flatten)]
    pub key: Key,
    #[serde(rename = "color_id")]
    pub shade_id: u64,
}

impl NameRow {
    pub fn new(name_key: &str, shade_id: u64) -> Self {
        let key = Self::key(name_key);
        Self { key, shade_id }
    }

    pub fn key(name_key: &str) -> Key {
        Key::new(format!("NAME#{name_key}"), "NAME")
    }
}

/// The partition of a shade's photos.
pub fn photos_of(shade_id: u64) -> String {
    format!("PHOTOS#{shade_id}")
}

/// The row of a photo.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhotoRow {
    #[serde(flatten)]
    pub key: Key,
    pub id: u64,
    #[serde(rename = "color_id")]
    pub shade_id: u64,
    /// Of what was sent.
    pub sha256: String,
    /// Of what is kept; without it, the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_sha256: Option<String>,
    /// The file extension of its format.
    pub format: String,
    pub bytes: u64,
    pub created_at: Timestamp,
    #[serde(rename = "is_processed")]
    pub is_measured: bool,
}

impl PhotoRow {
    pub fn new(shade_id: u64, id: u64, photo: &NewPhoto) -> Self {
        Self {
            key: Self::key(shade_id, id),
            id,
            shade_id,
            sha256: photo.sha256.clone(),
            kept_sha256: Some(photo.kept_sha256.clone()),
            format: photo.format.extension().to_owned(),
            bytes: photo.bytes.len() as u64,
            created_at: Timestamp::now(),
            is_measured: false,
        }
    }

    pub fn key(shade_id: u64, id: u64) -> Key {
        Key::new(photos_of(shade_id), format!("{}{}", Self::FIRST, padded(id)))
    }

    /// The prefix of the sort keys of photos, and the bound after the last.
    pub const FIRST: &str = "IMAGE#";
    pub const LAST: &str = "IMAGE$";

    pub fn photo(self) -> Result<StoredPhoto, StoreError> {
        let format = Format::from_extension(&self.format);
        let unknown = || {
            StoreError::Failed(format!(
                "photo {} has the unknown format {}",
                self.id, self.format
            ))
        };
        Ok(StoredPhoto {
            id: self.id,
            shade_id: self.shade_id,
            format: format.ok_or_else(unknown)?,
            kept_sha256: self.kept_sha256.unwrap_or_else(|| self.sha256.clone()),
            sha256: self.sha256,
            bytes: self.bytes,
            created_at: self.created_at,
            is_measured: self.is_measured,
        })
    }
}

/// The row that records that a shade has a photo with these bytes.
#[derive(Serialize, Deserialize)]
pub struct BytesRow {
    #[serde(flatten)]
    pub key: Key,
    #[serde(rename = "image_id")]
    pub photo_id: u64,
}

impl BytesRow {
    pub fn new(photo: &PhotoRow) -> Self {
        Self {
            key: Self::key(photo.shade_id, &photo.sha256),
            photo_id: photo.id,
        }
    }

    pub fn key(shade_id: u64, sha256: &str) -> Key {
        Key::new(photos_of(shade_id), format!("BYTES#{sha256}"))
    }
}

/// Only the key of a row.
#[derive(Deserialize)]
pub struct KeyRow {
    #[serde(flatten)]
    pub key: Key,
}

/// The row of a change to a shade that is not in the snapshot yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingRow {
    #[serde(flatten)]
    pub key: Key,
    #[serde(rename = "color_id")]
    pub shade_id: u64,
    /// A unique token for each change.
    pub change: String,
    /// When the change was made, in milliseconds since 1970.
    pub changed_at: i64,
}

impl PendingRow {
    pub fn new(shade_id: u64) -> Self {
        Self {
            key: Key::new(PENDING, padded(shade_id)),
            shade_id,
            change: random(),
            changed_at: Timestamp::now().as_millisecond(),
        }
    }
}

/// The row of a job.
#[derive(Serialize, Deserialize)]
pub struct JobRow {
    #[serde(flatten)]
    pub key: Key,
    pub job: rows::JobRow,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires_at: i64,
}

/// How long jobs are kept after their last change.
const JOB_LASTS: Duration = Duration::from_hours(30 * 24);

impl JobRow {
    pub fn new(job: Job) -> Self {
        Self {
            key: Self::key(job.id),
            expires_at: after(job.updated_at, JOB_LASTS).as_second(),
            job: job.into(),
        }
    }

    pub fn key(id: u64) -> Key {
        Key::new(format!("JOB#{id}"), "JOB")
    }
}

/// The row of a job that is not over, and the time until which a process works on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenJobRow {
    #[serde(flatten)]
    pub key: Key,
    pub job_id: u64,
    /// The worker that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// In milliseconds since 1970.
    pub taken_until: i64,
    pub expires_at: i64,
}

impl OpenJobRow {
    pub fn new(job_id: u64, row: &JobRow) -> Self {
        Self {
            key: Self::key(job_id),
            job_id,
            holder: None,
            taken_until: 0,
            expires_at: row.expires_at,
        }
    }

    pub fn key(id: u64) -> Key {
        Key::new(OPEN_JOBS, padded(id))
    }
}

/// The row of a request that can be sent again, and of its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct AnswerRow {
    #[serde(flatten)]
    pub key: Key,
    pub fingerprint: String,
    /// Who acts on it.
    pub holder: String,
    /// In milliseconds since 1970.
    pub held_until: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires_at: i64,
}

impl AnswerRow {
    pub fn new(request: &KeyedRequest, holder: &str, held_until: i64) -> Self {
        Self {
            key: Self::key(&request.key),
            fingerprint: request.fingerprint.clone(),
            holder: holder.to_owned(),
            held_until,
            answer: None,
            expires_at: after(Timestamp::now(), ANSWER_LASTS).as_second(),
        }
    }

    pub fn key(key: &str) -> Key {
        Key::new(format!("ANSWER#{key}"), "ANSWER")
    }
}

/// The row of an upload.
#[derive(Serialize, Deserialize)]
pub struct UploadRow {
    #[serde(flatten)]
    pub key: Key,
    pub terms: rows::TermsRow,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires_at: i64,
}

/// How long an expired upload is remembered.
const UPLOAD_REMEMBERED: Duration = Duration::from_hours(24);

impl UploadRow {
    pub fn new(key: &str, terms: UploadTerms) -> Self {
        Self {
            key: Self::key(key),
            expires_at: after(terms.expires_at, UPLOAD_REMEMBERED).as_second(),
            terms: terms.into(),
        }
    }

    pub fn key(key: &str) -> Key {
        Key::new(format!("UPLOAD#{key}"), "UPLOAD")
    }
}

/// The time `duration` after `time`.
pub fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// 122 random bits in hex: unguessable and unique.
pub fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
