//! A stored photo of a shade.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use strand_photo::Format;

/// A photo of a shade.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPhoto {
    /// Its id, never reused.
    pub id: u64,
    /// The shade it belongs to.
    pub shade_id: u64,
    /// SHA-256 of the bytes that were sent, in hex. It tells whether a photo is sent again.
    pub sha256: String,
    /// SHA-256 of the bytes that are kept, in hex.
    pub kept_sha256: String,
    /// Its format, detected from the content.
    pub format: Format,
    /// The number of bytes that are kept.
    pub bytes: u64,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Whether it has been measured.
    pub is_measured: bool,
}

/// A photo to add. The bytes have been checked to be a photo of this format.
#[derive(Debug, Clone)]
pub struct NewPhoto {
    /// The bytes to keep: as sent, without what tells about people and places.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes that were sent, in hex.
    pub sha256: String,
    /// SHA-256 of the bytes to keep, in hex.
    pub kept_sha256: String,
    /// The format, detected from the content.
    pub format: Format,
}

/// SHA-256 of bytes, in hex.
pub fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
