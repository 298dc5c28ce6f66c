//! Jobs: one row each, and a second one until the job is over, which says who holds it. If there is a queue, it delivers
//! their ids to the workers.

use crate::AwsStore;
use crate::error::failed;
use crate::rows::{Counted, CounterRow, JobRow, OPEN_JOBS, OpenJobRow, after};
use crate::table::Range;
use crate::write::{Key, Refused, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use strand_library::ports::{CLAIM_LASTS, Jobs, StoreError};
use strand_library::rows::JobStateRow;
use strand_library::{Job, JobState, NewJob};

/// Number of unfinished jobs that are checked for a free one.
const LOOKED_AT: usize = 25;
/// So many ids are looked up at once when jobs are listed. The list ends where none of them has a job any more.
const LISTED: u64 = 100;
/// Maximum attempts to create a job while others are created.
const ATTEMPTS: usize = 14;

impl AwsStore {
    async fn send(&self, job_id: u64) -> Result<(), StoreError> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let message = queue
            .client
            .send_message()
            .queue_url(&queue.url)
            .message_body(job_id.to_string());
        message.send().await.map(|_| ()).map_err(failed("SendMessage"))
    }

    /// The last id that was given to a job.
    async fn last_job(&self) -> Result<u64, StoreError> {
        let counter: Option<CounterRow> = self.table.get(&Counted::Jobs.key()).await?;
        Ok(counter.map_or(0, |row| row.last))
    }

    /// Writes a new job, unless another was created after the one with the id `last`.
    async fn add_job(&self, last: u64, new: NewJob) -> Result<Job, Refused> {
        let job = Job::queued(last + 1, new);
        let row = JobRow::new(job.clone());
        let count = Write::update(Counted::Jobs.key(), "SET #last = :id").with(":id", job.id)?;
        let count = if last == 0 {
            count.when("attribute_not_exists(#last)")
        } else {
            count.when("#last = :last").with(":last", last)?
        };
        let open = Write::put(&OpenJobRow::new(job.id, &row))?;
        self.table.transact(&[count, Write::put(&row)?, open]).await?;
        if let Err(error) = self.send(job.id).await {
            // Without a queue entry, nobody would ever work on it.
            self.table.delete_all(&[row.key, OpenJobRow::key(job.id)]).await?;
            return Err(error.into());
        }
        Ok(job)
    }

    async fn jobs_with(&self, ids: impl Iterator<Item = u64>) -> Result<Vec<Job>, StoreError> {
        let keys: Vec<Key> = ids.map(JobRow::key).collect();
        let rows: Vec<JobRow> = self.table.get_all(&keys).await?;
        let mut jobs: Vec<Job> = rows.into_iter().map(|row| row.job.into()).collect();
        jobs.sort_unstable_by_key(|job| job.id);
        Ok(jobs)
    }
}

#[async_trait]
impl Jobs for AwsStore {
    async fn create_job(&self, new: NewJob) -> Result<Job, StoreError> {
        let mut attempts = crate::retry::Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            // Read before the jobs: a job that is created meanwhile counts further, so this one is not.
            let last = self.last_job().await?;
            let open = self.open_jobs().await?;
            if let Some(job) = open.into_iter().find(|job| new.is_done_by(job)) {
                return Ok(job);
            }
            match self.add_job(last, new.clone()).await {
                Err(Refused::Condition(_)) => {}
                created => return created.map_err(StoreError::from),
            }
        }
        Err(Refused::Busy.into())
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        let row: Option<JobRow> = self.table.get(&JobRow::key(id)).await?;
        row.map(|row| row.job.into()).ok_or(StoreError::NotFound)
    }

    async fn jobs(&self, before: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError> {
        let last = self.last_job().await?;
        let mut end = before.map_or(last, |before| last.min(before.saturating_sub(1)));
        let mut listed = Vec::new();
        while end > 0 && listed.len() < limit {
            let first = end.saturating_sub(LISTED - 1).max(1);
            let found = self.jobs_with(first..=end).await?;
            if found.is_empty() {
                break;
            }
            listed.extend(found.into_iter().rev());
            end = first - 1;
        }
        listed.truncate(limit);
        Ok(listed)
    }

    async fn open_jobs(&self) -> Result<Vec<Job>, StoreError> {
        let open: Vec<OpenJobRow> = self.table.query(Range::all(OPEN_JOBS)).await?;
        let jobs = self.jobs_with(open.iter().map(|row| row.job_id)).await?;
        Ok(jobs.into_iter().filter(|job| !job.state.is_over()).collect())
    }

    async fn take_job(&self, id: u64, holder: &str) -> Result<Option<Job>, StoreError> {
        let now = Timestamp::now().as_millisecond();
        let take = hold(id, holder)?
            .when("attribute_exists(#pk) AND (#taken_until < :now OR #holder = :holder)")
            .with(":now", now)?;
        match self.table.write(take).await {
            Ok(_) => match self.job(id).await {
                Err(StoreError::NotFound) => {
                    // A leftover row of an expired job.
                    self.table.delete_all(&[OpenJobRow::key(id)]).await?;
                    Err(StoreError::NotFound)
                }
                job => job.map(Some),
            },
            Err(Refused::Condition(_)) => self.job(id).await.map(|_| None),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn next_job(&self, holder: &str) -> Result<Option<Job>, StoreError> {
        if self.queue.is_some() {
            return Ok(None);
        }
        let now = Timestamp::now().as_millisecond();
        let range = Range {
            limit: LOOKED_AT,
            ..Range::all(OPEN_JOBS)
        };
        let open: Vec<OpenJobRow> = self.table.query(range).await?;
        for row in open.into_iter().filter(|row| row.taken_until < now) {
            match self.take_job(row.job_id, holder).await {
                Ok(None) | Err(StoreError::NotFound) => {}
                taken => return taken,
            }
        }
        Ok(None)
    }

    async fn put_job(&self, job: &Job, holder: &str) -> Result<bool, StoreError> {
        let open = if job.state.is_over() {
            Write::delete(OpenJobRow::key(job.id)).with(":holder", holder)?
        } else {
            hold(job.id, holder)?
        };
        let save = Write::put(&JobRow::new(job.clone()))?.when("attribute_exists(#pk)");
        let open = open.when("#holder = :holder");
        match self.table.transact(&[save, open]).await {
            Ok(()) => Ok(true),
            Err(Refused::Condition(0)) => Err(StoreError::NotFound),
            Err(Refused::Condition(_)) => Ok(false),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn cancel_job(&self, id: u64) -> Result<Job, StoreError> {
        let cancel = Write::update(
            JobRow::key(id),
            "SET #job.#state = :state, #job.#updated_at = :now",
        )
        .when("attribute_exists(#pk)")
        .with(":state", JobStateRow::from(JobState::Cancelled))?
        .with(":now", Timestamp::now())?;
        let close = Write::delete(OpenJobRow::key(id)).when("attribute_exists(#pk)");
        match self.table.transact(&[cancel, close]).await {
            // It is over, or there is none.
            Ok(()) | Err(Refused::Condition(_)) => self.job(id).await,
            Err(refused) => Err(refused.into()),
        }
    }
}

/// Has `holder` hold a job from now on.
fn hold(id: u64, holder: &str) -> Result<Write, StoreError> {
    let until = after(Timestamp::now(), CLAIM_LASTS).as_millisecond();
    Write::update(
        OpenJobRow::key(id),
        "SET #holder = :holder, #taken_until = :until",
    )
    .with(":holder", holder)?
    .with(":until", until)
}
