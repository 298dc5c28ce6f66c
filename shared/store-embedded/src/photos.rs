//! Photos: the table `images`, and their bytes as files.

use crate::Embedded;
use crate::cards::PhotoCard;
use crate::deletion::Deletion;
use crate::error::DiskError;
use crate::files::Files;
use crate::{rows, shades};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::io::Read;
use strand_library::ports::{Photos, StoreError};
use strand_library::{NewPhoto, StoredPhoto};

pub const COLUMNS: &str = "id, color_id, sha256, format, bytes, created_at,
    EXISTS (SELECT 1 FROM features WHERE image_id = images.id), coalesce(kept_sha256, sha256)";

pub fn read_photo(row: &Row) -> rusqlite::Result<StoredPhoto> {
    Ok(StoredPhoto {
        id: row.get(0)?,
        shade_id: row.get(1)?,
        sha256: row.get(2)?,
        format: rows::format(row, 3)?,
        bytes: row.get(4)?,
        created_at: rows::parsed(row, 5)?,
        is_measured: row.get(6)?,
        kept_sha256: row.get(7)?,
    })
}

fn photos(db: &Connection, shade_id: u64) -> Result<Vec<StoredPhoto>, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM images WHERE color_id = ?1 ORDER BY id DESC");
    Ok(db
        .prepare_cached(&query)?
        .query_map([shade_id], read_photo)?
        .collect::<Result<_, _>>()?)
}

pub fn photo(db: &Connection, shade_id: u64, photo_id: u64) -> Result<StoredPhoto, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM images WHERE id = ?1 AND color_id = ?2");
    let row = db
        .prepare_cached(&query)?
        .query_row(params![photo_id, shade_id], read_photo);
    row.optional()?.ok_or(DiskError(StoreError::NotFound))
}

fn photo_of_bytes(db: &Connection, shade_id: u64, sha256: &str) -> Result<Option<StoredPhoto>, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM images WHERE color_id = ?1 AND sha256 = ?2");
    Ok(db
        .prepare_cached(&query)?
        .query_row(params![shade_id, sha256], read_photo)
        .optional()?)
}

/// Adds the row of a photo, and writes its file as new.
fn insert(db: &Connection, files: &Files, shade_id: u64, new: &NewPhoto) -> Result<StoredPhoto, DiskError> {
    let created_at = Timestamp::now();
    db.execute(
        "INSERT INTO images (color_id, sha256, kept_sha256, format, bytes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            shade_id,
            new.sha256,
            new.kept_sha256,
            new.format.extension(),
            new.bytes.len() as u64,
            created_at.to_string()
        ],
    )?;
    let id = db.last_insert_rowid() as u64;
    rows::bump_photos_revision(db, shade_id)?;
    let photo = photo(db, shade_id, id)?;
    files
        .photos
        .stage(shade_id, new.format, &new.bytes, &card(&photo))?;
    Ok(photo)
}

/// The card of a photo.
pub fn card(photo: &StoredPhoto) -> PhotoCard {
    PhotoCard {
        id: photo.id,
        sha256: photo.kept_sha256.clone(),
        sent_sha256: Some(photo.sha256.clone()),
        bytes: photo.bytes,
        created_at: photo.created_at,
    }
}

#[async_trait]
impl Photos for Embedded {
    async fn add_photo(&self, shade_id: u64, new: NewPhoto) -> Result<(StoredPhoto, bool), StoreError> {
        self.on_all(move |files, db| {
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            shades::name(&transaction, shade_id)?;
            if let Some(known) = photo_of_bytes(&transaction, shade_id, &new.sha256)? {
                return Ok((known, false));
            }
            let photo = insert(&transaction, files, shade_id, &new)?;
            let (id, format) = (photo.id, photo.format);
            if let Err(error) = files.commit(transaction) {
                files.photos.discard(shade_id, id, format);
                return Err(error);
            }
            files.photos.settle(shade_id, id, format)?;
            Ok((photo, true))
        })
        .await
    }

    async fn photos(&self, shade_id: u64) -> Result<Vec<StoredPhoto>, StoreError> {
        self.read(move |db| {
            shades::shade(db, shade_id)?;
            photos(db, shade_id)
        })
        .await
    }

    async fn photo(&self, shade_id: u64, photo_id: u64) -> Result<StoredPhoto, StoreError> {
        self.read(move |db| photo(db, shade_id, photo_id)).await
    }

    async fn photo_bytes(&self, photo: &StoredPhoto) -> Result<Vec<u8>, StoreError> {
        let photo = photo.clone();
        let read = self.on_files(move |files| files.photos.read(photo.shade_id, photo.id, photo.format));
        Ok(read.await??)
    }

    async fn open_photo(&self, photo: &StoredPhoto) -> Result<Box<dyn Read + Send>, StoreError> {
        let photo = photo.clone();
        let opened =
            self.on_files(move |files| files.photos.open_photo(photo.shade_id, photo.id, photo.format));
        Ok(Box::new(opened.await??))
    }

    async fn delete_photo(&self, shade_id: u64, photo_id: u64) -> Result<(), StoreError> {
        self.delete(move |db| Deletion::of_photo(db, shade_id, photo_id))
            .await
    }
}
