//! Leftovers to delete: objects that no row names, and everything that belonged to deleted shades.
//!
//! Each leftover is a row. It is written in the transaction that causes the leftover, or before the object that a later
//! transaction will name. After a crash the row still exists, and the next deletion or hourly cleanup continues from
//! it.

use crate::AwsStore;
use crate::bucket::DELETE_AT_ONCE;
use crate::rows::{GARBAGE, KeyRow, after, photos_of};
use crate::table::Range;
use crate::write::{Key, Write};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use strand_library::ports::StoreError;

/// An object that no transaction has named after this time never will be. All calls of one request together take far
/// less.
const UNKEPT: Duration = Duration::from_hours(1);
/// Whoever has read the name of a model reads the model within this time.
const UNREAD: Duration = Duration::from_mins(10);
/// Approximate time limit of the cleanup in one call; the next call does the rest.
const AT_A_TIME: Duration = Duration::from_secs(4);
/// Number of garbage rows read at once.
const ROWS: usize = 500;
/// Number of photo rows deleted between two checks of the time.
const PHOTO_ROWS: usize = 500;

/// A leftover to delete once it is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GarbageRow {
    #[serde(flatten)]
    key: Key,
    garbage: Garbage,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Garbage {
    /// An object.
    Object(String),
    /// Everything that belongs to a deleted shade. A second round, an hour later, deletes what a training in another
    /// process has added at the last moment.
    #[serde(rename = "Color")]
    Shade { id: u64, second_round: bool },
}

impl GarbageRow {
    fn new(name: &str, garbage: Garbage, due: Timestamp) -> Self {
        Self {
            key: Key::new(GARBAGE, format!("{:015}#{name}", due.as_millisecond())),
            garbage,
        }
    }

    /// An object that no row names any more.
    pub fn object(key: &str) -> Self {
        Self::new(key, Garbage::Object(key.to_owned()), Timestamp::now())
    }

    /// A model that has been replaced.
    pub fn when_unread(key: &str) -> Self {
        Self::new(
            key,
            Garbage::Object(key.to_owned()),
            after(Timestamp::now(), UNREAD),
        )
    }

    /// An object about to be written. It is garbage unless a transaction with [`kept`](Self::kept) names it.
    pub fn unless_kept(key: &str) -> Self {
        Self::new(
            key,
            Garbage::Object(key.to_owned()),
            after(Timestamp::now(), UNKEPT),
        )
    }

    /// A deleted shade.
    pub fn shade(id: u64) -> Self {
        let second_round = false;
        Self::new(
            &format!("color {id}"),
            Garbage::Shade { id, second_round },
            Timestamp::now(),
        )
    }

    /// The write that keeps the object. It fails if the object has already been deleted as garbage.
    pub fn kept(&self) -> Write {
        Write::delete(self.key.clone()).when("attribute_exists(#pk)")
    }
}

impl AwsStore {
    /// Whether the row exists, which means that the transaction that writes it succeeded.
    pub(crate) async fn is_noted(&self, garbage: &GarbageRow) -> Result<bool, StoreError> {
        let row: Option<GarbageRow> = self.table.get(&garbage.key).await?;
        Ok(row.is_some())
    }

    /// Deletes one leftover and then others that are due, within the time that a request may take. A failure is left to
    /// the next round: the request itself has succeeded.
    pub(crate) async fn clear_now(&self, garbage: &GarbageRow) {
        let until = Instant::now() + AT_A_TIME;
        if let Err(error) = self.clear(garbage, until).await {
            tracing::warn!(%error, "what was deleted is cleared away later");
        } else if let Err(error) = self.clear_due(until).await {
            tracing::warn!(%error, "what earlier deletions left is cleared away later");
        }
    }

    /// Deletes the leftovers that are due.
    pub(crate) async fn sweep(&self) -> Result<(), StoreError> {
        self.clear_due(Instant::now() + AT_A_TIME).await
    }

    async fn clear_due(&self, until: Instant) -> Result<(), StoreError> {
        while Instant::now() < until {
            let now = GarbageRow::new("", Garbage::Object(String::new()), Timestamp::now());
            let range = Range {
                to: &now.key.sk,
                limit: ROWS,
                ..Range::all(GARBAGE)
            };
            let due: Vec<GarbageRow> = self.table.query(range).await?;
            let (mut objects, mut rows) = (Vec::new(), Vec::new());
            let mut shades = Vec::new();
            for row in due {
                match row.garbage {
                    Garbage::Object(object) => {
                        objects.push(object);
                        rows.push(row.key);
                    }
                    Garbage::Shade { .. } => shades.push(row),
                }
            }
            if objects.is_empty() && shades.is_empty() {
                break;
            }
            self.bucket.delete(&objects).await?;
            self.table.delete_all(&rows).await?;
            for shade in shades {
                self.clear(&shade, until).await?;
            }
        }
        Ok(())
    }

    async fn clear(&self, row: &GarbageRow, until: Instant) -> Result<(), StoreError> {
        match &row.garbage {
            Garbage::Object(object) => self.bucket.delete(std::slice::from_ref(object)).await?,
            Garbage::Shade { id, second_round } => {
                if !self.clear_shade(*id, until).await? {
                    return Ok(());
                }
                if !second_round {
                    let (id, second_round) = (*id, true);
                    let due = after(Timestamp::now(), UNKEPT);
                    let again =
                        GarbageRow::new(&format!("color {id}"), Garbage::Shade { id, second_round }, due);
                    self.table.write(Write::put(&again)?).await?;
                }
            }
        }
        self.table.delete_all(std::slice::from_ref(&row.key)).await
    }

    /// Deletes everything that belongs to a deleted shade; `false` if the time ran out first.
    pub(crate) async fn clear_shade(&self, id: u64, until: Instant) -> Result<bool, StoreError> {
        for kind in ["photos", "features", "models"] {
            let prefix = format!("{kind}/{id}/");
            loop {
                let keys = self.bucket.list(&prefix).await?;
                self.bucket.delete(&keys).await?;
                if keys.len() < DELETE_AT_ONCE {
                    break;
                }
                if Instant::now() >= until {
                    return Ok(false);
                }
            }
        }
        let partition = photos_of(id);
        loop {
            let range = Range {
                limit: PHOTO_ROWS,
                ..Range::all(&partition)
            };
            let rows: Vec<KeyRow> = self.table.query(range).await?;
            let keys: Vec<Key> = rows.into_iter().map(|row| row.key).collect();
            self.table.delete_all(&keys).await?;
            if keys.len() < PHOTO_ROWS {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
        }
    }
}
