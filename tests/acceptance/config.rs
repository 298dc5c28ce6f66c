//! The environment: the API key, wrong values, and ending well.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use strand_tests::client::{Client, form};
use strand_tests::server::{deployment, not_run, private, private_with, refuse_to_start, root};

use crate::fixtures::{back, speck, unique};

const KEY: &str = "correct horse battery";

#[tokio::test]
async fn a_key_guards_what_changes_something() {
    let environment = [("STRAND_API_KEY", KEY)];
    let Some(server) = private_with("config::a_key_guards_what_changes_something", &environment) else {
        return;
    };
    let client = server.client();
    let with_key = |request: RequestBuilder| request.header("x-api-key", KEY);
    let body = json!({ "name": unique("Guarded") });
    let created = client
        .send(with_key(client.request(Method::POST, "/colors")).json(&body))
        .await
        .expect(201);
    let color = &created["id"];
    let guarded = [
        (Method::POST, "/colors".to_owned()),
        (Method::PATCH, format!("/colors/{color}")),
        (Method::DELETE, format!("/colors/{color}")),
        (Method::POST, format!("/colors/{color}/images")),
        (Method::DELETE, format!("/colors/{color}/images/1")),
        (Method::POST, format!("/train/{color}")),
        (Method::GET, format!("/train/{color}/stream")),
        (Method::POST, "/train".to_owned()),
        (Method::POST, "/clear-cache".to_owned()),
    ];
    for (method, path) in guarded {
        let ask = || {
            client
                .request(method.clone(), &path)
                .json(&json!({ "name": unique("Refused") }))
        };
        client.send(ask()).await.problem(401);
        client.send(ask().header("x-api-key", "wrong")).await.problem(403);
        client.send(ask().bearer_auth("wrong")).await.problem(403);
        for right in [with_key(ask()), ask().bearer_auth(KEY)] {
            let answer = client.send(right).await;
            assert!(
                ![401, 403].contains(&answer.status.as_u16()),
                "{method} {path}: {answer:?}"
            );
            if method == Method::DELETE {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_key_leaves_reading_and_matching_open() {
    let environment = [("STRAND_API_KEY", KEY)];
    let Some(server) = private_with("config::a_key_leaves_reading_and_matching_open", &environment) else {
        return;
    };
    let client = server.client();
    for path in ["/health", "/openapi.json", "/docs", "/colors", "/cache/stats"] {
        assert!(client.get(path).await.status.is_success(), "{path}");
    }
    client.get("/colors/987654321").await.problem(404);
    client.get("/jobs/987654321").await.problem(404);
    let photo = back("6", 2);
    client.analyze([("a.jpg", &photo[..])]).await.expect(200);
    client
        .post_form("/analyze-legacy", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_wrong_value_stops_the_start_with_one_line() {
    if deployment().is_some() {
        return not_run(
            "config::a_wrong_value_stops_the_start",
            "the deployment has started",
        );
    }
    for (name, value, allowed) in [
        ("PORT", "eighty", "65535"),
        ("PORT", "70000", "65535"),
        ("STRAND_STORE", "mongodb", "embedded"),
        ("STRAND_THREADS", "0", "1"),
        ("STRAND_THREADS", "many", "1"),
        ("STRAND_PRELOAD", "perhaps", "on"),
        ("ALLOWED_ORIGINS", "localhost:5173", "https://"),
        ("RUST_LOG", "strand=loud", "info"),
        ("STRAND_DATA_DIR", "/proc/none/of/this", "STRAND_DATA_DIR"),
    ] {
        let (status, said) = refuse_to_start(&[(name, value)]);
        assert!(!status.success(), "{name}={value} is no success");
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines.len(), 1, "{name}={value}: one line, not\n{said}");
        for part in [name, value, allowed] {
            assert!(said.contains(part), "{name}={value}: {part} is missing in {said}");
        }
    }
}

#[tokio::test]
async fn a_taken_port_stops_the_start_with_one_line() {
    let Some(server) = private("config::a_taken_port_stops_the_start_with_one_line") else {
        return;
    };
    let port = server.base().rsplit(':').next().unwrap_or_default().to_owned();
    let (status, said) = refuse_to_start(&[("PORT", &port)]);
    assert!(!status.success());
    assert!(said.contains(&port), "{said}");
}

#[tokio::test]
async fn missing_models_are_told_with_the_way_to_get_them() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let folder = empty.path().display().to_string();
    // ONNX Runtime lies beside the models, and only they are to be missing.
    let runtime = root()
        .join("models/onnxruntime/libonnxruntime.so")
        .display()
        .to_string();
    let environment = [("STRAND_MODELS_DIR", &*folder), ("ORT_DYLIB_PATH", &*runtime)];
    let Some(server) = private_with("config::missing_models_are_told", &environment) else {
        return;
    };
    let client = server.client();
    // Everything but the network works: the library can be filled before the models are there.
    let color = client.color(&json!({ "name": "Waiting" })).await;
    client.upload(color, "a.jpg", &speck(1)).await.expect(201);
    let photo = back("6", 2);
    let answer = client.analyze([("a.jpg", &photo[..])]).await;
    if answer.status == 200 {
        return not_run(
            "config::missing_models_are_told",
            "this build carries its own parser",
        );
    }
    let detail = answer.problem(503);
    assert!(
        detail.contains("models fetch") || detail.contains("make "),
        "does not name the command: {detail}"
    );
    assert!(
        !answer.header("retry-after").is_empty(),
        "503 comes with Retry-After"
    );
}

#[tokio::test]
async fn sigterm_lets_running_requests_finish() {
    let Some(mut server) = private("config::sigterm_lets_running_requests_finish") else {
        return;
    };
    let client = server.client();
    let photos: Vec<Vec<u8>> = [("6", 2), ("24", 2), ("1", 2)]
        .map(|(code, seed)| back(code, seed))
        .into();
    let running = slow_request(&client, &photos);
    let answer = tokio::join!(running, async {
        // The request is on its way once the server has counted it; asking is cheaper than waiting a fixed time.
        client.get("/health").await.expect(200);
        server.signal_terminate();
    })
    .0;
    let rows = answer.expect(200)["results"].as_array().map(Vec::len);
    assert_eq!(rows, Some(3), "the analysis that ran was cut off");
    let status = server.terminate();
    assert!(status.success(), "a wished-for end is no failure: {status}");
}

async fn slow_request(client: &Client, photos: &[Vec<u8>]) -> strand_tests::client::Answer {
    client
        .analyze(photos.iter().map(|photo| ("a.jpg", photo.as_slice())))
        .await
}

#[tokio::test]
async fn the_command_line_explains_itself() {
    if deployment().is_some() {
        return not_run("config::the_command_line_explains_itself", "it needs the binary");
    }
    let run = |argument: &str| {
        std::process::Command::new(strand_tests::server::binary())
            .arg(argument)
            .output()
            .expect("it runs")
    };
    let (help, version) = (run("--help"), run("--version"));
    assert!(
        help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Usage"),
        "{help:?}"
    );
    assert!(version.status.success(), "{version:?}");
    assert!(!run("--no-such-option").status.success());
}
