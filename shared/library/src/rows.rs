//! How stores encode values of the domain, in JSON columns and in rows of a table. Older and newer versions read these
//! field names, so they never change. That is why `color` and `image` still occur in them.

use crate::{Job, JobFailure, JobState, ModelInfo, TrainingFailure, UploadTerms};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strand_learning::{LeaveOneOut, ModelKind};

/// A [`TrainingFailure`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FailureRow {
    images_revision: u64,
    space: String,
}

/// A [`ModelInfo`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelRow {
    version: u64,
    kind: ModelKind,
    trained_at: Timestamp,
    num_images: u64,
    metrics: Option<LeaveOneOut>,
    space: String,
    images_revision: u64,
}

/// A [`JobState`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are those of JobState")]
pub enum JobStateRow {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// A [`JobFailure`].
#[derive(Debug, Clone, Serialize, Deserialize)]
struct JobFailureRow {
    color_id: u64,
    error: String,
}

/// A [`Job`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobRow {
    id: u64,
    state: JobStateRow,
    color_ids: Vec<u64>,
    done: usize,
    failures: Vec<JobFailureRow>,
    #[serde(default)]
    again: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// [`UploadTerms`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TermsRow {
    filename: String,
    content_type: String,
    size: u64,
    expires_at: Timestamp,
}

/// Converts between a value and its row in both directions, field by field.
macro_rules! fields {
    ($value:ident, $row:ident { $($field:ident = $stored:ident),+ $(,)? }) => {
        impl From<$value> for $row {
            fn from(value: $value) -> Self {
                Self { $($stored: value.$field),+ }
            }
        }

        impl From<$row> for $value {
            fn from(row: $row) -> Self {
                Self { $($field: row.$stored),+ }
            }
        }
    };
}

fields!(TrainingFailure, FailureRow { photos_revision = images_revision, space = space });
fields!(JobFailure, JobFailureRow { shade_id = color_id, error = error });
fields!(UploadTerms, TermsRow {
    filename = filename, content_type = content_type, size = size, expires_at = expires_at,
});
fields!(ModelInfo, ModelRow {
    version = version, kind = kind, trained_at = trained_at, photo_count = num_images, metrics = metrics,
    space = space, photos_revision = images_revision,
});

impl From<JobState> for JobStateRow {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Queued => Self::Queued,
            JobState::Running => Self::Running,
            JobState::Succeeded => Self::Succeeded,
            JobState::Failed => Self::Failed,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<JobStateRow> for JobState {
    fn from(state: JobStateRow) -> Self {
        match state {
            JobStateRow::Queued => Self::Queued,
            JobStateRow::Running => Self::Running,
            JobStateRow::Succeeded => Self::Succeeded,
            JobStateRow::Failed => Self::Failed,
            JobStateRow::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Job> for JobRow {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            state: job.state.into(),
            color_ids: job.shade_ids,
            done: job.done,
            failures: job.failures.into_iter().map(JobFailureRow::from).collect(),
            again: job.again,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            state: row.state.into(),
            shade_ids: row.color_ids,
            done: row.done,
            failures: row.failures.into_iter().map(JobFailure::from).collect(),
            again: row.again,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
