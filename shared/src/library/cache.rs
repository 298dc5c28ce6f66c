//! The cache of answers, keyed by image bytes and library version.

use super::analysis::{Analysis, AnalysisRequest};
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What makes two questions the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// SHA-256 of the image bytes, in hex.
    pub image: String,
    /// The library version they are matched against; the palette has a constant one.
    pub library: String,
    /// What is asked about the image.
    pub request: AnalysisRequest,
}

/// How the cache has done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheStats {
    /// Answers held.
    pub entries: u64,
    /// Their size in bytes, about.
    pub bytes: u64,
    /// The size they may reach.
    pub capacity_bytes: u64,
    /// Questions answered from the cache.
    pub hits: u64,
    /// Questions that were not.
    pub misses: u64,
}

/// Answers by question, the least used going first when the space runs out.
pub struct AnswerCache {
    answers: Cache<Question, Arc<Analysis>>,
    capacity_bytes: u64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl AnswerCache {
    pub fn new(capacity_bytes: u64) -> Self {
        let size = |_: &Question, answer: &Arc<Analysis>| u32::try_from(answer.size()).unwrap_or(u32::MAX);
        Self {
            answers: Cache::builder()
                .max_capacity(capacity_bytes)
                .weigher(size)
                .build(),
            capacity_bytes,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    pub fn get(&self, question: &Question) -> Option<Arc<Analysis>> {
        let answer = self.answers.get(question);
        let counter = if answer.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    pub fn put(&self, question: Question, answer: Arc<Analysis>) {
        self.answers.insert(question, answer);
    }

    /// Forgets all answers; returns how many there were.
    pub fn clear(&self) -> u64 {
        self.answers.run_pending_tasks();
        let entries = self.answers.entry_count();
        self.answers.invalidate_all();
        self.answers.run_pending_tasks();
        entries
    }

    pub fn stats(&self) -> CacheStats {
        self.answers.run_pending_tasks();
        CacheStats {
            entries: self.answers.entry_count(),
            bytes: self.answers.weighted_size(),
            capacity_bytes: self.capacity_bytes,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }
}
