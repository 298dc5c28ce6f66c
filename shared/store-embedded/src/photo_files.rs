//! The library's photos, as files with cards.
//!
//! A new photo is written and synced as `.new-<id>.<ext>`, and gets its name when its row is committed. So a file with
//! that prefix and without a row was never acknowledged, and one without the prefix was.

use crate::cards::{self, PhotoCard, SHADE_CARD, ShadeCard};
use crate::disk::{Disk, entries};
use crate::error::DiskError;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use strand_library::ports::StoreError;
use strand_photo::Format;

/// The prefix of photos, and of their cards, whose row is not committed.
pub const NEW: &str = ".new-";

/// The directory of photos.
pub struct PhotoFiles {
    root: PathBuf,
    disk: Disk,
}

/// A deletion that could not remove everything.
pub struct Refused {
    /// Whether something was removed before.
    pub partly: bool,
    pub error: DiskError,
}

impl PhotoFiles {
    pub fn open(root: PathBuf, disk: Disk) -> Result<Self, DiskError> {
        disk.create(&root)?;
        Ok(Self { root, disk })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of a shade's photos.
    pub fn of_shade(&self, shade_id: u64) -> PathBuf {
        self.root.join(shade_id.to_string())
    }

    pub fn path(&self, shade_id: u64, photo_id: u64, format: Format) -> PathBuf {
        self.of_shade(shade_id).join(file_name(photo_id, format))
    }

    /// Writes a photo and its card, as new.
    pub fn stage(
        &self,
        shade_id: u64,
        format: Format,
        bytes: &[u8],
        card: &PhotoCard,
    ) -> Result<(), DiskError> {
        let directory = self.of_shade(shade_id);
        self.disk.create(&directory)?;
        let file = directory.join(new(&file_name(card.id, format)));
        let written = self.disk.write(&file, bytes).and_then(|()| {
            let card_file = directory.join(new(&format!("{}.json", card.id)));
            self.disk.write(&card_file, &serde_json::to_vec(card)?)?;
            self.disk.sync(&directory)
        });
        if written.is_err() {
            self.discard(shade_id, card.id, format);
        }
        Ok(written?)
    }

    /// Gives a new photo its name.
    pub fn settle(&self, shade_id: u64, photo_id: u64, format: Format) -> Result<(), DiskError> {
        let directory = self.of_shade(shade_id);
        for name in [format!("{photo_id}.json"), file_name(photo_id, format)] {
            match self
                .disk
                .rename(&directory.join(new(&name)), &directory.join(&name))
            {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed?,
            }
        }
        Ok(self.disk.sync(&directory)?)
    }

    /// Removes a new photo whose row was not committed. If this fails, the next start does it.
    pub fn discard(&self, shade_id: u64, photo_id: u64, format: Format) {
        for name in [format!("{photo_id}.json"), file_name(photo_id, format)] {
            let _ = fs::remove_file(self.of_shade(shade_id).join(new(&name)));
        }
    }

    pub fn read(&self, shade_id: u64, photo_id: u64, format: Format) -> Result<Vec<u8>, DiskError> {
        let mut file = self.open_photo(shade_id, photo_id, format)?;
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            // What cannot be read says nothing about writing.
            Err(error) => {
                let named = self.path(shade_id, photo_id, format);
                Err(StoreError::Failed(format!("{}: {error}", named.display())).into())
            }
        }
    }

    pub fn open_photo(&self, shade_id: u64, photo_id: u64, format: Format) -> Result<File, DiskError> {
        let named = self.path(shade_id, photo_id, format);
        let opened = match File::open(&named) {
            // It has a row, but the process could not give it its name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                File::open(named.with_file_name(new(&file_name(photo_id, format))))
            }
            opened => opened,
        };
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NotFound.into()),
            opened => {
                Ok(opened.map_err(|error| StoreError::Failed(format!("{}: {error}", named.display())))?)
            }
        }
    }

    /// Writes the card of a shade.
    pub fn put_shade_card(&self, card: &ShadeCard) -> Result<(), DiskError> {
        let directory = self.of_shade(card.id);
        self.disk.create(&directory)?;
        cards::write(&self.disk, &directory.join(SHADE_CARD), card)?;
        Ok(self.disk.sync(&directory)?)
    }

    /// Writes the card of a photo.
    pub fn put_photo_card(&self, file: &Path, card: &PhotoCard) -> Result<(), DiskError> {
        Ok(cards::write(&self.disk, &cards::card_of(file), card)?)
    }

    /// Removes the file of a photo and its card.
    pub fn remove(&self, shade_id: u64, photo_id: u64, format: Format) -> Result<(), Refused> {
        let file = self.path(shade_id, photo_id, format);
        let staged = file.with_file_name(new(&file_name(photo_id, format)));
        let card = cards::card_of(&file);
        let staged_card = cards::card_of(&staged);
        self.remove_all(&self.of_shade(shade_id), [file, staged, card, staged_card])
    }

    /// Removes everything in the directory of a shade.
    pub fn remove_shade(&self, shade_id: u64) -> Result<(), Refused> {
        let directory = self.of_shade(shade_id);
        if !directory.exists() {
            return Ok(());
        }
        let untouched = |error: io::Error| Refused {
            partly: false,
            error: error.into(),
        };
        let files = entries(&directory).map_err(untouched)?;
        self.remove_all(&directory, files.iter().map(fs::DirEntry::path))?;
        let gone = self
            .disk
            .remove_if_empty(&directory)
            .and_then(|()| self.disk.sync(&self.root));
        gone.map_err(|error| Refused {
            partly: true,
            error: error.into(),
        })
    }

    fn remove_all(&self, directory: &Path, files: impl IntoIterator<Item = PathBuf>) -> Result<(), Refused> {
        let mut partly = false;
        for file in files {
            let removed = if file.is_dir() && !file.is_symlink() {
                fs::remove_dir_all(&file).map(|()| true)
            } else {
                self.disk.remove(&file)
            };
            match removed {
                Ok(removed) => partly |= removed,
                Err(error) => {
                    let at = file.display();
                    tracing::error!(file = %at, %error, "a file could not be removed");
                    let error = error.into();
                    return Err(Refused { partly, error });
                }
            }
        }
        match self.disk.sync(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Refused {
                partly: true,
                error: error.into(),
            }),
            _ => Ok(()),
        }
    }
}

/// The file name of a photo.
pub fn file_name(photo_id: u64, format: Format) -> String {
    format!("{photo_id}.{}", format.extension())
}

fn new(name: &str) -> String {
    format!("{NEW}{name}")
}

/// The id and format of a photo, from its path.
pub fn photo_of(path: &Path) -> Option<(u64, Format)> {
    let id = crate::disk::number(path.file_stem()?)?;
    Some((id, Format::from_extension(path.extension()?.to_str()?)?))
}
