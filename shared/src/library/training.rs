//! Training a shade, with progress that any number of watchers can follow.

use super::Library;
use super::analysis::measure_photo;
use super::error::LibraryError;
use super::fitting::Fitting;
use super::ports::{Features, NewModel};
use super::types::{Color, Failure, Image, ModelInfo};
use crate::signature::WhiteBalance;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What was measured of so many photos is kept at a time; a crash costs measuring them again.
const KEPT_AT_ONCE: usize = 16;

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
        let fitting = Fitting::new(self, &shelf);
        let (model, neighbours) = fitting.fit(&color, &measured, None).await?;
        report(images.len() + 1, Phase::Training, "Saving the model.".into());
        let model = self.save_fitted(&color, model).await?;
        if color
            .model
            .is_none_or(|known| known.images_revision != color.images_revision || known.space != self.space)
        {
            fitting.refit_all(&neighbours, color_id).await;
        }
        Ok(Trained {
            color_id,
            model,
            left_out,
        })
    }

    pub(super) async fn save_fitted(
        &self,
        color: &Color,
        model: NewModel,
    ) -> Result<ModelInfo, LibraryError> {
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
}
