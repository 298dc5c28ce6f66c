//! Tests of the embedded store in a real directory.

use super::*;
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Ready, ready};
use std::path::PathBuf;
use strand_library::ports::{Begun, KeyedRequest};
use strand_library::{NewPhoto, NewUpload, Received};
use strand_store_tests::{TestStore, model, new_job, new_photo, new_shade, store_tests};
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

/// All files below a directory.
fn all_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(path) = open.pop() {
        for entry in disk::entries(&path).unwrap() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// The files of photos and uploads, without cards.
fn files(directory: &Path) -> Vec<PathBuf> {
    let places = ["photos", "uploads"].map(|name| directory.join(name));
    let found = places.iter().flat_map(|place| all_files(place));
    found
        .filter(|path| path.extension().is_none_or(|end| end != "json"))
        .collect()
}

/// The files that contain some bytes.
fn containing(directory: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let contains = |path: &PathBuf| {
        let content = std::fs::read(path).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    };
    all_files(directory).into_iter().filter(contains).collect()
}

/// A photo with its real SHA-256.
fn photo(bytes: &[u8]) -> NewPhoto {
    NewPhoto {
        sha256: strand_library::hex_digest(bytes),
        kept_sha256: strand_library::hex_digest(bytes),
        ..new_photo(bytes)
    }
}

/// Every shade's name with the bytes of its photos.
type State = BTreeMap<String, BTreeSet<Vec<u8>>>;

/// What the library holds. Every photo must be readable.
async fn state(store: &Stores) -> State {
    let mut state = State::new();
    for shade in store.shades.shades(None, usize::MAX).await.unwrap() {
        let mut photos = BTreeSet::new();
        for photo in store.photos.photos(shade.id).await.unwrap() {
            photos.insert(store.photos.photo_bytes(&photo).await.unwrap());
        }
        assert_eq!(photos.len() as u64, shade.photo_count);
        state.insert(shade.name, photos);
    }
    state
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
    let first = before.store.jobs.create_job(new_job(&[1, 2])).await.unwrap();
    assert_eq!(
        again(before).store.jobs.next_job("here").await.unwrap().unwrap(),
        first
    );
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
    let place = after.directory.path();
    // The photo, and what is not ours. Photos that the database does not know are set aside.
    assert_eq!(files(place).len(), 3);
    assert_eq!(after.embedded.set_aside().photos, 2);
    assert_eq!(
        all_files(&place.join("lost"))
            .iter()
            .filter(|path| path.ends_with("1.jpg"))
            .count(),
        1
    );
    assert_eq!(after.store.photos.photo_bytes(&image).await.unwrap(), b"one");
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
    assert!(undone.is_err() && store.jobs.next_job("here").await.unwrap().is_none());
}

#[test]
fn one_process_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let refused = || Embedded::open(directory.path()).err().unwrap().to_string();
    assert!(refused().contains("another process"), "{}", refused());
    assert!(Embedded::is_in_use(directory.path()));
    // A lock file that is deleted lets nobody in.
    std::fs::remove_file(directory.path().join("lock")).unwrap();
    assert!(refused().contains("another process"), "{}", refused());
    assert!(Embedded::is_in_use(directory.path()));
    drop(store);
    assert!(!Embedded::is_in_use(directory.path()));
    assert!(Embedded::open(directory.path()).is_ok());
}

#[test]
fn a_store_waits_for_the_process_that_stops() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    let (told, waits) = std::sync::mpsc::channel();
    let path = directory.path().to_owned();
    let next = std::thread::spawn(move || {
        lock::take(&path, Duration::from_mins(1), || told.send(()).unwrap()).map(|_| ())
    });
    waits.recv().unwrap();
    drop(store);
    next.join().unwrap().unwrap();
}

#[test]
fn only_its_owner_reads_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(DATABASE);
    drop(Embedded::open(directory.path()).unwrap());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    store
        .files
        .backups
        .keep(&store.connection.lock().unwrap())
        .unwrap();
    for path in all_files(directory.path()) {
        if path.to_string_lossy().contains(".db")
            && !path.ends_with("strand.db-room")
            && !path.ends_with("strand.db-ids")
        {
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}

mod damage;
mod deletion;
mod faults;
mod losses;

#[tokio::test]
async fn jobs_that_were_over_long_ago_go() {
    let Here {
        embedded,
        store,
        directory: _directory,
    } = here().await;
    let long_over = store.jobs.create_job(new_job(&[1])).await.unwrap();
    let over = store.jobs.create_job(new_job(&[2])).await.unwrap();
    let open = store.jobs.create_job(new_job(&[3])).await.unwrap();
    for job in [&long_over, &over] {
        store.jobs.cancel_job(job.id).await.unwrap();
    }
    let aged: Result<usize, _> = embedded
        .write(move |db, _| {
            let aged = "UPDATE jobs SET over_at = over_at - 31 * 86400000 WHERE id = ?1 OR over = 0";
            Ok(db.execute(aged, [long_over.id])?)
        })
        .await;
    assert_eq!(aged.unwrap(), 2);
    store.upkeep.tidy().await.unwrap();
    let kept: Vec<u64> = store
        .jobs
        .jobs(None, usize::MAX)
        .await
        .unwrap()
        .iter()
        .map(|job| job.id)
        .collect();
    assert_eq!(kept, [open.id, over.id]);
    let new = store.jobs.create_job(new_job(&[4])).await.unwrap();
    assert!(new.id > open.id);
}

#[tokio::test]
async fn answers_go_with_their_day_their_shade_and_their_process() {
    let before = here().await;
    let id = before.store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let asked = |key: &str| KeyedRequest {
        key: key.into(),
        fingerprint: "this".into(),
    };
    for (key, answer) in [
        ("old", Some(None)),
        ("of it", Some(Some(id))),
        ("kept", Some(None)),
        ("cut", None),
    ] {
        let answers = &before.store.answers;
        assert_eq!(answers.begin(&asked(key), "here").await.unwrap(), Begun::Act);
        if let Some(shade_id) = answer {
            answers.finish(key, "here", key, shade_id).await.unwrap();
        }
    }
    before.store.shades.delete_shade(id).await.unwrap();
    let aged: Result<usize, _> = before
        .embedded
        .write(|db, _| Ok(db.execute("UPDATE answers SET expires_at = 1 WHERE key = 'old'", [])?))
        .await;
    assert_eq!(aged.unwrap(), 1);
    before.store.upkeep.tidy().await.unwrap();
    let after = again(before);
    let left: Result<Vec<String>, _> = after
        .embedded
        .read(|db| {
            let mut keys = db.prepare("SELECT key FROM answers")?;
            let keys = keys.query_map([], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
        .await;
    assert_eq!(left.unwrap(), ["kept"]);
    let kept = after.store.answers.begin(&asked("kept"), "there").await.unwrap();
    assert_eq!(kept, Begun::Answered("kept".into()));
}
