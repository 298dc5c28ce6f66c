//! What the library holds, as its users see it.

use crate::color::Rgb;
use crate::learning::{LeaveOneOut, ModelKind};
use crate::photo::Format;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a shade stands between its first photo and its trained model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has no photo.
    PendingData,
    /// It has photos and no model.
    Untrained,
    /// It is being trained.
    Training,
    /// Its model knows all its photos.
    Ready,
    /// Its photos changed since, or its model belongs to another feature space.
    Stale,
    /// Its last training failed, and its photos and the feature space are still the same.
    Failed,
}

/// A shade.
#[derive(Debug, Clone, PartialEq)]
pub struct Color {
    /// Its id, never reused.
    pub id: u64,
    /// Its name, unique under [`name_key`].
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A reference swatch.
    pub hex: Option<Rgb>,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many photos it has.
    pub image_count: u64,
    /// Counts the changes to its photos.
    pub images_revision: u64,
    /// On what training last failed, where no model came after.
    pub failure: Option<Failure>,
    /// Its model, of whatever feature space.
    pub model: Option<ModelInfo>,
    /// Until when a process has claimed it for a training, where several processes share the store.
    pub claimed_until: Option<Timestamp>,
}

impl Color {
    /// Whether a process, this one or another, has claimed it for a training.
    pub fn is_claimed(&self) -> bool {
        self.claimed_until.is_some_and(|until| until > Timestamp::now())
    }

    /// Where the shade stands for the feature space `space`, and whether it is `in_training` now.
    pub fn status(&self, space: &str, in_training: bool) -> Status {
        if in_training {
            return Status::Training;
        }
        if self.image_count == 0 {
            return Status::PendingData;
        }
        let fails = |f: &Failure| f.images_revision == self.images_revision && f.space == space;
        if self.failure.as_ref().is_some_and(fails) {
            return Status::Failed;
        }
        match &self.model {
            None => Status::Untrained,
            Some(model) if model.space != space || model.images_revision != self.images_revision => {
                Status::Stale
            }
            Some(_) => Status::Ready,
        }
    }
}

/// What a training failed on, and would fail on again: other photos or another feature space are worth a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The revision of the shade's photos.
    pub images_revision: u64,
    /// The feature space.
    pub space: String,
}

/// What is known of a model without loading it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// 1 for the first training of the shade, one more for each.
    pub version: u64,
    /// How its score comes about.
    pub kind: ModelKind,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// On how many photos, those without hair not counted.
    pub num_images: u64,
    /// How it did on photos left out.
    pub metrics: Option<LeaveOneOut>,
    /// Its feature space.
    pub space: String,
    /// The revision of the shade's photos that it knows.
    pub images_revision: u64,
}

/// A photo of a shade.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its id, never reused.
    pub id: u64,
    /// The shade it belongs to.
    pub color_id: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its format, by content.
    pub format: Format,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Whether its features are measured.
    pub is_processed: bool,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for its turn.
    Queued,
    /// At work.
    Running,
    /// Done; single shades may have failed, `failures` names them.
    Succeeded,
    /// No shade could be trained.
    Failed,
}

/// One shade that a job could not train.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    /// The shade.
    pub color_id: u64,
    /// Why, in one sentence.
    pub error: String,
}

/// Training in the background.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id, never reused.
    pub id: u64,
    /// Where it stands.
    pub state: JobState,
    /// The shades to train, in order.
    pub color_ids: Vec<u64>,
    /// How many of them are done, failed ones included.
    pub done: usize,
    /// Those that failed.
    pub failures: Vec<JobFailure>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Job {
    /// 0 to 100.
    pub fn percentage(&self) -> f32 {
        if self.color_ids.is_empty() {
            100.0
        } else {
            100.0 * self.done as f32 / self.color_ids.len() as f32
        }
    }
}

/// The form under which names are compared: trimmed, NFC, case folded, NFC again (folding can decompose).
pub fn name_key(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let composed: String = name.trim().nfc().collect();
    caseless::default_case_fold_str(&composed).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_for_its_photos_and_feature_space() {
        let color = Color {
            id: 1,
            name: "a".into(),
            description: None,
            hex: None,
            created_at: Timestamp::UNIX_EPOCH,
            image_count: 2,
            images_revision: 2,
            failure: Some(Failure {
                images_revision: 2,
                space: "here".into(),
            }),
            model: None,
            claimed_until: None,
        };
        assert_eq!(color.status("here", false), Status::Failed);
        assert_eq!(color.status("elsewhere", false), Status::Untrained);
        let changed = Color {
            images_revision: 3,
            ..color
        };
        assert_eq!(changed.status("here", false), Status::Untrained);
    }

    #[test]
    fn names_compare_folded() {
        assert_eq!(name_key("  Blond  "), name_key("BLOND"));
        assert_eq!(name_key("Cafe\u{301} Straße"), name_key("caf\u{e9} STRASSE"));
        assert_ne!(name_key("#6/27"), name_key("#6/28"));
    }
}
