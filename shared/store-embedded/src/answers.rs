//! Answers to requests that are sent again: the table `answers`.

use crate::Embedded;
use crate::error::DiskError;
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use strand_library::ports::{ANSWER_LASTS, Answers, Begun, CLAIM_LASTS, KeyedRequest, StoreError};

#[async_trait]
impl Answers for Embedded {
    async fn begin(&self, request: &KeyedRequest, holder: &str) -> Result<Begun, StoreError> {
        let (request, holder) = (request.clone(), holder.to_owned());
        self.write(move |db, _| begin(db, &request, &holder)).await
    }

    async fn finish(
        &self,
        key: &str,
        holder: &str,
        answer: &str,
        shade_id: Option<u64>,
    ) -> Result<(), StoreError> {
        let (key, holder, answer) = (key.to_owned(), holder.to_owned(), answer.to_owned());
        self.write(move |db, _| {
            db.execute(
                "UPDATE answers SET answer = ?3, color_id = ?4 WHERE key = ?1 AND holder = ?2",
                params![key, holder, answer, shade_id],
            )?;
            Ok(())
        })
        .await
    }

    async fn forget(&self, key: &str, holder: &str) -> Result<(), StoreError> {
        let (key, holder) = (key.to_owned(), holder.to_owned());
        self.write(move |db, _| {
            let undone = "DELETE FROM answers WHERE key = ?1 AND holder = ?2 AND answer IS NULL";
            db.execute(undone, [key, holder])?;
            Ok(())
        })
        .await
    }
}

fn begin(db: &Connection, request: &KeyedRequest, holder: &str) -> Result<Begun, DiskError> {
    let now = Timestamp::now().as_millisecond();
    let until = now + CLAIM_LASTS.as_millis() as i64;
    let query =
        "SELECT fingerprint, holder, held_until, answer FROM answers WHERE key = ?1 AND expires_at > ?2";
    let known = db
        .prepare_cached(query)?
        .query_row(params![request.key, now], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })
        .optional()?;
    if let Some((fingerprint, held_by, held_until, answer)) = known {
        match answer {
            // Nobody acts on it any more, so it is as if it had never begun.
            None if held_until <= now => {}
            _ if fingerprint != request.fingerprint => return Ok(Begun::Different),
            Some(answer) => return Ok(Begun::Answered(answer)),
            None if held_by != holder => return Ok(Begun::Held),
            None => {}
        }
    }
    db.execute(
        "INSERT OR REPLACE INTO answers (key, fingerprint, holder, held_until, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            request.key,
            request.fingerprint,
            holder,
            until,
            now + ANSWER_LASTS.as_millis() as i64
        ],
    )?;
    Ok(Begun::Act)
}

/// Frees the requests that an earlier process acted on when it ended, and removes what has expired.
pub fn reset(db: &Connection) -> Result<(), DiskError> {
    db.execute("DELETE FROM answers WHERE answer IS NULL", [])?;
    prune(db)
}

/// Removes what has expired.
pub fn prune(db: &Connection) -> Result<(), DiskError> {
    let now = Timestamp::now().as_millisecond();
    db.execute("DELETE FROM answers WHERE expires_at <= ?1", [now])?;
    Ok(())
}

/// Removes the answers about a shade, from a database of any version.
pub fn forget_shade(db: &Connection, shade_id: u64) -> Result<(), DiskError> {
    let has_answers = "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'answers'";
    if db.query_row(has_answers, [], |row| row.get(0))? {
        db.execute("DELETE FROM answers WHERE color_id = ?1", [shade_id])?;
    }
    Ok(())
}
