//! Crashes at every point of a change, and deletions that take more than one call.

use super::super::bucket::{Bucket, When};
use super::super::garbage::GarbageRow;
use super::*;
use std::time::{Duration, Instant};
use strand_store_tests::new_photo;

impl AwsStore {
    /// The same store, with an unreachable bucket.
    fn without_bucket(&self) -> Self {
        Self {
            bucket: Bucket::new(self.bucket.client().clone(), format!("strand-{}", random())),
            ..self.clone()
        }
    }

    pub(crate) async fn clear_shade_now(&self, id: u64) {
        assert!(
            self.clear_shade(id, Instant::now() + Duration::from_mins(1))
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_photo_without_a_row_is_garbage_after_an_hour() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    // The failing bucket has the same effect as a crash before the transaction.
    assert!(
        store
            .without_bucket()
            .add_photo(id, new_photo(b"one"))
            .await
            .is_err()
    );
    assert_eq!(store.shade(id).await.unwrap().photo_count, 0);
    assert!(store.photos(id).await.unwrap().is_empty());
    let left: Vec<GarbageRow> = there.rows(rows::GARBAGE).await;
    assert_eq!(left.len(), 1);
    store.tidy().await.unwrap();
    assert_eq!(
        there.rows::<GarbageRow>(rows::GARBAGE).await.len(),
        1,
        "a row may still name it"
    );
    let (image, created) = store.add_photo(id, new_photo(b"one")).await.unwrap();
    assert!(created);
    assert_eq!(store.photo_bytes(&image).await.unwrap(), b"one");
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn no_row_can_name_an_object_that_was_deleted_as_garbage() {
    let there = there().await;
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
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_deletion_that_breaks_off_is_finished_by_the_next() {
    let there = there().await;
    let store = &there.store;
    let first = store.create_shade(new_shade("a")).await.unwrap().id;
    let kept = store.create_shade(new_shade("b")).await.unwrap().id;
    for byte in 0..3 {
        store.add_photo(first, new_photo(&[byte])).await.unwrap();
    }
    let (photo, _) = store.add_photo(kept, new_photo(b"kept")).await.unwrap();
    let (gone, _) = store.add_photo(kept, new_photo(b"gone")).await.unwrap();
    store.put_model(first, model("here", 3)).await.unwrap();
    // Without the bucket, the shade and the photo can still be deleted.
    store.without_bucket().delete_shade(first).await.unwrap();
    store.without_bucket().delete_photo(kept, gone.id).await.unwrap();
    assert!(matches!(store.shade(first).await, Err(StoreError::NotFound)));
    assert!(matches!(store.photos(first).await, Err(StoreError::NotFound)));
    assert_eq!(store.shade(kept).await.unwrap().photo_count, 1);
    assert_eq!(store.bucket.list("photos/").await.unwrap().len(), 5);
    // Its name is free immediately.
    let again = store.create_shade(new_shade("A")).await.unwrap().id;
    store.delete_shade(again).await.unwrap();
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
    assert_eq!(store.photo_bytes(&photo).await.unwrap(), b"kept");
    // Only the second rounds for the two shades and the model are left.
    assert_eq!(there.rows::<GarbageRow>(rows::GARBAGE).await.len(), 2);
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_large_color_is_deleted_in_parts() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    let other = store.create_shade(new_shade("b")).await.unwrap().id;
    let (photo, _) = store.add_photo(other, new_photo(b"kept")).await.unwrap();
    // Rows and objects as after 1,100 uploads.
    let photos: Vec<u64> = (1_000..2_100).collect();
    for batch in photos.chunks(50) {
        let made = batch.iter().map(|image| async move {
            let row = rows::PhotoRow::new(id, *image, &new_photo(&image.to_le_bytes()));
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
    while !store.clear_shade(id, no_time).await.unwrap() {
        calls += 1;
        assert!(calls < 20, "each call deletes some of it");
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
    assert_eq!(store.photo_bytes(&photo).await.unwrap(), b"kept");
    assert_eq!(store.photos(other).await.unwrap(), [photo]);
}
