//! What was measured: one object per shade and feature space, so that training, which reads the features of a hundred
//! other shades, reads each with one request however many photos it has. New features are added to it sixteen
//! photos at a time by compare-and-swap.
//!
//! An object may hold features of photos that are gone; the rows of the photos say which count.

use super::Aws;
use super::bucket::When;
use super::error::broken;
use super::rows::{ImageRow, KeyRow};
use super::table::{CONCURRENCY, wait};
use super::write::{Key, Refused, Write};
use crate::learning::{pack, unpack};
use crate::library::ports::{Features, ImageFeatures, StoreError};
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// By image id.
type Packed = BTreeMap<u64, Features>;

/// So often features are added again to what another process has left.
const TRIES: u32 = 8;

/// Where the features of a shade are. A space's name may be long and have slashes, so its digest stands for it.
fn object(color_id: u64, space: &str) -> String {
    let digest = Sha256::digest(space.as_bytes());
    format!(
        "features/{color_id}/{:032x}",
        u128::from_be_bytes(digest[..16].try_into().unwrap_or_default())
    )
}

impl Aws {
    pub(super) async fn add_features(
        &self,
        color_id: u64,
        space: &str,
        measured: &[(u64, Features)],
    ) -> Result<(), StoreError> {
        let key = object(color_id, space);
        for attempt in 0..TRIES {
            let known = self.bucket.get(&key).await?;
            let live = match tokio::try_join!(self.color_row(color_id), self.live_images(color_id)) {
                Err(StoreError::NotFound) => return Ok(()),
                live => live?.1,
            };
            let mut packed = known
                .as_ref()
                .map(|object| read(&key, &object.bytes))
                .unwrap_or_default();
            packed.extend(measured.iter().cloned());
            packed.retain(|image_id, _| live.contains(image_id));
            let when = known
                .as_ref()
                .map_or(When::Absent, |object| When::Unchanged(&object.etag));
            let bytes = pack(&packed).map_err(broken)?;
            if self
                .bucket
                .put(&key, bytes, "application/octet-stream", when)
                .await?
            {
                return self.mark_processed(color_id, measured).await;
            }
            wait(attempt).await;
        }
        Err(Refused::Busy.into())
    }

    pub(super) async fn read_features(
        &self,
        color_id: u64,
        space: &str,
    ) -> Result<Vec<ImageFeatures>, StoreError> {
        let key = object(color_id, space);
        let (object, live) = tokio::try_join!(self.bucket.get(&key), self.live_images(color_id))?;
        let packed = object.map(|object| read(&key, &object.bytes)).unwrap_or_default();
        let features = packed.into_iter().filter(|(image_id, _)| live.contains(image_id));
        let features = features.map(|(image_id, features)| ImageFeatures { image_id, features });
        Ok(features.collect())
    }

    async fn live_images(&self, color_id: u64) -> Result<HashSet<u64>, StoreError> {
        let rows: Vec<KeyRow> = self.image_rows(color_id).await?;
        let id = |row: KeyRow| row.key.sk.strip_prefix(ImageRow::FIRST)?.parse().ok();
        Ok(rows.into_iter().filter_map(id).collect())
    }

    async fn mark_processed(&self, color_id: u64, measured: &[(u64, Features)]) -> Result<(), StoreError> {
        let keys: Vec<Key> = measured
            .iter()
            .map(|(image_id, _)| ImageRow::key(color_id, *image_id))
            .collect();
        let marks = keys.into_iter().map(|key| async {
            let mark = Write::update(key, "SET #is_processed = :yes").when("attribute_exists(#pk)");
            match self.table.write(mark.with(":yes", true)?).await {
                // Deleted meanwhile.
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

/// Damaged features cost measuring the photos again, no more.
fn read(key: &str, bytes: &[u8]) -> Packed {
    unpack(bytes).unwrap_or_else(|error| {
        tracing::error!(key, %error, "features cannot be read; the photos are measured again");
        Packed::new()
    })
}
