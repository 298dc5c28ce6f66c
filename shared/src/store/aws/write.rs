//! Writes of the table, alone or held together, each under a condition.

use super::error::broken;
use crate::library::ports::StoreError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A row as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Where a row is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place in it.
    pub sk: String,
}

impl Key {
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    pub fn item(&self) -> Item {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([("pk".into(), text(&self.pk)), ("sk".into(), text(&self.sk))])
    }
}

/// Why a write did not happen.
#[derive(Debug)]
pub enum Refused {
    /// The condition of the write at this place in the transaction does not hold.
    Condition(usize),
    /// Other writers were at the same rows at every try.
    Busy,
    /// The table could not be asked, or failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refused> for StoreError {
    /// For writes whose condition is expected to hold; that another writer was faster passes.
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Condition(at) => Self::Unavailable(format!("another change came first (write {at})")),
            Refused::Busy => Self::Unavailable("too many changes at once to the same rows".into()),
            Refused::Store(error) => error,
        }
    }
}

/// The three builders have these methods in common and no trait.
macro_rules! names_and_values {
    ($builder:expr, $names:expr, $values:expr) => {
        $builder
            .set_expression_attribute_names($names)
            .set_expression_attribute_values($values)
            .build()
            .map_err(broken)
    };
}
/// What a write does.
#[derive(Clone)]
pub enum Kind {
    Put(Item),
    Update(Key, String),
    Delete(Key),
}

/// A write, alone or with others in a transaction. Expressions name attributes as `#name`.
#[derive(Clone)]
pub struct Write {
    pub kind: Kind,
    pub condition: Option<&'static str>,
    values: Item,
}

impl Write {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            condition: None,
            values: Item::new(),
        }
    }

    /// Writes a whole row, replacing one that is there.
    pub fn put<T: Serialize>(row: &T) -> Result<Self, StoreError> {
        Ok(Self::new(Kind::Put(serde_dynamo::to_item(row).map_err(broken)?)))
    }

    /// Changes attributes of a row, creating it where it is not there.
    pub fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::new(Kind::Update(key, expression.into()))
    }

    /// Deletes a row, if it is there.
    pub fn delete(key: Key) -> Self {
        Self::new(Kind::Delete(key))
    }

    /// The condition under which it happens.
    pub fn when(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Gives a placeholder such as `:id` its value.
    pub fn with<T: Serialize>(mut self, name: &str, value: T) -> Result<Self, StoreError> {
        let value = serde_dynamo::to_attribute_value(value).map_err(broken)?;
        self.values.insert(name.into(), value);
        Ok(self)
    }

    /// The attributes that the expressions name, by placeholder.
    pub fn names(&self) -> Option<HashMap<String, String>> {
        let update = match &self.kind {
            Kind::Update(_, expression) => expression.as_str(),
            _ => "",
        };
        let words = [update, self.condition.unwrap_or_default()].map(|text| {
            text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '#'))
                .filter_map(|word| Some((word.to_owned(), word.strip_prefix('#')?.to_owned())))
        });
        let names: HashMap<_, _> = words.into_iter().flatten().collect();
        (!names.is_empty()).then_some(names)
    }

    pub fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    /// The write as part of a transaction.
    pub fn transacted(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let condition = self.condition.map(str::to_owned);
        let (names, values) = (self.names(), self.values());
        let item = TransactWriteItem::builder();
        Ok(match &self.kind {
            Kind::Put(row) => {
                let put = Put::builder().table_name(table).set_item(Some(row.clone()));
                let put = put.set_condition_expression(condition);
                item.put(names_and_values!(put, names, values)?)
            }
            Kind::Update(key, expression) => {
                let update = Update::builder().table_name(table).set_key(Some(key.item()));
                let update = update
                    .update_expression(expression)
                    .set_condition_expression(condition);
                item.update(names_and_values!(update, names, values)?)
            }
            Kind::Delete(key) => {
                let delete = Delete::builder().table_name(table).set_key(Some(key.item()));
                let delete = delete.set_condition_expression(condition);
                item.delete(names_and_values!(delete, names, values)?)
            }
        }
        .build())
    }
}
