//! Jobs.

use super::StoreError;
use crate::{Job, NewJob};
use async_trait::async_trait;

/// Stores jobs. A worker holds a job for [`CLAIM_LASTS`](super::CLAIM_LASTS) at a time under an unguessable name; only
/// the holder saves its progress.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Creates a job in the state queued, or returns one that [does what it would do](NewJob::is_done_by). Jobs that
    /// were over long ago go.
    async fn create_job(&self, new: NewJob) -> Result<Job, StoreError>;
    /// One job, or [`StoreError::NotFound`].
    async fn job(&self, id: u64) -> Result<Job, StoreError>;
    /// Up to `limit` jobs with ids below `before`, newest first.
    async fn jobs(&self, before: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError>;
    /// The jobs that are not over, oldest first.
    async fn open_jobs(&self) -> Result<Vec<Job>, StoreError>;
    /// Takes a job for `holder`, or renews its hold. `None` if the job is over or held by another;
    /// [`StoreError::NotFound`] if there is none.
    async fn take_job(&self, id: u64, holder: &str) -> Result<Option<Job>, StoreError>;
    /// Takes the oldest job that is not over and that nobody holds, if any. Always `None` if a queue delivers jobs.
    async fn next_job(&self, holder: &str) -> Result<Option<Job>, StoreError>;
    /// Saves the progress of a job; `false`, without a change, if `holder` does not hold it or it is over.
    /// [`StoreError::NotFound`] if there is none.
    async fn put_job(&self, job: &Job, holder: &str) -> Result<bool, StoreError>;
    /// Ends a job as cancelled; returns it as it is then. One that is over stays as it is.
    async fn cancel_job(&self, id: u64) -> Result<Job, StoreError>;
}
