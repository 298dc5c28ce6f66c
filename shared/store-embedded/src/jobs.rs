//! Jobs: the table `jobs`.

use crate::Embedded;
use crate::deletion;
use crate::error::DiskError;
use crate::marks::Ids;
use crate::rows;
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use std::time::Duration;
use strand_library::ports::{CLAIM_LASTS, Jobs, StoreError};
use strand_library::rows::JobRow;
use strand_library::{Job, JobState, NewJob};

/// How long a job is kept after its end, as on AWS.
const JOB_LASTS: Duration = Duration::from_hours(30 * 24);
/// Most jobs that are kept after their end.
const MOST_OVER: i64 = 1000;

#[async_trait]
impl Jobs for Embedded {
    async fn create_job(&self, new: NewJob) -> Result<Job, StoreError> {
        self.write(move |db, files| {
            if let Some(job) = open_jobs(db)?.into_iter().find(|job| new.is_done_by(job)) {
                return Ok(job);
            }
            prune(db)?;
            db.execute("INSERT INTO jobs (over, body) VALUES (0, '')", [])?;
            let job = Job::queued(db.last_insert_rowid() as u64, new);
            save(db, &job)?;
            files.marks.raise(Ids::job(job.id))?;
            Ok(job)
        })
        .await
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        self.read(move |db| job(db, id)).await
    }

    async fn jobs(&self, before: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError> {
        let before = before.map_or(i64::MAX, |id| i64::try_from(id).unwrap_or(i64::MAX));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |db| {
            let newest = "SELECT body FROM jobs WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            several(db, newest, params![before, limit])
        })
        .await
    }

    async fn open_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.read(|db| open_jobs(db)).await
    }

    async fn take_job(&self, id: u64, holder: &str) -> Result<Option<Job>, StoreError> {
        let holder = holder.to_owned();
        self.write(move |db, _| {
            let job = job(db, id)?;
            Ok(take(db, id, &holder)?.then_some(job))
        })
        .await
    }

    async fn next_job(&self, holder: &str) -> Result<Option<Job>, StoreError> {
        let holder = holder.to_owned();
        self.write(move |db, _| {
            let free = "SELECT body FROM jobs WHERE over = 0 AND (holder IS NULL OR held_until < ?1) ORDER BY id LIMIT 1";
            let Some(job) = several(db, free, [now()])?.pop() else {
                return Ok(None);
            };
            Ok(take(db, job.id, &holder)?.then_some(job))
        })
        .await
    }

    async fn put_job(&self, job: &Job, holder: &str) -> Result<bool, StoreError> {
        let (mut job, holder) = (job.clone(), holder.to_owned());
        self.write(move |db, _| {
            self::job(db, job.id)?;
            if !take(db, job.id, &holder)? {
                return Ok(false);
            }
            deletion::without_deleted(db, &mut job)?;
            save(db, &job)?;
            Ok(true)
        })
        .await
    }

    async fn cancel_job(&self, id: u64) -> Result<Job, StoreError> {
        self.write(move |db, _| {
            let mut job = job(db, id)?;
            if !job.state.is_over() {
                (job.state, job.updated_at) = (JobState::Cancelled, Timestamp::now());
                save(db, &job)?;
            }
            Ok(job)
        })
        .await
    }
}

pub fn read_job(row: &Row) -> rusqlite::Result<Job> {
    rows::parsed_json::<JobRow>(row, 0).map(Job::from)
}

/// Frees the jobs that an earlier process held, and removes what was over long ago.
pub fn begin(db: &Connection) -> Result<(), DiskError> {
    db.execute("UPDATE jobs SET holder = NULL WHERE holder IS NOT NULL", [])?;
    prune(db)
}

/// Removes the jobs that were over long ago.
pub fn prune(db: &Connection) -> Result<(), DiskError> {
    let (now, lasts) = (now(), JOB_LASTS.as_millis() as i64);
    // Jobs of earlier versions do not say when they ended.
    db.execute(
        "UPDATE jobs SET over_at = ?1 WHERE over = 1 AND over_at IS NULL",
        [now],
    )?;
    db.execute(
        "DELETE FROM jobs WHERE over = 1 AND (over_at < ?1 OR id <=
            (SELECT id FROM jobs WHERE over = 1 ORDER BY id DESC LIMIT 1 OFFSET ?2))",
        params![now - lasts, MOST_OVER],
    )?;
    Ok(())
}

/// Takes a job that is not over; `false` if another holds it.
fn take(db: &Connection, id: u64, holder: &str) -> Result<bool, DiskError> {
    let taken = db.execute(
        "UPDATE jobs SET holder = ?2, held_until = ?3
         WHERE id = ?1 AND over = 0 AND (holder IS NULL OR holder = ?2 OR held_until < ?4)",
        params![id, holder, now() + CLAIM_LASTS.as_millis() as i64, now()],
    )?;
    Ok(taken > 0)
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn job(db: &Connection, id: u64) -> Result<Job, DiskError> {
    let body: Option<String> = db
        .query_row("SELECT body FROM jobs WHERE id = ?1", [id], |row| row.get(0))
        .optional()?;
    let body = body.ok_or(StoreError::NotFound)?;
    rows::from_json::<JobRow>(&body).map(Job::from)
}

fn open_jobs(db: &Connection) -> Result<Vec<Job>, DiskError> {
    several(db, "SELECT body FROM jobs WHERE over = 0 ORDER BY id", [])
}

fn several(db: &Connection, query: &str, values: impl Params) -> Result<Vec<Job>, DiskError> {
    let mut statement = db.prepare_cached(query)?;
    let jobs = statement.query_map(values, read_job)?;
    Ok(jobs.collect::<Result<_, _>>()?)
}

fn save(db: &Connection, job: &Job) -> Result<(), DiskError> {
    let is_over = job.state.is_over();
    rows::found(db.execute(
        "UPDATE jobs SET over = ?2, body = ?3, over_at = ?4 WHERE id = ?1",
        params![
            job.id,
            is_over,
            rows::json(&JobRow::from(job.clone()))?,
            is_over.then(now)
        ],
    )?)
}
