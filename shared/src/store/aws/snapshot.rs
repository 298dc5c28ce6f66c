//! The library snapshot: all current shades in one object, so that a process starts matching after one read however
//! many there are.
//!
//! The table is the truth. Every change of a shade writes a pending row in its own transaction, with a token of its
//! own. Publishing brings the pending shades into the object by compare-and-swap and then deletes the pending rows,
//! those that still have the token that was read. So a change is never lost, whoever crashes, where: until a snapshot
//! has it, its pending row is there, and every reader lays the pending shades over the snapshot.
//!
//! The order of reads makes this hold with any number of readers and publishers. A reader looks for pending rows first
//! and at the object afterwards: what is not pending any more is in the object. A publisher reads the object first,
//! then the pending rows, then the shades: whatever was published after its read makes its compare-and-swap fail. Each
//! snapshot has a random name inside, so no two have the same `ETag`.

use super::Aws;
use super::bucket::When;
use super::error::broken;
use super::rows::{ColorRow, PENDING, PendingRow, random};
use super::table::{CONCURRENCY, Range, wait};
use super::write::{Key, Refused, Write};
use crate::color::Rgb;
use crate::learning::{FORMAT_VERSION, FormatError, ShadeModel, pack, unpack};
use crate::library::ports::{StoreError, StoredShade};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// Where the snapshot is in the bucket.
pub const SNAPSHOT: &str = "library/snapshot";
/// So often a publisher starts again that others have overtaken. Then theirs has what was pending, or the next will.
const TRIES: u32 = 8;
/// So often a model is asked for that is replaced at every look.
const LOOKS: usize = 4;
/// A change that is pending for so long was made by a process that has ended before it published.
const OVERDUE: Duration = Duration::from_secs(30);
/// A change waits so long for its publication, which goes on in the background.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// The content of the object.
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// Random: makes the `ETag` of every snapshot its own.
    pub name: String,
    pub shades: BTreeMap<u64, Entry>,
}

/// A shade in the snapshot.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub name: String,
    pub hex: Option<Rgb>,
    /// Where its model is in the bucket: while the row says the same, the one below is current.
    pub model_key: Option<String>,
    pub model: Option<ShadeModel>,
}

type Entries = BTreeMap<u64, Entry>;

/// The publications of this process.
#[derive(Default)]
pub struct Publications {
    tickets: AtomicU64,
    /// The last ticket that is published.
    turn: Mutex<u64>,
}

impl Aws {
    pub(super) async fn version(&self) -> Result<String, StoreError> {
        let pending = self.pending().await?;
        let head = self.bucket.head(SNAPSHOT).await?;
        Ok(version(head.as_ref().map(|(etag, _)| etag.as_str()), &pending))
    }

    pub(super) async fn all_shades(&self) -> Result<(String, Vec<StoredShade>), StoreError> {
        let pending = self.pending().await?;
        self.repair(&pending);
        let (etag, entries) = self.published().await?;
        let version = version(etag.as_deref(), &pending);
        let mut entries = match entries {
            Some(Ok(entries)) => entries,
            // None yet, or one that only the table can replace.
            _ => self.rebuilt().await?,
        };
        self.lay_over(&mut entries, &pending).await?;
        let shades = entries.into_iter().map(|(color_id, entry)| StoredShade {
            color_id,
            name: entry.name,
            hex: entry.hex,
            model: entry.model,
        });
        Ok((version, shades.collect()))
    }

    /// Publishes what is pending, in a task of its own; returns when it is done or [`PATIENCE`] is over.
    pub(super) async fn publish_soon(&self) {
        if self.snapshot_limit == 0 {
            return;
        }
        let store = self.clone();
        let publication = tokio::spawn(async move {
            if let Err(error) = store.publish_in_turn().await {
                tracing::warn!(%error, "the library is published with the next change; until then it loads slower");
            }
        });
        let _ = tokio::time::timeout(PATIENCE, publication).await;
    }

    /// One publication at a time. Whoever has waited is done where one began after it came, so that many changes at
    /// once take two publications and not as many as they are.
    async fn publish_in_turn(&self) -> Result<(), StoreError> {
        let ticket = self.publications.tickets.fetch_add(1, Ordering::SeqCst) + 1;
        let mut published = self.publications.turn.lock().await;
        if *published >= ticket {
            return Ok(());
        }
        let covered = self.publications.tickets.load(Ordering::SeqCst);
        self.publish_pending().await?;
        *published = covered;
        Ok(())
    }

    pub(super) async fn publish_pending(&self) -> Result<(), StoreError> {
        for attempt in 0..TRIES {
            if self.pending().await?.is_empty() || self.is_too_large().await? {
                return Ok(());
            }
            let (etag, entries) = self.published().await?;
            let pending = self.pending().await?;
            let mut entries = match entries {
                Some(Ok(entries)) => entries,
                Some(Err(FormatError::Version(version))) if version > FORMAT_VERSION => {
                    tracing::warn!(version, "the snapshot is of a newer Strand, which has to publish");
                    return Ok(());
                }
                _ => self.rebuilt().await?,
            };
            self.lay_over(&mut entries, &pending).await?;
            let snapshot = Snapshot {
                name: random(),
                shades: entries,
            };
            let bytes = pack(&snapshot).map_err(broken)?;
            drop(snapshot);
            let when = etag.as_deref().map_or(When::Absent, When::Unchanged);
            if self
                .bucket
                .put(SNAPSHOT, bytes, "application/octet-stream", when)
                .await?
            {
                return self.forget(pending).await;
            }
            wait(attempt).await;
        }
        Err(Refused::Busy.into())
    }

    /// The `ETag` and content of the snapshot that is there.
    async fn published(&self) -> Result<(Option<String>, Option<Result<Entries, FormatError>>), StoreError> {
        let Some(object) = self.bucket.get(SNAPSHOT).await? else {
            return Ok((None, None));
        };
        let snapshot = unpack::<Snapshot>(&object.bytes).map(|snapshot| snapshot.shades);
        let told = |error: &FormatError| tracing::error!(%error, "the snapshot cannot be read; the table is read instead");
        Ok((Some(object.etag), Some(snapshot.inspect_err(told))))
    }

    /// Publishes in the background what another process should have long published, and has not.
    fn repair(&self, pending: &[PendingRow]) {
        let overdue = Timestamp::now().as_millisecond() - OVERDUE.as_millis() as i64;
        if pending.iter().any(|row| row.changed_at < overdue) {
            let store = self.clone();
            tokio::spawn(async move { store.publish_soon().await });
        }
    }

    /// Whether the snapshot is larger than this process should rewrite.
    async fn is_too_large(&self) -> Result<bool, StoreError> {
        if self.snapshot_limit == u64::MAX {
            return Ok(false);
        }
        let head = self.bucket.head(SNAPSHOT).await?;
        Ok(head.is_some_and(|(_, size)| size > self.snapshot_limit))
    }

    /// The shades whose latest change may not be in the snapshot.
    async fn pending(&self) -> Result<Vec<PendingRow>, StoreError> {
        self.table.query(Range::all(PENDING)).await
    }

    /// Deletes pending rows, but for those of later changes.
    pub(super) async fn forget(&self, pending: Vec<PendingRow>) -> Result<(), StoreError> {
        let deletions = pending.into_iter().map(|row| async move {
            let delete = Write::delete(row.key)
                .when("#change = :change")
                .with(":change", row.change)?;
            match self.table.write(delete).await {
                Ok(_) | Err(Refused::Condition(_)) => Ok(()),
                Err(refused) => Err(StoreError::from(refused)),
            }
        });
        stream::iter(deletions)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Brings the pending shades to what the table says of them.
    async fn lay_over(&self, entries: &mut Entries, pending: &[PendingRow]) -> Result<(), StoreError> {
        let keys: Vec<Key> = pending.iter().map(|row| ColorRow::key(row.color_id)).collect();
        let rows: Vec<ColorRow> = self.table.get_all(&keys).await?;
        let mut former = Entries::new();
        for row in pending {
            former.extend(entries.remove_entry(&row.color_id));
        }
        entries.extend(self.entries(rows, former).await?);
        Ok(())
    }

    /// All shades from the table, for want of a snapshot.
    async fn rebuilt(&self) -> Result<Entries, StoreError> {
        let rows = self.color_rows(None, usize::MAX).await?;
        let entries = self.entries(rows, Entries::new()).await?;
        Ok(entries.into_iter().collect())
    }

    /// The entries of shades, their models from former entries where they are still current.
    async fn entries(
        &self,
        rows: Vec<ColorRow>,
        mut former: Entries,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        let entries = rows.into_iter().map(|row| {
            let known = former.remove(&row.id);
            self.entry(row, known)
        });
        let entries: Vec<_> = entries.collect();
        let entries: Vec<Option<_>> = stream::iter(entries)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(entries.into_iter().flatten().collect())
    }

    /// The entry of a shade; `None` where it is deleted meanwhile.
    async fn entry(
        &self,
        mut row: ColorRow,
        known: Option<Entry>,
    ) -> Result<Option<(u64, Entry)>, StoreError> {
        let known = known.filter(|known| known.model_key == row.model_key);
        let mut model = known.and_then(|known| known.model);
        for look in 0.. {
            let Some(key) = row.model_key.as_ref().filter(|_| model.is_none()) else {
                break;
            };
            match self.model(row.id, key).await {
                Ok(found) => {
                    model = found;
                    break;
                }
                Err(StoreError::NotFound) if look < LOOKS => match self.color_row(row.id).await {
                    Ok(current) => row = current,
                    Err(StoreError::NotFound) => return Ok(None),
                    Err(error) => return Err(error),
                },
                Err(StoreError::NotFound) => {
                    tracing::error!(
                        color_id = row.id,
                        key,
                        "a model is missing in the bucket; train the shade again"
                    );
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let entry = Entry {
            name: row.name,
            hex: row.hex,
            model_key: row.model_key,
            model,
        };
        Ok(Some((row.id, entry)))
    }
}

/// Names the state of the library: the snapshot, and the changes that are not in it.
fn version(etag: Option<&str>, pending: &[PendingRow]) -> String {
    let snapshot = etag.unwrap_or("none").trim_matches('"');
    if pending.is_empty() {
        return snapshot.to_owned();
    }
    let mut changes = Sha256::new();
    for row in pending {
        changes.update(row.color_id.to_le_bytes());
        changes.update(&row.change);
    }
    let digest = changes.finalize();
    format!(
        "{snapshot}-{:08x}",
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    )
}
