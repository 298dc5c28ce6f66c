//! Browsers on other origins. The existing client runs on one.

use reqwest::Method;
use serde_json::json;
use strand_tests::client::{Answer, Client};
use strand_tests::server::{private_with, shared};

const ROUTES: [(&str, &str); 22] = [
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
    ("POST", "/colors"),
    ("GET", "/colors"),
    ("GET", "/colors/1"),
    ("PATCH", "/colors/1"),
    ("DELETE", "/colors/1"),
    ("POST", "/colors/1/images"),
    ("GET", "/colors/1/images"),
    ("DELETE", "/colors/1/images/1"),
    ("GET", "/training_data/1/1.jpg"),
    ("POST", "/train/1"),
    ("GET", "/train/1/stream"),
    ("POST", "/train"),
    ("GET", "/jobs"),
    ("GET", "/jobs/1"),
    ("DELETE", "/jobs/1"),
    ("POST", "/analyze"),
    ("POST", "/analyze-legacy"),
    ("GET", "/cache/stats"),
    ("POST", "/clear-cache"),
];

async fn preflight(client: &Client, origin: &str, method: &str, path: &str) -> Answer {
    let request = client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "content-type,x-api-key");
    client.send(request).await
}

fn allowed(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

fn lists(header: &str, wanted: &str) -> bool {
    header
        .split(',')
        .any(|item| item.trim() == "*" || item.trim().eq_ignore_ascii_case(wanted))
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "the deployment's origins are its own")]
async fn preflight_works_on_every_route() {
    let client = shared().client();
    for (method, path) in ROUTES {
        let answer = preflight(&client, "http://localhost:5173", method, path).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        assert_eq!(allowed(&answer), "http://localhost:5173", "{method} {path}");
        let (methods, headers) = (
            answer.header("access-control-allow-methods"),
            answer.header("access-control-allow-headers"),
        );
        assert!(lists(methods, method), "{method} {path}: {methods}");
        assert!(
            lists(headers, "content-type") && lists(headers, "x-api-key"),
            "{method} {path}: {headers}"
        );
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "the deployment's origins are its own")]
async fn the_default_origins_are_the_two_development_servers() {
    let client = shared().client();
    for origin in ["http://localhost:5173", "http://localhost:3000"] {
        for path in ["/health", "/colors", "/colors/987654321", "/nothing/here"] {
            let answer = client
                .send(client.request(Method::GET, path).header("origin", origin))
                .await;
            assert_eq!(allowed(&answer), origin, "{path}: errors must be readable too");
        }
    }
    for origin in [
        "http://evil.example",
        "http://localhost:5174",
        "https://localhost:5173",
        "null",
    ] {
        let answer = client
            .send(client.request(Method::GET, "/colors").header("origin", origin))
            .await;
        assert_eq!(allowed(&answer), "", "{origin}");
        assert_eq!(
            allowed(&preflight(&client, origin, "POST", "/colors").await),
            "",
            "{origin}"
        );
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "the deployment's origins are its own")]
async fn a_refused_upload_can_be_read_by_the_page_that_sent_it() {
    let client = shared().client();
    let request = client
        .request(Method::POST, "/colors")
        .header("origin", "http://localhost:3000");
    let answer = client.send(request.json(&json!({ "name": "" }))).await;
    answer.problem(422);
    assert_eq!(allowed(&answer), "http://localhost:3000");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn other_origins_can_be_named() {
    let origins = [("ALLOWED_ORIGINS", "https://a.example, https://b.example")];
    let server = private_with(&origins);
    let client = server.client();
    for (origin, expected) in [
        ("https://a.example", "https://a.example"),
        ("https://b.example", "https://b.example"),
        ("http://localhost:5173", ""),
    ] {
        assert_eq!(
            allowed(&preflight(&client, origin, "DELETE", "/colors/1").await),
            expected
        );
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_star_allows_every_origin() {
    let server = private_with(&[("ALLOWED_ORIGINS", "*")]);
    let answer = preflight(&server.client(), "https://anywhere.example", "POST", "/analyze").await;
    assert!(
        ["*", "https://anywhere.example"].contains(&allowed(&answer)),
        "{answer:?}"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn preflight_needs_no_key() {
    let server = private_with(&[("STRAND_API_KEY", "secret-key")]);
    let answer = preflight(&server.client(), "http://localhost:5173", "POST", "/colors").await;
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(allowed(&answer), "http://localhost:5173");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_blocked_origin_is_named_in_the_log_once() {
    let server = private_with(&[("ALLOWED_ORIGINS", "https://*.Shop.example:443/")]);
    let client = server.client();
    let own = server.base().to_owned();
    for (origin, allows) in [
        ("https://salon.shop.example", true),
        ("https://evil.example", false),
        ("https://evil.example", false),
        // The page of the server itself needs no permission.
        (&*own, false),
    ] {
        let request = client.request(Method::GET, "/colors").header("origin", origin);
        let answer = client.send(request).await;
        assert_eq!(allowed(&answer) == origin, allows, "{origin}");
    }
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains("ALLOWED_ORIGINS"));
    let blocked: Vec<&str> = lines.collect();
    assert!(
        blocked.len() == 1 && blocked[0].contains("https://evil.example"),
        "{blocked:?}"
    );
}
