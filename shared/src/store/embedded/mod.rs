//! The embedded store: metadata, features and models in SQLite, photos as files beside it.
//!
//! ```text
//! <data>/strand.db            SQLite in WAL mode
//! <data>/photos/<color>/<image>.<ext>
//! <data>/uploads/<key>        photos on their way, swept when they expire
//! <data>/lock                 held while a process uses the directory
//! ```
//!
//! A photo is written to a temporary name, synced, and renamed inside the transaction that adds its row; rows are
//! deleted before their files. So a crash at any point leaves no row without its file, and files without a row are
//! removed at the next start.

mod photos;
mod rows;
mod schema;
mod uploads;
mod work;

use crate::library::ports::{
    ColorChange, Features, ImageFeatures, NewColor, NewImage, NewModel, NewUpload, Store, StoreError,
    StoredShade, Upload, UploadTerms, Uploaded,
};
use crate::library::types::{Color, Failure, Image, Job, JobState, ModelInfo, name_key};
use async_trait::async_trait;
use jiff::Timestamp;
use photos::Photos;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use uploads::Uploads;

/// The database's file in the data directory.
const DATABASE: &str = "strand.db";

/// The embedded store. Cloning shares it.
#[derive(Clone)]
pub struct Embedded {
    connection: Arc<Mutex<Connection>>,
    photos: Arc<Photos>,
    uploads: Arc<Uploads>,
    /// Held, never read: closing it would free the directory for another process.
    _lock: Arc<File>,
}

impl Embedded {
    /// Opens or creates the store in a directory and clears away what a crash has left there.
    ///
    /// # Errors
    /// [`StoreError::Failed`] where the directory cannot be written, is in use by another process, or holds a
    /// database of a newer version.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let lock = photos::lock(directory)?;
        let photos = Photos::open(directory.join("photos"))?;
        let mut connection = schema::open(&directory.join(DATABASE))?;
        let uploads = Uploads::open(directory.join("uploads"))?;
        uploads.sweep(&mut connection)?;
        let known = connection
            .prepare("SELECT color_id, id, format FROM images")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, rows::format(row, 2)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        photos.clear_orphans(&known)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            photos: Arc::new(photos),
            uploads: Arc::new(uploads),
            _lock: Arc::new(lock),
        })
    }

    /// Whether another process uses the store in a directory.
    pub fn is_in_use(directory: &Path) -> bool {
        photos::in_use(directory)
    }

    /// Whether a directory holds a store.
    pub fn is_at(directory: &Path) -> bool {
        directory.join(DATABASE).is_file()
    }
}

#[async_trait]
impl Store for Embedded {
    fn kind(&self) -> &'static str {
        "embedded"
    }

    async fn library_version(&self) -> Result<String, StoreError> {
        self.read(rows::library_version).await
    }

    async fn create_color(&self, color: NewColor) -> Result<Color, StoreError> {
        self.write(move |db, _| {
            db.execute(
                "INSERT INTO colors (name, name_key, description, hex, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    color.name,
                    name_key(&color.name),
                    color.description,
                    color.hex.map(|hex| hex.to_string()),
                    Timestamp::now().to_string()
                ],
            )
            .map_err(rows::name_taken)?;
            let id = db.last_insert_rowid() as u64;
            rows::bump_version(db)?;
            rows::color(db, id)
        })
        .await
    }

    async fn color(&self, id: u64) -> Result<Color, StoreError> {
        self.read(move |db| rows::color(db, id)).await
    }

    async fn colors(&self, before: Option<u64>, limit: usize) -> Result<Vec<Color>, StoreError> {
        self.read(move |db| rows::colors(db, before, limit)).await
    }

    async fn update_color(&self, id: u64, change: ColorChange) -> Result<Color, StoreError> {
        self.write(move |db, _| {
            rows::color(db, id)?;
            if let Some(name) = change.name {
                db.execute(
                    "UPDATE colors SET name = ?2, name_key = ?3 WHERE id = ?1",
                    params![id, name, name_key(&name)],
                )
                .map_err(rows::name_taken)?;
            }
            if let Some(description) = change.description {
                db.execute(
                    "UPDATE colors SET description = ?2 WHERE id = ?1",
                    params![id, description],
                )?;
            }
            if let Some(hex) = change.hex {
                let hex = hex.map(|hex| hex.to_string());
                db.execute("UPDATE colors SET hex = ?2 WHERE id = ?1", params![id, hex])?;
            }
            rows::bump_version(db)?;
            rows::color(db, id)
        })
        .await
    }

    async fn delete_color(&self, id: u64) -> Result<(), StoreError> {
        self.to_the_end(move |store| async move {
            store
                .write(move |db, _| {
                    rows::found(db.execute("DELETE FROM colors WHERE id = ?1", [id])?)?;
                    rows::bump_version(db)
                })
                .await?;
            store.on_files(move |photos| photos.remove_color(id)).await
        })
        .await
    }

    async fn add_image(&self, color_id: u64, image: NewImage) -> Result<(Image, bool), StoreError> {
        self.write(move |db, photos| {
            rows::color(db, color_id)?;
            if let Some(known) = rows::image_of_bytes(db, color_id, &image.sha256)? {
                return Ok((known, false));
            }
            let file = photos.write_temporary(&image.bytes)?;
            db.execute(
                "INSERT INTO images (color_id, sha256, format, bytes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    color_id,
                    image.sha256,
                    image.format.extension(),
                    image.bytes.len() as u64,
                    Timestamp::now().to_string()
                ],
            )?;
            let id = db.last_insert_rowid() as u64;
            rows::bump_images_revision(db, color_id)?;
            photos.keep(file, color_id, id, image.format)?;
            Ok((rows::image(db, color_id, id)?, true))
        })
        .await
    }

    async fn images(&self, color_id: u64) -> Result<Vec<Image>, StoreError> {
        self.read(move |db| {
            rows::color(db, color_id)?;
            rows::images(db, color_id)
        })
        .await
    }

    async fn image(&self, color_id: u64, image_id: u64) -> Result<Image, StoreError> {
        self.read(move |db| rows::image(db, color_id, image_id)).await
    }

    async fn photo(&self, image: &Image) -> Result<Vec<u8>, StoreError> {
        let image = image.clone();
        self.on_files(move |photos| photos.read(image.color_id, image.id, image.format))
            .await?
    }

    async fn delete_image(&self, color_id: u64, image_id: u64) -> Result<(), StoreError> {
        self.to_the_end(move |store| async move {
            let format = store
                .write(move |db, _| {
                    let image = rows::image(db, color_id, image_id)?;
                    db.execute("DELETE FROM images WHERE id = ?1", [image_id])?;
                    rows::bump_images_revision(db, color_id)?;
                    Ok(image.format)
                })
                .await?;
            store
                .on_files(move |photos| photos.remove(color_id, image_id, format))
                .await
        })
        .await
    }

    async fn put_features(
        &self,
        color_id: u64,
        space: &str,
        measured: &[(u64, Features)],
    ) -> Result<(), StoreError> {
        let pack = |(id, features): &(u64, Features)| Ok((*id, rows::pack(features)?));
        let packed: Vec<(u64, Vec<u8>)> = measured.iter().map(pack).collect::<Result<_, StoreError>>()?;
        let space = space.to_owned();
        self.write(move |db, _| {
            // Where an image was deleted meanwhile, its features have no place either.
            let mut insert = db.prepare_cached(
                "INSERT OR REPLACE INTO features (image_id, space, packed)
                 SELECT id, ?3, ?4 FROM images WHERE id = ?1 AND color_id = ?2",
            )?;
            for (id, packed) in packed {
                insert.execute(params![id, color_id, space, packed])?;
            }
            Ok(())
        })
        .await
    }

    async fn features_of(&self, color_id: u64, space: &str) -> Result<Vec<ImageFeatures>, StoreError> {
        let space = space.to_owned();
        self.read(move |db| rows::features_of(db, color_id, &space)).await
    }

    async fn put_model(&self, color_id: u64, new: NewModel) -> Result<ModelInfo, StoreError> {
        self.write(move |db, _| {
            let color = rows::color(db, color_id)?;
            // A slower training of earlier photos must not take back what a later one has learnt.
            if let Some(known) = color.model
                && known.space == new.model.space
                && known.images_revision > new.images_revision
            {
                return Ok(known);
            }
            let (kind, num_images, metrics) = new.facts();
            let version: u64 =
                db.query_row("SELECT models_made + 1 FROM colors WHERE id = ?1", [color_id], |row| row.get(0))?;
            let info = ModelInfo {
                version,
                kind,
                trained_at: Timestamp::now(),
                num_images,
                metrics,
                space: new.model.space.clone(),
                images_revision: new.images_revision,
            };
            db.execute(
                "UPDATE colors SET models_made = ?2, model_info = ?3, model = ?4, failed_revision = NULL, failed_space = NULL WHERE id = ?1",
                params![color_id, version, rows::json(&info)?, rows::pack(&new.model)?],
            )?;
            rows::bump_version(db)?;
            Ok(info)
        })
        .await
    }

    async fn put_failure(&self, color_id: u64, failure: Failure) -> Result<(), StoreError> {
        self.write(move |db, _| {
            rows::found(db.execute(
                "UPDATE colors SET failed_revision = ?2, failed_space = ?3 WHERE id = ?1",
                params![color_id, failure.images_revision, failure.space],
            )?)
        })
        .await
    }

    async fn shades(&self) -> Result<(String, Vec<StoredShade>), StoreError> {
        self.read(|db| Ok((rows::library_version(db)?, rows::shades(db)?)))
            .await
    }

    /// There is no other process: the directory is locked.
    async fn claim_training(&self, _color_id: u64, _claim: &str) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn release_training(&self, _color_id: u64, _claim: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn create_job(&self, color_ids: Vec<u64>) -> Result<Job, StoreError> {
        self.write(move |db, _| {
            let now = Timestamp::now();
            db.execute("INSERT INTO jobs (over, body) VALUES (0, '')", [])?;
            let job = Job {
                id: db.last_insert_rowid() as u64,
                state: JobState::Queued,
                color_ids,
                done: 0,
                failures: Vec::new(),
                created_at: now,
                updated_at: now,
            };
            rows::put_job(db, &job)?;
            Ok(job)
        })
        .await
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        self.read(move |db| {
            let body: Option<String> = db
                .query_row("SELECT body FROM jobs WHERE id = ?1", [id], |row| row.get(0))
                .optional()?;
            rows::from_json(&body.ok_or(StoreError::NotFound)?)
        })
        .await
    }

    async fn put_job(&self, job: &Job) -> Result<(), StoreError> {
        let job = job.clone();
        self.write(move |db, _| rows::put_job(db, &job)).await
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
            body.map(|body| rows::from_json(&body)).transpose()
        })
        .await
    }

    async fn create_upload(&self, upload: NewUpload) -> Result<Upload, StoreError> {
        self.on_uploads(move |_, db| Uploads::create(db, upload)).await
    }

    async fn upload(&self, key: &str) -> Result<UploadTerms, StoreError> {
        let key = key.to_owned();
        self.on_uploads(move |_, db| uploads::terms(db, &key)).await
    }

    async fn put_upload(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let (uploads, key) = (Arc::clone(&self.uploads), key.to_owned());
        self.on_files(move |_| uploads.put(&key, &bytes)).await?
    }

    async fn uploaded(&self, key: &str, size: u64) -> Result<Uploaded, StoreError> {
        let (uploads, key) = (Arc::clone(&self.uploads), key.to_owned());
        self.on_files(move |_| uploads.read(&key, size)).await?
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.on_uploads(Uploads::sweep).await
    }
}

#[cfg(test)]
mod tests;
