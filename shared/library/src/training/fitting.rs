//! Fitting a shade's model against photos of other shades.

use crate::ports::{Features, Measurement, NewModel};
use crate::{LibraryError, Shade};
use futures_util::{StreamExt, TryStreamExt, stream};
use moka::future::Cache;
use std::sync::Arc;
use strand_color::Lab;
use strand_learning::{Fit, FitError, HardNegatives, LibrarySnapshot, Reference};

/// A shade is fitted against the photos of this many of the most similar shades, which determine the boundary, and of
/// [`SPREAD`] others spread evenly from near to far. No more are read, however large the library is.
const MOST_SIMILAR: usize = 64;
const SPREAD: usize = 32;
/// The number of most similar shades that are fitted again after a shade's photos have changed. Only their boundaries
/// depend on the new photos.
const NEIGHBORS: usize = 12;
/// The number of shades whose photos are read concurrently, which hides the latency of remote stores.
const READ_AT_ONCE: usize = 8;
/// Maximum bytes of other shades' photos that are cached during one training.
const KEPT: u64 = 16 << 20;

/// A photo of the shade to fit.
pub struct TrainingPhoto {
    /// Its id.
    pub id: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its measurement.
    pub measurement: Measurement,
}

/// What the fits of one training share. Similar shades mostly have the same neighbors, so their photos are read only
/// once.
pub struct Fitting {
    features: Arc<dyn Features>,
    solver: Arc<dyn Fit>,
    snapshot: Arc<LibrarySnapshot>,
    space: String,
    vectors: Cache<u64, Arc<Vec<Vec<f32>>>>,
}

impl Fitting {
    pub fn new(
        features: Arc<dyn Features>,
        solver: Arc<dyn Fit>,
        snapshot: Arc<LibrarySnapshot>,
        space: String,
    ) -> Self {
        let floats = |vectors: &Arc<Vec<Vec<f32>>>| vectors.iter().map(Vec::len).sum::<usize>();
        let vectors = Cache::builder()
            .max_capacity(KEPT)
            .weigher(move |_, vectors| (4 * floats(vectors)).try_into().unwrap_or(u32::MAX))
            .build();
        Self {
            features,
            solver,
            snapshot,
            space,
            vectors,
        }
    }

    /// Fits a shade's measured photos against those of shades in the snapshot and of the shade `besides`, which may be
    /// too new to be in it. Also returns the most similar shades.
    pub async fn fit(
        &self,
        shade: &Shade,
        photos: &[TrainingPhoto],
        besides: Option<u64>,
    ) -> Result<(NewModel, Vec<u64>), LibraryError> {
        let own: Vec<Vec<f32>> = photos
            .iter()
            .filter_map(|photo| photo.measurement.vector())
            .collect();
        let views: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
        let mut negatives = HardNegatives::new(&views).ok_or(FitError::NoPhotos)?;
        let (references, means) = references(photos);
        let others = others(shade.id, &self.snapshot.trained_by_nearness(&means), besides);
        let neighbors = self.offer(&others, &mut negatives).await?;
        let solver = Arc::clone(&self.solver);
        let fitted = tokio::task::spawn_blocking(move || {
            let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
            solver.fit(&own, &negatives.chosen())
        });
        let fitted = fitted.await.map_err(LibraryError::internal)??;
        let model = NewModel {
            model: fitted.into_model(&self.space, references),
            photos_revision: shade.photos_revision,
        };
        Ok((model, neighbors))
    }

    /// Adds photos of other shades as candidate negatives; returns the shades with the most similar photos.
    async fn offer(&self, others: &[u64], negatives: &mut HardNegatives) -> Result<Vec<u64>, LibraryError> {
        let mut similarity: Vec<(u64, f32)> = Vec::new();
        // In order, so that training is deterministic.
        let read = |other: u64| async move { Ok::<_, LibraryError>((other, self.photos_of(other).await?)) };
        let mut reads = stream::iter(others.to_vec()).map(read).buffered(READ_AT_ONCE);
        while let Some((other, photos)) = reads.try_next().await? {
            if let Some(best) = photos.iter().map(|v| negatives.offer(v.clone())).reduce(f32::max) {
                similarity.push((other, best));
            }
        }
        similarity.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        Ok(similarity.into_iter().take(NEIGHBORS).map(|(id, _)| id).collect())
    }

    /// The feature vectors of another shade's photos.
    async fn photos_of(&self, shade_id: u64) -> Result<Arc<Vec<Vec<f32>>>, LibraryError> {
        let read = async {
            let photos = self.features.features(shade_id, &self.space).await?;
            let vectors = photos.iter().filter_map(|(_, measurement)| measurement.vector());
            Ok(Arc::new(vectors.collect()))
        };
        let vectors = self.vectors.try_get_with(shade_id, read).await;
        vectors.map_err(|error: Arc<LibraryError>| (*error).clone())
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
        };
        Some((reference, signature.mean))
    });
    measured.unzip()
}

/// The shades to train against: the nearest [`MOST_SIMILAR`], and [`SPREAD`] of the rest.
fn others(shade_id: u64, by_nearness: &[u64], besides: Option<u64>) -> Vec<u64> {
    let foreign = |id: &u64| *id != shade_id && Some(*id) != besides;
    let mut chosen: Vec<u64> = by_nearness.iter().copied().filter(foreign).collect();
    if chosen.len() > MOST_SIMILAR + SPREAD {
        let rest = chosen.split_off(MOST_SIMILAR);
        chosen.extend((0..SPREAD).map(|k| rest[k * rest.len() / SPREAD]));
    }
    chosen.extend(besides);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_uses_all_the_most_similar_shades_and_an_even_spread_of_the_rest() {
        let few: Vec<u64> = (1..=90).collect();
        let against = others(7, &few, Some(200));
        assert!(against.len() == 90 && !against.contains(&7) && against.contains(&200));

        let many: Vec<u64> = (1..=10_000).collect();
        let against = others(1, &many, None);
        assert_eq!(against.len(), MOST_SIMILAR + SPREAD);
        assert_eq!(against[..MOST_SIMILAR], many[1..=MOST_SIMILAR]);
        let gaps = against[MOST_SIMILAR..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.clone().max().unwrap() - gaps.min().unwrap() <= 1);
    }
}
