//! The contract of every store, as tests that each store runs on itself.

#![expect(missing_docs, reason = "a test is described by its name")]
#![expect(clippy::missing_panics_doc, reason = "a test panics where it fails")]

mod answers;
mod deletion;
mod jobs;

pub use answers::*;
pub use deletion::*;
pub use jobs::*;

use jiff::Timestamp;
use strand_color::Rgb;
use strand_learning::{Fitted, ModelKind, Reference, Sigmoid};
use strand_library::ports::{Measurement, NewModel, StoreError, Stores, UPLOAD_LASTS};
use strand_library::{NewPhoto, NewShade, NewUpload, Received, ShadeChange, TrainingFailure, UploadTarget};
use strand_photo::Format;

/// A store that only one test uses.
pub trait TestStore {
    /// Its ports.
    fn stores(&self) -> &Stores;
    /// Damages all measurements of a shade's photos in a feature space.
    fn damage_features(&self, shade_id: u64, space: &str) -> impl Future<Output = ()> + Send;
}

/// Generates the contract tests for a store: `store_tests!(open)`, where the async function `open` returns an empty
/// [`TestStore`]. Attributes before `open`, such as `#[ignore = "why"]`, are added to each test.
#[macro_export]
macro_rules! store_tests {
    ($(#[$attribute:meta])* $open:path) => {
        $crate::store_tests! { @ ($(#[$attribute])*) $open:
            names_are_unique_and_ids_never_come_back,
            a_freed_name_can_be_taken_again,
            changes_keep_what_they_do_not_name,
            pages_run_from_newest_to_oldest,
            photos_come_back_as_they_were,
            deleted_photos_are_gone_with_what_was_measured,
            a_deleted_photo_no_longer_counts_in_matching,
            a_deleted_color_takes_everything_along,
            models_are_versioned_and_found_by_matching,
            a_model_of_earlier_photos_does_not_replace_one_of_later,
            the_library_version_tells_every_change,
            jobs_wait_for_their_worker,
            a_job_for_the_same_shades_is_joined,
            one_of_two_workers_has_a_job,
            a_cancelled_job_stays_cancelled,
            jobs_are_listed_from_newest_to_oldest,
            a_request_is_acted_on_once,
            a_request_that_failed_can_be_sent_again,
            uploads_come_back_as_they_were,
            features_that_cannot_be_read_are_measured_again,
        }
    };
    (@ $attributes:tt $open:path: $($test:ident),* $(,)?) => {
        $($crate::store_tests! { @one $attributes $open, $test })*
    };
    (@one ($(#[$attribute:meta])*) $open:path, $test:ident) => {
        #[tokio::test]
        $(#[$attribute])*
        async fn $test() {
            let store = $open().await;
            $crate::$test(&store).await;
        }
    };
}

/// A shade with this name and no other fields.
pub fn new_shade(name: &str) -> NewShade {
    NewShade {
        name: name.into(),
        description: None,
        hex: None,
    }
}

/// A photo with these bytes, which are not decoded.
pub fn new_photo(bytes: &[u8]) -> NewPhoto {
    NewPhoto {
        bytes: bytes.to_vec(),
        sha256: format!("{bytes:?}"),
        kept_sha256: format!("{bytes:?} as kept"),
        format: Format::Jpeg,
    }
}

/// A model that refers to photo 1.
pub fn model(space: &str, photos_revision: u64) -> NewModel {
    let fitted = Fitted {
        kind: ModelKind::LinearSvm,
        weights: vec![1.0, -1.0],
        bias: 0.0,
        sigmoid: Sigmoid::PRIOR,
        prototype: vec![1.0, 0.0],
        leave_one_out: None,
    };
    let reference = Reference {
        photo_id: 1,
        sha256: Some("[1]".into()),
        colors: vec![],
        vector: vec![1.0, 0.0],
    };
    NewModel {
        model: fitted.into_model(space, vec![reference]),
        photos_revision,
    }
}

/// A training failure in the feature space "here".
pub fn failure(photos_revision: u64) -> TrainingFailure {
    TrainingFailure {
        photos_revision,
        space: "here".into(),
    }
}

/// The measurement of a photo without hair; `value` is its embedding.
pub fn measured(value: f32) -> Measurement {
    Measurement {
        signature: None,
        embedding: Some(vec![value]),
    }
}

pub async fn names_are_unique_and_ids_never_come_back(store: &impl TestStore) {
    let store = store.stores();
    let first = store.shades.create_shade(new_shade("Ash Brown")).await.unwrap();
    assert!(matches!(
        store.shades.create_shade(new_shade("ASH BROWN")).await,
        Err(StoreError::NameTaken)
    ));
    store.shades.delete_shade(first.id).await.unwrap();
    let second = store.shades.create_shade(new_shade("ash brown")).await.unwrap();
    assert!(second.id > first.id);
    assert!(matches!(
        store.shades.shade(first.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.shades.delete_shade(first.id).await,
        Err(StoreError::NotFound)
    ));
}

pub async fn a_freed_name_can_be_taken_again(store: &impl TestStore) {
    let store = store.stores();
    let first = store.shades.create_shade(new_shade("Old")).await.unwrap();
    let second = store.shades.create_shade(new_shade("Other")).await.unwrap();
    let to = |name: &str| ShadeChange {
        name: Some(name.into()),
        ..ShadeChange::default()
    };
    let refused = store.shades.update_shade(second.id, to("OLD")).await;
    assert!(matches!(refused, Err(StoreError::NameTaken)), "{refused:?}");
    assert_eq!(store.shades.shade(second.id).await.unwrap().name, "Other");
    assert_eq!(
        store.shades.update_shade(first.id, to("old")).await.unwrap().name,
        "old"
    );
    store.shades.update_shade(first.id, to("New")).await.unwrap();
    assert_eq!(
        store
            .shades
            .update_shade(second.id, to("OLD"))
            .await
            .unwrap()
            .name,
        "OLD"
    );
    assert!(matches!(
        store.shades.create_shade(new_shade("new")).await,
        Err(StoreError::NameTaken)
    ));
    store.shades.create_shade(new_shade("other")).await.unwrap();
    let nobody = store.shades.update_shade(999, to("Nobody")).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
    store.shades.create_shade(new_shade("Nobody")).await.unwrap();
}

pub async fn changes_keep_what_they_do_not_name(store: &impl TestStore) {
    let store = store.stores();
    let hex = Some(Rgb { r: 1, g: 2, b: 3 });
    let color = NewShade {
        name: "a".into(),
        description: Some("d".into()),
        hex,
    };
    let created = store.shades.create_shade(color).await.unwrap();
    let id = created.id;
    assert_eq!(store.shades.shade(id).await.unwrap(), created);
    let change = ShadeChange {
        name: Some("b".into()),
        ..ShadeChange::default()
    };
    let changed = store.shades.update_shade(id, change).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.description.as_deref(), changed.hex),
        ("b", Some("d"), hex)
    );
    let change = ShadeChange {
        description: Some(None),
        ..ShadeChange::default()
    };
    let changed = store.shades.update_shade(id, change).await.unwrap();
    assert_eq!((changed.description.as_deref(), changed.hex), (None, hex));
    let change = ShadeChange {
        description: Some(Some("again".into())),
        hex: Some(None),
        name: None,
    };
    let changed = store.shades.update_shade(id, change).await.unwrap();
    assert_eq!(
        (changed.description.as_deref(), changed.hex),
        (Some("again"), None)
    );
    assert_eq!(
        store
            .shades
            .update_shade(id, ShadeChange::default())
            .await
            .unwrap(),
        changed
    );
    assert_eq!(changed.created_at, created.created_at);
}

pub async fn pages_run_from_newest_to_oldest(store: &impl TestStore) {
    let store = store.stores();
    for k in 0..5 {
        store
            .shades
            .create_shade(new_shade(&k.to_string()))
            .await
            .unwrap();
    }
    let names =
        |shades: &[strand_library::Shade]| shades.iter().map(|shade| shade.name.clone()).collect::<Vec<_>>();
    let first = store.shades.shades(None, 2).await.unwrap();
    assert_eq!(names(&first), ["4", "3"]);
    let rest = store.shades.shades(Some(first[1].id), usize::MAX).await.unwrap();
    assert_eq!(names(&rest), ["2", "1", "0"]);
    assert!(store.shades.shades(Some(1), 7).await.unwrap().is_empty());
}

pub async fn photos_come_back_as_they_were(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, created) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    assert!(created);
    let (again, created) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    assert_eq!((again.id, created), (image.id, false));
    let (second, _) = store.photos.add_photo(id, new_photo(b"two")).await.unwrap();
    assert!(second.id > image.id);
    assert_eq!(store.photos.photo_bytes(&image).await.unwrap(), b"one");
    assert_eq!(store.photos.photo(id, second.id).await.unwrap(), second);
    let listed: Vec<u64> = store
        .photos
        .photos(id)
        .await
        .unwrap()
        .iter()
        .map(|image| image.id)
        .collect();
    assert_eq!(listed, [second.id, image.id]);
    let color = store.shades.shade(id).await.unwrap();
    assert_eq!((color.photo_count, color.photos_revision), (2, 2));
    for missing in [
        store.photos.photo(id + 1, image.id).await,
        store.photos.photo(id, 999).await,
    ] {
        assert!(matches!(missing, Err(StoreError::NotFound)));
    }
    let nowhere = store.photos.add_photo(id + 1, new_photo(b"one")).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
}

pub async fn models_are_versioned_and_found_by_matching(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    store.shades.put_failure(id, failure(0)).await.unwrap();
    assert_eq!(store.shades.shade(id).await.unwrap().failure, Some(failure(0)));
    let first = store.models.put_model(id, model("here", 0)).await.unwrap();
    assert_eq!(first.version, 1);
    assert_eq!(
        store
            .models
            .put_model(id, model("here", 0))
            .await
            .unwrap()
            .version,
        2
    );
    let color = store.shades.shade(id).await.unwrap();
    assert_eq!((color.failure, color.model.unwrap().version), (None, 2));
    for published in [false, true] {
        if published {
            store.publish().await;
        }
        let (version, shades) = store.models.models().await.unwrap();
        assert_eq!(version, store.models.library_version().await.unwrap());
        assert_eq!(shades[0].model, Some(model("here", 0).model));
    }
    assert!(matches!(
        store.models.put_model(id + 1, model("here", 0)).await,
        Err(StoreError::NotFound)
    ));
}

pub async fn a_model_of_earlier_photos_does_not_replace_one_of_later(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    assert_eq!(
        store
            .models
            .put_model(id, model("here", 2))
            .await
            .unwrap()
            .version,
        1
    );
    let kept = store.models.put_model(id, model("here", 1)).await.unwrap();
    assert_eq!(kept.photos_revision, 2);
    let other = store.models.put_model(id, model("elsewhere", 1)).await.unwrap();
    assert_eq!(other.version, 2);
}

pub async fn the_library_version_tells_every_change(store: &impl TestStore) {
    let store = store.stores();
    let mut seen = std::collections::HashSet::new();
    let mut changed = async |what: &str| {
        let version = store.models.library_version().await.unwrap();
        assert_eq!(store.models.models().await.unwrap().0, version, "{what}");
        assert!(seen.insert(version), "{what} goes unseen");
    };
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    changed("a new color").await;
    store.models.put_model(id, model("here", 0)).await.unwrap();
    changed("a model").await;
    let rename = ShadeChange {
        name: Some("b".into()),
        ..ShadeChange::default()
    };
    store.shades.update_shade(id, rename).await.unwrap();
    changed("a name").await;
    let swatch = ShadeChange {
        hex: Some(Some(Rgb { r: 1, g: 2, b: 3 })),
        ..ShadeChange::default()
    };
    store.shades.update_shade(id, swatch).await.unwrap();
    changed("a swatch").await;
    let (photo, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    store.photos.delete_photo(id, photo.id).await.unwrap();
    changed("a deleted photo").await;
    store.shades.delete_shade(id).await.unwrap();
    changed("a deletion").await;
}

pub async fn uploads_come_back_as_they_were(store: &impl TestStore) {
    let store = store.stores();
    let new = NewUpload {
        filename: "a.jpg".into(),
        content_type: "image/jpeg".into(),
        size: 5,
    };
    let before = Timestamp::now();
    let upload = store.uploads.create_upload(new).await.unwrap();
    assert!(upload.key.len() == 32 && upload.key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let terms = store.uploads.upload_terms(&upload.key).await.unwrap();
    assert_eq!(
        (terms.filename.as_str(), terms.content_type.as_str(), terms.size),
        ("a.jpg", "image/jpeg", 5)
    );
    assert!(
        terms.expires_at == upload.expires_at
            && terms.expires_at >= before.checked_add(UPLOAD_LASTS).unwrap()
    );
    assert_eq!(
        store.uploads.received(&upload.key, 5).await.unwrap(),
        Received::Nothing
    );
    for bytes in [&b"hello"[..], b"world"] {
        match &upload.target {
            None => {
                let receives = store.receives.as_ref().unwrap();
                receives.receive(&upload.key, bytes.to_vec()).await.unwrap();
            }
            Some(target) => send(target, bytes).await,
        }
        assert_eq!(
            store.uploads.received(&upload.key, 5).await.unwrap(),
            Received::Bytes(bytes.to_vec())
        );
    }
    assert_eq!(
        store.uploads.received(&upload.key, 4).await.unwrap(),
        Received::OtherSize(5)
    );
    assert_eq!(
        store.uploads.received(&upload.key, 6).await.unwrap(),
        Received::OtherSize(5)
    );
    store.upkeep.tidy().await.unwrap();
    assert_eq!(
        store.uploads.received(&upload.key, 5).await.unwrap(),
        Received::Bytes(b"world".to_vec())
    );
    let unknown = "0".repeat(32);
    assert!(matches!(
        store.uploads.upload_terms(&unknown).await,
        Err(StoreError::NotFound)
    ));
}

/// Sends bytes as a client would.
async fn send(target: &UploadTarget, bytes: &[u8]) {
    let (url, headers, bytes) = (target.url.clone(), target.headers.clone(), bytes.to_vec());
    let sent = tokio::task::spawn_blocking(move || {
        let put = headers
            .iter()
            .fold(ureq::put(&url), |put, (name, value)| put.header(name, value));
        put.send(&bytes).map(|answer| answer.status())
    });
    assert!(sent.await.unwrap().unwrap().is_success());
}

/// Features that cannot be read, because they are damaged or in another format version, count as not measured, so that
/// they are measured again.
pub async fn features_that_cannot_be_read_are_measured_again(place: &impl TestStore) {
    let store = place.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (photo, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    let features = &store.features;
    features
        .put_features(id, "here", &[(photo.id, measured(1.0))])
        .await
        .unwrap();
    place.damage_features(id, "here").await;
    assert!(features.features(id, "here").await.unwrap().is_empty());
    features
        .put_features(id, "here", &[(photo.id, measured(2.0))])
        .await
        .unwrap();
    assert_eq!(
        features.features(id, "here").await.unwrap(),
        [(photo.id, measured(2.0))]
    );
}
