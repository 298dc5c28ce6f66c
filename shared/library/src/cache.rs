//! The cache of measured photos. After any change of the library, a cached photo is ranked again without being decoded
//! or run through the networks.

use crate::measuring::MeasuredPhoto;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use strand_signature::WhiteBalance;

/// What a measurement depends on. Two photos with equal keys have equal measurements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// SHA-256 of the photo's bytes, in hex.
    pub sha256: String,
    /// The id of the feature space.
    pub space: Arc<str>,
    /// How the light is estimated.
    pub white_balance: WhiteBalance,
    /// Which head is measured, from 0.
    pub head: usize,
}

/// Cache statistics since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheStats {
    /// Number of photos in the cache.
    pub entries: u64,
    /// Approximate size in bytes.
    pub bytes: u64,
    /// Maximum size in bytes.
    pub capacity_bytes: u64,
    /// Lookups that found their photo.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
}

/// Measured photos. When the capacity is reached, the least recently used photo goes first.
pub struct MeasurementCache {
    photos: Cache<Key, Arc<MeasuredPhoto>>,
    capacity_bytes: u64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl MeasurementCache {
    pub fn new(capacity_bytes: u64) -> Self {
        let size = |_: &Key, photo: &Arc<MeasuredPhoto>| u32::try_from(photo.size()).unwrap_or(u32::MAX);
        Self {
            photos: Cache::builder()
                .max_capacity(capacity_bytes)
                .weigher(size)
                .build(),
            capacity_bytes,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The cached photo, if there is one and it `suffices`.
    pub fn get(&self, key: &Key, suffices: impl Fn(&MeasuredPhoto) -> bool) -> Option<Arc<MeasuredPhoto>> {
        let photo = self.photos.get(key).filter(|photo| suffices(photo));
        let counter = if photo.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        photo
    }

    pub fn put(&self, key: Key, photo: Arc<MeasuredPhoto>) {
        self.photos.insert(key, photo);
    }

    /// Empties the cache; returns how many photos it held.
    pub fn clear(&self) -> u64 {
        self.photos.run_pending_tasks();
        let entries = self.photos.entry_count();
        self.photos.invalidate_all();
        self.photos.run_pending_tasks();
        entries
    }

    pub fn stats(&self) -> CacheStats {
        self.photos.run_pending_tasks();
        CacheStats {
            entries: self.photos.entry_count(),
            bytes: self.photos.weighted_size(),
            capacity_bytes: self.capacity_bytes,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }
}
