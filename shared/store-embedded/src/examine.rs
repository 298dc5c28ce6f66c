//! The complete check of a library: every page, row, measurement, model, and photo.

use crate::database::{self, Trouble};
use crate::error::DiskError;
use crate::files::Files;
use crate::lost::SetAside;
use crate::photos;
use rusqlite::Connection;
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
    let mut found = Examination {
        set_aside: files.lost.summary(),
        backup: files.backups.newest_good().and_then(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some(name.trim_start_matches("strand-").to_owned())
        }),
        has_room: files.reserve.is_filled(),
        network: crate::obstacle::network(&files.directory),
        ..Examination::default()
    };
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

fn examine_photos(files: &Files, db: &Connection, found: &mut Examination) -> Result<(), DiskError> {
    let mut statement = db.prepare(&format!("SELECT {} FROM images ORDER BY id", photos::COLUMNS))?;
    for photo in statement.query_map([], photos::read_photo)? {
        let photo = photo?;
        found.photos += 1;
        let (shade_id, id) = (photo.shade_id, photo.id);
        match files.photos.read(shade_id, id, photo.format) {
            Ok(bytes) if hex_digest(&bytes) == photo.sha256 => {}
            Ok(_) => {
                let damage = format!(
                    "the photo with the ID {id} of the shade with the ID {shade_id} has changed on the disk"
                );
                found.damage.push(damage);
            }
            Err(error) => {
                let damage = format!(
                    "the photo with the ID {id} of the shade with the ID {shade_id} cannot be read: {error}"
                );
                found.damage.push(damage);
            }
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
