//! The domain: shades, their photos and models, and what can be done with them. No HTTP, SQL or AWS here: the store
//! is behind the [`ports`], the networks behind [`crate::vision`].

mod analysis;
mod archive;
mod cache;
mod claims;
mod colors;
mod error;
mod fitting;
mod jobs;
mod names;
pub mod ports;
mod training;
pub mod types;
mod uploads;
mod warnings;
mod workbench;

pub use analysis::{Analysis, AnalysisRequest, Overlay, Snapshot};
pub use archive::{ArchiveError, Export, Exported, ImportProgress, Imported, PhotoLeftOut};
pub use cache::CacheStats;
pub use colors::{DESCRIPTION_LIMIT, NAME_LIMIT};
pub use error::LibraryError;
pub use names::Names;
pub use training::{Phase, Progress, Trained};
pub use uploads::{FILENAME_LIMIT, UploadError};

use crate::learning::Shelf;
use crate::signature::feature_space;
use crate::vision::Vision;
use ports::Store;
use std::sync::{Arc, Mutex, PoisonError};
use types::{Color, Status};

/// So many shades are trained at a time.
const TRAININGS_AT_ONCE: usize = 2;

/// How a library is to run.
#[derive(Debug, Clone, Copy)]
pub struct LibraryConfig {
    /// How many photos are measured at a time.
    pub threads: usize,
    /// Most bytes that the cache of answers may take.
    pub cache_bytes: u64,
}

/// A library of shades: the use cases, over a store and the networks.
pub struct Library {
    store: Arc<dyn Store>,
    vision: Arc<Vision>,
    space: String,
    workbench: workbench::Workbench,
    cache: cache::AnswerCache,
    trainings: training::Trainings,
    /// Each holds a photo and a page of features; the others wait.
    training_seats: tokio::sync::Semaphore,
    jobs: tokio::sync::Notify,
    /// The shades as last read, with the library version they are of.
    shelf: Mutex<Option<(String, Arc<Shelf>)>>,
    /// Held by the one who reads them.
    shelf_reading: tokio::sync::Mutex<()>,
}

impl Library {
    /// A library over `store`, seeing through `vision`. Nothing is loaded yet.
    pub fn new(store: Arc<dyn Store>, vision: Arc<Vision>, config: LibraryConfig) -> Self {
        Self {
            space: feature_space(vision.parser_id(), vision.backbone_id()),
            workbench: workbench::Workbench::new(config.threads),
            cache: cache::AnswerCache::new(config.cache_bytes),
            trainings: training::Trainings::default(),
            training_seats: tokio::sync::Semaphore::new(TRAININGS_AT_ONCE),
            jobs: tokio::sync::Notify::new(),
            shelf: Mutex::new(None),
            shelf_reading: tokio::sync::Mutex::default(),
            store,
            vision,
        }
    }

    /// The feature space of this process.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// The store's kind.
    pub fn store_kind(&self) -> &'static str {
        self.store.kind()
    }

    /// The networks.
    pub fn vision(&self) -> &Vision {
        &self.vision
    }

    /// Where a shade stands now.
    pub fn status(&self, color: &Color) -> Status {
        color.status(
            &self.space,
            color.is_claimed() || self.trainings.is_running(color.id),
        )
    }

    /// All shades as they are now, read again only when the library has changed.
    async fn shelf(&self) -> Result<(String, Arc<Shelf>), LibraryError> {
        if let Some(current) = self.known_shelf().await? {
            return Ok(current);
        }
        // A large library is read once for all who wait for it.
        let _turn = self.shelf_reading.lock().await;
        if let Some(current) = self.known_shelf().await? {
            return Ok(current);
        }
        let (version, shades) = self.store.shades().await?;
        let candidates = shades.into_iter().map(analysis::candidate).collect();
        let shelf = Arc::new(Shelf::new(&self.space, candidates));
        *self.shelf.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((version.clone(), Arc::clone(&shelf)));
        Ok((version, shelf))
    }

    /// The shelf as last read, if it is still the library's.
    async fn known_shelf(&self) -> Result<Option<(String, Arc<Shelf>)>, LibraryError> {
        let known = self.shelf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((version, shelf)) = known else {
            return Ok(None);
        };
        let current = self.store.library_version().await? == version;
        Ok(current.then_some((version, shelf)))
    }
}
