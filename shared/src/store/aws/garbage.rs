//! What is left to clear away: objects that no row names, and what belonged to deleted shades.
//!
//! Each is a row, written in the transaction that makes the garbage, or before an object is written that a transaction
//! is to name. A crash at any point leaves the row, and the next deletion or hourly round takes it up where it stopped.

use super::Aws;
use super::bucket::DELETE_AT_ONCE;
use super::rows::{GARBAGE, KeyRow, after, photos_of};
use super::table::Range;
use super::write::{Key, Write};
use crate::library::ports::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// An object that its transaction has not named after so long is named by none. All calls of a request together take
/// far less.
const UNKEPT: Duration = Duration::from_hours(1);
/// Who has read the name of a model reads the model before so long.
const UNREAD: Duration = Duration::from_mins(10);
/// One call clears away for about so long; the rest is for the next one.
const AT_A_TIME: Duration = Duration::from_secs(4);
/// Rows that are taken up at a time.
const ROWS: usize = 500;
/// The photos' rows that are deleted between two looks at the clock.
const PHOTO_ROWS: usize = 500;

/// Something to clear away, once its time has come.
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
    /// All that belongs to a deleted shade. What a training in another process still adds in its last moments goes in
    /// a second round, an hour later.
    Color { id: u64, second_round: bool },
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

    /// A model that another has replaced.
    pub fn when_unread(key: &str) -> Self {
        Self::new(
            key,
            Garbage::Object(key.to_owned()),
            after(Timestamp::now(), UNREAD),
        )
    }

    /// An object about to be written, garbage unless a transaction with [`kept`](Self::kept) names it.
    pub fn unless_kept(key: &str) -> Self {
        Self::new(
            key,
            Garbage::Object(key.to_owned()),
            after(Timestamp::now(), UNKEPT),
        )
    }

    /// A deleted shade.
    pub fn color(id: u64) -> Self {
        let second_round = false;
        Self::new(
            &format!("color {id}"),
            Garbage::Color { id, second_round },
            Timestamp::now(),
        )
    }

    /// The write that makes it no garbage, unless it is cleared away already.
    pub fn kept(&self) -> Write {
        Write::delete(self.key.clone()).when("attribute_exists(#pk)")
    }
}

impl Aws {
    /// Whether the row is there: the transaction that was to write it has.
    pub(super) async fn is_noted(&self, garbage: &GarbageRow) -> Result<bool, StoreError> {
        let row: Option<GarbageRow> = self.table.get(&garbage.key).await?;
        Ok(row.is_some())
    }

    /// Clears one thing away and then what else is due, for as long as a request may take. What fails is left to the
    /// next round: those who asked have got what they asked for.
    pub(super) async fn clear_now(&self, garbage: &GarbageRow) {
        let until = Instant::now() + AT_A_TIME;
        if let Err(error) = self.clear(garbage, until).await {
            tracing::warn!(%error, "what was deleted is cleared away later");
        } else if let Err(error) = self.clear_due(until).await {
            tracing::warn!(%error, "what earlier deletions left is cleared away later");
        }
    }

    /// Clears away what is due.
    pub(super) async fn sweep(&self) -> Result<(), StoreError> {
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
            let mut colors = Vec::new();
            for row in due {
                match row.garbage {
                    Garbage::Object(object) => {
                        objects.push(object);
                        rows.push(row.key);
                    }
                    Garbage::Color { .. } => colors.push(row),
                }
            }
            if objects.is_empty() && colors.is_empty() {
                break;
            }
            self.bucket.delete(&objects).await?;
            self.table.delete_all(&rows).await?;
            for color in colors {
                self.clear(&color, until).await?;
            }
        }
        Ok(())
    }

    async fn clear(&self, row: &GarbageRow, until: Instant) -> Result<(), StoreError> {
        match &row.garbage {
            Garbage::Object(object) => self.bucket.delete(std::slice::from_ref(object)).await?,
            Garbage::Color { id, second_round } => {
                if !self.clear_color(*id, until).await? {
                    return Ok(());
                }
                if !second_round {
                    let (id, second_round) = (*id, true);
                    let due = after(Timestamp::now(), UNKEPT);
                    let again =
                        GarbageRow::new(&format!("color {id}"), Garbage::Color { id, second_round }, due);
                    self.table.write(Write::put(&again)?).await?;
                }
            }
        }
        self.table.delete_all(std::slice::from_ref(&row.key)).await
    }

    /// Clears away what belongs to a deleted shade; `false` where the time ran out before the end.
    pub(super) async fn clear_color(&self, id: u64, until: Instant) -> Result<bool, StoreError> {
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
