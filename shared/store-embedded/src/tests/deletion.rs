//! Deletions are complete: nothing of what was deleted can be found on the disk.

use super::*;
use strand_library::{JobFailure, ShadeChange};
use strand_store_tests::measured;

const NAME: &str = "Zyxwvut Secret";

async fn upload(store: &Stores, bytes: &[u8]) -> String {
    let new = NewUpload {
        filename: "a.jpg".into(),
        content_type: "image/jpeg".into(),
        size: bytes.len() as u64,
    };
    let key = store.uploads.create_upload(new).await.unwrap().key;
    let receives = store.receives.as_ref().unwrap();
    receives.receive(&key, bytes.to_vec()).await.unwrap();
    key
}

/// A shade with two photos, everything that can be known of them, and copies in every place that has some.
async fn known_everywhere(here: &Here) -> (u64, u64) {
    let Here {
        embedded,
        store,
        directory,
    } = here;
    let new = strand_library::NewShade {
        description: Some("Qwertzuiop description".into()),
        ..new_shade(NAME)
    };
    let id = store.shades.create_shade(new).await.unwrap().id;
    let (first, _) = store
        .photos
        .add_photo(id, photo(b"first photo of it"))
        .await
        .unwrap();
    let (second, _) = store
        .photos
        .add_photo(id, photo(b"second photo of it"))
        .await
        .unwrap();
    let features = [(first.id, measured(0.1)), (second.id, measured(0.2))];
    store.features.put_features(id, "here", &features).await.unwrap();
    let mut new = model("here", 2);
    new.model.references[0].photo_id = first.id;
    new.model.references[0].sha256 = Some(first.sha256.clone());
    store.models.put_model(id, new).await.unwrap();
    let mut job = store.jobs.create_job(new_job(&[id])).await.unwrap();
    job.failures.push(JobFailure {
        shade_id: id,
        error: format!("No hair was found in \"{NAME}\"."),
    });
    store.jobs.take_job(job.id, "here").await.unwrap().unwrap();
    assert!(store.jobs.put_job(&job, "here").await.unwrap());
    upload(store, b"first photo of it").await;
    store.upkeep.tidy().await.unwrap();
    let place = directory.path();
    assert_eq!(embedded.files.backups.all().len(), 1);
    let lost = place.join("lost/2026-11-29").join(id.to_string());
    std::fs::create_dir_all(&lost).unwrap();
    std::fs::write(lost.join("9.jpg"), b"first photo of it").unwrap();
    std::fs::copy(
        place.join(format!("photos/{id}/shade.json")),
        lost.join("shade.json"),
    )
    .unwrap();
    std::fs::write(place.join("lost/2026-11-29/strand.db"), NAME).unwrap();
    let row = serde_json::json!({ "id": 5, "color_id": id, "sha256": first.sha256 });
    embedded.files.lost.row("images", "5", &row).unwrap();
    (id, first.id)
}

#[tokio::test]
async fn nothing_of_a_deleted_shade_is_left_on_the_disk() {
    let here = here().await;
    let other = here
        .store
        .shades
        .create_shade(new_shade("Other"))
        .await
        .unwrap()
        .id;
    here.store.photos.add_photo(other, photo(b"kept")).await.unwrap();
    let (id, first) = known_everywhere(&here).await;
    let place = here.directory.path();
    let sha256 = strand_library::hex_digest(b"first photo of it");
    let secrets: [&[u8]; 6] = [
        NAME.as_bytes(),
        b"zyxwvut",
        b"Qwertzuiop",
        b"first photo of it",
        b"second photo of it",
        sha256.as_bytes(),
    ];
    for secret in secrets {
        assert!(
            !containing(place, secret).is_empty(),
            "the test is blind to {secret:?}"
        );
    }
    assert!(containing(place, NAME.as_bytes()).len() >= 4);
    here.store.shades.delete_shade(id).await.unwrap();
    for secret in secrets {
        assert_eq!(
            containing(place, secret),
            Vec::<PathBuf>::new(),
            "{}",
            String::from_utf8_lossy(secret)
        );
    }
    assert!(matches!(
        here.store.photos.photo(id, first).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(state(&here.store).await.len(), 1);
    assert!(
        here.embedded.files.backups.newest_good().is_some(),
        "the backup stays"
    );
    assert_eq!(
        here.store.jobs.job(1).await.unwrap().failures[0].error,
        "This shade was deleted."
    );
    let after = again(here);
    assert_eq!(state(&after.store).await["Other"].len(), 1);
    assert_eq!(
        containing(after.directory.path(), NAME.as_bytes()),
        Vec::<PathBuf>::new()
    );
}

#[tokio::test]
async fn nothing_of_a_deleted_photo_is_left_on_the_disk() {
    let here = here().await;
    let (id, first) = known_everywhere(&here).await;
    here.store.photos.delete_photo(id, first).await.unwrap();
    let place = here.directory.path();
    let sha256 = strand_library::hex_digest(b"first photo of it");
    for secret in [&b"first photo of it"[..], sha256.as_bytes()] {
        let left = containing(place, secret);
        // A row that was set aside has no photo; it goes with its shade.
        let left: Vec<_> = left
            .iter()
            .filter(|path| !path.to_string_lossy().contains("rows"))
            .collect();
        assert_eq!(
            left,
            Vec::<&PathBuf>::new(),
            "{}",
            String::from_utf8_lossy(secret)
        );
    }
    assert_eq!(
        state(&here.store).await[NAME],
        BTreeSet::from([b"second photo of it".to_vec()])
    );
    let (_, models) = here.store.models.models().await.unwrap();
    assert!(models[0].model.is_none(), "it was trained on that photo alone");
}

#[tokio::test]
async fn a_former_name_is_overwritten() {
    let here = here().await;
    let id = here.store.shades.create_shade(new_shade(NAME)).await.unwrap().id;
    let change = ShadeChange {
        name: Some("Renamed".into()),
        ..ShadeChange::default()
    };
    here.store.shades.update_shade(id, change).await.unwrap();
    let card: cards::ShadeCard =
        cards::read(&here.directory.path().join(format!("photos/{id}/shade.json"))).unwrap();
    assert_eq!(card.name, "Renamed");
    here.store.shades.delete_shade(id).await.unwrap();
    assert_eq!(
        containing(here.directory.path(), NAME.as_bytes()),
        Vec::<PathBuf>::new()
    );
}

#[tokio::test]
async fn what_an_earlier_version_deleted_is_overwritten_by_the_upgrade() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(DATABASE);
    drop(schema::at_step(&path, 4));
    let old = rusqlite::Connection::open(&path).unwrap();
    old.pragma_update(None, "secure_delete", false).unwrap();
    let add = "INSERT INTO colors (name, name_key, created_at) VALUES (?1, ?1, '2026-11-23T06:00:00Z')";
    old.execute(add, [NAME]).unwrap();
    old.execute(add, ["Kept"]).unwrap();
    old.execute("DELETE FROM colors WHERE name = ?1", [NAME]).unwrap();
    drop(old);
    assert!(!containing(directory.path(), NAME.as_bytes()).is_empty());
    let here = opened(directory);
    assert_eq!(state(&here.store).await.keys().collect::<Vec<_>>(), ["Kept"]);
    here.embedded
        .files
        .checkpoint(&here.embedded.connection.lock().unwrap())
        .unwrap();
    assert_eq!(
        containing(here.directory.path(), NAME.as_bytes()),
        Vec::<PathBuf>::new()
    );
}

#[tokio::test]
async fn a_deletion_that_cannot_remove_the_file_fails_and_changes_nothing() {
    let here = here().await;
    let id = here.store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, _) = here.store.photos.add_photo(id, photo(b"one")).await.unwrap();
    let before = state(&here.store).await;
    let here = failing(
        here,
        |point| point == disk::Point::Remove,
        std::io::ErrorKind::PermissionDenied,
    );
    for refused in [
        here.store.photos.delete_photo(id, image.id).await,
        here.store.shades.delete_shade(id).await,
    ] {
        assert!(matches!(refused, Err(StoreError::NotWritable(_))), "{refused:?}");
    }
    assert_eq!(state(&here.store).await, before);
    assert_eq!(state(&again(here).store).await, before);
}

/// Reopens a store whose steps fail where `fails` says so.
pub fn failing(
    here: Here,
    fails: impl Fn(disk::Point) -> bool + Send + Sync + 'static,
    kind: std::io::ErrorKind,
) -> Here {
    let Here {
        embedded,
        store,
        directory,
    } = here;
    drop((embedded, store));
    let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_armed = Arc::clone(&armed);
    let hook = move |point| {
        let strikes = is_armed.load(std::sync::atomic::Ordering::SeqCst) && fails(point);
        if strikes { Err(kind.into()) } else { Ok(()) }
    };
    let disk = Disk {
        hook: Some(Arc::new(hook)),
    };
    let embedded = Embedded::open_on(directory.path(), Duration::ZERO, disk).unwrap();
    armed.store(true, std::sync::atomic::Ordering::SeqCst);
    Here {
        store: embedded.clone().stores(),
        embedded,
        directory,
    }
}

#[tokio::test]
async fn a_full_disk_refuses_photos_and_takes_deletions() {
    let here = here().await;
    let id = here.store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, _) = here.store.photos.add_photo(id, photo(b"one")).await.unwrap();
    let room = here.directory.path().join("strand.db-room");
    // As on a full disk, every write fails until the room that is kept is given up.
    let is_full = room.clone();
    let writes = [disk::Point::Write, disk::Point::Commit];
    let here = failing(
        here,
        move |point| is_full.exists() && writes.contains(&point),
        std::io::ErrorKind::StorageFull,
    );
    let refused = here.store.photos.add_photo(id, photo(b"two")).await;
    assert!(matches!(refused, Err(StoreError::NoRoom(_))), "{refused:?}");
    assert!(
        here.store.upkeep.failures() > 0,
        "what was probed before holds no more"
    );
    assert!(room.exists(), "the room is for deletions only");
    here.store.photos.delete_photo(id, image.id).await.unwrap();
    assert!(room.exists(), "the room is kept again");
    assert_eq!(state(&here.store).await["a"].len(), 0);
    here.store.shades.delete_shade(id).await.unwrap();
    assert!(files(here.directory.path()).is_empty());
}
