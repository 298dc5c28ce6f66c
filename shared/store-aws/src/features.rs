//! Measurements: one object per shade and feature space. Training reads the features of a hundred other shades, and
//! this way reads each with one request, however many photos it has. New features are added sixteen photos at a time,
//! by compare-and-swap.
//!
//! An object may still hold features of deleted photos; the photos' rows say which features count.

use crate::AwsStore;
use crate::bucket::When;
use crate::error::broken;
use crate::retry::Attempts;
use crate::rows::{KeyRow, PhotoRow};
use crate::table::CONCURRENCY;
use crate::write::{Key, Refused, Write};
use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use strand_learning::{pack, unpack};
use strand_library::ports::{Features, Measurement, StoreError};

/// Measurements by photo id.
type Packed = BTreeMap<u64, Measurement>;

/// Maximum attempts to add features while other processes add some too.
const ATTEMPTS: usize = 8;

/// The key of the object that holds a shade's features. The name of a feature space may be long and contain slashes, so
/// its digest is used.
pub(crate) fn object(shade_id: u64, space: &str) -> String {
    let digest = Sha256::digest(space.as_bytes());
    format!(
        "features/{shade_id}/{:032x}",
        u128::from_be_bytes(digest[..16].try_into().unwrap_or_default())
    )
}

#[async_trait]
impl Features for AwsStore {
    async fn put_features(
        &self,
        shade_id: u64,
        space: &str,
        measured: &[(u64, Measurement)],
    ) -> Result<(), StoreError> {
        let key = object(shade_id, space);
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let known = self.bucket.get(&key).await?;
            let live = match tokio::try_join!(self.shade_row(shade_id), self.live_photos(shade_id)) {
                Err(StoreError::NotFound) => return Ok(()),
                live => live?.1,
            };
            let mut packed = known
                .as_ref()
                .map(|object| read(&key, &object.bytes))
                .unwrap_or_default();
            packed.extend(measured.iter().cloned());
            packed.retain(|photo_id, _| live.contains(photo_id));
            let when = known
                .as_ref()
                .map_or(When::Absent, |object| When::Unchanged(&object.etag));
            let bytes = pack(&packed).map_err(broken)?;
            if self
                .bucket
                .put(&key, bytes, "application/octet-stream", when)
                .await?
            {
                return self.mark_processed(shade_id, measured).await;
            }
        }
        Err(Refused::Busy.into())
    }

    async fn features(&self, shade_id: u64, space: &str) -> Result<Vec<(u64, Measurement)>, StoreError> {
        let key = object(shade_id, space);
        let (object, live) = tokio::try_join!(self.bucket.get(&key), self.live_photos(shade_id))?;
        let packed = object.map(|object| read(&key, &object.bytes)).unwrap_or_default();
        let features = packed.into_iter().filter(|(photo_id, _)| live.contains(photo_id));
        Ok(features.collect())
    }
}

impl AwsStore {
    /// The ids of a shade's photos.
    pub(crate) async fn live_photos(&self, shade_id: u64) -> Result<HashSet<u64>, StoreError> {
        let rows: Vec<KeyRow> = self.photo_rows(shade_id).await?;
        let id = |row: KeyRow| row.key.sk.strip_prefix(PhotoRow::FIRST)?.parse().ok();
        Ok(rows.into_iter().filter_map(id).collect())
    }

    async fn mark_processed(&self, shade_id: u64, measured: &[(u64, Measurement)]) -> Result<(), StoreError> {
        let keys: Vec<Key> = measured
            .iter()
            .map(|(photo_id, _)| PhotoRow::key(shade_id, *photo_id))
            .collect();
        let marks = keys.into_iter().map(|key| async {
            let mark = Write::update(key, "SET #is_processed = :yes").when("attribute_exists(#pk)");
            match self.table.write(mark.with(":yes", true)?).await {
                // The photo was deleted meanwhile.
                Ok(_) | Err(Refused::Condition(_)) => Ok(()),
                Err(refused) => Err(refused.into()),
            }
        });
        stream::iter(marks)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }
}

/// Unreadable features are skipped; at worst, the photos are measured again.
fn read(key: &str, bytes: &[u8]) -> Packed {
    unpack(Measurement::PACKED_SINCE, bytes).unwrap_or_else(|error| {
        tracing::error!(key, %error, "features cannot be read; the photos are measured again");
        Packed::new()
    })
}
