//! The memory that photos of all requests may take together: their bytes as sent, and what decoding them takes.
//!
//! It is counted before it is used, so that no mixture of photos makes the system end the process. Nobody waits for
//! memory while holding a worker, and bodies leave room for decoding, so what waits goes on.

use crate::LibraryError;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, timeout_at};

const MEGABYTE: u64 = 1024 * 1024;

/// The budget of this process. A container of 512 MB also holds the networks, connections, and the page cache.
pub static MEMORY: Budget = Budget::new(180 * MEGABYTE, 120 * MEGABYTE);

/// How long a request waits for memory before it is rejected.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A number of bytes that is shared out.
pub struct Budget {
    total: u64,
    /// At most so many of them for bodies, so that what has arrived can be decoded.
    for_bodies: u64,
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    used: u64,
    of_bodies: u64,
    waiting: usize,
}

impl Budget {
    /// A budget of so many bytes, of which bodies may take `for_bodies`.
    pub const fn new(total: u64, for_bodies: u64) -> Self {
        let state = State {
            used: 0,
            of_bodies: 0,
            waiting: 0,
        };
        Self {
            total,
            for_bodies,
            state: Mutex::new(state),
            freed: Notify::const_new(),
        }
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.state().used
    }

    /// Whether a request waits for memory.
    pub fn is_pressed(&self) -> bool {
        self.state().waiting > 0
    }

    /// Memory for decoding, if there is so much. Never more than the whole budget is asked for.
    pub(crate) fn take(&'static self, bytes: u64) -> Option<Memory> {
        let bytes = bytes.min(self.total);
        let mut state = self.state();
        if state.used + bytes > self.total {
            return None;
        }
        state.used += bytes;
        drop(state);
        Some(Memory {
            budget: self,
            bytes,
            is_body: false,
        })
    }

    /// Memory for a body, of which nothing is there yet.
    pub fn body(&'static self) -> Memory {
        Memory {
            budget: self,
            bytes: 0,
            is_body: true,
        }
    }

    /// Hears of memory that is given back from now on.
    pub(crate) fn freed(&self) -> Pin<Box<Notified<'_>>> {
        let mut freed = Box::pin(self.freed.notified());
        freed.as_mut().enable();
        freed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits for memory, as long as this lives. Only who has a deadline presses others.
pub(crate) struct Waiting {
    budget: &'static Budget,
    deadline: Option<Instant>,
}

impl Waiting {
    /// Waits at most for `patience`, from now.
    pub fn new(budget: &'static Budget, patience: Option<Duration>) -> Self {
        let counts = usize::from(patience.is_some());
        budget.state().waiting += counts;
        let deadline = patience.map(|patience| Instant::now() + patience);
        Self { budget, deadline }
    }

    /// Waits until memory is given back. Listen before the attempt that fails, so that nothing goes unnoticed.
    ///
    /// # Errors
    /// [`LibraryError::Overloaded`] if that takes too long.
    pub async fn until(&self, freed: Pin<Box<Notified<'_>>>) -> Result<(), LibraryError> {
        match self.deadline {
            None => freed.await,
            Some(deadline) => {
                let freed = timeout_at(deadline, freed).await;
                freed.map_err(|_| LibraryError::Overloaded)?;
            }
        }
        Ok(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.budget.state().waiting -= usize::from(self.deadline.is_some());
    }
}

/// Memory that was taken from the budget. Dropping it gives it back.
pub struct Memory {
    budget: &'static Budget,
    bytes: u64,
    is_body: bool,
}

impl Memory {
    /// Takes more, until there are at least so many bytes. It takes a megabyte at a time.
    ///
    /// # Errors
    /// [`LibraryError::Overloaded`] if others keep the memory for seconds.
    pub async fn grow_to(&mut self, bytes: u64) -> Result<(), LibraryError> {
        self.grow_within(Some(PATIENCE), bytes).await
    }

    /// Takes more, until there are at least so many bytes, however long others keep the memory.
    pub(crate) async fn wait_for(&mut self, bytes: u64) -> Result<(), LibraryError> {
        self.grow_within(None, bytes).await
    }

    async fn grow_within(&mut self, patience: Option<Duration>, bytes: u64) -> Result<(), LibraryError> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let more = (bytes - self.bytes).next_multiple_of(MEGABYTE);
        let budget = self.budget;
        let mut waiting = None;
        loop {
            let freed = budget.freed();
            if self.grow(more) {
                return Ok(());
            }
            let waiting = waiting.get_or_insert_with(|| Waiting::new(budget, patience));
            waiting.until(freed).await?;
        }
    }

    /// Gives back what is more than so many bytes.
    pub fn shrink_to(&mut self, bytes: u64) {
        let kept = bytes.next_multiple_of(MEGABYTE).min(self.bytes);
        let less = self.bytes - kept;
        self.bytes = kept;
        let mut state = self.budget.state();
        state.used -= less;
        state.of_bodies -= if self.is_body { less } else { 0 };
        drop(state);
        self.budget.freed.notify_waiters();
    }

    fn grow(&mut self, more: u64) -> bool {
        let budget = self.budget;
        let mut state = budget.state();
        let fits = state.used + more <= budget.total
            && (!self.is_body || state.of_bodies + more <= budget.for_bodies);
        if fits {
            state.used += more;
            state.of_bodies += if self.is_body { more } else { 0 };
            self.bytes += more;
        }
        fits
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut state = self.budget.state();
        state.used -= self.bytes;
        if self.is_body {
            state.of_bodies -= self.bytes;
        }
        drop(state);
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> &'static Budget {
        Box::leak(Box::new(Budget::new(10 * MEGABYTE, 6 * MEGABYTE)))
    }

    #[tokio::test]
    async fn bodies_leave_room_for_decoding() {
        let budget = budget();
        let mut body = budget.body();
        body.grow_to(5 * MEGABYTE + 1).await.unwrap();
        assert_eq!(budget.used(), 6 * MEGABYTE);
        assert!(!budget.body().grow(1));
        body.shrink_to(2 * MEGABYTE + 1);
        assert_eq!(budget.used(), 3 * MEGABYTE);
        assert!(budget.body().grow(MEGABYTE));
        body.grow_to(6 * MEGABYTE).await.unwrap();
        assert!(budget.take(4 * MEGABYTE).is_some());
        assert!(budget.take(5 * MEGABYTE).is_none());
        drop(body);
        assert_eq!(budget.used(), 0);
        assert!(budget.take(u64::MAX).is_some());
    }

    #[tokio::test]
    async fn who_waits_goes_on_when_memory_is_given_back() {
        let budget = budget();
        let taken = budget.take(8 * MEGABYTE);
        let waiting = tokio::spawn(async {
            let mut body = budget.body();
            body.grow_to(3 * MEGABYTE).await.map(|()| body.bytes)
        });
        while !budget.is_pressed() {
            tokio::task::yield_now().await;
        }
        drop(taken);
        assert_eq!(waiting.await.unwrap().unwrap(), 3 * MEGABYTE);
        assert!(!budget.is_pressed());
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_rejected() {
        let budget = budget();
        let _taken = budget.take(8 * MEGABYTE);
        let patience = Duration::from_millis(20);
        let (started, mut body) = (Instant::now(), budget.body());
        let refused = body.grow_within(Some(patience), 3 * MEGABYTE).await;
        assert!(matches!(refused, Err(LibraryError::Overloaded)));
        assert!(started.elapsed() >= patience);
        assert!(!budget.is_pressed());
    }
}
