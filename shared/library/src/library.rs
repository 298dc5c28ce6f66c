//! The use cases for shades, photos, and uploads.

use crate::ports::Stores;
use crate::training::Running;
use crate::workers::Workers;
use crate::{LibraryError, Quotas, Shade, ShadeStatus};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often leftovers of deletions, crashes, and uploads are removed.
const TIDY: Duration = Duration::from_hours(1);

/// How long the result of a probe of the store counts.
const PROBED: Duration = Duration::from_secs(30);

/// A library of shades.
pub struct Library {
    pub(crate) stores: Stores,
    pub(crate) workers: Arc<Workers>,
    pub(crate) running: Arc<Running>,
    pub(crate) quotas: Quotas,
    space: String,
    /// The last probe of the store.
    probed: tokio::sync::Mutex<Option<Probed>>,
}

/// A probe of the store.
struct Probed {
    at: Instant,
    /// The store's count of failures after it.
    failures: u64,
    found: Result<(), LibraryError>,
}

impl Library {
    /// The library in a store, for the feature space with the id `space`.
    pub fn new(stores: Stores, workers: Arc<Workers>, space: impl Into<String>) -> Self {
        Self {
            stores,
            workers,
            running: Arc::default(),
            quotas: Quotas::default(),
            space: space.into(),
            probed: tokio::sync::Mutex::default(),
        }
    }

    /// The same, with at most so much in it.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// The id of the feature space of this process.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// The ports of the store.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// The workers that decode its photos.
    pub fn workers(&self) -> &Arc<Workers> {
        &self.workers
    }

    /// The current status of a shade.
    pub fn status(&self, shade: &Shade) -> ShadeStatus {
        let in_training = shade.is_claimed(Timestamp::now()) || self.running.contains(shade.id);
        shade.status(&self.space, in_training)
    }

    /// Removes leftovers of deletions, crashes, and uploads, within the time that a request may take.
    ///
    /// # Errors
    /// Errors of the store; the next call continues from there.
    pub async fn tidy(&self) -> Result<(), LibraryError> {
        Ok(self.stores.upkeep.tidy().await?)
    }

    /// Whether the store can be reached and takes changes, as of the last 30 seconds, or since it last failed.
    ///
    /// # Errors
    /// What keeps it from working.
    pub async fn ready(&self) -> Result<(), LibraryError> {
        let mut probed = self.probed.lock().await;
        if let Some(known) = &*probed
            && known.at.elapsed() < PROBED
            && known.failures == self.stores.upkeep.failures()
        {
            return known.found.clone();
        }
        let found = self.stores.upkeep.probe().await.map_err(LibraryError::from);
        if let Err(error) = &found {
            tracing::error!(%error, "the store does not work");
        }
        *probed = Some(Probed {
            at: Instant::now(),
            failures: self.stores.upkeep.failures(),
            found: found.clone(),
        });
        found
    }

    /// Calls [`tidy`](Self::tidy) now and then every hour. Never returns.
    pub async fn keep_tidy(self: Arc<Self>) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "what was deleted is cleared away later");
            }
            tokio::time::sleep(TIDY).await;
        }
    }
}
