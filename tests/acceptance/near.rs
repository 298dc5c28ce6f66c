//! Near misses: a slash too many, a word misspelled, and early answers to clients that are still sending.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response, Url};
use serde_json::json;
use strand_tests::server::{Server, private_with, shared};

use crate::fixtures::unique;

const KEY: (&str, &str) = ("STRAND_API_KEY", "correct horse battery");
const ORIGIN: &str = "http://localhost:5173";

/// An answer as it comes, without following a redirect.
async fn ask(server: &Server, method: Method, path: &str) -> Response {
    let http = reqwest::Client::builder().no_proxy().redirect(Policy::none());
    let http = http.build().expect("a client");
    let request = http.request(method, format!("{}{path}", server.base()));
    request.header("origin", ORIGIN).send().await.expect("an answer")
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_slash_too_many_is_redirected_before_the_key_is_asked_for() {
    let server = private_with(&[KEY]);
    for (method, path, plain) in [
        (Method::GET, "/colors/", "/colors"),
        (Method::POST, "/colors/", "/colors"),
        (Method::POST, "//colors", "/colors"),
        (Method::DELETE, "/colors/1/", "/colors/1"),
        (Method::GET, "/colors//1", "/colors/1"),
        (Method::POST, "/analyze/", "/analyze"),
        (Method::GET, "/train/1/stream/", "/train/1/stream"),
        (Method::GET, "/docs", "/docs/"),
        (Method::GET, "/docs/errors/", "/docs/errors"),
        (Method::GET, "//evil.example/", "/evil.example"),
        (Method::GET, "/colors/?limit=3", "/colors?limit=3"),
    ] {
        let answer = ask(&server, method.clone(), path).await;
        assert_eq!(answer.status(), 308, "{method} {path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), ORIGIN, "{path}");
        let location = header(&answer, "location");
        assert!(!location.starts_with("//"), "{path}: {location}");
        let asked = Url::parse(&format!("{}{path}", server.base())).expect("a URL");
        let target = asked.join(location).expect("a reference");
        assert_eq!(target.as_str(), format!("{}{plain}", server.base()), "{path}");
    }
    for path in ["/", "/docs/"] {
        assert_eq!(ask(&server, Method::GET, path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "the deployment's origins are its own")]
async fn a_preflight_is_answered_in_place() {
    let client = shared().client();
    let request = client.request(Method::OPTIONS, "/colors/");
    let request = request
        .header("origin", ORIGIN)
        .header("access-control-request-method", "POST");
    let answer = client.send(request).await;
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
}

#[tokio::test]
async fn a_redirected_body_arrives() {
    let client = shared().client();
    let name = unique("Slashed");
    let created = client
        .post_json("/colors/", &json!({ "name": name }))
        .await
        .expect(201);
    assert_eq!(created["name"], name);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_path_or_method_that_is_not_there_needs_no_key() {
    let server = private_with(&[KEY]);
    let client = server.client();
    for (path, nearest) in [
        ("/color", "/colors"),
        ("/analyse", "/analyze"),
        ("/colors/7/image", "/colors/7/images"),
        ("/api/colors", "/colors"),
    ] {
        let detail = client.post(path).await.problem(404);
        assert!(detail.contains(&format!("the nearest is {nearest},")), "{detail}");
    }
    let detail = client.post("/wp-login.php").await.problem(404);
    assert!(!detail.contains("nearest"), "{detail}");
    client.post("/health").await.problem(405);
    client.post("/").await.problem(405);
    client.post("/colors").await.problem(401);
}

/// Sends the whole body before it reads anything, as simple clients do; returns the status of the answer.
fn send_all(server: &Server, path: &str, length: usize) -> u16 {
    let address = server.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).expect("it listens");
    let timeout = Some(Duration::from_mins(1));
    stream.set_read_timeout(timeout).expect("a socket option");
    stream.set_write_timeout(timeout).expect("a socket option");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    let chunk = vec![0; 64 * 1024];
    let mut left = length;
    while left > 0 {
        let part = left.min(chunk.len());
        stream.write_all(&chunk[..part]).expect("it reads to the end");
        left -= part;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status: {answer:?}"))
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn an_early_answer_reaches_a_client_that_still_sends() {
    let server = private_with(&[KEY]);
    let statuses = tokio::task::spawn_blocking(move || {
        let paths = ["/colors/1/images", "/analyze/", "/nothing", "/health"];
        paths.map(|path| send_all(&server, path, 20_000_000))
    });
    assert_eq!(statuses.await.expect("no panic"), [401, 308, 404, 405]);
}
