//! The start: what a crash has left is completed, and what nobody knows is set aside. Nothing is erased but what the record
//! of a deletion names, and photos that were never acknowledged.

use crate::cards::{SHADE_CARD, card_of};
use crate::disk::{TEMPORARY, entries, number};
use crate::error::DiskError;
use crate::files::Files;
use crate::marks::Ids;
use crate::photo_files::{NEW, photo_of};
use crate::{answers, bad_rows, deletion, jobs, photos, shades};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use strand_library::StoredPhoto;

/// Brings files and rows together.
pub fn reconcile(files: &Files, db: &mut Connection) -> Result<(), DiskError> {
    bad_rows::set_aside(files, db)?;
    continue_ids(files, db)?;
    files.reserve.fill();
    jobs::begin(db)?;
    answers::reset(db)?;
    deletion::resume(files, db)?;
    files.uploads.sweep(db)?;
    photos_and_rows(files, db)?;
    write_cards(files, db)?;
    files.checkpoint(db)
}

/// Makes the database give ids above every one that was ever given, whatever became of it.
fn continue_ids(files: &Files, db: &Connection) -> Result<(), DiskError> {
    let mut given = files.marks.known().max(files.lost.ids()).max(ids_of(files));
    for (table, id) in [
        ("colors", &mut given.shades),
        ("images", &mut given.photos),
        ("jobs", &mut given.jobs),
    ] {
        let last: Option<u64> = db.query_row(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = ?1",
            [table],
            |row| row.get(0),
        )?;
        if last.unwrap_or(0) < *id {
            db.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
            db.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                params![table, *id],
            )?;
        }
        *id = (*id).max(last.unwrap_or(0));
    }
    files.marks.raise(given)
}

/// The highest ids among the files of photos.
fn ids_of(files: &Files) -> Ids {
    let mut ids = Ids::default();
    for directory in entries(files.photos.root()).unwrap_or_default() {
        let Some(shade_id) = number(&directory.file_name()) else {
            continue;
        };
        ids = ids.max(Ids::shade(shade_id));
        let photos = entries(&directory.path()).unwrap_or_default();
        let photos = photos.iter().filter_map(|entry| photo_of(&entry.path()));
        ids = photos.map(|(id, _)| Ids::photo(id)).fold(ids, Ids::max);
    }
    ids
}

/// The rows of shades and photos.
struct Known {
    shades: HashSet<u64>,
    /// By shade and id.
    photos: HashMap<(u64, u64), StoredPhoto>,
}

impl Known {
    fn read(db: &Connection) -> Result<Self, DiskError> {
        let shades = db
            .prepare("SELECT id FROM colors")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let photos = db
            .prepare(&format!("SELECT {} FROM images", photos::COLUMNS))?
            .query_map([], |row| {
                let photo = photos::read_photo(row)?;
                Ok(((photo.shade_id, photo.id), photo))
            })?
            .collect::<Result<_, _>>()?;
        Ok(Self { shades, photos })
    }

    /// The row of a photo's file.
    fn photo(&self, shade_id: u64, file: &Path) -> Option<&StoredPhoto> {
        let (id, format) = photo_of(file)?;
        let photo = self.photos.get(&(shade_id, id))?;
        (photo.format == format).then_some(photo)
    }

    /// Whether a photo's card has a row.
    fn has_card(&self, shade_id: u64, card: &Path) -> bool {
        card_id(card).is_some_and(|id| self.photos.contains_key(&(shade_id, id)))
    }
}

/// The id in the name of a photo's card.
fn card_id(card: &Path) -> Option<u64> {
    let is_json = card.extension().is_some_and(|end| end == "json");
    is_json.then(|| number(card.file_stem()?)).flatten()
}

/// Compares the files of photos with their rows.
fn photos_and_rows(files: &Files, db: &Connection) -> Result<(), DiskError> {
    let known = Known::read(db)?;
    let (mut there, mut set_aside) = (0, 0);
    for directory in entries(files.photos.root())? {
        let (path, name) = (directory.path(), directory.file_name());
        if name.to_string_lossy().starts_with(TEMPORARY) {
            files.disk.remove(&path)?;
        } else if let Some(shade_id) = number(&name).filter(|_| path.is_dir()) {
            match entries(&path) {
                Ok(_) => {
                    complete(files, &path, shade_id, &known)?;
                    there += write_photo_cards(files, &path, shade_id, &known)?;
                    set_aside += set_unknown_aside(files, &path, shade_id, &known)?;
                }
                // The rest works.
                Err(error) => {
                    tracing::error!(directory = %path.display(), %error, "a directory of photos cannot be read");
                }
            }
        }
    }
    let missing = known.photos.len() - there;
    if missing > 0 {
        tracing::error!(missing, directory = %files.photos.root().display(), "photos of the library are missing on disk");
    }
    if set_aside > 0 {
        tracing::warn!(
            photos = set_aside,
            directory = %files.lost.root().display(),
            "photos that the database does not know were set aside; they can be brought back"
        );
    }
    Ok(())
}

/// Completes what was being written when the process died. A new photo is kept if its row was committed; else it was never
/// acknowledged.
fn complete(files: &Files, directory: &Path, shade_id: u64, known: &Known) -> Result<(), DiskError> {
    for entry in entries(directory)? {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if let Some(permanent) = name.strip_prefix(NEW).map(|name| directory.join(name)) {
            if known.photo(shade_id, &permanent).is_some() || known.has_card(shade_id, &permanent) {
                files.disk.rename(&path, &permanent)?;
            } else {
                tracing::info!(file = %path.display(), "removing a photo whose upload was interrupted");
                files.disk.remove(&path)?;
            }
        } else if name.starts_with(TEMPORARY) {
            files.disk.remove(&path)?;
        }
    }
    Ok(())
}

/// Writes the cards that photos lack, which earlier versions did not write. Returns how many known photos are there.
fn write_photo_cards(
    files: &Files,
    directory: &Path,
    shade_id: u64,
    known: &Known,
) -> Result<usize, DiskError> {
    let paths: HashSet<PathBuf> = entries(directory)?.iter().map(fs::DirEntry::path).collect();
    let mut there = 0;
    for path in &paths {
        let Some(photo) = known.photo(shade_id, path) else {
            continue;
        };
        there += 1;
        if !paths.contains(&card_of(path)) {
            files.photos.put_photo_card(path, &photos::card(photo))?;
        }
    }
    Ok(there)
}

/// Sets aside the photos and the shade that no row names, and removes cards that nothing belongs to. Returns how many photos
/// were set aside.
fn set_unknown_aside(
    files: &Files,
    directory: &Path,
    shade_id: u64,
    known: &Known,
) -> Result<usize, DiskError> {
    let mut set_aside = 0;
    for path in entries(directory)?.iter().map(fs::DirEntry::path) {
        if photo_of(&path).is_some() && known.photo(shade_id, &path).is_none() {
            tracing::warn!(file = %path.display(), "a photo that the database does not know is set aside");
            files.lost.photo(&path, shade_id)?;
            set_aside += 1;
        }
    }
    for path in entries(directory)?.iter().map(fs::DirEntry::path) {
        if card_id(&path).is_some() && !known.has_card(shade_id, &path) {
            files.disk.remove(&path)?;
        }
    }
    if !known.shades.contains(&shade_id) {
        files.lost.shade_card(&directory.join(SHADE_CARD), shade_id)?;
        files.disk.remove_if_empty(directory)?;
    }
    Ok(set_aside)
}

/// Writes the cards of shades that are not written or not up to date.
pub fn write_cards(files: &Files, db: &Connection) -> Result<(), DiskError> {
    let ids = db
        .prepare("SELECT color_id FROM unwritten_cards")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<u64>, _>>()?;
    for id in ids {
        shades::write_card(&files.photos, db, &shades::shade(db, id)?);
    }
    Ok(())
}
