//! Shared code for reading and writing rows: errors, columns, JSON, counters.

use crate::error::{DiskError, broken};
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use strand_library::ports::StoreError;
use strand_photo::Format;

/// A user's change can violate only one unique column, the name's key.
pub fn name_taken(error: rusqlite::Error) -> DiskError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::NameTaken.into(),
        _ => error.into(),
    }
}

pub fn found(rows_changed: usize) -> Result<(), DiskError> {
    if rows_changed == 0 {
        Err(StoreError::NotFound.into())
    } else {
        Ok(())
    }
}

pub fn json<T: Serialize>(value: &T) -> Result<String, DiskError> {
    serde_json::to_string(value).map_err(broken)
}

pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DiskError> {
    serde_json::from_str(text).map_err(broken)
}

pub fn read_version(row: &Row) -> rusqlite::Result<(String, u64)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub fn library_version(db: &rusqlite::Transaction) -> Result<String, DiskError> {
    let (instance, version) = db.query_row("SELECT instance, version FROM library", [], read_version)?;
    Ok(format!("{instance}-{version}"))
}

pub fn bump_version(db: &Connection) -> Result<(), DiskError> {
    db.execute("UPDATE library SET version = version + 1", [])?;
    Ok(())
}

pub fn bump_photos_revision(db: &Connection, shade_id: u64) -> Result<(), DiskError> {
    db.execute(
        "UPDATE colors SET images_revision = images_revision + 1 WHERE id = ?1",
        [shade_id],
    )?;
    Ok(())
}

/// A text column that parses to a value. If it does not parse, Strand did not write it.
pub fn parsed<T: FromStr>(row: &Row, index: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(index)?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// A text column of JSON.
pub fn parsed_json<T: DeserializeOwned>(row: &Row, index: usize) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

pub fn format(row: &Row, index: usize) -> rusqlite::Result<Format> {
    let text: String = row.get(index)?;
    Format::from_extension(&text).ok_or(rusqlite::Error::InvalidColumnType(index, text, Type::Text))
}
