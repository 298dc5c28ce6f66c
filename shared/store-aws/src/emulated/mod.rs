//! Tests of the store on AWS, against an emulator. Without one they are ignored; `make test-aws` starts one, sets
//! `AWS_ENDPOINT_URL`, and runs them.

mod concurrency;
mod garbage;
mod snapshot;

use super::*;
use crate::rows::{ShadeRow, random};
use crate::table::Range;
use crate::write::Write;
use jiff::Timestamp;
use strand_library::ports::{
    CLAIM_LASTS, Claims, Features, Jobs, Models, Photos, Publisher, Shades, UPLOAD_LASTS, Upkeep, Uploads,
};
use strand_library::{NewUpload, Shade, ShadeChange, StoredPhoto};
use strand_store_tests::{TestStore, model, new_job, new_shade, store_tests};

/// A store whose table and bucket only one test uses.
struct There {
    store: AwsStore,
    stores: Stores,
    config: AwsConfig,
}

impl TestStore for There {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn damage_features(&self, shade_id: u64, space: &str) {
        let key = features::object(shade_id, space);
        let object = self.store.bucket.get(&key).await.unwrap().unwrap();
        let unchanged = bucket::When::Unchanged(&object.etag);
        assert!(
            self.store
                .bucket
                .put(&key, vec![0, 17], "x/y", unchanged)
                .await
                .unwrap()
        );
    }
}

impl There {
    /// The store as seen by another process.
    async fn elsewhere(&self) -> AwsStore {
        AwsStore::connect(self.config.clone()).await
    }

    /// The rows of a partition.
    async fn rows<T: serde::de::DeserializeOwned>(&self, partition: &str) -> Vec<T> {
        self.store.table.query(Range::all(partition)).await.unwrap()
    }
}

async fn there() -> There {
    assert!(
        std::env::var_os("AWS_ENDPOINT_URL").is_some(),
        "this test needs emulated AWS services; make test-aws starts them and runs it"
    );
    let config = AwsConfig {
        table: format!("strand-{}", random()),
        bucket: format!("strand-{}", random()),
        queue_url: None,
        snapshot_limit: u64::MAX,
    };
    create(&config).await.unwrap();
    // Creating them again changes nothing.
    create(&config).await.unwrap();
    let store = AwsStore::connect(config.clone()).await;
    store.check_table().await.unwrap();
    store.check_bucket().await.unwrap();
    There {
        stores: store.clone().stores(),
        store,
        config,
    }
}

store_tests!(
    #[ignore = "needs emulated AWS services: make test-aws"]
    there
);

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_missing_table_or_bucket_is_named() {
    let there = there().await;
    let config = AwsConfig {
        table: format!("strand-{}", random()),
        bucket: format!("strand-{}", random()),
        ..there.config.clone()
    };
    let store = AwsStore::connect(config).await;
    let table = store.check_table().await.unwrap_err().to_string();
    assert!(table.contains("ResourceNotFoundException"), "{table}");
    let bucket = store.check_bucket().await.unwrap_err().to_string();
    assert!(bucket.contains("NoSuchBucket"), "{bucket}");
    assert!(![table, bucket].concat().contains('\n'));
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_claim_has_one_holder_until_it_lapses() {
    let there = there().await;
    let (here, other) = (&there.store, there.elsewhere().await);
    let id = here.create_shade(new_shade("a")).await.unwrap().id;
    assert!(here.claim(id, "here").await.unwrap());
    assert!(!other.claim(id, "other").await.unwrap());
    assert!(other.shade(id).await.unwrap().is_claimed(Timestamp::now()));
    assert!(here.claim(id, "here").await.unwrap(), "its holder renews it");
    other.release(id, "other").await.unwrap();
    assert!(
        !other.claim(id, "other").await.unwrap(),
        "nobody else can release it"
    );
    here.release(id, "here").await.unwrap();
    assert!(!other.shade(id).await.unwrap().is_claimed(Timestamp::now()));
    assert!(other.claim(id, "other").await.unwrap());
    let lapse = Write::update(ShadeRow::key(id), "SET #claimed_until = #claimed_until - :ms");
    let lapse = lapse.with(":ms", CLAIM_LASTS.as_millis() as u64 + 1).unwrap();
    here.table.write(lapse).await.unwrap();
    assert!(!here.shade(id).await.unwrap().is_claimed(Timestamp::now()));
    assert!(here.claim(id, "here").await.unwrap());
    let nobody = here.claim(999, "here").await;
    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_claim_does_not_outlive_its_color() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    assert!(store.claim(id, "here").await.unwrap());
    store.delete_shade(id).await.unwrap();
    let gone = store.claim(id, "here").await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    store.release(id, "here").await.unwrap();
    assert!(matches!(store.shade(id).await, Err(StoreError::NotFound)));
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_job_has_one_worker_at_a_time() {
    let there = there().await;
    let (here, other) = (&there.store, there.elsewhere().await);
    let first = here.create_job(new_job(&[1])).await.unwrap();
    let second = here.create_job(new_job(&[2])).await.unwrap();
    assert_eq!(here.next_job("here").await.unwrap(), Some(first.clone()));
    assert_eq!(other.next_job("other").await.unwrap(), Some(second));
    assert_eq!(here.next_job("third").await.unwrap(), None);
    // Its worker has died.
    let lapse = Write::update(rows::OpenJobRow::key(first.id), "SET #taken_until = :then");
    here.table.write(lapse.with(":then", 1).unwrap()).await.unwrap();
    assert_eq!(other.next_job("other").await.unwrap(), Some(first.clone()));
    assert!(!here.put_job(&first, "here").await.unwrap());
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_queue_delivers_the_ids_of_jobs() {
    let there = there().await;
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
    let store = AwsStore::connect(config.clone()).await;
    let job = store.create_job(new_job(&[1])).await.unwrap();
    let received = sqs.receive_message().queue_url(&queue_url).send().await.unwrap();
    let bodies: Vec<_> = received
        .messages()
        .iter()
        .filter_map(|message| message.body())
        .collect();
    assert_eq!(bodies, [job.id.to_string()]);
    assert_eq!(
        store.next_job("here").await.unwrap(),
        None,
        "the queue's consumers work on it"
    );

    let config = AwsConfig {
        queue_url: Some(format!("{queue_url}-gone")),
        ..config
    };
    assert!(
        AwsStore::connect(config)
            .await
            .create_job(new_job(&[2]))
            .await
            .is_err()
    );
    let left: Vec<rows::OpenJobRow> = there.rows(rows::OPEN_JOBS).await;
    assert_eq!(left.len(), 1, "a job that nobody will work on is not kept");
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn uploads_are_signed_with_their_size_and_type() {
    let there = there().await;
    let new = NewUpload {
        filename: "a.png".into(),
        content_type: "image/png".into(),
        size: 123,
    };
    let upload = there.store.create_upload(new).await.unwrap();
    let target = upload.target.unwrap();
    assert!(
        target
            .url
            .contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"),
        "{}",
        target.url
    );
    assert!(
        target
            .url
            .contains(&format!("X-Amz-Expires={}", UPLOAD_LASTS.as_secs())),
        "{}",
        target.url
    );
    assert!(
        target.url.contains(&format!("/uploads/{}?", upload.key)),
        "{}",
        target.url
    );
    assert_eq!(
        target.headers,
        [("content-type".to_owned(), "image/png".to_owned())]
    );
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_damaged_model_costs_one_shade_and_not_the_library() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    store.put_model(id, model("here", 0)).await.unwrap();
    let key = store.shade_row(id).await.unwrap().model_key.unwrap();
    let object = store.bucket.get(&key).await.unwrap().unwrap();
    let damaged = store
        .bucket
        .put(&key, vec![0, 17], "x/y", bucket::When::Unchanged(&object.etag))
        .await;
    assert!(damaged.unwrap());
    let (_, shades) = store.models().await.unwrap();
    assert_eq!((shades.len(), &shades[0].model), (1, &None));
    store.publish().await;
    assert_eq!(store.models().await.unwrap().1.len(), 1);
    store.put_model(id, model("here", 0)).await.unwrap();
    assert!(store.models().await.unwrap().1[0].model.is_some());
}

/// The rows and objects that an earlier version wrote; see `tests/libraries`.
#[derive(serde::Deserialize)]
struct Dump {
    rows: Vec<serde_json::Map<String, serde_json::Value>>,
    objects: std::collections::BTreeMap<String, DumpedObject>,
}

#[derive(serde::Deserialize)]
struct DumpedObject {
    content_type: String,
    base64: String,
}

impl There {
    async fn load(&self, dump: Dump) {
        for row in dump.rows {
            let item = row
                .into_iter()
                .map(|(name, value)| (name, attribute(&value)))
                .collect();
            let table = &self.store.table;
            let put = table
                .client()
                .put_item()
                .table_name(table.name())
                .set_item(Some(item));
            put.send().await.unwrap();
        }
        for (key, object) in dump.objects {
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, object.base64);
            let put = self
                .store
                .bucket
                .put(&key, bytes.unwrap(), &object.content_type, bucket::When::New);
            assert!(put.await.unwrap());
        }
    }
}

/// An attribute in DynamoDB's JSON: `{"S": "text"}` and so on.
fn attribute(value: &serde_json::Value) -> aws_sdk_dynamodb::types::AttributeValue {
    use aws_sdk_dynamodb::types::AttributeValue;
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => {
            let fields = value.as_object().unwrap().iter();
            AttributeValue::M(
                fields
                    .map(|(name, value)| (name.clone(), attribute(value)))
                    .collect(),
            )
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn the_table_of_november_2026_opens_completely() {
    let there = there().await;
    let dump = include_str!("../../../../tests/libraries/2026-11/aws.json");
    there.load(serde_json::from_str(dump).unwrap()).await;
    let stores = &there.stores;
    let shades = stores.shades.shades(None, usize::MAX).await.unwrap();
    assert_eq!(shades.len(), 2);
    let space = "shade6+hair-parser-ea442195";
    for published in [false, true] {
        if published {
            there.store.publish().await;
        }
        let (_, models) = stores.models.models().await.unwrap();
        for shade in &shades {
            assert_eq!(shade.status(space, false), strand_library::ShadeStatus::Ready);
            assert_eq!(stores.features.features(shade.id, space).await.unwrap().len(), 2);
            let model = models.iter().find(|found| found.shade_id == shade.id).unwrap();
            let mut known: Vec<_> = stores.photos.photos(shade.id).await.unwrap();
            known.retain(|photo| {
                let references = &model.model.as_ref().unwrap().references;
                references
                    .iter()
                    .any(|r| r.sha256.as_ref() == Some(&photo.sha256))
            });
            assert_eq!(
                known.len(),
                2,
                "models of that time had no digests of their photos"
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn conditional_writes_are_tried_and_leave_nothing() {
    let there = there().await;
    there.store.probe().await.unwrap();
    assert!(there.store.conditions.initialized());
    assert!(there.store.bucket.list("uploads/").await.unwrap().is_empty());
}
