//! The store on AWS against an emulator: `tests/aws/run` starts one and sets `STRAND_TEST_AWS`. Without it, the tests say
//! by name that they did not run.

mod concurrency;
mod garbage;
mod snapshot;

use super::*;
use crate::library::ports::{CLAIM_LASTS, UPLOAD_LASTS};
use crate::store::contract::{Place, model, new_color};
use rows::{ColorRow, random};
use std::io::Write as _;
use table::Range;
use write::Write;

/// A store with a table and a bucket of its own.
struct There {
    store: Aws,
    config: AwsConfig,
}

impl Place for There {
    fn store(&self) -> &dyn Store {
        &self.store
    }
}

impl There {
    /// The store as another process has it.
    async fn elsewhere(&self) -> Aws {
        Aws::connect(self.config.clone()).await
    }

    /// The rows of a partition.
    async fn rows<T: serde::de::DeserializeOwned>(&self, partition: &str) -> Vec<T> {
        self.store.table.query(Range::all(partition)).await.unwrap()
    }
}

async fn there(test: &str) -> Option<There> {
    if std::env::var_os("STRAND_TEST_AWS").is_none_or(|value| value != "1") {
        // Past the test runner's capture.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN store::aws::{test}: it needs an emulator of AWS; run tests/aws/run"
        );
        return None;
    }
    let config = AwsConfig {
        table: format!("strand-{}", random()),
        bucket: format!("strand-{}", random()),
        queue_url: None,
        snapshot_limit: u64::MAX,
    };
    create(&config).await.unwrap();
    // What is there stays as it is.
    create(&config).await.unwrap();
    let store = Aws::connect(config.clone()).await;
    store.check_table().await.unwrap();
    store.check_bucket().await.unwrap();
    Some(There { store, config })
}

contract_tests!(there);

#[tokio::test]
async fn what_is_not_there_is_named() {
    let Some(there) = there("what_is_not_there_is_named").await else {
        return;
    };
    let config = AwsConfig {
        table: format!("strand-{}", random()),
        bucket: format!("strand-{}", random()),
        ..there.config.clone()
    };
    let store = Aws::connect(config).await;
    let table = store.check_table().await.unwrap_err().to_string();
    assert!(table.contains("ResourceNotFoundException"), "{table}");
    let bucket = store.check_bucket().await.unwrap_err().to_string();
    assert!(bucket.contains("NoSuchBucket"), "{bucket}");
    assert!(![table, bucket].concat().contains('\n'));
}

#[tokio::test]
async fn a_claim_is_one_holders_until_it_lapses() {
    let Some(there) = there("a_claim_is_one_holders_until_it_lapses").await else {
        return;
    };
    let (here, other) = (&there.store, there.elsewhere().await);
    let id = here.create_color(new_color("a")).await.unwrap().id;
    assert!(here.claim_training(id, "here").await.unwrap());
    assert!(!other.claim_training(id, "other").await.unwrap());
    assert!(other.color(id).await.unwrap().is_claimed());
    assert!(
        here.claim_training(id, "here").await.unwrap(),
        "its holder renews it"
    );
    other.release_training(id, "other").await.unwrap();
    assert!(
        !other.claim_training(id, "other").await.unwrap(),
        "nobody else gives it up"
    );
    here.release_training(id, "here").await.unwrap();
    assert!(!other.color(id).await.unwrap().is_claimed());
    assert!(other.claim_training(id, "other").await.unwrap());
    let lapse = Write::update(ColorRow::key(id), "SET #claimed_until = #claimed_until - :ms");
    let lapse = lapse.with(":ms", CLAIM_LASTS.as_millis() as u64 + 1).unwrap();
    here.table.write(lapse).await.unwrap();
    assert!(!here.color(id).await.unwrap().is_claimed());
    assert!(here.claim_training(id, "here").await.unwrap());
    let nobody = here.claim_training(999, "here").await;
    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
}

#[tokio::test]
async fn a_claim_does_not_outlive_its_color() {
    let Some(there) = there("a_claim_does_not_outlive_its_color").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    assert!(store.claim_training(id, "here").await.unwrap());
    store.delete_color(id).await.unwrap();
    let gone = store.claim_training(id, "here").await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    store.release_training(id, "here").await.unwrap();
    assert!(matches!(store.color(id).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_job_is_one_workers() {
    let Some(there) = there("a_job_is_one_workers").await else {
        return;
    };
    let (here, other) = (&there.store, there.elsewhere().await);
    let first = here.create_job(vec![1]).await.unwrap();
    let second = here.create_job(vec![2]).await.unwrap();
    assert_eq!(here.next_job().await.unwrap(), Some(first.clone()));
    assert_eq!(other.next_job().await.unwrap(), Some(second));
    assert_eq!(here.next_job().await.unwrap(), None);
    // Its worker has ended without a word.
    let lapse = Write::update(rows::OpenJobRow::key(first.id), "SET #taken_until = :then");
    here.table.write(lapse.with(":then", 1).unwrap()).await.unwrap();
    assert_eq!(other.next_job().await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_queue_brings_the_ids_of_jobs() {
    let Some(there) = there("a_queue_brings_the_ids_of_jobs").await else {
        return;
    };
    let sqs = aws_sdk_sqs::Client::new(&client::sdk_config().await);
    let made = sqs
        .create_queue()
        .queue_name(&there.config.table)
        .send()
        .await
        .unwrap();
    let queue_url = made.queue_url.unwrap();
    let config = AwsConfig {
        queue_url: Some(queue_url.clone()),
        ..there.config.clone()
    };
    let store = Aws::connect(config.clone()).await;
    let job = store.create_job(vec![1]).await.unwrap();
    let received = sqs.receive_message().queue_url(&queue_url).send().await.unwrap();
    let bodies: Vec<_> = received
        .messages()
        .iter()
        .filter_map(|message| message.body())
        .collect();
    assert_eq!(bodies, [job.id.to_string()]);
    assert_eq!(
        store.next_job().await.unwrap(),
        None,
        "the queue's consumers work on it"
    );

    let config = AwsConfig {
        queue_url: Some(format!("{queue_url}-gone")),
        ..config
    };
    assert!(Aws::connect(config).await.create_job(vec![1]).await.is_err());
    let left: Vec<rows::OpenJobRow> = there.rows(rows::OPEN_JOBS).await;
    assert_eq!(left.len(), 1, "a job that nobody will work on is not kept");
}

#[tokio::test]
async fn uploads_are_signed_with_their_size_and_type() {
    let Some(there) = there("uploads_are_signed_with_their_size_and_type").await else {
        return;
    };
    let new = NewUpload {
        filename: "a.png".into(),
        content_type: "image/png".into(),
        size: 123,
    };
    let upload = there.store.create_upload(new).await.unwrap();
    let place = upload.place.unwrap();
    assert!(
        place
            .url
            .contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"),
        "{}",
        place.url
    );
    assert!(
        place
            .url
            .contains(&format!("X-Amz-Expires={}", UPLOAD_LASTS.as_secs())),
        "{}",
        place.url
    );
    assert!(
        place.url.contains(&format!("/uploads/{}?", upload.key)),
        "{}",
        place.url
    );
    assert_eq!(
        place.headers,
        [("content-type".to_owned(), "image/png".to_owned())]
    );
}

#[tokio::test]
async fn a_damaged_model_costs_one_shade_and_not_the_library() {
    let Some(there) = there("a_damaged_model_costs_one_shade_and_not_the_library").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.put_model(id, model("here", 0)).await.unwrap();
    let key = store.color_row(id).await.unwrap().model_key.unwrap();
    let object = store.bucket.get(&key).await.unwrap().unwrap();
    let damaged = store
        .bucket
        .put(&key, vec![0, 17], "x/y", bucket::When::Unchanged(&object.etag))
        .await;
    assert!(damaged.unwrap());
    let (_, shades) = store.shades().await.unwrap();
    assert_eq!((shades.len(), &shades[0].model), (1, &None));
    store.publish().await;
    assert_eq!(store.shades().await.unwrap().1.len(), 1);
    store.put_model(id, model("here", 0)).await.unwrap();
    assert!(store.shades().await.unwrap().1[0].model.is_some());
}
