//! Measurements of photos.

use super::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use strand_signature::{Signature, feature_vector};

/// The measurement of a photo in one feature space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// `None` if no hair was found.
    pub signature: Option<Signature>,
    /// The backbone's embedding, if the feature space has a backbone.
    pub embedding: Option<Vec<f32>>,
}

impl Measurement {
    /// The format version that introduced the current packed form.
    pub const PACKED_SINCE: u16 = 2;

    /// The vector that models train on; `None` if no hair was found.
    pub fn vector(&self) -> Option<Vec<f32>> {
        let signature = self.signature.as_ref()?;
        Some(feature_vector(&signature.descriptor, self.embedding.as_deref()))
    }
}

/// Stores measurements of photos.
#[async_trait]
pub trait Features: Send + Sync {
    /// Saves measurements of a shade's photos, by photo id, in a feature space. Photos and shades that have been
    /// deleted meanwhile are skipped.
    async fn put_features(
        &self,
        shade_id: u64,
        space: &str,
        measured: &[(u64, Measurement)],
    ) -> Result<(), StoreError>;
    /// The measurements of a shade's photos in a feature space, by photo id, oldest photo first. Measurements that
    /// cannot be read, because they are damaged or in a format that this version does not know, are left out; their
    /// photos are then measured again.
    async fn features(&self, shade_id: u64, space: &str) -> Result<Vec<(u64, Measurement)>, StoreError>;
}
