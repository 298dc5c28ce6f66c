//! Retries: one schedule for all conflicts with other writers and for overloaded services.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The wait before the second attempt. It doubles up to [`LONGEST`], plus a random part of up to the same length, so
/// that two writers do not collide again.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(200);

/// A bounded number of attempts.
pub struct Attempts {
    waits: ExponentialBackoff,
    started: bool,
}

impl Attempts {
    /// Up to `count` attempts. 14 attempts take about three seconds, including the waits.
    pub fn up_to(count: usize) -> Self {
        let schedule = ExponentialBuilder::new()
            .with_min_delay(SHORTEST)
            .with_max_delay(LONGEST)
            .with_max_times(count.saturating_sub(1))
            .with_jitter();
        Self {
            waits: schedule.build(),
            started: false,
        }
    }

    /// Waits until the next attempt is due; `false` if no attempts are left.
    pub async fn next(&mut self) -> bool {
        if !std::mem::replace(&mut self.started, true) {
            return true;
        }
        match self.waits.next() {
            Some(wait) => {
                tokio::time::sleep(wait).await;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn attempts_are_counted_and_spread() {
        let start = tokio::time::Instant::now();
        let mut attempts = Attempts::up_to(14);
        let mut count = 0;
        while attempts.next().await {
            count += 1;
        }
        assert_eq!(count, 14);
        let took = start.elapsed();
        assert!(
            (Duration::from_millis(1500)..Duration::from_millis(4500)).contains(&took),
            "{took:?}"
        );
    }
}
