//! Use cases: a shade's photos.

use std::collections::HashMap;
use strand_photo::Format;
use strand_signature::DominantColor;

use crate::{Library, LibraryError, NewPhoto, StoredPhoto, Thing, hex_digest};

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
    /// The bytes.
    pub bytes: Vec<u8>,
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
        let photo = self.workers.run(move || inspect(bytes)).await?;
        let added = self.stores.photos.add_photo(shade_id, photo).await;
        added.map_err(LibraryError::about(Thing::Shade, shade_id))
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

    /// A photo and its bytes as uploaded.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn photo(&self, shade_id: u64, photo_id: u64) -> Result<PhotoFile, LibraryError> {
        let unknown = LibraryError::about(Thing::Photo, photo_id);
        let photo = self.stores.photos.photo(shade_id, photo_id).await;
        let photo = photo.map_err(&unknown)?;
        let bytes = self.stores.photos.photo_bytes(&photo).await.map_err(&unknown)?;
        Ok(PhotoFile {
            media_type: photo.format.media_type(),
            photo,
            bytes,
        })
    }

    /// A photo as every browser shows it: its bytes as uploaded, or a JPEG in place of a format that only some show.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`]; [`LibraryError::Overloaded`] if a JPEG must be made, and no worker is free.
    pub async fn shown_photo(&self, shade_id: u64, photo_id: u64) -> Result<PhotoFile, LibraryError> {
        let file = self.photo(shade_id, photo_id).await?;
        if file.photo.format.is_shown_by_browsers() {
            return Ok(file);
        }
        let work = move || strand_photo::to_jpeg(&file.bytes, SHOWN_SIDE).map_err(LibraryError::from);
        Ok(PhotoFile {
            photo: file.photo,
            media_type: Format::Jpeg.media_type(),
            bytes: self.workers.run(work).await?,
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

/// Checks bytes that are to be stored: decodes them completely once, at a small size, so that every stored photo can be
/// trained on.
///
/// # Errors
/// [`LibraryError::Photo`] if they cannot be decoded completely.
pub fn inspect(bytes: Vec<u8>) -> Result<NewPhoto, LibraryError> {
    let photo = strand_photo::decode(&bytes, INSPECTED_SIDE)?;
    Ok(NewPhoto {
        sha256: hex_digest(&bytes),
        format: photo.source().format,
        bytes,
    })
}
