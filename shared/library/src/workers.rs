//! Where photos are decoded and measured: off the async threads, a few at a time, with a short queue.

use crate::LibraryError;
use crate::memory::{Budget, MEMORY, Memory, PATIENCE, Waiting};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Maximum queued photos per worker before more are rejected. At about 50 ms a photo, the last one waits a few seconds,
/// which clients accept.
const QUEUE_PER_WORKER: usize = 64;

/// Limits how many photos are decoded and measured concurrently, within the memory that they may take, and how many may
/// wait.
pub struct Workers {
    budget: &'static Budget,
    free: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Workers {
    /// `count` workers, but at least one.
    pub fn new(count: usize) -> Self {
        Self::within(&MEMORY, count)
    }

    fn within(budget: &'static Budget, count: usize) -> Self {
        let count = count.max(1);
        Self {
            budget,
            free: Arc::new(Semaphore::new(count)),
            queue: Arc::new(Semaphore::new(count * QUEUE_PER_WORKER)),
        }
    }

    /// Whether nothing more may wait, so that a photo need not be received.
    pub fn are_busy(&self) -> bool {
        self.queue.available_permits() == 0
    }

    /// Runs `work` when a worker and the memory are free, which `work` may give back early. Fails with
    /// [`LibraryError::Overloaded`] at once if the queue is full, and after some seconds if others keep the memory.
    ///
    /// # Errors
    /// That, and errors of `work`.
    pub async fn run<T, F>(&self, bytes: u64, work: F) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce(Memory) -> Result<T, LibraryError> + Send + 'static,
    {
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| LibraryError::Overloaded)?;
        self.run_within(Some(PATIENCE), bytes, move |memory| {
            let _place = place;
            work(memory)
        })
        .await
    }

    /// Runs `work` when a worker and the memory are free, however long that takes.
    ///
    /// # Errors
    /// Errors of `work`.
    pub async fn run_patiently<T, F>(&self, bytes: u64, work: F) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce(Memory) -> Result<T, LibraryError> + Send + 'static,
    {
        self.run_within(None, bytes, work).await
    }

    async fn run_within<T, F>(
        &self,
        patience: Option<Duration>,
        bytes: u64,
        work: F,
    ) -> Result<T, LibraryError>
    where
        T: Send + 'static,
        F: FnOnce(Memory) -> Result<T, LibraryError> + Send + 'static,
    {
        let (worker, memory) = self.admit(patience, bytes).await?;
        // Both move with the work, which continues when a client disconnects and this future is dropped.
        let permitted = move || {
            let _worker = worker;
            work(memory)
        };
        tokio::task::spawn_blocking(permitted)
            .await
            .map_err(LibraryError::internal)?
    }

    /// Waits for a worker and the memory. Who waits for memory holds no worker: others may need less.
    async fn admit(
        &self,
        patience: Option<Duration>,
        bytes: u64,
    ) -> Result<(OwnedSemaphorePermit, Memory), LibraryError> {
        let mut waiting = None;
        loop {
            let freed = self.budget.freed();
            let worker = Arc::clone(&self.free)
                .acquire_owned()
                .await
                .map_err(LibraryError::internal)?;
            if let Some(memory) = self.budget.take(bytes) {
                return Ok((worker, memory));
            }
            drop(worker);
            let waiting = waiting.get_or_insert_with(|| Waiting::new(self.budget, patience));
            waiting.until(freed).await?;
        }
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
            async move { workers.run(0, move |_| Ok(gate.lock().unwrap().recv())).await }
        });
        let waiting: Vec<_> = (1..QUEUE_PER_WORKER)
            .map(|_| {
                let workers = Arc::clone(&workers);
                tokio::spawn(async move { workers.run(0, |_| Ok(())).await })
            })
            .collect();
        while workers.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            workers.run(0, |_| Ok(())).await,
            Err(LibraryError::Overloaded)
        ));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        for one in waiting {
            assert!(one.await.unwrap().is_ok());
        }
        assert!(workers.run(0, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_for_memory_holds_no_worker() {
        let budget = Box::leak(Box::new(Budget::new(100, 50)));
        let workers = Arc::new(Workers::within(budget, 1));
        let taken = budget.take(60);
        let large = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(50, |_| Ok(())).await }
        });
        while !budget.is_pressed() {
            tokio::task::yield_now().await;
        }
        assert!(workers.run(40, |_| Ok(())).await.is_ok());
        drop(taken);
        assert!(large.await.unwrap().is_ok());
        assert_eq!(budget.used(), 0);
    }
}
