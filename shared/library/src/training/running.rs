//! The trainings that run in this process.

use super::progress::{Phase, Progress};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The trainings that run in this process, by shade.
#[derive(Default)]
pub struct Running(Mutex<HashMap<u64, watch::Receiver<Progress>>>);

impl Running {
    /// Whether this process is training a shade.
    pub fn contains(&self, shade_id: u64) -> bool {
        self.lock().contains_key(&shade_id)
    }

    /// Joins the running training of a shade, if there is one.
    pub fn join(&self, shade_id: u64) -> Option<watch::Receiver<Progress>> {
        self.lock().get(&shade_id).cloned()
    }

    /// Joins the running training of a shade, or returns the sender of a new one together with its entry.
    pub fn join_or_enter(
        self: &Arc<Self>,
        shade_id: u64,
    ) -> (
        watch::Receiver<Progress>,
        Option<(watch::Sender<Progress>, Entry)>,
    ) {
        let mut running = self.lock();
        if let Some(progress) = running.get(&shade_id) {
            return (progress.clone(), None);
        }
        let start = Progress {
            step: 0,
            total_steps: 1,
            message: "Starting.".into(),
            phase: Phase::Processing,
            outcome: None,
        };
        let (sender, receiver) = watch::channel(start);
        running.insert(shade_id, receiver.clone());
        let entry = Entry {
            running: Arc::clone(self),
            shade_id,
        };
        (receiver, Some((sender, entry)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, watch::Receiver<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entry of a running training. Dropping it removes the entry, even after a panic.
pub struct Entry {
    running: Arc<Running>,
    shade_id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().remove(&self.shade_id);
    }
}
