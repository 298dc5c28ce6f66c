//! The contract of answers: each request is acted on once, and its answer is kept.

use crate::TestStore;
use futures_util::future::join_all;
use strand_library::ports::{Begun, KeyedRequest};

fn request(key: &str, fingerprint: &str) -> KeyedRequest {
    KeyedRequest {
        key: key.into(),
        fingerprint: fingerprint.into(),
    }
}

pub async fn a_request_is_acted_on_once(store: &impl TestStore) {
    let answers = &store.stores().answers;
    let asked = request("key", "this");
    let names: Vec<String> = (0..8).map(|k| format!("caller {k}")).collect();
    let begun = join_all(names.iter().map(|name| answers.begin(&asked, name))).await;
    let begun: Vec<Begun> = begun.into_iter().map(|begun| begun.unwrap()).collect();
    let acting: Vec<&String> = names
        .iter()
        .zip(&begun)
        .filter(|(_, begun)| **begun == Begun::Act)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(acting.len(), 1, "{begun:?}");
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Held).count(), 7);
    let holder = acting[0];
    assert_eq!(
        answers.begin(&asked, holder).await.unwrap(),
        Begun::Act,
        "renewed"
    );
    let other = request("key", "that");
    assert_eq!(answers.begin(&other, holder).await.unwrap(), Begun::Different);
    answers.finish("key", "another", "wrong", None).await.unwrap();
    answers.finish("key", holder, "right", None).await.unwrap();
    let again = answers.begin(&asked, "later").await.unwrap();
    assert_eq!(again, Begun::Answered("right".into()));
    assert_eq!(answers.begin(&other, "later").await.unwrap(), Begun::Different);
    // What is answered stays so.
    answers.forget("key", holder).await.unwrap();
    let again = answers.begin(&asked, holder).await.unwrap();
    assert_eq!(again, Begun::Answered("right".into()));
    assert_eq!(
        answers.begin(&request("other", "that"), "later").await.unwrap(),
        Begun::Act
    );
}

pub async fn a_request_that_failed_can_be_sent_again(store: &impl TestStore) {
    let answers = &store.stores().answers;
    let asked = request("key", "this");
    assert_eq!(answers.begin(&asked, "here").await.unwrap(), Begun::Act);
    answers.forget("key", "there").await.unwrap();
    assert_eq!(answers.begin(&asked, "there").await.unwrap(), Begun::Held);
    answers.forget("key", "here").await.unwrap();
    let changed = request("key", "that");
    assert_eq!(answers.begin(&changed, "there").await.unwrap(), Begun::Act);
}
