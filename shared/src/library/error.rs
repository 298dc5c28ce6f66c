//! What can go wrong in a use case, in words for its user.

use super::archive::ArchiveError;
use super::ports::StoreError;
use super::uploads::UploadError;
use crate::learning::TrainError;
use crate::photo::PhotoError;
use crate::vision::VisionError;

/// Why a use case could not be carried out. Cloneable, because all who joined one training get its result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LibraryError {
    /// There is no such shade, photo or job.
    #[error("There is no {what} with the id {id}.")]
    Unknown {
        /// "color", "image" or "job".
        what: &'static str,
        /// The id asked for.
        id: u64,
    },
    /// Another shade has the name.
    #[error(
        "A color named \"{0}\" exists already; choose another name (upper and lower case count as the same)."
    )]
    NameTaken(String),
    /// A value is not allowed.
    #[error("{0}")]
    Invalid(String),
    /// The shade has no photo to train on.
    #[error("The color \"{0}\" has no images yet; upload at least one photo of it, then train.")]
    NoImages(String),
    /// No photo of the shade shows hair.
    #[error(
        "No hair was found in any of the {count} images of \"{name}\"; upload photos in which the hair is well lit \
         and fills a good part of the picture."
    )]
    NoHairToTrain {
        /// The shade.
        name: String,
        /// How many photos were looked at.
        count: usize,
    },
    /// The photo shows no hair.
    #[error(
        "No hair detected in the image. Try a photo in which the hair is well lit, in focus, and fills a good part of \
         the picture."
    )]
    NoHair,
    /// The bytes are no photo that can be measured.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// An upload is not what was agreed on.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// A photo that was stored as one is none any more.
    #[error("The image with the id {0} is damaged on this server; delete it, then train again.")]
    Rotten(u64),
    /// The file to import is not a whole and sound library file.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// More work waits than can be done soon.
    #[error("Strand is busy with other photos; try again in a few seconds.")]
    Overloaded,
    /// A network is not installed. The message names the command that fetches it.
    #[error(
        "The model \"{0}\" is not installed on this server; run `strand-server models fetch {0}` there, with the \
         STRAND_MODELS_DIR that the server has."
    )]
    ModelMissing(String),
    /// The library that runs the networks is not installed. The message names the command that fetches it.
    #[error("ONNX Runtime is not installed on this server; run `models/fetch-onnxruntime` there.")]
    RuntimeMissing,
    /// A network failed. The message is for the operator.
    #[error("{0}")]
    Vision(String),
    /// The store failed, after any retries that make sense.
    #[error("{0}")]
    Store(String),
    /// The store cannot be reached just now.
    #[error("{0}")]
    StoreUnavailable(String),
    /// The SVM could not be fitted to the photos.
    #[error("{0}")]
    Fit(String),
    /// Failed for a reason of its own.
    #[error("{0}")]
    Internal(String),
}

impl LibraryError {
    /// What a client may read: the message, or for a failure inside one sentence that shows none of it.
    pub fn told(&self) -> String {
        match self {
            Self::StoreUnavailable(_) => {
                "The library cannot be reached just now; try again in a few seconds.".into()
            }
            Self::Vision(_) | Self::Store(_) | Self::Fit(_) | Self::Internal(_) => {
                "Strand failed to do this; its log has the reason.".into()
            }
            _ => self.to_string(),
        }
    }

    /// Whether training the same photos again in the same feature space would end so again.
    pub(super) fn will_recur(&self) -> bool {
        matches!(self, Self::Rotten(_) | Self::NoHairToTrain { .. } | Self::Fit(_))
    }

    /// A store's error where `what` with `id` was asked for.
    pub(super) fn about(what: &'static str, id: u64) -> impl Fn(StoreError) -> Self {
        move |error| match error {
            StoreError::NotFound => Self::Unknown { what, id },
            other => other.into(),
        }
    }
}

impl From<StoreError> for LibraryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::StoreUnavailable(error.to_string()),
            _ => Self::Store(error.to_string()),
        }
    }
}

impl From<VisionError> for LibraryError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::MissingModel { name, .. } | VisionError::NoParser { fetch: name, .. } => {
                Self::ModelMissing(name)
            }
            VisionError::RuntimeMissing { .. } => Self::RuntimeMissing,
            _ => Self::Vision(error.to_string()),
        }
    }
}

impl From<TrainError> for LibraryError {
    fn from(error: TrainError) -> Self {
        Self::Fit(error.to_string())
    }
}
