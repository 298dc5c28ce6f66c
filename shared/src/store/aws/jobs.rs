//! Jobs: a row each, and one more while it is not over. A queue, where there is one, brings their ids to the workers.

use super::Aws;
use super::error::failed;
use super::rows::{Counted, JobRow, OPEN_JOBS, OpenJobRow, after};
use super::table::Range;
use super::write::{Refused, Write};
use crate::library::ports::StoreError;
use crate::library::types::{Job, JobState};
use jiff::Timestamp;
use std::time::Duration;

/// A worker that has not said for so long that it goes on has ended; the job is then another worker's.
const WORK_LASTS: Duration = Duration::from_mins(2);
/// Jobs that are looked at for one that is free.
const LOOKED_AT: usize = 25;

impl Aws {
    pub(super) async fn new_job(&self, color_ids: Vec<u64>) -> Result<Job, StoreError> {
        let now = Timestamp::now();
        let job = Job {
            id: self.next_id(Counted::Jobs).await?,
            state: JobState::Queued,
            color_ids,
            done: 0,
            failures: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        let row = JobRow::new(job.clone());
        let open = Write::put(&OpenJobRow::new(&row, 0))?;
        self.table.transact(&[Write::put(&row)?, open]).await?;
        if let Err(error) = self.send(job.id).await {
            // Nobody would ever work on it.
            self.table.delete_all(&[row.key, OpenJobRow::key(job.id)]).await?;
            return Err(error);
        }
        Ok(job)
    }

    async fn send(&self, job_id: u64) -> Result<(), StoreError> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let message = queue
            .client
            .send_message()
            .queue_url(&queue.url)
            .message_body(job_id.to_string());
        message.send().await.map(|_| ()).map_err(failed("SendMessage"))
    }

    pub(super) async fn read_job(&self, id: u64) -> Result<Job, StoreError> {
        let row: Option<JobRow> = self.table.get(&JobRow::key(id)).await?;
        row.map(|row| row.job).ok_or(StoreError::NotFound)
    }

    pub(super) async fn save_job(&self, job: &Job) -> Result<(), StoreError> {
        let row = JobRow::new(job.clone());
        let over = matches!(job.state, JobState::Succeeded | JobState::Failed);
        let open = if over {
            Write::delete(OpenJobRow::key(job.id))
        } else {
            Write::put(&OpenJobRow::new(&row, taken_from_now()))?
        };
        let save = Write::put(&row)?.when("attribute_exists(#pk)");
        super::colors::found(self.table.transact(&[save, open]).await)
    }

    /// The oldest free job, taken for this process.
    pub(super) async fn free_job(&self) -> Result<Option<Job>, StoreError> {
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
                Ok(_) => match self.read_job(row.job_id).await {
                    // What is left of a job that has expired.
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
