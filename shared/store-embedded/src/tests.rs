//! Tests of the embedded store in a real directory.

use super::*;
use rusqlite::params;
use std::future::{Ready, ready};
use std::path::PathBuf;
use strand_library::{NewUpload, Received};
use strand_store_tests::{TestStore, model, new_photo, new_shade, store_tests};
use tempfile::TempDir;

struct Here {
    embedded: Embedded,
    store: Stores,
    directory: TempDir,
}

impl TestStore for Here {
    fn stores(&self) -> &Stores {
        &self.store
    }

    async fn damage_features(&self, shade_id: u64, space: &str) {
        let space = space.to_owned();
        let damage = "UPDATE features SET packed = x'0011' WHERE space = ?1
            AND image_id IN (SELECT id FROM images WHERE color_id = ?2)";
        let damaged = self
            .embedded
            .write(move |db, _| Ok(db.execute(damage, params![space, shade_id])?));
        assert!(damaged.await.unwrap() > 0);
    }
}

fn opened(directory: TempDir) -> Here {
    let embedded = Embedded::open(directory.path()).unwrap();
    Here {
        store: embedded.clone().stores(),
        embedded,
        directory,
    }
}

fn here() -> Ready<Here> {
    ready(opened(tempfile::tempdir().unwrap()))
}

/// Reopens the same directory, as after a restart.
fn again(here: Here) -> Here {
    let Here {
        embedded,
        store,
        directory,
    } = here;
    drop((embedded, store));
    opened(directory)
}

store_tests!(here);

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.join("photos"), directory.join("uploads")];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn deleting_a_shade_or_photo_deletes_its_files() {
    let Here { store, directory, .. } = here().await;
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    store.photos.add_photo(id, new_photo(b"two")).await.unwrap();
    store.photos.delete_photo(id, image.id).await.unwrap();
    assert_eq!(files(directory.path()).len(), 1);
    store.shades.delete_shade(id).await.unwrap();
    assert!(files(directory.path()).is_empty());
}

#[tokio::test]
async fn a_damaged_model_costs_one_shade_and_not_the_library() {
    let Here {
        embedded,
        store,
        directory: _directory,
    } = here().await;
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    store.models.put_model(id, model("here", 0)).await.unwrap();
    embedded
        .write(move |db, _| Ok(db.execute("UPDATE colors SET model = x'00112233' WHERE id = ?1", [id])?))
        .await
        .unwrap();
    let (_, shades) = store.models.models().await.unwrap();
    assert_eq!((shades.len(), &shades[0].model), (1, &None));
}

#[tokio::test]
async fn queued_jobs_survive_a_restart() {
    let before = here().await;
    let first = before.store.jobs.create_job(vec![1, 2]).await.unwrap();
    assert_eq!(again(before).store.jobs.next_job().await.unwrap().unwrap(), first);
}

#[tokio::test]
async fn expired_uploads_are_deleted() {
    let before = here().await;
    let Here {
        embedded,
        store,
        directory,
    } = &before;
    let new = |name: &str| NewUpload {
        filename: name.into(),
        content_type: "image/jpeg".into(),
        size: 5,
    };
    let (old, kept) = (new("old"), new("kept"));
    let old = store.uploads.create_upload(old).await.unwrap().key;
    let kept = store.uploads.create_upload(kept).await.unwrap().key;
    for key in [&old, &kept] {
        store
            .receives
            .as_ref()
            .unwrap()
            .receive(key, b"hello".to_vec())
            .await
            .unwrap();
    }
    let age = |seconds: i64, key: &str| {
        let key = key.to_owned();
        embedded.write(move |db, _| {
            Ok(db.execute(
                "UPDATE uploads SET expires_at = expires_at - ?1 WHERE key = ?2",
                params![seconds, key],
            )?)
        })
    };
    age(3600, &old).await.unwrap();
    store.upkeep.tidy().await.unwrap();
    assert_eq!(
        files(directory.path()),
        [directory.path().join("uploads").join(&kept)]
    );
    // Its row is still there.
    store.uploads.upload_terms(&old).await.unwrap();
    age(48 * 3600, &old).await.unwrap();
    let after = again(before);
    let store = &after.store;
    assert!(matches!(
        store.uploads.upload_terms(&old).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(
        store.uploads.received(&kept, 5).await.unwrap(),
        Received::Bytes(b"hello".to_vec())
    );
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_at_the_next_start() {
    let before = here().await;
    let Here { store, directory, .. } = &before;
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    let photos = directory.path().join("photos");
    std::fs::write(photos.join(".tmp-half-written"), b"x").unwrap();
    std::fs::write(photos.join(id.to_string()).join("999.jpg"), b"x").unwrap();
    std::fs::create_dir(photos.join("77")).unwrap();
    std::fs::write(photos.join("77").join("1.jpg"), b"x").unwrap();
    std::fs::create_dir(photos.join("holiday")).unwrap();
    std::fs::write(photos.join("holiday").join("1.jpg"), b"not ours").unwrap();
    std::fs::write(photos.join("notes.txt"), b"not ours").unwrap();
    std::fs::write(directory.path().join("uploads").join(".tmp-half-written"), b"x").unwrap();
    let after = again(before);
    assert_eq!(files(after.directory.path()).len(), 3);
    assert_eq!(after.store.photos.photo_bytes(&image).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_lost_database_does_not_cost_the_photos() {
    let Here {
        embedded,
        store,
        directory,
    } = here().await;
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    drop((embedded, store));
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    Embedded::open(directory.path()).unwrap();
    assert_eq!(files(directory.path()).len(), 1);
}

#[tokio::test]
async fn a_change_that_fails_leaves_nothing() {
    let Here {
        embedded,
        store,
        directory,
    } = here().await;
    assert!(matches!(
        store.photos.add_photo(1, new_photo(b"one")).await,
        Err(StoreError::NotFound)
    ));
    assert!(files(directory.path()).is_empty());
    let undone: Result<(), _> = embedded
        .write(|db, _| {
            db.execute("INSERT INTO jobs (over, body) VALUES (0, 'x')", [])?;
            Err(StoreError::Failed("on purpose".into()).into())
        })
        .await;
    assert!(undone.is_err() && store.jobs.next_job().await.unwrap().is_none());
}

#[test]
fn one_process_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let error = Embedded::open(directory.path()).err().unwrap().to_string();
    assert!(error.contains("another process"), "{error}");
    drop(store);
    assert!(Embedded::open(directory.path()).is_ok());
}
