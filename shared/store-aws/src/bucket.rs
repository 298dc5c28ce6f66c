//! The bucket: reads of whole objects, conditional writes, and batch deletions.

use crate::error::{broken, failed, status};
use crate::retry::Attempts;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use std::time::Duration;
use strand_library::ports::StoreError;

/// Maximum objects of one `DeleteObjects`, and of one page of `ListObjectsV2`.
pub const DELETE_AT_ONCE: usize = 1_000;
/// Maximum attempts to read a body whose transfer breaks off.
const BODY_ATTEMPTS: usize = 4;
/// Time limit for the body of one object.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// The condition for writing an object.
pub enum When<'a> {
    /// No object has this key. Such keys are used only once, so an existing object is our own, from an attempt whose
    /// response was lost.
    New,
    /// No object has this key; another writer may have been faster.
    Absent,
    /// The object still has this `ETag`.
    Unchanged(&'a str),
}

/// An object and the `ETag` of its version.
pub struct Object {
    pub etag: String,
    pub bytes: Vec<u8>,
}

/// An S3 bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes an object; `false` if the condition does not hold.
    pub async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        media_type: &str,
        when: When<'_>,
    ) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(media_type);
        let put = match when {
            When::New | When::Absent => put.if_none_match("*"),
            When::Unchanged(etag) => put.if_match(etag),
        };
        // Large objects take longer than a call may; they are written in the background.
        let seconds = 10 + bytes.len() as u64 / (2 << 20);
        let patience = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(seconds - 2))
            .operation_timeout(Duration::from_secs(seconds));
        let put = put.body(ByteStream::from(bytes)).customize();
        let put = put.config_override(aws_sdk_s3::Config::builder().timeout_config(patience.build()));
        match put.send().await {
            Ok(_) => Ok(true),
            // 412: the condition does not hold; 409: another write is in progress; 404: the object was deleted.
            Err(error) => match (status(&error), when) {
                (Some(412), When::New) => Ok(true),
                (Some(412 | 409), When::Absent) | (Some(412 | 409 | 404), When::Unchanged(_)) => Ok(false),
                _ => Err(failed("PutObject")(error)),
            },
        }
    }

    /// An object, or `None` if it does not exist.
    pub async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.get_within(key, u64::MAX)
            .await?
            .map_or(Ok(None), |found| match found {
                Ok(object) => Ok(Some(object)),
                Err(size) => Err(StoreError::Failed(format!("{key} has {size} bytes"))),
            })
    }

    /// An object of at most `limit` bytes, or the size of a larger one.
    pub async fn get_within(&self, key: &str, limit: u64) -> Result<Option<Result<Object, u64>>, StoreError> {
        let mut attempts = Attempts::up_to(BODY_ATTEMPTS);
        let mut broke = String::new();
        while attempts.next().await {
            let answer = self.client.get_object().bucket(&self.name).key(key).send().await;
            let object = match answer {
                Ok(object) => object,
                Err(error) if status(&error) == Some(404) => return Ok(None),
                Err(error) => return Err(failed("GetObject")(error)),
            };
            let size = object.content_length.unwrap_or(0) as u64;
            if size > limit {
                return Ok(Some(Err(size)));
            }
            let etag = object.e_tag.unwrap_or_default();
            match tokio::time::timeout(BODY_LIMIT, object.body.collect()).await {
                Ok(Ok(body)) => {
                    let bytes = body.to_vec();
                    return Ok(Some(Ok(Object { etag, bytes })));
                }
                // The SDK retries up to the first byte of the body, but not after.
                Ok(Err(error)) => broke = format!("GetObject: {key} breaks off: {error}"),
                Err(_) => {
                    return Err(StoreError::Unavailable(format!(
                        "GetObject: {key} takes too long"
                    )));
                }
            }
        }
        Err(StoreError::Unavailable(broke))
    }

    /// The `ETag` and size of an object, or `None` if it does not exist.
    pub async fn head(&self, key: &str) -> Result<Option<(String, u64)>, StoreError> {
        let request = self.client.head_object().bucket(&self.name).key(key);
        match request.send().await {
            Ok(head) => {
                let unnamed = || StoreError::Unavailable(format!("HeadObject: {key} comes without an ETag"));
                let etag = head.e_tag.ok_or_else(unnamed)?;
                Ok(Some((etag, head.content_length.unwrap_or(0) as u64)))
            }
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed("HeadObject")(error)),
        }
    }

    /// Deletes up to [`DELETE_AT_ONCE`] objects; missing ones are ignored.
    pub async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let identifiers = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(key).build());
        let identifiers = identifiers.collect::<Result<_, _>>().map_err(broken)?;
        let delete = Delete::builder()
            .set_objects(Some(identifiers))
            .quiet(true)
            .build()
            .map_err(broken)?;
        let request = self.client.delete_objects().bucket(&self.name).delete(delete);
        let answer = request.send().await.map_err(failed("DeleteObjects"))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => Err(StoreError::Unavailable(format!("DeleteObjects: {error:?}"))),
        }
    }

    /// The first [`DELETE_AT_ONCE`] keys, at most, under a prefix.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let answer = request.max_keys(DELETE_AT_ONCE as i32).send().await;
        let objects = answer
            .map_err(failed("ListObjectsV2"))?
            .contents
            .unwrap_or_default();
        Ok(objects.into_iter().filter_map(|object| object.key).collect())
    }
}
