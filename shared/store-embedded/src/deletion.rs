//! Deletions. Each is recorded before anything is erased, and a start completes those that were interrupted. Nothing is
//! ever erased that no record names.
//!
//! 1. The intent is committed: which shade or photo, and what to look for.
//! 2. The files go. If they cannot, the intent is withdrawn, and the deletion has failed without a trace.
//! 3. The rows go, in one transaction.
//! 4. The traces go: copies among uploads, backups, and what was set aside.
//! 5. The intent goes, and the log of the database is emptied. Freed pages are overwritten (`secure_delete`).

use crate::error::{DiskError, broken};
use crate::files::Files;
use crate::marks::Ids;
use crate::photo_files::Refused;
use crate::{answers, photos, rows, shades};
use rusqlite::{Connection, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use strand_learning::ShadeModel;
use strand_library::Job;
use strand_library::ports::StoreError;
use strand_library::rows::JobRow;
use strand_photo::Format;

/// What replaces an error of a deleted shade in a job: the message names the shade.
const DELETED: &str = "This shade was deleted.";

/// What is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub shade_id: u64,
    pub what: What,
    /// SHA-256 and size of each photo as it is kept.
    digests: Vec<(String, u64)>,
    /// SHA-256 of each photo as it was sent.
    #[serde(default)]
    sent: Vec<String>,
}

/// One photo of the shade, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Photo {
        id: u64,
        extension: String,
    },
    Shade {
        name: String,
        /// The highest id of its photos.
        last_photo: u64,
    },
}

impl Deletion {
    /// The deletion of a shade, or [`StoreError::NotFound`].
    pub fn of_shade(db: &Connection, shade_id: u64) -> Result<Self, DiskError> {
        let name = shades::name(db, shade_id)?;
        let photos = db
            .prepare_cached(
                "SELECT coalesce(kept_sha256, sha256), bytes, sha256 FROM images WHERE color_id = ?1",
            )?
            .query_map([shade_id], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        let (digests, sent) = photos.into_iter().unzip();
        let highest = "SELECT coalesce(max(id), 0) FROM images WHERE color_id = ?1";
        let last_photo = db.query_row(highest, [shade_id], |row| row.get(0))?;
        Ok(Self {
            shade_id,
            what: What::Shade { name, last_photo },
            digests,
            sent,
        })
    }

    /// The deletion of a photo, or [`StoreError::NotFound`].
    pub fn of_photo(db: &Connection, shade_id: u64, photo_id: u64) -> Result<Self, DiskError> {
        let photo = photos::photo(db, shade_id, photo_id)?;
        Ok(Self {
            shade_id,
            what: What::Photo {
                id: photo_id,
                extension: photo.format.extension().to_owned(),
            },
            digests: vec![(photo.kept_sha256, photo.bytes)],
            sent: vec![photo.sha256],
        })
    }

    fn ids(&self) -> Ids {
        match &self.what {
            What::Photo { id, .. } => Ids::photo(*id),
            What::Shade { last_photo, .. } => Ids {
                photos: *last_photo,
                ..Ids::shade(self.shade_id)
            },
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let photo = |deletion: &Self| match &deletion.what {
            What::Photo { id, .. } => Some(*id),
            What::Shade { .. } => None,
        };
        (self.shade_id, photo(self)) == (other.shade_id, photo(other))
    }
}

/// Deletes what `plan` finds. On a full disk, uses the room that is kept for this.
pub fn delete(
    files: &Files,
    db: &mut Connection,
    plan: impl Fn(&Connection) -> Result<Deletion, DiskError>,
) -> Result<(), DiskError> {
    let done = match attempt(files, db, &plan) {
        Err(DiskError(StoreError::NoRoom(_))) => {
            files.reserve.release();
            attempt(files, db, &plan)
        }
        done => done,
    };
    files.reserve.fill();
    done
}

fn attempt(
    files: &Files,
    db: &mut Connection,
    plan: &impl Fn(&Connection) -> Result<Deletion, DiskError>,
) -> Result<(), DiskError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let deletion = match plan(&transaction) {
        // Its rows are gone, and an earlier attempt has more to do.
        Err(DiskError(StoreError::NotFound)) => return Err(StoreError::NotFound.into()),
        deletion => deletion?,
    };
    files.marks.raise(deletion.ids())?;
    let known = intents(&transaction)?;
    let id = if let Some((id, _)) = known.into_iter().find(|(_, known)| known.is_same(&deletion)) {
        id
    } else {
        let body = rows::json(&deletion)?;
        transaction.execute("INSERT INTO deletions (body) VALUES (?1)", [body])?;
        transaction.last_insert_rowid()
    };
    files.commit(transaction)?;
    carry_out(files, db, id, &deletion)
}

/// Completes the deletions that were interrupted. What fails is tried again later.
pub fn resume(files: &Files, db: &mut Connection) -> Result<(), DiskError> {
    for (id, deletion) in intents(db)? {
        tracing::info!(shade = deletion.shade_id, "completing an interrupted deletion");
        if let Err(error) = carry_out(files, db, id, &deletion) {
            tracing::error!(shade = deletion.shade_id, %error, "a deletion could not be completed; it is tried again");
        }
    }
    Ok(())
}

pub fn read(row: &Row) -> rusqlite::Result<Deletion> {
    rows::parsed_json(row, 0)
}

fn intents(db: &Connection) -> Result<Vec<(i64, Deletion)>, DiskError> {
    let mut statement = db.prepare_cached("SELECT body, id FROM deletions ORDER BY id")?;
    let intents = statement.query_map([], |row| Ok((row.get(1)?, read(row)?)))?;
    Ok(intents.collect::<Result<_, _>>()?)
}

fn carry_out(files: &Files, db: &mut Connection, id: i64, deletion: &Deletion) -> Result<(), DiskError> {
    let erased = match &deletion.what {
        What::Photo { id, extension } => {
            let format =
                Format::from_extension(extension).ok_or_else(|| broken(format!("no format {extension}")))?;
            files.photos.remove(deletion.shade_id, *id, format)
        }
        What::Shade { .. } => files.photos.remove_shade(deletion.shade_id),
    };
    if let Err(Refused { partly, error }) = erased {
        if !partly {
            withdraw(files, db, id)?;
        }
        return Err(error);
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    forget(&transaction, deletion)?;
    files.commit(transaction)?;
    erase_traces(files, db, deletion)?;
    withdraw(files, db, id)
}

/// Removes a record, and empties the log, which holds what was deleted.
fn withdraw(files: &Files, db: &mut Connection, id: i64) -> Result<(), DiskError> {
    // Carried out again after power loss, a deletion finds nothing. So this needs no sync of its own.
    db.execute("DELETE FROM deletions WHERE id = ?1", [id])?;
    files.checkpoint(db)
}

/// Removes the rows of what is deleted from a database: the library's, or a backup.
pub fn forget(db: &Connection, deletion: &Deletion) -> Result<(), DiskError> {
    let shade_id = deletion.shade_id;
    match &deletion.what {
        What::Photo { id, .. } => {
            let gone = db.execute(
                "DELETE FROM images WHERE id = ?1 AND color_id = ?2",
                params![id, shade_id],
            )?;
            if gone > 0 {
                rows::bump_photos_revision(db, shade_id)?;
                forget_reference(db, shade_id, *id)?;
            }
        }
        What::Shade { .. } => {
            let gone = db.execute("DELETE FROM colors WHERE id = ?1", [shade_id])?;
            forget_in_jobs(db, shade_id)?;
            answers::forget_shade(db, shade_id)?;
            if gone > 0 {
                rows::bump_version(db)?;
            }
        }
    }
    Ok(())
}

/// Removes a photo from the model of its shade. Its SVM, which was fitted to that photo too, counts no more until the shade
/// is trained again.
fn forget_reference(db: &Connection, shade_id: u64, photo_id: u64) -> Result<(), DiskError> {
    rows::bump_version(db)?;
    let packed: Option<Vec<u8>> =
        db.query_row("SELECT model FROM colors WHERE id = ?1", [shade_id], |row| {
            row.get(0)
        })?;
    let Some(model) = packed.and_then(|packed| ShadeModel::unpack(&packed).ok()) else {
        return Ok(());
    };
    let model = model.without_deleted(|id| id != photo_id);
    let packed = model.map(|model| model.pack()).transpose().map_err(broken)?;
    db.execute(
        "UPDATE colors SET model = ?2 WHERE id = ?1",
        params![shade_id, packed],
    )?;
    Ok(())
}

/// Removes what jobs say about a shade: their errors name it.
fn forget_in_jobs(db: &Connection, shade_id: u64) -> Result<(), DiskError> {
    let mut statement = db.prepare("SELECT id, body FROM jobs WHERE body LIKE '%\"error\":%'")?;
    let jobs = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(u64, String)>, _>>()?;
    for (id, body) in jobs {
        let Ok(mut job) = serde_json::from_str::<JobRow>(&body).map(Job::from) else {
            continue;
        };
        let of_shade = job
            .failures
            .iter_mut()
            .filter(|failure| failure.shade_id == shade_id);
        let forgotten = of_shade
            .map(|failure| DELETED.clone_into(&mut failure.error))
            .count();
        if forgotten > 0 {
            let body = rows::json(&JobRow::from(job))?;
            db.execute("UPDATE jobs SET body = ?2 WHERE id = ?1", params![id, body])?;
        }
    }
    Ok(())
}

/// Removes from a job what it says of shades that no longer exist.
pub fn without_deleted(db: &Connection, job: &mut Job) -> Result<(), DiskError> {
    for failure in &mut job.failures {
        match shades::name(db, failure.shade_id) {
            Err(DiskError(StoreError::NotFound)) => DELETED.clone_into(&mut failure.error),
            found => drop(found?),
        }
    }
    Ok(())
}

fn erase_traces(files: &Files, db: &mut Connection, deletion: &Deletion) -> Result<(), DiskError> {
    files.lost.forget_photos(&deletion.digests)?;
    if let What::Shade { name, .. } = &deletion.what {
        files.lost.forget_shade(deletion.shade_id, name)?;
    }
    files.lost.forget_databases()?;
    files.uploads.forget(&deletion.sent, db)?;
    files.backups.forget(deletion)
}
