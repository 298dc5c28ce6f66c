//! Training a shade: measure its new photos, fit its model against photos of other shades, and save it.

mod claim;
mod fitting;
mod progress;
mod running;

pub use progress::{Phase, Progress, Trained};
pub use running::Running;

use crate::measuring::Measuring;
use crate::ports::{Measurement, NewModel, Stores};
use crate::{
    Catalog, Library, LibraryError, ModelInfo, Shade, ShadeStatus, StoredPhoto, Thing, TrainingFailure,
};
use claim::Claim;
use fitting::{Fitting, TrainingPhoto};
use jiff::Timestamp;
use progress::{trained_on, without_result};
use std::collections::HashMap;
use std::sync::Arc;
use strand_learning::Fit;
use tokio::sync::{Semaphore, watch};

/// Maximum concurrent trainings. Each one holds a photo and the features of a few shades in memory; the others wait.
const TRAININGS_AT_ONCE: usize = 2;
/// Measurements are saved in batches of this size. After a crash, the photos of an unsaved batch are measured again.
const SAVED_AT_ONCE: usize = 16;

/// Trains the shades of a library.
pub struct Training {
    stores: Stores,
    catalog: Arc<Catalog>,
    measuring: Arc<Measuring>,
    solver: Arc<dyn Fit>,
    running: Arc<Running>,
    permits: Semaphore,
}

impl Training {
    /// Trains the shades of `library` with `solver`, on the measurements of `measuring`.
    pub fn new(
        library: &Library,
        catalog: Arc<Catalog>,
        measuring: Arc<Measuring>,
        solver: Arc<dyn Fit>,
    ) -> Self {
        Self {
            stores: library.stores.clone(),
            running: Arc::clone(&library.running),
            catalog,
            measuring,
            solver,
            permits: Semaphore::new(TRAININGS_AT_ONCE),
        }
    }

    /// Trains a shade and waits for the result. Joins a training that is already running.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NoPhotos`], [`LibraryError::NoHairToTrain`], and errors of the
    /// networks or the store.
    pub async fn train(self: &Arc<Self>, shade_id: u64) -> Result<Trained, LibraryError> {
        let mut progress = self.start(shade_id).await?;
        let last = progress.wait_for(|state| state.outcome.is_some()).await;
        let outcome = last.ok().and_then(|state| state.outcome.clone());
        outcome.unwrap_or_else(|| Err(without_result()))
    }

    /// Starts training a shade, or joins a training that is already running. The receiver follows it to its outcome;
    /// training continues if the receiver is dropped.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`] and [`LibraryError::NoPhotos`], before training starts.
    pub async fn start(self: &Arc<Self>, shade_id: u64) -> Result<watch::Receiver<Progress>, LibraryError> {
        let shade = self.shade(shade_id).await?;
        if shade.photo_count == 0 {
            return Err(LibraryError::NoPhotos(shade.name));
        }
        let (receiver, entered) = self.running.join_or_enter(shade_id);
        if let Some((sender, entry)) = entered {
            let training = Arc::clone(self);
            tokio::spawn(async move {
                let outcome = training.run(shade_id, &sender).await;
                // When watchers learn of the end, the shade must no longer be in training.
                drop(entry);
                announce(&sender, outcome);
            });
        }
        Ok(receiver)
    }

    /// Follows a training that runs in this process, if there is one.
    pub fn running(&self, shade_id: u64) -> Option<watch::Receiver<Progress>> {
        self.running.join(shade_id)
    }

    /// Follows a training that is already running, in this process or in another; `None` if there is none. Unlike
    /// [`start`](Self::start), it never trains, so the training of a process that dies ends with an error.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn follow(
        self: &Arc<Self>,
        shade_id: u64,
    ) -> Result<Option<watch::Receiver<Progress>>, LibraryError> {
        if let Some(receiver) = self.running(shade_id) {
            return Ok(Some(receiver));
        }
        if !self.shade(shade_id).await?.is_claimed(Timestamp::now()) {
            return Ok(None);
        }
        let (sender, receiver) = watch::channel(Progress::elsewhere());
        let training = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = training.trained_elsewhere(shade_id).await;
            announce(
                &sender,
                outcome.and_then(|trained| trained.ok_or_else(without_result)),
            );
        });
        Ok(Some(receiver))
    }

    async fn run(&self, shade_id: u64, progress: &watch::Sender<Progress>) -> Result<Trained, LibraryError> {
        let outcome = self.train_alone(shade_id, progress).await;
        self.stores.publish().await;
        if let Err(error) = &outcome {
            tracing::warn!(shade_id, %error, "training failed");
        }
        outcome
    }

    /// Trains a shade once this process holds the claim, or waits for the process that does.
    async fn train_alone(
        &self,
        shade_id: u64,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let Some(claims) = &self.stores.claims else {
            let _permit = self.permits.acquire().await;
            return self.train_noting_failure(shade_id, progress).await;
        };
        loop {
            let permit = self.permits.acquire().await;
            let claim = Claim::take(claims, shade_id).await;
            if let Some(claim) = claim.map_err(LibraryError::about(Thing::Shade, shade_id))? {
                let outcome = self.train_noting_failure(shade_id, progress).await;
                claim.release().await;
                return outcome;
            }
            drop(permit);
            progress.send_modify(|state| {
                state.message = Progress::elsewhere().message;
            });
            if let Some(trained) = self.trained_elsewhere(shade_id).await? {
                return Ok(trained);
            }
        }
    }

    /// Waits for the end of a training in another process; `None` if it ended without a model that is up to date with
    /// the shade's photos. Training here then finds the reason, which is quick because the photos are measured.
    async fn trained_elsewhere(&self, shade_id: u64) -> Result<Option<Trained>, LibraryError> {
        let shade = claim::until_free(&*self.stores.shades, shade_id).await?;
        let space = self.catalog.space();
        let Some(model) = shade
            .model
            .clone()
            .filter(|model| shade.is_known_by(model, space))
        else {
            return Ok(None);
        };
        let measured = self.stores.features.features(shade_id, space).await?;
        let without_hair = measured
            .iter()
            .rev()
            .filter(|(_, found)| found.signature.is_none());
        Ok(Some(Trained {
            shade_id,
            model,
            left_out: without_hair.map(|(id, _)| *id).collect(),
        }))
    }

    /// Trains a shade, and records a failure that would recur.
    async fn train_noting_failure(
        &self,
        shade_id: u64,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let shade = self.shade(shade_id).await?;
        let result = self.train_shade(&shade, progress).await;
        if result.as_ref().is_err_and(LibraryError::will_recur) {
            let failure = TrainingFailure {
                photos_revision: shade.photos_revision,
                space: self.catalog.space().to_owned(),
            };
            let noted = self.stores.shades.put_failure(shade_id, failure).await;
            noted.map_err(LibraryError::about(Thing::Shade, shade_id))?;
        }
        result
    }

    async fn train_shade(
        &self,
        shade: &Shade,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let photos = self.stores.photos.photos(shade.id).await;
        let photos = photos.map_err(LibraryError::about(Thing::Shade, shade.id))?;
        if photos.is_empty() {
            return Err(LibraryError::NoPhotos(shade.name.clone()));
        }
        let report = Report {
            progress,
            total_steps: photos.len() + 2,
        };
        let count = photos.len();
        let measured = self.measure_all(shade.id, photos, &report).await?;
        report.say(count, Phase::Training, "Training the model.");
        let left_out: Vec<u64> = measured
            .iter()
            .filter(|photo| photo.measurement.signature.is_none())
            .map(|photo| photo.id)
            .collect();
        if left_out.len() == measured.len() {
            let name = shade.name.clone();
            return Err(LibraryError::NoHairToTrain { name, count });
        }
        let model = self.fitting().await?.fit(shade, &measured).await?;
        report.say(count + 1, Phase::Training, "Saving the model.");
        let model = self.save(shade.id, model).await?;
        // From the library as it is after saving: of two first shades that are trained at once, one sees the other.
        let fitting = self.fitting().await?;
        for alone in fitting.fitted_alone() {
            if let Err(error) = self.refit(&fitting, alone).await {
                tracing::warn!(shade_id = alone, %error, "a shade keeps the model it got as the only shade");
            }
        }
        Ok(Trained {
            shade_id: shade.id,
            model,
            left_out,
        })
    }

    /// The measurements of a shade's photos. Photos that have none yet are measured.
    async fn measure_all(
        &self,
        shade_id: u64,
        photos: Vec<StoredPhoto>,
        report: &Report<'_>,
    ) -> Result<Vec<TrainingPhoto>, LibraryError> {
        let (features, space) = (&self.stores.features, self.catalog.space());
        let known = features.features(shade_id, space).await?;
        let mut known: HashMap<u64, Measurement> = known.into_iter().collect();
        let (mut measured, mut fresh) = (Vec::with_capacity(photos.len()), Vec::new());
        let count = photos.len();
        for (index, photo) in photos.into_iter().enumerate() {
            let message = format!("Processing photo {} of {count}.", index + 1);
            report.say(index, Phase::Processing, message);
            let measurement = match known.remove(&photo.id) {
                Some(measurement) => measurement,
                None => match self.measure(&photo).await {
                    Ok(measurement) => {
                        fresh.push((photo.id, measurement.clone()));
                        measurement
                    }
                    // The photo was deleted meanwhile; training continues without it.
                    Err(LibraryError::Unknown { .. }) => continue,
                    Err(error) => return Err(error),
                },
            };
            measured.push(TrainingPhoto {
                id: photo.id,
                sha256: photo.sha256,
                measurement,
            });
            if fresh.len() == SAVED_AT_ONCE {
                features.put_features(shade_id, space, &fresh).await?;
                fresh.clear();
            }
        }
        if !fresh.is_empty() {
            features.put_features(shade_id, space, &fresh).await?;
        }
        Ok(measured)
    }

    async fn measure(&self, photo: &StoredPhoto) -> Result<Measurement, LibraryError> {
        let read = async {
            let bytes = self.stores.photos.photo_bytes(photo).await;
            bytes.map_err(LibraryError::about(Thing::Photo, photo.id))
        };
        let measured = self
            .measuring
            .measure_stored(&photo.sha256, photo.bytes, read)
            .await;
        measured.map_err(|error| match error {
            LibraryError::Photo(reason) => {
                tracing::error!(photo_id = photo.id, %reason, "a stored photo cannot be decoded");
                LibraryError::CorruptPhoto(photo.id)
            }
            other => other,
        })
    }

    /// Fits shades against the library as it is now.
    async fn fitting(&self) -> Result<Fitting, LibraryError> {
        Ok(Fitting::new(
            Arc::clone(&self.stores.features),
            Arc::clone(&self.solver),
            self.catalog.snapshot().await?,
            self.catalog.space().to_owned(),
        ))
    }

    /// Fits a shade again if its model is up to date with its photos. Otherwise the shade needs a training of its own.
    async fn refit(&self, fitting: &Fitting, shade_id: u64) -> Result<(), LibraryError> {
        let (shade, space) = (self.shade(shade_id).await?, self.catalog.space());
        // Whether it is in training does not matter: two trainings at once may each have seen the other too late.
        if shade.status(space, false) != ShadeStatus::Ready {
            return Ok(());
        }
        // Read after the shade, so that the model includes all photos of that revision.
        let photos = self.stores.photos.photos(shade_id).await?;
        let known = self.stores.features.features(shade_id, space).await?;
        let mut known: HashMap<u64, Measurement> = known.into_iter().collect();
        let measured: Vec<TrainingPhoto> = photos
            .into_iter()
            .filter_map(|photo| {
                Some(TrainingPhoto {
                    measurement: known.remove(&photo.id)?,
                    id: photo.id,
                    sha256: photo.sha256,
                })
            })
            .collect();
        let model = fitting.fit(&shade, &measured).await?;
        self.save(shade_id, model).await?;
        Ok(())
    }

    async fn save(&self, shade_id: u64, model: NewModel) -> Result<ModelInfo, LibraryError> {
        let saved = self.stores.models.put_model(shade_id, model).await;
        saved.map_err(LibraryError::about(Thing::Shade, shade_id))
    }

    async fn shade(&self, id: u64) -> Result<Shade, LibraryError> {
        let shade = self.stores.shades.shade(id).await;
        shade.map_err(LibraryError::about(Thing::Shade, id))
    }
}

/// Reports the progress of a training to its watchers.
struct Report<'a> {
    progress: &'a watch::Sender<Progress>,
    total_steps: usize,
}

impl Report<'_> {
    fn say(&self, step: usize, phase: Phase, message: impl Into<String>) {
        let (total_steps, message) = (self.total_steps, message.into());
        self.progress.send_modify(|state| {
            (state.step, state.total_steps, state.phase, state.message) = (step, total_steps, phase, message);
        });
    }
}

/// Reports the outcome of a training to its watchers.
fn announce(progress: &watch::Sender<Progress>, outcome: Result<Trained, LibraryError>) {
    progress.send_modify(|state| {
        match &outcome {
            Ok(trained) => {
                state.step = state.total_steps;
                state.phase = Phase::Complete;
                state.message = trained_on(&trained.model);
            }
            Err(error) => {
                state.phase = Phase::Error;
                state.message = error.public_message();
            }
        }
        state.outcome = Some(outcome);
    });
}
