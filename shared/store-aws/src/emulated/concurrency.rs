//! Several processes at once: one of them wins, and the state stays consistent.

use super::*;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use strand_store_tests::{measured, new_photo};

/// Number of processes.
const PROCESSES: usize = 4;

impl There {
    async fn processes(&self) -> Vec<AwsStore> {
        join_all((0..PROCESSES).map(|_| self.elsewhere())).await
    }
}

/// Runs `count` calls concurrently, distributed over the processes.
async fn at_once<T, F: Future<Output = T>>(
    processes: &[AwsStore],
    count: usize,
    call: impl Fn(AwsStore, usize) -> F,
) -> Vec<T> {
    join_all((0..count).map(|k| call(processes[k % processes.len()].clone(), k))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn one_of_many_creations_of_a_name_wins() {
    let there = there().await;
    let processes = there.processes().await;
    for round in 0..3 {
        let name = format!("Contested {round}");
        let created = at_once(&processes, 12, |store, _| {
            let color = new_shade(&name);
            async move { store.create_shade(color).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = created.await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(
            lost.iter().all(|lost| matches!(lost, Err(StoreError::NameTaken))),
            "{lost:?}"
        );
        assert_eq!(
            there.store.shades(None, usize::MAX).await.unwrap().len(),
            round + 1
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn one_of_many_renamings_to_a_name_wins() {
    let there = there().await;
    let processes = there.processes().await;
    let colors = at_once(&processes, 8, |store, k| async move {
        store
            .create_shade(new_shade(&format!("Before {k}")))
            .await
            .unwrap()
            .id
    });
    let ids = colors.await;
    let renamed = at_once(&processes, ids.len(), |store, k| {
        let id = ids[k];
        let change = ShadeChange {
            name: Some("After".into()),
            ..ShadeChange::default()
        };
        async move { store.update_shade(id, change).await }
    });
    assert_eq!(renamed.await.iter().filter(|renamed| renamed.is_ok()).count(), 1);
    let names = |colors: Vec<Shade>| {
        colors
            .into_iter()
            .map(|color| color.name)
            .collect::<BTreeSet<_>>()
    };
    let left = names(there.store.shades(None, usize::MAX).await.unwrap());
    assert_eq!((left.len(), left.contains("After")), (8, true));
    // The name that was given up is free again; the names in use are not.
    let again = at_once(&processes, 8, |store, k| async move {
        store.create_shade(new_shade(&format!("Before {k}"))).await
    });
    assert_eq!(again.await.iter().filter(|created| created.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn changes_of_different_fields_all_last() {
    let there = there().await;
    let processes = there.processes().await;
    let id = there.store.create_shade(new_shade("a")).await.unwrap().id;
    let hex = Some(strand_color::Rgb { r: 1, g: 2, b: 3 });
    let change = |k: usize| match k {
        0 => ShadeChange {
            name: Some("b".into()),
            ..ShadeChange::default()
        },
        1 => ShadeChange {
            description: Some(Some("d".into())),
            ..ShadeChange::default()
        },
        _ => ShadeChange {
            hex: Some(hex),
            ..ShadeChange::default()
        },
    };
    let changed = at_once(&processes, 3, |store, k| async move {
        store.update_shade(id, change(k)).await
    });
    assert!(changed.await.iter().all(Result::is_ok));
    let color = there.store.shade(id).await.unwrap();
    assert_eq!(
        (color.name.as_str(), color.description.as_deref(), color.hex),
        ("b", Some("d"), hex)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn concurrent_photos_are_all_counted_and_duplicates_once() {
    let there = there().await;
    let processes = there.processes().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    let added = at_once(&processes, 24, |store, k| async move {
        // Adds each photo twice.
        store.add_photo(id, new_photo(&[(k / 2) as u8])).await
    });
    let added: Vec<(StoredPhoto, bool)> = added.await.into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(added.iter().filter(|(_, created)| *created).count(), 12);
    let color = store.shade(id).await.unwrap();
    assert_eq!((color.photo_count, color.photos_revision), (12, 12));
    let images = store.photos(id).await.unwrap();
    assert_eq!(images.len(), 12);
    for image in images {
        assert_eq!(store.photo_bytes(&image).await.unwrap().len(), 1);
    }
    assert_eq!(
        store.bucket.list(&format!("photos/{id}/")).await.unwrap().len(),
        12,
        "the losers' objects are gone"
    );
    assert!(
        there
            .rows::<crate::garbage::GarbageRow>(rows::GARBAGE)
            .await
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn models_saved_concurrently_get_successive_versions() {
    let there = there().await;
    let processes = there.processes().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    let saved = at_once(&processes, 6, |store, _| async move {
        store.put_model(id, model("here", 0)).await
    });
    let versions: BTreeSet<u64> = saved
        .await
        .into_iter()
        .map(|info| info.unwrap().version)
        .collect();
    assert_eq!(versions, (1..=6).collect());
    assert_eq!(store.shade(id).await.unwrap().model.unwrap().version, 6);
    assert_eq!(
        store.models().await.unwrap().1[0].model,
        Some(model("here", 0).model)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn features_added_concurrently_are_all_kept() {
    let there = there().await;
    let processes = there.processes().await;
    let store = &there.store;
    let id = store.create_shade(new_shade("a")).await.unwrap().id;
    let mut images = Vec::new();
    for k in 0..6 {
        images.push(store.add_photo(id, new_photo(&[k])).await.unwrap().0.id);
    }
    let kept = at_once(&processes, images.len(), |store, k| {
        let image = images[k];
        async move {
            store
                .put_features(id, "here", &[(image, measured(k as f32))])
                .await
        }
    });
    assert!(kept.await.iter().all(Result::is_ok));
    let features = store.features(id, "here").await.unwrap();
    assert_eq!(features.iter().map(|(id, _)| *id).collect::<Vec<_>>(), images);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emulated AWS services: make test-aws"]
async fn a_deletion_wins_over_all_concurrent_changes() {
    let there = there().await;
    let processes = there.processes().await;
    let store = &there.store;
    for round in 0..4_u8 {
        let id = store.create_shade(new_shade("a")).await.unwrap().id;
        let image = store.add_photo(id, new_photo(&[round])).await.unwrap().0.id;
        let going_on = at_once(&processes, 9, |store, k| async move {
            let gone = match k % 4 {
                0 => store.add_photo(id, new_photo(&[round, k as u8])).await.err(),
                1 => store.put_model(id, model("here", 0)).await.err(),
                2 => store
                    .put_features(id, "here", &[(image, measured(1.0))])
                    .await
                    .err(),
                _ if k == 3 => store.delete_shade(id).await.err().map(|error| panic!("{error}")),
                _ => store.claim(id, "claim").await.err(),
            };
            assert!(matches!(gone, None | Some(StoreError::NotFound)), "{k}: {gone:?}");
        });
        going_on.await;
        assert!(matches!(store.shade(id).await, Err(StoreError::NotFound)));
        // The second round is due an hour later; the test runs it immediately.
        store.clear_shade_now(id).await;
        for kind in ["photos", "features", "models"] {
            let left = store.bucket.list(&format!("{kind}/{id}/")).await.unwrap();
            assert!(left.is_empty(), "{left:?}");
        }
        assert!(there.rows::<rows::KeyRow>(&rows::photos_of(id)).await.is_empty());
        store.publish().await;
        assert!(store.models().await.unwrap().1.is_empty());
    }
    assert!(store.shades(None, 9).await.unwrap().is_empty());
}
