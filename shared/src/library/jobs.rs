//! Training in the background. Jobs lie in the store, so they survive a restart.

use super::Library;
use super::error::LibraryError;
use super::types::{Job, JobFailure, JobState, Status};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Shades looked at per page when a job for all of them is made.
const PAGE: usize = 500;
/// How long the worker waits before it tries a store again that failed.
const RETRY: Duration = Duration::from_secs(5);
/// How often the worker looks for jobs that nobody has told it of.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How often what deletions, crashes and uploads have left behind is cleared away.
const TIDY: Duration = Duration::from_hours(1);

impl Library {
    /// A job that trains every shade that is untrained or stale.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn train_all(&self) -> Result<Job, LibraryError> {
        let mut color_ids = Vec::new();
        let mut before = None;
        loop {
            let page = self.colors(before, PAGE).await?;
            let waiting = |s: Status| matches!(s, Status::Untrained | Status::Stale);
            color_ids.extend(page.iter().filter(|c| waiting(self.status(c))).map(|c| c.id));
            match page.last() {
                Some(last) if page.len() == PAGE => before = Some(last.id),
                _ => break,
            }
        }
        color_ids.reverse();
        self.enqueue(color_ids).await
    }

    /// A job that trains one shade.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NoImages`].
    pub async fn train_later(&self, color_id: u64) -> Result<Job, LibraryError> {
        let color = self.color(color_id).await?;
        if color.image_count == 0 {
            return Err(LibraryError::NoImages(color.name));
        }
        self.enqueue(vec![color_id]).await
    }

    async fn enqueue(&self, color_ids: Vec<u64>) -> Result<Job, LibraryError> {
        let job = self.store.create_job(color_ids).await?;
        self.jobs.notify_one();
        Ok(job)
    }

    /// One job.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn job(&self, id: u64) -> Result<Job, LibraryError> {
        self.store.job(id).await.map_err(LibraryError::about("job", id))
    }

    /// Works through the jobs, oldest first, those left by an earlier process included; never returns.
    pub async fn work_on_jobs(self: Arc<Self>) {
        loop {
            match self.store.next_job().await {
                Ok(Some(job)) => {
                    if let Err(error) = self.work_on(job).await {
                        tracing::error!(%error, "a job could not be saved; trying again");
                        tokio::time::sleep(RETRY).await;
                    }
                }
                // Another process may have made one, or have ended in the middle of one.
                Ok(None) => _ = timeout(LOOK_AGAIN, self.jobs.notified()).await,
                Err(error) => {
                    tracing::error!(%error, "jobs cannot be read; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Works on one job, as a queue hands them out: again where an earlier worker has stopped in the middle, and not at
    /// all where it is over or has expired.
    ///
    /// # Errors
    /// Where the store fails; the job can then be tried again.
    pub async fn work_on_job(self: &Arc<Self>, id: u64) -> Result<(), LibraryError> {
        match self.job(id).await {
            Ok(job) if matches!(job.state, JobState::Succeeded | JobState::Failed) => Ok(()),
            Ok(job) => self.work_on(job).await,
            Err(LibraryError::Unknown { .. }) => {
                tracing::warn!(id, "a job is not there any more");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Clears away what deletions, crashes and uploads have left behind, for as long as a request may take.
    ///
    /// # Errors
    /// Only the store's; the next round goes on from there.
    pub async fn tidy(&self) -> Result<(), LibraryError> {
        Ok(self.store.tidy().await?)
    }

    /// The same now and every hour; never returns.
    pub async fn keep_tidy(self: Arc<Self>) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "what was deleted is cleared away later");
            }
            tokio::time::sleep(TIDY).await;
        }
    }

    /// Trains the shades of a job that are not done yet, saving its progress after each.
    async fn work_on(self: &Arc<Self>, mut job: Job) -> Result<(), LibraryError> {
        job.state = JobState::Running;
        self.save(&mut job).await?;
        while let Some(color_id) = job.color_ids.get(job.done).copied() {
            if let Err(error) = self.train(color_id).await {
                job.failures.push(JobFailure {
                    color_id,
                    error: error.told(),
                });
            }
            job.done += 1;
            self.save(&mut job).await?;
        }
        let all_failed = !job.color_ids.is_empty() && job.failures.len() == job.color_ids.len();
        job.state = if all_failed {
            JobState::Failed
        } else {
            JobState::Succeeded
        };
        self.save(&mut job).await
    }

    async fn save(&self, job: &mut Job) -> Result<(), LibraryError> {
        job.updated_at = Timestamp::now();
        Ok(self.store.put_job(job).await?)
    }
}
