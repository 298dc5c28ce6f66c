//! An archive into a library: first read to its end and checked, then read again and taken over.

use super::read::{Item, read};
use super::{Card, Measured, PhotoLeftOut};
use crate::learning::ShadeModel;
use crate::library::colors::inspect;
use crate::library::ports::{ColorChange, Features, NewColor, NewModel};
use crate::library::types::{Image, ModelInfo};
use crate::library::{Library, LibraryError, Names};
use crate::signature::{DESCRIPTOR_DIMENSION, MAX_COLORS};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Seek};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What an import is at, in bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// `false` while the file is only checked.
    pub importing: bool,
    /// So much is done.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}

/// What an import has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Shades in the file.
    pub shades: u64,
    /// Those that the library did not have by name.
    pub shades_created: u64,
    /// Photos in the file.
    pub photos: u64,
    /// Those that their shade did not have.
    pub photos_added: u64,
    /// Shades that need no training thanks to their model in the file.
    pub models_added: u64,
    /// Photos that could not be taken over.
    pub left_out: Vec<PhotoLeftOut>,
}

impl std::fmt::Display for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Imported {} shade(s), {} of them new, with {} photo(s), {} of them new; {} shade(s) are ready without \
             training.",
            self.shades, self.shades_created, self.photos, self.photos_added, self.models_added
        )?;
        match self.left_out.len() {
            0 => Ok(()),
            count => write!(f, " {count} photo(s) were left out."),
        }
    }
}

impl Library {
    /// Imports an archive. Shades go into those of the same name, photos that a shade has are not doubled: an import
    /// that was interrupted and is run again goes on where it stopped, and one that is complete changes nothing.
    ///
    /// `progress` is called now and then, from other threads.
    ///
    /// # Errors
    /// [`LibraryError::Archive`] where the file is not whole and sound: then nothing of it was imported. Failures of
    /// the store; what was imported until then stays, and is sound.
    pub async fn import(
        &self,
        file: File,
        progress: Arc<dyn Fn(ImportProgress) + Send + Sync>,
    ) -> Result<Imported, LibraryError> {
        let internal = |error: &dyn std::error::Error| LibraryError::Internal(error.to_string());
        let total = file.metadata().map_err(|error| internal(&error))?.len();
        let say = move |importing, done| {
            progress(ImportProgress {
                importing,
                done,
                total,
            });
        };
        let (sender, mut items) = mpsc::channel(1);
        let reading = tokio::task::spawn_blocking(move || {
            let mut file = BufReader::with_capacity(1 << 16, file);
            read(&mut file, |_, position| {
                say(false, position);
                // Nobody waits for the items any more.
                !sender.is_closed()
            })?;
            file.rewind()
                .map_err(|error| LibraryError::Internal(error.to_string()))?;
            read(&mut file, |item, position| {
                say(true, position);
                sender.blocking_send(item).is_ok()
            })?;
            say(true, total);
            Ok::<(), LibraryError>(())
        });
        let mut import = Import::new(self).await?;
        while let Some(item) = items.recv().await {
            import.take(item).await?;
        }
        reading.await.map_err(|error| internal(&error))??;
        let report = import.report;
        self.store.publish().await;
        Ok(report)
    }
}

/// An import at work.
struct Import<'a> {
    library: &'a Library,
    names: Names<'a>,
    /// The length of feature vectors in this feature space; `None` where its backbone is not there to tell.
    dimension: Option<usize>,
    shade: Option<Shade>,
    report: Imported,
}

/// The shade that the items are of.
struct Shade {
    id: u64,
    name: String,
    /// The photos that it has, by SHA-256.
    known: HashMap<String, Image>,
    /// Those that are measured in this feature space.
    measured: HashSet<u64>,
    /// The file's photos, in its order.
    places: Vec<Place>,
}

/// What became of a photo of the file.
struct Place {
    /// `None` where it was left out.
    image: Option<Image>,
    /// Whether it shows hair, where the file has its features in this feature space.
    has_hair: Option<bool>,
}

impl<'a> Import<'a> {
    async fn new(library: &'a Library) -> Result<Self, LibraryError> {
        let embedding = match library.vision.backbone_id() {
            None => Some(0),
            Some(_) => library.vision.backbone().ok().flatten().map(|b| b.dimension()),
        };
        Ok(Self {
            names: Names::of(library).await?,
            library,
            dimension: embedding.map(|length| DESCRIPTOR_DIMENSION + length),
            shade: None,
            report: Imported::default(),
        })
    }

    async fn take(&mut self, item: Item) -> Result<(), LibraryError> {
        match item {
            Item::Shade(card) => self.enter(card).await,
            Item::Photo { sha256, name, bytes } => self.add_photo(sha256, name, bytes).await,
            Item::Features(measured) => self.add_features(measured).await,
            Item::Model(model) => self.add_model(model).await,
        }
    }

    /// Finds or makes the shade of a card. What the library knows of it counts more than what the file does.
    async fn enter(&mut self, card: Card) -> Result<(), LibraryError> {
        self.report.shades += 1;
        let named = NewColor {
            name: card.name,
            description: card.description.clone(),
            hex: card.hex,
        };
        let (color, is_new) = self.names.find_or_create(named).await?;
        self.report.shades_created += u64::from(is_new);
        let change = ColorChange {
            name: None,
            description: color
                .description
                .is_none()
                .then_some(card.description)
                .filter(Option::is_some),
            hex: color.hex.is_none().then_some(card.hex).filter(Option::is_some),
        };
        if change.description.is_some() || change.hex.is_some() {
            self.library.update_color(color.id, change).await?;
        }
        let images = self.library.images(color.id).await?;
        let features = self.library.known_features(color.id).await?;
        self.shade = Some(Shade {
            id: color.id,
            name: color.name,
            known: images
                .into_iter()
                .map(|image| (image.sha256.clone(), image))
                .collect(),
            measured: features.into_keys().collect(),
            places: Vec::new(),
        });
        Ok(())
    }

    async fn add_photo(&mut self, sha256: String, name: String, bytes: Vec<u8>) -> Result<(), LibraryError> {
        self.report.photos += 1;
        let library = self.library;
        let shade = current(&mut self.shade)?;
        let image = match shade.known.get(&sha256) {
            Some(image) => Some(image.clone()),
            None => match library.workbench.run_patiently(move || inspect(bytes)).await {
                Ok(photo) => {
                    let added = library.store.add_image(shade.id, photo).await;
                    let (image, is_new) = added.map_err(LibraryError::about("color", shade.id))?;
                    self.report.photos_added += u64::from(is_new);
                    shade.known.insert(sha256, image.clone());
                    Some(image)
                }
                Err(error @ LibraryError::Photo(_)) => {
                    self.report.left_out.push(PhotoLeftOut {
                        color: shade.name.clone(),
                        photo: name,
                        reason: error.told(),
                    });
                    None
                }
                Err(error) => return Err(error),
            },
        };
        shade.places.push(Place {
            image,
            has_hair: None,
        });
        Ok(())
    }

    /// Keeps the features of the photo before, so that training need not measure it again.
    async fn add_features(&mut self, measured: Measured) -> Result<(), LibraryError> {
        let (library, dimension) = (self.library, self.dimension);
        let shade = current(&mut self.shade)?;
        let Some(Place {
            image: Some(image),
            has_hair,
        }) = shade.places.last_mut()
        else {
            return Ok(());
        };
        if measured.space != library.space || !is_sound(&measured.features, dimension) {
            return Ok(());
        }
        *has_hair = Some(measured.features.signature.is_some());
        if shade.measured.insert(image.id) {
            library
                .store
                .put_features(shade.id, &library.space, &[(image.id, measured.features)])
                .await?;
        }
        Ok(())
    }

    /// Takes a model over as one that knows all photos of its shade, where it does; else as one that waits for training
    /// and only where there is none; never in place of one that is up to date.
    async fn add_model(&mut self, mut model: ShadeModel) -> Result<(), LibraryError> {
        let (library, dimension) = (self.library, self.dimension);
        let shade = current(&mut self.shade)?;
        let color = library.color(shade.id).await?;
        let is_ours = model.space == library.space;
        if color.image_count == 0 || !model.is_finite() || (is_ours && dimension != Some(model.weights.len()))
        {
            return Ok(());
        }
        let up_to_date =
            |m: &ModelInfo| m.space == library.space && m.images_revision == color.images_revision;
        let agrees = is_ours && shade.agrees_with(&model, &library.images(shade.id).await?);
        if color.model.as_ref().is_some_and(up_to_date) || (color.model.is_some() && !agrees) {
            return Ok(());
        }
        model.references.retain_mut(|reference| {
            let place = (reference.image_id as usize)
                .checked_sub(1)
                .and_then(|at| shade.places.get(at));
            let image = place.and_then(|place| place.image.as_ref());
            reference.image_id = image.map_or(0, |image| image.id);
            image.is_some()
        });
        let images_revision = if agrees {
            color.images_revision
        } else {
            color.images_revision.saturating_sub(1)
        };
        let model = NewModel {
            model,
            images_revision,
        };
        library
            .store
            .put_model(shade.id, model)
            .await
            .map_err(LibraryError::about("color", shade.id))?;
        self.report.models_added += u64::from(agrees);
        Ok(())
    }
}

impl Shade {
    /// Whether the model knows all photos of the shade and no other: see the module's documentation.
    fn agrees_with(&self, model: &ShadeModel, images: &[Image]) -> bool {
        let referred: HashSet<u64> = model.references.iter().map(|r| r.image_id).collect();
        let here: HashSet<u64> = images.iter().map(|image| image.id).collect();
        let in_file: HashSet<u64> = self
            .places
            .iter()
            .filter_map(|p| p.image.as_ref())
            .map(|i| i.id)
            .collect();
        let knows = |(place, number): (&Place, u64)| place.has_hair == Some(referred.contains(&number));
        here == in_file && !referred.contains(&0) && self.places.iter().zip(1..).all(knows)
    }
}

/// The shade that the items are of; the reader gives none before a shade.
fn current(shade: &mut Option<Shade>) -> Result<&mut Shade, LibraryError> {
    shade
        .as_mut()
        .ok_or_else(|| LibraryError::Internal("an item before its shade".into()))
}

/// Whether training and matching can take these features, whoever made them up.
fn is_sound(features: &Features, dimension: Option<usize>) -> bool {
    let Some(signature) = &features.signature else {
        return true;
    };
    let embedding = features.embedding.as_deref().unwrap_or_default();
    let lab = |lab: crate::color::Lab| [lab.l, lab.a, lab.b];
    let numbers = signature.descriptor.iter().chain(embedding).copied();
    let colors = signature
        .colors
        .iter()
        .flat_map(|c| lab(c.lab).into_iter().chain([c.share]));
    let rest = lab(signature.mean)
        .into_iter()
        .chain([signature.coverage, signature.confidence]);
    signature.descriptor.len() == DESCRIPTOR_DIMENSION
        && dimension == Some(DESCRIPTOR_DIMENSION + embedding.len())
        && (1..=MAX_COLORS).contains(&signature.colors.len())
        && numbers.chain(colors).chain(rest).all(f32::is_finite)
}
