//! Use cases: shades.

use crate::ports::StoreError;
use crate::{Library, LibraryError, NewShade, Shade, ShadeChange, Thing, Usage};
use unicode_normalization::UnicodeNormalization;

/// Maximum length of a name, in characters.
pub const NAME_LIMIT: usize = 120;
/// Maximum length of a description, in characters.
pub const DESCRIPTION_LIMIT: usize = 2_000;

/// How many shades are read at once.
const PAGE: usize = 500;

impl Library {
    /// Creates a shade.
    ///
    /// # Errors
    /// [`LibraryError::Invalid`] if the name or description is not allowed, [`LibraryError::NameTaken`].
    pub async fn create_shade(&self, shade: NewShade) -> Result<Shade, LibraryError> {
        let name = valid_name(&shade.name)?;
        let shade = NewShade {
            name: name.clone(),
            description: valid_description(shade.description)?,
            hex: shade.hex,
        };
        let more = Usage {
            shades: 1,
            ..Usage::default()
        };
        self.has_room_for(more).await?;
        let created = self.stores.shades.create_shade(shade).await;
        let shade = created.map_err(name_error(name))?;
        self.stores.publish().await;
        Ok(shade)
    }

    /// One shade.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn shade(&self, id: u64) -> Result<Shade, LibraryError> {
        let shade = self.stores.shades.shade(id).await;
        shade.map_err(LibraryError::about(Thing::Shade, id))
    }

    /// Up to `limit` shades with ids below `before`, newest first.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn shades(&self, before: Option<u64>, limit: usize) -> Result<Vec<Shade>, LibraryError> {
        Ok(self.stores.shades.shades(before, limit).await?)
    }

    /// All shades that are `wanted`, newest first. The others are not kept in memory.
    ///
    /// # Errors
    /// Errors of the store.
    pub(crate) async fn all_shades(
        &self,
        wanted: impl Fn(&Shade) -> bool,
    ) -> Result<Vec<Shade>, LibraryError> {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = self.shades(before, PAGE).await?;
            before = page.last().map(|last| last.id);
            let is_last = page.len() < PAGE;
            found.extend(page.into_iter().filter(&wanted));
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Changes a shade.
    ///
    /// # Errors
    /// Those of [`create_shade`](Self::create_shade), and [`LibraryError::Unknown`].
    pub async fn update_shade(&self, id: u64, change: ShadeChange) -> Result<Shade, LibraryError> {
        let name = change.name.as_deref().map(valid_name).transpose()?;
        let taken = name_error(name.clone().unwrap_or_default());
        let change = ShadeChange {
            name,
            description: change.description.map(valid_description).transpose()?,
            hex: change.hex,
        };
        let updated = self.stores.shades.update_shade(id, change).await;
        let shade = updated.map_err(|error| match error {
            StoreError::NotFound => LibraryError::Unknown {
                what: Thing::Shade,
                id,
            },
            other => taken(other),
        })?;
        self.stores.publish().await;
        Ok(shade)
    }

    /// Deletes a shade with its photos, features, and model.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub async fn delete_shade(&self, id: u64) -> Result<(), LibraryError> {
        let deleted = self.stores.shades.delete_shade(id).await;
        deleted.map_err(LibraryError::about(Thing::Shade, id))?;
        self.stores.publish().await;
        Ok(())
    }
}

fn name_error(name: String) -> impl Fn(StoreError) -> LibraryError {
    move |error| match error {
        StoreError::NameTaken => LibraryError::NameTaken(name.clone()),
        other => other.into(),
    }
}

/// Characters that make a name look like another one: marks, embeddings, overrides, and isolates of direction, separators of
/// lines and paragraphs, and the byte order mark.
const DIRECTIONS: [char; 15] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}',
    '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{feff}',
];

/// The name as it is stored: trimmed and in NFC.
///
/// # Errors
/// [`LibraryError::Invalid`] if it is empty, longer than [`NAME_LIMIT`], or has control characters, also those
/// that change the direction of text or break its line (Unicode Standard Annex 9).
pub fn valid_name(name: &str) -> Result<String, LibraryError> {
    let name: String = name.trim().nfc().collect();
    let wrong = match name.chars().count() {
        0 => format!("Enter a name (up to {NAME_LIMIT} characters)."),
        length if length > NAME_LIMIT => {
            format!("The name has {length} characters; use at most {NAME_LIMIT}.")
        }
        _ if name.chars().any(|c| c.is_control() || DIRECTIONS.contains(&c)) => {
            "The name has control characters; use printable text on one line.".into()
        }
        _ => return Ok(name),
    };
    Err(LibraryError::Invalid(wrong))
}

/// The description as it is stored.
///
/// # Errors
/// [`LibraryError::Invalid`] if it is longer than [`DESCRIPTION_LIMIT`].
pub fn valid_description(description: Option<String>) -> Result<Option<String>, LibraryError> {
    let length = description.as_deref().map_or(0, |text| text.chars().count());
    if length > DESCRIPTION_LIMIT {
        return Err(LibraryError::Invalid(format!(
            "The description has {length} characters; use at most {DESCRIPTION_LIMIT}."
        )));
    }
    Ok(description)
}
