//! Jobs.

use super::StoreError;
use crate::Job;
use async_trait::async_trait;

/// Stores jobs.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Creates a job in the state queued.
    async fn create_job(&self, shade_ids: Vec<u64>) -> Result<Job, StoreError>;
    /// One job, or [`StoreError::NotFound`].
    async fn job(&self, id: u64) -> Result<Job, StoreError>;
    /// Saves the progress of a job.
    async fn put_job(&self, job: &Job) -> Result<(), StoreError>;
    /// The oldest unfinished job that no other process is working on, if any. Always `None` if a queue delivers jobs.
    async fn next_job(&self) -> Result<Option<Job>, StoreError>;
}
