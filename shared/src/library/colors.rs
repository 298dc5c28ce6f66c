//! Shades and their photos.

use super::Library;
use super::error::LibraryError;
use super::ports::{ColorChange, NewColor, NewImage, StoreError};
use super::types::{Color, Image};
use crate::photo;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Longest name, in characters.
pub const NAME_LIMIT: usize = 120;
/// Longest description, in characters.
pub const DESCRIPTION_LIMIT: usize = 2_000;

impl Library {
    /// Creates a shade.
    ///
    /// # Errors
    /// [`LibraryError::Invalid`] for a name or description that is not allowed, [`LibraryError::NameTaken`].
    pub async fn create_color(&self, color: NewColor) -> Result<Color, LibraryError> {
        let name = valid_name(&color.name)?;
        let description = valid_description(color.description)?;
        let color = NewColor {
            name: name.clone(),
            description,
            hex: color.hex,
        };
        let color = self.store.create_color(color).await.map_err(name_error(name))?;
        self.store.publish().await;
        Ok(color)
    }

    /// One shade.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn color(&self, id: u64) -> Result<Color, LibraryError> {
        self.store
            .color(id)
            .await
            .map_err(LibraryError::about("color", id))
    }

    /// Up to `limit` shades with ids below `before`, newest first.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn colors(&self, before: Option<u64>, limit: usize) -> Result<Vec<Color>, LibraryError> {
        Ok(self.store.colors(before, limit).await?)
    }

    /// Changes a shade.
    ///
    /// # Errors
    /// As for creating one, and [`LibraryError::Unknown`].
    pub async fn update_color(&self, id: u64, change: ColorChange) -> Result<Color, LibraryError> {
        let name = change.name.as_deref().map(valid_name).transpose()?;
        let description = change.description.map(valid_description).transpose()?;
        let taken = name_error(name.clone().unwrap_or_default());
        let change = ColorChange {
            name,
            description,
            hex: change.hex,
        };
        let color = self
            .store
            .update_color(id, change)
            .await
            .map_err(|error| match error {
                StoreError::NotFound => LibraryError::Unknown { what: "color", id },
                other => taken(other),
            })?;
        self.store.publish().await;
        Ok(color)
    }

    /// Deletes a shade with its photos, features and model.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn delete_color(&self, id: u64) -> Result<(), LibraryError> {
        self.store
            .delete_color(id)
            .await
            .map_err(LibraryError::about("color", id))?;
        self.store.publish().await;
        Ok(())
    }

    /// Adds a photo to a shade; `false` where the shade has the same bytes already.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`]; [`LibraryError::Photo`] where the bytes are no photo that can be decoded whole.
    pub async fn add_image(&self, color_id: u64, bytes: Vec<u8>) -> Result<(Image, bool), LibraryError> {
        self.color(color_id).await?;
        let image = self.workbench.run(move || inspect(bytes)).await?;
        self.store
            .add_image(color_id, image)
            .await
            .map_err(LibraryError::about("color", color_id))
    }

    /// All photos of a shade, newest first.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn images(&self, color_id: u64) -> Result<Vec<Image>, LibraryError> {
        self.store
            .images(color_id)
            .await
            .map_err(LibraryError::about("color", color_id))
    }

    /// A photo and its bytes as they were uploaded.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn photo(&self, color_id: u64, image_id: u64) -> Result<(Image, Vec<u8>), LibraryError> {
        let unknown = LibraryError::about("image", image_id);
        let image = self.store.image(color_id, image_id).await.map_err(&unknown)?;
        let bytes = self.store.photo(&image).await.map_err(&unknown)?;
        Ok((image, bytes))
    }

    /// Deletes a photo with its features.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn delete_image(&self, color_id: u64, image_id: u64) -> Result<(), LibraryError> {
        self.color(color_id).await?;
        self.store
            .delete_image(color_id, image_id)
            .await
            .map_err(LibraryError::about("image", image_id))
    }
}

/// Bytes as a photo to store: decoded whole once, small, so that what is stored can be trained on.
pub(super) fn inspect(bytes: Vec<u8>) -> Result<NewImage, LibraryError> {
    let photo = photo::decode(&bytes, 64)?;
    Ok(NewImage {
        sha256: hex_digest(&bytes),
        format: photo.source().format,
        bytes,
    })
}

/// SHA-256 in hex.
pub(super) fn hex_digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn name_error(name: String) -> impl Fn(StoreError) -> LibraryError {
    move |error| match error {
        StoreError::NameTaken => LibraryError::NameTaken(name.clone()),
        other => other.into(),
    }
}

pub(super) fn valid_name(name: &str) -> Result<String, LibraryError> {
    let name: String = name.trim().nfc().collect();
    let length = name.chars().count();
    if !(1..=NAME_LIMIT).contains(&length) {
        return Err(LibraryError::Invalid(format!(
            "The name has {length} characters; give one of 1 to {NAME_LIMIT}."
        )));
    }
    if name.chars().any(char::is_control) {
        return Err(LibraryError::Invalid(
            "The name holds control characters; give printable text on one line.".into(),
        ));
    }
    Ok(name)
}

pub(super) fn valid_description(description: Option<String>) -> Result<Option<String>, LibraryError> {
    let length = description.as_deref().map_or(0, |text| text.chars().count());
    if length > DESCRIPTION_LIMIT {
        return Err(LibraryError::Invalid(format!(
            "The description has {length} characters; give at most {DESCRIPTION_LIMIT}."
        )));
    }
    Ok(description)
}
