//! The store on AWS: metadata in one DynamoDB table, photos, features and models in an S3 bucket, job ids in an SQS
//! queue where there is one. Any number of processes share it.
//!
//! Every row has the key `pk`, `sk` (text); there is no secondary index, so every read is strongly consistent, and
//! nothing scans. `expires_at` is the table's TTL attribute. N counts rows; units are those of on-demand tables: a
//! read unit is 4 kB read, a write unit 1 kB written, twice that in a transaction.
//!
//! | row | pk | sk |
//! |---|---|---|
//! | a shade, 0.5 to 1 kB | `COLORS` | id, 20 digits |
//! | a name in use | `NAME#<folded name>` | `NAME` |
//! | a photo, 0.3 kB | `PHOTOS#<color>` | `IMAGE#<id>` |
//! | the bytes a shade has | `PHOTOS#<color>` | `BYTES#<sha256>` |
//! | a shade whose change the snapshot does not have | `PENDING` | color id |
//! | what is to be cleared away | `GARBAGE` | `<due>#<what>` |
//! | a job; one that is not over | `JOB#<id>`; `OPEN_JOBS` | `JOB`; id |
//! | an upload | `UPLOAD#<key>` | `UPLOAD` |
//! | the last id given | `COUNTERS` | `colors`, `images`, `jobs` |
//!
//! | access pattern | how | cost |
//! |---|---|---|
//! | a shade; a photo | get `COLORS`/id; with get `PHOTOS`/`IMAGE` | 1; 2 read units |
//! | N shades, newest first | query `COLORS` backwards from the cursor, 1 MB a page | N/5 read units |
//! | N photos of a shade | query `PHOTOS#`, and get the shade | N/13 + 1 read units |
//! | create a shade | count; transaction of shade, name, pending | 7 write units |
//! | rename a shade | get; transaction of shade, both names, pending | 1 read, 8 write units |
//! | delete a shade | transaction of shade, name, pending, garbage; then batches | 8 write units, 2 per photo |
//! | add a photo | 2 gets, count, garbage; put object; transaction of 4 | 2 read, 10 write units, 1 S3 write |
//! | the same bytes again | get `BYTES#`, get the photo | 3 read units |
//! | delete a photo | 2 gets; transaction of 4; delete object | 2 read, 8 write units |
//! | save a model | get; garbage; put object; transaction of 4 | 2 read, 10 write units, 1 S3 write |
//! | features of a shade with N photos | get one object; query `PHOTOS#` | N/13 read units, 1 S3 read |
//! | add features of N photos | get and put one object; update rows | N write units, 2 S3 requests |
//! | claim a shade for training, renew, release | conditional update | 1 write unit each |
//! | is the library as it was? | query `PENDING`; head the snapshot | 1 read unit, 1 S3 read |
//! | all shades | query `PENDING`; get the snapshot; get what is pending | 1 read unit, 1 S3 read, 2 per pending |
//! | publish | the same; put the snapshot; delete pending rows | 1 S3 write, 1 write unit per pending |
//! | create, read, save a job | count, transaction; get; transaction | 5; 1; 4 units |
//! | the oldest open job | query `OPEN_JOBS`; conditional update | 1 read, 1 write unit |
//! | create, read an upload | put; get, and get the object | 1 write unit; 1 read unit, 1 S3 read |
//!
//! All shades share a partition, which takes 1,000 write units a second: some hundred photos uploaded at a time.
//!
//! In the bucket: `photos/<color>/<image>.<ext>`, `features/<color>/<space>`, `models/<color>/<random>`,
//! `library/snapshot`, `uploads/<key>`. Photos and models are written once under a key of their own (`If-None-Match`),
//! features and the snapshot by compare-and-swap (`If-Match`). The SDK sends a checksum with every object and verifies
//! those it gets. Encryption, versioning and lifecycle rules are the bucket's, see [`create`].

mod bucket;
mod client;
mod colors;
mod create;
mod error;
mod features;
mod garbage;
mod images;
mod jobs;
mod models;
mod rows;
mod snapshot;
mod table;
mod uploads;
mod write;

pub use create::create;

use crate::library::ports::{
    ColorChange, Features, ImageFeatures, NewColor, NewImage, NewModel, NewUpload, Store, StoreError,
    StoredShade, Upload, UploadTerms, Uploaded,
};
use crate::library::types::{Color, Failure, Image, Job, ModelInfo};
use async_trait::async_trait;
use bucket::Bucket;
use rows::{Counted, CounterRow, ImageRow};
use std::sync::Arc;
use table::Table;

/// Where the store is.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    /// The name of the DynamoDB table.
    pub table: String,
    /// The name of the S3 bucket.
    pub bucket: String,
    /// The URL of the SQS queue that brings the ids of jobs to workers elsewhere; without it, workers look for jobs in
    /// the table.
    pub queue_url: Option<String>,
    /// The largest library snapshot, in bytes, that this process rewrites after a change: it takes three times as much
    /// memory for a moment. 0 where it must not write at all. Others see its changes without, too.
    pub snapshot_limit: u64,
}

/// The store on AWS. Cloning shares it.
#[derive(Clone)]
pub struct Aws {
    table: Table,
    bucket: Bucket,
    queue: Option<Queue>,
    snapshot_limit: u64,
    publications: Arc<snapshot::Publications>,
}

#[derive(Clone)]
struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Aws {
    /// The store that the configuration names. Nothing is asked of AWS yet, so that a function starts fast; region,
    /// credentials and endpoints come from the environment as AWS tools read it.
    pub async fn connect(config: AwsConfig) -> Self {
        Self::over(&client::sdk_config().await, config)
    }

    fn over(sdk: &aws_config::SdkConfig, config: AwsConfig) -> Self {
        let queue = config.queue_url.map(|url| Queue {
            client: aws_sdk_sqs::Client::new(sdk),
            url,
        });
        let s3 = aws_sdk_s3::Client::from_conf(client::s3_config(sdk));
        Self {
            table: Table::new(aws_sdk_dynamodb::Client::new(sdk), config.table),
            bucket: Bucket::new(s3, config.bucket),
            queue,
            snapshot_limit: config.snapshot_limit,
            publications: Arc::default(),
        }
    }

    /// Reads from the table, so that a start fails where that cannot be.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn check_table(&self) -> Result<(), StoreError> {
        let read = self.table.get::<CounterRow>(&Counted::Colors.key()).await?;
        tracing::debug!(colors = read.map_or(0, |row| row.last), "the table answers");
        Ok(())
    }

    /// Reads from the bucket, likewise.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn check_bucket(&self) -> Result<(), StoreError> {
        self.bucket.list(snapshot::SNAPSHOT).await.map(|_| ())
    }
}

#[async_trait]
impl Store for Aws {
    fn kind(&self) -> &'static str {
        "aws"
    }

    async fn library_version(&self) -> Result<String, StoreError> {
        self.version().await
    }

    async fn create_color(&self, color: NewColor) -> Result<Color, StoreError> {
        self.new_color(color).await
    }

    async fn color(&self, id: u64) -> Result<Color, StoreError> {
        self.color_row(id).await.map(Color::from)
    }

    async fn colors(&self, before: Option<u64>, limit: usize) -> Result<Vec<Color>, StoreError> {
        self.list_colors(before, limit).await
    }

    async fn update_color(&self, id: u64, change: ColorChange) -> Result<Color, StoreError> {
        self.change_color(id, change).await
    }

    async fn delete_color(&self, id: u64) -> Result<(), StoreError> {
        self.remove_color(id).await
    }

    async fn add_image(&self, color_id: u64, image: NewImage) -> Result<(Image, bool), StoreError> {
        self.new_image(color_id, image).await
    }

    async fn images(&self, color_id: u64) -> Result<Vec<Image>, StoreError> {
        self.list_images(color_id).await
    }

    async fn image(&self, color_id: u64, image_id: u64) -> Result<Image, StoreError> {
        self.image_row(color_id, image_id).await.and_then(ImageRow::image)
    }

    async fn photo(&self, image: &Image) -> Result<Vec<u8>, StoreError> {
        self.photo_of(image.color_id, image.id, image.format).await
    }

    async fn delete_image(&self, color_id: u64, image_id: u64) -> Result<(), StoreError> {
        self.remove_image(color_id, image_id).await
    }

    async fn put_features(
        &self,
        color_id: u64,
        space: &str,
        measured: &[(u64, Features)],
    ) -> Result<(), StoreError> {
        self.add_features(color_id, space, measured).await
    }

    async fn features_of(&self, color_id: u64, space: &str) -> Result<Vec<ImageFeatures>, StoreError> {
        Box::pin(self.read_features(color_id, space)).await
    }

    async fn put_model(&self, color_id: u64, model: NewModel) -> Result<ModelInfo, StoreError> {
        self.save_model(color_id, model).await
    }

    async fn put_failure(&self, color_id: u64, failure: Failure) -> Result<(), StoreError> {
        self.note_failure(color_id, &failure).await
    }

    async fn shades(&self) -> Result<(String, Vec<StoredShade>), StoreError> {
        self.all_shades().await
    }

    async fn publish(&self) {
        self.publish_soon().await;
    }

    async fn claim_training(&self, color_id: u64, claim: &str) -> Result<bool, StoreError> {
        self.claim(color_id, claim).await
    }

    async fn release_training(&self, color_id: u64, claim: &str) -> Result<(), StoreError> {
        self.release(color_id, claim).await
    }

    async fn create_job(&self, color_ids: Vec<u64>) -> Result<Job, StoreError> {
        self.new_job(color_ids).await
    }

    async fn job(&self, id: u64) -> Result<Job, StoreError> {
        self.read_job(id).await
    }

    async fn put_job(&self, job: &Job) -> Result<(), StoreError> {
        self.save_job(job).await
    }

    async fn next_job(&self) -> Result<Option<Job>, StoreError> {
        self.free_job().await
    }

    async fn create_upload(&self, upload: NewUpload) -> Result<Upload, StoreError> {
        self.new_upload(upload).await
    }

    async fn upload(&self, key: &str) -> Result<UploadTerms, StoreError> {
        self.upload_terms(key).await
    }

    /// Uploads go to S3 and never come through this process.
    async fn put_upload(&self, _key: &str, _bytes: Vec<u8>) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    async fn uploaded(&self, key: &str, size: u64) -> Result<Uploaded, StoreError> {
        self.uploaded_bytes(key, size).await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.sweep().await
    }
}

#[cfg(test)]
mod tests;
