//! The photos of a request, whichever way they came: as files, or sent to uploads that the request names.

use super::ApiError;
use super::files::{Memory, Upload, Uploads, reserve};
use crate::library::Library;
use std::vec;

/// A photo of a request.
pub struct Photo {
    /// The client's name for it.
    pub filename: Option<String>,
    /// Its bytes, or what is wrong with it alone.
    pub bytes: Result<Vec<u8>, ApiError>,
    /// Its part of the memory for uploads, to be kept as long as the bytes.
    pub memory: Memory,
}

impl From<Upload> for Photo {
    fn from(upload: Upload) -> Self {
        Self {
            filename: upload.filename,
            bytes: upload.bytes.map_err(ApiError::from),
            memory: upload.memory,
        }
    }
}

/// The photos of a request, one at a time: only one is in memory.
pub enum Photos {
    /// The files of its body.
    Files(Uploads),
    /// The uploads whose keys it names.
    Named(vec::IntoIter<String>),
}

impl From<Uploads> for Photos {
    fn from(files: Uploads) -> Self {
        Self::Files(files)
    }
}

impl Photos {
    /// The uploads with these keys.
    pub fn named(keys: Vec<String>) -> Self {
        Self::Named(keys.into_iter())
    }

    /// The next photo, or `None` at the end.
    ///
    /// # Errors
    /// What keeps all further photos from being read.
    pub async fn next(&mut self, library: &Library) -> Result<Option<Photo>, ApiError> {
        match self {
            Self::Files(files) => Ok(files.next().await?.map(Photo::from)),
            Self::Named(keys) => Ok(match keys.next() {
                Some(key) => Some(uploaded(library, key).await),
                None => None,
            }),
        }
    }

    /// Reads the rest of the body and throws it away.
    pub async fn drain(&mut self) {
        match self {
            Self::Files(files) => files.drain().await,
            Self::Named(_) => {}
        }
    }
}

async fn uploaded(library: &Library, key: String) -> Photo {
    let mut memory = Memory::new();
    let terms = match library.upload_terms(&key).await {
        Ok(terms) => terms,
        Err(error) => {
            return Photo {
                filename: Some(key),
                bytes: Err(error.into()),
                memory,
            };
        }
    };
    let bytes = match reserve(terms.size as usize, &mut memory) {
        Ok(()) => library.uploaded(&key, &terms).await.map_err(ApiError::from),
        Err(error) => Err(error.into()),
    };
    Photo {
        filename: Some(terms.filename),
        bytes,
        memory,
    }
}
