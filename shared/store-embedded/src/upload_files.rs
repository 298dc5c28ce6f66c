//! Uploads as files named by their keys.

use crate::error::DiskError;
use crate::photo_files::{TEMPORARY, write_temporary};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use strand_library::Received;

/// How long an expired upload is remembered, in seconds.
const REMEMBERED: i64 = 24 * 3600;

/// The directory of uploads.
pub struct UploadFiles {
    root: PathBuf,
}

impl UploadFiles {
    pub fn open(root: PathBuf) -> Result<Self, DiskError> {
        fs::create_dir_all(&root)?;
        let uploads = Self { root };
        // Nothing is being written yet, so these are left from a crash.
        uploads.remove(|name| name.starts_with(TEMPORARY))?;
        Ok(uploads)
    }

    /// Saves the bytes of an upload with a known key.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let file = write_temporary(&self.root, bytes)?;
        file.persist(self.root.join(key))
            .map_err(|error| DiskError::from(error.error))?;
        Ok(())
    }

    pub fn read(&self, key: &str, size: u64) -> Result<Received, DiskError> {
        let mut file = match File::open(self.root.join(key)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Received::Nothing),
            file => file?,
        };
        let found = file.metadata()?.len();
        if found != size {
            return Ok(Received::OtherSize(found));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        file.read_to_end(&mut bytes)?;
        Ok(Received::Bytes(bytes))
    }

    /// Removes the files of expired uploads and files without a row, and eventually the rows.
    pub fn sweep(&self, db: &mut Connection) -> Result<(), DiskError> {
        let now = Timestamp::now().as_second();
        db.execute("DELETE FROM uploads WHERE expires_at < ?1", [now - REMEMBERED])?;
        let live = db
            .prepare("SELECT key FROM uploads WHERE expires_at >= ?1")?
            .query_map([now], |row| row.get(0))?
            .collect::<Result<HashSet<String>, _>>()?;
        self.remove(|name| !live.contains(name) && !name.starts_with(TEMPORARY))
    }

    fn remove(&self, goes: impl Fn(&str) -> bool) -> Result<(), DiskError> {
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if goes(&entry.file_name().to_string_lossy()) {
                match fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
