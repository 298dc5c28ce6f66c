//! The progress of a training, for any number of watchers.

use crate::{LibraryError, ModelInfo, counted};

/// The current phase of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Measuring photos.
    Processing,
    /// Fitting and saving the model.
    Training,
    /// Finished with a model.
    Complete,
    /// Ended with an error.
    Error,
}

/// A state of a training.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Number of finished steps.
    pub step: usize,
    /// Total number of steps: one per photo, one to fit, one to save.
    pub total_steps: usize,
    /// The current step, in a sentence.
    pub message: String,
    /// The current phase.
    pub phase: Phase,
    /// The result, in the final state only.
    pub outcome: Option<Result<Trained, LibraryError>>,
}

impl Progress {
    /// The state of a training that another process does.
    pub(crate) fn elsewhere() -> Self {
        Self {
            step: 0,
            total_steps: 1,
            message: "Another process trains this shade; waiting for it to end.".into(),
            phase: Phase::Processing,
            outcome: None,
        }
    }

    /// The only state of a training that could not start.
    pub fn failed(error: LibraryError) -> Self {
        Self {
            step: 0,
            total_steps: 1,
            message: error.public_message(),
            phase: Phase::Error,
            outcome: Some(Err(error)),
        }
    }

    /// The only state of a training that is over: the shade has this model.
    pub fn over(shade_id: u64, model: ModelInfo) -> Self {
        let total_steps = model.photo_count as usize + 2;
        Self {
            step: total_steps,
            total_steps,
            message: trained_on(&model),
            phase: Phase::Complete,
            outcome: Some(Ok(Trained {
                shade_id,
                model,
                left_out: Vec::new(),
            })),
        }
    }

    /// The final state of a training that panicked in this state.
    #[must_use]
    pub fn died(self) -> Self {
        let error = without_result();
        Self {
            message: error.public_message(),
            phase: Phase::Error,
            outcome: Some(Err(error)),
            ..self
        }
    }

    /// Progress from 0 to 100. Never decreases during a training; 100 only at its end.
    pub fn percentage(&self) -> f32 {
        if self.phase == Phase::Complete {
            return 100.0;
        }
        (100.0 * self.step as f32 / self.total_steps.max(1) as f32).min(99.0)
    }
}

/// What a model was trained on, as a sentence.
pub(crate) fn trained_on(model: &ModelInfo) -> String {
    format!("Trained on {}.", counted(model.photo_count, "photo"))
}

/// The error of a training that panicked.
pub(crate) fn without_result() -> LibraryError {
    LibraryError::Internal("the training ended without a result".into())
}

/// A trained shade.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The shade.
    pub shade_id: u64,
    /// Its new model.
    pub model: ModelInfo,
    /// Ids of the photos in which no hair was found, newest first.
    pub left_out: Vec<u64>,
}
