//! What is left of deleted photos and shades: nothing.

use crate::{TestStore, failure, measured, model, new_photo, new_shade};
use strand_color::Lab;
use strand_learning::Reference;
use strand_library::ports::{Measurement, StoreError};
use strand_signature::{DominantColor, Signature};

/// The measurement of a photo with hair that has this descriptor.
pub fn with_hair(descriptor: &[f32]) -> Measurement {
    let mean = Lab {
        l: 40.0,
        a: 5.0,
        b: 10.0,
    };
    Measurement {
        signature: Some(Signature {
            colors: vec![DominantColor {
                lab: mean,
                share: 1.0,
            }],
            mean,
            descriptor: descriptor.to_vec(),
            coverage: 0.3,
            confidence: 0.9,
        }),
        embedding: None,
    }
}

pub async fn deleted_photos_are_gone_with_what_was_measured(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (one, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    let (two, _) = store.photos.add_photo(id, new_photo(b"two")).await.unwrap();
    assert!(!one.is_measured);
    store
        .features
        .put_features(id, "here", &[(one.id, measured(1.0))])
        .await
        .unwrap();
    store
        .features
        .put_features(id, "here", &[(two.id, measured(2.0)), (999, measured(3.0))])
        .await
        .unwrap();
    let known = async || store.features.features(id, "here").await.unwrap();
    assert_eq!(known().await, [(one.id, measured(1.0)), (two.id, measured(2.0))]);
    store
        .features
        .put_features(id, "here", &[(one.id, measured(4.0))])
        .await
        .unwrap();
    assert_eq!(known().await, [(one.id, measured(4.0)), (two.id, measured(2.0))]);
    assert!(store.features.features(id, "elsewhere").await.unwrap().is_empty());
    assert!(store.photos.photo(id, one.id).await.unwrap().is_measured);

    store.photos.delete_photo(id, one.id).await.unwrap();
    assert!(matches!(
        store.photos.delete_photo(id, one.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.photos.photo_bytes(&one).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(known().await, [(two.id, measured(2.0))]);
    let color = store.shades.shade(id).await.unwrap();
    assert_eq!((color.photo_count, color.photos_revision), (1, 3));
    let (again, created) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    assert!(created && again.id > two.id);
    assert_eq!(known().await, [(two.id, measured(2.0))]);
}

pub async fn a_deleted_photo_no_longer_counts_in_matching(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (one, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    let (two, _) = store.photos.add_photo(id, new_photo(b"two")).await.unwrap();
    let mut new = model("here", 2);
    new.model.prototype = vec![0.5, 0.5];
    let reference = new.model.references[0].clone();
    let vectors = [(one.id, [1.0, 0.0]), (two.id, [0.0, 1.0])];
    let references = vectors.map(|(photo_id, vector)| Reference {
        photo_id,
        vector: vector.to_vec(),
        ..reference.clone()
    });
    new.model.references = references.to_vec();
    store.models.put_model(id, new.clone()).await.unwrap();
    store.publish().await;
    let current = async || store.models.models().await.unwrap().1.remove(0).model;
    assert_eq!(current().await.as_ref(), Some(&new.model));

    store.photos.delete_photo(id, one.id).await.unwrap();
    for published in [false, true] {
        if published {
            store.publish().await;
        }
        let kept = current().await.unwrap();
        assert_eq!(
            (&kept.references[..], &kept.prototype[..]),
            (&references[1..], &[0.0, 1.0][..])
        );
        assert!(!kept.decides());
    }
    // A training that has not noticed the deletion.
    store.models.put_model(id, new.clone()).await.unwrap();
    assert_eq!(current().await.unwrap().references, references[1..]);
    // A photo that was added meanwhile leaves the model as it is.
    let (three, _) = store.photos.add_photo(id, new_photo(b"three")).await.unwrap();
    assert_eq!(current().await.unwrap().references, references[1..]);

    store.photos.delete_photo(id, two.id).await.unwrap();
    assert_eq!(current().await, None);
    store.publish().await;
    assert_eq!(current().await, None);
    new.photos_revision = 5;
    new.model.references = vec![Reference {
        photo_id: three.id,
        ..reference
    }];
    store.models.put_model(id, new.clone()).await.unwrap();
    assert_eq!(current().await, Some(new.model));
}

pub async fn a_deleted_color_takes_everything_along(store: &impl TestStore) {
    let store = store.stores();
    let id = store.shades.create_shade(new_shade("a")).await.unwrap().id;
    let (image, _) = store.photos.add_photo(id, new_photo(b"one")).await.unwrap();
    store
        .features
        .put_features(id, "here", &[(image.id, measured(1.0))])
        .await
        .unwrap();
    store.models.put_model(id, model("here", 1)).await.unwrap();
    store.shades.delete_shade(id).await.unwrap();
    assert!(matches!(
        store.photos.photo(id, image.id).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(store.photos.photos(id).await, Err(StoreError::NotFound)));
    assert!(matches!(
        store.photos.photo_bytes(&image).await,
        Err(StoreError::NotFound)
    ));
    assert!(store.features.features(id, "here").await.unwrap().is_empty());
    assert!(store.models.models().await.unwrap().1.is_empty());
    // A training that has not noticed the change.
    store
        .features
        .put_features(id, "here", &[(image.id, measured(1.0))])
        .await
        .unwrap();
    assert!(store.features.features(id, "here").await.unwrap().is_empty());
    assert!(matches!(
        store.models.put_model(id, model("here", 1)).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        store.shades.put_failure(id, failure(1)).await,
        Err(StoreError::NotFound)
    ));
    let late = store.photos.add_photo(id, new_photo(b"two")).await;
    assert!(matches!(late, Err(StoreError::NotFound)));
}
