//! Photos that are sent past the request that names them.

use super::Library;
use super::error::LibraryError;
use super::ports::{NewUpload, StoreError, UPLOAD_LASTS, Upload, UploadTerms, Uploaded};
use crate::photo;
use jiff::Timestamp;

/// Longest name of an upload, in characters.
pub const FILENAME_LIMIT: usize = 255;
/// So much of a wrong type is told again.
const NAMED: usize = 64;
/// Length of a key, in hex digits.
const KEY_LENGTH: usize = 32;

/// What is wrong with an upload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// No upload has this key.
    #[error("There is no upload with the key \"{0}\"; ask POST /uploads for one.")]
    Unknown(String),
    /// It was asked for too long ago.
    #[error(
        "The upload \"{0}\" has expired; ask POST /uploads for a new one and use it within {minutes} minutes.",
        minutes = UPLOAD_LASTS.as_secs() / 60
    )]
    Expired(String),
    /// Its bytes have not come.
    #[error("Nothing has been sent to the upload \"{0}\" yet; PUT the photo to its url first.")]
    Missing(String),
    /// Its bytes are others than agreed on.
    #[error(
        "The upload has {found} bytes and was to have {agreed}; ask POST /uploads for one of the right size."
    )]
    OtherSize {
        /// How many came.
        found: u64,
        /// How many were to come.
        agreed: u64,
    },
    /// It is not of the type that was agreed on.
    #[error("The upload was to be of the type {0}; send it with the headers that POST /uploads gave.")]
    OtherType(String),
    /// No photo is so large.
    #[error("A photo of {0} bytes is too large; send one of at most {limit} MB.", limit = photo::MAX_BYTES / (1024 * 1024))]
    TooLarge(u64),
    /// No photo has this type.
    #[error(
        "The type \"{0}\" is none of a photo; send JPEG, PNG, WebP, GIF, BMP or TIFF, such as image/jpeg."
    )]
    NoPhoto(String),
}

impl Library {
    /// Makes a place for a photo that the client sends by itself.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] for a size or type that no photo has, [`LibraryError::Invalid`] for a bad name.
    pub async fn create_upload(&self, upload: NewUpload) -> Result<Upload, LibraryError> {
        let length = upload.filename.chars().count();
        if !(1..=FILENAME_LIMIT).contains(&length) || upload.filename.chars().any(char::is_control) {
            return Err(LibraryError::Invalid(format!(
                "The filename has {length} characters; give one of 1 to {FILENAME_LIMIT}, all of them printable."
            )));
        }
        if upload.size == 0 {
            return Err(LibraryError::Invalid(
                "The size is 0 bytes; give the size of the photo in bytes.".into(),
            ));
        }
        if upload.size > photo::MAX_BYTES as u64 {
            return Err(UploadError::TooLarge(upload.size).into());
        }
        let content_type = upload.content_type.trim().to_ascii_lowercase();
        if !photo::Format::ALL
            .iter()
            .any(|format| format.media_type() == content_type)
        {
            let told = upload.content_type.escape_debug().take(NAMED).collect();
            return Err(UploadError::NoPhoto(told).into());
        }
        let upload = NewUpload {
            content_type,
            ..upload
        };
        Ok(self.store.create_upload(upload).await?)
    }

    /// What was agreed on for an upload that has not expired.
    ///
    /// # Errors
    /// [`LibraryError::Upload`].
    pub async fn upload_terms(&self, key: &str) -> Result<UploadTerms, LibraryError> {
        let unknown = || {
            LibraryError::from(UploadError::Unknown(
                key.escape_debug().take(2 * KEY_LENGTH).collect(),
            ))
        };
        // What is no key need not, and sometimes cannot, be looked for.
        if key.len() != KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let terms = match self.store.upload(key).await {
            Err(StoreError::NotFound) => return Err(unknown()),
            terms => terms?,
        };
        if terms.expires_at <= Timestamp::now() {
            return Err(UploadError::Expired(key.to_owned()).into());
        }
        Ok(terms)
    }

    /// Takes the bytes of an upload. Whoever knows the key may send them.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] where it is not the upload that was agreed on.
    pub async fn put_upload(
        &self,
        key: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), LibraryError> {
        let terms = self.upload_terms(key).await?;
        if !content_type.trim().eq_ignore_ascii_case(&terms.content_type) {
            return Err(UploadError::OtherType(terms.content_type).into());
        }
        if bytes.len() as u64 != terms.size {
            let (found, agreed) = (bytes.len() as u64, terms.size);
            return Err(UploadError::OtherSize { found, agreed }.into());
        }
        match self.store.put_upload(key, bytes).await {
            Err(StoreError::NotFound) => Err(UploadError::Unknown(key.to_owned()).into()),
            put => Ok(put?),
        }
    }

    /// The bytes of an upload.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] where they have not come, or others have.
    pub async fn uploaded(&self, key: &str, terms: &UploadTerms) -> Result<Vec<u8>, LibraryError> {
        match self.store.uploaded(key, terms.size).await? {
            Uploaded::Bytes(bytes) => Ok(bytes),
            Uploaded::Nothing => Err(UploadError::Missing(key.to_owned()).into()),
            Uploaded::OtherSize(found) => {
                let agreed = terms.size;
                Err(UploadError::OtherSize { found, agreed }.into())
            }
        }
    }
}
