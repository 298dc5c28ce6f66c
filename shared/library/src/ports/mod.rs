//! What the library needs from a store, from neural networks, and from a solver.
//!
//! Each port is one small trait. Each method of a store's port is one transaction: it takes effect completely or not at
//! all. What only some stores need is a separate, optional port (see [`Stores`]), so that no store has a method that
//! does nothing. The solver's port is [`strand_learning::Fit`].

mod answers;
mod features;
mod jobs;
mod models;
mod networks;
mod photos;
mod shades;
mod sharing;
mod upkeep;
mod uploads;

pub use answers::{ANSWER_LASTS, Answers, Begun, KeyedRequest};
pub use features::{Features, Measurement};
pub use jobs::Jobs;
pub use models::{Models, NewModel, ShadeWithModel};
pub use networks::{NetworkError, Networks};
pub use photos::Photos;
pub use shades::Shades;
pub use sharing::{CLAIM_LASTS, Claims, Publisher};
pub use upkeep::Upkeep;
pub use uploads::{ReceivesUploads, UPLOAD_LASTS, Uploads};

use std::sync::Arc;

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another shade already has this name.
    #[error("the name is taken")]
    NameTaken,
    /// The shade, photo, or job does not exist, or no longer does.
    #[error("not found")]
    NotFound,
    /// The store is unreachable or overloaded; a retry may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The disk has no room for a change.
    #[error("the disk is full: {0}")]
    NoRoom(String),
    /// The disk takes no changes: it is mounted read-only, or this process lacks the permission.
    #[error("the disk cannot be written: {0}")]
    NotWritable(String),
    /// The store returned an error, or its data cannot be read.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// The ports of one store.
#[derive(Clone)]
pub struct Stores {
    /// Shades.
    pub shades: Arc<dyn Shades>,
    /// Photos of shades.
    pub photos: Arc<dyn Photos>,
    /// Measurements of photos.
    pub features: Arc<dyn Features>,
    /// Trained models.
    pub models: Arc<dyn Models>,
    /// Jobs.
    pub jobs: Arc<dyn Jobs>,
    /// Answers to requests that are sent again.
    pub answers: Arc<dyn Answers>,
    /// Uploads.
    pub uploads: Arc<dyn Uploads>,
    /// Cleanup.
    pub upkeep: Arc<dyn Upkeep>,
    /// Present if uploads pass through this process.
    pub receives: Option<Arc<dyn ReceivesUploads>>,
    /// Present if several processes share the store.
    pub claims: Option<Arc<dyn Claims>>,
    /// Present if the store publishes changes for other processes.
    pub publisher: Option<Arc<dyn Publisher>>,
}

impl Stores {
    /// Publishes changes, if the store has a publisher.
    pub async fn publish(&self) {
        if let Some(publisher) = &self.publisher {
            publisher.publish().await;
        }
    }
}
