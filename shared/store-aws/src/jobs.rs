//! Jobs: one row each, and a second one until the job is over. If there is a queue, it delivers their ids to the
//! workers.

use crate::AwsStore;
use crate::error::failed;
use crate::rows::{Counted, JobRow, OPEN_JOBS, OpenJobRow, after};
use crate::table::Range;
use crate::write::{Refused, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use strand_library::Job;
use strand_library::ports::{Jobs, StoreError};

/// A worker that has not reported for this long counts as dead, and another worker may take the job.
const WORK_LASTS: Duration = Duration::from_mins(2);
/// Number of unfinished jobs that are checked for a free one.
const LOOKED_AT: usize = 25;

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
}

#[async_trait]
impl Jobs for AwsStore {
    async fn create_job(&self, shade_ids: Vec<u64>) -> Result<Job, StoreError> {
        let job = Job::queued(self.next_id(Counted::Jobs).await?, shade_ids);
        let row = JobRow::new(job.clone());
        let open = Write::put(&OpenJobRow::new(job.id, &row, 0))?;
        self.table.transact(&[Write::put(&row)?, open]).await?;
        if let Err(error) = self.send(job.id).await {
            // Without a queue entry, nobody would ever work on it.
            self.table.delete_all(&[row.key, OpenJobRow::key(job.id)]).await?;
            return Err(error);
        }
        Ok(job)
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        let row: Option<JobRow> = self.table.get(&JobRow::key(id)).await?;
        row.map(|row| row.job.into()).ok_or(StoreError::NotFound)
    }

    async fn put_job(&self, job: &Job) -> Result<(), StoreError> {
        let row = JobRow::new(job.clone());
        let open = if job.state.is_over() {
            Write::delete(OpenJobRow::key(job.id))
        } else {
            Write::put(&OpenJobRow::new(job.id, &row, taken_from_now()))?
        };
        let save = Write::put(&row)?.when("attribute_exists(#pk)");
        crate::shades::found(self.table.transact(&[save, open]).await)
    }

    /// Claims the oldest free job for this process.
    async fn next_job(&self) -> Result<Option<Job>, StoreError> {
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
            let take = Write::update(row.key.clone(), "SET #taken_until = :until")
                .when("#taken_until = :known")
                .with(":known", row.taken_until)?
                .with(":until", taken_from_now())?;
            match self.table.write(take).await {
                Ok(_) => match self.job(row.job_id).await {
                    // A leftover row of an expired job.
                    Err(StoreError::NotFound) => self.table.delete_all(&[row.key]).await?,
                    job => return job.map(Some),
                },
                Err(Refused::Condition(_)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(None)
    }
}

fn taken_from_now() -> i64 {
    after(Timestamp::now(), WORK_LASTS).as_millisecond()
}
