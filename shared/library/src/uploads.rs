//! Use cases: photos that are sent separately from the request that names them.

use crate::ports::StoreError;
use crate::{Library, LibraryError, NewUpload, Received, Upload, UploadError, UploadTerms};
use jiff::Timestamp;
use strand_photo::{MAX_BYTES, unsupported_type};

/// Maximum length of a file name, in characters.
pub const FILENAME_LIMIT: usize = 255;
/// Maximum length of a media type, in bytes.
const TYPE_LIMIT: usize = 100;
/// Maximum length at which a wrong type is quoted, in characters.
const QUOTED: usize = 64;
/// Length of a key, in hex digits.
const KEY_LENGTH: usize = 32;

/// The media type of a file whose kind its sender does not know.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A media type without its parameters, in lower case.
fn essence(sent: &str) -> String {
    let essence = sent.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The registered name of an image type that has others, as phones, browsers, and cameras write them.
fn registered(essence: &str) -> &str {
    match essence {
        "image/jpg" | "image/pjpeg" | "image/jfif" => "image/jpeg",
        "image/x-png" => "image/png",
        "image/tif" | "image/x-tif" | "image/x-tiff" => "image/tiff",
        "image/x-bmp" | "image/x-ms-bmp" | "image/x-windows-bmp" => "image/bmp",
        other => other,
    }
}

/// The type of an upload without parameters. Any image type will do, because the content decides.
fn upload_type(sent: &str) -> Result<String, LibraryError> {
    let kind = essence(sent);
    if kind.is_empty() || kind == UNKNOWN_TYPE {
        return Ok(UNKNOWN_TYPE.into());
    }
    if let Some(error) = unsupported_type(&kind) {
        return Err(error.into());
    }
    let subtype = kind.strip_prefix("image/").unwrap_or_default();
    let is_token = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
    };
    if subtype.is_empty() || kind.len() > TYPE_LIMIT || !is_token(subtype) {
        let quoted = sent.escape_debug().take(QUOTED).collect();
        return Err(UploadError::NotAnImageType(quoted).into());
    }
    Ok(kind)
}

impl Library {
    /// Creates an upload, to which the client then sends a photo.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] for a size or type that no photo can have, [`LibraryError::Invalid`] for a bad name.
    pub async fn create_upload(&self, upload: NewUpload) -> Result<Upload, LibraryError> {
        let length = upload.filename.chars().count();
        if !(1..=FILENAME_LIMIT).contains(&length) || upload.filename.chars().any(char::is_control) {
            return Err(LibraryError::Invalid(format!(
                "The file name has {length} characters; use 1 to {FILENAME_LIMIT} printable characters."
            )));
        }
        if upload.size == 0 {
            return Err(LibraryError::Invalid(
                "The size is 0 bytes; state the size of the photo in bytes.".into(),
            ));
        }
        if upload.size > MAX_BYTES as u64 {
            return Err(UploadError::TooLarge(upload.size).into());
        }
        let upload = NewUpload {
            content_type: upload_type(&upload.content_type)?,
            ..upload
        };
        Ok(self.stores.uploads.create_upload(upload).await?)
    }

    /// The terms of an upload that has not expired.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] if it is unknown or has expired.
    pub async fn upload_terms(&self, key: &str) -> Result<UploadTerms, LibraryError> {
        let unknown = || {
            LibraryError::from(UploadError::Unknown(
                key.escape_debug().take(2 * KEY_LENGTH).collect(),
            ))
        };
        // Text that cannot be a key need not be looked up, and some stores would reject it.
        if key.len() != KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let terms = match self.stores.uploads.upload_terms(key).await {
            Err(StoreError::NotFound) => return Err(unknown()),
            terms => terms?,
        };
        if terms.expires_at <= Timestamp::now() {
            return Err(UploadError::Expired(key.to_owned()).into());
        }
        Ok(terms)
    }

    /// Receives the bytes of an upload. Anyone who knows the key may send them.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] if the key is unknown or has expired, or the size or type differs from the terms.
    pub async fn put_upload(
        &self,
        key: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), LibraryError> {
        let terms = self.upload_terms(key).await?;
        if registered(&essence(content_type)) != registered(&terms.content_type) {
            return Err(UploadError::OtherType(terms.content_type).into());
        }
        if bytes.len() as u64 != terms.size {
            let (found, agreed) = (bytes.len() as u64, terms.size);
            return Err(UploadError::OtherSize { found, agreed }.into());
        }
        let unknown = || LibraryError::from(UploadError::Unknown(key.to_owned()));
        let receives = self.stores.receives.as_ref().ok_or_else(unknown)?;
        match receives.receive(key, bytes).await {
            Err(StoreError::NotFound) => Err(unknown()),
            received => Ok(received?),
        }
    }

    /// The bytes of an upload.
    ///
    /// # Errors
    /// [`LibraryError::Upload`] if no bytes have arrived, or the wrong number of them.
    pub async fn uploaded(&self, key: &str, terms: &UploadTerms) -> Result<Vec<u8>, LibraryError> {
        match self.stores.uploads.received(key, terms.size).await? {
            Received::Bytes(bytes) => Ok(bytes),
            Received::Nothing => Err(UploadError::Empty(key.to_owned()).into()),
            Received::OtherSize(found) => {
                let agreed = terms.size;
                Err(UploadError::OtherSize { found, agreed }.into())
            }
        }
    }
}
