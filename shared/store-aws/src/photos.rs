//! Photos: their rows in one partition per shade, their bytes in the bucket.

use crate::AwsStore;
use crate::bucket::When;
use crate::garbage::GarbageRow;
use crate::rows::{BytesRow, Counted, PendingRow, PhotoRow, ShadeRow, photos_of};
use crate::table::Range;
use crate::write::{Refused, Write};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use strand_library::ports::{Photos, StoreError};
use strand_library::{NewPhoto, StoredPhoto};

/// The key of a photo in the bucket.
fn object(row: &PhotoRow) -> String {
    format!("photos/{}/{}.{}", row.shade_id, row.id, row.format)
}

impl AwsStore {
    async fn photo_of_bytes(&self, shade_id: u64, sha256: &str) -> Result<Option<StoredPhoto>, StoreError> {
        let Some(known) = self
            .table
            .get::<BytesRow>(&BytesRow::key(shade_id, sha256))
            .await?
        else {
            return Ok(None);
        };
        let row: Option<PhotoRow> = self.table.get(&PhotoRow::key(shade_id, known.photo_id)).await?;
        row.map(PhotoRow::photo).transpose()
    }

    /// The rows of a shade's photos, newest first. For a deleted shade, those not yet cleaned up.
    pub(crate) async fn photo_rows<T: DeserializeOwned>(&self, shade_id: u64) -> Result<Vec<T>, StoreError> {
        let partition = photos_of(shade_id);
        let range = Range {
            from: PhotoRow::FIRST,
            to: PhotoRow::LAST,
            backwards: true,
            ..Range::all(&partition)
        };
        self.table.query(range).await
    }

    pub(crate) async fn photo_row(&self, shade_id: u64, photo_id: u64) -> Result<PhotoRow, StoreError> {
        let key = PhotoRow::key(shade_id, photo_id);
        let (_, row) = tokio::try_join!(self.shade_row(shade_id), self.table.get(&key))?;
        row.ok_or(StoreError::NotFound)
    }
}

#[async_trait]
impl Photos for AwsStore {
    /// Writes the object before the row that names it. Until the row exists, the object counts as garbage.
    async fn add_photo(&self, shade_id: u64, new: NewPhoto) -> Result<(StoredPhoto, bool), StoreError> {
        self.shade_row(shade_id).await?;
        if let Some(known) = self.photo_of_bytes(shade_id, &new.sha256).await? {
            return Ok((known, false));
        }
        let row = PhotoRow::new(shade_id, self.next_id(Counted::Photos).await?, &new);
        let garbage = GarbageRow::unless_kept(&object(&row));
        self.table.write(Write::put(&garbage)?).await?;
        self.bucket
            .put(&object(&row), new.bytes, new.format.media_type(), When::New)
            .await?;
        let one_more = "ADD #image_count :one, #images_revision :one";
        let writes = [
            Write::update(ShadeRow::key(shade_id), one_more)
                .when("attribute_exists(#pk)")
                .with(":one", 1)?,
            Write::put(&BytesRow::new(&row))?.when("attribute_not_exists(#pk)"),
            Write::put(&row)?,
            garbage.kept(),
        ];
        let refused = match self.table.transact(&writes).await {
            Ok(()) => return Ok((row.photo()?, true)),
            Err(refused) => refused,
        };
        match refused {
            Refused::Condition(0) => {
                self.clear_now(&garbage).await;
                Err(StoreError::NotFound)
            }
            Refused::Condition(1) => match self.photo_of_bytes(shade_id, &row.sha256).await? {
                // Our own: an earlier attempt succeeded, but its response was lost.
                Some(known) if known.id == row.id => Ok((known, true)),
                known => {
                    self.clear_now(&garbage).await;
                    // Deleted again meanwhile; the next attempt adds it.
                    known
                        .map(|known| (known, false))
                        .ok_or_else(|| Refused::Busy.into())
                }
            },
            // The photo may have been saved although the response was lost. The garbage sweep will find out.
            refused => Err(refused.into()),
        }
    }

    async fn photos(&self, shade_id: u64) -> Result<Vec<StoredPhoto>, StoreError> {
        let (_, rows) = tokio::try_join!(self.shade_row(shade_id), self.photo_rows::<PhotoRow>(shade_id))?;
        rows.into_iter().map(PhotoRow::photo).collect()
    }

    async fn photo(&self, shade_id: u64, photo_id: u64) -> Result<StoredPhoto, StoreError> {
        self.photo_row(shade_id, photo_id).await.and_then(PhotoRow::photo)
    }

    async fn photo_bytes(&self, photo: &StoredPhoto) -> Result<Vec<u8>, StoreError> {
        let extension = photo.format.extension();
        let key = format!("photos/{}/{}.{extension}", photo.shade_id, photo.id);
        let object = self.bucket.get(&key).await?.ok_or(StoreError::NotFound)?;
        Ok(object.bytes)
    }

    async fn delete_photo(&self, shade_id: u64, photo_id: u64) -> Result<(), StoreError> {
        let row = self.photo_row(shade_id, photo_id).await?;
        let garbage = GarbageRow::object(&object(&row));
        let one_less = "ADD #image_count :less, #images_revision :one";
        let writes = [
            Write::delete(row.key.clone()).when("attribute_exists(#pk)"),
            Write::update(ShadeRow::key(shade_id), one_less)
                .when("attribute_exists(#pk)")
                .with(":less", -1)?
                .with(":one", 1)?,
            Write::delete(BytesRow::key(shade_id, &row.sha256)),
            Write::put(&garbage)?,
            Write::put(&PendingRow::new(shade_id))?,
        ];
        match self.table.transact(&writes).await {
            Ok(()) => {}
            // Already deleted, by an earlier attempt whose response was lost or by another process.
            Err(Refused::Condition(_)) if self.is_noted(&garbage).await? => {}
            Err(Refused::Condition(_)) => return Err(StoreError::NotFound),
            Err(refused) => return Err(refused.into()),
        }
        self.clear_now(&garbage).await;
        Ok(())
    }
}
