//! Measurements of photos: the table `features`.

use crate::Embedded;
use crate::error::{DiskError, broken};
use async_trait::async_trait;
use rusqlite::{Connection, params};
use strand_learning::{pack, unpack};
use strand_library::ports::{Features, Measurement, StoreError};

#[async_trait]
impl Features for Embedded {
    async fn put_features(
        &self,
        shade_id: u64,
        space: &str,
        measured: &[(u64, Measurement)],
    ) -> Result<(), StoreError> {
        let pack = |(id, measurement): &(u64, Measurement)| Ok((*id, pack(measurement).map_err(broken)?));
        let packed: Vec<(u64, Vec<u8>)> = measured.iter().map(pack).collect::<Result<_, DiskError>>()?;
        let space = space.to_owned();
        self.write(move |db, _| {
            // If a photo was deleted meanwhile, its features are skipped.
            let mut insert = db.prepare_cached(
                "INSERT OR REPLACE INTO features (image_id, space, packed)
                 SELECT id, ?3, ?4 FROM images WHERE id = ?1 AND color_id = ?2",
            )?;
            for (id, packed) in packed {
                insert.execute(params![id, shade_id, space, packed])?;
            }
            Ok(())
        })
        .await
    }

    async fn features(&self, shade_id: u64, space: &str) -> Result<Vec<(u64, Measurement)>, StoreError> {
        let space = space.to_owned();
        self.read(move |db| features(db, shade_id, &space)).await
    }
}

/// The measurements of a shade's photos in a feature space, by photo id.
pub fn features(db: &Connection, shade_id: u64, space: &str) -> Result<Vec<(u64, Measurement)>, DiskError> {
    let mut statement = db.prepare_cached(
        "SELECT image_id, packed FROM features JOIN images ON images.id = image_id
         WHERE space = ?1 AND color_id = ?2 ORDER BY image_id",
    )?;
    let rows = statement.query_map(params![space, shade_id], |row| {
        Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let mut known = Vec::new();
    for row in rows {
        let (photo_id, packed) = row?;
        match unpack(Measurement::PACKED_SINCE, &packed) {
            Ok(measurement) => known.push((photo_id, measurement)),
            Err(error) => {
                tracing::error!(photo_id, %error, "features cannot be read; the photo is measured again");
            }
        }
    }
    Ok(known)
}
