//! Brings back what was set aside: each photo to its shade, under its ids where these are free.

use crate::cards::{self, PhotoCard, SHADE_CARD, ShadeCard, card_of};
use crate::error::DiskError;
use crate::files::Files;
use crate::lost::LostPhoto;
use crate::{rows, shades};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;
use strand_library::ports::StoreError;
use strand_library::{hex_digest, name_key};
use strand_photo::Format;

/// What was brought back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Photos that are in the library again.
    pub photos: usize,
    /// Photos that the library had; the copies that were set aside are gone.
    pub known: usize,
    /// Shades that had to be created again.
    pub shades: usize,
    /// Photos that stay where they are, with the reason.
    pub left: Vec<(std::path::PathBuf, String)>,
}

/// Brings everything back that can be.
pub fn recover(files: &Files, db: &mut Connection) -> Result<Recovered, DiskError> {
    let mut recovered = Recovered::default();
    for (shade_id, directory) in files.lost.shades() {
        let target = shade_of(files, db, shade_id, &directory, &mut recovered)?;
        for photo in files.lost.photos() {
            if photo.file.parent() != Some(&directory) {
                continue;
            }
            match bring_back(files, db, target, &photo) {
                Ok(true) => recovered.photos += 1,
                Ok(false) => recovered.known += 1,
                Err(DiskError(error @ StoreError::Failed(_))) => {
                    recovered.left.push((photo.file.clone(), error.to_string()));
                    continue;
                }
                Err(error) => return Err(error),
            }
            files.lost.remove(&photo)?;
        }
        if directory.exists() {
            files.lost.tidy(&directory)?;
        }
    }
    Ok(recovered)
}

/// The shade that a directory's photos belong to: the one with its id and name, else the one with its name, else a new one.
fn shade_of(
    files: &Files,
    db: &mut Connection,
    shade_id: u64,
    directory: &Path,
    recovered: &mut Recovered,
) -> Result<u64, DiskError> {
    let card: Option<ShadeCard> = cards::read(&directory.join(SHADE_CARD));
    let Some(card) = card else {
        // Without a card, the id is all that is known.
        return match shades::name(db, shade_id) {
            Ok(_) => Ok(shade_id),
            Err(DiskError(StoreError::NotFound)) => {
                recovered.shades += 1;
                let card = ShadeCard {
                    id: shade_id,
                    name: format!("Recovered shade {shade_id}"),
                    description: None,
                    hex: None,
                    created_at: Timestamp::now().to_string(),
                };
                create(files, db, &card)
            }
            Err(error) => Err(error),
        };
    };
    let known: Option<u64> = db
        .query_row(
            "SELECT id FROM colors WHERE name_key = ?1",
            [name_key(&card.name)],
            |row| row.get(0),
        )
        .optional()?;
    match known {
        Some(id) => Ok(id),
        // It was renamed since.
        None if shades::name(db, shade_id).is_ok() => Ok(shade_id),
        None => {
            recovered.shades += 1;
            create(files, db, &ShadeCard { id: shade_id, ..card })
        }
    }
}

/// Creates a shade again, under its id.
fn create(files: &Files, db: &mut Connection, card: &ShadeCard) -> Result<u64, DiskError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let created_at = card.created_at.parse().unwrap_or_else(|_| Timestamp::now());
    transaction.execute(
        "INSERT INTO colors (id, name, name_key, description, hex, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            card.id,
            card.name,
            name_key(&card.name),
            card.description,
            card.hex.as_ref().filter(|hex| hex.parse::<strand_color::Rgb>().is_ok()),
            created_at.to_string()
        ],
    )?;
    rows::bump_version(&transaction)?;
    shades::outdate_card(&transaction, card.id)?;
    let shade = shades::shade(&transaction, card.id)?;
    files.commit(transaction)?;
    shades::write_card(&files.photos, db, &shade);
    Ok(card.id)
}

/// Copies a photo to its shade, and gives it a row; `false` if the shade has the same photo.
fn bring_back(
    files: &Files,
    db: &mut Connection,
    shade_id: u64,
    photo: &LostPhoto,
) -> Result<bool, DiskError> {
    let bytes = std::fs::read(&photo.file)?;
    let sha256 = hex_digest(&bytes);
    let known: Option<PhotoCard> = cards::read(&card_of(&photo.file));
    if known.as_ref().is_some_and(|card| card.sha256 != sha256) {
        return Err(StoreError::Failed("its bytes have changed since it was added".into()).into());
    }
    let (created_at, sent) = known.map_or_else(
        || (Timestamp::now(), None),
        |card| (card.created_at, card.sent_sha256),
    );
    let card = PhotoCard {
        id: photo.id,
        sent_sha256: Some(sent.unwrap_or_else(|| sha256.clone())),
        sha256,
        bytes: bytes.len() as u64,
        created_at,
    };
    let row: Option<u64> = db
        .query_row(
            "SELECT id FROM images WHERE color_id = ?1 AND sha256 = ?2",
            params![shade_id, card.sent_sha256],
            |row| row.get(0),
        )
        .optional()?;
    match row {
        Some(id) if files.photos.read(shade_id, id, photo.format).is_ok() => return Ok(false),
        // Its row is there, and its file was not.
        Some(id) => {
            let card = PhotoCard { id, ..card };
            files.photos.stage(shade_id, photo.format, &bytes, &card)?;
            files.photos.settle(shade_id, id, photo.format)?;
        }
        None => add(files, db, shade_id, photo.format, &bytes, card)?,
    }
    Ok(true)
}

/// Adds a photo with its row, under its id if that is free.
fn add(
    files: &Files,
    db: &mut Connection,
    shade_id: u64,
    format: Format,
    bytes: &[u8],
    card: PhotoCard,
) -> Result<(), DiskError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let taken = "SELECT EXISTS (SELECT 1 FROM images WHERE id = ?1)";
    let is_taken: bool = transaction.query_row(taken, [card.id], |row| row.get(0))?;
    transaction.execute(
        "INSERT INTO images (id, color_id, sha256, kept_sha256, format, bytes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            (!is_taken).then_some(card.id),
            shade_id,
            card.sent_sha256,
            card.sha256,
            format.extension(),
            card.bytes,
            card.created_at.to_string()
        ],
    )?;
    let id = transaction.last_insert_rowid() as u64;
    rows::bump_photos_revision(&transaction, shade_id)?;
    files
        .photos
        .stage(shade_id, format, bytes, &PhotoCard { id, ..card })?;
    files.commit(transaction)?;
    files.photos.settle(shade_id, id, format)
}
