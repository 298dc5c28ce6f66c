//! Backups of the database: `backups/strand-<date>.db`, one a day for seven days.
//!
//! Only a database that passed its check is copied, and a backup goes only when a newer one is there, so the last good one
//! stays. Photos are not copied: their files never change, and their cards say what the database says.

use crate::database::{Trouble, sound};
use crate::deletion::{self, Deletion};
use crate::disk::{Disk, Point, create_private, entries, temporary};
use crate::error::DiskError;
use crate::lost::today;
use crate::obstacle;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use strand_library::ports::StoreError;

/// How many are kept.
const KEPT: usize = 7;
/// The room that must be left on the disk after a backup, in bytes.
const LEFT: u64 = 8 << 20;

/// The directory of backups.
pub struct Backups {
    root: PathBuf,
    disk: Disk,
}

impl Backups {
    pub fn open(directory: &Path, disk: Disk) -> Self {
        Self {
            root: directory.join("backups"),
            disk,
        }
    }

    /// All backups, newest first.
    pub fn all(&self) -> Vec<PathBuf> {
        let is_backup = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("strand-") && name.ends_with(".db")
        };
        let files = entries(&self.root).unwrap_or_default();
        let mut all: Vec<_> = files
            .into_iter()
            .map(|entry| entry.path())
            .filter(is_backup)
            .collect();
        all.reverse();
        all
    }

    /// The newest backup that can be read.
    pub fn newest_good(&self) -> Option<PathBuf> {
        let read_only = |path: &Path| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        self.all()
            .into_iter()
            .find(|path| read_only(path).is_ok_and(|db| sound(&db).is_ok()))
    }

    /// Makes today's backup unless there is one, and removes those that are too many.
    pub fn keep(&self, db: &Connection) -> Result<(), DiskError> {
        let path = self.root.join(format!("strand-{}.db", today()));
        if path.exists() {
            return Ok(());
        }
        if let Err(damage) = sound(db) {
            let damage = damage.to_string();
            return Err(StoreError::Failed(format!(
                "the database is damaged, so it is not backed up: {damage}"
            ))
            .into());
        }
        let pages: u64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let size: u64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
        if obstacle::free(&self.root).is_some_and(|free| free < pages * size + LEFT) {
            return Err(StoreError::NoRoom("there is no room for a backup of the database".into()).into());
        }
        self.copy(db, &path)?;
        for old in self.all().into_iter().skip(KEPT) {
            self.disk.remove(&old)?;
        }
        Ok(())
    }

    fn copy(&self, db: &Connection, path: &Path) -> Result<(), DiskError> {
        self.disk.create(&self.root)?;
        let unfinished = temporary(path);
        self.disk.remove(&unfinished)?;
        create_private(&unfinished)?;
        self.disk.reach(Point::Backup)?;
        db.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
        std::fs::File::open(&unfinished)?.sync_all()?;
        self.disk.rename(&unfinished, path)?;
        Ok(self.disk.sync(&self.root)?)
    }

    /// Removes what is deleted from every backup.
    pub fn forget(&self, deletion: &Deletion) -> Result<(), DiskError> {
        for path in self.all() {
            let opened = Connection::open(&path).map_err(DiskError::from);
            let forgotten = opened.and_then(|mut db| {
                db.pragma_update(None, "journal_mode", "DELETE")?;
                db.pragma_update(None, "secure_delete", true)?;
                db.pragma_update(None, "foreign_keys", true)?;
                let transaction = db.transaction()?;
                deletion::forget(&transaction, deletion)?;
                self.disk.reach(Point::Commit)?;
                transaction.commit()?;
                Ok(())
            });
            match forgotten {
                // It cannot be searched for what is deleted, and is of no use.
                Err(error) if is_damaged(&path) => {
                    tracing::error!(file = %path.display(), %error, "a damaged backup is removed");
                    self.disk.remove(&path)?;
                }
                forgotten => forgotten?,
            }
        }
        Ok(())
    }
}

fn is_damaged(path: &Path) -> bool {
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    opened.is_ok_and(|db| matches!(sound(&db), Err(Trouble::Damaged(_))))
}
