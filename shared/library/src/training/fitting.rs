//! Fitting a shade's model against photos of other shades.

use crate::ports::{Features, Measurement, NewModel};
use crate::{LibraryError, Shade};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use strand_color::Lab;
use strand_learning::{Fit, FitError, HardNegatives, LibrarySnapshot, Reference};

/// A shade is fitted against the photos of this many of the most similar shades, which determine the boundary, and of
/// [`SPREAD`] others spread evenly from near to far. No more are read, however large the library is.
const MOST_SIMILAR: usize = 64;
const SPREAD: usize = 32;
/// The number of shades whose photos are read concurrently, which hides the latency of remote stores.
const READ_AT_ONCE: usize = 8;

/// A photo of the shade to fit.
pub struct TrainingPhoto {
    /// Its id.
    pub id: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its measurement.
    pub measurement: Measurement,
}

/// Fits shades of one library snapshot.
pub struct Fitting {
    features: Arc<dyn Features>,
    solver: Arc<dyn Fit>,
    snapshot: Arc<LibrarySnapshot>,
    space: String,
}

impl Fitting {
    pub fn new(
        features: Arc<dyn Features>,
        solver: Arc<dyn Fit>,
        snapshot: Arc<LibrarySnapshot>,
        space: String,
    ) -> Self {
        Self {
            features,
            solver,
            snapshot,
            space,
        }
    }

    /// Fits a shade's measured photos against those of other shades in the snapshot.
    pub async fn fit(&self, shade: &Shade, photos: &[TrainingPhoto]) -> Result<NewModel, LibraryError> {
        let own: Vec<Vec<f32>> = photos
            .iter()
            .filter_map(|photo| photo.measurement.vector())
            .collect();
        let views: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
        let mut negatives = HardNegatives::new(&views).ok_or(FitError::NoPhotos)?;
        let (references, means) = references(photos);
        let others = others(shade.id, &self.snapshot.trained_by_nearness(&means));
        // In order, so that training is deterministic.
        let mut reads = stream::iter(others)
            .map(|other| self.features.features(other, &self.space))
            .buffered(READ_AT_ONCE);
        while let Some(photos) = reads.try_next().await? {
            for vector in photos.iter().filter_map(|(_, measurement)| measurement.vector()) {
                negatives.offer(vector);
            }
        }
        let solver = Arc::clone(&self.solver);
        let fitted = tokio::task::spawn_blocking(move || {
            let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
            solver.fit(&own, &negatives.chosen())
        });
        let fitted = fitted.await.map_err(LibraryError::internal)??;
        Ok(NewModel {
            model: fitted.into_model(&self.space, references),
            photos_revision: shade.photos_revision,
        })
    }

    /// Ids of the shades that were fitted against no other, although there are others now.
    pub fn fitted_alone(&self) -> Vec<u64> {
        self.snapshot.fitted_alone()
    }
}

/// The references that a model stores for the photos that show hair, and their mean colors.
fn references(photos: &[TrainingPhoto]) -> (Vec<Reference>, Vec<Lab>) {
    let measured = photos.iter().filter_map(|photo| {
        let signature = photo.measurement.signature.as_ref()?;
        let reference = Reference {
            photo_id: photo.id,
            sha256: Some(photo.sha256.clone()),
            colors: signature.colors.clone(),
            vector: photo.measurement.vector()?,
        };
        Some((reference, signature.mean))
    });
    measured.unzip()
}

/// The shades to train against: the nearest [`MOST_SIMILAR`], and [`SPREAD`] of the rest.
fn others(shade_id: u64, by_nearness: &[u64]) -> Vec<u64> {
    let mut chosen: Vec<u64> = by_nearness.to_vec();
    chosen.retain(|id| *id != shade_id);
    if chosen.len() > MOST_SIMILAR + SPREAD {
        let rest = chosen.split_off(MOST_SIMILAR);
        chosen.extend((0..SPREAD).map(|k| rest[k * rest.len() / SPREAD]));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_uses_all_the_most_similar_shades_and_an_even_spread_of_the_rest() {
        let few: Vec<u64> = (1..=90).collect();
        let against = others(7, &few);
        assert!(against.len() == 89 && !against.contains(&7));

        let many: Vec<u64> = (1..=10_000).collect();
        let against = others(1, &many);
        assert_eq!(against.len(), MOST_SIMILAR + SPREAD);
        assert_eq!(against[..MOST_SIMILAR], many[1..=MOST_SIMILAR]);
        let gaps = against[MOST_SIMILAR..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.clone().max().unwrap() - gaps.min().unwrap() <= 1);
    }
}
