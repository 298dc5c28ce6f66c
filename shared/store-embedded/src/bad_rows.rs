//! Rows that cannot be read are set aside at the start, so that one of them does not stop everything.
//!
//! What can do without its damaged field keeps the rest: a shade without its swatch or model is still a shade.

use crate::error::DiskError;
use crate::files::Files;
use crate::{deletion, jobs, photos, rows, shades, uploads};
use jiff::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row};
use serde_json::{Value, json};

/// Reads every row once, and sets aside those that cannot be read.
pub fn set_aside(files: &Files, db: &Connection) -> Result<(), DiskError> {
    let shades = unreadable(db, "colors", shades::COLUMNS, shades::read_shade)?;
    for id in shades {
        keep(files, db, "colors", id)?;
        mend_shade(db, id)?;
    }
    for id in unreadable(db, "colors", shades::COLUMNS, shades::read_shade)? {
        remove(db, "colors", id)?;
    }
    for id in unreadable(db, "images", photos::COLUMNS, photos::read_photo)? {
        keep(files, db, "images", id)?;
        remove(db, "images", id)?;
    }
    for id in unreadable(db, "jobs", "body", jobs::read_job)? {
        keep(files, db, "jobs", id)?;
        remove(db, "jobs", id)?;
    }
    for id in unreadable(db, "uploads", "terms", uploads::read_terms)? {
        keep(files, db, "uploads", id)?;
        remove(db, "uploads", id)?;
    }
    for id in unreadable(db, "deletions", "body", deletion::read)? {
        keep(files, db, "deletions", id)?;
        remove(db, "deletions", id)?;
    }
    if !unreadable(db, "library", "instance, version", rows::read_version)?.is_empty() {
        db.execute("DELETE FROM library", [])?;
    }
    // Without its row, no answer could say which library it is of.
    db.execute(
        "INSERT INTO library SELECT lower(hex(randomblob(4))), 0 WHERE NOT EXISTS (SELECT 1 FROM library)",
        [],
    )?;
    Ok(())
}

/// The ids of the rows that `read` cannot read.
fn unreadable<T>(
    db: &Connection,
    table: &str,
    columns: &str,
    read: impl Fn(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<i64>, DiskError> {
    let mut statement = db.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let all_fine = {
        let mut rows = statement.query([])?;
        let mut fine = true;
        while let Some(row) = rows.next()? {
            fine &= read(row).is_ok();
        }
        fine
    };
    if all_fine {
        return Ok(Vec::new());
    }
    let ids = db
        .prepare(&format!("SELECT rowid FROM {table}"))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let mut one = db.prepare(&format!("SELECT {columns} FROM {table} WHERE rowid = ?1"))?;
    Ok(ids
        .into_iter()
        .filter(|id| one.query_row([id], |row| read(row)).is_err())
        .collect())
}

/// Writes a row to what is set aside, and names it in the log.
fn keep(files: &Files, db: &Connection, table: &str, id: i64) -> Result<(), DiskError> {
    tracing::error!(
        table,
        id,
        "a row of the database cannot be read, and is set aside"
    );
    let mut statement = db.prepare(&format!("SELECT * FROM {table} WHERE rowid = ?1"))?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let row = statement.query_row([id], |row| {
        let fields = names.iter().enumerate();
        fields
            .map(|(at, name)| Ok((name.clone(), as_json(row.get(at)?))))
            .collect::<rusqlite::Result<serde_json::Map<_, _>>>()
    })?;
    files.lost.row(table, &id.to_string(), &Value::Object(row))
}

fn as_json(value: Sql) -> Value {
    match value {
        Sql::Null => Value::Null,
        Sql::Integer(number) => json!(number),
        Sql::Real(number) => json!(number),
        Sql::Text(text) => json!(text),
        Sql::Blob(bytes) => json!(format!("{} bytes", bytes.len())),
    }
}

fn remove(db: &Connection, table: &str, id: i64) -> Result<(), DiskError> {
    db.execute(&format!("DELETE FROM {table} WHERE rowid = ?1"), [id])?;
    Ok(())
}

/// Clears the fields of a shade that cannot be read.
fn mend_shade(db: &Connection, id: i64) -> Result<(), DiskError> {
    let fields = "hex, created_at, model_info";
    let (hex, created_at, info) = db.query_row(
        &format!("SELECT {fields} FROM colors WHERE rowid = ?1"),
        [id],
        |row| {
            Ok((
                row.get::<_, Sql>(0)?,
                rows::parsed::<Timestamp>(row, 1),
                row.get::<_, Sql>(2)?,
            ))
        },
    )?;
    let is_hex = match &hex {
        Sql::Null => true,
        Sql::Text(text) => text.parse::<strand_color::Rgb>().is_ok(),
        _ => false,
    };
    if !is_hex {
        db.execute("UPDATE colors SET hex = NULL WHERE rowid = ?1", [id])?;
    }
    if created_at.is_err() {
        let now = Timestamp::now().to_string();
        db.execute("UPDATE colors SET created_at = ?2 WHERE rowid = ?1", (id, now))?;
    }
    let is_info = match &info {
        Sql::Null => true,
        Sql::Text(text) => serde_json::from_str::<strand_library::rows::ModelRow>(text).is_ok(),
        _ => false,
    };
    if !is_info {
        db.execute(
            "UPDATE colors SET model_info = NULL, model = NULL WHERE rowid = ?1",
            [id],
        )?;
    }
    Ok(())
}
