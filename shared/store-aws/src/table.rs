//! The table: rows as structs, queries that follow all pages, and transactional writes.

use crate::error::{broken, failed};
use crate::retry::Attempts;
use crate::write::{Item, Key, Kind, Refused, Write};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, ReturnValue, WriteRequest};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use strand_library::ports::StoreError;

/// Maximum rows of one `BatchGetItem`.
const READ_AT_ONCE: usize = 100;
/// Maximum rows of one `BatchWriteItem`.
const WRITE_AT_ONCE: usize = 25;
/// Maximum concurrent requests of one use case.
pub const CONCURRENCY: usize = 16;
/// Maximum attempts for a contended write.
const ATTEMPTS: usize = 14;

/// A number as a sort key. Zero-padded text sorts like the numbers.
pub fn padded(number: u64) -> String {
    format!("{number:020}")
}

/// A range of sort keys in a partition.
pub struct Range<'a> {
    pub pk: &'a str,
    /// The first sort key, inclusive.
    pub from: &'a str,
    /// The last sort key, inclusive.
    pub to: &'a str,
    /// Whether to read from the last key to the first.
    pub backwards: bool,
    /// Maximum number of rows.
    pub limit: usize,
}

impl<'a> Range<'a> {
    /// A whole partition, first row first.
    pub fn all(pk: &'a str) -> Self {
        Self {
            pk,
            from: " ",
            to: "\u{10ffff}",
            backwards: false,
            limit: usize::MAX,
        }
    }
}

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// One row, or `None` if it does not exist.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        let get = self.client.get_item().table_name(&self.name);
        let answer = get.set_key(Some(key.item())).consistent_read(true).send().await;
        let item = answer.map_err(failed("GetItem"))?.item;
        item.map(serde_dynamo::from_item).transpose().map_err(broken)
    }

    /// The rows that exist, in any order.
    pub async fn get_all<T: DeserializeOwned>(&self, keys: &[Key]) -> Result<Vec<T>, StoreError> {
        let batches: Vec<_> = keys.chunks(READ_AT_ONCE).map(<[Key]>::to_vec).collect();
        let rows: Vec<Vec<Item>> = stream::iter(batches)
            .map(|keys| self.get_batch(keys))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        rows.into_iter()
            .flatten()
            .map(|row| serde_dynamo::from_item(row).map_err(broken))
            .collect()
    }

    async fn get_batch(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let mut wanted: Vec<Item> = keys.iter().map(Key::item).collect();
        let mut rows = Vec::new();
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true);
            let batch = self.client.batch_get_item();
            let batch = batch.request_items(&self.name, keys.build().map_err(broken)?);
            let answer = batch.send().await.map_err(failed("BatchGetItem"))?;
            rows.extend(answer.responses.into_iter().flatten().flat_map(|(_, rows)| rows));
            wanted = answer
                .unprocessed_keys
                .into_iter()
                .flatten()
                .flat_map(|(_, keys)| keys.keys)
                .collect();
            if wanted.is_empty() {
                return Ok(rows);
            }
        }
        Err(StoreError::Unavailable("BatchGetItem leaves rows unread".into()))
    }

    /// The rows of a range. Reads page by page until the end or the limit.
    pub async fn query<T: DeserializeOwned>(&self, range: Range<'_>) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        let mut after = None;
        while rows.len() < range.limit {
            let page = i32::try_from(range.limit - rows.len()).ok();
            let text = |text: &str| AttributeValue::S(text.to_owned());
            let query = self.client.query().table_name(&self.name).consistent_read(true);
            let query = query.key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to");
            let query = query.expression_attribute_values(":pk", text(range.pk));
            let query = query.expression_attribute_values(":from", text(range.from));
            let query = query.expression_attribute_values(":to", text(range.to));
            let query = query.scan_index_forward(!range.backwards).set_limit(page);
            let answer = query
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(failed("Query"))?;
            for item in answer.items.unwrap_or_default() {
                rows.push(serde_dynamo::from_item(item).map_err(broken)?);
            }
            after = answer.last_evaluated_key;
            if after.is_none() {
                break;
            }
        }
        Ok(rows)
    }

    /// Runs one write. For an update, returns the row after it.
    pub async fn write(&self, write: Write) -> Result<Item, Refused> {
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            match self.write_once(&write).await {
                Err(Refused::Busy) => {}
                answer => return answer,
            }
        }
        Err(Refused::Busy)
    }

    async fn write_once(&self, write: &Write) -> Result<Item, Refused> {
        let condition = write.condition.map(str::to_owned);
        let (names, values) = (write.names(), write.values());
        macro_rules! send {
            ($request:expr, $doing:literal) => {{
                let request = $request.set_condition_expression(condition);
                let request = request
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                request
                    .send()
                    .await
                    .map(|answer| answer.attributes.unwrap_or_default())
                    .map_err(|error| match error.code() {
                        Some("ConditionalCheckFailedException") => Refused::Condition(0),
                        Some("TransactionConflictException") => Refused::Busy,
                        _ => failed($doing)(error).into(),
                    })
            }};
        }
        match &write.kind {
            Kind::Put(row) => {
                let put = self
                    .client
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(row.clone()));
                send!(put, "PutItem")
            }
            Kind::Update(key, expression) => {
                let update = self
                    .client
                    .update_item()
                    .table_name(&self.name)
                    .set_key(Some(key.item()));
                let update = update
                    .update_expression(expression)
                    .return_values(ReturnValue::AllNew);
                send!(update, "UpdateItem")
            }
            Kind::Delete(key) => {
                let delete = self
                    .client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key.item()));
                send!(delete, "DeleteItem")
            }
        }
    }

    /// Runs all of the writes or none.
    pub async fn transact(&self, writes: &[Write]) -> Result<(), Refused> {
        let items: Vec<_> = writes
            .iter()
            .map(|write| write.transacted(&self.name))
            .collect::<Result<_, _>>()?;
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let request = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()));
            let Err(error) = request.send().await else {
                return Ok(());
            };
            if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            {
                let codes: Vec<_> = canceled
                    .cancellation_reasons()
                    .iter()
                    .map(|r| r.code().unwrap_or(""))
                    .collect();
                if let Some(at) = codes.iter().position(|code| *code == "ConditionalCheckFailed") {
                    return Err(Refused::Condition(at));
                }
                let passes = |code: &&str| {
                    matches!(
                        *code,
                        "None"
                            | ""
                            | "TransactionConflict"
                            | "ThrottlingError"
                            | "ProvisionedThroughputExceeded"
                    )
                };
                if !codes.iter().all(passes) {
                    return Err(failed("TransactWriteItems")(error).into());
                }
            } else if error.code() != Some("TransactionInProgressException") {
                return Err(failed("TransactWriteItems")(error).into());
            }
        }
        Err(Refused::Busy)
    }

    /// Deletes rows without a condition.
    pub async fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        let batches: Vec<_> = keys.chunks(WRITE_AT_ONCE).map(<[Key]>::to_vec).collect();
        stream::iter(batches)
            .map(|keys| self.delete_batch(keys))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    async fn delete_batch(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let delete = |key: &Key| {
            DeleteRequest::builder()
                .set_key(Some(key.item()))
                .build()
                .map_err(broken)
        };
        let mut wanted = Vec::with_capacity(keys.len());
        for key in &keys {
            wanted.push(WriteRequest::builder().delete_request(delete(key)?).build());
        }
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let batch = self.client.batch_write_item().request_items(&self.name, wanted);
            let answer = batch.send().await.map_err(failed("BatchWriteItem"))?;
            wanted = answer
                .unprocessed_items
                .into_iter()
                .flatten()
                .flat_map(|(_, left)| left)
                .collect();
            if wanted.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable(
            "BatchWriteItem leaves rows unwritten".into(),
        ))
    }
}
