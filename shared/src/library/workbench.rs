//! Where photos are measured: off the async threads, a few at a time, with a short queue.

use super::LibraryError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// So many may wait per photo being measured before more are turned away. At some 50 ms a photo the last in line
/// waits a few seconds, which a client still does.
const QUEUE_PER_SEAT: usize = 64;

/// Limits how many photos are decoded and measured at once, which bounds memory, and how many wait for it.
pub struct Workbench {
    seats: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Workbench {
    pub fn new(seats: usize) -> Self {
        let seats = seats.max(1);
        Self {
            seats: Arc::new(Semaphore::new(seats)),
            queue: Arc::new(Semaphore::new(seats * QUEUE_PER_SEAT)),
        }
    }

    /// Runs `work` when a seat is free; [`LibraryError::Overloaded`] at once where too many wait already.
    pub async fn run<T, F>(&self, work: F) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, LibraryError> + Send + 'static,
    {
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| LibraryError::Overloaded)?;
        self.run_patiently(move || {
            let _place = place;
            work()
        })
        .await
    }

    /// The same for work that may wait as long as it takes.
    pub async fn run_patiently<T, F>(&self, work: F) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, LibraryError> + Send + 'static,
    {
        let internal = |error: &dyn std::error::Error| LibraryError::Internal(error.to_string());
        let seat = Arc::clone(&self.seats)
            .acquire_owned()
            .await
            .map_err(|error| internal(&error))?;
        // The seat goes with the work, which runs on where a client goes away and this future with it.
        let seated = move || {
            let _seat = seat;
            work()
        };
        tokio::task::spawn_blocking(seated)
            .await
            .map_err(|error| internal(&error))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_away_what_cannot_be_done_soon() {
        let bench = Arc::new(Workbench::new(1));
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        let first = tokio::spawn({
            let bench = Arc::clone(&bench);
            async move { bench.run(move || Ok(gate.lock().unwrap().recv())).await }
        });
        let waiting: Vec<_> = (1..QUEUE_PER_SEAT)
            .map(|_| {
                let bench = Arc::clone(&bench);
                tokio::spawn(async move { bench.run(|| Ok(())).await })
            })
            .collect();
        while bench.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            bench.run(|| Ok(())).await,
            Err(LibraryError::Overloaded)
        ));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        for one in waiting {
            assert!(one.await.unwrap().is_ok());
        }
        assert!(bench.run(|| Ok(())).await.is_ok());
    }
}
