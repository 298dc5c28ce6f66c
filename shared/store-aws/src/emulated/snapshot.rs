//! The library snapshot: no change is lost, whoever publishes when.

use super::*;
use crate::bucket::When;
use crate::rows::{PENDING, PendingRow, random};
use crate::snapshot::{SNAPSHOT, SnapshotEntry, SnapshotFile};
use futures_util::future::join_all;
use std::time::Instant;
use strand_learning::{Fitted, ModelKind, Reference, Sigmoid, pack};
use strand_library::ports::NewModel;
use strand_signature::DominantColor;

impl There {
    async fn pending(&self) -> Vec<PendingRow> {
        self.rows(PENDING).await
    }

    async fn names(&self) -> Vec<String> {
        let shades = self.elsewhere().await.models().await.unwrap().1;
        shades.into_iter().map(|shade| shade.name).collect()
    }

    async fn replace_snapshot(&self, bytes: Vec<u8>) {
        let etag = self.store.bucket.head(SNAPSHOT).await.unwrap().unwrap().0;
        let put = self
            .store
            .bucket
            .put(SNAPSHOT, bytes, "x/y", When::Unchanged(&etag));
        assert!(put.await.unwrap());
    }
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn changes_are_seen_before_they_are_published_and_after() {
    let there = there().await;
    let store = &there.store;
    let other = there.elsewhere().await;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    assert_eq!(there.names().await, ["a"]);
    store.publish().await;
    assert!(there.pending().await.is_empty());
    assert_eq!(there.names().await, ["a"]);
    // Trained, renamed, and deleted by a process that then ends.
    let version = other.library_version().await.unwrap();
    store.put_model(id, model("here", 0)).await.unwrap();
    assert_ne!(other.library_version().await.unwrap(), version);
    let shades = other.models().await.unwrap().1;
    assert_eq!(shades[0].model, Some(model("here", 0).model));
    let change = ShadeChange {
        name: Some("b".into()),
        ..ShadeChange::default()
    };
    store.update_shade(id, change).await.unwrap();
    assert_eq!(there.names().await, ["b"]);
    store.delete_shade(id).await.unwrap();
    assert!(there.names().await.is_empty());
    assert_eq!(there.pending().await.len(), 1);
    other.publish().await;
    assert!(there.pending().await.is_empty() && there.names().await.is_empty());
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_change_while_another_is_published_stays_pending() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    let read = there.pending().await;
    store.put_model(id, model("here", 0)).await.unwrap();
    store.forget(read).await.unwrap();
    assert_eq!(there.pending().await.len(), 1);
    store.publish().await;
    assert_eq!(
        store.models().await.unwrap().1[0].model,
        Some(model("here", 0).model)
    );
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_lost_or_damaged_snapshot_is_rebuilt_from_the_table() {
    let there = there().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    store.put_model(id, model("here", 0)).await.unwrap();
    store.publish().await;
    for damage in [false, true] {
        if damage {
            there.replace_snapshot(vec![1, 2, 3]).await;
        } else {
            store.bucket.delete(&[SNAPSHOT.to_owned()]).await.unwrap();
        }
        let shades = there.elsewhere().await.models().await.unwrap().1;
        assert_eq!(shades[0].model, Some(model("here", 0).model));
        store
            .create_shade(new_shade(&format!("later {damage}")))
            .await
            .unwrap();
        store.publish().await;
        assert!(there.pending().await.is_empty());
    }
    assert_eq!(there.names().await, ["a", "later false", "later true"]);
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_snapshot_of_a_newer_strand_is_not_overwritten() {
    let there = there().await;
    let store = &there.store;
    store.create_shade(new_shade("a")).await.unwrap();
    store.publish().await;
    let mut newer = pack(&0).unwrap();
    newer[6] = 200;
    there.replace_snapshot(newer).await;
    let etag = store.bucket.head(SNAPSHOT).await.unwrap();
    store.create_shade(new_shade("b")).await.unwrap();
    store.publish().await;
    assert_eq!(store.bucket.head(SNAPSHOT).await.unwrap(), etag);
    assert_eq!(
        there.pending().await.len(),
        1,
        "left for the newer Strand to publish"
    );
    assert_eq!(there.names().await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn concurrent_publishers_lose_nothing() {
    let there = there().await;
    let processes = join_all((0..4).map(|_| there.elsewhere())).await;
    let changes = (0..24).map(|k| {
        let store = processes[k % 4].clone();
        async move {
            let id = store
                .create_shade(new_shade(&format!("{k:02}")))
                .await
                .unwrap()
                .id;
            store.publish().await;
            store.put_model(id, model("here", 0)).await.unwrap();
            // Some processes end before they publish.
            if k % 3 != 0 {
                store.publish().await;
            }
        }
    });
    join_all(changes).await;
    assert_eq!(there.names().await.len(), 24, "all are seen");
    there.store.publish().await;
    assert!(there.pending().await.is_empty());
    let mut names = there.names().await;
    names.sort();
    assert_eq!(names, (0..24).map(|k| format!("{k:02}")).collect::<Vec<_>>());
    assert!(
        there
            .store
            .models()
            .await
            .unwrap()
            .1
            .iter()
            .all(|shade| shade.model.is_some())
    );
}

#[tokio::test]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_process_that_must_not_publish_leaves_it_to_others() {
    let there = there().await;
    let limited = |bytes| AwsConfig {
        snapshot_limit: bytes,
        ..there.config.clone()
    };
    let never = AwsStore::connect(limited(0)).await;
    never.create_shade(new_shade("a")).await.unwrap();
    never.publish().await;
    assert_eq!((there.pending().await.len(), there.names().await.len()), (1, 1));
    there.store.publish().await;
    let size = there.store.bucket.head(SNAPSHOT).await.unwrap().unwrap().1;
    let small = AwsStore::connect(limited(size - 1)).await;
    small.create_shade(new_shade("b")).await.unwrap();
    small.publish().await;
    assert_eq!((there.pending().await.len(), there.names().await.len()), (1, 2));
    AwsStore::connect(limited(size)).await.publish().await;
    assert!(there.pending().await.is_empty());
}

/// Measures the cost of a library of many trained shades and prints the figures. Run it with `--ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures and asserts nothing"]
async fn figures() {
    for shades in [1_000_u64, 10_000] {
        let there = there().await;
        let store = &there.store;
        // This shade really exists, and changes below. The others are only in the snapshot: nothing here reads their
        // rows, and an emulator would take an hour to write them.
        let changing = store
            .create_shade(new_shade("The changing one"))
            .await
            .unwrap()
            .id;
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        store.publish_pending().await.unwrap();
        let entry = |id: u64| SnapshotEntry {
            name: format!("Shade {id}"),
            hex: None,
            model_key: Some(format!("models/{id}/{}", random())),
            model: Some(realistic_model(id).model),
        };
        let snapshot = SnapshotFile {
            name: random(),
            shades: (changing + 1..=shades).map(|id| (id, entry(id))).collect(),
        };
        there.replace_snapshot(pack(&snapshot).unwrap()).await;
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        store.publish_pending().await.unwrap();

        let say = |what: &str, start: Instant| {
            println!(
                "{shades} shades, {what}: {:.0} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        };
        let size = store.bucket.head(SNAPSHOT).await.unwrap().unwrap().1;
        println!("{shades} shades, the snapshot: {:.1} MB", size as f64 / 1e6);
        let start = Instant::now();
        assert_eq!(store.models().await.unwrap().1.len() as u64, shades);
        say("read at a cold start", start);
        let start = Instant::now();
        store.library_version().await.unwrap();
        say("revalidated by a warm process", start);
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        let start = Instant::now();
        assert_eq!(store.models().await.unwrap().1.len() as u64, shades);
        say("read with one change pending", start);
        let start = Instant::now();
        store.publish_pending().await.unwrap();
        say("one change published", start);
        assert!(there.pending().await.is_empty());
    }
}

/// A model of the size that the descriptor produces, with five reference photos of five colors each.
fn realistic_model(seed: u64) -> NewModel {
    let value = |k: usize| ((seed as usize * 31 + k * 17) % 97) as f32 / 97.0;
    let features: Vec<f32> = (0..strand_signature::DESCRIPTOR_DIMENSION).map(value).collect();
    let color = |k: usize| DominantColor {
        lab: strand_color::Lab {
            l: value(k),
            a: value(k + 1),
            b: value(k + 2),
        },
        share: 0.2,
    };
    let references = (1..=5).map(|photo_id| Reference {
        photo_id,
        sha256: Some(format!("{photo_id:064x}")),
        colors: (0..5).map(color).collect(),
        vector: features.clone(),
    });
    let fitted = Fitted {
        kind: ModelKind::LinearSvm,
        weights: features.clone(),
        bias: 0.5,
        sigmoid: Sigmoid::PRIOR,
        prototype: features.clone(),
        leave_one_out: None,
    };
    NewModel {
        model: fitted.into_model("a feature space", references.collect()),
        photos_revision: 0,
    }
}
