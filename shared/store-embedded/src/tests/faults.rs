//! Every step of the disk fails once, and at every step the process dies once: what was acknowledged stays, and what was
//! deleted stays deleted.

use super::*;
use std::sync::Mutex;
use strand_library::ShadeChange;

#[derive(Debug, Clone)]
enum Change {
    Create(&'static str),
    Add(&'static str, &'static [u8]),
    RemovePhoto(&'static str, &'static [u8]),
    Rename(&'static str, &'static str),
    Remove(&'static str),
    Tidy,
}

const CHANGES: [Change; 10] = [
    Change::Create("Ash"),
    Change::Add("Ash", b"first of ash"),
    Change::Add("Ash", b"second of ash"),
    Change::Create("Brown"),
    Change::Add("Brown", b"first of brown"),
    Change::Tidy,
    Change::RemovePhoto("Ash", b"first of ash"),
    Change::Rename("Ash", "Ashen"),
    Change::Remove("Brown"),
    Change::Add("Ashen", b"third of ash"),
];

/// What the library holds after a change.
fn applied(state: &State, change: &Change) -> State {
    let mut state = state.clone();
    match *change {
        Change::Create(name) => _ = state.entry(name.into()).or_default(),
        Change::Add(name, bytes) => {
            if let Some(photos) = state.get_mut(name) {
                photos.insert(bytes.to_vec());
            }
        }
        Change::RemovePhoto(name, bytes) => {
            if let Some(photos) = state.get_mut(name) {
                photos.remove(bytes);
            }
        }
        Change::Rename(from, to) => {
            if let Some(photos) = state.remove(from) {
                state.insert(to.into(), photos);
            }
        }
        Change::Remove(name) => _ = state.remove(name),
        Change::Tidy => {}
    }
    state
}

async fn shade(store: &Stores, name: &str) -> Result<u64, StoreError> {
    let shades = store.shades.shades(None, usize::MAX).await?;
    let found = shades.into_iter().find(|shade| shade.name == name);
    found.map(|shade| shade.id).ok_or(StoreError::NotFound)
}

async fn make(store: &Stores, change: &Change) -> Result<(), StoreError> {
    match *change {
        Change::Create(name) => store.shades.create_shade(new_shade(name)).await.map(|_| ()),
        Change::Add(name, bytes) => {
            let id = shade(store, name).await?;
            store.photos.add_photo(id, photo(bytes)).await.map(|_| ())
        }
        Change::RemovePhoto(name, bytes) => {
            let id = shade(store, name).await?;
            let digest = strand_library::hex_digest(bytes);
            let photos = store.photos.photos(id).await?;
            let found = photos.into_iter().find(|photo| photo.sha256 == digest);
            let photo = found.ok_or(StoreError::NotFound)?;
            store.photos.delete_photo(id, photo.id).await
        }
        Change::Rename(from, to) => {
            let id = shade(store, from).await?;
            let change = ShadeChange {
                name: Some(to.into()),
                ..ShadeChange::default()
            };
            store.shades.update_shade(id, change).await.map(|_| ())
        }
        Change::Remove(name) => store.shades.delete_shade(shade(store, name).await?).await,
        Change::Tidy => store.upkeep.tidy().await,
    }
}

fn open_with(
    directory: &Path,
    hook: impl Fn(disk::Point) -> std::io::Result<()> + Send + Sync + 'static,
) -> Embedded {
    let disk = Disk {
        hook: Some(Arc::new(hook)),
    };
    Embedded::open_on(directory, Duration::ZERO, disk).unwrap()
}

/// Checks a directory that a process has left: it opens, and holds one of `possible` states. What was deleted in all of
/// them is nowhere, nothing was set aside, and nothing unfinished is left.
async fn holds_one_of(directory: TempDir, possible: &[State], deleted: &[&[u8]], what: &str) {
    let here = opened(directory);
    let found = state(&here.store).await;
    assert!(
        possible.contains(&found),
        "{what}: {found:?} is none of {possible:?}"
    );
    assert_eq!(here.embedded.set_aside(), SetAside::default(), "{what}");
    let place = here.directory.path();
    for bytes in deleted {
        assert_eq!(containing(place, bytes), Vec::<PathBuf>::new(), "{what}");
    }
    for file in all_files(place) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !name.starts_with(disk::TEMPORARY) && !name.starts_with(photo_files::NEW),
            "{what}: {name}"
        );
    }
    let photos: usize = found.values().map(BTreeSet::len).sum();
    assert_eq!(files(place).len(), photos, "{what}");
    let damage = here.embedded.examine().unwrap().damage;
    assert!(damage.is_empty(), "{what}: {damage:?}");
}

/// A moment at which the process may die: a copy of its directory, what was acknowledged, and what was being done.
struct Moment {
    point: disk::Point,
    directory: TempDir,
    acknowledged: State,
    deleted: Vec<&'static [u8]>,
    change: Change,
}

/// What the copies need to know.
struct Progress {
    acknowledged: State,
    deleted: Vec<&'static [u8]>,
    change: Option<Change>,
    moments: Vec<Moment>,
}

#[tokio::test]
async fn a_process_that_dies_at_any_step_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let progress = Arc::new(Mutex::new(Progress {
        acknowledged: State::new(),
        deleted: Vec::new(),
        change: None,
        moments: Vec::new(),
    }));
    let (seen, place) = (Arc::clone(&progress), directory.path().to_owned());
    let embedded = open_with(directory.path(), move |point| {
        let mut progress = seen.lock().unwrap();
        if let Some(change) = progress.change.clone() {
            let copy = tempfile::tempdir().unwrap();
            super::losses::copy_all(&place, copy.path());
            let moment = Moment {
                point,
                directory: copy,
                acknowledged: progress.acknowledged.clone(),
                deleted: progress.deleted.clone(),
                change,
            };
            progress.moments.push(moment);
        }
        Ok(())
    });
    let store = embedded.clone().stores();
    for change in CHANGES {
        progress.lock().unwrap().change = Some(change.clone());
        make(&store, &change).await.unwrap();
        let mut progress = progress.lock().unwrap();
        progress.acknowledged = applied(&progress.acknowledged, &change);
        match change {
            Change::RemovePhoto(_, bytes) => progress.deleted.push(bytes),
            Change::Remove(name) => progress.deleted.extend([name.as_bytes(), b"first of brown"]),
            _ => {}
        }
    }
    let moments = std::mem::take(&mut progress.lock().unwrap().moments);
    let points: BTreeSet<_> = moments.iter().map(|moment| moment.point).collect();
    assert_eq!(points.len(), 9, "not every kind of step was reached: {points:?}");
    for (at, moment) in moments.into_iter().enumerate() {
        let possible = [
            moment.acknowledged.clone(),
            applied(&moment.acknowledged, &moment.change),
        ];
        let what = format!("step {at}, before {:?} in {:?}", moment.point, moment.change);
        Box::pin(holds_one_of(moment.directory, &possible, &moment.deleted, &what)).await;
    }
}

#[tokio::test]
async fn any_step_may_fail_once() {
    for nth in 1.. {
        let directory = tempfile::tempdir().unwrap();
        let steps = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&steps);
        let embedded = open_with(directory.path(), |_| Ok(()));
        drop(embedded);
        let embedded = open_with(directory.path(), move |_| {
            let mut steps = counted.lock().unwrap();
            *steps += 1;
            // Those of the start come first.
            if *steps == nth + 1_000 {
                Err(std::io::ErrorKind::StorageFull.into())
            } else {
                Ok(())
            }
        });
        *steps.lock().unwrap() = 1_000;
        let store = embedded.clone().stores();
        let mut possible = vec![State::new()];
        for change in &CHANGES {
            let after: Vec<State> = possible.iter().map(|state| applied(state, change)).collect();
            match make(&store, change).await {
                Ok(()) => possible = after,
                Err(_) => possible.extend(after),
            }
        }
        let is_last = *steps.lock().unwrap() < nth + 1_000;
        drop((embedded, store));
        Box::pin(holds_one_of(directory, &possible, &[], &format!("failure {nth}"))).await;
        if is_last {
            assert!(nth > 50, "only {nth} steps");
            break;
        }
    }
}

#[tokio::test]
async fn a_recovery_may_die_at_any_step() {
    let directory = tempfile::tempdir().unwrap();
    let Here {
        embedded,
        store,
        directory: _source,
    } = opened(tempfile::tempdir().unwrap());
    let mut whole = State::new();
    for change in &CHANGES[..5] {
        make(&store, change).await.unwrap();
        whole = applied(&whole, change);
    }
    super::losses::copy_all(&embedded.files.directory, directory.path());
    for name in ["strand.db", "strand.db-wal", "strand.db-ids"] {
        let _ = std::fs::remove_file(directory.path().join(name));
    }
    let copies = Arc::new(Mutex::new(Vec::new()));
    let (seen, place) = (Arc::clone(&copies), directory.path().to_owned());
    let dying = open_with(directory.path(), move |_| {
        let copy = tempfile::tempdir().unwrap();
        super::losses::copy_all(&place, copy.path());
        seen.lock().unwrap().push(copy);
        Ok(())
    });
    dying.recover().unwrap();
    assert_eq!(state(&dying.stores()).await, whole);
    let copies = std::mem::take(&mut *copies.lock().unwrap());
    assert!(copies.len() > 20, "{}", copies.len());
    for (at, copy) in copies.into_iter().enumerate() {
        let here = opened(copy);
        here.embedded.recover().unwrap();
        assert_eq!(state(&here.store).await, whole, "step {at}");
        assert_eq!(here.embedded.set_aside(), SetAside::default(), "step {at}");
    }
}
