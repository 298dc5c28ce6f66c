//! The highest ids ever given, outside the database, so that no id is given twice even when the database is lost.
//!
//! An id that still exists shows in the directories of photos, or of what was set aside. So only ids that leave no file are
//! noted: those of deleted shades and photos, and of jobs.

use crate::disk::Disk;
use crate::error::DiskError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The name of the file in the data directory.
const FILE: &str = "strand.db-ids";

/// The highest ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ids {
    pub shades: u64,
    pub photos: u64,
    pub jobs: u64,
}

impl Ids {
    pub fn shade(id: u64) -> Self {
        Self {
            shades: id,
            ..Self::default()
        }
    }

    pub fn photo(id: u64) -> Self {
        Self {
            photos: id,
            ..Self::default()
        }
    }

    pub fn job(id: u64) -> Self {
        Self {
            jobs: id,
            ..Self::default()
        }
    }

    /// The higher one of each.
    pub fn max(self, other: Self) -> Self {
        Self {
            shades: self.shades.max(other.shades),
            photos: self.photos.max(other.photos),
            jobs: self.jobs.max(other.jobs),
        }
    }
}

/// The file.
pub struct Marks {
    path: PathBuf,
    disk: Disk,
    known: Mutex<Ids>,
}

impl Marks {
    pub fn open(directory: &Path, disk: Disk) -> Self {
        let path = directory.join(FILE);
        let known = crate::cards::read(&path).unwrap_or_default();
        Self {
            path,
            disk,
            known: Mutex::new(known),
        }
    }

    /// The highest ids noted so far.
    pub fn known(&self) -> Ids {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes ids, durably, unless higher ones are noted.
    pub fn raise(&self, ids: Ids) -> Result<(), DiskError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let raised = known.max(ids);
        if raised != *known {
            crate::cards::write(&self.disk, &self.path, &raised)?;
            self.disk.sync(self.path.parent().unwrap_or(Path::new(".")))?;
            *known = raised;
        }
        Ok(())
    }
}
