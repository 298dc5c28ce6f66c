//! The examples of problems in the OpenAPI document, compared with what servers return.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};
use strand_tests::client::{Client, text};
use strand_tests::raw::Unfinished;
use strand_tests::render::{View, encode};
use strand_tests::server::{private, private_with, root};

use crate::fixtures::{hairless, picture, speck};
use crate::openapi::{document, operations};

/// Messages that require a failing disk, network, or program, or more load than a test creates.
const NOT_PROVOKED: [&str; 8] = [
    "Strand failed to do this; its log has the reason.",
    "The library cannot be reached just now; try again in a few seconds.",
    "Strand is busy with other photos; try again in a few seconds.",
    "Strand is busy with other uploads; try again in a few seconds.",
    "The body breaks off or stalls; send the file again.",
    "The first request with this idempotency key is not answered yet; send it again in a few seconds.",
    "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
    "The server's disk has no room for this file; free some there, then send it again.",
];

/// The `detail` of every problem that was returned, with the keys of uploads removed.
#[derive(Default)]
struct Said(BTreeSet<String>);

impl Said {
    fn add(&mut self, detail: &str) {
        self.0.insert(without_keys(detail));
    }
}

/// Removes the keys of uploads, which differ every time.
fn without_keys(detail: &str) -> String {
    let is_key = |part: &str| part.len() == 32 && part.bytes().all(|c| c.is_ascii_hexdigit());
    let parts = detail
        .split('"')
        .map(|part| if is_key(part) { "KEY" } else { part });
    parts.collect::<Vec<_>>().join("\"")
}

fn as_json(client: &Client, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    let request = client.request(Method::POST, path);
    request.header("content-type", "application/json").body(body)
}

/// What a client is told that asks too often.
async fn limited() -> String {
    let server = private_with(&[("STRAND_RATE_LIMIT", "1")]);
    let client = server.client();
    loop {
        let ask = client
            .request(Method::GET, "/colors")
            .header("x-forwarded-for", "203.0.113.7");
        let answer = client.send(ask).await;
        if answer.status == 429 {
            return answer.problem(429);
        }
    }
}

async fn keys_and_paths(said: &mut Said) {
    let server = private_with(&[("STRAND_API_KEY", "right")]);
    let client = server.client();
    said.add(&client.post("/colors").await.problem(401));
    let wrong = client.request(Method::POST, "/colors").bearer_auth("wrong");
    said.add(&client.send(wrong).await.problem(403));
    said.add(&client.get("/colors/seven").await.problem(400));
    said.add(&client.get("/colors/7").await.problem(404));
    said.add(&client.get("/colors?limit=many").await.problem(400));
    said.add(&limited().await);
    // Without metrics, their route behaves like an unknown path.
    let nowhere = client.get("/nowhere").await.problem(404);
    said.add(&nowhere.replace("/nowhere", "/metrics"));
}

async fn json_and_names(client: &Client, said: &mut Said) -> u64 {
    for (status, request) in [
        (400, as_json(client, "/colors", "x")),
        (413, as_json(client, "/colors", vec![b' '; 300_000])),
        (415, client.request(Method::POST, "/colors").body("x")),
        (422, as_json(client, "/colors", json!({ "name": "" }).to_string())),
    ] {
        said.add(&client.send(request).await.problem(status));
    }
    let ash = json!({ "name": "Ash" });
    let id = client.color(&ash).await;
    said.add(&client.post_json("/colors", &ash).await.problem(409));
    let keyed = |key: &str, name: &str| {
        let body = json!({ "name": name }).to_string();
        as_json(client, "/colors", body).header("idempotency-key", key)
    };
    said.add(&client.send(keyed("", "Gold")).await.problem(400));
    assert_eq!(client.send(keyed("one", "Gold")).await.status, 201);
    said.add(&client.send(keyed("one", "Copper")).await.problem(422));
    id
}

async fn photos_and_training(client: &Client, color: u64, said: &mut Said) {
    let (images, train) = (format!("/colors/{color}/images"), format!("/train/{color}"));
    let cut = client
        .request(Method::POST, &images)
        .header("content-type", "multipart/form-data; boundary=b");
    said.add(&client.send(cut.body("--b\r\n")).await.problem(400));
    let huge = vec![0; 21 << 20];
    said.add(&client.upload(color, "a.jpg", &huge).await.problem(413));
    said.add(&client.upload(color, "a.jpg", b"text").await.problem(415));
    let other = Form::new().text("other", "x");
    said.add(&client.post_form(&images, other).await.problem(422));
    said.add(&client.post(&train).await.problem(400));
    let bald = encode::jpeg(&picture(View::Bald, "1", 6).rgb);
    for photo in [hairless(), bald] {
        client.upload(color, "a.jpg", &photo).await.expect(201);
    }
    said.add(&client.post(&train).await.problem(422));
}

/// The job of a library in which nothing can be trained.
async fn jobs(client: &Client, said: &mut Said) {
    let job = format!("/jobs/{}", client.post("/train").await.expect(202)["id"]);
    while client.get(&job).await.expect(200)["status"] != "succeeded" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    said.add(&client.delete(&job).await.problem(409));
}

async fn uploads(client: &Client, color: u64, said: &mut Said) {
    let images = format!("/colors/{color}/images");
    for unknown in ["0", &"0".repeat(32)] {
        let body = json!({ "upload": unknown });
        said.add(&client.post_json(&images, &body).await.problem(404));
        let put = client.request(Method::PUT, &format!("/uploads/{unknown}"));
        said.add(&client.send(put.body("x")).await.problem(404));
    }
    let ask = async |kind: &str, size: u64| {
        let body = json!({ "filename": "a.jpg", "content_type": kind, "size": size });
        client.post_json("/uploads", &body).await
    };
    said.add(&ask("image/jpeg", 30_000_000).await.problem(413));
    said.add(&ask("text/plain", 1000).await.problem(415));
    said.add(&ask("image/jpeg", 0).await.problem(422));
    let upload = ask("image/jpeg", 1000).await.expect(201);
    let unsent = json!({ "upload": upload["key"] });
    said.add(&client.post_json(&images, &unsent).await.problem(409));
    let put = |kind: &str, size: usize| {
        let request = client.request(Method::PUT, &format!("/uploads/{}", text(&upload["key"])));
        request.header("content-type", kind).body(vec![0; size])
    };
    said.add(&client.send(put("image/jpeg", 2000)).await.problem(413));
    said.add(&client.send(put("image/png", 1000)).await.problem(415));
    said.add(&client.send(put("image/jpeg", 10)).await.problem(422));
}

async fn analyses(client: &Client, said: &mut Said) {
    let form = || {
        let request = client.request(Method::POST, "/analyze");
        request.header("content-type", "multipart/form-data; boundary=b")
    };
    said.add(&client.send(form().body("--b\r\n")).await.problem(400));
    said.add(&client.send(form().body("--b--\r\n")).await.problem(422));
    let squeezed = form().header("content-encoding", "br").body("x");
    said.add(&client.send(squeezed).await.problem(415));
}

async fn imports(said: &mut Said) {
    let server = private();
    let client = server.client();
    client
        .upload(client.color(&json!({ "name": "Ash" })).await, "a.jpg", &speck(1))
        .await;
    let file = client.get("/export").await.body;
    let import = |kind: &str, file: &[u8]| {
        let request = client
            .request(Method::POST, "/import")
            .header("content-type", kind);
        request.body(file.to_vec())
    };
    let half = import("application/x-tar", &file[..file.len() / 2]);
    said.add(&client.send(half).await.problem(422));
    said.add(&client.send(import("image/jpeg", &file)).await.problem(415));
    let announced = client
        .request(Method::POST, "/import")
        .header("content-type", "application/x-tar");
    let announced = announced
        .header("content-length", (8_u64 << 30) + 1)
        .body(endless());
    said.add(&client.send(announced).await.problem(413));
    // Two may arrive at a time.
    let arriving = [(); 2].map(|()| Unfinished::post(&server, "/import", "application/x-tar", file.len()));
    said.add(&client.send(import("application/x-tar", &file)).await.problem(409));
    drop(arriving);
}

/// A body that never sends anything.
fn endless() -> reqwest::Body {
    reqwest::Body::wrap_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>())
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn every_example_of_a_problem_matches_a_response() {
    let mut said = Said::default();
    keys_and_paths(&mut said).await;
    let server = private();
    let client = server.client();
    let color = json_and_names(&client, &mut said).await;
    photos_and_training(&client, color, &mut said).await;
    jobs(&client, &mut said).await;
    uploads(&client, color, &mut said).await;
    analyses(&client, &mut said).await;
    imports(&mut said).await;
    let nothing = tempfile::tempdir().expect("a temporary folder");
    let without_runtime = private_with(&[
        ("STRAND_MODELS_DIR", &nothing.path().display().to_string()),
        ("ORT_DYLIB_PATH", ""),
    ]);
    let photo = speck(1);
    let answer = without_runtime.client().analyze([("a.jpg", &photo[..])]).await;
    said.add(&answer.problem(503));

    let document = document(&client).await;
    let (mut unheard, mut unused) = (BTreeSet::new(), BTreeSet::from(NOT_PROVOKED));
    for operation in operations(&document) {
        for (status, answer) in operation.body["responses"].as_object().expect("responses") {
            let example = &answer["content"]["application/problem+json"]["example"];
            let Some(detail) = example["detail"].as_str() else {
                continue;
            };
            unused.remove(detail);
            if !said.0.contains(&without_keys(detail)) && !NOT_PROVOKED.contains(&detail) {
                unheard.insert(format!("{} {status}: {detail}", operation.name()));
            }
        }
    }
    assert!(unheard.is_empty(), "{unheard:#?} are not among {:#?}", said.0);
    assert!(unused.is_empty(), "no example quotes {unused:?}");
}

#[test]
fn examples_that_are_not_provoked_occur_in_the_source() {
    let mut source = String::new();
    read_source(&root().join("shared"), &mut source);
    for sentence in NOT_PROVOKED {
        assert!(source.contains(sentence), "{sentence:?} is nowhere in the source");
    }
}

/// Reads all Rust files below `folder` except those with the examples.
fn read_source(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_source(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("problems.rs") {
            into.push_str(&std::fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

/// A document without examples would pass the test above.
#[tokio::test]
async fn the_document_quotes_many_problems() {
    let document = document(&strand_tests::server::shared().client()).await;
    let all = operations(&document);
    let details = all.iter().flat_map(|operation| {
        let answers = operation.body["responses"]
            .as_object()
            .expect("responses")
            .values();
        answers.map(|answer| answer["content"]["application/problem+json"]["example"]["detail"].clone())
    });
    let sentences: BTreeSet<String> = details
        .filter_map(|detail| Some(Value::as_str(&detail)?.to_owned()))
        .collect();
    assert!(sentences.len() > 30, "{sentences:#?}");
}
