//! The use cases for shades, photos, and uploads.

use crate::ports::Stores;
use crate::training::Running;
use crate::workers::Workers;
use crate::{LibraryError, Shade, ShadeStatus};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often leftovers of deletions, crashes, and uploads are removed.
const TIDY: Duration = Duration::from_hours(1);

/// A library of shades.
pub struct Library {
    pub(crate) stores: Stores,
    pub(crate) workers: Arc<Workers>,
    pub(crate) running: Arc<Running>,
    space: String,
}

impl Library {
    /// The library in a store, for the feature space with the id `space`.
    pub fn new(stores: Stores, workers: Arc<Workers>, space: impl Into<String>) -> Self {
        Self {
            stores,
            workers,
            running: Arc::default(),
            space: space.into(),
        }
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
