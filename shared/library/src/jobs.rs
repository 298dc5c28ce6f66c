//! Background training. Jobs are in the store, so they survive a restart.
//!
//! - A job is created unless one that is not over does the same.
//! - One worker at a time holds a job, and renews its hold while it works. Only the holder saves progress, so a job never
//!   goes back.
//! - A shade that became ready meanwhile is not trained again.
//! - A cancelled job ends before its next shade.

use crate::hold::{Hold, holder};
use crate::ports::{Jobs, StoreError};
use crate::{
    Job, JobFailure, JobState, Joins, Library, LibraryError, NewJob, Shade, ShadeStatus, Thing, Training,
};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use strand_models::FeatureSpace;
use tokio::time::timeout;

/// How long the worker waits after a failure of the store.
const RETRY: Duration = Duration::from_secs(5);
/// How often the worker checks for jobs that it was not notified of.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How often a shade is trained in one job if it gets photos while it is trained.
const TRAININGS: usize = 3;

/// Creates jobs and works through them.
pub struct JobQueue {
    library: Arc<Library>,
    training: Arc<Training>,
    jobs: Arc<dyn Jobs>,
    added: tokio::sync::Notify,
    /// Held while a job for all shades is chosen, so that two requests at once do not create two.
    choosing: tokio::sync::Mutex<()>,
}

impl JobQueue {
    /// The jobs of `library`, executed by `training`.
    pub fn new(library: Arc<Library>, training: Arc<Training>) -> Self {
        Self {
            jobs: Arc::clone(&library.stores.jobs),
            library,
            training,
            added: tokio::sync::Notify::new(),
            choosing: tokio::sync::Mutex::default(),
        }
    }

    /// A job that trains every shade that is untrained or stale: one that is not over, or a new one. If there is nothing to
    /// train, it is the newest job, provided that it trained all its shades.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn train_all(&self) -> Result<Job, LibraryError> {
        let _choosing = self.choosing.lock().await;
        // Read before the shades, so that a job that ends meanwhile is still joined.
        let open = self.jobs.open_jobs().await?;
        // A shade in training counts by what it was before, so that the job that trains it is joined.
        let waits = |shade: &Shade| {
            let status = shade.status(self.library.space(), false);
            matches!(status, ShadeStatus::Untrained | ShadeStatus::Stale)
        };
        let new = NewJob {
            shade_ids: self.shades(waits).await?,
            joins: Joins::AllOf,
            again: false,
        };
        let has_nothing = new.shade_ids.is_empty();
        // With nothing to train, a job that is not over is about to end.
        if let Some(job) = open
            .iter()
            .rfind(|job| has_nothing && job.goes_on() || new.is_done_by(job))
        {
            let job = self.job(job.id).await?;
            if job.state != JobState::Cancelled {
                return Ok(job);
            }
        }
        let trained_all = |job: &Job| job.state == JobState::Succeeded && job.failures.is_empty();
        let newest = self.jobs.jobs(None, 1).await?.pop();
        if let Some(newest) = newest.filter(|job| has_nothing && trained_all(job)) {
            return Ok(newest);
        }
        self.enqueue(new).await
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
        let new = NewJob {
            shade_ids,
            joins: Joins::AllOf,
            again: false,
        };
        self.enqueue(new).await.map(Some)
    }

    /// A job that trains one shade, also where it is ready; a second call joins the job that is not over.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NoPhotos`].
    pub async fn train_later(&self, shade_id: u64) -> Result<Job, LibraryError> {
        let shade = self.library.shade(shade_id).await?;
        if shade.photo_count == 0 {
            return Err(LibraryError::NoPhotos(shade.name));
        }
        let new = NewJob {
            shade_ids: vec![shade_id],
            joins: Joins::Exactly,
            again: shade.status(self.library.space(), false) == ShadeStatus::Ready,
        };
        self.enqueue(new).await
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn job(&self, id: u64) -> Result<Job, LibraryError> {
        let job = self.jobs.job(id).await;
        job.map_err(LibraryError::about(Thing::Job, id))
    }

    /// Up to `limit` jobs with ids below `before`, newest first.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn jobs(&self, before: Option<u64>, limit: usize) -> Result<Vec<Job>, LibraryError> {
        Ok(self.jobs.jobs(before, limit).await?)
    }

    /// Ends a job before its next shade. The shade that is in training is completed. A job that was cancelled before stays
    /// so.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::JobOver`].
    pub async fn cancel(&self, id: u64) -> Result<Job, LibraryError> {
        let job = self.jobs.cancel_job(id).await;
        let job = job.map_err(LibraryError::about(Thing::Job, id))?;
        if job.state == JobState::Cancelled {
            Ok(job)
        } else {
            Err(LibraryError::JobOver(id))
        }
    }

    /// Works through the jobs, oldest first, including those left by an earlier process. Never returns.
    pub async fn work(self: Arc<Self>) {
        loop {
            let holder = holder();
            match self.jobs.next_job(&holder).await {
                Ok(Some(job)) => {
                    if let Err(error) = self.work_on(job, holder).await {
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
    /// Errors of the store, and [`LibraryError::JobHeld`] while another worker has the job; it can then be retried.
    pub async fn work_on_job(&self, id: u64) -> Result<(), LibraryError> {
        let holder = holder();
        match self.jobs.take_job(id, &holder).await {
            Ok(Some(job)) => self.work_on(job, holder).await,
            Ok(None) if self.job(id).await?.state.is_over() => Ok(()),
            Ok(None) => Err(LibraryError::JobHeld(id)),
            Err(StoreError::NotFound) => {
                tracing::warn!(id, "a job is not there any more");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Trains the remaining shades of a job and saves its progress after each one. Ends early if the job is cancelled, or
    /// another worker has taken it.
    async fn work_on(&self, mut job: Job, holder: String) -> Result<(), LibraryError> {
        let _hold = Hold::renewed(format!("job {}", job.id), {
            let (jobs, id, holder) = (Arc::clone(&self.jobs), job.id, holder.clone());
            move || {
                let (jobs, holder) = (Arc::clone(&jobs), holder.clone());
                async move { jobs.take_job(id, &holder).await }
            }
        });
        job.state = JobState::Running;
        if !self.save(&mut job, &holder).await? {
            return Ok(());
        }
        while let Some(shade_id) = job.shade_ids.get(job.done).copied() {
            if let Err(error) = self.bring_up_to_date(shade_id, &job).await {
                job.failures.push(JobFailure {
                    shade_id,
                    error: error.public_message(),
                });
            }
            job.done += 1;
            if job.done < job.shade_ids.len() && !self.save(&mut job, &holder).await? {
                return Ok(());
            }
        }
        let all_failed = !job.shade_ids.is_empty() && job.failures.len() == job.shade_ids.len();
        job.state = if all_failed {
            JobState::Failed
        } else {
            JobState::Succeeded
        };
        self.save(&mut job, &holder).await.map(|_| ())
    }

    /// Trains a shade unless it became ready meanwhile, and again if it got photos while it was trained.
    async fn bring_up_to_date(&self, shade_id: u64, job: &Job) -> Result<(), LibraryError> {
        let space = self.library.space();
        let shade = self.library.shade(shade_id).await?;
        let is_new = |model: &crate::ModelInfo| !job.again || model.trained_at >= job.created_at;
        if shade.status(space, false) == ShadeStatus::Ready && shade.model.as_ref().is_some_and(is_new) {
            return Ok(());
        }
        for _ in 0..TRAININGS {
            self.training.train(shade_id).await?;
            if self.library.shade(shade_id).await?.status(space, false) != ShadeStatus::Stale {
                break;
            }
        }
        Ok(())
    }

    async fn save(&self, job: &mut Job, holder: &str) -> Result<bool, LibraryError> {
        job.updated_at = Timestamp::now();
        let saved = self.jobs.put_job(job, holder).await?;
        if !saved {
            tracing::info!(id = job.id, "a job was cancelled, or another worker has taken it");
        }
        Ok(saved)
    }

    async fn enqueue(&self, new: NewJob) -> Result<Job, LibraryError> {
        let job = self.jobs.create_job(new).await?;
        self.added.notify_one();
        Ok(job)
    }

    /// The ids of the `wanted` shades, oldest first.
    async fn shades(&self, wanted: impl Fn(&Shade) -> bool) -> Result<Vec<u64>, LibraryError> {
        let shades = self.library.all_shades(wanted).await?;
        Ok(shades.iter().rev().map(|shade| shade.id).collect())
    }
}
