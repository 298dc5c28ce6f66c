//! Photos that are sent separately from the request that names them.

use jiff::Timestamp;
use std::time::Duration;

/// A photo that will be sent separately. Its name, type, and size have been checked.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// The client's file name.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A new upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The unguessable key that names it.
    pub key: String,
    /// The media type to send it with.
    pub content_type: String,
    /// Where to send its bytes; `None` if this process receives them.
    pub target: Option<UploadTarget>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Where to send the bytes of an upload.
#[derive(Debug, Clone)]
pub struct UploadTarget {
    /// The signed URL.
    pub url: String,
    /// Headers that the request must have in addition to its length.
    pub headers: Vec<(String, String)>,
}

/// What the client announced for an upload.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadTerms {
    /// The client's file name.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// How long a client has to send an upload and use its key.
pub const UPLOAD_LASTS: Duration = Duration::from_mins(15);

impl UploadTerms {
    /// The terms of an upload that is created now.
    pub fn new(upload: NewUpload) -> Self {
        Self {
            filename: upload.filename,
            content_type: upload.content_type,
            size: upload.size,
            expires_at: Timestamp::now()
                .checked_add(UPLOAD_LASTS)
                .unwrap_or(Timestamp::MAX),
        }
    }
}

/// What was received for an upload.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Nothing yet.
    Nothing,
    /// A different size than announced, in bytes.
    OtherSize(u64),
    /// The complete bytes.
    Bytes(Vec<u8>),
}
