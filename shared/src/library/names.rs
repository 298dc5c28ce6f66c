//! Shades by their names, for work that knows names and not ids.

use super::ports::NewColor;
use super::types::{Color, name_key};
use super::{Library, LibraryError};
use std::collections::HashMap;

/// The shades of a library by name.
pub struct Names<'a> {
    library: &'a Library,
    /// By the form of a name that is compared.
    ids: HashMap<String, u64>,
}

impl<'a> Names<'a> {
    /// The names as they are now.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn of(library: &'a Library) -> Result<Self, LibraryError> {
        let colors = library.colors(None, usize::MAX).await?;
        let ids = colors.into_iter().map(|color| (name_key(&color.name), color.id));
        Ok(Self {
            library,
            ids: ids.collect(),
        })
    }

    /// The shade of this name, created where there is none; whether it was.
    ///
    /// # Errors
    /// [`LibraryError::Invalid`] for a name or description that is not allowed, and the store's.
    pub async fn find_or_create(&mut self, color: NewColor) -> Result<(Color, bool), LibraryError> {
        let key = name_key(&color.name);
        if let Some(color) = self.find(&key).await? {
            return Ok((color, false));
        }
        match self.library.create_color(color).await {
            Ok(color) => {
                self.ids.insert(key, color.id);
                Ok((color, true))
            }
            Err(taken @ LibraryError::NameTaken(_)) => {
                // By somebody else, meanwhile.
                *self = Self::of(self.library).await?;
                Ok((self.find(&key).await?.ok_or(taken)?, false))
            }
            Err(error) => Err(error),
        }
    }

    /// A shade that is known and still there.
    async fn find(&self, key: &str) -> Result<Option<Color>, LibraryError> {
        let Some(id) = self.ids.get(key) else {
            return Ok(None);
        };
        match self.library.color(*id).await {
            Err(LibraryError::Unknown { .. }) => Ok(None),
            color => color.map(Some),
        }
    }
}
