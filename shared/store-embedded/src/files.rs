//! Everything of a data directory besides the connection to its database.

use crate::backups::Backups;
use crate::disk::{Disk, Point};
use crate::error::DiskError;
use crate::lost::Lost;
use crate::marks::Marks;
use crate::obstacle::{self, OpenError};
use crate::photo_files::PhotoFiles;
use crate::reserve::Reserve;
use crate::upload_files::UploadFiles;
use rusqlite::{Connection, Transaction};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use strand_library::ports::StoreError;

pub struct Files {
    pub directory: PathBuf,
    pub disk: Disk,
    pub photos: PhotoFiles,
    pub uploads: UploadFiles,
    pub lost: Lost,
    pub backups: Backups,
    pub marks: Marks,
    pub reserve: Reserve,
    /// How often it was found that nothing can be written.
    pub failures: AtomicU64,
}

impl Files {
    pub fn open(directory: &Path, disk: Disk) -> Result<Self, DiskError> {
        // Nothing is being written yet, so these are left from a crash.
        for place in [directory.to_owned(), directory.join("backups")] {
            disk.clear_temporary(&place)?;
        }
        Lost::open(directory, disk.clone()).clear_temporary()?;
        Ok(Self {
            directory: directory.to_owned(),
            photos: PhotoFiles::open(directory.join("photos"), disk.clone())?,
            uploads: UploadFiles::open(directory.join("uploads"), disk.clone())?,
            lost: Lost::open(directory, disk.clone()),
            backups: Backups::open(directory, disk.clone()),
            marks: Marks::open(directory, disk.clone()),
            reserve: Reserve::open(directory),
            failures: AtomicU64::new(0),
            disk,
        })
    }

    pub fn commit(&self, transaction: Transaction) -> Result<(), DiskError> {
        self.disk.reach(Point::Commit)?;
        Ok(transaction.commit()?)
    }

    /// Copies the log into the database, and empties it.
    pub fn checkpoint(&self, db: &Connection) -> Result<(), DiskError> {
        self.disk.reach(Point::Checkpoint)?;
        Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// An error, with its reason where it does not tell: what SQLite calls an I/O error may be a disk that became read-only,
    /// and a denied permission names no file.
    pub fn told(&self, error: DiskError) -> DiskError {
        let told = self.reason(error);
        if matches!(told.0, StoreError::NoRoom(_) | StoreError::NotWritable(_)) {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        told
    }

    fn reason(&self, DiskError(error): DiskError) -> DiskError {
        let (StoreError::Failed(what) | StoreError::NotWritable(what) | StoreError::NoRoom(what)) = &error
        else {
            return error.into();
        };
        let tried = obstacle::try_all(&self.directory).and_then(|()| obstacle::check_shades(&self.directory));
        match tried {
            Err(OpenError::Full(sentence) | OpenError::Obstacle(sentence)) if what.contains(&sentence) => {
                error.into()
            }
            Err(OpenError::Full(sentence)) => StoreError::NoRoom(format!("{what}: {sentence}")).into(),
            Err(OpenError::Obstacle(sentence)) => {
                StoreError::NotWritable(format!("{what}: {sentence}")).into()
            }
            _ => error.into(),
        }
    }
}
