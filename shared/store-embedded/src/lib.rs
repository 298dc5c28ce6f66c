//! The embedded store: metadata, features, and models in SQLite, photos as files next to it.
//!
//! ```text
//! <data>/strand.db                    SQLite in WAL mode; only its owner can read it
//! <data>/photos/<shade>/<photo>.<ext> photos, each with a card, and the shade's card: cards.rs
//! <data>/uploads/<key>                uploads, deleted when they expire
//! <data>/backups/strand-<date>.db     the database of each of the last seven days
//! <data>/lost/<date>/                 what a start did not know or could not read
//! <data>/strand.db-ids, strand.db-room  the highest ids ever given; room for deletions on a full disk
//! <data>/lock                         held while a process uses the directory
//! ```
//!
//! A photo is written as new and synced before the transaction that adds its row, and gets its name after it. A deletion is
//! recorded before anything is erased. So a crash at any point leaves no row without its file, and the next start knows
//! what to complete. Everything else that it does not know, it sets aside.

mod answers;
mod backups;
mod bad_rows;
mod cards;
mod database;
mod deletion;
mod disk;
mod error;
mod examine;
mod features;
mod files;
mod jobs;
mod lock;
mod lost;
mod marks;
mod models;
mod obstacle;
mod photo_files;
mod photos;
mod recover;
mod reserve;
mod rows;
mod salvage;
mod schema;
mod shades;
mod start;
mod upload_files;
mod uploads;
mod work;

pub use examine::Examination;
pub use lost::SetAside;
pub use obstacle::OpenError;
pub use recover::Recovered;

use disk::Disk;
use files::Files;
use lock::Lock;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use strand_library::ports::{StoreError, Stores};

/// The name of the database file in the data directory.
const DATABASE: &str = "strand.db";

/// The embedded store. Cloning shares it.
#[derive(Clone)]
pub struct Embedded {
    connection: Arc<Mutex<Connection>>,
    files: Arc<Files>,
    /// Dropped last: the directory is free when the database is closed.
    _lock: Arc<Lock>,
}

impl Embedded {
    /// Opens or creates the store in a directory, completes what a crash has left there, and sets aside what it does not
    /// know.
    ///
    /// # Errors
    /// [`OpenError`], in one sentence that names the path, the cause, and the remedy.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_within(directory, Duration::ZERO)
    }

    /// Like [`open`](Self::open), and waits up to `patience` for another process to give the directory up.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_within(directory: &Path, patience: Duration) -> Result<Self, OpenError> {
        Self::open_on(directory, patience, Disk::default())
    }

    fn open_on(directory: &Path, patience: Duration, disk: Disk) -> Result<Self, OpenError> {
        std::fs::create_dir_all(directory)
            .map_err(|error| obstacle::blocked(directory, "created", &error))?;
        let lock = lock::take(directory, patience, || {
            let seconds = patience.as_secs();
            tracing::info!(directory = %directory.display(), "another process uses the directory; waiting for it up to {seconds} s");
        })?;
        obstacle::create_all(directory)?;
        obstacle::try_all(directory)?;
        if let Err(error) = obstacle::check_shades(directory) {
            tracing::error!(%error, "the photos of a shade cannot be changed; the rest works");
        }
        let files = Files::open(directory, disk)?;
        let mut connection = database::open(&files)?;
        start::reconcile(&files, &mut connection)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            files: Arc::new(files),
            _lock: Arc::new(lock),
        })
    }

    /// Brings back what was set aside.
    ///
    /// # Errors
    /// Errors of the disk; what was brought back until then stays.
    pub fn recover(&self) -> Result<Recovered, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(recover::recover(&self.files, &mut connection)?)
    }

    /// Checks everything: every page, row, measurement, model, and photo. Changes nothing.
    ///
    /// # Errors
    /// Errors of the disk that end the check.
    pub fn examine(&self) -> Result<Examination, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(examine::examine(&self.files, &connection)?)
    }

    /// Checks what can be checked of the store in a directory while another process uses it: every photo that has a card, what
    /// was set aside, the backups, and the disk. Writes and locks nothing.
    ///
    /// # Errors
    /// Errors of the disk that end the check.
    pub fn look(directory: &Path) -> Result<Examination, StoreError> {
        Ok(examine::look(directory)?)
    }

    /// What was set aside and waits to be brought back.
    pub fn set_aside(&self) -> SetAside {
        self.files.lost.summary()
    }

    /// The ports of this store. The directory is locked, so there is no other process: the store needs no claims and no
    /// publisher.
    pub fn stores(self) -> Stores {
        let store = Arc::new(self);
        Stores {
            shades: Arc::clone(&store) as _,
            photos: Arc::clone(&store) as _,
            features: Arc::clone(&store) as _,
            models: Arc::clone(&store) as _,
            jobs: Arc::clone(&store) as _,
            answers: Arc::clone(&store) as _,
            uploads: Arc::clone(&store) as _,
            upkeep: Arc::clone(&store) as _,
            receives: Some(store),
            claims: None,
            publisher: None,
        }
    }

    /// Tries what the work needs in a directory: files are written, synced, renamed, locked, and removed.
    ///
    /// # Errors
    /// [`OpenError`], in one sentence that names the path, the user, the cause, and the remedy.
    pub fn check_place(directory: &Path) -> Result<(), OpenError> {
        obstacle::try_all(directory)?;
        obstacle::check_shades(directory)
    }

    /// The name of the network file system that a directory is on, if it is on one.
    pub fn network(directory: &Path) -> Option<&'static str> {
        obstacle::network(directory)
    }

    /// Whether another process uses the store in a directory.
    pub fn is_in_use(directory: &Path) -> bool {
        lock::in_use(directory)
    }

    /// Whether a directory holds a store, or what is left of one.
    pub fn is_at(directory: &Path) -> bool {
        let has_photos = disk::entries(&directory.join("photos")).is_ok_and(|photos| !photos.is_empty());
        has_photos
            || [DATABASE, "lost"]
                .iter()
                .any(|name| directory.join(name).exists())
    }
}

#[cfg(test)]
mod tests;
