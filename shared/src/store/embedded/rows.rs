//! Rows to values and back.

use crate::learning;
use crate::library::ports::{Features, ImageFeatures, StoreError, StoredShade};
use crate::library::types::{Color, Failure, Image, Job, JobState};
use crate::photo::Format;
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Unavailable(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// The only unique column a user's change can collide in is the name's key.
pub fn name_taken(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::NameTaken,
        _ => error.into(),
    }
}

pub fn found(rows_changed: usize) -> Result<(), StoreError> {
    if rows_changed == 0 {
        Err(StoreError::NotFound)
    } else {
        Ok(())
    }
}

pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    learning::pack(value).map_err(|error| StoreError::Failed(error.to_string()))
}

fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    learning::unpack(bytes).map_err(|error| StoreError::Failed(error.to_string()))
}

pub fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Failed(error.to_string()))
}

pub fn library_version(db: &rusqlite::Transaction) -> Result<String, StoreError> {
    let (instance, version) = db.query_row("SELECT instance, version FROM library", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
    })?;
    Ok(format!("{instance}-{version}"))
}

pub fn bump_version(db: &Connection) -> Result<(), StoreError> {
    db.execute("UPDATE library SET version = version + 1", [])?;
    Ok(())
}

pub fn bump_images_revision(db: &Connection, color_id: u64) -> Result<(), StoreError> {
    db.execute(
        "UPDATE colors SET images_revision = images_revision + 1 WHERE id = ?1",
        [color_id],
    )?;
    Ok(())
}

/// A column of text that parses; what does not was not written by us.
fn parsed<T: FromStr>(row: &Row, index: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(index)?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

pub fn format(row: &Row, index: usize) -> rusqlite::Result<Format> {
    let text: String = row.get(index)?;
    Format::from_extension(&text).ok_or(rusqlite::Error::InvalidColumnType(index, text, Type::Text))
}

const COLOR_COLUMNS: &str =
    "id, name, description, hex, created_at, images_revision, failed_revision, failed_space, model_info,
    (SELECT count(*) FROM images WHERE color_id = colors.id)";

fn read_color(row: &Row) -> rusqlite::Result<Color> {
    let info: Option<String> = row.get(8)?;
    let model = info.map(|text| serde_json::from_str(&text)).transpose();
    let hex: Option<String> = row.get(3)?;
    Ok(Color {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        hex: hex.map(|_| parsed(row, 3)).transpose()?,
        created_at: parsed(row, 4)?,
        images_revision: row.get(5)?,
        failure: row
            .get::<_, Option<u64>>(6)?
            .zip(row.get(7)?)
            .map(|(images_revision, space)| Failure {
                images_revision,
                space,
            }),
        model: model
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(8, Type::Text, Box::new(error)))?,
        image_count: row.get(9)?,
        claimed_until: None,
    })
}

pub fn color(db: &Connection, id: u64) -> Result<Color, StoreError> {
    let query = format!("SELECT {COLOR_COLUMNS} FROM colors WHERE id = ?1");
    db.prepare_cached(&query)?
        .query_row([id], read_color)
        .optional()?
        .ok_or(StoreError::NotFound)
}

pub fn colors(db: &Connection, before: Option<u64>, limit: usize) -> Result<Vec<Color>, StoreError> {
    let query = format!("SELECT {COLOR_COLUMNS} FROM colors WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    let before = before.map_or(i64::MAX, |id| i64::try_from(id).unwrap_or(i64::MAX));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(db
        .prepare_cached(&query)?
        .query_map(params![before, limit], read_color)?
        .collect::<Result<_, _>>()?)
}

const IMAGE_COLUMNS: &str = "id, color_id, sha256, format, bytes, created_at,
    EXISTS (SELECT 1 FROM features WHERE image_id = images.id)";

fn read_image(row: &Row) -> rusqlite::Result<Image> {
    Ok(Image {
        id: row.get(0)?,
        color_id: row.get(1)?,
        sha256: row.get(2)?,
        format: format(row, 3)?,
        bytes: row.get(4)?,
        created_at: parsed(row, 5)?,
        is_processed: row.get(6)?,
    })
}

pub fn images(db: &Connection, color_id: u64) -> Result<Vec<Image>, StoreError> {
    let query = format!("SELECT {IMAGE_COLUMNS} FROM images WHERE color_id = ?1 ORDER BY id DESC");
    Ok(db
        .prepare_cached(&query)?
        .query_map([color_id], read_image)?
        .collect::<Result<_, _>>()?)
}

pub fn image(db: &Connection, color_id: u64, image_id: u64) -> Result<Image, StoreError> {
    let query = format!("SELECT {IMAGE_COLUMNS} FROM images WHERE id = ?1 AND color_id = ?2");
    let row = db
        .prepare_cached(&query)?
        .query_row(params![image_id, color_id], read_image);
    row.optional()?.ok_or(StoreError::NotFound)
}

pub fn image_of_bytes(db: &Connection, color_id: u64, sha256: &str) -> Result<Option<Image>, StoreError> {
    let query = format!("SELECT {IMAGE_COLUMNS} FROM images WHERE color_id = ?1 AND sha256 = ?2");
    Ok(db
        .prepare_cached(&query)?
        .query_row(params![color_id, sha256], read_image)
        .optional()?)
}

pub fn features_of(db: &Connection, color_id: u64, space: &str) -> Result<Vec<ImageFeatures>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT image_id, packed FROM features JOIN images ON images.id = image_id
         WHERE space = ?1 AND color_id = ?2 ORDER BY image_id",
    )?;
    let rows = statement.query_map(params![space, color_id], |row| {
        Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    rows.map(|row| {
        let (image_id, packed) = row?;
        Ok(ImageFeatures {
            image_id,
            features: unpack::<Features>(&packed)?,
        })
    })
    .collect()
}

pub fn shades(db: &Connection) -> Result<Vec<StoredShade>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, name, hex, model FROM colors ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut shades = Vec::new();
    while let Some(row) = rows.next()? {
        let (color_id, name) = (row.get(0)?, row.get(1)?);
        let hex: Option<String> = row.get(2)?;
        let hex = hex.map(|_| parsed(row, 2)).transpose()?;
        let packed: Option<Vec<u8>> = row.get(3)?;
        // A damaged model must not take the whole library out of service: its shade goes without until retrained.
        let model = packed.and_then(|bytes| match unpack(&bytes) {
            Ok(model) => Some(model),
            Err(error) => {
                tracing::error!(color_id, %error, "a model cannot be read; train the shade again");
                None
            }
        });
        shades.push(StoredShade {
            color_id,
            name,
            hex,
            model,
        });
    }
    Ok(shades)
}

pub fn put_job(db: &Connection, job: &Job) -> Result<(), StoreError> {
    let over = matches!(job.state, JobState::Succeeded | JobState::Failed);
    found(db.execute(
        "UPDATE jobs SET over = ?2, body = ?3 WHERE id = ?1",
        params![job.id, over, json(job)?],
    )?)
}
