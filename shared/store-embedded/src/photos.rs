//! Photos: the table `images`, and their bytes as files.

use crate::Embedded;
use crate::error::DiskError;
use crate::{rows, shades};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use strand_library::ports::{Photos, StoreError};
use strand_library::{NewPhoto, StoredPhoto};

const COLUMNS: &str = "id, color_id, sha256, format, bytes, created_at,
    EXISTS (SELECT 1 FROM features WHERE image_id = images.id)";

fn read_photo(row: &Row) -> rusqlite::Result<StoredPhoto> {
    Ok(StoredPhoto {
        id: row.get(0)?,
        shade_id: row.get(1)?,
        sha256: row.get(2)?,
        format: rows::format(row, 3)?,
        bytes: row.get(4)?,
        created_at: rows::parsed(row, 5)?,
        is_measured: row.get(6)?,
    })
}

fn photos(db: &Connection, shade_id: u64) -> Result<Vec<StoredPhoto>, DiskError> {
    let query = format!("SELECT {COLUMNS} FROM images WHERE color_id = ?1 ORDER BY id DESC");
    Ok(db
        .prepare_cached(&query)?
        .query_map([shade_id], read_photo)?
        .collect::<Result<_, _>>()?)
}

fn photo(db: &Connection, shade_id: u64, photo_id: u64) -> Result<StoredPhoto, DiskError> {
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

#[async_trait]
impl Photos for Embedded {
    async fn add_photo(&self, shade_id: u64, new: NewPhoto) -> Result<(StoredPhoto, bool), StoreError> {
        self.write(move |db, files| {
            shades::shade(db, shade_id)?;
            if let Some(known) = photo_of_bytes(db, shade_id, &new.sha256)? {
                return Ok((known, false));
            }
            let file = files.write_temporary(&new.bytes)?;
            db.execute(
                "INSERT INTO images (color_id, sha256, format, bytes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    shade_id,
                    new.sha256,
                    new.format.extension(),
                    new.bytes.len() as u64,
                    Timestamp::now().to_string()
                ],
            )?;
            let id = db.last_insert_rowid() as u64;
            rows::bump_photos_revision(db, shade_id)?;
            files.keep(file, shade_id, id, new.format)?;
            Ok((photo(db, shade_id, id)?, true))
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
        let read = self.on_files(move |files| files.read(photo.shade_id, photo.id, photo.format));
        Ok(read.await??)
    }

    async fn delete_photo(&self, shade_id: u64, photo_id: u64) -> Result<(), StoreError> {
        self.to_the_end(move |store| async move {
            let format = store
                .write(move |db, _| {
                    let photo = photo(db, shade_id, photo_id)?;
                    db.execute("DELETE FROM images WHERE id = ?1", [photo_id])?;
                    rows::bump_photos_revision(db, shade_id)?;
                    rows::bump_version(db)?;
                    Ok(photo.format)
                })
                .await?;
            store
                .on_files(move |files| files.remove(shade_id, photo_id, format))
                .await
        })
        .await
    }
}
