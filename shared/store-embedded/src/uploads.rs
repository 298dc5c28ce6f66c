//! Uploads: the table `uploads`, and their bytes as files.

use crate::Embedded;
use crate::error::DiskError;
use crate::obstacle::{self, OpenError};
use crate::{answers, deletion, jobs, rows, start};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};
use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use strand_library::ports::{ReceivesUploads, StoreError, Upkeep, Uploads};
use strand_library::rows::TermsRow;
use strand_library::{NewUpload, Received, Upload, UploadTerms, Usage};

pub fn read_terms(row: &Row) -> rusqlite::Result<UploadTerms> {
    rows::parsed_json::<TermsRow>(row, 0).map(UploadTerms::from)
}

#[async_trait]
impl Uploads for Embedded {
    async fn create_upload(&self, upload: NewUpload) -> Result<Upload, StoreError> {
        self.write(move |db, _| {
            let key = uuid::Uuid::new_v4().simple().to_string();
            let content_type = upload.content_type.clone();
            let terms = UploadTerms::new(upload);
            let expires_at = terms.expires_at;
            db.execute(
                "INSERT INTO uploads (key, expires_at, terms) VALUES (?1, ?2, ?3)",
                params![key, expires_at.as_second(), rows::json(&TermsRow::from(terms))?],
            )?;
            Ok(Upload {
                key,
                content_type,
                target: None,
                expires_at,
            })
        })
        .await
    }

    async fn upload_terms(&self, key: &str) -> Result<UploadTerms, StoreError> {
        let key = key.to_owned();
        self.read(move |db| {
            let text: Option<String> = db
                .query_row("SELECT terms FROM uploads WHERE key = ?1", [key], |row| {
                    row.get(0)
                })
                .optional()?;
            rows::from_json::<TermsRow>(&text.ok_or(StoreError::NotFound)?).map(UploadTerms::from)
        })
        .await
    }

    async fn received(&self, key: &str, size: u64) -> Result<Received, StoreError> {
        let key = key.to_owned();
        Ok(self
            .on_files(move |files| files.uploads.read(&key, size))
            .await??)
    }
}

#[async_trait]
impl ReceivesUploads for Embedded {
    async fn receive(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let key = key.to_owned();
        Ok(self
            .on_files(move |files| files.uploads.put(&key, &bytes))
            .await??)
    }
}

#[async_trait]
impl Upkeep for Embedded {
    async fn usage(&self) -> Result<Usage, StoreError> {
        let query = "SELECT (SELECT count(*) FROM colors), count(*), coalesce(sum(bytes), 0) FROM images";
        self.read(move |db| {
            Ok(db.prepare_cached(query)?.query_row([], |row| {
                Ok(Usage {
                    shades: row.get(0)?,
                    photos: row.get(1)?,
                    bytes: row.get(2)?,
                })
            })?)
        })
        .await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.on_all(|files, db| {
            files.uploads.sweep(db)?;
            jobs::prune(db)?;
            answers::prune(db)?;
            deletion::resume(files, db)?;
            start::write_cards(files, db)?;
            files.reserve.fill();
            if let Err(error) = files.backups.keep(db) {
                tracing::error!(%error, "the database was not backed up today");
            }
            Ok(())
        })
        .await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.on_all(|files, db| {
            files.reserve.fill();
            let tried = if files.reserve.is_filled() {
                obstacle::try_all(&files.directory)
            } else {
                // Not even the room for deletions is left.
                let full = ErrorKind::StorageFull.into();
                Err(obstacle::blocked(&files.directory, "written", &full))
            };
            tried.map_err(|error| match error {
                OpenError::Store(error) => DiskError(error),
                OpenError::Full(sentence) => DiskError(StoreError::NoRoom(sentence)),
                blocked => DiskError(StoreError::NotWritable(blocked.to_string())),
            })?;
            // Written and taken back.
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            rows::bump_version(&transaction)?;
            Ok(transaction.rollback()?)
        })
        .await
    }

    fn failures(&self) -> u64 {
        self.files.failures.load(Ordering::Relaxed)
    }
}
