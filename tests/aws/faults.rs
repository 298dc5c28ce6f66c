//! AWS away, slow, throttling, failing, through a proxy.

use std::time::{Duration, Instant};

use serde_json::json;
use strand_tests::client::{Answer, Client};
use strand_tests::proxy::{Fault, Proxy, To};
use strand_tests::server::Server;

use crate::Place;
use crate::fixtures::{back, speck, unique, untrained};

/// A call that cannot be answered is refused within this time.
const LIMIT: Duration = Duration::from_secs(13);
/// More requests than a call makes.
const ALL: usize = 1_000_000;

struct Setting {
    proxy: Proxy,
    client: Client,
    _server: Server,
}

async fn setting(test: &str) -> Option<Setting> {
    let place = Place::create(test)?;
    let proxy = Proxy::start(place.endpoint()).await;
    let url = proxy.url();
    // Starting it blocks, and the proxy has to answer meanwhile.
    let server = tokio::task::spawn_blocking(move || place.server_at(&url))
        .await
        .expect("it starts");
    Some(Setting {
        client: server.client(),
        proxy,
        _server: server,
    })
}

/// Refused for now, in time, with the word when to try again.
fn assert_refused(what: &str, answer: &Answer, start: Instant) {
    let detail = answer.problem(503);
    assert!(detail.contains("try again"), "{what}: {detail}");
    assert!(!answer.header("retry-after").is_empty(), "{what}");
    assert!(start.elapsed() < LIMIT, "{what} took {:?}", start.elapsed());
}

async fn refuses_everything(test: &str, fault: Fault) {
    let Some(Setting {
        proxy,
        client,
        _server,
    }) = setting(test).await
    else {
        return;
    };
    let color = untrained(&client, "Here before", &[back("6", 4)]).await;
    let kept = client.images(color).await;
    let name = unique("Refused");
    let photo = speck(7);
    proxy.befall(fault, To::All, ALL);
    let path = format!("/colors/{color}");
    let asked = async |what: &str, request: reqwest::RequestBuilder| {
        let start = Instant::now();
        assert_refused(what, &client.send(request).await, start);
    };
    let request = |method: &str, path: &str| client.request(method.parse().expect("a method"), path);
    let form = || strand_tests::client::form("image", [("a.jpg", &photo[..])]);
    let photos = || strand_tests::client::form("images", [("a.jpg", &photo[..])]);
    let (images, train) = (format!("{path}/images"), format!("/train/{color}"));
    tokio::join!(
        asked("list", request("GET", "/colors")),
        asked(
            "create",
            request("POST", "/colors").json(&json!({ "name": name }))
        ),
        asked("rename", request("PATCH", &path).json(&json!({ "name": name }))),
        asked("delete", request("DELETE", &path)),
        asked("upload", request("POST", &images).multipart(form())),
        asked("train", request("POST", &train)),
        asked("train all", request("POST", "/train")),
        asked("analyze", request("POST", "/analyze").multipart(photos())),
        async {
            let health = client.get("/health").await;
            assert_eq!(health.status, 200, "the process itself is well");
        }
    );
    assert!(proxy.heal() > 8, "nothing has befallen");
    // Nothing is half done: all is as it was, and all can be done now.
    assert_eq!(client.images(color).await, kept);
    assert_eq!(client.status(color).await, "untrained");
    assert_eq!(
        client.get("/colors").await.expect(200).as_array().map(Vec::len),
        Some(1)
    );
    client.color(&json!({ "name": name })).await;
    client.upload(color, "a.jpg", &photo).await.expect(201);
    client.train(color).await;
    assert_eq!(client.delete(&path).await.status, 204);
}

#[tokio::test]
async fn a_store_that_is_away_is_told_as_such() {
    Box::pin(refuses_everything(
        "faults::a_store_that_is_away_is_told_as_such",
        Fault::Break,
    ))
    .await;
}

#[tokio::test]
async fn a_store_that_hangs_is_told_as_such() {
    Box::pin(refuses_everything(
        "faults::a_store_that_hangs_is_told_as_such",
        Fault::Hang,
    ))
    .await;
}

#[tokio::test]
async fn a_store_that_throttles_is_told_as_such() {
    Box::pin(refuses_everything(
        "faults::a_store_that_throttles_is_told_as_such",
        Fault::Throttle,
    ))
    .await;
}

#[tokio::test]
async fn a_store_that_fails_is_told_as_such() {
    Box::pin(refuses_everything(
        "faults::a_store_that_fails_is_told_as_such",
        Fault::Fail,
    ))
    .await;
}

#[tokio::test]
async fn a_passing_fault_is_not_noticed() {
    let Some(Setting {
        proxy,
        client,
        _server,
    }) = setting("faults::a_passing_fault_is_not_noticed").await
    else {
        return;
    };
    let color = client.color(&json!({ "name": unique("Passing") })).await;
    let slow = Fault::Slow(Duration::from_millis(700));
    for (k, fault) in [Fault::Break, Fault::Throttle, Fault::Fail, slow]
        .into_iter()
        .enumerate()
    {
        for to in [To::Table, To::Bucket] {
            proxy.befall(fault, to, 2);
            let photo = speck(10 * k as u8 + u8::from(to == To::Table));
            client.upload(color, "a.jpg", &photo).await.expect(201);
            assert!(proxy.heal() > 0, "{fault:?} {to:?}");
        }
    }
    assert_eq!(client.images(color).await.len(), 8);
    assert_eq!(client.get_color(color).await["image_count"], 8);
}

#[tokio::test]
async fn a_lost_answer_does_not_make_a_change_twice() {
    let Some(Setting {
        proxy,
        client,
        _server,
    }) = setting("faults::a_lost_answer_does_not_make_a_change_twice").await
    else {
        return;
    };
    let lose = |to: To| proxy.befall(Fault::LoseAnswer, to, 1);
    for to in [To::Transactions, To::Table, To::Bucket] {
        lose(to);
        let color = client.color(&json!({ "name": unique("Lost") })).await;
        let photo = back("6", 4);
        lose(to);
        client.upload(color, "a.jpg", &photo).await.expect(201);
        let image = client.images(color).await[0]["id"].clone();
        assert_eq!(
            client
                .get(&format!("/training_data/{color}/{image}.jpg"))
                .await
                .body,
            photo
        );
        lose(to);
        assert_eq!(client.train(color).await["model"]["version"], 1);
        lose(to);
        let renamed = unique("Found");
        client
            .patch(&format!("/colors/{color}"), &json!({ "name": renamed }))
            .await
            .expect(200);
        lose(to);
        assert_eq!(
            client
                .delete(&format!("/colors/{color}/images/{image}"))
                .await
                .status,
            204,
            "{to:?}"
        );
        assert_eq!(client.get_color(color).await["image_count"], 0);
        lose(to);
        assert_eq!(
            client.delete(&format!("/colors/{color}")).await.status,
            204,
            "{to:?}"
        );
        proxy.heal();
        client.color(&json!({ "name": renamed })).await;
    }
}

#[tokio::test]
async fn without_the_bucket_what_needs_none_goes_on() {
    let Some(Setting {
        proxy,
        client,
        _server,
    }) = setting("faults::without_the_bucket_what_needs_none_goes_on").await
    else {
        return;
    };
    let color = untrained(&client, "Here before", &[back("6", 4)]).await;
    proxy.befall(Fault::Fail, To::Bucket, ALL);
    let start = Instant::now();
    let created = client.color(&json!({ "name": unique("Without a bucket") })).await;
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(client.get_color(created).await["status"], "pending_data");
    let start = Instant::now();
    assert_refused("upload", &client.upload(created, "a.jpg", &speck(1)).await, start);
    assert_eq!(client.delete(&format!("/colors/{color}")).await.status, 204);
    client.get(&format!("/colors/{color}")).await.problem(404);
    proxy.heal();
    assert_eq!(client.get_color(created).await["image_count"], 0);
    client.upload(created, "a.jpg", &back("24", 4)).await.expect(201);
    client.train(created).await;
    let row = client.analyze_one(&back("24", 2)).await;
    assert_eq!(row["best_matches"][0]["color_id"], created);
}
