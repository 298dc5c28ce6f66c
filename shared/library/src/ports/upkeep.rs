//! Cleanup and self-checks.

use super::StoreError;
use crate::Usage;
use async_trait::async_trait;

/// Removes leftovers of deletions, crashes, and uploads, and checks the store.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes some of them, in bounded time.
    async fn tidy(&self) -> Result<(), StoreError>;
    /// Tries what the work needs: whether the store can be reached, and takes changes.
    async fn probe(&self) -> Result<(), StoreError>;
    /// How often the store has found that it cannot be written, since it was opened. What was probed before counts no more.
    fn failures(&self) -> u64 {
        0
    }
    /// Counts what the store holds.
    async fn usage(&self) -> Result<Usage, StoreError>;
}
