//! Photos that are sent separately from the request that names them.

use super::StoreError;
use crate::{NewUpload, Received, Upload, UploadTerms};
use async_trait::async_trait;

pub use crate::upload::UPLOAD_LASTS;

/// Stores uploads for a short time.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Creates an upload, to which the client then sends a photo.
    async fn create_upload(&self, upload: NewUpload) -> Result<Upload, StoreError>;
    /// The announced size and type of an upload.
    async fn upload_terms(&self, key: &str) -> Result<UploadTerms, StoreError>;
    /// The bytes received for an upload that was announced with `size` bytes.
    async fn received(&self, key: &str, size: u64) -> Result<Received, StoreError>;
}

/// Receives the bytes of uploads, if they pass through this process.
#[async_trait]
pub trait ReceivesUploads: Send + Sync {
    /// Saves the bytes of an upload.
    async fn receive(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError>;
}
