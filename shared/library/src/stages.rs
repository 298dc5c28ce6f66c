//! How long the stages of an analysis take.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// The time that each stage took. A stage that did not run, such as for a photo in the cache, took none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// Receiving the photo's bytes.
    pub read: Duration,
    /// From bytes to pixels.
    pub decode: Duration,
    /// The hair parser, and refining its mask.
    pub find_hair: Duration,
    /// The colors of the hair, and what describes it.
    pub measure: Duration,
    /// Ranking the shades.
    pub rank: Duration,
}

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.decode += other.decode;
        self.find_hair += other.find_hair;
        self.measure += other.measure;
        self.rank += other.rank;
    }
}

/// Runs `work` and adds the time that it takes to `stage`.
pub fn timed<T>(stage: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *stage += start.elapsed();
    result
}
