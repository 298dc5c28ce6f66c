//! Background training, as a record that survives a restart.

use jiff::Timestamp;
use std::time::Duration;

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Not started yet.
    Queued,
    /// In progress.
    Running,
    /// Finished. Some shades may have failed; see `failures`.
    Succeeded,
    /// Finished; no shade could be trained.
    Failed,
    /// Ended before all shades were trained, because someone asked for that.
    Cancelled,
}

impl JobState {
    /// Whether the job has ended.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A worker takes at most 15 minutes for a shade, and saves its progress after each.
const LOST: Duration = Duration::from_mins(20);

/// A job to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The shades to train, in order.
    pub shade_ids: Vec<u64>,
    /// Which job that is not over does instead of a new one.
    pub joins: Joins,
    /// Whether a shade is trained that was ready before the job was created.
    pub again: bool,
}

/// Which job that is not over does instead of a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// One that still has all of these shades to train, and perhaps others.
    AllOf,
    /// One that trains exactly these shades.
    Exactly,
}

impl NewJob {
    /// Whether `job`, which is not over, does what this one would do.
    pub fn is_done_by(&self, job: &Job) -> bool {
        let left = job.shade_ids.get(job.done..).unwrap_or_default();
        let has_all = self.shade_ids.iter().all(|id| left.contains(id));
        let is_same = match self.joins {
            Joins::AllOf => true,
            Joins::Exactly => self.shade_ids == job.shade_ids,
        };
        !self.shade_ids.is_empty() && job.goes_on() && has_all && is_same && (job.again || !self.again)
    }
}

/// A shade that a job could not train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFailure {
    /// The shade's id.
    pub shade_id: u64,
    /// The reason, in one sentence.
    pub error: String,
}

/// A background training job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id, never reused.
    pub id: u64,
    /// The current state.
    pub state: JobState,
    /// The shades to train, in order.
    pub shade_ids: Vec<u64>,
    /// Number of finished shades, including failed ones.
    pub done: usize,
    /// The shades that failed, with the reasons.
    pub failures: Vec<JobFailure>,
    /// Whether a shade is trained that was ready before the job was created.
    pub again: bool,
    /// When the job was created.
    pub created_at: Timestamp,
    /// When the job last changed.
    pub updated_at: Timestamp,
}

impl Job {
    /// Whether it is not over, and will be. A job that has not changed for long has lost its worker and its place in the
    /// queue.
    pub fn goes_on(&self) -> bool {
        !self.state.is_over() && Timestamp::now().duration_since(self.updated_at).unsigned_abs() < LOST
    }

    /// A new job, not started yet.
    pub fn queued(id: u64, new: NewJob) -> Self {
        let now = Timestamp::now();
        Self {
            id,
            state: JobState::Queued,
            shade_ids: new.shade_ids,
            done: 0,
            failures: Vec::new(),
            again: new.again,
            created_at: now,
            updated_at: now,
        }
    }

    /// Progress from 0 to 100.
    pub fn percentage(&self) -> f32 {
        if self.shade_ids.is_empty() {
            100.0
        } else {
            100.0 * self.done as f32 / self.shade_ids.len() as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_joined_while_it_has_the_shades_to_train() {
        let new = |shade_ids: &[u64], joins, again| NewJob {
            shade_ids: shade_ids.to_vec(),
            joins,
            again,
        };
        let mut job = Job::queued(1, new(&[1, 2, 3], Joins::AllOf, false));
        job.done = 1;
        for (wanted, joins, again, expected) in [
            (&[2, 3][..], Joins::AllOf, false, true),
            (&[3], Joins::AllOf, false, true),
            (&[1, 2], Joins::AllOf, false, false),
            (&[3, 4], Joins::AllOf, false, false),
            (&[], Joins::AllOf, false, false),
            (&[3], Joins::Exactly, false, false),
            (&[3], Joins::AllOf, true, false),
        ] {
            let joined = new(wanted, joins, again).is_done_by(&job);
            assert_eq!(joined, expected, "{wanted:?} {joins:?} {again}");
        }
        let one = new(&[7], Joins::Exactly, true);
        let mut job = Job::queued(2, one.clone());
        assert!(one.is_done_by(&job));
        let created = job.updated_at;
        job.updated_at = created - LOST;
        assert!(!one.is_done_by(&job) && !job.goes_on());
        job.updated_at = created;
        job.state = JobState::Cancelled;
        assert!(!one.is_done_by(&job));
    }
}
