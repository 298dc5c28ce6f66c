//! The library snapshot: all current shades in one object, so that a process can start matching after one read, however
//! many shades there are.
//!
//! The table is authoritative. Every change of a shade also writes a pending row, with a unique token, in the same
//! transaction. Publishing merges the pending shades into the object by compare-and-swap, and then deletes the pending
//! rows whose token has not changed since they were read. So no crash loses a change: its pending row exists until a
//! snapshot contains it, and every reader applies the pending shades to the snapshot.
//!
//! The order of reads makes this correct with any number of readers and publishers. A reader reads the pending rows
//! first and the object second: what is no longer pending is in the object. A publisher reads the object first, then
//! the pending rows, then the shades: anything published after its first read makes its compare-and-swap fail. Each
//! snapshot contains a random name, so that no two have the same `ETag`.

use crate::AwsStore;
use crate::bucket::When;
use crate::error::broken;
use crate::retry::Attempts;
use crate::rows::{PENDING, PendingRow, ShadeRow, random};
use crate::table::{CONCURRENCY, Range};
use crate::write::{Key, Refused, Write};
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use strand_color::Rgb;
use strand_learning::{FORMAT_VERSION, FormatError, ShadeModel, pack, unpack};
use strand_library::ModelInfo;
use strand_library::ports::{Publisher, ShadeWithModel, StoreError};
use tokio::sync::Mutex;

/// The key of the snapshot in the bucket.
pub const SNAPSHOT: &str = "library/snapshot";
/// Maximum attempts of a publisher that others overtake. By then another snapshot has the pending changes, or the next
/// one will.
const ATTEMPTS: usize = 8;
/// Maximum attempts to read a model that is replaced each time.
const LOOKS: usize = 4;
/// The format version that introduced the current content of the object.
const PACKED_SINCE: u16 = 4;
/// A change that is pending for this long was made by a process that ended before it could publish.
const OVERDUE: Duration = Duration::from_secs(30);
/// How long a change waits for its publication. After that, publication continues in the background.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// The content of the object.
#[derive(Serialize, Deserialize)]
pub(crate) struct SnapshotFile {
    /// A random name, so that every snapshot has a unique `ETag`.
    pub name: String,
    pub shades: BTreeMap<u64, SnapshotEntry>,
}

/// A shade in the snapshot.
#[derive(Serialize, Deserialize)]
pub(crate) struct SnapshotEntry {
    pub name: String,
    pub hex: Option<Rgb>,
    /// The key of its model in the bucket. While the shade's row has the same key, the model below is current.
    pub model_key: Option<String>,
    pub model: Option<ShadeModel>,
}

type Entries = BTreeMap<u64, SnapshotEntry>;

/// The queue of publications in this process.
#[derive(Default)]
pub struct Publications {
    tickets: AtomicU64,
    /// The last published ticket.
    turn: Mutex<u64>,
}

#[async_trait]
impl Publisher for AwsStore {
    /// Publishes the pending changes in a separate task. Returns when that is done or after [`PATIENCE`].
    async fn publish(&self) {
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
}

impl AwsStore {
    pub(crate) async fn version(&self) -> Result<String, StoreError> {
        let pending = self.pending().await?;
        let head = self.bucket.head(SNAPSHOT).await?;
        Ok(version(head.as_ref().map(|(etag, _)| etag.as_str()), &pending))
    }

    pub(crate) async fn all_shades(&self) -> Result<(String, Vec<ShadeWithModel>), StoreError> {
        let pending = self.pending().await?;
        self.repair(&pending);
        let (etag, entries) = self.published().await?;
        let version = version(etag.as_deref(), &pending);
        let mut entries = match entries {
            Some(Ok(entries)) => entries,
            // There is no snapshot yet, or only the table can replace it.
            _ => self.rebuilt().await?,
        };
        self.lay_over(&mut entries, &pending).await?;
        let shades = entries.into_iter().map(|(shade_id, entry)| ShadeWithModel {
            shade_id,
            name: entry.name,
            hex: entry.hex,
            model: entry.model,
        });
        Ok((version, shades.collect()))
    }

    /// Runs one publication at a time. A caller that waited returns as soon as a publication has finished that began
    /// after the caller arrived, so that many concurrent changes take two publications instead of one each.
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

    pub(crate) async fn publish_pending(&self) -> Result<(), StoreError> {
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
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
            let snapshot = SnapshotFile {
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
        }
        Err(Refused::Busy.into())
    }

    /// The `ETag` and content of the current snapshot.
    async fn published(&self) -> Result<(Option<String>, Option<Result<Entries, FormatError>>), StoreError> {
        let Some(object) = self.bucket.get(SNAPSHOT).await? else {
            return Ok((None, None));
        };
        let snapshot = unpack::<SnapshotFile>(PACKED_SINCE, &object.bytes).map(|snapshot| snapshot.shades);
        let told = |error: &FormatError| tracing::error!(%error, "the snapshot cannot be read; the table is read instead");
        Ok((Some(object.etag), Some(snapshot.inspect_err(told))))
    }

    /// Publishes, in the background, changes that another process should have published long ago.
    fn repair(&self, pending: &[PendingRow]) {
        let overdue = Timestamp::now().as_millisecond() - OVERDUE.as_millis() as i64;
        if pending.iter().any(|row| row.changed_at < overdue) {
            let store = self.clone();
            tokio::spawn(async move { store.publish().await });
        }
    }

    /// Whether the snapshot is too large for this process to rewrite.
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

    /// Deletes pending rows, except those of later changes.
    pub(crate) async fn forget(&self, pending: Vec<PendingRow>) -> Result<(), StoreError> {
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

    /// Updates the pending shades from the table.
    async fn lay_over(&self, entries: &mut Entries, pending: &[PendingRow]) -> Result<(), StoreError> {
        let keys: Vec<Key> = pending.iter().map(|row| ShadeRow::key(row.shade_id)).collect();
        let rows: Vec<ShadeRow> = self.table.get_all(&keys).await?;
        let mut former = Entries::new();
        for row in pending {
            former.extend(entries.remove_entry(&row.shade_id));
        }
        entries.extend(self.entries(rows, former).await?);
        Ok(())
    }

    /// All shades, read from the table because there is no usable snapshot.
    async fn rebuilt(&self) -> Result<Entries, StoreError> {
        let rows = self.shade_rows(None, usize::MAX).await?;
        let entries = self.entries(rows, Entries::new()).await?;
        Ok(entries.into_iter().collect())
    }

    /// The entries of shades. Models are taken from former entries if they are still current.
    async fn entries(
        &self,
        rows: Vec<ShadeRow>,
        mut former: Entries,
    ) -> Result<Vec<(u64, SnapshotEntry)>, StoreError> {
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

    /// The entry of a shade; `None` if it was deleted meanwhile.
    async fn entry(
        &self,
        mut row: ShadeRow,
        known: Option<SnapshotEntry>,
    ) -> Result<Option<(u64, SnapshotEntry)>, StoreError> {
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
                Err(StoreError::NotFound) if look < LOOKS => match self.shade_row(row.id).await {
                    Ok(current) => row = current,
                    Err(StoreError::NotFound) => return Ok(None),
                    Err(error) => return Err(error),
                },
                Err(StoreError::NotFound) => {
                    tracing::error!(
                        shade_id = row.id,
                        key,
                        "a model is missing in the bucket; train the shade again"
                    );
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let mut shade = ShadeWithModel {
            shade_id: row.id,
            name: row.name,
            hex: row.hex,
            model,
        };
        if row
            .model
            .is_none_or(|model| ModelInfo::from(model).photos_revision != row.photos_revision)
        {
            self.forget_deleted(&mut shade).await?;
        }
        let entry = SnapshotEntry {
            name: shade.name,
            hex: shade.hex,
            model_key: row.model_key,
            model: shade.model,
        };
        Ok(Some((row.id, entry)))
    }

    /// Takes the photos that were deleted after the training out of the model.
    async fn forget_deleted(&self, shade: &mut ShadeWithModel) -> Result<(), StoreError> {
        let Some(model) = shade.model.take() else {
            return Ok(());
        };
        let kept = self.live_photos(shade.shade_id).await?;
        shade.model = model.without_deleted(|id| kept.contains(&id));
        Ok(())
    }
}

/// Identifies the state of the library: the snapshot, and the changes that are not in it.
fn version(etag: Option<&str>, pending: &[PendingRow]) -> String {
    let snapshot = etag.unwrap_or("none").trim_matches('"');
    if pending.is_empty() {
        return snapshot.to_owned();
    }
    let mut changes = Sha256::new();
    for row in pending {
        changes.update(row.shade_id.to_le_bytes());
        changes.update(&row.change);
    }
    let digest = changes.finalize();
    format!(
        "{snapshot}-{:08x}",
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    )
}
