//! A shade and its status.

use jiff::Timestamp;
use strand_color::Rgb;
use strand_learning::{LeaveOneOut, ModelKind, ShadeModel};

/// The status of a shade, from its first photo to its trained model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShadeStatus {
    /// It has no photos.
    PendingData,
    /// It has photos but no model.
    Untrained,
    /// It is being trained.
    Training,
    /// Its model is up to date with its photos.
    Ready,
    /// Its photos have changed since training, or its model belongs to another feature space.
    Stale,
    /// Its last training failed, and neither its photos nor the feature space have changed since.
    Failed,
}

/// A shade.
#[derive(Debug, Clone, PartialEq)]
pub struct Shade {
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
    pub photo_count: u64,
    /// Incremented with every change of its photos.
    pub photos_revision: u64,
    /// Why the last training failed, unless a model was saved since.
    pub failure: Option<TrainingFailure>,
    /// Its model, in any feature space.
    pub model: Option<ModelInfo>,
    /// When the claim of a training process lapses, if several processes share the store.
    pub claimed_until: Option<Timestamp>,
}

impl Shade {
    /// Whether any process has claimed the shade for training at the time `now`.
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        self.claimed_until.is_some_and(|until| until > now)
    }

    /// The status of the shade in the feature space `space`, given whether it is `in_training` now.
    pub fn status(&self, space: &str, in_training: bool) -> ShadeStatus {
        if in_training {
            return ShadeStatus::Training;
        }
        if self.photo_count == 0 {
            return ShadeStatus::PendingData;
        }
        let fails = |f: &TrainingFailure| f.photos_revision == self.photos_revision && f.space == space;
        if self.failure.as_ref().is_some_and(fails) {
            return ShadeStatus::Failed;
        }
        match &self.model {
            None => ShadeStatus::Untrained,
            Some(model) if self.is_known_by(model, space) => ShadeStatus::Ready,
            Some(_) => ShadeStatus::Stale,
        }
    }

    /// Whether the model is up to date with the shade's photos, in the feature space `space`.
    pub fn is_known_by(&self, model: &ModelInfo, space: &str) -> bool {
        model.space == space && model.photos_revision == self.photos_revision
    }
}

/// A shade to create. The name is valid and trimmed.
#[derive(Debug, Clone)]
pub struct NewShade {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A reference swatch.
    pub hex: Option<Rgb>,
}

/// Changes of a shade. An outer `None` leaves a field unchanged; an inner `None` clears it.
#[derive(Debug, Clone, Default)]
pub struct ShadeChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<Option<String>>,
    /// A new swatch.
    pub hex: Option<Option<Rgb>>,
}

/// The input on which a training failed. It would fail again until the photos or the feature space change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingFailure {
    /// The revision of the shade's photos.
    pub photos_revision: u64,
    /// The feature space.
    pub space: String,
}

/// Facts about a model that do not require loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    /// 1 for the first training of the shade, incremented by each further one.
    pub version: u64,
    /// How its score is computed.
    pub kind: ModelKind,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// The number of photos it was trained on. Photos without hair do not count.
    pub photo_count: u64,
    /// Leave-one-out results.
    pub metrics: Option<LeaveOneOut>,
    /// Its feature space.
    pub space: String,
    /// The revision of the shade's photos that it was trained on.
    pub photos_revision: u64,
}

impl ModelInfo {
    /// The facts to store with the file of `model`: version `version` of its shade, trained on the photos of revision
    /// `photos_revision`.
    pub fn of(model: &ShadeModel, version: u64, photos_revision: u64) -> Self {
        Self {
            version,
            kind: model.kind,
            trained_at: Timestamp::now(),
            photo_count: model.references.len() as u64,
            metrics: model.leave_one_out,
            space: model.space.clone(),
            photos_revision,
        }
    }

    /// Whether this model stays although another one was trained: later photos win. A slower training on earlier photos
    /// must not undo a later one.
    pub fn outlasts(&self, space: &str, photos_revision: u64) -> bool {
        self.space == space && self.photos_revision > photos_revision
    }
}

/// The form in which names are compared: trimmed, NFC, case-folded, and NFC again, because folding can decompose.
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
        let shade = Shade {
            id: 1,
            name: "a".into(),
            description: None,
            hex: None,
            created_at: Timestamp::UNIX_EPOCH,
            photo_count: 2,
            photos_revision: 2,
            failure: Some(TrainingFailure {
                photos_revision: 2,
                space: "here".into(),
            }),
            model: None,
            claimed_until: None,
        };
        assert_eq!(shade.status("here", false), ShadeStatus::Failed);
        assert_eq!(shade.status("elsewhere", false), ShadeStatus::Untrained);
        let changed = Shade {
            photos_revision: 3,
            ..shade
        };
        assert_eq!(changed.status("here", false), ShadeStatus::Untrained);
    }

    #[test]
    fn names_compare_folded() {
        assert_eq!(name_key("  Blond  "), name_key("BLOND"));
        assert_eq!(name_key("Cafe\u{301} Straße"), name_key("caf\u{e9} STRASSE"));
        assert_ne!(name_key("#6/27"), name_key("#6/28"));
    }
}
