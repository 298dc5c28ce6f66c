//! Use cases: a shade's photos.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use strand_photo::Format;
use strand_signature::DominantColor;

use crate::ports::StoreError;
use crate::{Library, LibraryError, MEMORY, NewPhoto, StoredPhoto, Thing, Usage, hex_digest};

/// The long side at which a photo is decoded before it is stored, to check that it can be.
const INSPECTED_SIDE: u32 = 64;

/// The long side of a JPEG that is made of a photo for browsers, in pixels.
const SHOWN_SIDE: u16 = 2048;

/// A photo, and bytes that show it.
pub struct PhotoFile {
    /// The photo.
    pub photo: StoredPhoto,
    /// Such as `image/jpeg`.
    pub media_type: &'static str,
    /// The number of bytes.
    pub length: u64,
    /// The bytes. Reading them may block.
    pub bytes: Box<dyn Read + Send>,
}

impl Library {
    /// Adds a photo to a shade; `false` if the shade already has the same bytes.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`]; [`LibraryError::Photo`] if the bytes cannot be decoded completely.
    pub async fn add_photo(
        &self,
        shade_id: u64,
        bytes: Vec<u8>,
    ) -> Result<(StoredPhoto, bool), LibraryError> {
        self.shade(shade_id).await?;
        let (bytes, needed) = weighed_to_keep(bytes).await?;
        let photo = self.workers.run(needed, move |_memory| inspect(bytes)).await?;
        self.add_inspected(shade_id, photo).await
    }

    /// Adds a photo that was inspected to a shade; `false` if the shade already has it.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn add_inspected(
        &self,
        shade_id: u64,
        photo: NewPhoto,
    ) -> Result<(StoredPhoto, bool), LibraryError> {
        let more = Usage {
            photos: 1,
            bytes: photo.bytes.len() as u64,
            ..Usage::default()
        };
        match self.has_room_for(more).await {
            // What is there already needs no room.
            Err(full @ LibraryError::QuotaReached(_)) => {
                let known = self.photos(shade_id).await?;
                let known = known.into_iter().find(|known| known.sha256 == photo.sha256);
                known.map(|known| (known, false)).ok_or(full)
            }
            Err(error) => Err(error),
            Ok(()) => {
                let added = self.stores.photos.add_photo(shade_id, photo).await;
                added.map_err(LibraryError::about(Thing::Shade, shade_id))
            }
        }
    }

    /// All photos of a shade, newest first.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn photos(&self, shade_id: u64) -> Result<Vec<StoredPhoto>, LibraryError> {
        let photos = self.stores.photos.photos(shade_id).await;
        photos.map_err(LibraryError::about(Thing::Shade, shade_id))
    }

    /// The colors of the hair in a shade's photos, by photo id, largest share first. Photos that have not been measured
    /// in the current feature space, or show no hair, have none.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn hair_colors(&self, shade_id: u64) -> Result<HashMap<u64, Vec<DominantColor>>, LibraryError> {
        let measured = self.stores.features.features(shade_id, self.space()).await?;
        let colors = measured
            .into_iter()
            .filter_map(|(id, found)| Some((id, found.signature?.colors)));
        Ok(colors.collect())
    }

    /// Whether a shade has a photo.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn has_photo(&self, shade_id: u64, photo_id: u64) -> Result<bool, LibraryError> {
        match self.stores.photos.photo(shade_id, photo_id).await {
            Err(StoreError::NotFound) => Ok(false),
            photo => Ok(photo.map(|_| true)?),
        }
    }

    /// A photo and its bytes as they are kept.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn photo(&self, shade_id: u64, photo_id: u64) -> Result<PhotoFile, LibraryError> {
        let unknown = LibraryError::about(Thing::Photo, photo_id);
        let photo = self.stores.photos.photo(shade_id, photo_id).await;
        let photo = photo.map_err(&unknown)?;
        let bytes = self.stores.photos.open_photo(&photo).await.map_err(&unknown)?;
        Ok(PhotoFile {
            media_type: photo.format.media_type(),
            length: photo.bytes,
            photo,
            bytes,
        })
    }

    /// A photo as every browser shows it: its bytes as they are kept, or a JPEG in place of a format that only some show.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`]; [`LibraryError::Overloaded`] if a JPEG must be made, and no worker is free.
    pub async fn shown_photo(&self, shade_id: u64, photo_id: u64) -> Result<PhotoFile, LibraryError> {
        let file = self.photo(shade_id, photo_id).await?;
        if file.photo.format.is_shown_by_browsers() {
            return Ok(file);
        }
        let mut held = MEMORY.body();
        held.grow_to(file.length).await?;
        let bytes = self.stores.photos.photo_bytes(&file.photo).await;
        let bytes = bytes.map_err(LibraryError::about(Thing::Photo, photo_id))?;
        let (bytes, needed) = weighed(bytes, SHOWN_SIDE.into()).await?;
        let work = move |_memory| strand_photo::to_jpeg(&bytes, SHOWN_SIDE).map_err(LibraryError::from);
        let jpeg = self.workers.run(needed, work).await?;
        Ok(PhotoFile {
            photo: file.photo,
            media_type: Format::Jpeg.media_type(),
            length: jpeg.len() as u64,
            bytes: Box::new(Cursor::new(jpeg)),
        })
    }

    /// Deletes a photo and its features. From then on, no match counts it.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn delete_photo(&self, shade_id: u64, photo_id: u64) -> Result<(), LibraryError> {
        self.shade(shade_id).await?;
        let deleted = self.stores.photos.delete_photo(shade_id, photo_id).await;
        deleted.map_err(LibraryError::about(Thing::Photo, photo_id))?;
        self.stores.publish().await;
        Ok(())
    }
}

/// The bytes, and the memory that decoding them to a side takes.
async fn weighed(bytes: Vec<u8>, side: u32) -> Result<(Vec<u8>, u64), LibraryError> {
    // The headers of some files are megabytes, so not on the thread that serves connections.
    let weigh = move || strand_photo::memory(&bytes, side).map(|needed| (bytes, needed));
    let weighed = tokio::task::spawn_blocking(weigh).await;
    Ok(weighed.map_err(LibraryError::internal)??)
}

/// The bytes of a photo to keep, and the memory that making them and decoding them takes.
async fn weighed_to_keep(bytes: Vec<u8>) -> Result<(Vec<u8>, u64), LibraryError> {
    let (bytes, needed) = weighed(bytes, INSPECTED_SIDE).await?;
    // Stripping makes a copy.
    let needed = needed.max(bytes.len() as u64);
    Ok((bytes, needed))
}

/// Checks the bytes of a stored library when a worker and the memory are free, however long that takes.
///
/// # Errors
/// [`LibraryError::Photo`] if they cannot be decoded completely.
pub async fn inspect_patiently(library: &Library, bytes: Vec<u8>) -> Result<NewPhoto, LibraryError> {
    let (bytes, needed) = weighed_to_keep(bytes).await?;
    library
        .workers
        .run_patiently(needed, move |_memory| inspect(bytes))
        .await
}

/// Makes of the bytes that were sent those that are kept, and decodes these completely once, at a small size, so that every
/// stored photo can be trained on.
///
/// # Errors
/// [`LibraryError::Photo`] if they cannot be decoded completely.
fn inspect(bytes: Vec<u8>) -> Result<NewPhoto, LibraryError> {
    let sha256 = hex_digest(&bytes);
    let kept = strand_photo::strip(&bytes)?;
    drop(bytes);
    let photo = strand_photo::decode(&kept, INSPECTED_SIDE)?;
    Ok(NewPhoto {
        sha256,
        kept_sha256: hex_digest(&kept),
        format: photo.source().format,
        bytes: kept,
    })
}
