//! Photos of shades.

use super::StoreError;
use crate::{NewPhoto, StoredPhoto};
use async_trait::async_trait;
use std::io::{Cursor, Read};

/// Stores photos of shades.
#[async_trait]
pub trait Photos: Send + Sync {
    /// Adds a photo to a shade. If the shade already has one that was sent as the same bytes, returns the existing photo and `false`.
    async fn add_photo(&self, shade_id: u64, photo: NewPhoto) -> Result<(StoredPhoto, bool), StoreError>;
    /// All photos of a shade, newest first.
    async fn photos(&self, shade_id: u64) -> Result<Vec<StoredPhoto>, StoreError>;
    /// One photo of a shade, or [`StoreError::NotFound`].
    async fn photo(&self, shade_id: u64, photo_id: u64) -> Result<StoredPhoto, StoreError>;
    /// The bytes of a photo as they are kept.
    async fn photo_bytes(&self, photo: &StoredPhoto) -> Result<Vec<u8>, StoreError>;
    /// The bytes of a photo as they are kept, read piece by piece where the store can. Reading may block.
    async fn open_photo(&self, photo: &StoredPhoto) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(Cursor::new(self.photo_bytes(photo).await?)))
    }
    /// Deletes a photo and its features, and increments the shade's photo revision. The library version changes, because
    /// matching no longer counts the photo.
    async fn delete_photo(&self, shade_id: u64, photo_id: u64) -> Result<(), StoreError>;
}
