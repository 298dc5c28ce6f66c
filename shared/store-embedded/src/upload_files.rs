//! Uploads as files named by their keys.

use crate::disk::{Disk, TEMPORARY, entries};
use crate::error::DiskError;
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use strand_library::Received;

/// How long an expired upload is remembered, in seconds.
const REMEMBERED: i64 = 24 * 3600;

/// The directory of uploads.
pub struct UploadFiles {
    root: PathBuf,
    disk: Disk,
}

impl UploadFiles {
    pub fn open(root: PathBuf, disk: Disk) -> Result<Self, DiskError> {
        disk.create(&root)?;
        let uploads = Self { root, disk };
        // Nothing is being written yet, so these are left from a crash.
        uploads.remove(|name| name.starts_with(TEMPORARY))?;
        Ok(uploads)
    }

    /// Saves the bytes of an upload with a known key.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), DiskError> {
        Ok(self.disk.replace(&self.root.join(key), bytes)?)
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

    /// Removes the files of uploads that have expired, and eventually their rows. A file without a row is older than its
    /// row was.
    pub fn sweep(&self, db: &Connection) -> Result<(), DiskError> {
        let now = Timestamp::now().as_second();
        db.execute("DELETE FROM uploads WHERE expires_at < ?1", [now - REMEMBERED])?;
        let live = db
            .prepare("SELECT key FROM uploads WHERE expires_at >= ?1")?
            .query_map([now], |row| row.get(0))?
            .collect::<Result<HashSet<String>, _>>()?;
        self.remove(|name| !live.contains(name) && is_key(name))
    }

    /// Removes the copies of deleted photos, as they were sent, with the rows of their uploads.
    pub fn forget(&self, sent: &[String], db: &Connection) -> Result<(), DiskError> {
        for file in entries(&self.root)? {
            // Uploads live for minutes, so there are few.
            if sent.contains(&strand_library::hex_digest(&std::fs::read(file.path())?)) {
                self.disk.remove(&file.path())?;
                let key = file.file_name().to_string_lossy().into_owned();
                db.execute("DELETE FROM uploads WHERE key = ?1", [key])?;
            }
        }
        Ok(())
    }

    fn remove(&self, goes: impl Fn(&str) -> bool) -> Result<(), DiskError> {
        for entry in entries(&self.root)? {
            if goes(&entry.file_name().to_string_lossy()) {
                self.disk.remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Whether a file name is a key that this store has given.
fn is_key(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
