//! Imports an archive into a library. The file is first read to its end and checked, and then read again and imported.

use crate::read::{Item, read};
use crate::{Archive, ArchiveError, FeaturesEntry, PhotoLeftOut, ShadeEntry};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Seek};
use std::sync::Arc;
use strand_learning::{ShadeModel, are_colors, is_mild};
use strand_library::ports::{Measurement, NewModel};
use strand_library::{
    Library, LibraryError, Names, NewPhoto, NewShade, ShadeChange, StoredPhoto, Thing, counted,
    inspect_patiently,
};
use strand_signature::{DESCRIPTOR_DIMENSION, DominantColor, MAX_COLORS};
use tokio::sync::mpsc;

/// The progress of an import, in bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// `false` while the file is only being checked.
    pub importing: bool,
    /// Bytes read.
    pub done: u64,
    /// Bytes in total.
    pub total: u64,
}

/// The result of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Shades in the file.
    pub shades: u64,
    /// Shades that did not exist by name.
    pub shades_created: u64,
    /// Photos in the file.
    pub photos: u64,
    /// Photos that their shade did not have.
    pub photos_added: u64,
    /// Shades that need no training because the file has their model.
    pub models_added: u64,
    /// Photos that could not be imported.
    pub left_out: Vec<PhotoLeftOut>,
}

impl std::fmt::Display for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.shades_created == 0 && self.photos_added == 0 && self.models_added == 0 {
            write!(f, "Nothing new: {} already here.", counted(self.shades, "shade"))?;
        } else {
            write!(
                f,
                "Imported {} ({} new) with {} ({} new); ready without training: {}.",
                counted(self.shades, "shade"),
                self.shades_created,
                counted(self.photos, "photo"),
                self.photos_added,
                counted(self.models_added, "shade")
            )?;
        }
        match self.left_out.len() {
            0 => Ok(()),
            count => write!(f, " Left out: {}.", counted(count, "photo")),
        }
    }
}

impl Archive {
    /// Imports an archive. A shade is merged into an existing one of the same name, and photos that it already has are
    /// not added again. So an interrupted import continues when it is run again, and repeating a complete one changes
    /// nothing.
    ///
    /// `progress` is called from time to time, from other threads.
    ///
    /// # Errors
    /// [`ArchiveError`] if the file is incomplete or damaged; nothing of it was imported. Errors of the store; what was
    /// imported before stays, and is consistent.
    pub async fn import(
        &self,
        file: File,
        progress: Arc<dyn Fn(ImportProgress) + Send + Sync>,
    ) -> Result<Imported, ArchiveError> {
        let total = file.metadata().map_err(ArchiveError::internal)?.len();
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
                // The receiver of the items is gone.
                !sender.is_closed()
            })?;
            file.rewind().map_err(ArchiveError::internal)?;
            read(&mut file, |item, position| {
                say(true, position);
                sender.blocking_send(item).is_ok()
            })?;
            say(true, total);
            Ok::<(), ArchiveError>(())
        });
        let mut import = Import::new(self).await?;
        while let Some(item) = items.recv().await {
            import.take(item).await?;
        }
        reading.await.map_err(ArchiveError::internal)??;
        let report = import.report;
        self.library.stores().publish().await;
        Ok(report)
    }
}

/// A running import.
struct Import<'a> {
    library: &'a Library,
    names: Names<'a>,
    /// See [`Archive`].
    dimension: Option<usize>,
    shade: Option<ImportedShade>,
    report: Imported,
}

/// The shade that the current items belong to.
struct ImportedShade {
    id: u64,
    name: String,
    /// The photos that it has, by SHA-256.
    known: HashMap<String, StoredPhoto>,
    /// The ids of those that have been measured in this feature space.
    measured: HashSet<u64>,
    /// The file's photos, in file order.
    photos: Vec<ImportedPhoto>,
}

/// The result for one photo of the file.
struct ImportedPhoto {
    /// `None` if it was left out.
    stored: Option<StoredPhoto>,
    /// Whether it shows hair, if the file has its features in this feature space.
    has_hair: Option<bool>,
}

impl<'a> Import<'a> {
    async fn new(archive: &'a Archive) -> Result<Self, LibraryError> {
        Ok(Self {
            names: Names::of(&archive.library).await?,
            library: &archive.library,
            dimension: archive.dimension,
            shade: None,
            report: Imported::default(),
        })
    }

    async fn take(&mut self, item: Item) -> Result<(), LibraryError> {
        match item {
            Item::Shade(entry) => self.enter(entry).await,
            Item::Photo { sha256, name, bytes } => self.add_photo(sha256, name, bytes).await,
            Item::Features(measured) => self.add_features(measured).await,
            Item::Model(model) => self.add_model(model).await,
        }
    }

    /// Finds or creates the shade of an entry. The library's description and swatch take precedence over the file's.
    async fn enter(&mut self, entry: ShadeEntry) -> Result<(), LibraryError> {
        self.report.shades += 1;
        let named = NewShade {
            name: entry.name,
            description: entry.description.clone(),
            hex: entry.hex,
        };
        let (shade, is_new) = self.names.find_or_create(named).await?;
        self.report.shades_created += u64::from(is_new);
        let change = ShadeChange {
            name: None,
            description: shade
                .description
                .is_none()
                .then_some(entry.description)
                .filter(Option::is_some),
            hex: shade.hex.is_none().then_some(entry.hex).filter(Option::is_some),
        };
        if change.description.is_some() || change.hex.is_some() {
            self.library.update_shade(shade.id, change).await?;
        }
        let photos = self.library.photos(shade.id).await?;
        let (features, space) = (&self.library.stores().features, self.library.space());
        let measured = features.features(shade.id, space).await?;
        self.shade = Some(ImportedShade {
            id: shade.id,
            name: shade.name,
            known: photos
                .into_iter()
                .map(|photo| (photo.sha256.clone(), photo))
                .collect(),
            measured: measured.into_iter().map(|(id, _)| id).collect(),
            photos: Vec::new(),
        });
        Ok(())
    }

    async fn add_photo(&mut self, sha256: String, name: String, bytes: Vec<u8>) -> Result<(), LibraryError> {
        self.report.photos += 1;
        let library = self.library;
        let shade = current(&mut self.shade)?;
        let stored = match shade.known.get(&sha256) {
            Some(photo) => Some(photo.clone()),
            None => match inspect_patiently(library, bytes).await {
                Ok(photo) => {
                    let photo = NewPhoto {
                        sha256: sha256.clone(),
                        ..photo
                    };
                    let (photo, is_new) = library.add_inspected(shade.id, photo).await?;
                    self.report.photos_added += u64::from(is_new);
                    shade.known.insert(sha256, photo.clone());
                    Some(photo)
                }
                Err(error @ LibraryError::Photo(_)) => {
                    self.report.left_out.push(PhotoLeftOut {
                        shade: shade.name.clone(),
                        photo: name,
                        reason: error.public_message(),
                    });
                    None
                }
                Err(error) => return Err(error),
            },
        };
        let has_hair = None;
        shade.photos.push(ImportedPhoto { stored, has_hair });
        Ok(())
    }

    /// Saves the features of the preceding photo, so that training need not measure it again.
    async fn add_features(&mut self, entry: FeaturesEntry) -> Result<(), LibraryError> {
        let (library, dimension) = (self.library, self.dimension);
        let shade = current(&mut self.shade)?;
        let Some(ImportedPhoto {
            stored: Some(photo),
            has_hair,
        }) = shade.photos.last_mut()
        else {
            return Ok(());
        };
        if entry.space != library.space() || !is_sound(&entry.features, dimension) {
            return Ok(());
        }
        *has_hair = Some(entry.features.signature.is_some());
        if shade.measured.insert(photo.id) {
            let (features, measured) = (&library.stores().features, [(photo.id, entry.features)]);
            features
                .put_features(shade.id, library.space(), &measured)
                .await?;
        }
        Ok(())
    }

    /// Saves a model. If it includes exactly the photos of its shade, it counts as up to date. Otherwise it waits for
    /// training, and is saved only if the shade has no model. It never replaces a model that is up to date.
    async fn add_model(&mut self, mut model: ShadeModel) -> Result<(), LibraryError> {
        let (library, dimension) = (self.library, self.dimension);
        let imported = current(&mut self.shade)?;
        let shade = library.shade(imported.id).await?;
        let is_ours = model.space == library.space();
        if shade.photo_count == 0 || !model.is_sound() || (is_ours && dimension != Some(model.weights.len()))
        {
            return Ok(());
        }
        // A model that lost deleted photos knows the others, but has to be trained again.
        let agrees =
            is_ours && model.decides() && imported.agrees_with(&model, &library.photos(shade.id).await?);
        let known = shade.model.as_ref();
        let up_to_date = known.is_some_and(|model| shade.is_known_by(model, library.space()));
        if up_to_date || (known.is_some() && !agrees) {
            return Ok(());
        }
        model.references.retain_mut(|reference| {
            let place = (reference.photo_id as usize).checked_sub(1);
            let photo = place.and_then(|place| imported.photos.get(place));
            let stored = photo.and_then(|photo| photo.stored.as_ref());
            if let Some(stored) = stored {
                reference.photo_id = stored.id;
                reference.sha256 = Some(stored.sha256.clone());
            }
            stored.is_some()
        });
        let photos_revision = if agrees {
            shade.photos_revision
        } else {
            shade.photos_revision.saturating_sub(1)
        };
        let model = NewModel {
            model,
            photos_revision,
        };
        let saved = library.stores().models.put_model(shade.id, model).await;
        saved.map_err(LibraryError::about(Thing::Shade, shade.id))?;
        self.report.models_added += u64::from(agrees);
        Ok(())
    }
}

impl ImportedShade {
    /// Whether the model includes all photos of the shade and no others; see the crate's documentation.
    fn agrees_with(&self, model: &ShadeModel, photos: &[StoredPhoto]) -> bool {
        let referred: HashSet<u64> = model.references.iter().map(|r| r.photo_id).collect();
        let here: HashSet<u64> = photos.iter().map(|photo| photo.id).collect();
        let stored = self.photos.iter().filter_map(|photo| photo.stored.as_ref());
        let in_file: HashSet<u64> = stored.map(|photo| photo.id).collect();
        let knows =
            |(photo, number): (&ImportedPhoto, u64)| photo.has_hair == Some(referred.contains(&number));
        here == in_file && !referred.contains(&0) && self.photos.iter().zip(1..).all(knows)
    }
}

/// The shade that the current items belong to. The reader never returns an item before a shade.
fn current(shade: &mut Option<ImportedShade>) -> Result<&mut ImportedShade, LibraryError> {
    shade
        .as_mut()
        .ok_or_else(|| LibraryError::internal("an item before its shade"))
}

/// Whether these features, from whatever source, are valid for training and matching.
fn is_sound(features: &Measurement, dimension: Option<usize>) -> bool {
    let Some(signature) = &features.signature else {
        return true;
    };
    let embedding = features.embedding.as_deref().unwrap_or_default();
    let mean = DominantColor {
        lab: signature.mean,
        share: 1.0,
    };
    let shares = [signature.coverage, signature.confidence];
    signature.descriptor.len() == DESCRIPTOR_DIMENSION
        && dimension == Some(DESCRIPTOR_DIMENSION + embedding.len())
        && (1..=MAX_COLORS).contains(&signature.colors.len())
        && is_mild(&signature.descriptor)
        && is_mild(embedding)
        && are_colors(&signature.colors)
        && are_colors(&[mean])
        && shares.iter().all(|share| (0.0..=1.0).contains(share))
}
