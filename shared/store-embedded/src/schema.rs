//! The tables, and the upgrade of a database from an earlier version.

use crate::database::Trouble;
use crate::disk::create_private;
use crate::obstacle::OpenError;
use rusqlite::Connection;
use std::path::Path;

/// One step per schema version, in order; `user_version` counts the applied steps. Steps are only ever added.
const STEPS: &[&str] = &[
    "
    -- AUTOINCREMENT: an id is never given twice, deleted rows included.
    CREATE TABLE colors (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        description TEXT,
        hex TEXT,
        created_at TEXT NOT NULL,
        images_revision INTEGER NOT NULL DEFAULT 0,
        failed_revision INTEGER,
        models_made INTEGER NOT NULL DEFAULT 0,
        model_info TEXT,
        model BLOB
    );
    CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        color_id INTEGER NOT NULL REFERENCES colors (id) ON DELETE CASCADE,
        sha256 TEXT NOT NULL,
        format TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        UNIQUE (color_id, sha256)
    );
    CREATE TABLE features (
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        space TEXT NOT NULL,
        packed BLOB NOT NULL,
        PRIMARY KEY (space, image_id)
    );
    CREATE INDEX features_by_image ON features (image_id);
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        over INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX jobs_at_work ON jobs (id) WHERE over = 0;
    CREATE TABLE library (instance TEXT NOT NULL, version INTEGER NOT NULL);
    -- The instance tells this library's versions from those of any other.
    INSERT INTO library VALUES (lower(hex(randomblob(4))), 0);
",
    // Without its feature space, it is unknown whether a failure would recur, so the shade may be trained again.
    "ALTER TABLE colors ADD COLUMN failed_space TEXT;",
    "
    CREATE TABLE uploads (
        key TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL, -- seconds since 1970
        terms TEXT NOT NULL
    );
",
    // From here on, models may have format 3, which earlier versions cannot read.
    "",
    "
    -- Deletions that have begun: see deletion.rs.
    CREATE TABLE deletions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        body TEXT NOT NULL
    );
    -- Shades whose card is not written, or not up to date. At first, no shade has a card.
    CREATE TABLE unwritten_cards (color_id INTEGER PRIMARY KEY REFERENCES colors (id) ON DELETE CASCADE);
    INSERT INTO unwritten_cards SELECT id FROM colors;
",
    "
    -- Times in milliseconds since 1970.
    ALTER TABLE jobs ADD COLUMN holder TEXT;
    ALTER TABLE jobs ADD COLUMN held_until INTEGER;
    ALTER TABLE jobs ADD COLUMN over_at INTEGER;
",
    "
    CREATE TABLE answers (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        holder TEXT NOT NULL,
        held_until INTEGER NOT NULL, -- milliseconds since 1970, as is expires_at
        expires_at INTEGER NOT NULL,
        color_id INTEGER,
        answer TEXT
    );
",
    "
    -- sha256 is that of what was sent. Of photos from before this step, the same bytes are kept.
    ALTER TABLE images ADD COLUMN kept_sha256 TEXT;
",
];

/// The tables, in the order in which their rows refer to each other, and columns that each must have.
pub const TABLES: [(&str, &str); 8] = [
    ("library", "instance, version"),
    (
        "colors",
        "id, name, name_key, description, hex, created_at, images_revision, failed_revision, failed_space, models_made, model_info, model",
    ),
    ("images", "id, color_id, sha256, format, bytes, created_at"),
    ("features", "image_id, space, packed"),
    ("jobs", "id, over, body"),
    ("uploads", "key, expires_at, terms"),
    ("deletions", "id, body"),
    ("unwritten_cards", "color_id"),
];

/// The columns of a table that a database has: those of [`TABLES`], and the one that a backup of an earlier version lacks.
pub fn columns(db: &Connection, table: &str, columns: &str) -> String {
    if table == "images" && db.prepare("SELECT kept_sha256 FROM images").is_ok() {
        return format!("{columns}, kept_sha256");
    }
    columns.to_owned()
}

/// Opens the database, creating or upgrading it.
pub fn open(path: &Path) -> Result<Connection, Trouble> {
    create_private(path)?;
    let mut connection = Connection::open(path)?;
    // One process uses the directory, so the log needs no memory shared with others, which network file systems lack.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Synced at every commit, so acknowledged writes survive power loss.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    // Model and feature blobs are read once and cached decoded, so two megabytes of page cache are plenty.
    connection.pragma_update(None, "cache_size", -2000)?;
    let taken: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if taken > STEPS.len() {
        return Err(Trouble::Other(OpenError::Newer {
            path: path.to_owned(),
            found: taken,
            known: STEPS.len(),
        }));
    }
    for (index, step) in STEPS.iter().enumerate().skip(taken) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    if (1..STEPS.len()).contains(&taken) {
        // Earlier versions did not overwrite what they deleted.
        if let Err(error) = connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the upgraded database could not be rewritten");
        }
    }
    Ok(connection)
}

/// A database of an earlier schema.
#[cfg(test)]
pub fn at_step(path: &Path, steps: usize) -> Connection {
    let old = Connection::open(path).unwrap();
    for step in &STEPS[..steps] {
        old.execute_batch(step).unwrap();
    }
    old.pragma_update(None, "user_version", steps).unwrap();
    old
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shades;

    #[test]
    fn a_database_of_the_first_version_is_upgraded() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("strand.db");
        let old = at_step(&path, 1);
        old.execute(
            "INSERT INTO colors (name, name_key, created_at, failed_revision)
             VALUES ('a', 'a', '2026-11-23T06:00:00Z', 0)",
            [],
        )
        .unwrap();
        drop(old);
        let shade = shades::shade(&open(&path).unwrap(), 1).unwrap();
        assert_eq!((shade.name.as_str(), shade.failure), ("a", None));
        // Upgrading again changes nothing.
        open(&path).unwrap();
    }
}
