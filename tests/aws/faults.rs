//! AWS unreachable, slow, throttling or failing, simulated by a proxy.

use std::time::Duration;

use serde_json::json;
use strand_tests::client::{Answer, Client};
use strand_tests::proxy::{Fault, Proxy, To};
use strand_tests::server::Server;

use crate::Place;
use crate::fixtures::{back, speck, unique, untrained};

/// More requests than a call makes.
const ALL: usize = 1_000_000;
/// Tries of a call to AWS, the first included.
const TRIES: usize = 4;

struct Setting {
    proxy: Proxy,
    client: Client,
    _server: Server,
}

async fn setting() -> Setting {
    let place = Place::create();
    let proxy = Proxy::start(place.endpoint()).await;
    let url = proxy.url();
    // Starting it blocks, and the proxy has to answer meanwhile.
    let server = tokio::task::spawn_blocking(move || place.server_at(&url))
        .await
        .expect("it starts");
    Setting {
        client: server.client(),
        proxy,
        _server: server,
    }
}

/// Refused for now, with when to try again.
fn assert_refused(what: &str, answer: &Answer) {
    let detail = answer.problem(503);
    assert!(detail.contains("try again"), "{what}: {detail}");
    assert!(!answer.header("retry-after").is_empty(), "{what}");
}

async fn refuses_everything(fault: Fault) {
    let Setting {
        proxy,
        client,
        _server,
    } = setting().await;
    let color = untrained(&client, "Here before", &[back("6", 4)]).await;
    let kept = client.images(color).await;
    let name = unique("Refused");
    let photo = speck(7);
    proxy.inject(fault, To::All, ALL);
    let path = format!("/colors/{color}");
    let asked = async |what: &str, request: reqwest::RequestBuilder| {
        assert_refused(what, &client.send(request).await);
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
            assert_eq!(health.status, 200, "the process itself is healthy");
        }
    );
    // Each of the eight makes the tries of one call to AWS and no more, however many calls it would have made. A job or two
    // may have been looked for meanwhile.
    let affected = proxy.clear();
    assert!((9..=10 * TRIES).contains(&affected), "{affected} requests to AWS");
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
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn an_unreachable_store_is_a_503() {
    Box::pin(refuses_everything(Fault::Break)).await;
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_hanging_store_is_a_503() {
    Box::pin(refuses_everything(Fault::Hang)).await;
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_throttling_store_is_a_503() {
    Box::pin(refuses_everything(Fault::Throttle)).await;
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_failing_store_is_a_503() {
    Box::pin(refuses_everything(Fault::Fail)).await;
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_temporary_fault_is_retried() {
    let Setting {
        proxy,
        client,
        _server,
    } = setting().await;
    let color = client.color(&json!({ "name": unique("Passing") })).await;
    let slow = Fault::Slow(Duration::from_millis(700));
    for (k, fault) in [Fault::Break, Fault::Throttle, Fault::Fail, slow]
        .into_iter()
        .enumerate()
    {
        for to in [To::Table, To::Bucket] {
            proxy.inject(fault, to, 2);
            let photo = speck(10 * k as u8 + u8::from(to == To::Table));
            client.upload(color, "a.jpg", &photo).await.expect(201);
            assert!(proxy.clear() > 0, "{fault:?} {to:?}");
        }
    }
    assert_eq!(client.images(color).await.len(), 8);
    assert_eq!(client.get_color(color).await["image_count"], 8);
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_lost_response_does_not_repeat_a_change() {
    let Setting {
        proxy,
        client,
        _server,
    } = setting().await;
    let lose = |to: To| proxy.inject(Fault::LoseAnswer, to, 1);
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
        proxy.clear();
        client.color(&json!({ "name": renamed })).await;
    }
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn without_the_bucket_the_table_still_works() {
    let Setting {
        proxy,
        client,
        _server,
    } = setting().await;
    let color = untrained(&client, "Here before", &[back("6", 4)]).await;
    proxy.inject(Fault::Fail, To::Bucket, ALL);
    let created = client.color(&json!({ "name": unique("Without a bucket") })).await;
    assert_eq!(client.get_color(created).await["status"], "pending_data");
    assert_refused("upload", &client.upload(created, "a.jpg", &speck(1)).await);
    assert_eq!(client.delete(&format!("/colors/{color}")).await.status, 204);
    client.get(&format!("/colors/{color}")).await.problem(404);
    proxy.clear();
    assert_eq!(client.get_color(created).await["image_count"], 0);
    client.upload(created, "a.jpg", &back("24", 4)).await.expect(201);
    client.train(created).await;
    let row = client.analyze_one(&back("24", 2)).await;
    assert_eq!(row["best_matches"][0]["color_id"], created);
}
