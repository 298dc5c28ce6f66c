//! The library snapshot: no change is lost, whoever publishes when.

use super::super::bucket::When;
use super::super::snapshot::{Entry, SNAPSHOT, Snapshot};
use super::*;
use crate::learning::{Reference, fit, pack};
use crate::library::ports::NewModel;
use crate::signature::DominantColor;
use futures_util::future::join_all;
use rows::{PENDING, PendingRow, random};
use std::time::Instant;

impl There {
    async fn pending(&self) -> Vec<PendingRow> {
        self.rows(PENDING).await
    }

    async fn names(&self) -> Vec<String> {
        let shades = self.elsewhere().await.shades().await.unwrap().1;
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
async fn changes_are_seen_before_they_are_published_and_after() {
    let Some(there) = there("changes_are_seen_before_they_are_published_and_after").await else {
        return;
    };
    let store = &there.store;
    let other = there.elsewhere().await;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    assert_eq!(there.names().await, ["a"]);
    store.publish().await;
    assert!(there.pending().await.is_empty());
    assert_eq!(there.names().await, ["a"]);
    // Trained, renamed and deleted by a process that then ends.
    let version = other.library_version().await.unwrap();
    store.put_model(id, model("here", 0)).await.unwrap();
    assert_ne!(other.library_version().await.unwrap(), version);
    let shades = other.shades().await.unwrap().1;
    assert_eq!(shades[0].model, Some(model("here", 0).model));
    let change = ColorChange {
        name: Some("b".into()),
        ..ColorChange::default()
    };
    store.update_color(id, change).await.unwrap();
    assert_eq!(there.names().await, ["b"]);
    store.delete_color(id).await.unwrap();
    assert!(there.names().await.is_empty());
    assert_eq!(there.pending().await.len(), 1);
    other.publish().await;
    assert!(there.pending().await.is_empty() && there.names().await.is_empty());
}

#[tokio::test]
async fn a_change_while_another_is_published_stays_pending() {
    let Some(there) = there("a_change_while_another_is_published_stays_pending").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let read = there.pending().await;
    store.put_model(id, model("here", 0)).await.unwrap();
    store.forget(read).await.unwrap();
    assert_eq!(there.pending().await.len(), 1);
    store.publish().await;
    assert_eq!(
        store.shades().await.unwrap().1[0].model,
        Some(model("here", 0).model)
    );
}

#[tokio::test]
async fn a_lost_or_damaged_snapshot_is_made_again_from_the_table() {
    let Some(there) = there("a_lost_or_damaged_snapshot_is_made_again_from_the_table").await else {
        return;
    };
    let store = &there.store;
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.put_model(id, model("here", 0)).await.unwrap();
    store.publish().await;
    for damage in [false, true] {
        if damage {
            there.replace_snapshot(vec![1, 2, 3]).await;
        } else {
            store.bucket.delete(&[SNAPSHOT.to_owned()]).await.unwrap();
        }
        let shades = there.elsewhere().await.shades().await.unwrap().1;
        assert_eq!(shades[0].model, Some(model("here", 0).model));
        store
            .create_color(new_color(&format!("later {damage}")))
            .await
            .unwrap();
        store.publish().await;
        assert!(there.pending().await.is_empty());
    }
    assert_eq!(there.names().await, ["a", "later false", "later true"]);
}

#[tokio::test]
async fn a_snapshot_of_a_newer_strand_is_left_to_it() {
    let Some(there) = there("a_snapshot_of_a_newer_strand_is_left_to_it").await else {
        return;
    };
    let store = &there.store;
    store.create_color(new_color("a")).await.unwrap();
    store.publish().await;
    let mut newer = pack(&0).unwrap();
    newer[6] = 200;
    there.replace_snapshot(newer).await;
    let etag = store.bucket.head(SNAPSHOT).await.unwrap();
    store.create_color(new_color("b")).await.unwrap();
    store.publish().await;
    assert_eq!(store.bucket.head(SNAPSHOT).await.unwrap(), etag);
    assert_eq!(there.pending().await.len(), 1, "for the newer Strand to publish");
    assert_eq!(there.names().await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_at_once_lose_nothing() {
    let Some(there) = there("publishers_at_once_lose_nothing").await else {
        return;
    };
    let processes = join_all((0..4).map(|_| there.elsewhere())).await;
    let changes = (0..24).map(|k| {
        let store = processes[k % 4].clone();
        async move {
            let id = store
                .create_color(new_color(&format!("{k:02}")))
                .await
                .unwrap()
                .id;
            store.publish().await;
            store.put_model(id, model("here", 0)).await.unwrap();
            // Some end before they publish.
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
            .shades()
            .await
            .unwrap()
            .1
            .iter()
            .all(|shade| shade.model.is_some())
    );
}

#[tokio::test]
async fn a_process_that_must_not_publish_leaves_it_to_others() {
    let Some(there) = there("a_process_that_must_not_publish_leaves_it_to_others").await else {
        return;
    };
    let limited = |bytes| AwsConfig {
        snapshot_limit: bytes,
        ..there.config.clone()
    };
    let never = Aws::connect(limited(0)).await;
    never.create_color(new_color("a")).await.unwrap();
    never.publish().await;
    assert_eq!((there.pending().await.len(), there.names().await.len()), (1, 1));
    there.store.publish().await;
    let size = there.store.bucket.head(SNAPSHOT).await.unwrap().unwrap().1;
    let small = Aws::connect(limited(size - 1)).await;
    small.create_color(new_color("b")).await.unwrap();
    small.publish().await;
    assert_eq!((there.pending().await.len(), there.names().await.len()), (1, 2));
    Aws::connect(limited(size)).await.publish().await;
    assert!(there.pending().await.is_empty());
}

/// What a library of so many trained shades costs; prints figures. Run it with `--ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures and holds no bar"]
async fn figures() {
    for shades in [1_000_u64, 10_000] {
        let Some(there) = there("figures").await else {
            return;
        };
        let store = &there.store;
        // A shade that is really there, which changes below; the others are in the snapshot alone, since nothing here
        // reads their rows and an emulator would take an hour to write them.
        let changing = store
            .create_color(new_color("The changing one"))
            .await
            .unwrap()
            .id;
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        store.publish_pending().await.unwrap();
        let entry = |id: u64| Entry {
            name: format!("Shade {id}"),
            hex: None,
            model_key: Some(format!("models/{id}/{}", random())),
            model: Some(realistic_model(id).model),
        };
        let snapshot = Snapshot {
            name: random(),
            shades: (changing + 1..=shades).map(|id| (id, entry(id))).collect(),
        };
        there.replace_snapshot(pack(&snapshot).unwrap()).await;
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        store.publish_pending().await.unwrap();

        let told = |what: &str, start: Instant| {
            println!(
                "{shades} shades, {what}: {:.0} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        };
        let size = store.bucket.head(SNAPSHOT).await.unwrap().unwrap().1;
        println!("{shades} shades, the snapshot: {:.1} MB", size as f64 / 1e6);
        let start = Instant::now();
        assert_eq!(store.shades().await.unwrap().1.len() as u64, shades);
        told("read at a cold start", start);
        let start = Instant::now();
        store.library_version().await.unwrap();
        told("revalidated by a warm process", start);
        store
            .put_model(changing, realistic_model(changing))
            .await
            .unwrap();
        let start = Instant::now();
        assert_eq!(store.shades().await.unwrap().1.len() as u64, shades);
        told("read with one change pending", start);
        let start = Instant::now();
        store.publish_pending().await.unwrap();
        told("one change published", start);
        assert!(there.pending().await.is_empty());
    }
}

/// A model of the size that the descriptor gives, with five reference photos of five colors.
fn realistic_model(seed: u64) -> NewModel {
    let value = |k: usize| ((seed as usize * 31 + k * 17) % 97) as f32 / 97.0;
    let features: Vec<f32> = (0..crate::signature::DESCRIPTOR_DIMENSION).map(value).collect();
    let other: Vec<f32> = features.iter().map(|value| 1.0 - value).collect();
    let color = |k: usize| DominantColor {
        lab: crate::color::Lab {
            l: value(k),
            a: value(k + 1),
            b: value(k + 2),
        },
        share: 0.2,
    };
    let references = (1..=5).map(|image_id| Reference {
        image_id,
        colors: (0..5).map(color).collect(),
    });
    let model = fit(&[&features], &[&other])
        .unwrap()
        .into_model("a feature space", references.collect());
    NewModel {
        model,
        images_revision: 0,
    }
}
