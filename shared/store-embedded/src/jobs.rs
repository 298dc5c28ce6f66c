//! Jobs: the table `jobs`.

use crate::Embedded;
use crate::deletion;
use crate::error::DiskError;
use crate::marks::Ids;
use crate::rows;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use strand_library::Job;
use strand_library::ports::{Jobs, StoreError};
use strand_library::rows::JobRow;

#[async_trait]
impl Jobs for Embedded {
    async fn create_job(&self, shade_ids: Vec<u64>) -> Result<Job, StoreError> {
        self.write(move |db, files| {
            db.execute("INSERT INTO jobs (over, body) VALUES (0, '')", [])?;
            let job = Job::queued(db.last_insert_rowid() as u64, shade_ids);
            save(db, &job)?;
            files.marks.raise(Ids::job(job.id))?;
            Ok(job)
        })
        .await
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        self.read(move |db| {
            let body: Option<String> = db
                .query_row("SELECT body FROM jobs WHERE id = ?1", [id], |row| row.get(0))
                .optional()?;
            job(&body.ok_or(StoreError::NotFound)?)
        })
        .await
    }

    async fn put_job(&self, job: &Job) -> Result<(), StoreError> {
        let mut job = job.clone();
        self.write(move |db, _| {
            deletion::without_deleted(db, &mut job)?;
            save(db, &job)
        })
        .await
    }

    async fn next_job(&self) -> Result<Option<Job>, StoreError> {
        self.read(|db| {
            let body: Option<String> = db
                .query_row(
                    "SELECT body FROM jobs WHERE over = 0 ORDER BY id LIMIT 1",
                    [],
                    |row| row.get(0),
                )
                .optional()?;
            body.map(|body| job(&body)).transpose()
        })
        .await
    }
}

pub fn read_job(row: &Row) -> rusqlite::Result<Job> {
    rows::parsed_json::<JobRow>(row, 0).map(Job::from)
}

fn job(body: &str) -> Result<Job, DiskError> {
    rows::from_json::<JobRow>(body).map(Job::from)
}

fn save(db: &Connection, job: &Job) -> Result<(), DiskError> {
    rows::found(db.execute(
        "UPDATE jobs SET over = ?2, body = ?3 WHERE id = ?1",
        params![
            job.id,
            job.state.is_over(),
            rows::json(&JobRow::from(job.clone()))?
        ],
    )?)
}
