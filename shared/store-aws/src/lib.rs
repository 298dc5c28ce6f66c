//! The store on AWS: metadata in one DynamoDB table, photos, features, and models in an S3 bucket, job ids in an
//! optional SQS queue. Any number of processes can share it.
//!
//! Every row has the text key `pk`, `sk`. There is no secondary index, so every read is strongly consistent, and
//! nothing scans. `expires_at` is the table's TTL attribute. N is a number of rows. Units are those of on-demand
//! tables: a read unit is 4 kB read, a write unit 1 kB written, twice that in a transaction.
//!
//! | row | pk | sk |
//! |---|---|---|
//! | a shade, 0.5 to 1 kB | `COLORS` | id, 20 digits |
//! | a name in use | `NAME#<folded name>` | `NAME` |
//! | a photo, 0.3 kB | `PHOTOS#<color>` | `IMAGE#<id>` |
//! | the digest of a shade's photo | `PHOTOS#<color>` | `BYTES#<sha256>` |
//! | a shade whose latest change is not in the snapshot | `PENDING` | color id |
//! | a leftover to delete | `GARBAGE` | `<due>#<what>` |
//! | a job; a job that is not over | `JOB#<id>`; `OPEN_JOBS` | `JOB`; id |
//! | an upload | `UPLOAD#<key>` | `UPLOAD` |
//! | a request that can be sent again, and its answer | `ANSWER#<sha256>` | `ANSWER` |
//! | the last id assigned | `COUNTERS` | `colors`, `images`, `jobs` |
//!
//! | access pattern | operations | cost |
//! |---|---|---|
//! | a shade; a photo | get `COLORS`/id; also get `PHOTOS`/`IMAGE` | 1; 2 read units |
//! | N shades, newest first | query `COLORS` backwards from the cursor, 1 MB a page | N/5 read units |
//! | N photos of a shade | query `PHOTOS#`, and get the shade | N/13 + 1 read units |
//! | create a shade | count; transaction of shade, name, pending | 7 write units |
//! | rename a shade | get; transaction of shade, both names, pending | 1 read, 8 write units |
//! | delete a shade | transaction of shade, name, pending, garbage; then batches | 8 write units, 2 per photo |
//! | add a photo | 2 gets, count, garbage; put object; transaction of 4 | 2 read, 10 write units, 1 S3 write |
//! | add the same bytes again | get `BYTES#`, get the photo | 3 read units |
//! | delete a photo | 2 gets; transaction of 4; delete object | 2 read, 8 write units |
//! | save a model | get; garbage; put object; transaction of 4 | 2 read, 10 write units, 1 S3 write |
//! | features of a shade with N photos | get one object; query `PHOTOS#` | N/13 read units, 1 S3 read |
//! | add features of N photos | get and put one object; update rows | N write units, 2 S3 requests |
//! | claim a shade for training, renew, release | conditional update | 1 write unit each |
//! | has the library changed? | query `PENDING`; head the snapshot | 1 read unit, 1 S3 read |
//! | all shades | query `PENDING`; get the snapshot; get what is pending | 1 read unit, 1 S3 read, 2 per pending |
//! | publish | the same; put the snapshot; delete pending rows | 1 S3 write, 1 write unit per pending |
//! | create, read, save a job | get, query `OPEN_JOBS`, transaction; get; transaction | 8; 1; 4 units |
//! | take the oldest open job, renew | query `OPEN_JOBS`; conditional update, and get | 2 read, 1 write unit |
//! | cancel a job | transaction, and get | 4 write, 1 read unit |
//! | N jobs, newest first | get the counter, then batches of 100 ids downwards | N + 1 read units |
//! | begin, finish a request that can be sent again | conditional put; conditional update | 1; 1 write unit |
//! | create, read an upload | put; get, and get the object | 1 write unit; 1 read unit, 1 S3 read |
//!
//! All shades share a partition, which takes 1,000 write units a second: about a hundred photos uploaded concurrently.
//!
//! In the bucket: `photos/<color>/<image>.<ext>`, `features/<color>/<space>`, `models/<color>/<random>`,
//! `library/snapshot`, `uploads/<key>`. Photos and models are written once, under unique keys (`If-None-Match`);
//! features and the snapshot are replaced by compare-and-swap (`If-Match`). The SDK sends a checksum with every object
//! and verifies it on every read. Encryption, versioning, and lifecycle rules are set on the bucket; see [`create`].

mod answers;
mod bucket;
mod check;
mod client;
mod create;
mod error;
mod features;
mod garbage;
mod jobs;
mod models;
mod photos;
mod retry;
mod rows;
mod shades;
mod snapshot;
mod table;
mod uploads;
mod write;

pub use create::create;

use bucket::Bucket;
use rows::{Counted, CounterRow};
use std::sync::Arc;
use strand_library::ports::{StoreError, Stores};
use table::Table;
use tokio::sync::OnceCell;

/// The resources of the store.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    /// The name of the DynamoDB table.
    pub table: String,
    /// The name of the S3 bucket.
    pub bucket: String,
    /// The URL of the SQS queue that delivers job ids to workers elsewhere. Without it, workers find jobs in the table.
    pub queue_url: Option<String>,
    /// Maximum size, in bytes, of the library snapshot that this process rewrites after a change. Rewriting briefly
    /// takes three times as much memory. With 0, this process never rewrites it. Other processes see the changes either
    /// way.
    pub snapshot_limit: u64,
}

/// The store on AWS. Cloning shares it.
#[derive(Clone)]
pub struct AwsStore {
    table: Table,
    bucket: Bucket,
    queue: Option<Queue>,
    snapshot_limit: u64,
    publications: Arc<snapshot::Publications>,
    /// Whether conditional writes have been tried, and work.
    conditions: Arc<OnceCell<()>>,
}

#[derive(Clone)]
struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl AwsStore {
    /// The store that the configuration names. No request is sent to AWS yet, so that a function starts fast. Region,
    /// credentials, and endpoints come from the environment, as in all AWS tools.
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
            conditions: Arc::default(),
        }
    }

    /// The ports of this store. Clients send uploads directly to S3, never through this process.
    pub fn stores(self) -> Stores {
        let store = Arc::new(self);
        Stores {
            shades: Arc::clone(&store) as _,
            photos: Arc::clone(&store) as _,
            features: Arc::clone(&store) as _,
            models: Arc::clone(&store) as _,
            jobs: Arc::clone(&store) as _,
            answers: Arc::clone(&store) as _,
            uploads: Arc::clone(&store) as _,
            upkeep: Arc::clone(&store) as _,
            receives: None,
            claims: Some(Arc::clone(&store) as _),
            publisher: Some(store),
        }
    }

    /// Reads from the table, so that startup fails if the table cannot be read.
    ///
    /// # Errors
    /// The error of the read.
    pub async fn check_table(&self) -> Result<(), StoreError> {
        let read = self.table.get::<CounterRow>(&Counted::Shades.key()).await?;
        tracing::debug!(shades = read.map_or(0, |row| row.last), "the table answers");
        Ok(())
    }

    /// Reads from the bucket, so that startup fails if the bucket cannot be read.
    ///
    /// # Errors
    /// The error of the read.
    pub async fn check_bucket(&self) -> Result<(), StoreError> {
        self.bucket.list(snapshot::SNAPSHOT).await.map(|_| ())
    }
}

#[cfg(test)]
mod emulated;
