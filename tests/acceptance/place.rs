//! Below a path: what the server gives out holds behind a proxy or a stage that puts a path before it.

use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use strand_tests::client::{Answer, Client, form, text};
use strand_tests::server::{private, private_with, shared};

use crate::fixtures::{speck, unique};

/// The URL that a header or a field of the answer to `path` refers to.
fn resolved(client: &Client, path: &str, reference: &str) -> Url {
    let asked = Url::parse(&client.url(path)).expect("a URL");
    asked.join(reference).expect("a reference")
}

/// Adds a photo with `X-Forwarded-Prefix: prefix`.
async fn photo_behind(client: &Client, color: u64, seed: u8, prefix: &str) -> Answer {
    let path = format!("/colors/{color}/images");
    let request = client
        .request(Method::POST, &path)
        .multipart(form("image", [("a.jpg", &speck(seed)[..])]));
    client.send(request.header("x-forwarded-prefix", prefix)).await
}

#[tokio::test]
async fn what_is_given_out_is_relative_to_the_request() {
    let client = shared().client();
    let body = json!({ "name": unique("Placed") });
    let created = client.post_json("/colors", &body).await;
    let color = created.expect(201)["id"].as_u64().expect("an id");
    let location = created.header("location");
    assert!(!location.starts_with('/'), "{location}");
    let own = client.url(&format!("/colors/{color}"));
    assert_eq!(resolved(&client, "/colors", location).as_str(), own);

    let path = format!("/colors/{color}/images");
    let added = client.upload(color, "a.jpg", &speck(31)).await;
    let image = added.expect(201);
    let file = client.url(text(&image["image_path"]));
    for reference in [added.header("location"), text(&image["image_url"])] {
        assert_eq!(resolved(&client, &path, reference).as_str(), file);
    }
    let problem = client.get("/colors/987654321").await;
    let kind = problem.json()["type"].take();
    let page = resolved(&client, "/colors/987654321", text(&kind));
    assert!(page.as_str().starts_with(&client.url("/docs/errors#")), "{page}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_proxy_on_this_machine_names_the_prefix() {
    let server = private();
    let client = server.client();
    let color = client.color(&json!({ "name": "Behind" })).await;
    let image = photo_behind(&client, color, 1, "/shop").await.expect(201);
    let path = text(&image["image_path"]).to_owned();
    assert!(path.starts_with("/training_data/"), "{image}");
    assert_eq!(image["image_url"], format!("/shop{path}"));
    for wrong in ["//evil.example", "https://evil.example", "/a b", "/.."] {
        let image = photo_behind(&client, color, 1, wrong).await.expect(200);
        assert!(!image.to_string().contains("evil"), "{image}");
        assert!(text(&image["image_url"]).ends_with(&path), "{image}");
        assert!(text(&image["image_url"]).starts_with("../"), "{image}");
    }
    let upload = json!({ "filename": "a.jpg", "content_type": "image/jpeg", "size": 10 });
    let request = client
        .request(Method::POST, "/uploads")
        .json(&upload)
        .header("x-forwarded-prefix", "/shop")
        .header("x-forwarded-host", "salon.example")
        .header("x-forwarded-proto", "https");
    let upload = client.send(request).await.expect(201);
    let expected = format!("https://salon.example/shop/uploads/{}", text(&upload["key"]));
    assert_eq!(upload["url"], expected);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn only_a_trusted_proxy_is_believed() {
    let server = private_with(&[("STRAND_TRUSTED_PROXIES", "192.0.2.0/24")]);
    let client = server.client();
    let color = client.color(&json!({ "name": "Doubtful" })).await;
    let image = photo_behind(&client, color, 1, "/shop").await.expect(201);
    assert!(text(&image["image_url"]).starts_with("../"), "{image}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_base_path_works_with_proxies_that_keep_it_and_with_those_that_do_not() {
    let server = private_with(&[("STRAND_BASE_PATH", "/salon/strand")]);
    let client = server.client();
    client.get("/health").await.expect(200);
    client.get("/salon/strand/health").await.expect(200);
    client.get("/salon/strandhealth").await.problem(404);
    let page = client.get("/salon/strand/").await;
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");

    let body = json!({ "name": "Kept" });
    let created = client.post_json("/salon/strand/colors", &body).await;
    let color = created.expect(201)["id"].as_u64().expect("an id");
    let location = resolved(&client, "/salon/strand/colors", created.header("location"));
    assert_eq!(location.path(), format!("/salon/strand/colors/{color}"));
    let image = client.upload(color, "a.jpg", &speck(1)).await.expect(201);
    let url = text(&image["image_url"]);
    assert_eq!(url, format!("/salon/strand{}", text(&image["image_path"])));
    assert_eq!(client.get(url).await.body, speck(1));
    // A proxy knows better.
    let image = photo_behind(&client, color, 1, "/other").await.expect(200);
    assert!(text(&image["image_url"]).starts_with("/other/"), "{image}");

    let upload: Value = json!({ "filename": "a.jpg", "content_type": "image/jpeg", "size": 10 });
    let upload = client.post_json("/uploads", &upload).await.expect(201);
    assert!(
        text(&upload["url"]).contains("/salon/strand/uploads/"),
        "{upload}"
    );

    // References of the page are relative, so its address needs the slash.
    let plain = reqwest::Client::builder().no_proxy().redirect(Policy::none());
    let bare = plain
        .build()
        .expect("a client")
        .get(client.url("/salon/strand?a=b"));
    let bare = bare.send().await.expect("an answer");
    assert_eq!(bare.status(), 308);
    assert!(!bare.headers()["x-request-id"].is_empty());
    let target = bare.headers()["location"].to_str().expect("text");
    let target = resolved(&client, "/salon/strand?a=b", target);
    assert_eq!((target.path(), target.query()), ("/salon/strand/", Some("a=b")));
}
