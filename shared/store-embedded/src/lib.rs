//! The embedded store: metadata, features, and models in SQLite, photos as files next to it.
//!
//! ```text
//! <data>/strand.db            SQLite in WAL mode
//! <data>/photos/<shade>/<photo>.<ext>
//! <data>/uploads/<key>        uploads, deleted when they expire
//! <data>/lock                 held while a process uses the directory
//! ```
//!
//! A photo is written under a temporary name, synced, and renamed inside the transaction that adds its row. Rows are
//! deleted before their files. So a crash at any point leaves no row without its file, and files without a row are
//! removed at the next start.

mod error;
mod features;
mod jobs;
mod models;
mod photo_files;
mod photos;
mod rows;
mod schema;
mod shades;
mod upload_files;
mod uploads;
mod work;

use error::DiskError;
use photo_files::PhotoFiles;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use strand_library::ports::{StoreError, Stores};
use upload_files::UploadFiles;

/// The name of the database file in the data directory.
const DATABASE: &str = "strand.db";

/// The embedded store. Cloning shares it.
#[derive(Clone)]
pub struct Embedded {
    connection: Arc<Mutex<Connection>>,
    photos: Arc<PhotoFiles>,
    uploads: Arc<UploadFiles>,
    /// Never read. Closing it would release the directory to another process.
    _lock: Arc<File>,
}

impl Embedded {
    /// Opens or creates the store in a directory, and removes what a crash has left there.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the directory cannot be written, is in use by another process, or holds a database of
    /// a newer version.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Ok(Self::open_files(directory)?)
    }

    fn open_files(directory: &Path) -> Result<Self, DiskError> {
        let lock = photo_files::lock(directory)?;
        let photos = PhotoFiles::open(directory.join("photos"))?;
        let mut connection = schema::open(&directory.join(DATABASE))?;
        let uploads = UploadFiles::open(directory.join("uploads"))?;
        uploads.sweep(&mut connection)?;
        let known = connection
            .prepare("SELECT color_id, id, format FROM images")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, rows::format(row, 2)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        photos.clear_orphans(&known)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            photos: Arc::new(photos),
            uploads: Arc::new(uploads),
            _lock: Arc::new(lock),
        })
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
            uploads: Arc::clone(&store) as _,
            upkeep: Arc::clone(&store) as _,
            receives: Some(store),
            claims: None,
            publisher: None,
        }
    }

    /// Whether another process uses the store in a directory.
    pub fn is_in_use(directory: &Path) -> bool {
        photo_files::in_use(directory)
    }

    /// Whether a directory holds a store.
    pub fn is_at(directory: &Path) -> bool {
        directory.join(DATABASE).is_file()
    }
}

#[cfg(test)]
mod tests;
