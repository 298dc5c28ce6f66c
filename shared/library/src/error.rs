//! Errors of the use cases, in words for the user.

use crate::ports::{NetworkError, StoreError};
use crate::upload::UPLOAD_LASTS;
use std::fmt;
use strand_learning::FitError;
use strand_photo::{MAX_BYTES, PhotoError};

/// What an id refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A shade.
    Shade,
    /// A photo.
    Photo,
    /// A job.
    Job,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shade => "shade",
            Self::Photo => "photo",
            Self::Job => "job",
        })
    }
}

/// Why a use case failed. Cloneable, because everyone who joined a training gets its result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LibraryError {
    /// There is no such shade, photo or job.
    #[error("There is no {what} with the ID {id}.")]
    Unknown {
        /// What was requested.
        what: Thing,
        /// The requested id.
        id: u64,
    },
    /// Another shade already has this name.
    #[error(
        "A shade named \"{0}\" exists already; choose another name (upper and lower case count as the same)."
    )]
    NameTaken(String),
    /// A value is not allowed. The message says which, and what is allowed.
    #[error("{0}")]
    Invalid(String),
    /// The job has ended, so it cannot be cancelled.
    #[error("The job {0} is over, so it cannot be cancelled.")]
    JobOver(u64),
    /// The key of a request names another one.
    #[error("This idempotency key was used for another request; use a new key for each new request.")]
    KeyReused,
    /// The request is being acted on.
    #[error(
        "The first request with this idempotency key is not answered yet; send it again in a few seconds."
    )]
    RequestHeld,
    /// Another worker has the job.
    #[error("Another worker has the job {0}.")]
    JobHeld(u64),
    /// The shade has no photos to train on.
    #[error("The shade \"{0}\" has no photos yet; add at least one photo of it, then train it.")]
    NoPhotos(String),
    /// No photo of the shade shows hair.
    #[error(
        "No hair was found in any of the {count} photos of \"{name}\"; add photos in which the hair is well lit \
         and fills a good part of the picture."
    )]
    NoHairToTrain {
        /// The name of the shade.
        name: String,
        /// How many photos were examined.
        count: usize,
    },
    /// The photo shows no hair.
    #[error(
        "No hair detected in the image. Try a photo in which the hair is well lit, in focus, and fills a good part of \
         the picture."
    )]
    NoHair,
    /// The bytes cannot be decoded and measured as a photo.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// An upload does not match its announcement.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// A stored photo can no longer be decoded.
    #[error("The photo with the ID {0} is corrupt in the store; delete it, then train again.")]
    CorruptPhoto(u64),
    /// The queue for measuring photos is full.
    #[error("Strand is busy with other photos; try again in a few seconds.")]
    Overloaded,
    /// A network is not installed.
    #[error("The model \"{0}\" is not installed on this server.")]
    ModelMissing(String),
    /// ONNX Runtime is not installed.
    #[error("ONNX Runtime is not installed on this server.")]
    RuntimeMissing,
    /// A network failed. The message is for the operator.
    #[error("{0}")]
    Network(String),
    /// The store failed after all useful retries.
    #[error("{0}")]
    Store(String),
    /// The store is temporarily unavailable.
    #[error("{0}")]
    StoreUnavailable(String),
    /// The disk of the store is full.
    #[error("{0}")]
    NoRoom(String),
    /// The library holds as much as it may: so much of one thing.
    #[error("The library may hold {0} and has no room for more; delete what is not needed.")]
    QuotaReached(String),
    /// The disk of the store cannot be written.
    #[error("{0}")]
    NotWritable(String),
    /// The SVM could not be fitted to the photos.
    #[error("{0}")]
    Fit(String),
    /// An internal failure. Only the log explains it.
    #[error("{0}")]
    Internal(String),
}

/// Why an upload was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// No upload has this key.
    #[error("There is no upload with the key \"{0}\".")]
    Unknown(String),
    /// The upload has expired.
    #[error(
        "The upload \"{0}\" has expired; an upload must be sent and used within {minutes} minutes.",
        minutes = UPLOAD_LASTS.as_secs() / 60
    )]
    Expired(String),
    /// No bytes have arrived yet.
    #[error("Nothing has been sent to the upload \"{0}\" yet.")]
    Empty(String),
    /// The size differs from the announced size.
    #[error("The upload has {found} bytes, but was announced with {agreed}.")]
    OtherSize {
        /// Bytes received.
        found: u64,
        /// Bytes announced.
        agreed: u64,
    },
    /// The type differs from the announced type.
    #[error("The upload was announced as {0}, but was sent as another type.")]
    OtherType(String),
    /// Larger than any photo may be.
    #[error("A photo of {0} bytes is too large; the limit is {limit} MB.", limit = MAX_BYTES / (1024 * 1024))]
    TooLarge(u64),
    /// Not an image type that Strand decodes.
    #[error(
        "\"{0}\" is not an image type; use that of the file, such as image/jpeg, or application/octet-stream."
    )]
    NotAnImageType(String),
}

impl LibraryError {
    /// The message for clients. An internal failure becomes one general sentence that reveals no details.
    pub fn public_message(&self) -> String {
        match self {
            Self::StoreUnavailable(_) => {
                "The library cannot be reached just now; try again in a few seconds.".into()
            }
            Self::NoRoom(_) => {
                "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.".into()
            }
            Self::NotWritable(_) => {
                "The library's disk cannot be written, so nothing was changed; its operator can make it writable.".into()
            }
            Self::Network(_) | Self::Store(_) | Self::Fit(_) | Self::Internal(_) => {
                "Strand failed to do this; its log has the reason.".into()
            }
            _ => self.to_string(),
        }
    }

    /// Whether the failure is caused by this machine rather than by the photo or the request. If so, the next photo
    /// would fail the same way.
    pub fn is_of_this_machine(&self) -> bool {
        matches!(
            self,
            Self::ModelMissing(_) | Self::RuntimeMissing | Self::Network(_) | Self::Internal(_)
        )
    }

    /// Whether training the same photos again in the same feature space would fail again.
    pub(crate) fn will_recur(&self) -> bool {
        matches!(
            self,
            Self::CorruptPhoto(_) | Self::NoHairToTrain { .. } | Self::Fit(_)
        )
    }

    /// Converts a store's error, where `what` with the id `id` was requested.
    pub fn about(what: Thing, id: u64) -> impl Fn(StoreError) -> Self {
        move |error| match error {
            StoreError::NotFound => Self::Unknown { what, id },
            other => other.into(),
        }
    }

    /// An internal failure, which only the log explains.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<StoreError> for LibraryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::StoreUnavailable(error.to_string()),
            StoreError::NoRoom(_) => Self::NoRoom(error.to_string()),
            StoreError::NotWritable(_) => Self::NotWritable(error.to_string()),
            _ => Self::Store(error.to_string()),
        }
    }
}

impl From<NetworkError> for LibraryError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::ModelMissing(name) => Self::ModelMissing(name),
            NetworkError::RuntimeMissing => Self::RuntimeMissing,
            NetworkError::Failed(message) => Self::Network(message),
        }
    }
}

impl From<FitError> for LibraryError {
    fn from(error: FitError) -> Self {
        Self::Fit(error.to_string())
    }
}
