//! The environment: the API key, wrong values, and shutdown.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use strand_tests::client::form;
use strand_tests::raw::Unfinished;
use strand_tests::server::{private, private_with, refuse_to_start};

use crate::fixtures::{back, speck, unique};

const KEY: &str = "correct horse battery";

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_key_guards_what_changes_something() {
    let environment = [("STRAND_API_KEY", KEY)];
    let server = private_with(&environment);
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
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_key_leaves_shades_and_matching_open() {
    let environment = [("STRAND_API_KEY", KEY)];
    let server = private_with(&environment);
    let client = server.client();
    for path in ["/health", "/openapi.json", "/docs", "/colors", "/cache/stats"] {
        assert!(client.get(path).await.status.is_success(), "{path}");
    }
    client.get("/colors/987654321").await.problem(404);
    let photo = back("6", 2);
    client.analyze([("a.jpg", &photo[..])]).await.expect(200);
    client
        .post_form("/analyze-legacy", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_wrong_value_stops_the_start_with_one_line() {
    for (name, value, allowed) in [
        ("PORT", "eighty", "65535"),
        ("PORT", "70000", "65535"),
        ("STRAND_STORE", "mongodb", "embedded"),
        ("STRAND_THREADS", "0", "1"),
        ("STRAND_THREADS", "many", "1"),
        ("STRAND_PRELOAD", "perhaps", "on"),
        ("STRAND_PUBLIC_READS", "perhaps", "on"),
        ("STRAND_MATCH_KEY", "on", "required"),
        ("STRAND_RATE_LIMIT", "-1", "per second"),
        ("STRAND_LISTEN", "localhost", "127.0.0.1"),
        ("ALLOWED_ORIGINS", "localhost:5173", "https://"),
        ("RUST_LOG", "strand=loud", "info"),
        ("STRAND_DATA_DIR", "/proc/none/of/this", "STRAND_DATA_DIR"),
        ("STRAND_BASE_PATH", "strand", "/strand"),
        ("STRAND_BASE_PATH", "/a/../b", "/strand"),
        ("STRAND_TRUSTED_PROXIES", "proxy", "10.0.0.0/8"),
    ] {
        let (status, said) = refuse_to_start(&[(name, value)]);
        assert!(!status.success(), "{name}={value} must not exit with 0");
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines.len(), 1, "{name}={value}: one line, not\n{said}");
        for part in [name, value, allowed] {
            assert!(said.contains(part), "{name}={value}: {part} is missing in {said}");
        }
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_key_is_what_a_person_sees_of_it() {
    let server = private_with(&[("STRAND_API_KEY", " secret\n")]);
    let client = server.client();
    let ask = || client.request(Method::POST, "/clear-cache");
    client.send(ask().header("x-api-key", "secret")).await.expect(200);
    client.send(ask().bearer_auth("secret")).await.expect(200);
    let blank = ask().header("x-api-key", "");
    client.send(blank.bearer_auth("secret")).await.expect(200);
    client.send(ask().header("x-api-key", "")).await.problem(401);
    // The stream of a color that is not there.
    client
        .get("/train/987654321/stream?api_key=secret%0A")
        .await
        .problem(404);
    assert!(!server.log().contains("secret"), "{}", server.log());
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_blank_variable_is_unset_and_the_log_says_so() {
    let server = private_with(&[("STRAND_API_KEY", " \n"), ("ALLOWED_ORIGINS", "")]);
    server.client().post("/clear-cache").await.expect(200);
    for said in ["STRAND_API_KEY is blank", "ALLOWED_ORIGINS is empty"] {
        assert!(server.log().contains(said), "{}", server.log());
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_key_that_no_header_can_carry_stops_the_start_and_is_not_repeated() {
    let (status, said) = refuse_to_start(&[("STRAND_API_KEY", "clé")]);
    assert!(!status.success());
    assert!(
        said.contains("STRAND_API_KEY") && said.contains("ASCII"),
        "{said}"
    );
    assert!(!said.contains("cl\u{e9}"), "{said}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_taken_port_stops_the_start_with_one_line() {
    let server = private();
    let port = server.base().rsplit(':').next().unwrap_or_default().to_owned();
    let (status, said) = refuse_to_start(&[("PORT", &port)]);
    assert!(!status.success());
    assert!(said.contains(&port), "{said}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_missing_model_is_named_with_the_command_that_fetches_it() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let folder = empty.path().display().to_string();
    let server = private_with(&[
        ("STRAND_MODELS_DIR", &folder),
        ("STRAND_PARSER", "hair-parser-pan"),
    ]);
    let command = "strand-server models fetch hair-parser-pan";
    assert!(server.log().contains(command), "{}", server.log());
    let client = server.client();
    // The library can be filled before the model is installed.
    let color = client.color(&json!({ "name": "Waiting" })).await;
    client.upload(color, "a.jpg", &speck(1)).await.expect(201);
    let photo = back("6", 2);
    for answer in [
        client.analyze([("a.jpg", &photo[..])]).await,
        client.post(&format!("/train/{color}")).await,
    ] {
        let detail = answer.problem(503);
        assert!(detail.contains(command), "does not name the command: {detail}");
        assert!(
            !answer.header("retry-after").is_empty(),
            "503 comes with Retry-After"
        );
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn sigterm_lets_running_requests_finish() {
    let mut server = private();
    let photo = back("6", 2);
    // Load the network first: the grace period is for the request.
    server.client().analyze_one(&back("24", 2)).await;
    let head = b"--b\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a.jpg\"\r\n\r\n";
    let body = [&head[..], &photo, b"\r\n--b--\r\n"].concat();
    let kind = "multipart/form-data; boundary=b";
    let mut running = Unfinished::post(&server, "/analyze", kind, body.len());
    server.signal_terminate();
    server.wait_for_log("Stopping");
    running.send(&body);
    let (status, answer) = running.answer();
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["num_images"], 1, "{answer}");
    let status = server.wait_for_end();
    assert!(status.success(), "a graceful shutdown exits with 0, not {status}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_command_line_explains_itself() {
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
