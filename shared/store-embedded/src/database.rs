//! Opening the database, whatever has become of it. A damaged one is set aside, and what can be read of it is kept.

use crate::DATABASE;
use crate::disk::{Point, temporary};
use crate::error::DiskError;
use crate::files::Files;
use crate::obstacle::OpenError;
use crate::salvage::{self, Salvaged};
use crate::schema::{self, TABLES};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// Why a database does not open.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Its content is damaged.
    #[error("{0}")]
    Damaged(String),
    /// Something else.
    #[error(transparent)]
    Other(#[from] OpenError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        // Of a missing table or column.
        let is_unknown = |error: &rusqlite::Error| {
            let text = error.to_string();
            text.contains("no such table") || text.contains("no such column")
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ if is_unknown(&error) => Self::Damaged(error.to_string()),
            _ => Self::Other(error.into()),
        }
    }
}

impl From<DiskError> for Trouble {
    fn from(error: DiskError) -> Self {
        Self::Other(error.into())
    }
}

/// Checks the structure of a database, quickly.
pub fn sound(db: &Connection) -> Result<(), Trouble> {
    check(db, "quick_check")
}

/// Checks the structure of a database completely, its indexes included.
pub fn sound_in_full(db: &Connection) -> Result<(), Trouble> {
    check(db, "integrity_check")?;
    let broken: Option<String> = {
        let mut statement = db.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| row.get(0)).transpose()?
    };
    match broken {
        Some(table) => Err(Trouble::Damaged(format!(
            "rows of {table} refer to rows that do not exist"
        ))),
        None => Ok(()),
    }
}

fn check(db: &Connection, pragma: &str) -> Result<(), Trouble> {
    let found: String = db.query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Trouble::Damaged(found));
    }
    for (table, columns) in TABLES {
        // A backup of an earlier version has fewer tables.
        if table != "deletions" && table != "unwritten_cards" {
            db.prepare(&format!("SELECT {columns} FROM {table}"))?;
        }
    }
    Ok(())
}

/// Opens the database of a data directory.
pub fn open(files: &Files) -> Result<Connection, OpenError> {
    let path = files.directory.join(DATABASE);
    if std::fs::metadata(&path).map_or(0, |about| about.len()) == 0 {
        replace_missing(files, &path)?;
    }
    match open_sound(&path) {
        Ok(db) => Ok(db),
        Err(Trouble::Other(error)) => Err(error),
        Err(Trouble::Damaged(damage)) => {
            tracing::error!(damage, file = %path.display(), "the database is damaged");
            repair(files, &path)?;
            open_sound(&path).map_err(|trouble| match trouble {
                Trouble::Other(error) => error,
                Trouble::Damaged(damage) => OpenError::Obstacle(format!(
                    "{} is damaged, and so is its copy: {damage}",
                    path.display()
                )),
            })
        }
    }
}

fn open_sound(path: &Path) -> Result<Connection, Trouble> {
    let db = schema::open(path)?;
    sound(&db)?;
    Ok(db)
}

/// Puts the last good backup in the place of a database that is missing.
fn replace_missing(files: &Files, path: &Path) -> Result<(), DiskError> {
    // A log without its database is not to be read into another one.
    if files.directory.join(format!("{DATABASE}-wal")).exists() {
        files.lost.database(&files.directory)?;
    }
    if let Some(backup) = files.backups.newest_good() {
        tracing::warn!(backup = %backup.display(), "the database is missing, so its last backup takes its place");
        put(files, &backup, path)?;
    }
    Ok(())
}

/// Copies a database to the place of another one.
fn put(files: &Files, from: &Path, to: &Path) -> Result<(), DiskError> {
    let unfinished = temporary(to);
    std::fs::copy(from, &unfinished)?;
    files.disk.reach(Point::Sync)?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    files.disk.rename(&unfinished, to)?;
    Ok(files.disk.sync(&files.directory)?)
}

/// Sets a damaged database aside. What can be read of it takes its place, or the last good backup if that has more.
fn repair(files: &Files, path: &Path) -> Result<(), DiskError> {
    let copy = temporary(path);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(files.directory.join(format!("{}{suffix}", copy.display())));
    }
    let salvaged = salvage::salvage(path, &copy);
    let photos = match &salvaged {
        Ok(Salvaged { photos, damaged }) => {
            for (table, rows) in damaged {
                tracing::error!(
                    table,
                    rows,
                    "part of a table of the damaged database cannot be read; so many rows could"
                );
            }
            *photos
        }
        Err(error) => {
            tracing::error!(%error, "nothing of the damaged database can be read");
            0
        }
    };
    files.lost.database(&files.directory)?;
    let backup = files.backups.newest_good();
    let backup = backup.filter(|backup| salvaged.is_err() || photos_in(backup) > photos);
    match (backup, salvaged) {
        (Some(backup), _) => {
            tracing::warn!(backup = %backup.display(), "the last backup takes the place of the damaged database");
            put(files, &backup, path)?;
            let _ = std::fs::remove_file(&copy);
        }
        (None, Ok(_)) => {
            files.disk.rename(&copy, path)?;
            files.disk.sync(&files.directory)?;
        }
        (None, Err(_)) => _ = std::fs::remove_file(&copy),
    }
    Ok(())
}

fn photos_in(backup: &Path) -> u64 {
    let opened = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let count = opened.and_then(|db| db.query_row("SELECT count(*) FROM images", [], |row| row.get(0)));
    count.unwrap_or(0)
}
