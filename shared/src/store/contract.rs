//! What holds of every store, as tests that each store runs on itself.

use crate::color::Rgb;
use crate::learning::{Reference, fit};
use crate::library::ports::{
    ColorChange, Features, NewColor, NewImage, NewModel, NewUpload, Store, StoreError, UPLOAD_LASTS, Uploaded,
};
use crate::library::types::{Failure, JobState};
use crate::photo::Format;
use jiff::Timestamp;

/// A store of a test's own.
pub trait Place {
    /// The store.
    fn store(&self) -> &dyn Store;
}

/// Makes the tests below tests of a store. `$place` opens an empty one, or says why it cannot and gives `None`.
macro_rules! contract_tests {
    ($place:path) => {
        contract_tests! { $place:
            names_are_unique_and_ids_never_come_back,
            a_freed_name_can_be_taken_again,
            changes_keep_what_they_do_not_name,
            pages_run_from_newest_to_oldest,
            photos_come_back_as_they_were,
            deleted_photos_are_gone_with_what_was_measured,
            a_deleted_color_takes_everything_along,
            models_are_versioned_and_found_by_matching,
            a_model_of_earlier_photos_does_not_replace_one_of_later,
            the_library_version_tells_every_change,
            jobs_wait_for_their_worker,
            uploads_come_back_as_they_were,
        }
    };
    ($place:path: $($test:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                if let Some(place) = $place(stringify!($test)).await {
                    crate::store::contract::$test(crate::store::contract::Place::store(&place)).await;
                }
            }
        )*
    };
}

pub fn new_color(name: &str) -> NewColor {
    NewColor {
        name: name.into(),
        description: None,
        hex: None,
    }
}

pub fn new_image(bytes: &[u8]) -> NewImage {
    NewImage {
        bytes: bytes.to_vec(),
        sha256: format!("{bytes:?}"),
        format: Format::Jpeg,
    }
}

pub fn model(space: &str, revision: u64) -> NewModel {
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

pub fn failure(images_revision: u64) -> Failure {
    Failure {
        images_revision,
        space: "here".into(),
    }
}

pub fn measured(value: f32) -> Features {
    Features {
        signature: None,
        embedding: Some(vec![value]),
    }
}

pub async fn names_are_unique_and_ids_never_come_back(store: &dyn Store) {
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

pub async fn a_freed_name_can_be_taken_again(store: &dyn Store) {
    let first = store.create_color(new_color("Old")).await.unwrap();
    let second = store.create_color(new_color("Other")).await.unwrap();
    let to = |name: &str| ColorChange {
        name: Some(name.into()),
        ..ColorChange::default()
    };
    let refused = store.update_color(second.id, to("OLD")).await;
    assert!(matches!(refused, Err(StoreError::NameTaken)), "{refused:?}");
    assert_eq!(store.color(second.id).await.unwrap().name, "Other");
    assert_eq!(store.update_color(first.id, to("old")).await.unwrap().name, "old");
    store.update_color(first.id, to("New")).await.unwrap();
    assert_eq!(
        store.update_color(second.id, to("OLD")).await.unwrap().name,
        "OLD"
    );
    assert!(matches!(
        store.create_color(new_color("new")).await,
        Err(StoreError::NameTaken)
    ));
    store.create_color(new_color("other")).await.unwrap();
    let nobody = store.update_color(999, to("Nobody")).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
    store.create_color(new_color("Nobody")).await.unwrap();
}

pub async fn changes_keep_what_they_do_not_name(store: &dyn Store) {
    let hex = Some(Rgb { r: 1, g: 2, b: 3 });
    let color = NewColor {
        name: "a".into(),
        description: Some("d".into()),
        hex,
    };
    let created = store.create_color(color).await.unwrap();
    let id = created.id;
    assert_eq!(store.color(id).await.unwrap(), created);
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
    let changed = store.update_color(id, change).await.unwrap();
    assert_eq!((changed.description.as_deref(), changed.hex), (None, hex));
    let change = ColorChange {
        description: Some(Some("again".into())),
        hex: Some(None),
        name: None,
    };
    let changed = store.update_color(id, change).await.unwrap();
    assert_eq!(
        (changed.description.as_deref(), changed.hex),
        (Some("again"), None)
    );
    assert_eq!(
        store.update_color(id, ColorChange::default()).await.unwrap(),
        changed
    );
    assert_eq!(changed.created_at, created.created_at);
}

pub async fn pages_run_from_newest_to_oldest(store: &dyn Store) {
    for k in 0..5 {
        store.create_color(new_color(&k.to_string())).await.unwrap();
    }
    let names =
        |colors: &[crate::library::types::Color]| colors.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let first = store.colors(None, 2).await.unwrap();
    assert_eq!(names(&first), ["4", "3"]);
    let rest = store.colors(Some(first[1].id), usize::MAX).await.unwrap();
    assert_eq!(names(&rest), ["2", "1", "0"]);
    assert!(store.colors(Some(1), 7).await.unwrap().is_empty());
}

pub async fn photos_come_back_as_they_were(store: &dyn Store) {
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (image, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert!(created);
    let (again, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert_eq!((again.id, created), (image.id, false));
    let (second, _) = store.add_image(id, new_image(b"two")).await.unwrap();
    assert!(second.id > image.id);
    assert_eq!(store.photo(&image).await.unwrap(), b"one");
    assert_eq!(store.image(id, second.id).await.unwrap(), second);
    let listed: Vec<u64> = store
        .images(id)
        .await
        .unwrap()
        .iter()
        .map(|image| image.id)
        .collect();
    assert_eq!(listed, [second.id, image.id]);
    let color = store.color(id).await.unwrap();
    assert_eq!((color.image_count, color.images_revision), (2, 2));
    for missing in [store.image(id + 1, image.id).await, store.image(id, 999).await] {
        assert!(matches!(missing, Err(StoreError::NotFound)));
    }
    let nowhere = store.add_image(id + 1, new_image(b"one")).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
}

pub async fn deleted_photos_are_gone_with_what_was_measured(store: &dyn Store) {
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (one, _) = store.add_image(id, new_image(b"one")).await.unwrap();
    let (two, _) = store.add_image(id, new_image(b"two")).await.unwrap();
    assert!(!one.is_processed);
    store
        .put_features(id, "here", &[(one.id, measured(1.0))])
        .await
        .unwrap();
    store
        .put_features(id, "here", &[(two.id, measured(2.0)), (999, measured(3.0))])
        .await
        .unwrap();
    let known = async || {
        let features = store.features_of(id, "here").await.unwrap();
        features
            .into_iter()
            .map(|row| (row.image_id, row.features))
            .collect::<Vec<_>>()
    };
    assert_eq!(known().await, [(one.id, measured(1.0)), (two.id, measured(2.0))]);
    store
        .put_features(id, "here", &[(one.id, measured(4.0))])
        .await
        .unwrap();
    assert_eq!(known().await, [(one.id, measured(4.0)), (two.id, measured(2.0))]);
    assert!(store.features_of(id, "elsewhere").await.unwrap().is_empty());
    assert!(store.image(id, one.id).await.unwrap().is_processed);

    store.delete_image(id, one.id).await.unwrap();
    assert!(matches!(
        store.delete_image(id, one.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(store.photo(&one).await, Err(StoreError::NotFound)));
    assert_eq!(known().await, [(two.id, measured(2.0))]);
    let color = store.color(id).await.unwrap();
    assert_eq!((color.image_count, color.images_revision), (1, 3));
    let (again, created) = store.add_image(id, new_image(b"one")).await.unwrap();
    assert!(created && again.id > two.id);
    assert_eq!(known().await, [(two.id, measured(2.0))]);
}

pub async fn a_deleted_color_takes_everything_along(store: &dyn Store) {
    let id = store.create_color(new_color("a")).await.unwrap().id;
    let (image, _) = store.add_image(id, new_image(b"one")).await.unwrap();
    store
        .put_features(id, "here", &[(image.id, measured(1.0))])
        .await
        .unwrap();
    store.put_model(id, model("here", 1)).await.unwrap();
    store.delete_color(id).await.unwrap();
    assert!(matches!(
        store.image(id, image.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(store.images(id).await, Err(StoreError::NotFound)));
    assert!(matches!(store.photo(&image).await, Err(StoreError::NotFound)));
    assert!(store.features_of(id, "here").await.unwrap().is_empty());
    assert!(store.shades().await.unwrap().1.is_empty());
    // A training that has not noticed.
    store
        .put_features(id, "here", &[(image.id, measured(1.0))])
        .await
        .unwrap();
    assert!(store.features_of(id, "here").await.unwrap().is_empty());
    assert!(matches!(
        store.put_model(id, model("here", 1)).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.put_failure(id, failure(1)).await,
        Err(StoreError::NotFound)
    ));
    let late = store.add_image(id, new_image(b"two")).await;
    assert!(matches!(late, Err(StoreError::NotFound)));
}

pub async fn models_are_versioned_and_found_by_matching(store: &dyn Store) {
    let id = store.create_color(new_color("a")).await.unwrap().id;
    store.put_failure(id, failure(0)).await.unwrap();
    assert_eq!(store.color(id).await.unwrap().failure, Some(failure(0)));
    let first = store.put_model(id, model("here", 0)).await.unwrap();
    assert_eq!(first.version, 1);
    assert_eq!(store.put_model(id, model("here", 0)).await.unwrap().version, 2);
    let color = store.color(id).await.unwrap();
    assert_eq!((color.failure, color.model.unwrap().version), (None, 2));
    for published in [false, true] {
        if published {
            store.publish().await;
        }
        let (version, shades) = store.shades().await.unwrap();
        assert_eq!(version, store.library_version().await.unwrap());
        assert_eq!(shades[0].model, Some(model("here", 0).model));
    }
    assert!(matches!(
        store.put_model(id + 1, model("here", 0)).await,
        Err(StoreError::NotFound)
    ));
}

pub async fn a_model_of_earlier_photos_does_not_replace_one_of_later(store: &dyn Store) {
    let id = store.create_color(new_color("a")).await.unwrap().id;
    assert_eq!(store.put_model(id, model("here", 2)).await.unwrap().version, 1);
    let kept = store.put_model(id, model("here", 1)).await.unwrap();
    assert_eq!(kept.images_revision, 2);
    let other = store.put_model(id, model("elsewhere", 1)).await.unwrap();
    assert_eq!(other.version, 2);
}

pub async fn the_library_version_tells_every_change(store: &dyn Store) {
    let mut seen = std::collections::HashSet::new();
    let mut changed = async |what: &str| {
        let version = store.library_version().await.unwrap();
        assert_eq!(store.shades().await.unwrap().0, version, "{what}");
        assert!(seen.insert(version), "{what} goes unseen");
    };
    let id = store.create_color(new_color("a")).await.unwrap().id;
    changed("a new color").await;
    store.put_model(id, model("here", 0)).await.unwrap();
    changed("a model").await;
    let rename = ColorChange {
        name: Some("b".into()),
        ..ColorChange::default()
    };
    store.update_color(id, rename).await.unwrap();
    changed("a name").await;
    let swatch = ColorChange {
        hex: Some(Some(Rgb { r: 1, g: 2, b: 3 })),
        ..ColorChange::default()
    };
    store.update_color(id, swatch).await.unwrap();
    changed("a swatch").await;
    store.delete_color(id).await.unwrap();
    changed("a deletion").await;
}

pub async fn jobs_wait_for_their_worker(store: &dyn Store) {
    let first = store.create_job(vec![1, 2]).await.unwrap();
    let second = store.create_job(vec![]).await.unwrap();
    assert!(second.id > first.id);
    assert_eq!(store.job(first.id).await.unwrap(), first);
    let mut next = store.next_job().await.unwrap().unwrap();
    assert_eq!(next, first);
    (next.state, next.done) = (JobState::Running, 1);
    store.put_job(&next).await.unwrap();
    assert_eq!(store.job(first.id).await.unwrap(), next);
    next.state = JobState::Succeeded;
    store.put_job(&next).await.unwrap();
    assert_eq!(store.next_job().await.unwrap().unwrap().id, second.id);
    assert_eq!(store.job(first.id).await.unwrap().state, JobState::Succeeded);
    assert!(matches!(store.job(999).await, Err(StoreError::NotFound)));
    next.id = 999;
    assert!(matches!(store.put_job(&next).await, Err(StoreError::NotFound)));
}

pub async fn uploads_come_back_as_they_were(store: &dyn Store) {
    let new = NewUpload {
        filename: "a.jpg".into(),
        content_type: "image/jpeg".into(),
        size: 5,
    };
    let before = Timestamp::now();
    let upload = store.create_upload(new).await.unwrap();
    assert!(upload.key.len() == 32 && upload.key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let terms = store.upload(&upload.key).await.unwrap();
    assert_eq!(
        (terms.filename.as_str(), terms.content_type.as_str(), terms.size),
        ("a.jpg", "image/jpeg", 5)
    );
    assert!(
        terms.expires_at == upload.expires_at
            && terms.expires_at >= before.checked_add(UPLOAD_LASTS).unwrap()
    );
    assert_eq!(store.uploaded(&upload.key, 5).await.unwrap(), Uploaded::Nothing);
    for bytes in [&b"hello"[..], b"world"] {
        match &upload.place {
            None => store.put_upload(&upload.key, bytes.to_vec()).await.unwrap(),
            Some(place) => send(place, bytes).await,
        }
        assert_eq!(
            store.uploaded(&upload.key, 5).await.unwrap(),
            Uploaded::Bytes(bytes.to_vec())
        );
    }
    assert_eq!(
        store.uploaded(&upload.key, 4).await.unwrap(),
        Uploaded::OtherSize(5)
    );
    assert_eq!(
        store.uploaded(&upload.key, 6).await.unwrap(),
        Uploaded::OtherSize(5)
    );
    store.tidy().await.unwrap();
    assert_eq!(
        store.uploaded(&upload.key, 5).await.unwrap(),
        Uploaded::Bytes(b"world".to_vec())
    );
    let unknown = "0".repeat(32);
    assert!(matches!(store.upload(&unknown).await, Err(StoreError::NotFound)));
}

/// Sends bytes as a client would.
async fn send(place: &crate::library::ports::UploadPlace, bytes: &[u8]) {
    let (url, headers, bytes) = (place.url.clone(), place.headers.clone(), bytes.to_vec());
    let sent = tokio::task::spawn_blocking(move || {
        let put = headers
            .iter()
            .fold(ureq::put(&url), |put, (name, value)| put.header(name, value));
        put.send(&bytes).map(|answer| answer.status())
    });
    assert!(sent.await.unwrap().unwrap().is_success());
}
