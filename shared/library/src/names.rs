//! Shades by name, for work that knows names but not ids.

use crate::{Library, LibraryError, NewShade, Shade, name_key};
use std::collections::HashMap;

/// An index of a library's shades by name.
pub struct Names<'a> {
    library: &'a Library,
    /// Ids by [`name_key`].
    ids: HashMap<String, u64>,
}

impl<'a> Names<'a> {
    /// Indexes the current names.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn of(library: &'a Library) -> Result<Self, LibraryError> {
        let shades = library.shades(None, usize::MAX).await?;
        let ids = shades.into_iter().map(|shade| (name_key(&shade.name), shade.id));
        Ok(Self {
            library,
            ids: ids.collect(),
        })
    }

    /// The shade of this name, created if it does not exist. The flag says whether it was created.
    ///
    /// # Errors
    /// [`LibraryError::Invalid`] if the name or description is not allowed, and errors of the store.
    pub async fn find_or_create(&mut self, shade: NewShade) -> Result<(Shade, bool), LibraryError> {
        if let Some(shade) = self.find(&shade.name).await? {
            return Ok((shade, false));
        }
        let name = shade.name.clone();
        match self.library.create_shade(shade).await {
            Ok(shade) => {
                self.ids.insert(name_key(&name), shade.id);
                Ok((shade, true))
            }
            Err(taken @ LibraryError::NameTaken(_)) => {
                // Another client was faster.
                *self = Self::of(self.library).await?;
                Ok((self.find(&name).await?.ok_or(taken)?, false))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a shade has this name.
    pub fn has(&self, name: &str) -> bool {
        self.ids.contains_key(&name_key(name))
    }

    /// The shade of this name, if it is in the index and still exists.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn find(&self, name: &str) -> Result<Option<Shade>, LibraryError> {
        let Some(id) = self.ids.get(&name_key(name)) else {
            return Ok(None);
        };
        match self.library.shade(*id).await {
            Err(LibraryError::Unknown { .. }) => Ok(None),
            shade => shade.map(Some),
        }
    }
}
