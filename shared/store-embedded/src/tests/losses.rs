//! Databases that are lost, old, or damaged never cost a photo, and no id is given twice.

use super::*;
use std::fs;

/// Two shades, with two photos and one, and one without photos.
async fn filled() -> Here {
    let here = here().await;
    let store = &here.store;
    for (name, photos) in [
        ("Ash", &["one", "two"][..]),
        ("Brown", &["three"]),
        ("Empty", &[]),
    ] {
        let id = store.shades.create_shade(new_shade(name)).await.unwrap().id;
        for bytes in photos {
            store.photos.add_photo(id, photo(bytes.as_bytes())).await.unwrap();
        }
    }
    here
}

/// Closes a store, changes its directory, and opens it again.
fn after(here: Here, change: impl FnOnce(&Path)) -> Here {
    let Here {
        embedded,
        store,
        directory,
    } = here;
    drop((embedded, store));
    change(directory.path());
    opened(directory)
}

fn remove_database(place: &Path) {
    for file in disk::entries(place).unwrap() {
        if file.path().is_file() {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

/// Copies the files of a directory, as a process that dies now would leave them.
pub fn copy_all(from: &Path, to: &Path) {
    for file in all_files(from) {
        if file.ends_with("strand.db-room") || file.ends_with("lock") {
            continue;
        }
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

#[tokio::test]
async fn a_library_is_rebuilt_from_its_photos_alone() {
    let here = filled().await;
    let before = state(&here.store).await;
    let shades = here.store.shades.shades(None, 9).await.unwrap();
    let here = after(here, remove_database);
    assert!(state(&here.store).await.is_empty());
    let set_aside = here.embedded.set_aside();
    assert_eq!((set_aside.photos, set_aside.shades), (3, 1));
    // What is new does not take the ids of what was lost.
    let new = here.store.shades.create_shade(new_shade("New")).await.unwrap().id;
    let (first, _) = here.store.photos.add_photo(new, photo(b"new")).await.unwrap();
    assert_eq!((new, first.id), (4, 4));
    let here = again(here);
    let recovered = here.embedded.recover().unwrap();
    assert_eq!(
        (recovered.photos, recovered.shades, recovered.left.len()),
        (3, 3, 0)
    );
    let mut wanted = before;
    wanted.insert("New".into(), BTreeSet::from([b"new".to_vec()]));
    assert_eq!(state(&here.store).await, wanted);
    for shade in shades {
        let again = here.store.shades.shade(shade.id).await.unwrap();
        assert_eq!((again.name, again.created_at), (shade.name, shade.created_at));
    }
    assert!(!here.directory.path().join("lost").exists());
    assert_eq!(here.embedded.recover().unwrap(), Recovered::default());
    assert_eq!(state(&again(here).store).await, wanted);
}

#[tokio::test]
async fn a_lost_log_costs_no_acknowledged_photo() {
    let here = filled().await;
    let here = again(here);
    let id = here
        .store
        .shades
        .create_shade(new_shade("Later"))
        .await
        .unwrap()
        .id;
    for bytes in [b"a", b"b", b"c"] {
        here.store.photos.add_photo(id, photo(bytes)).await.unwrap();
    }
    let before = state(&here.store).await;
    // Killed, and then the log is lost.
    let killed = tempfile::tempdir().unwrap();
    copy_all(here.directory.path(), killed.path());
    fs::remove_file(killed.path().join("strand.db-wal")).unwrap();
    let here = opened(killed);
    assert!(state(&here.store).await.len() < before.len());
    assert_eq!(here.embedded.set_aside().photos, 3);
    here.embedded.recover().unwrap();
    assert_eq!(state(&here.store).await, before);
}

#[tokio::test]
async fn the_database_of_yesterday_costs_no_photo() {
    let mut yesterday = Vec::new();
    let here = after(filled().await, |place| {
        yesterday = fs::read(place.join(DATABASE)).unwrap();
    });
    let ash = here.store.shades.shades(None, 9).await.unwrap().pop().unwrap().id;
    here.store.photos.add_photo(ash, photo(b"today")).await.unwrap();
    here.store.shades.create_shade(new_shade("Today")).await.unwrap();
    let gone = here.store.photos.photos(ash).await.unwrap().pop().unwrap();
    here.store.photos.delete_photo(ash, gone.id).await.unwrap();
    let today = state(&here.store).await;
    let here = after(here, |place| fs::write(place.join(DATABASE), yesterday).unwrap());
    assert_eq!(
        here.embedded.set_aside(),
        SetAside {
            photos: 1,
            shades: 1,
            ..SetAside::default()
        }
    );
    here.embedded.recover().unwrap();
    // The photo that was deleted has a row again, and no file.
    here.store.photos.delete_photo(ash, gone.id).await.unwrap();
    assert_eq!(state(&here.store).await, today);
}

#[tokio::test]
async fn the_last_backup_takes_the_place_of_a_lost_database() {
    let here = filled().await;
    here.store.upkeep.tidy().await.unwrap();
    let features = [(1, strand_store_tests::measured(0.5))];
    here.store
        .features
        .put_features(1, "here", &features)
        .await
        .unwrap();
    here.store
        .photos
        .add_photo(3, photo(b"after the backup"))
        .await
        .unwrap();
    let before = state(&here.store).await;
    let here = after(here, |place| fs::remove_file(place.join(DATABASE)).unwrap());
    assert_eq!(state(&here.store).await.len(), 3);
    assert_eq!(here.embedded.set_aside().photos, 1);
    here.embedded.recover().unwrap();
    assert_eq!(state(&here.store).await, before);
}

#[tokio::test]
async fn ids_never_come_back() {
    let here = filled().await;
    let last = here
        .store
        .shades
        .create_shade(new_shade("Last"))
        .await
        .unwrap()
        .id;
    let (image, _) = here.store.photos.add_photo(last, photo(b"last")).await.unwrap();
    let job = here.store.jobs.create_job(new_job(&[last])).await.unwrap();
    here.store.shades.delete_shade(last).await.unwrap();
    // The ids that were deleted are in no file of photos.
    let here = after(here, |place| fs::remove_file(place.join(DATABASE)).unwrap());
    let new = here.store.shades.create_shade(new_shade("New")).await.unwrap().id;
    assert!(new > last);
    let (photo, _) = here.store.photos.add_photo(new, photo(b"new")).await.unwrap();
    assert!(photo.id > image.id);
    assert!(here.store.jobs.create_job(new_job(&[])).await.unwrap().id > job.id);
}

#[tokio::test]
async fn photos_that_changed_stay_set_aside_and_are_named() {
    let here = after(filled().await, |place| {
        fs::write(place.join("photos/1/2.jpg"), b"bits that rotted").unwrap();
    });
    let found = here.embedded.examine().unwrap();
    assert_eq!(found.photos, 3);
    assert!(
        found.damage.len() == 1 && found.damage[0].contains("ID 2"),
        "{:?}",
        found.damage
    );
    let here = after(here, remove_database);
    let recovered = here.embedded.recover().unwrap();
    assert_eq!((recovered.photos, recovered.left.len()), (2, 1));
    assert!(recovered.left[0].0.ends_with("1/2.jpg"), "{:?}", recovered.left);
    assert_eq!(here.embedded.set_aside().photos, 1);
}

#[tokio::test]
async fn a_library_in_use_is_looked_at_beside_the_process_that_uses_it() {
    let here = filled().await;
    let place = here.directory.path();
    assert!(Embedded::is_in_use(place));
    let found = Embedded::look(place).unwrap();
    assert_eq!((found.photos, found.damage), (3, Vec::new()));
    fs::write(place.join("photos/1/2.jpg"), b"bits that rotted").unwrap();
    fs::remove_file(place.join("photos/1/1.jpg")).unwrap();
    let mut damage = Embedded::look(place).unwrap().damage;
    damage.sort();
    let of = |id| format!("the photo with the ID {id} of the shade with the ID 1");
    let wanted = [
        format!("{} cannot be read: its file is missing", of(1)),
        format!("{} has changed on the disk", of(2)),
    ];
    assert_eq!(damage, wanted);
}

#[tokio::test]
async fn a_day_has_one_backup_and_seven_are_kept() {
    let here = filled().await;
    let place = here.directory.path().join("backups");
    here.store.upkeep.tidy().await.unwrap();
    let today = here.embedded.files.backups.all().remove(0);
    for day in 1..=9 {
        fs::rename(&today, place.join(format!("strand-2026-01-{day:02}.db"))).unwrap();
        here.store.upkeep.tidy().await.unwrap();
    }
    let names = |here: &Here| {
        let all = here.embedded.files.backups.all();
        all.iter()
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    let kept = names(&here);
    assert_eq!(kept.len(), 7);
    assert_eq!(kept[6], "strand-2026-01-04");
    let made = fs::metadata(&today).unwrap().modified().unwrap();
    here.store.upkeep.tidy().await.unwrap();
    assert_eq!(
        fs::metadata(&today).unwrap().modified().unwrap(),
        made,
        "one a day"
    );
    let examined = here.embedded.examine().unwrap();
    assert_eq!(examined.backup.as_deref(), Some(&*lost::today()));
    // A damaged backup is passed over.
    fs::write(&today, b"not a database").unwrap();
    let newest = here.embedded.files.backups.newest_good().unwrap();
    assert!(newest.ends_with("strand-2026-01-09.db"), "{}", newest.display());
}
