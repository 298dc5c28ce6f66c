//! The embedded store against a real directory.

use super::*;
use crate::store::contract::{Place, model, new_color, new_image};
use std::future::{Ready, ready};
use std::path::PathBuf;
use tempfile::TempDir;

struct Here {
    store: Embedded,
    directory: TempDir,
}

impl Place for Here {
    fn store(&self) -> &dyn Store {
        &self.store
    }
}

fn here(_test: &str) -> Ready<Option<Here>> {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    ready(Some(Here { store, directory }))
}

contract_tests!(here);

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
async fn files_go_with_what_they_belong_to() {
    let Here { store, directory } = here("").await.unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (image, _) = store.add_image(id, new_image(b"one")).await.unwrap();
    store.add_image(id, new_image(b"two")).await.unwrap();
    store.delete_image(id, image.id).await.unwrap();
    assert_eq!(files(directory.path()).len(), 1);
    store.delete_color(id).await.unwrap();
    assert!(files(directory.path()).is_empty());
}

#[tokio::test]
async fn a_damaged_model_costs_one_shade_and_not_the_library() {
    let Here {
        store,
        directory: _directory,
    } = here("").await.unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.put_model(id, model("here", 0)).await.unwrap();
    store
        .write(move |db, _| Ok(db.execute("UPDATE colors SET model = x'00112233' WHERE id = ?1", [id])?))
        .await
        .unwrap();
    let (_, shades) = store.shades().await.unwrap();
    assert_eq!((shades.len(), &shades[0].model), (1, &None));
}

#[tokio::test]
async fn jobs_wait_over_a_restart() {
    let Here { store, directory } = here("").await.unwrap();
    let first = store.create_job(vec![1, 2]).await.unwrap();
    drop(store);
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(store.next_job().await.unwrap().unwrap(), first);
}

#[tokio::test]
async fn expired_uploads_are_swept() {
    let Here { store, directory } = here("").await.unwrap();
    let new = |name: &str| NewUpload {
        filename: name.into(),
        content_type: "image/jpeg".into(),
        size: 5,
    };
    let (old, kept) = (new("old"), new("kept"));
    let old = store.create_upload(old).await.unwrap().key;
    let kept = store.create_upload(kept).await.unwrap().key;
    for key in [&old, &kept] {
        store.put_upload(key, b"hello".to_vec()).await.unwrap();
    }
    let age = |seconds: i64, key: &str| {
        let key = key.to_owned();
        store.write(move |db, _| {
            Ok(db.execute(
                "UPDATE uploads SET expires_at = expires_at - ?1 WHERE key = ?2",
                params![seconds, key],
            )?)
        })
    };
    age(3600, &old).await.unwrap();
    store.tidy().await.unwrap();
    assert_eq!(
        files(directory.path()),
        [directory.path().join("uploads").join(&kept)]
    );
    // It is still known that there was one.
    store.upload(&old).await.unwrap();
    age(48 * 3600, &old).await.unwrap();
    drop(store);
    let store = Embedded::open(directory.path()).unwrap();
    assert!(matches!(store.upload(&old).await, Err(StoreError::NotFound)));
    assert_eq!(
        store.uploaded(&kept, 5).await.unwrap(),
        Uploaded::Bytes(b"hello".to_vec())
    );
}

#[tokio::test]
async fn what_a_crash_leaves_goes_at_the_next_start() {
    let Here { store, directory } = here("").await.unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (image, _) = store.add_image(id, new_image(b"one")).await.unwrap();
    drop(store);
    let photos = directory.path().join("photos");
    std::fs::write(photos.join(".tmp-half-written"), b"x").unwrap();
    std::fs::write(photos.join(id.to_string()).join("999.jpg"), b"x").unwrap();
    std::fs::create_dir(photos.join("77")).unwrap();
    std::fs::write(photos.join("77").join("1.jpg"), b"x").unwrap();
    std::fs::create_dir(photos.join("holiday")).unwrap();
    std::fs::write(photos.join("holiday").join("1.jpg"), b"not ours").unwrap();
    std::fs::write(photos.join("notes.txt"), b"not ours").unwrap();
    std::fs::write(directory.path().join("uploads").join(".tmp-half-written"), b"x").unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(files(directory.path()).len(), 3);
    assert_eq!(store.photo(&image).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_lost_database_does_not_cost_the_photos() {
    let Here { store, directory } = here("").await.unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.add_image(id, new_image(b"one")).await.unwrap();
    drop(store);
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
    let Here { store, directory } = here("").await.unwrap();
    assert!(matches!(
        store.add_image(1, new_image(b"one")).await,
        Err(StoreError::NotFound)
    ));
    assert!(files(directory.path()).is_empty());
    let undone: Result<(), _> = store
        .write(|db, _| {
            db.execute("INSERT INTO jobs (over, body) VALUES (0, 'x')", [])?;
            Err(StoreError::Failed("on purpose".into()))
        })
        .await;
    assert!(undone.is_err() && store.next_job().await.unwrap().is_none());
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
