//! The photos of a request, sent either as files or as uploads that the request names.

use crate::ApiError;
use crate::multipart::{Multipart, ReceivedPhoto, reserve};
use std::vec;
use strand_library::{Library, LibraryError, MEMORY};

/// Refuses a photo before it is received if it could not wait for a worker then.
///
/// # Errors
/// [`LibraryError::Overloaded`].
pub fn refuse_if_busy(library: &Library) -> Result<(), ApiError> {
    if library.workers().are_busy() {
        return Err(LibraryError::Overloaded.into());
    }
    Ok(())
}

/// Reads the photos of a request one at a time, so that only one is in memory.
pub enum ReceivedPhotos {
    /// Files in the body.
    Multipart(Multipart),
    /// Keys of uploads.
    Named(vec::IntoIter<String>),
}

impl From<Multipart> for ReceivedPhotos {
    fn from(files: Multipart) -> Self {
        Self::Multipart(files)
    }
}

impl ReceivedPhotos {
    /// Reads the uploads with these keys.
    pub fn named(keys: Vec<String>) -> Self {
        Self::Named(keys.into_iter())
    }

    /// The next photo, or `None` at the end.
    ///
    /// # Errors
    /// An error that prevents reading any further photos.
    pub async fn next(&mut self, library: &Library) -> Result<Option<ReceivedPhoto>, ApiError> {
        match self {
            Self::Multipart(files) => Ok(files.next().await?),
            Self::Named(keys) => Ok(match keys.next() {
                Some(key) => Some(uploaded(library, key).await),
                None => None,
            }),
        }
    }

    /// Reads and discards the rest of the body.
    pub async fn drain(&mut self) {
        match self {
            Self::Multipart(files) => files.drain().await,
            Self::Named(_) => {}
        }
    }
}

async fn uploaded(library: &Library, key: String) -> ReceivedPhoto {
    let mut memory = MEMORY.body();
    let terms = match library.upload_terms(&key).await {
        Ok(terms) => terms,
        Err(error) => {
            return ReceivedPhoto {
                filename: Some(key),
                bytes: Err(error.into()),
                memory,
            };
        }
    };
    let bytes = match reserve(terms.size as usize, &mut memory).await {
        Ok(()) => library.uploaded(&key, &terms).await.map_err(ApiError::from),
        Err(error) => Err(error.into()),
    };
    ReceivedPhoto {
        filename: Some(terms.filename),
        bytes,
        memory,
    }
}
