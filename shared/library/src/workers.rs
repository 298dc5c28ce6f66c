//! Where photos are decoded and measured: off the async threads, a few at a time, with a short queue.

use crate::LibraryError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Maximum queued photos per worker before more are rejected. At about 50 ms a photo, the last one waits a few seconds,
/// which clients accept.
const QUEUE_PER_WORKER: usize = 64;

/// Limits how many photos are decoded and measured concurrently, which bounds memory, and how many may wait.
pub struct Workers {
    free: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Workers {
    /// `count` workers, but at least one.
    pub fn new(count: usize) -> Self {
        let count = count.max(1);
        Self {
            free: Arc::new(Semaphore::new(count)),
            queue: Arc::new(Semaphore::new(count * QUEUE_PER_WORKER)),
        }
    }

    /// Runs `work` when a worker is free. Fails at once with [`LibraryError::Overloaded`] if the queue is full.
    ///
    /// # Errors
    /// That, and errors of `work`.
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

    /// Runs `work` when a worker is free, however long that takes.
    ///
    /// # Errors
    /// Errors of `work`.
    pub async fn run_patiently<T, F>(&self, work: F) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, LibraryError> + Send + 'static,
    {
        let worker = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(LibraryError::internal)?;
        // The permit moves with the work, which continues when a client disconnects and this future is dropped.
        let permitted = move || {
            let _worker = worker;
            work()
        };
        tokio::task::spawn_blocking(permitted)
            .await
            .map_err(LibraryError::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rejects_work_when_the_queue_is_full() {
        let workers = Arc::new(Workers::new(1));
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        let first = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(move || Ok(gate.lock().unwrap().recv())).await }
        });
        let waiting: Vec<_> = (1..QUEUE_PER_WORKER)
            .map(|_| {
                let workers = Arc::clone(&workers);
                tokio::spawn(async move { workers.run(|| Ok(())).await })
            })
            .collect();
        while workers.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            workers.run(|| Ok(())).await,
            Err(LibraryError::Overloaded)
        ));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        for one in waiting {
            assert!(one.await.unwrap().is_ok());
        }
        assert!(workers.run(|| Ok(())).await.is_ok());
    }
}
