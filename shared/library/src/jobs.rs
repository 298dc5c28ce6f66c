//! Background training. Jobs are in the store, so they survive a restart.

use crate::ports::Jobs;
use crate::{Job, JobFailure, JobState, Library, LibraryError, Shade, ShadeStatus, Thing, Training};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use strand_models::FeatureSpace;
use tokio::time::timeout;

/// Page size when a job for all shades is created.
const PAGE: usize = 500;
/// How long the worker waits after a failure of the store.
const RETRY: Duration = Duration::from_secs(5);
/// How often the worker checks for jobs that it was not notified of.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Creates jobs and works through them.
pub struct JobQueue {
    library: Arc<Library>,
    training: Arc<Training>,
    jobs: Arc<dyn Jobs>,
    added: tokio::sync::Notify,
}

impl JobQueue {
    /// The jobs of `library`, executed by `training`.
    pub fn new(library: Arc<Library>, training: Arc<Training>) -> Self {
        Self {
            jobs: Arc::clone(&library.stores.jobs),
            library,
            training,
            added: tokio::sync::Notify::new(),
        }
    }

    /// Creates a job that trains every shade that is untrained or stale.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn train_all(&self) -> Result<Job, LibraryError> {
        let waits = |shade: &Shade| {
            let status = self.library.status(shade);
            matches!(status, ShadeStatus::Untrained | ShadeStatus::Stale)
        };
        self.enqueue(self.shades(waits).await?).await
    }

    /// Creates a job that measures and trains the shades again whose model belongs to an older revision of this feature
    /// space; `None` if there is no such shade. Until the job is done, these shades match by the colors of their
    /// photos.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn measure_again(&self) -> Result<Option<Job>, LibraryError> {
        let Some(current) = FeatureSpace::parse(self.library.space()) else {
            return Ok(None);
        };
        let is_older = |space: &str| {
            FeatureSpace::parse(space).is_some_and(|space| space.is_older_revision_of(&current))
        };
        let outdated = |shade: &Shade| {
            self.library.status(shade) == ShadeStatus::Stale
                && shade.model.as_ref().is_some_and(|model| is_older(&model.space))
        };
        let shade_ids = self.shades(outdated).await?;
        if shade_ids.is_empty() {
            return Ok(None);
        }
        self.enqueue(shade_ids).await.map(Some)
    }

    /// Creates a job that trains one shade.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NoPhotos`].
    pub async fn train_later(&self, shade_id: u64) -> Result<Job, LibraryError> {
        let shade = self.library.shade(shade_id).await?;
        if shade.photo_count == 0 {
            return Err(LibraryError::NoPhotos(shade.name));
        }
        self.enqueue(vec![shade_id]).await
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn job(&self, id: u64) -> Result<Job, LibraryError> {
        let job = self.jobs.job(id).await;
        job.map_err(LibraryError::about(Thing::Job, id))
    }

    /// Works through the jobs, oldest first, including those left by an earlier process. Never returns.
    pub async fn work(self: Arc<Self>) {
        loop {
            match self.jobs.next_job().await {
                Ok(Some(job)) => {
                    if let Err(error) = self.work_on(job).await {
                        tracing::error!(%error, "a job could not be saved; trying again");
                        tokio::time::sleep(RETRY).await;
                    }
                }
                // Another process may have created a job, or have died while it worked on one.
                Ok(None) => _ = timeout(LOOK_AGAIN, self.added.notified()).await,
                Err(error) => {
                    tracing::error!(%error, "jobs cannot be read; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Works on one job from a queue. Resumes a job whose worker has died; skips a job that is over or has expired.
    ///
    /// # Errors
    /// Errors of the store; the job can then be retried.
    pub async fn work_on_job(&self, id: u64) -> Result<(), LibraryError> {
        match self.job(id).await {
            Ok(job) if job.state.is_over() => Ok(()),
            Ok(job) => self.work_on(job).await,
            Err(LibraryError::Unknown { .. }) => {
                tracing::warn!(id, "a job is not there any more");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Trains the remaining shades of a job and saves its progress after each one.
    async fn work_on(&self, mut job: Job) -> Result<(), LibraryError> {
        job.state = JobState::Running;
        self.save(&mut job).await?;
        while let Some(shade_id) = job.shade_ids.get(job.done).copied() {
            if let Err(error) = self.training.train(shade_id).await {
                job.failures.push(JobFailure {
                    shade_id,
                    error: error.public_message(),
                });
            }
            job.done += 1;
            self.save(&mut job).await?;
        }
        let all_failed = !job.shade_ids.is_empty() && job.failures.len() == job.shade_ids.len();
        job.state = if all_failed {
            JobState::Failed
        } else {
            JobState::Succeeded
        };
        self.save(&mut job).await
    }

    async fn save(&self, job: &mut Job) -> Result<(), LibraryError> {
        job.updated_at = Timestamp::now();
        Ok(self.jobs.put_job(job).await?)
    }

    async fn enqueue(&self, shade_ids: Vec<u64>) -> Result<Job, LibraryError> {
        let job = self.jobs.create_job(shade_ids).await?;
        self.added.notify_one();
        Ok(job)
    }

    /// The ids of the `wanted` shades, oldest first.
    async fn shades(&self, wanted: impl Fn(&Shade) -> bool) -> Result<Vec<u64>, LibraryError> {
        let mut shade_ids = Vec::new();
        let mut before = None;
        loop {
            let page = self.library.shades(before, PAGE).await?;
            shade_ids.extend(page.iter().filter(|shade| wanted(shade)).map(|shade| shade.id));
            match page.last() {
                Some(last) if page.len() == PAGE => before = Some(last.id),
                _ => break,
            }
        }
        shade_ids.reverse();
        Ok(shade_ids)
    }
}
