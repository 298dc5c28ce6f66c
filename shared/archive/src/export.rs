//! Writes a library to an archive, entry by entry, with at most a photo or two in memory, and all models.

use crate::read::sum_line;
use crate::{
    Archive, ArchiveError, FORMAT, FeaturesEntry, MANIFEST, Manifest, PhotoLeftOut, SUMS, ShadeEntry, VERSION,
};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use strand_learning::ShadeModel;
use strand_library::ports::{Measurement, StoreError};
use strand_library::{LibraryError, Shade, StoredPhoto, hex_digest};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// A running export.
pub struct Export {
    /// Number of shades when it started.
    pub shades: u64,
    /// Number of photos when it started.
    pub photos: u64,
    /// The file, in pieces. Dropping the stream ends the export.
    pub pieces: ReceiverStream<Result<Exported, ArchiveError>>,
}

/// A piece of the file.
#[derive(Debug)]
pub struct Exported {
    /// The next bytes.
    pub bytes: Vec<u8>,
    /// Number of photos in the file so far.
    pub photos_done: u64,
    /// A photo of the library that could not be read.
    pub left_out: Option<PhotoLeftOut>,
}

impl Archive {
    /// Exports the whole library as an archive. Changes during the export may or may not be in it; its content is
    /// consistent.
    ///
    /// # Errors
    /// Errors of the store, here or as the last piece. Then the file is incomplete, and every import rejects it.
    pub async fn export(self: &Arc<Self>) -> Result<Export, ArchiveError> {
        let mut all = self.library.shades(None, usize::MAX).await?;
        all.reverse();
        let (shades, photos) = (all.len() as u64, all.iter().map(|shade| shade.photo_count).sum());
        let (sender, receiver) = mpsc::channel(1);
        let archive = Arc::clone(self);
        tokio::spawn(async move {
            let mut export = Writer::new(sender);
            if let Err(End::Failed(error)) = archive.write(&mut export, all, photos).await {
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

    async fn write(&self, out: &mut Writer, shades: Vec<Shade>, photos: u64) -> Result<(), End> {
        let manifest = Manifest {
            format: FORMAT.into(),
            version: VERSION,
            strand: env!("CARGO_PKG_VERSION").into(),
            exported_at: Timestamp::now(),
            shades: shades.len() as u64,
            photos,
        };
        out.entry(MANIFEST, Timestamp::now(), &json(&manifest)?).await?;
        let (_, stored) = self.library.stores().models.models().await?;
        let stored = stored
            .into_iter()
            .filter_map(|shade| Some((shade.shade_id, shade.model?)));
        let mut models: HashMap<u64, ShadeModel> = stored.collect();
        let mut number = 0;
        for Shade { id, .. } in shades {
            // The current state of the shade; it may have been deleted meanwhile.
            let shade = match self.library.shade(id).await {
                Err(LibraryError::Unknown { .. }) => continue,
                shade => shade?,
            };
            number += 1;
            self.write_shade(out, &format!("shades/{number}"), shade, models.remove(&id))
                .await?;
        }
        out.finish().await
    }

    async fn write_shade(
        &self,
        out: &mut Writer,
        folder: &str,
        shade: Shade,
        model: Option<ShadeModel>,
    ) -> Result<(), End> {
        let created_at = shade.created_at;
        let entry = ShadeEntry {
            name: shade.name.clone(),
            description: shade.description,
            hex: shade.hex,
            created_at,
        };
        out.entry(&format!("{folder}/shade.json"), created_at, &json(&entry)?)
            .await?;
        let mut photos = match self.library.photos(shade.id).await {
            Err(LibraryError::Unknown { .. }) => return Ok(()),
            photos => photos?,
        };
        photos.reverse();
        let (features, space) = (&self.library.stores().features, self.library.space());
        let known = features.features(shade.id, space).await?;
        let mut known: HashMap<u64, Measurement> = known.into_iter().collect();
        let mut places = HashMap::new();
        for photo in photos {
            let Some(bytes) = self.read_photo(out, &shade.name, &photo).await? else {
                continue;
            };
            places.insert(photo.id, places.len() as u64 + 1);
            let path = format!("{folder}/photos/{}", photo.sha256);
            out.photos_done += 1;
            let name = format!("{path}.{}", photo.format.extension());
            out.entry(&name, photo.created_at, &bytes).await?;
            if let Some(features) = known.remove(&photo.id) {
                let space = space.to_owned();
                let measured = packed(&FeaturesEntry { space, features })?;
                out.entry(&format!("{path}.features"), photo.created_at, &measured)
                    .await?;
            }
        }
        if let Some(mut model) = model {
            for reference in &mut model.references {
                reference.photo_id = places.get(&reference.photo_id).copied().unwrap_or(0);
            }
            let trained_at = shade.model.map_or(created_at, |info| info.trained_at);
            out.entry(
                &format!("{folder}/model"),
                trained_at,
                &model.pack().map_err(ArchiveError::internal)?,
            )
            .await?;
        }
        Ok(())
    }

    /// The bytes of a photo; `None` if it was deleted meanwhile, or is damaged in the store, which is reported.
    async fn read_photo(
        &self,
        out: &mut Writer,
        shade: &str,
        photo: &StoredPhoto,
    ) -> Result<Option<Vec<u8>>, End> {
        let reason = match self.library.stores().photos.photo_bytes(photo).await {
            Ok(bytes) => {
                // Up to 20 MB, so not on the thread that serves connections.
                let kept = photo.kept_sha256.clone();
                let checked = move || (hex_digest(&bytes) == kept).then(|| stripped(bytes));
                let checked = tokio::task::spawn_blocking(checked).await;
                if let Some(bytes) = checked.map_err(ArchiveError::internal)? {
                    return Ok(Some(bytes));
                }
                "The photo in the store is damaged: it has another SHA-256 than when it was uploaded."
            }
            Err(StoreError::NotFound) => {
                match self.library.stores().photos.photo(photo.shade_id, photo.id).await {
                    Err(StoreError::NotFound) => return Ok(None),
                    _ => "The photo is missing in the store.",
                }
            }
            Err(error) => return Err(error.into()),
        };
        tracing::error!(shade, photo = photo.id, reason, "a photo is not in the export");
        out.left_out = Some(PhotoLeftOut {
            shade: shade.to_owned(),
            photo: format!("{}.{}", photo.sha256, photo.format.extension()),
            reason: reason.to_owned(),
        });
        out.send().await?;
        Ok(None)
    }
}

/// A photo without metadata, which earlier versions kept.
fn stripped(bytes: Vec<u8>) -> Vec<u8> {
    strand_photo::strip(&bytes).unwrap_or(bytes)
}

/// Why an export ends early.
enum End {
    /// The receiver of the pieces is gone.
    Unwanted,
    Failed(ArchiveError),
}

impl<E: Into<ArchiveError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The most bytes that are sent at once.
const PIECE: usize = 256 * 1024;

/// Builds entries and sends them.
struct Writer {
    tar: Builder<Vec<u8>>,
    sums: String,
    sender: mpsc::Sender<Result<Exported, ArchiveError>>,
    photos_done: u64,
    left_out: Option<PhotoLeftOut>,
}

impl Writer {
    fn new(sender: mpsc::Sender<Result<Exported, ArchiveError>>) -> Self {
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
        written.map_err(|error| ArchiveError::internal(error).into())
    }

    /// Sends what was added, in pieces, so that no more of it waits than the receiver takes.
    async fn send(&mut self) -> Result<(), End> {
        let bytes = std::mem::take(self.tar.get_mut());
        let mut pieces = bytes.chunks(PIECE);
        loop {
            let piece = Exported {
                bytes: pieces.next().unwrap_or_default().to_vec(),
                photos_done: self.photos_done,
                left_out: self.left_out.take(),
            };
            self.sender.send(Ok(piece)).await.map_err(|_| End::Unwanted)?;
            if pieces.len() == 0 {
                return Ok(());
            }
        }
    }

    async fn finish(&mut self) -> Result<(), End> {
        let sums = std::mem::take(&mut self.sums);
        self.append(SUMS, Timestamp::now(), sums.as_bytes())?;
        let ended = self.tar.finish();
        ended.map_err(ArchiveError::internal)?;
        self.send().await
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(ArchiveError::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn packed<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, ArchiveError> {
    strand_learning::pack(value).map_err(ArchiveError::internal)
}
