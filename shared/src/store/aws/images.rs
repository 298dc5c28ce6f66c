//! Photos: their rows in a partition per shade, their bytes in the bucket.

use super::Aws;
use super::bucket::When;
use super::garbage::GarbageRow;
use super::rows::{BytesRow, ColorRow, Counted, ImageRow, photos_of};
use super::table::Range;
use super::write::{Refused, Write};
use crate::library::ports::{NewImage, StoreError};
use crate::library::types::Image;
use crate::photo::Format;
use serde::de::DeserializeOwned;

/// Where a photo is in the bucket.
fn object(image: &ImageRow) -> String {
    format!("photos/{}/{}.{}", image.color_id, image.id, image.format)
}

impl Aws {
    /// The object comes before the row that names it: until that is there, the object counts as garbage.
    pub(super) async fn new_image(&self, color_id: u64, new: NewImage) -> Result<(Image, bool), StoreError> {
        self.color_row(color_id).await?;
        if let Some(known) = self.image_of_bytes(color_id, &new.sha256).await? {
            return Ok((known, false));
        }
        let row = ImageRow::new(color_id, self.next_id(Counted::Images).await?, &new);
        let garbage = GarbageRow::unless_kept(&object(&row));
        self.table.write(Write::put(&garbage)?).await?;
        self.bucket
            .put(&object(&row), new.bytes, new.format.media_type(), When::New)
            .await?;
        let one_more = "ADD #image_count :one, #images_revision :one";
        let writes = [
            Write::update(ColorRow::key(color_id), one_more)
                .when("attribute_exists(#pk)")
                .with(":one", 1)?,
            Write::put(&BytesRow::new(&row))?.when("attribute_not_exists(#pk)"),
            Write::put(&row)?,
            garbage.kept(),
        ];
        let refused = match self.table.transact(&writes).await {
            Ok(()) => return Ok((row.image()?, true)),
            Err(refused) => refused,
        };
        match refused {
            Refused::Condition(0) => {
                self.clear_now(&garbage).await;
                Err(StoreError::NotFound)
            }
            Refused::Condition(1) => match self.image_of_bytes(color_id, &row.sha256).await? {
                // Ours: an earlier try happened, and its answer was lost.
                Some(known) if known.id == row.id => Ok((known, true)),
                known => {
                    self.clear_now(&garbage).await;
                    // Deleted again in the meantime: the next try adds it.
                    known
                        .map(|known| (known, false))
                        .ok_or_else(|| Refused::Busy.into())
                }
            },
            // It may have been kept all the same, with the answer lost: that the sweep will tell.
            refused => Err(refused.into()),
        }
    }

    async fn image_of_bytes(&self, color_id: u64, sha256: &str) -> Result<Option<Image>, StoreError> {
        let Some(known) = self
            .table
            .get::<BytesRow>(&BytesRow::key(color_id, sha256))
            .await?
        else {
            return Ok(None);
        };
        let row: Option<ImageRow> = self.table.get(&ImageRow::key(color_id, known.image_id)).await?;
        row.map(ImageRow::image).transpose()
    }

    /// The rows of a shade's photos, newest first; of a shade that is gone, what is not cleared away yet.
    pub(super) async fn image_rows<T: DeserializeOwned>(&self, color_id: u64) -> Result<Vec<T>, StoreError> {
        let partition = photos_of(color_id);
        let range = Range {
            from: ImageRow::FIRST,
            to: ImageRow::LAST,
            backwards: true,
            ..Range::all(&partition)
        };
        self.table.query(range).await
    }

    pub(super) async fn list_images(&self, color_id: u64) -> Result<Vec<Image>, StoreError> {
        let (_, rows) = tokio::try_join!(self.color_row(color_id), self.image_rows::<ImageRow>(color_id))?;
        rows.into_iter().map(ImageRow::image).collect()
    }

    pub(super) async fn image_row(&self, color_id: u64, image_id: u64) -> Result<ImageRow, StoreError> {
        let key = ImageRow::key(color_id, image_id);
        let (_, row) = tokio::try_join!(self.color_row(color_id), self.table.get(&key))?;
        row.ok_or(StoreError::NotFound)
    }

    pub(super) async fn photo_of(
        &self,
        color_id: u64,
        image_id: u64,
        format: Format,
    ) -> Result<Vec<u8>, StoreError> {
        let key = format!("photos/{color_id}/{image_id}.{}", format.extension());
        let object = self.bucket.get(&key).await?.ok_or(StoreError::NotFound)?;
        Ok(object.bytes)
    }

    pub(super) async fn remove_image(&self, color_id: u64, image_id: u64) -> Result<(), StoreError> {
        let row = self.image_row(color_id, image_id).await?;
        let garbage = GarbageRow::object(&object(&row));
        let one_less = "ADD #image_count :less, #images_revision :one";
        let writes = [
            Write::delete(row.key.clone()).when("attribute_exists(#pk)"),
            Write::update(ColorRow::key(color_id), one_less)
                .when("attribute_exists(#pk)")
                .with(":less", -1)?
                .with(":one", 1)?,
            Write::delete(BytesRow::key(color_id, &row.sha256)),
            Write::put(&garbage)?,
        ];
        match self.table.transact(&writes).await {
            Ok(()) => {}
            // Gone by an earlier try whose answer was lost, or by another's.
            Err(Refused::Condition(_)) if self.is_noted(&garbage).await? => {}
            Err(Refused::Condition(_)) => return Err(StoreError::NotFound),
            Err(refused) => return Err(refused.into()),
        }
        self.clear_now(&garbage).await;
        Ok(())
    }
}
