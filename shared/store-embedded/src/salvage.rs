//! Reads what can be read of a damaged database, row by row.

use crate::database::Trouble;
use crate::schema::{self, TABLES};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params, params_from_iter};
use std::path::Path;

/// How often the rows of one table are asked for, at most. A damaged page hides a few hundred rows; each costs two.
const PROBES: usize = 5_000;

/// What was read.
pub struct Salvaged {
    /// How many photos have their row.
    pub photos: u64,
    /// The tables that could not be read completely, with the number of rows that could.
    pub damaged: Vec<(&'static str, usize)>,
}

/// Copies the readable rows of the database `from` to a new one.
pub fn salvage(from: &Path, to: &Path) -> Result<Salvaged, Trouble> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let target = schema::open(to)?;
    target.pragma_update(None, "foreign_keys", false)?;
    target.execute_batch("BEGIN")?;
    let mut damaged = Vec::new();
    for (table, columns) in TABLES {
        let mut copy = Copy {
            source: &source,
            target: &target,
            table,
            columns: schema::columns(&source, table, columns),
            probes: PROBES,
            rows: 0,
            is_damaged: false,
        };
        if table == "library" {
            copy.library()?;
        } else {
            copy.range(1, last(&source, table))?;
        }
        if copy.is_damaged {
            damaged.push((table, copy.rows));
        }
    }
    target.execute_batch(
        "DELETE FROM images WHERE color_id NOT IN (SELECT id FROM colors);
         DELETE FROM features WHERE image_id NOT IN (SELECT id FROM images);
         DELETE FROM unwritten_cards WHERE color_id NOT IN (SELECT id FROM colors);
         COMMIT",
    )?;
    Ok(Salvaged {
        photos: target.query_row("SELECT count(*) FROM images", [], |row| row.get(0))?,
        damaged,
    })
}

/// The highest row id that a table may have.
fn last(source: &Connection, table: &str) -> i64 {
    let highest = |query: &str| source.query_row(query, [], |row| row.get::<_, Option<i64>>(0));
    highest(&format!("SELECT max(rowid) FROM {table} NOT INDEXED"))
        .or_else(|_| highest(&format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'")))
        .ok()
        .flatten()
        .unwrap_or(i64::from(u32::MAX))
}

/// The copy of one table.
struct Copy<'a> {
    source: &'a Connection,
    target: &'a Connection,
    table: &'static str,
    columns: String,
    probes: usize,
    rows: usize,
    is_damaged: bool,
}

impl Copy<'_> {
    /// The one row of the table `library`, which a new database has too.
    fn library(&mut self) -> Result<(), Trouble> {
        let query = "SELECT instance, version FROM library";
        let read = |row: &rusqlite::Row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?));
        match self.source.query_row(query, [], read) {
            Ok((instance, version)) => {
                // Later than anything that was answered from the damaged database.
                self.target.execute(
                    "UPDATE library SET instance = ?1, version = ?2 + 1",
                    params![instance, version],
                )?;
                self.rows = 1;
            }
            Err(_) => self.is_damaged = true,
        }
        Ok(())
    }

    /// Copies the rows with ids from `low` to `high`, from both ends towards what cannot be read; divides that.
    fn range(&mut self, low: i64, high: i64) -> Result<(), Trouble> {
        if low > high || self.probes == 0 {
            return Ok(());
        }
        let Some(from) = self.run(low, high, "ASC")? else {
            return Ok(());
        };
        let low = from.saturating_add(1).max(low);
        let Some(to) = self.run(low, high, "DESC")? else {
            return Ok(());
        };
        let high = to.saturating_sub(1).min(high);
        self.is_damaged = true;
        if low < high {
            let middle = low + (high - low) / 2;
            self.range(low, middle)?;
            self.range(middle + 1, high)?;
        }
        Ok(())
    }

    /// Copies rows in one direction until one cannot be read. Returns `None` if all could, else the last id that could,
    /// or the one before the first.
    fn run(&mut self, low: i64, high: i64, direction: &str) -> Result<Option<i64>, Trouble> {
        self.probes = self.probes.saturating_sub(1);
        let (table, columns) = (self.table, self.columns.as_str());
        let outside = if direction == "ASC" { low - 1 } else { high + 1 };
        let query = format!(
            "SELECT rowid, {columns} FROM {table} NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid {direction}"
        );
        // A table or a column that is missing.
        let Ok(mut statement) = self.source.prepare_cached(&query) else {
            self.is_damaged = true;
            return Ok(None);
        };
        let count = statement.column_count();
        let places = vec!["?"; count - 1].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})");
        let mut insert = self.target.prepare_cached(&insert)?;
        let Ok(mut rows) = statement.query(params![low, high]) else {
            return Ok(Some(outside));
        };
        let mut last = outside;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(None),
                Err(_) => return Ok(Some(last)),
            };
            let values = (1..count)
                .map(|at| row.get::<_, Value>(at))
                .collect::<Result<Vec<_>, _>>();
            let (Ok(id), Ok(values)) = (row.get::<_, i64>(0), values) else {
                return Ok(Some(last));
            };
            // A constraint that does not hold is damage too.
            match insert.execute(params_from_iter(values)) {
                Ok(inserted) => self.rows += inserted,
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    self.is_damaged = true;
                }
                Err(error) => return Err(error.into()),
            }
            last = id;
        }
    }
}
