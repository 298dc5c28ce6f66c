//! The library as matching and training see it: a snapshot of its shades with their models. It is read again only when
//! the library has changed.

use crate::LibraryError;
use crate::ports::{Models, ShadeWithModel};
use std::sync::{Arc, Mutex, PoisonError};
use strand_color::Lab;
use strand_learning::{LibrarySnapshot, SnapshotShade};
use strand_signature::DominantColor;

/// Reads library snapshots.
pub struct Catalog {
    models: Arc<dyn Models>,
    space: String,
    /// The last snapshot read.
    last: Mutex<Option<Arc<LibrarySnapshot>>>,
    /// Held while a snapshot is read.
    reading: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// The catalog of a store, for the feature space with the id `space`.
    pub fn new(models: Arc<dyn Models>, space: impl Into<String>) -> Self {
        Self {
            models,
            space: space.into(),
            last: Mutex::new(None),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// The id of the feature space that matching uses.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// A snapshot of the current shades.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn snapshot(&self) -> Result<Arc<LibrarySnapshot>, LibraryError> {
        if let Some(current) = self.still_current().await? {
            return Ok(current);
        }
        // Concurrent callers wait here, so that a large library is read only once.
        let _turn = self.reading.lock().await;
        if let Some(current) = self.still_current().await? {
            return Ok(current);
        }
        let (version, shades) = self.models.models().await?;
        let shades = shades.into_iter().map(snapshot_shade).collect();
        let snapshot = Arc::new(LibrarySnapshot::new(version, &self.space, shades));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The last snapshot read, if the library has not changed since.
    async fn still_current(&self) -> Result<Option<Arc<LibrarySnapshot>>, LibraryError> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(last) = last else {
            return Ok(None);
        };
        let current = self.models.library_version().await? == last.version();
        Ok(current.then_some(last))
    }
}

fn snapshot_shade(shade: ShadeWithModel) -> SnapshotShade {
    let solid = |hex| {
        vec![DominantColor {
            lab: Lab::from(hex),
            share: 1.0,
        }]
    };
    SnapshotShade {
        shade_id: shade.shade_id,
        name: shade.name,
        swatch: shade.hex.map(solid),
        model: shade.model,
    }
}
