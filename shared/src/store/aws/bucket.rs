//! The bucket: objects whole, conditional writes, deletions by the thousand.

use super::error::{broken, failed, status};
use super::table::wait;
use crate::library::ports::StoreError;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use std::time::Duration;

/// The most objects of one `DeleteObjects`, and of one page of `ListObjectsV2`.
pub const DELETE_AT_ONCE: usize = 1_000;
/// So often a body that breaks off is asked for again.
const BODY_TRIES: u32 = 3;
/// An object whose body takes longer is given up.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// What must hold for an object to be written.
pub enum When<'a> {
    /// There is none under this key. The keys of such objects are given out once, so that one that is there is our
    /// own, from a try whose answer was lost.
    New,
    /// There is none, or somebody else was faster.
    Absent,
    /// It still has this `ETag`.
    Unchanged(&'a str),
}

/// An object and what tells its versions apart.
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

    /// Writes an object; `false` where the condition does not hold.
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
        // Large ones take longer than a call should; they are written in the background of a request.
        let seconds = 10 + bytes.len() as u64 / (2 << 20);
        let patience = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(seconds - 2))
            .operation_timeout(Duration::from_secs(seconds));
        let put = put.body(ByteStream::from(bytes)).customize();
        let put = put.config_override(aws_sdk_s3::Config::builder().timeout_config(patience.build()));
        match put.send().await {
            Ok(_) => Ok(true),
            // 412: the condition does not hold; 409: somebody else writes at this moment; 404: it was deleted.
            Err(error) => match (status(&error), when) {
                (Some(412), When::New) => Ok(true),
                (Some(412 | 409), When::Absent) | (Some(412 | 409 | 404), When::Unchanged(_)) => Ok(false),
                _ => Err(failed("PutObject")(error)),
            },
        }
    }

    /// An object, or `None` where there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.get_within(key, u64::MAX)
            .await?
            .map_or(Ok(None), |found| match found {
                Ok(object) => Ok(Some(object)),
                Err(size) => Err(StoreError::Failed(format!("{key} has {size} bytes"))),
            })
    }

    /// An object of at most `limit` bytes, or the size of one that is larger.
    pub async fn get_within(&self, key: &str, limit: u64) -> Result<Option<Result<Object, u64>>, StoreError> {
        let mut attempt = 0;
        loop {
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
                // The SDK tries again up to the first byte of the body, and not after.
                Ok(Err(_)) if attempt < BODY_TRIES => wait(attempt).await,
                Ok(Err(error)) => {
                    return Err(StoreError::Unavailable(format!(
                        "GetObject: {key} breaks off: {error}"
                    )));
                }
                Err(_) => {
                    return Err(StoreError::Unavailable(format!(
                        "GetObject: {key} takes too long"
                    )));
                }
            }
            attempt += 1;
        }
    }

    /// The `ETag` and size of an object, or `None` where there is none.
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

    /// Deletes up to [`DELETE_AT_ONCE`] objects, those that are there.
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

    /// Up to [`DELETE_AT_ONCE`] keys under a prefix.
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
