//! `Idempotency-Key`: a request that is sent again is not acted on again.

use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Answer, Client, form, id};
use strand_tests::server::{private, shared};

use crate::fixtures::{back, speck, unique, untrained};

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, path).header("idempotency-key", key);
    client.send(request.json(body)).await
}

async fn photo(client: &Client, path: &str, key: &str, bytes: &[u8]) -> Answer {
    let request = client.request(Method::POST, path).header("idempotency-key", key);
    client
        .send(request.multipart(form("image", [("a.jpg", bytes)])))
        .await
}

fn assert_same(first: &Answer, again: &Answer) {
    assert_eq!(first.status, again.status, "{again:?}");
    assert_eq!(first.body, again.body, "{again:?}");
    for name in ["location", "content-type", "preference-applied"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_shade_is_created_once() {
    let client = shared().client();
    let (name, key) = (unique("Once"), unique("key"));
    let body = json!({ "name": name, "hex": "#123456" });
    let first = post(&client, "/colors", &key, &body).await;
    let color = id(&first.expect(201));
    assert_same(&first, &post(&client, "/colors", &key, &body).await);
    assert_same(
        &first,
        &post(&client, "/colors", &format!("\"{key}\""), &body).await,
    );
    // The same request in other words.
    let spaced = client
        .request(Method::POST, "/colors")
        .header("idempotency-key", &key)
        .header("content-type", "application/json");
    let spaced = spaced.body(format!("{{ \"hex\": \"#123456\",\n \"name\": \"{name}\" }}"));
    assert_same(&first, &client.send(spaced).await);
    let other = post(&client, "/colors", &key, &json!({ "name": unique("Other") })).await;
    other.problem(422);
    assert_eq!(other.json()["code"], "idempotency_key_reused");
    // Another key is another request.
    post(&client, "/colors", &unique("key"), &body).await.problem(409);
    client.delete(&format!("/colors/{color}")).await;
}

#[tokio::test]
async fn of_many_at_once_one_is_acted_on() {
    let client = shared().client();
    let (key, body) = (unique("key"), json!({ "name": unique("Many") }));
    let answers =
        futures_util::future::join_all((0..12).map(|_| post(&client, "/colors", &key, &body))).await;
    let mut ids = std::collections::BTreeSet::new();
    for answer in &answers {
        if answer.status == 409 {
            assert_eq!(answer.json()["code"], "idempotency_key_in_use");
            assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
        } else {
            ids.insert(id(&answer.expect(201)));
        }
    }
    assert_eq!(ids.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_photo_is_added_once_whatever_its_boundary() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Photo once") })).await;
    let (path, key) = (format!("/colors/{color}/images"), unique("key"));
    let first = photo(&client, &path, &key, &speck(1)).await;
    let image = id(&first.expect(201));
    // Without the key, the status would be 200.
    assert_same(&first, &photo(&client, &path, &key, &speck(1)).await);
    photo(&client, &path, &key, &speck(2)).await.problem(422);
    let other = client.color(&json!({ "name": unique("Other") })).await;
    let elsewhere = format!("/colors/{other}/images");
    photo(&client, &elsewhere, &key, &speck(1)).await.problem(422);
    assert_eq!(client.images(color).await.len(), 1);
    assert_eq!(id(&client.images(color).await[0]), image);
}

#[tokio::test]
async fn an_upload_is_created_and_used_once() {
    let client = shared().client();
    let (key, bytes) = (unique("key"), speck(7));
    let body = json!({ "filename": "a.jpg", "content_type": "image/jpeg", "size": bytes.len() });
    let first = post(&client, "/uploads", &key, &body).await;
    let upload = first.expect(201);
    assert_same(&first, &post(&client, "/uploads", &key, &body).await);
    assert!(client.send_upload(&upload, &bytes).await.status().is_success());
    let color = client.color(&json!({ "name": unique("Named once") })).await;
    let (path, named) = (
        format!("/colors/{color}/images"),
        json!({ "upload": upload["key"] }),
    );
    let added = post(&client, &path, &key, &named).await;
    added.expect(201);
    assert_same(&added, &post(&client, &path, &key, &named).await);
}

#[tokio::test]
async fn a_training_is_done_once() {
    let client = shared().client();
    let color = untrained(&client, "Train once", &[back("6", 4)]).await;
    let (path, key) = (format!("/train/{color}"), unique("key"));
    let first = post(&client, &path, &key, &json!(null)).await;
    first.expect(200);
    assert_same(&first, &post(&client, &path, &key, &json!(null)).await);
    let job = unique("key");
    let later = || {
        let request = client
            .request(Method::POST, &path)
            .header("prefer", "respond-async");
        client.send(request.header("idempotency-key", &job))
    };
    let first = later().await;
    first.expect(202);
    assert_same(&first, &later().await);
    assert_eq!(first.header("preference-applied"), "respond-async");
}

#[tokio::test]
async fn an_answer_about_what_was_deleted_is_not_repeated() {
    let client = shared().client();
    let (key, body) = (unique("key"), json!({ "name": unique("Deleted") }));
    let first = id(&post(&client, "/colors", &key, &body).await.expect(201));
    let path = format!("/colors/{first}/images");
    let (photo_key, bytes) = (unique("key"), speck(9));
    let image = id(&photo(&client, &path, &photo_key, &bytes).await.expect(201));
    let gone = client.delete(&format!("{path}/{image}")).await;
    assert_eq!(gone.status, 204);
    let again = id(&photo(&client, &path, &photo_key, &bytes).await.expect(201));
    assert_ne!(again, image);
    assert_eq!(client.images(first).await.len(), 1);

    assert_eq!(client.delete(&format!("/colors/{first}")).await.status, 204);
    let second = id(&post(&client, "/colors", &key, &body).await.expect(201));
    assert_ne!(second, first);
    client.get_color(second).await;
}

#[tokio::test]
async fn after_an_error_the_key_is_free() {
    let client = shared().client();
    let key = unique("key");
    post(&client, "/colors", &key, &json!({ "name": "" }))
        .await
        .problem(422);
    let fine = json!({ "name": unique("Corrected") });
    post(&client, "/colors", &key, &fine).await.expect(201);
    for wrong in ["", "\"\"", &"k".repeat(256)] {
        post(&client, "/colors", wrong, &fine).await.problem(400);
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn answers_outlast_the_server() {
    let mut server = private();
    let body = json!({ "name": "Kept" });
    let first = post(&server.client(), "/colors", "kept", &body).await;
    let color = id(&first.expect(201));
    server.kill();
    server.start_again();
    let client = server.client();
    assert_same(&first, &post(&client, "/colors", "kept", &body).await);
    // Nothing is kept of a shade that is gone.
    client.delete(&format!("/colors/{color}")).await;
    let again = post(&client, "/colors", "kept", &body).await.expect(201);
    assert!(id(&again) > color);
}
