//! A library into an archive, entry by entry: no more than a photo or two is in memory.

use super::read::sum_line;
use super::{Card, FORMAT, MANIFEST, Manifest, Measured, PhotoLeftOut, SUMS, VERSION};
use crate::learning::{self, ShadeModel};
use crate::library::colors::hex_digest;
use crate::library::ports::StoreError;
use crate::library::types::{Color, Image};
use crate::library::{Library, LibraryError};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// An export at work.
pub struct Export {
    /// How many shades there were at its start.
    pub shades: u64,
    /// How many photos there were then.
    pub photos: u64,
    /// The file, piece by piece. Dropping it ends the export.
    pub pieces: ReceiverStream<Result<Exported, LibraryError>>,
}

/// A piece of the file.
#[derive(Debug)]
pub struct Exported {
    /// The next bytes.
    pub bytes: Vec<u8>,
    /// Photos in the file so far.
    pub photos_done: u64,
    /// A photo that the library has and that could not be read.
    pub left_out: Option<PhotoLeftOut>,
}

impl Library {
    /// The whole library as an archive. What changes meanwhile may be in it or not; what is in it fits together.
    ///
    /// # Errors
    /// The store's, here or as the last piece: then the file has no end, and no import takes it.
    pub async fn export(self: &Arc<Self>) -> Result<Export, LibraryError> {
        let mut colors = self.colors(None, usize::MAX).await?;
        colors.reverse();
        let (shades, photos) = (colors.len() as u64, colors.iter().map(|c| c.image_count).sum());
        let (sender, receiver) = mpsc::channel(1);
        let library = Arc::clone(self);
        tokio::spawn(async move {
            let mut export = Writer::new(sender);
            if let Err(End::Failed(error)) = library.write_archive(&mut export, colors, photos).await {
                tracing::error!(%error, "an export breaks off");
                let _ = export.sender.send(Err(error)).await;
            }
        });
        Ok(Export {
            shades,
            photos,
            pieces: ReceiverStream::new(receiver),
        })
    }

    async fn write_archive(&self, out: &mut Writer, colors: Vec<Color>, photos: u64) -> Result<(), End> {
        let manifest = Manifest {
            format: FORMAT.into(),
            version: VERSION,
            strand: env!("CARGO_PKG_VERSION").into(),
            exported_at: Timestamp::now(),
            shades: colors.len() as u64,
            photos,
        };
        out.entry(MANIFEST, Timestamp::now(), &json(&manifest)?).await?;
        let (_, stored) = self.store.shades().await?;
        let stored = stored
            .into_iter()
            .filter_map(|shade| Some((shade.color_id, shade.model?)));
        let mut models: HashMap<u64, ShadeModel> = stored.collect();
        let mut number = 0;
        for Color { id, .. } in colors {
            // As it is now; it may have been deleted meanwhile.
            let color = match self.color(id).await {
                Err(LibraryError::Unknown { .. }) => continue,
                color => color?,
            };
            number += 1;
            self.write_shade(out, &format!("shades/{number}"), color, models.remove(&id))
                .await?;
        }
        out.finish().await
    }

    async fn write_shade(
        &self,
        out: &mut Writer,
        folder: &str,
        color: Color,
        model: Option<ShadeModel>,
    ) -> Result<(), End> {
        let created_at = color.created_at;
        let card = Card {
            name: color.name.clone(),
            description: color.description,
            hex: color.hex,
            created_at,
        };
        out.entry(&format!("{folder}/shade.json"), created_at, &json(&card)?)
            .await?;
        let mut images = match self.images(color.id).await {
            Err(LibraryError::Unknown { .. }) => return Ok(()),
            images => images?,
        };
        images.reverse();
        let mut features = self.known_features(color.id).await?;
        let mut places = HashMap::new();
        for image in images {
            let Some(bytes) = self.read_photo(out, &color.name, &image).await? else {
                continue;
            };
            places.insert(image.id, places.len() as u64 + 1);
            let path = format!("{folder}/photos/{}", image.sha256);
            out.photos_done += 1;
            out.entry(
                &format!("{path}.{}", image.format.extension()),
                image.created_at,
                &bytes,
            )
            .await?;
            if let Some(features) = features.remove(&image.id) {
                let space = self.space.clone();
                let measured = packed(&Measured { space, features })?;
                out.entry(&format!("{path}.features"), image.created_at, &measured)
                    .await?;
            }
        }
        if let Some(mut model) = model {
            for reference in &mut model.references {
                reference.image_id = places.get(&reference.image_id).copied().unwrap_or(0);
            }
            let trained_at = color.model.map_or(created_at, |info| info.trained_at);
            out.entry(&format!("{folder}/model"), trained_at, &packed(&model)?)
                .await?;
        }
        Ok(())
    }

    /// A photo's bytes, or `None` where it was deleted meanwhile, or is damaged in the store, which is reported.
    async fn read_photo(&self, out: &mut Writer, color: &str, image: &Image) -> Result<Option<Vec<u8>>, End> {
        let reason = match self.store.photo(image).await {
            Ok(bytes) if hex_digest(&bytes) == image.sha256 => return Ok(Some(bytes)),
            Ok(_) => "The photo in the store is damaged: it has another SHA-256 than when it was uploaded.",
            Err(StoreError::NotFound) => match self.store.image(image.color_id, image.id).await {
                Err(StoreError::NotFound) => return Ok(None),
                _ => "The photo is missing in the store.",
            },
            Err(error) => return Err(error.into()),
        };
        tracing::error!(color, image = image.id, reason, "a photo is not in the export");
        out.left_out = Some(PhotoLeftOut {
            color: color.to_owned(),
            photo: format!("{}.{}", image.sha256, image.format.extension()),
            reason: reason.to_owned(),
        });
        out.send().await?;
        Ok(None)
    }
}

/// Why an export ends early.
enum End {
    /// Nobody takes its pieces any more.
    Unwanted,
    Failed(LibraryError),
}

impl<E: Into<LibraryError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes entries and sends them off.
struct Writer {
    tar: Builder<Vec<u8>>,
    sums: String,
    sender: mpsc::Sender<Result<Exported, LibraryError>>,
    photos_done: u64,
    left_out: Option<PhotoLeftOut>,
}

impl Writer {
    fn new(sender: mpsc::Sender<Result<Exported, LibraryError>>) -> Self {
        Self {
            tar: Builder::new(Vec::new()),
            sums: String::new(),
            sender,
            photos_done: 0,
            left_out: None,
        }
    }

    async fn entry(&mut self, path: &str, modified: Timestamp, bytes: &[u8]) -> Result<(), End> {
        self.sums.push_str(&sum_line(&hex_digest(bytes), path));
        self.append(path, modified, bytes)?;
        self.send().await
    }

    fn append(&mut self, path: &str, modified: Timestamp, bytes: &[u8]) -> Result<(), End> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(modified.as_second()).unwrap_or(0));
        let written = self.tar.append_data(&mut header, path, bytes);
        written.map_err(|error| LibraryError::Internal(error.to_string()).into())
    }

    async fn send(&mut self) -> Result<(), End> {
        let piece = Exported {
            bytes: std::mem::take(self.tar.get_mut()),
            photos_done: self.photos_done,
            left_out: self.left_out.take(),
        };
        self.sender.send(Ok(piece)).await.map_err(|_| End::Unwanted)
    }

    async fn finish(&mut self) -> Result<(), End> {
        let sums = std::mem::take(&mut self.sums);
        self.append(SUMS, Timestamp::now(), sums.as_bytes())?;
        let ended = self.tar.finish();
        ended.map_err(|error| LibraryError::Internal(error.to_string()))?;
        self.send().await
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, LibraryError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| LibraryError::Internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn packed<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, LibraryError> {
    learning::pack(value).map_err(|error| LibraryError::Internal(error.to_string()))
}
