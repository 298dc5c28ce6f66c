//! Shades.

use super::StoreError;
use crate::{NewShade, Shade, ShadeChange, TrainingFailure};
use async_trait::async_trait;

/// Stores shades.
#[async_trait]
pub trait Shades: Send + Sync {
    /// Creates a shade, or returns [`StoreError::NameTaken`].
    async fn create_shade(&self, shade: NewShade) -> Result<Shade, StoreError>;
    /// One shade, or [`StoreError::NotFound`].
    async fn shade(&self, id: u64) -> Result<Shade, StoreError>;
    /// Up to `limit` shades with ids below `before`, newest first.
    async fn shades(&self, before: Option<u64>, limit: usize) -> Result<Vec<Shade>, StoreError>;
    /// Changes a shade's fields, or returns [`StoreError::NameTaken`] or [`StoreError::NotFound`].
    async fn update_shade(&self, id: u64, change: ShadeChange) -> Result<Shade, StoreError>;
    /// Deletes a shade with its photos, features, and model.
    async fn delete_shade(&self, id: u64) -> Result<(), StoreError>;
    /// Records why training failed. Saving the next model removes the record.
    async fn put_failure(&self, id: u64, failure: TrainingFailure) -> Result<(), StoreError>;
}
