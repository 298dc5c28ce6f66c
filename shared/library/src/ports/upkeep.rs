//! Cleanup.

use super::StoreError;
use async_trait::async_trait;

/// Removes leftovers of deletions, crashes, and uploads.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes some of them, in bounded time.
    async fn tidy(&self) -> Result<(), StoreError>;
}
