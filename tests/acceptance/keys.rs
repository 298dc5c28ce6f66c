//! Keys: what is private where one is set, what each opens, and what opens a thing without one.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::{Value, json};
use strand_tests::client::{Answer, Client, text};
use strand_tests::server::{binary, private_with, refuse_to_start};

use crate::fixtures::{back, speck, unique};

const KEY: &str = "correct horse battery";

async fn with(client: &Client, key: &str, method: Method, path: &str) -> Answer {
    client
        .send(client.request(method, path).header("x-api-key", key))
        .await
}

/// A color with an image, made with the key.
async fn an_image(client: &Client) -> (u64, Value) {
    let body = json!({ "name": unique("Keyed") });
    let create = client.request(Method::POST, "/colors").json(&body);
    let color = client.send(create.header("x-api-key", KEY)).await.expect(201);
    let color = color["id"].as_u64().expect("an id");
    let form = strand_tests::client::form("image", [("a.jpg", &speck(1)[..])]);
    let add = client
        .request(Method::POST, &format!("/colors/{color}/images"))
        .multipart(form);
    client.send(add.header("x-api-key", KEY)).await.expect(201);
    let images = with(client, KEY, Method::GET, &format!("/colors/{color}/images"))
        .await
        .expect(200);
    (color, images[0].clone())
}

/// The path and query of an image's reference, which counts from the list that it stands in.
fn reference(client: &Client, color: u64, image: &Value) -> String {
    let list = Url::parse(&client.url(&format!("/colors/{color}/images"))).expect("a URL");
    let url = list.join(text(&image["image_url"])).expect("a reference");
    let query = url.query().map(|query| format!("?{query}"));
    format!("{}{}", url.path(), query.unwrap_or_default())
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn photos_jobs_and_metrics_are_private_where_a_key_is_set() {
    let server = private_with(&[("STRAND_API_KEY", KEY)]);
    let client = server.client();
    let (color, image) = an_image(&client).await;
    for path in [
        &format!("/colors/{color}/images"),
        text(&image["image_path"]),
        "/jobs",
        "/jobs/1",
        "/confusions",
        "/metrics",
        "/export",
    ] {
        client.get(path).await.problem(401);
        with(&client, "wrong", Method::GET, path).await.problem(403);
        with(&client, "wrong", Method::HEAD, path).await;
        let status = with(&client, KEY, Method::GET, path).await.status.as_u16();
        assert!([200, 404].contains(&status), "{path}: {status}");
    }
    for path in [
        "/health",
        "/ready",
        "/openapi.json",
        "/docs",
        "/colors",
        "/palette",
    ] {
        client.get(path).await;
        assert!(client.get(path).await.status.is_success(), "{path}");
    }
    client.get(&format!("/colors/{color}")).await.expect(200);
    client.analyze([("a.jpg", &back("6", 2)[..])]).await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn image_url_opens_one_photo_until_it_expires() {
    let server = private_with(&[("STRAND_API_KEY", KEY)]);
    let client = server.client();
    let (color, image) = an_image(&client).await;
    let signed = reference(&client, color, &image);
    let shown = client.get(&signed).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(
        shown.header("cache-control").starts_with("private, max-age=3600"),
        "{shown:?}"
    );
    let (path, query) = signed.split_once('?').expect("a signature");
    client.get(path).await.problem(401);
    client
        .get(&format!("/training_data/{color}/999.jpg?{query}"))
        .await
        .problem(401);
    let later = query.replace("expires=", "expires=9");
    client.get(&format!("{path}?{later}")).await.problem(401);
    client
        .get(&format!("/colors/{color}/images?{query}"))
        .await
        .problem(401);
    assert!(!text(&image["image_path"]).contains('?'), "{image}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn reads_can_be_public() {
    let server = private_with(&[("STRAND_API_KEY", KEY), ("STRAND_PUBLIC_READS", "on")]);
    let client = server.client();
    let (color, image) = an_image(&client).await;
    client.get(&format!("/colors/{color}/images")).await.expect(200);
    assert_eq!(client.get(text(&image["image_path"])).await.status, 200);
    assert_eq!(
        reference(&client, color, &image),
        text(&image["image_path"]),
        "it needs no signature"
    );
    client.get("/jobs").await.expect(200);
    client.get("/export").await.problem(401);
}

/// Makes a key with the command, adds it to the file, and returns its text.
fn make_key(file: &Path, arguments: &[&str]) -> String {
    let made = std::process::Command::new(binary())
        .arg("key")
        .args(arguments)
        .output()
        .expect("it runs");
    assert!(made.status.success(), "{made:?}");
    let mut list = std::fs::read(file).unwrap_or_default();
    list.extend(made.stdout);
    std::fs::write(file, list).expect("a file");
    let said = String::from_utf8(made.stderr).expect("UTF-8");
    said.trim().rsplit(' ').next().expect("a key").to_owned()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn each_key_opens_its_scope_until_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.toml");
    let full = make_key(&file, &["owner"]);
    let kiosk = make_key(&file, &["kiosk", "--scope", "match"]);
    let old = make_key(&file, &["fair", "--expires", "2020-01-01T00:00:00Z"]);
    let list = std::fs::read_to_string(&file).expect("a file");
    assert!(
        !list.contains(&full) && !list.contains(&kiosk),
        "only hashes: {list}"
    );
    let path = file.display().to_string();
    let server = private_with(&[("STRAND_KEYS_FILE", &path), ("STRAND_MATCH_KEY", "required")]);
    let client = server.client();
    for path in ["/colors", "/palette"] {
        client.get(path).await.problem(401);
        with(&client, &kiosk, Method::GET, path).await.expect(200);
        with(&client, &old, Method::GET, path).await.problem(403);
    }
    let photo = back("6", 2);
    client.analyze([("a.jpg", &photo[..])]).await.problem(401);
    let form = strand_tests::client::form("images", [("a.jpg", &photo[..])]);
    let analyze = client.request(Method::POST, "/analyze").multipart(form);
    client.send(analyze.bearer_auth(&kiosk)).await.expect(200);
    for (method, path) in [
        (Method::POST, "/clear-cache"),
        (Method::GET, "/jobs"),
        (Method::GET, "/export"),
    ] {
        let refused = with(&client, &kiosk, method.clone(), path).await;
        assert_eq!(refused.json()["code"], "key_scope", "{path}");
        assert!(
            with(&client, &full, method, path).await.status.is_success(),
            "{path}"
        );
    }
    let log = server.log();
    assert!(!log.contains(&full) && !log.contains(&kiosk), "{log}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_list_of_keys_is_read_again_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.toml");
    let first = make_key(&file, &["first"]);
    let path = file.display().to_string();
    let server = private_with(&[("STRAND_KEYS_FILE", &path)]);
    let client = server.client();
    with(&client, &first, Method::POST, "/clear-cache")
        .await
        .expect(200);
    // A list that is broken opens nothing and closes nothing.
    std::fs::write(&file, "").expect("a file");
    while !server.log().contains("cannot be read again") {
        with(&client, &first, Method::POST, "/clear-cache")
            .await
            .expect(200);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = make_key(&file, &["second"]);
    while with(&client, &second, Method::POST, "/clear-cache").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    with(&client, &first, Method::POST, "/clear-cache")
        .await
        .problem(403);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_blank_or_missing_list_of_keys_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.toml");
    let path = file.display().to_string();
    let blank = "[[keys]]\nname = \"a\"\nscope = \"full\"\nsha256 = \"\"\n";
    for list in [None, Some(""), Some(blank)] {
        if let Some(list) = list {
            std::fs::write(&file, list).expect("a file");
        }
        let (status, said) = refuse_to_start(&[("STRAND_KEYS_FILE", &path)]);
        assert!(
            !status.success() && said.contains("STRAND_KEYS_FILE"),
            "{list:?}: {said}"
        );
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}

async fn ticket(client: &Client, path: &str) -> String {
    let ask = client
        .request(Method::POST, "/tickets")
        .json(&json!({ "path": path }));
    let made = client.send(ask.header("x-api-key", KEY)).await.expect(201);
    text(&made["ticket"]).to_owned()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_ticket_opens_its_path_once() {
    let server = private_with(&[("STRAND_API_KEY", KEY)]);
    let client = server.client();
    client
        .post_json("/tickets", &json!({ "path": "/export" }))
        .await
        .problem(401);
    let (color, _) = an_image(&client).await;
    let stream = format!("/train/{color}/stream");
    for path in ["/export", &stream] {
        let ticket = ticket(&client, path).await;
        let other = if path == "/export" { &stream } else { "/export" };
        client.get(&format!("{other}?ticket={ticket}")).await.problem(403);
        assert_eq!(
            client.get(&format!("{path}?ticket={ticket}")).await.status,
            200,
            "{path}"
        );
        let again = client.get(&format!("{path}?ticket={ticket}")).await;
        assert_eq!(again.json()["code"], "ticket_wrong", "{path}");
    }
    client.get("/export?ticket=1-2-3").await.problem(403);
    for path in ["/colors", "/train/x/stream", "https://evil.example/export", ""] {
        let ask = client
            .request(Method::POST, "/tickets")
            .json(&json!({ "path": path }));
        client.send(ask.header("x-api-key", KEY)).await.problem(422);
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_stream_takes_the_key_in_its_query_and_nothing_logs_it() {
    let server = private_with(&[("STRAND_API_KEY", KEY), ("RUST_LOG", "debug")]);
    let client = server.client();
    let (color, image) = an_image(&client).await;
    let query = "api_key=correct%20horse%20battery";
    assert_eq!(
        client.get(&format!("/train/{color}/stream?{query}")).await.status,
        200
    );
    client.get(&format!("/export?{query}")).await.problem(401);
    client
        .get(&format!("{}?{query}", text(&image["image_path"])))
        .await
        .problem(401);
    let log = server.log();
    assert!(!log.contains("horse"), "{log}");
}
