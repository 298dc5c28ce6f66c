//! The complete check of a library: every page, row, measurement, model, and photo. Beside a process that uses the library,
//! whose database no other can read, photos are compared with their cards.

use crate::backups::Backups;
use crate::cards::{self, PhotoCard};
use crate::database::{self, Trouble};
use crate::disk::{Disk, entries, number};
use crate::error::DiskError;
use crate::files::Files;
use crate::lost::{Lost, SetAside};
use crate::photo_files::photo_of;
use crate::photos;
use crate::reserve::Reserve;
use rusqlite::Connection;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use strand_learning::{ShadeModel, unpack};
use strand_library::hex_digest;
use strand_library::ports::Measurement;

/// What a complete check found.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// Each damage in one sentence, without a full stop.
    pub damage: Vec<String>,
    /// What was set aside and waits to be brought back.
    pub set_aside: SetAside,
    /// The newest backup that can be read: its date.
    pub backup: Option<String>,
    /// How many photos were read and compared with their SHA-256.
    pub photos: usize,
    /// Whether the room for deletions on a full disk is kept. If not, the disk is full.
    pub has_room: bool,
    /// The name of the network file system that holds the library, if one does.
    pub network: Option<&'static str>,
}

/// Checks everything. Changes nothing.
pub fn examine(files: &Files, db: &Connection) -> Result<Examination, DiskError> {
    let mut found = about(&files.directory, &files.lost, &files.backups, &files.reserve);
    if let Err(trouble) = database::sound_in_full(db) {
        found.damage.push(match trouble {
            Trouble::Damaged(damage) => format!("the database is damaged: {damage}"),
            Trouble::Other(error) => format!("the database cannot be checked: {error}"),
        });
    }
    examine_photos(files, db, &mut found)?;
    examine_blobs(db, &mut found)?;
    Ok(found)
}

/// Checks what can be checked beside a process that uses the library. Writes and locks nothing.
pub fn look(directory: &Path) -> Result<Examination, DiskError> {
    let lost = Lost::open(directory, Disk::default());
    let backups = Backups::open(directory, Disk::default());
    let mut found = about(directory, &lost, &backups, &Reserve::open(directory));
    let mut missing = Vec::new();
    for shade in entries(&directory.join("photos"))? {
        let Some(shade_id) = number(&shade.file_name()) else {
            continue;
        };
        let files: Vec<PathBuf> = entries(&shade.path())?.iter().map(fs::DirEntry::path).collect();
        let photos: HashMap<u64, &PathBuf> = files
            .iter()
            .filter_map(|file| Some((photo_of(file)?.0, file)))
            .collect();
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
        {
            let Some(card) = cards::read::<PhotoCard>(file) else {
                continue;
            };
            match photos.get(&card.id).map(fs::read) {
                Some(Ok(bytes)) => {
                    found.photos += 1;
                    if hex_digest(&bytes) != card.sha256 {
                        found.damage.push(changed(shade_id, card.id));
                    }
                }
                Some(Err(error)) if error.kind() != ErrorKind::NotFound => {
                    found.damage.push(unreadable(shade_id, card.id, &error));
                }
                _ => missing.push((shade_id, card.id, file.clone())),
            }
        }
    }
    // Looked for again: a photo gets its name after its card, and loses it before.
    for (shade_id, id, card) in missing {
        let beside = entries(card.parent().unwrap_or(directory))?;
        let is_there = |entry: &fs::DirEntry| photo_of(&entry.path()).is_some_and(|(other, _)| other == id);
        if card.exists() && !beside.iter().any(is_there) {
            found
                .damage
                .push(unreadable(shade_id, id, &"its file is missing"));
        }
    }
    Ok(found)
}

/// What does not depend on the database.
fn about(directory: &Path, lost: &Lost, backups: &Backups, reserve: &Reserve) -> Examination {
    Examination {
        set_aside: lost.summary(),
        backup: backups.newest_good().and_then(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some(name.trim_start_matches("strand-").to_owned())
        }),
        has_room: reserve.is_filled(),
        network: crate::obstacle::network(directory),
        ..Examination::default()
    }
}

fn changed(shade_id: u64, id: u64) -> String {
    format!("the photo with the ID {id} of the shade with the ID {shade_id} has changed on the disk")
}

fn unreadable(shade_id: u64, id: u64, error: &dyn std::fmt::Display) -> String {
    format!("the photo with the ID {id} of the shade with the ID {shade_id} cannot be read: {error}")
}

fn examine_photos(files: &Files, db: &Connection, found: &mut Examination) -> Result<(), DiskError> {
    let mut statement = db.prepare(&format!("SELECT {} FROM images ORDER BY id", photos::COLUMNS))?;
    for photo in statement.query_map([], photos::read_photo)? {
        let photo = photo?;
        found.photos += 1;
        let (shade_id, id) = (photo.shade_id, photo.id);
        match files.photos.read(shade_id, id, photo.format) {
            Ok(bytes) if hex_digest(&bytes) == photo.kept_sha256 => {}
            Ok(_) => found.damage.push(changed(shade_id, id)),
            Err(error) => found.damage.push(unreadable(shade_id, id, &error)),
        }
    }
    Ok(())
}

fn examine_blobs(db: &Connection, found: &mut Examination) -> Result<(), DiskError> {
    let mut statement = db.prepare("SELECT image_id, packed FROM features ORDER BY image_id")?;
    for row in statement.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?)))? {
        let (id, packed) = row?;
        if let Err(error) = unpack::<Measurement>(Measurement::PACKED_SINCE, &packed) {
            found.damage.push(format!(
                "what was measured of the photo with the ID {id} cannot be read, and is measured again: {error}"
            ));
        }
    }
    let mut statement = db.prepare("SELECT id, model FROM colors WHERE model IS NOT NULL ORDER BY id")?;
    for row in statement.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?)))? {
        let (id, packed) = row?;
        if let Err(error) = ShadeModel::unpack(&packed) {
            found.damage.push(format!(
                "the model of the shade with the ID {id} cannot be read until the shade is trained again: {error}"
            ));
        }
    }
    Ok(())
}
