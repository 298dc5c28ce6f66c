//! Training a shade, with progress that any number of watchers can follow.

use super::Library;
use super::analysis::measure_photo;
use super::error::LibraryError;
use super::ports::{Features, ImageFeatures, NewModel};
use super::types::{Color, Failure, Image, ModelInfo, Status};
use crate::color::Lab;
use crate::learning::{self, HardNegatives, Reference, Shelf};
use crate::signature::{Signature, WhiteBalance, feature_vector};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// A shade is trained against the photos of so many of the shades most like it, which the boundary runs along, and
/// of so many others spread evenly from near to far. However large the library, no more are read.
const LIKEST: usize = 64;
const SPREAD: usize = 32;
/// After a shade's photos have changed, so many of the shades most like it are fitted again: their boundary runs
/// along the new photos, that of the others does not.
const NEIGHBOURS: usize = 12;
/// What was measured of so many photos is kept at a time; a crash costs measuring them again.
const KEPT_AT_ONCE: usize = 16;
/// The features of so many shades are read at a time.
const READ_AT_ONCE: usize = 8;

/// What a training is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Photos are measured.
    Processing,
    /// The model is fitted and saved.
    Training,
    /// Done.
    Complete,
    /// Ended by an error.
    Error,
}

/// A state of a training.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps in all: one per photo, one to fit, one to save.
    pub total_steps: usize,
    /// What is being done, in a sentence.
    pub message: String,
    /// What it is at.
    pub phase: Phase,
    /// The result, in the last state.
    pub outcome: Option<Result<Trained, LibraryError>>,
}

impl Progress {
    /// The only state of a training that did not start.
    pub fn failed(error: LibraryError) -> Self {
        Self {
            step: 0,
            total_steps: 1,
            message: error.told(),
            phase: Phase::Error,
            outcome: Some(Err(error)),
        }
    }

    /// The last state of a training that died in this one, with a panic.
    #[must_use]
    pub fn died(self) -> Self {
        let error = without_result();
        Self {
            message: error.told(),
            phase: Phase::Error,
            outcome: Some(Err(error)),
            ..self
        }
    }

    /// 0 to 100; never falls during a training, 100 only at its end.
    pub fn percentage(&self) -> f32 {
        if self.phase == Phase::Complete {
            return 100.0;
        }
        (100.0 * self.step as f32 / self.total_steps.max(1) as f32).min(99.0)
    }
}

/// How a training ends that panics.
fn without_result() -> LibraryError {
    LibraryError::Internal("the training ended without a result".into())
}

/// A trained shade.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The shade.
    pub color_id: u64,
    /// Its new model.
    pub model: ModelInfo,
    /// Ids of its photos in which no hair was found, newest first.
    pub left_out: Vec<u64>,
}

/// The trainings that run in this process, by shade.
#[derive(Default)]
pub struct Trainings(Mutex<HashMap<u64, watch::Receiver<Progress>>>);

impl Trainings {
    pub fn is_running(&self, color_id: u64) -> bool {
        self.lock().contains_key(&color_id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, watch::Receiver<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The training of a shade that runs, or the sending side of a new one.
    fn join_or_enter(&self, color_id: u64) -> (watch::Receiver<Progress>, Option<watch::Sender<Progress>>) {
        let mut running = self.lock();
        if let Some(progress) = running.get(&color_id) {
            return (progress.clone(), None);
        }
        let start = Progress {
            step: 0,
            total_steps: 1,
            message: "Starting.".into(),
            phase: Phase::Processing,
            outcome: None,
        };
        let (sender, receiver) = watch::channel(start);
        running.insert(color_id, receiver.clone());
        (receiver, Some(sender))
    }
}

/// Ends a training's entry however it ends, a panic included.
struct Entry<'a> {
    library: &'a Library,
    color_id: u64,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.library.trainings.lock().remove(&self.color_id);
    }
}

impl Library {
    /// Trains a shade and waits for the end, joining a training that already runs.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NoImages`], [`LibraryError::NoHairToTrain`], and failures of the
    /// networks or the store.
    pub async fn train(self: &Arc<Self>, color_id: u64) -> Result<Trained, LibraryError> {
        let mut progress = self.start_training(color_id).await?;
        let last = progress.wait_for(|state| state.outcome.is_some()).await;
        let outcome = last.ok().and_then(|state| state.outcome.clone());
        outcome.unwrap_or_else(|| Err(without_result()))
    }

    /// Starts training a shade, or joins a training that runs; the receiver follows it to its outcome. The training
    /// goes on when the receiver is dropped.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`] and [`LibraryError::NoImages`], before anything starts.
    pub async fn start_training(
        self: &Arc<Self>,
        color_id: u64,
    ) -> Result<watch::Receiver<Progress>, LibraryError> {
        let color = self.color(color_id).await?;
        if color.image_count == 0 {
            return Err(LibraryError::NoImages(color.name));
        }
        let (receiver, sender) = self.trainings.join_or_enter(color_id);
        if let Some(sender) = sender {
            let library = Arc::clone(self);
            tokio::spawn(async move { library.run_training(color_id, sender).await });
        }
        Ok(receiver)
    }

    async fn run_training(&self, color_id: u64, progress: watch::Sender<Progress>) {
        let entry = Entry {
            library: self,
            color_id,
        };
        let seat = self.training_seats.acquire().await;
        let outcome = self.train_claimed(color_id, &progress).await;
        drop(seat);
        self.store.publish().await;
        if let Err(error) = &outcome {
            tracing::warn!(color_id, %error, "training failed");
        }
        // Watchers that learn of the end must find the shade no longer in training.
        drop(entry);
        progress.send_modify(|state| {
            match &outcome {
                Ok(trained) => {
                    state.step = state.total_steps;
                    state.phase = Phase::Complete;
                    state.message = format!("Trained on {} image(s).", trained.model.num_images);
                }
                Err(error) => {
                    state.phase = Phase::Error;
                    state.message = error.told();
                }
            }
            state.outcome = Some(outcome);
        });
    }

    /// Trains a shade that this process has claimed.
    pub(super) async fn train_color(
        &self,
        color_id: u64,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let color = self.color(color_id).await?;
        let failure = Failure {
            images_revision: color.images_revision,
            space: self.space.clone(),
        };
        let result = self.train_known(color, progress).await;
        if result.as_ref().is_err_and(LibraryError::will_recur) {
            self.store
                .put_failure(color_id, failure)
                .await
                .map_err(LibraryError::about("color", color_id))?;
        }
        result
    }

    async fn train_known(
        &self,
        color: Color,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let color_id = color.id;
        let images = self
            .store
            .images(color_id)
            .await
            .map_err(LibraryError::about("color", color_id))?;
        if images.is_empty() {
            return Err(LibraryError::NoImages(color.name));
        }
        let total_steps = images.len() + 2;
        let report = |step: usize, phase: Phase, message: String| {
            progress.send_modify(|state| {
                (state.step, state.total_steps, state.phase, state.message) =
                    (step, total_steps, phase, message);
            });
        };
        let mut known = self.known_features(color_id).await?;
        let mut measured = Vec::with_capacity(images.len());
        let mut fresh = Vec::new();
        for (index, image) in images.iter().enumerate() {
            report(
                index,
                Phase::Processing,
                format!("Processing image {} of {}.", index + 1, images.len()),
            );
            let features = match known.remove(&image.id) {
                Some(features) => features,
                None => match self.measure_image(image).await {
                    Ok(features) => {
                        fresh.push((image.id, features.clone()));
                        features
                    }
                    // Deleted meanwhile: the training goes on without it.
                    Err(LibraryError::Unknown { .. }) => continue,
                    Err(error) => return Err(error),
                },
            };
            measured.push((image.id, features));
            if fresh.len() == KEPT_AT_ONCE {
                self.store.put_features(color_id, &self.space, &fresh).await?;
                fresh.clear();
            }
        }
        if !fresh.is_empty() {
            self.store.put_features(color_id, &self.space, &fresh).await?;
        }
        report(images.len(), Phase::Training, "Training the model.".into());
        let left_out: Vec<u64> = measured
            .iter()
            .filter(|(_, f)| f.signature.is_none())
            .map(|(id, _)| *id)
            .collect();
        if left_out.len() == measured.len() {
            return Err(LibraryError::NoHairToTrain {
                name: color.name,
                count: images.len(),
            });
        }
        let (_, shelf) = self.shelf().await?;
        let (model, neighbours) = self.fit(&color, &measured, &shelf, None).await?;
        report(images.len() + 1, Phase::Training, "Saving the model.".into());
        let model = self.save_fitted(&color, model).await?;
        if color
            .model
            .is_none_or(|known| known.images_revision != color.images_revision || known.space != self.space)
        {
            self.refit_neighbours(color_id, &neighbours, &shelf).await;
        }
        Ok(Trained {
            color_id,
            model,
            left_out,
        })
    }

    async fn save_fitted(&self, color: &Color, model: NewModel) -> Result<ModelInfo, LibraryError> {
        self.store
            .put_model(color.id, model)
            .await
            .map_err(LibraryError::about("color", color.id))
    }

    pub(super) async fn known_features(&self, color_id: u64) -> Result<HashMap<u64, Features>, LibraryError> {
        let rows = self.store.features_of(color_id, &self.space).await?;
        Ok(rows.into_iter().map(|row| (row.image_id, row.features)).collect())
    }

    async fn measure_image(&self, image: &Image) -> Result<Features, LibraryError> {
        let bytes = self
            .store
            .photo(image)
            .await
            .map_err(LibraryError::about("image", image.id))?;
        let vision = Arc::clone(&self.vision);
        self.workbench
            .run_patiently(move || Ok(measure_photo(&vision, &bytes, WhiteBalance::Auto)?.features))
            .await
            .map_err(|error| match error {
                LibraryError::Photo(reason) => {
                    tracing::error!(image_id = image.id, %reason, "a stored photo cannot be decoded");
                    LibraryError::Rotten(image.id)
                }
                other => other,
            })
    }

    /// Fits a shade to its measured photos against those of shades on the shelf and of the shade `besides`, which may
    /// be too new to stand there; also returns the shades most like it.
    async fn fit(
        &self,
        color: &Color,
        measured: &[(u64, Features)],
        shelf: &Shelf,
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
        let others = others(color.id, &shelf.trained_by_nearness(&means), besides);
        let neighbours = self.offer(&others, &mut negatives).await?;
        let space = self.space.clone();
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
        // A few at a time, for stores that are far away; in order, so that a training comes out the same each time.
        let read = |other: u64| async move {
            let photos = self.store.features_of(other, &self.space).await?;
            Ok::<_, LibraryError>((other, photos))
        };
        let mut reads = stream::iter(others.to_vec()).map(read).buffered(READ_AT_ONCE);
        while let Some((other, photos)) = reads.try_next().await? {
            let vectors = photos
                .iter()
                .filter_map(|photo: &ImageFeatures| vector(&photo.features));
            if let Some(best) = vectors.map(|v| negatives.offer(v)).reduce(f32::max) {
                likeness.push((other, best));
            }
        }
        likeness.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        Ok(likeness.into_iter().take(NEIGHBOURS).map(|(id, _)| id).collect())
    }

    /// Fits the models of shades most like a changed one again. One that fails keeps the model it has.
    async fn refit_neighbours(&self, changed: u64, neighbours: &[u64], shelf: &Shelf) {
        for id in neighbours {
            if let Err(error) = self.refit(*id, changed, shelf).await {
                tracing::warn!(color_id = id, %error, "a neighbouring shade keeps its earlier model");
            }
        }
    }

    /// Fits a shade again where it is up to date with its photos; others wait for a training of their own.
    async fn refit(&self, color_id: u64, changed: u64, shelf: &Shelf) -> Result<(), LibraryError> {
        let color = self.color(color_id).await?;
        let current = |m: &ModelInfo| m.images_revision == color.images_revision && m.space == self.space;
        if !color.model.as_ref().is_some_and(current) || self.status(&color) == Status::Training {
            return Ok(());
        }
        let known = self.known_features(color_id).await?;
        let mut measured: Vec<(u64, Features)> = known.into_iter().collect();
        measured.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let (model, _) = self.fit(&color, &measured, shelf, Some(changed)).await?;
        self.save_fitted(&color, model).await?;
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
