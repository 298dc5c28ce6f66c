//! The embedded store against a real directory.

use super::*;
use crate::color::Rgb;
use crate::learning::{Reference, fit};
use crate::photo::Format;
use std::path::PathBuf;

fn new_color(name: &str) -> NewColor {
    NewColor {
        name: name.into(),
        description: None,
        hex: None,
    }
}

fn new_image(bytes: &[u8]) -> NewImage {
    NewImage {
        bytes: bytes.to_vec(),
        sha256: format!("{bytes:?}"),
        format: Format::Jpeg,
    }
}

fn model(space: &str, revision: u64) -> NewModel {
    let model = fit(&[&[1.0, 0.0]], &[&[0.0, 1.0]]).unwrap().into_model(
        space,
        vec![Reference {
            image_id: 1,
            colors: vec![],
        }],
    );
    NewModel {
        model,
        images_revision: revision,
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.join("photos")];
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
async fn names_are_unique_and_ids_never_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let first = store.create_color(new_color("Ash Brown")).await.unwrap();
    assert!(matches!(
        store.create_color(new_color("ASH BROWN")).await,
        Err(StoreError::NameTaken)
    ));
    store.delete_color(first.id).await.unwrap();
    let second = store.create_color(new_color("ash brown")).await.unwrap();
    assert!(second.id > first.id);
    assert!(matches!(store.color(first.id).await, Err(StoreError::NotFound)));
    assert!(matches!(
        store.delete_color(first.id).await,
        Err(StoreError::NotFound)
    ));
}

#[tokio::test]
async fn changes_keep_what_they_do_not_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let hex = Some(Rgb { r: 1, g: 2, b: 3 });
    let color = NewColor {
        name: "a".into(),
        description: Some("d".into()),
        hex,
    };
    let id = store.create_color(color).await.unwrap().id;
    let before = store.library_version().await.unwrap();
    let change = ColorChange {
        name: Some("b".into()),
        ..ColorChange::default()
    };
    let changed = store.update_color(id, change).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.description.as_deref(), changed.hex),
        ("b", Some("d"), hex)
    );
    let change = ColorChange {
        description: Some(None),
        ..ColorChange::default()
    };
    assert_eq!(store.update_color(id, change).await.unwrap().description, None);
    assert_ne!(store.library_version().await.unwrap(), before);
}

#[tokio::test]
async fn pages_run_from_newest_to_oldest() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    for k in 0..5 {
        store.create_color(new_color(&k.to_string())).await.unwrap();
    }
    let first = store.colors(None, 2).await.unwrap();
    assert_eq!(
        first.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        ["4", "3"]
    );
    let rest = store.colors(Some(first[1].id), usize::MAX).await.unwrap();
    assert_eq!(
        rest.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        ["2", "1", "0"]
    );
}

#[tokio::test]
async fn photos_come_back_as_they_were_and_go_with_their_color() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (image, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert!(created);
    let (again, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert_eq!((again.id, created), (image.id, false));
    store.add_image(id, new_image(b"two")).await.unwrap();
    assert_eq!(store.photo(&image).await.unwrap(), b"one");
    let features = Features {
        signature: None,
        embedding: Some(vec![1.0]),
    };
    store.put_features(&image, "here", &features).await.unwrap();
    assert_eq!(store.features_of(id, "here").await.unwrap()[0].features, features);
    assert!(store.features_of(id, "elsewhere").await.unwrap().is_empty());
    let color = store.color(id).await.unwrap();
    assert_eq!((color.image_count, color.images_revision), (2, 2));

    store.delete_image(id, image.id).await.unwrap();
    assert_eq!(store.color(id).await.unwrap().images_revision, 3);
    assert_eq!(files(directory.path()).len(), 1);
    assert!(store.features_of(id, "here").await.unwrap().is_empty());
    store.delete_color(id).await.unwrap();
    assert!(files(directory.path()).is_empty());
}

#[tokio::test]
async fn models_are_versioned_and_found_by_matching() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.put_failure(id, 0).await.unwrap();
    assert_eq!(store.color(id).await.unwrap().failed_revision, Some(0));
    assert_eq!(store.put_model(id, model("here", 0)).await.unwrap().version, 1);
    assert_eq!(store.put_model(id, model("here", 0)).await.unwrap().version, 2);
    let color = store.color(id).await.unwrap();
    assert_eq!((color.failed_revision, color.model.unwrap().version), (None, 2));
    let (version, shades) = store.shades().await.unwrap();
    assert_eq!(version, store.library_version().await.unwrap());
    assert_eq!(shades[0].model, Some(model("here", 0).model));
    assert!(matches!(
        store.put_model(id + 1, model("here", 0)).await,
        Err(StoreError::NotFound)
    ));
}

#[tokio::test]
async fn a_damaged_model_costs_one_shade_and_not_the_library() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
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
async fn jobs_wait_for_their_worker_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let first = store.create_job(vec![1, 2]).await.unwrap();
    let second = store.create_job(vec![]).await.unwrap();
    drop(store);
    let store = Embedded::open(directory.path()).unwrap();
    let mut next = store.next_job().await.unwrap().unwrap();
    assert_eq!(next, first);
    next.state = JobState::Succeeded;
    store.put_job(&next).await.unwrap();
    assert_eq!(store.next_job().await.unwrap().unwrap().id, second.id);
    assert_eq!(store.job(first.id).await.unwrap().state, JobState::Succeeded);
}

#[tokio::test]
async fn what_a_crash_leaves_goes_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
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
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(files(directory.path()).len(), 3);
    assert_eq!(store.photo(&image).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_lost_database_does_not_cost_the_photos() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
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
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
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

#[tokio::test]
async fn a_model_of_earlier_photos_does_not_replace_one_of_later() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let id = store.create_color(new_color("a")).await.unwrap().id;
    assert_eq!(store.put_model(id, model("here", 2)).await.unwrap().version, 1);
    assert_eq!(
        store
            .put_model(id, model("here", 1))
            .await
            .unwrap()
            .images_revision,
        2
    );
    assert_eq!(
        store.put_model(id, model("elsewhere", 1)).await.unwrap().version,
        2
    );
}
