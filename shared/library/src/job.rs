//! Background training, as a record that survives a restart.

use jiff::Timestamp;

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
}

impl JobState {
    /// Whether the job has finished.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
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
    /// When the job was created.
    pub created_at: Timestamp,
    /// When the job last changed.
    pub updated_at: Timestamp,
}

impl Job {
    /// A new job, not started yet.
    pub fn queued(id: u64, shade_ids: Vec<u64>) -> Self {
        let now = Timestamp::now();
        Self {
            id,
            state: JobState::Queued,
            shade_ids,
            done: 0,
            failures: Vec::new(),
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
