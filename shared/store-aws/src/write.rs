//! Conditional writes to the table, alone or in a transaction.

use crate::error::broken;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use strand_library::ports::StoreError;

/// A row in DynamoDB's form.
pub type Item = HashMap<String, AttributeValue>;

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The sort key.
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

/// Why a write was refused.
#[derive(Debug)]
pub enum Refused {
    /// The condition of the write at this index in the transaction does not hold.
    Condition(usize),
    /// Other writers were writing the same rows at every attempt.
    Busy,
    /// The table was unreachable, or returned an error.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refused> for StoreError {
    /// For writes whose condition is expected to hold. A lost race against another writer is temporary.
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Condition(at) => Self::Unavailable(format!("another change came first (write {at})")),
            Refused::Busy => Self::Unavailable("too many changes at once to the same rows".into()),
            Refused::Store(error) => error,
        }
    }
}

/// The three builders have these methods in common, but no trait.
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

/// A write, alone or in a transaction. Expressions name attributes as `#name`.
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

    /// Writes a whole row, replacing an existing one.
    pub fn put<T: Serialize>(row: &T) -> Result<Self, StoreError> {
        Ok(Self::new(Kind::Put(serde_dynamo::to_item(row).map_err(broken)?)))
    }

    /// Changes attributes of a row; creates the row if it does not exist.
    pub fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::new(Kind::Update(key, expression.into()))
    }

    /// Deletes a row if it exists.
    pub fn delete(key: Key) -> Self {
        Self::new(Kind::Delete(key))
    }

    /// Sets the condition of the write.
    pub fn when(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Sets the value of a placeholder such as `:id`.
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

    /// The write in the form that a transaction takes.
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
