//! A damaged page, row, or value is set aside and named; the rest works.

use super::*;
use std::fs;
use strand_store_tests::measured;

const PAGE: usize = 4096;

/// A data directory with three shades of three photos each, everything known of them, and no process that uses it.
async fn library() -> (TempDir, State) {
    let Here {
        embedded,
        store,
        directory,
    } = here().await;
    for k in 1..=3_u64 {
        let id = store
            .shades
            .create_shade(new_shade(&format!("Shade {k}")))
            .await
            .unwrap()
            .id;
        for n in 0..3 {
            let bytes = format!("photo {n} of {k}").into_bytes();
            let (photo, _) = store.photos.add_photo(id, photo(&bytes)).await.unwrap();
            store
                .features
                .put_features(id, "here", &[(photo.id, measured(n as f32))])
                .await
                .unwrap();
        }
        let mut new = model("here", 3);
        // Large enough for pages of its own.
        new.model.weights = vec![0.5; 3000];
        store.models.put_model(id, new).await.unwrap();
    }
    store.jobs.create_job(new_job(&[1, 2])).await.unwrap();
    let state = state(&store).await;
    drop((embedded, store));
    (directory, state)
}

fn copy(directory: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    super::losses::copy_all(directory.path(), copy.path());
    copy
}

/// Opens a damaged library: it works, and all photos come back.
async fn holds(damaged: TempDir, whole: &State, what: &str) {
    let here = opened(damaged);
    let before = state(&here.store).await;
    here.store.models.models().await.unwrap();
    here.store.jobs.next_job("here").await.unwrap();
    for shade in here.store.shades.shades(None, 9).await.unwrap() {
        here.store.features.features(shade.id, "here").await.unwrap();
    }
    let new = here.store.shades.create_shade(new_shade("New")).await.unwrap().id;
    assert!(new > 3, "{what}: the id {new} comes back");
    here.store.shades.delete_shade(new).await.unwrap();
    let recovered = here.embedded.recover().unwrap();
    assert!(recovered.left.is_empty(), "{what}: {recovered:?}");
    let after = state(&here.store).await;
    let photos: BTreeSet<_> = after.values().flatten().collect();
    assert_eq!(
        photos,
        whole.values().flatten().collect(),
        "{what}; before {before:?}"
    );
    assert_eq!(&after, whole, "{what}");
    let mut damage = here.embedded.examine().unwrap().damage;
    // A page in the middle of a blob; it is known by the checksum of the model.
    damage.retain(|damage| !damage.starts_with("the model of"));
    assert!(damage.is_empty(), "{what}: {damage:?}");
}

#[tokio::test]
async fn a_zeroed_page_costs_no_photo() {
    let (directory, whole) = library().await;
    let size = fs::metadata(directory.path().join(DATABASE)).unwrap().len() as usize;
    assert!(size > 12 * PAGE);
    for page in 0..size / PAGE {
        let damaged = copy(&directory);
        let path = damaged.path().join(DATABASE);
        let mut bytes = fs::read(&path).unwrap();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0);
        fs::write(path, bytes).unwrap();
        Box::pin(holds(damaged, &whole, &format!("page {page}"))).await;
    }
}

#[tokio::test]
async fn a_database_that_is_none_costs_no_photo() {
    let (directory, whole) = library().await;
    let size = fs::metadata(directory.path().join(DATABASE)).unwrap().len() as usize;
    let contents: [(&str, Vec<u8>); 4] = [
        ("text", b"hello".to_vec()),
        ("noise", (0..size).map(|at| (at * 7919 % 251) as u8).collect()),
        ("empty", Vec::new()),
        (
            "cut",
            fs::read(directory.path().join(DATABASE)).unwrap()[..size / 2 + 1000].to_vec(),
        ),
    ];
    for (what, bytes) in contents {
        let damaged = copy(&directory);
        fs::write(damaged.path().join(DATABASE), bytes).unwrap();
        Box::pin(holds(damaged, &whole, what)).await;
    }
}

/// Runs SQL on the database of a copy.
fn changed(directory: &TempDir, sql: &str) -> TempDir {
    let copy = copy(directory);
    let db = rusqlite::Connection::open(copy.path().join(DATABASE)).unwrap();
    db.execute_batch(sql).unwrap();
    drop(db);
    copy
}

#[tokio::test]
async fn a_bad_row_is_set_aside_and_the_rest_works() {
    let (directory, whole) = library().await;
    for sql in [
        "UPDATE images SET format = 'exe' WHERE id = 1",
        "UPDATE images SET format = '../x' WHERE id = 1",
        "UPDATE images SET created_at = 'never' WHERE id = 2",
        "UPDATE images SET bytes = -1 WHERE id = 3",
        "UPDATE colors SET created_at = 'never' WHERE id = 1",
        "UPDATE colors SET hex = 'zzz' WHERE id = 1",
        "UPDATE colors SET hex = 7 WHERE id = 1",
        "UPDATE colors SET model_info = 'x' WHERE id = 1",
        "UPDATE colors SET model_info = x'00' WHERE id = 1",
        "UPDATE colors SET model = x'00' WHERE id = 1",
        "UPDATE colors SET name = x'ff' WHERE id = 1",
        "UPDATE colors SET images_revision = 'x' WHERE id = 1",
        "UPDATE features SET packed = x'00' WHERE image_id = 1",
        "UPDATE jobs SET body = 'x'",
        "INSERT INTO jobs (over, body) VALUES (0, 'x')",
        "INSERT INTO uploads VALUES ('0', 9999999999, 'x')",
        "INSERT INTO deletions (body) VALUES ('x')",
        "DROP TABLE images",
        "DROP TABLE jobs",
        "ALTER TABLE colors DROP COLUMN hex",
        "DELETE FROM library",
    ] {
        let damaged = changed(&directory, &format!("PRAGMA foreign_keys = OFF; {sql}"));
        Box::pin(mends(damaged, &whole, sql)).await;
    }
}

/// As [`holds`], but a damaged blob stays where it is until the shade is trained again.
async fn mends(damaged: TempDir, whole: &State, what: &str) {
    if what.contains("model = x") || what.contains("packed") {
        let here = opened(damaged);
        assert_eq!(&state(&here.store).await, whole);
        let found = here.embedded.examine().unwrap();
        assert!(
            found.damage.len() == 1 && found.damage[0].contains("ID 1"),
            "{:?}",
            found.damage
        );
        let (_, models) = here.store.models.models().await.unwrap();
        assert_eq!(models.len(), 3);
        assert_eq!(here.store.features.features(2, "here").await.unwrap().len(), 3);
    } else {
        Box::pin(holds(damaged, whole, what)).await;
    }
}

#[tokio::test]
async fn a_bad_row_is_named_where_it_was_set_aside() {
    let (directory, _) = library().await;
    let damaged = changed(&directory, "UPDATE jobs SET body = 'not json' WHERE id = 1");
    let here = opened(damaged);
    assert_eq!(here.embedded.set_aside().rows, 1);
    let rows = all_files(&here.directory.path().join("lost"));
    assert!(rows[0].ends_with("rows/jobs-1.json"), "{rows:?}");
    assert!(fs::read_to_string(&rows[0]).unwrap().contains("not json"));
    // A later job is not stalled.
    let job = here.store.jobs.create_job(new_job(&[1])).await.unwrap();
    assert_eq!(here.store.jobs.next_job("here").await.unwrap(), Some(job));
}

#[tokio::test]
async fn a_damaged_database_is_not_backed_up() {
    let (directory, _) = library().await;
    let here = opened(directory);
    here.store.upkeep.tidy().await.unwrap();
    let backup = here.embedded.files.backups.all().remove(0);
    fs::rename(&backup, backup.with_file_name("strand-2026-01-01.db")).unwrap();
    let drop_table = here
        .embedded
        .write(|db, _| Ok(db.execute_batch("DROP TABLE features")?));
    drop_table.await.unwrap();
    here.store.upkeep.tidy().await.unwrap();
    let all = here.embedded.files.backups.all();
    assert!(
        all.len() == 1 && all[0].ends_with("strand-2026-01-01.db"),
        "{all:?}"
    );
}
