//! Crashes at every point of a change, and deletions that take more than one call.

use super::super::bucket::{Bucket, When};
use super::super::garbage::GarbageRow;
use super::*;
use crate::store::contract::new_image;
use std::time::{Duration, Instant};

impl Aws {
    /// The same store, where the bucket is away.
    fn without_bucket(&self) -> Self {
        Self {
            bucket: Bucket::new(self.bucket.client().clone(), format!("strand-{}", random())),
            ..self.clone()
        }
    }

    pub(super) async fn clear_color_now(&self, id: u64) {
        assert!(
            self.clear_color(id, Instant::now() + Duration::from_mins(1))
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_photo_that_no_row_came_to_name_is_garbage_in_an_hour() {
    let Some(there) = there("a_photo_that_no_row_came_to_name_is_garbage_in_an_hour").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    // The bucket refuses, as a crash before the transaction would.
    assert!(
        store
            .without_bucket()
            .add_image(id, new_image(b"one"))
            .await
            .is_err()
    );
    assert_eq!(store.color(id).await.unwrap().image_count, 0);
    assert!(store.images(id).await.unwrap().is_empty());
    let left: Vec<GarbageRow> = there.rows(rows::GARBAGE).await;
    assert_eq!(left.len(), 1);
    store.tidy().await.unwrap();
    assert_eq!(
        there.rows::<GarbageRow>(rows::GARBAGE).await.len(),
        1,
        "it may still come to be named"
    );
    let (image, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert!(created);
    assert_eq!(store.photo(&image).await.unwrap(), b"one");
}

#[tokio::test]
async fn an_object_that_was_cleared_away_is_not_named_any_more() {
    let Some(there) = there("an_object_that_was_cleared_away_is_not_named_any_more").await else {
        return;
    };
    let store = &there.store;
    let key = "photos/1/1.jpg";
    let garbage = GarbageRow::object(key);
    store.table.write(Write::put(&garbage).unwrap()).await.unwrap();
    assert!(
        store
            .bucket
            .put(key, vec![1], "image/jpeg", When::New)
            .await
            .unwrap()
    );
    store.tidy().await.unwrap();
    assert!(store.bucket.get(key).await.unwrap().is_none());
    assert!(there.rows::<GarbageRow>(rows::GARBAGE).await.is_empty());
    assert!(store.table.transact(&[garbage.kept()]).await.is_err());
}

#[tokio::test]
async fn a_deletion_that_breaks_off_is_finished_by_the_next() {
    let Some(there) = there("a_deletion_that_breaks_off_is_finished_by_the_next").await else {
        return;
    };
    let store = &there.store;
    let first = store.create_color(new_color("a")).await.unwrap().id;
    let kept = store.create_color(new_color("b")).await.unwrap().id;
    for byte in 0..3 {
        store.add_image(first, new_image(&[byte])).await.unwrap();
    }
    let (photo, _) = store.add_image(kept, new_image(b"kept")).await.unwrap();
    let (gone, _) = store.add_image(kept, new_image(b"gone")).await.unwrap();
    store.put_model(first, model("here", 3)).await.unwrap();
    // The bucket is away: the shade and the photo are deleted all the same.
    store.without_bucket().delete_color(first).await.unwrap();
    store.without_bucket().delete_image(kept, gone.id).await.unwrap();
    assert!(matches!(store.color(first).await, Err(StoreError::NotFound)));
    assert!(matches!(store.images(first).await, Err(StoreError::NotFound)));
    assert_eq!(store.color(kept).await.unwrap().image_count, 1);
    assert_eq!(store.bucket.list("photos/").await.unwrap().len(), 5);
    // Its name is free at once.
    let again = store.create_color(new_color("A")).await.unwrap().id;
    store.delete_color(again).await.unwrap();
    assert_eq!(
        store.bucket.list("photos/").await.unwrap(),
        [format!("photos/{kept}/{}.jpg", photo.id)]
    );
    assert!(store.bucket.list("models/").await.unwrap().is_empty());
    assert!(
        there
            .rows::<rows::KeyRow>(&rows::photos_of(first))
            .await
            .is_empty()
    );
    assert_eq!(store.photo(&photo).await.unwrap(), b"kept");
    // All that waits is the second round of the two shades and the model.
    assert_eq!(there.rows::<GarbageRow>(rows::GARBAGE).await.len(), 2);
}

#[tokio::test]
async fn a_large_color_goes_a_part_at_a_time() {
    let Some(there) = there("a_large_color_goes_a_part_at_a_time").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let other = store.create_color(new_color("b")).await.unwrap().id;
    let (photo, _) = store.add_image(other, new_image(b"kept")).await.unwrap();
    // Rows and objects as 1,100 uploads would leave them.
    let photos: Vec<u64> = (1_000..2_100).collect();
    for batch in photos.chunks(50) {
        let made = batch.iter().map(|image| async move {
            let row = rows::ImageRow::new(id, *image, &new_image(&image.to_le_bytes()));
            store.table.write(Write::put(&row).unwrap()).await.unwrap();
            store
                .table
                .write(Write::put(&rows::BytesRow::new(&row)).unwrap())
                .await
                .unwrap();
            store
                .bucket
                .put(
                    &format!("photos/{id}/{image}.jpg"),
                    vec![1],
                    "image/jpeg",
                    When::New,
                )
                .await
                .unwrap();
        });
        futures_util::future::join_all(made).await;
    }
    let no_time = Instant::now();
    let mut calls = 0;
    while !store.clear_color(id, no_time).await.unwrap() {
        calls += 1;
        assert!(calls < 20, "each call does some of it");
    }
    assert!(calls >= 4, "a call is bounded: {calls}");
    assert!(
        store
            .bucket
            .list(&format!("photos/{id}/"))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(there.rows::<rows::KeyRow>(&rows::photos_of(id)).await.is_empty());
    assert_eq!(store.photo(&photo).await.unwrap(), b"kept");
    assert_eq!(store.images(other).await.unwrap(), [photo]);
}
