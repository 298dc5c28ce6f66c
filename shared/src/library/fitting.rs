//! Fitting the model of a shade against the photos of others, and again those of the shades most like it.

use super::Library;
use super::error::LibraryError;
use super::ports::{Features, NewModel};
use super::types::{Color, ModelInfo, Status};
use crate::color::Lab;
use crate::learning::{self, HardNegatives, Reference, Shelf};
use crate::signature::{Signature, feature_vector};
use futures_util::{StreamExt, TryStreamExt, stream};
use moka::future::Cache;
use std::sync::Arc;

/// A shade is trained against the photos of so many of the shades most like it, which the boundary runs along, and
/// of so many others spread evenly from near to far. However large the library, no more are read.
const LIKEST: usize = 64;
const SPREAD: usize = 32;
/// After a shade's photos have changed, so many of the shades most like it are fitted again: their boundary runs
/// along the new photos, that of the others does not.
const NEIGHBOURS: usize = 12;
/// The photos of so many shades are read at a time, for stores that are far away.
const READ_AT_ONCE: usize = 8;
/// So many neighbours are fitted and saved at a time.
const REFITTED_AT_ONCE: usize = 4;
/// Most bytes of other shades' photos that are kept between the fits of one training.
const KEPT: u64 = 16 << 20;

/// What the fits of one training share: whoever is like a shade is mostly like its neighbours too, so the photos of
/// others are read once for all of them.
pub struct Fitting<'a> {
    library: &'a Library,
    shelf: &'a Shelf,
    vectors: Cache<u64, Arc<Vec<Vec<f32>>>>,
}

impl<'a> Fitting<'a> {
    pub fn new(library: &'a Library, shelf: &'a Shelf) -> Self {
        let floats = |vectors: &Arc<Vec<Vec<f32>>>| vectors.iter().map(Vec::len).sum::<usize>();
        let vectors = Cache::builder()
            .max_capacity(KEPT)
            .weigher(move |_, vectors| (4 * floats(vectors)).try_into().unwrap_or(u32::MAX))
            .build();
        Self {
            library,
            shelf,
            vectors,
        }
    }

    /// Fits a shade to its measured photos against those of shades on the shelf and of the shade `besides`, which may
    /// be too new to stand there; also returns the shades most like it.
    pub async fn fit(
        &self,
        color: &Color,
        measured: &[(u64, Features)],
        besides: Option<u64>,
    ) -> Result<(NewModel, Vec<u64>), LibraryError> {
        let own: Vec<Vec<f32>> = measured.iter().filter_map(|(_, f)| vector(f)).collect();
        let signatures = || {
            measured
                .iter()
                .filter_map(|(id, f)| Some((*id, f.signature.as_ref()?)))
        };
        let references = signatures().map(|(image_id, Signature { colors, .. })| Reference {
            image_id,
            colors: colors.clone(),
        });
        let references: Vec<Reference> = references.collect();
        let means: Vec<Lab> = signatures().map(|(_, signature)| signature.mean).collect();
        let views: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
        let mut negatives = HardNegatives::new(&views).ok_or(learning::TrainError::NoPhotos)?;
        let others = others(color.id, &self.shelf.trained_by_nearness(&means), besides);
        let neighbours = self.offer(&others, &mut negatives).await?;
        let space = self.library.space.clone();
        let images_revision = color.images_revision;
        let fitted = tokio::task::spawn_blocking(move || {
            let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
            learning::fit(&own, &negatives.chosen())
        });
        let fitted = fitted
            .await
            .map_err(|error| LibraryError::Internal(error.to_string()))??;
        let model = fitted.into_model(space, references);
        Ok((
            NewModel {
                model,
                images_revision,
            },
            neighbours,
        ))
    }

    /// Offers the photos of other shades as negatives; returns the shades with the likest photos.
    async fn offer(&self, others: &[u64], negatives: &mut HardNegatives) -> Result<Vec<u64>, LibraryError> {
        let mut likeness: Vec<(u64, f32)> = Vec::new();
        // In order, so that a training comes out the same each time.
        let read = |other: u64| async move { Ok::<_, LibraryError>((other, self.photos_of(other).await?)) };
        let mut reads = stream::iter(others.to_vec()).map(read).buffered(READ_AT_ONCE);
        while let Some((other, photos)) = reads.try_next().await? {
            if let Some(best) = photos.iter().map(|v| negatives.offer(v.clone())).reduce(f32::max) {
                likeness.push((other, best));
            }
        }
        likeness.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        Ok(likeness.into_iter().take(NEIGHBOURS).map(|(id, _)| id).collect())
    }

    /// The feature vectors of another shade's photos.
    async fn photos_of(&self, color_id: u64) -> Result<Arc<Vec<Vec<f32>>>, LibraryError> {
        let read = async {
            let Library { store, space, .. } = self.library;
            let photos = store.features_of(color_id, space).await?;
            let vectors = photos.iter().filter_map(|photo| vector(&photo.features));
            Ok(Arc::new(vectors.collect()))
        };
        let vectors = self.vectors.try_get_with(color_id, read).await;
        vectors.map_err(|error: Arc<LibraryError>| (*error).clone())
    }

    /// Fits the models of shades most like a changed one again. One that fails keeps the model it has.
    pub async fn refit_all(&self, neighbours: &[u64], changed: u64) {
        let refit = |id: u64| async move {
            if let Err(error) = self.refit(id, changed).await {
                tracing::warn!(color_id = id, %error, "a neighbouring shade keeps its earlier model");
            }
        };
        let refits = stream::iter(neighbours.to_vec()).map(refit);
        refits.buffer_unordered(REFITTED_AT_ONCE).collect::<()>().await;
    }

    /// Fits a shade again where it is up to date with its photos; others wait for a training of their own.
    async fn refit(&self, color_id: u64, changed: u64) -> Result<(), LibraryError> {
        let library = self.library;
        let color = library.color(color_id).await?;
        let current = |m: &ModelInfo| m.images_revision == color.images_revision && m.space == library.space;
        if !color.model.as_ref().is_some_and(current) || library.status(&color) == Status::Training {
            return Ok(());
        }
        // Read after the shade itself, so that the model has all photos that its revision names.
        let known = library.known_features(color_id).await?;
        let mut measured: Vec<(u64, Features)> = known.into_iter().collect();
        measured.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let (model, _) = self.fit(&color, &measured, Some(changed)).await?;
        library.save_fitted(&color, model).await?;
        Ok(())
    }
}

/// The shades to train against: the nearest [`LIKEST`], and [`SPREAD`] of the rest.
fn others(color_id: u64, by_nearness: &[u64], besides: Option<u64>) -> Vec<u64> {
    let foreign = |id: &u64| *id != color_id && Some(*id) != besides;
    let mut chosen: Vec<u64> = by_nearness.iter().copied().filter(foreign).collect();
    if chosen.len() > LIKEST + SPREAD {
        let rest = chosen.split_off(LIKEST);
        chosen.extend((0..SPREAD).map(|k| rest[k * rest.len() / SPREAD]));
    }
    chosen.extend(besides);
    chosen
}

fn vector(features: &Features) -> Option<Vec<f32>> {
    let signature = features.signature.as_ref()?;
    Some(feature_vector(
        &signature.descriptor,
        features.embedding.as_deref(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_shades_are_all_trained_against_and_the_rest_evenly() {
        let few: Vec<u64> = (1..=90).collect();
        let against = others(7, &few, Some(200));
        assert!(against.len() == 90 && !against.contains(&7) && against.contains(&200));

        let many: Vec<u64> = (1..=10_000).collect();
        let against = others(1, &many, None);
        assert_eq!(against.len(), LIKEST + SPREAD);
        assert_eq!(against[..LIKEST], many[1..=LIKEST]);
        let gaps = against[LIKEST..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.clone().max().unwrap() - gaps.min().unwrap() <= 1);
    }
}
