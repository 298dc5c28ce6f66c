//! Photos on their way, each a file named by its key.

use super::photos::{TEMPORARY, write_temporary};
use super::rows;
use crate::library::ports::{NewUpload, StoreError, UPLOAD_LASTS, Upload, UploadTerms, Uploaded};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

/// For so many seconds it is known of an upload that it has expired.
const REMEMBERED: i64 = 24 * 3600;

/// The directory of uploads.
pub struct Uploads {
    root: PathBuf,
}

impl Uploads {
    pub fn open(root: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&root)?;
        let uploads = Self { root };
        // Nobody writes yet: these are a crash's.
        uploads.remove(|name| name.starts_with(TEMPORARY))?;
        Ok(uploads)
    }

    pub fn create(db: &Connection, new: NewUpload) -> Result<Upload, StoreError> {
        let key = uuid::Uuid::new_v4().simple().to_string();
        let terms = UploadTerms {
            filename: new.filename,
            content_type: new.content_type,
            size: new.size,
            expires_at: Timestamp::now()
                .checked_add(UPLOAD_LASTS)
                .unwrap_or(Timestamp::MAX),
        };
        db.execute(
            "INSERT INTO uploads (key, expires_at, terms) VALUES (?1, ?2, ?3)",
            params![key, terms.expires_at.as_second(), rows::json(&terms)?],
        )?;
        Ok(Upload {
            key,
            place: None,
            expires_at: terms.expires_at,
        })
    }

    /// Keeps the bytes of an upload whose key is known.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let file = write_temporary(&self.root, bytes)?;
        file.persist(self.root.join(key))
            .map_err(|error| StoreError::from(error.error))?;
        Ok(())
    }

    pub fn read(&self, key: &str, size: u64) -> Result<Uploaded, StoreError> {
        let mut file = match File::open(self.root.join(key)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Uploaded::Nothing),
            file => file?,
        };
        let found = file.metadata()?.len();
        if found != size {
            return Ok(Uploaded::OtherSize(found));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        file.read_to_end(&mut bytes)?;
        Ok(Uploaded::Bytes(bytes))
    }

    /// Removes the files of expired uploads and those that no row knows, and in time the rows.
    pub fn sweep(&self, db: &mut Connection) -> Result<(), StoreError> {
        let now = Timestamp::now().as_second();
        db.execute("DELETE FROM uploads WHERE expires_at < ?1", [now - REMEMBERED])?;
        let live = db
            .prepare("SELECT key FROM uploads WHERE expires_at >= ?1")?
            .query_map([now], |row| row.get(0))?
            .collect::<Result<HashSet<String>, _>>()?;
        self.remove(|name| !live.contains(name) && !name.starts_with(TEMPORARY))
    }

    fn remove(&self, goes: impl Fn(&str) -> bool) -> Result<(), StoreError> {
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

pub fn terms(db: &Connection, key: &str) -> Result<UploadTerms, StoreError> {
    let text: Option<String> = db
        .query_row("SELECT terms FROM uploads WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()?;
    rows::from_json(&text.ok_or(StoreError::NotFound)?)
}
