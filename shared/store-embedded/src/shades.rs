//! Shades: the table `colors`.

use crate::Embedded;
use crate::cards::ShadeCard;
use crate::deletion::Deletion;
use crate::error::DiskError;
use crate::files::Files;
use crate::photo_files::PhotoFiles;
use crate::rows;
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use strand_library::ports::{Shades, StoreError};
use strand_library::rows::ModelRow;
use strand_library::{ModelInfo, NewShade, Shade, ShadeChange, TrainingFailure, name_key};

pub const COLUMNS: &str =
    "id, name, description, hex, created_at, images_revision, failed_revision, failed_space, model_info,
    (SELECT count(*) FROM images WHERE color_id = colors.id)";

pub fn read_shade(row: &Row) -> rusqlite::Result<Shade> {
    let info: Option<String> = row.get(8)?;
    let model = info
        .map(|text| serde_json::from_str::<ModelRow>(&text))
        .transpose();
    let hex: Option<String> = row.get(3)?;
    Ok(Shade {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        hex: hex.map(|_| rows::parsed(row, 3)).transpose()?,
        created_at: rows::parsed(row, 4)?,
        photos_revision: row.get(5)?,
        failure: row
            .get::<_, Option<u64>>(6)?
            .zip(row.get(7)?)
            .map(|(photos_revision, space)| TrainingFailure {
                photos_revision,
                space,
            }),
        model: model
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(8, Type::Text, Box::new(error)))?
            .map(ModelInfo::from),
        photo_count: row.get(9)?,
        claimed_until: None,
    })
}

pub fn shade(db: &Connection, id: u64) -> Result<Shade, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM colors WHERE id = ?1");
    db.prepare_cached(&query)?
        .query_row([id], read_shade)
        .optional()?
        .ok_or(DiskError(StoreError::NotFound))
}

/// The name of a shade, or [`StoreError::NotFound`].
pub fn name(db: &Connection, id: u64) -> Result<String, DiskError> {
    db.prepare_cached("SELECT name FROM colors WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(DiskError(StoreError::NotFound))
}

/// The card of a shade.
pub fn card(shade: &Shade) -> ShadeCard {
    ShadeCard {
        id: shade.id,
        name: shade.name.clone(),
        description: shade.description.clone(),
        hex: shade.hex.map(|hex| hex.to_string()),
        created_at: shade.created_at.to_string(),
    }
}

/// Notes in a transaction that the card of a shade is to be written when it is committed.
pub fn outdate_card(db: &Connection, id: u64) -> Result<(), DiskError> {
    db.execute("INSERT OR IGNORE INTO unwritten_cards VALUES (?1)", [id])?;
    Ok(())
}

/// Writes the card of a shade as it is now. If this fails, the card is written later.
pub fn write_card(photos: &PhotoFiles, db: &Connection, shade: &Shade) {
    let written = photos.put_shade_card(&card(shade)).and_then(|()| {
        // Written twice after power loss, a card is the same. So this needs no sync of its own.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        let done = db.execute("DELETE FROM unwritten_cards WHERE color_id = ?1", [shade.id]);
        db.pragma_update(None, "synchronous", "FULL")?;
        done?;
        Ok(())
    });
    if let Err(error) = written {
        tracing::warn!(shade = shade.id, %error, "the card of a shade is written later");
    }
}

fn shades(db: &Connection, before: Option<u64>, limit: usize) -> Result<Vec<Shade>, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM colors WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    let before = before.map_or(i64::MAX, |id| i64::try_from(id).unwrap_or(i64::MAX));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(db
        .prepare_cached(&query)?
        .query_map(params![before, limit], read_shade)?
        .collect::<Result<_, _>>()?)
}

fn put_card(files: &Files, db: &Connection, shade: &Shade) {
    write_card(&files.photos, db, shade);
}

#[async_trait]
impl Shades for Embedded {
    async fn create_shade(&self, new: NewShade) -> Result<Shade, StoreError> {
        self.write_and_then(move |db, _| {
            db.execute(
                "INSERT INTO colors (name, name_key, description, hex, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    new.name,
                    name_key(&new.name),
                    new.description,
                    new.hex.map(|hex| hex.to_string()),
                    Timestamp::now().to_string()
                ],
            )
            .map_err(rows::name_taken)?;
            let id = db.last_insert_rowid() as u64;
            rows::bump_version(db)?;
            outdate_card(db, id)?;
            shade(db, id)
        }, put_card)
        .await
    }

    async fn shade(&self, id: u64) -> Result<Shade, StoreError> {
        self.read(move |db| shade(db, id)).await
    }

    async fn shades(&self, before: Option<u64>, limit: usize) -> Result<Vec<Shade>, StoreError> {
        self.read(move |db| shades(db, before, limit)).await
    }

    async fn update_shade(&self, id: u64, change: ShadeChange) -> Result<Shade, StoreError> {
        self.write_and_then(
            move |db, _| {
                shade(db, id)?;
                if let Some(name) = change.name {
                    db.execute(
                        "UPDATE colors SET name = ?2, name_key = ?3 WHERE id = ?1",
                        params![id, name, name_key(&name)],
                    )
                    .map_err(rows::name_taken)?;
                }
                if let Some(description) = change.description {
                    db.execute(
                        "UPDATE colors SET description = ?2 WHERE id = ?1",
                        params![id, description],
                    )?;
                }
                if let Some(hex) = change.hex {
                    let hex = hex.map(|hex| hex.to_string());
                    db.execute("UPDATE colors SET hex = ?2 WHERE id = ?1", params![id, hex])?;
                }
                rows::bump_version(db)?;
                outdate_card(db, id)?;
                shade(db, id)
            },
            put_card,
        )
        .await
    }

    async fn delete_shade(&self, id: u64) -> Result<(), StoreError> {
        self.delete(move |db| Deletion::of_shade(db, id)).await
    }

    async fn put_failure(&self, id: u64, failure: TrainingFailure) -> Result<(), StoreError> {
        self.write(move |db, _| {
            rows::found(db.execute(
                "UPDATE colors SET failed_revision = ?2, failed_space = ?3 WHERE id = ?1",
                params![id, failure.photos_revision, failure.space],
            )?)
        })
        .await
    }
}
