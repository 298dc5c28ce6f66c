//! Health, API description, metrics, and what applies to every route: request ids, unknown paths and methods.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Answer, number, text};
use strand_tests::server::{emulated_functions, private, shared};

use crate::fixtures::back;

#[tokio::test]
async fn health_reports_status_store_models_and_memory() {
    let health = shared().client().get("/health").await.expect(200);
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["service"], "Hair Color Analyzer API");
    assert!(!text(&health["version"]).is_empty());
    assert!(["embedded", "aws"].contains(&text(&health["store"])), "{health}");
    let models = &health["models"];
    assert!(text(&models["parser"]).starts_with("hair-parser-"), "{health}");
    assert!(
        text(&models["feature_space"]).contains(text(&models["parser"])),
        "{health}"
    );
    assert!(models["loaded"].is_array(), "{health}");
    let memory = &health["memory"];
    assert!(
        number(&memory["resident_bytes"]) <= number(&memory["peak_bytes"]),
        "{health}"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn health_loads_no_model() {
    let server = private();
    let client = server.client();
    let health = client.get("/health").await.expect(200);
    assert_eq!(health["models"]["loaded"], json!([]));
    client.get("/colors").await.expect(200);
    let is_mapped = || {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", server.pid())).expect("Linux");
        maps.contains("onnxruntime")
    };
    assert!(!is_mapped(), "ONNX Runtime is mapped before the first analysis");
    client.analyze_one(&back("6", 2)).await;
    assert!(is_mapped(), "this test would not see ONNX Runtime");
    let health = client.get("/health").await.expect(200);
    assert_eq!(health["models"]["loaded"], json!([health["models"]["parser"]]));
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_start_is_logged() {
    let server = private();
    assert!(
        server.log().contains("No trained models found"),
        "{}",
        server.log()
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_log_is_json_when_stderr_is_not_a_terminal() {
    let server = private();
    let asked = server.client().get("/colors/987654").await;
    asked.problem(404);
    let log = server.log();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            event["timestamp"].is_string() && event["level"].is_string(),
            "{line}"
        );
    }
    assert!(
        log.contains(asked.header("x-request-id")),
        "the request id is not in the log:\n{log}"
    );
}

/// Every route of the contract except the web page.
const ROUTES: [(&str, &str); 24] = [
    ("get", "/health"),
    ("get", "/ready"),
    ("get", "/metrics"),
    ("get", "/palette"),
    ("post", "/colors"),
    ("get", "/colors"),
    ("get", "/colors/{}"),
    ("patch", "/colors/{}"),
    ("delete", "/colors/{}"),
    ("post", "/colors/{}/images"),
    ("get", "/colors/{}/images"),
    ("delete", "/colors/{}/images/{}"),
    ("post", "/train/{}"),
    ("get", "/train/{}/stream"),
    ("post", "/train"),
    ("get", "/jobs"),
    ("get", "/jobs/{}"),
    ("delete", "/jobs/{}"),
    ("post", "/analyze"),
    ("post", "/analyze-legacy"),
    ("get", "/cache/stats"),
    ("post", "/clear-cache"),
    ("post", "/uploads"),
    ("put", "/uploads/{}"),
];

#[tokio::test]
async fn the_description_is_openapi_3_1_and_names_every_route() {
    let document = shared().client().get("/openapi.json").await.expect(200);
    assert!(
        text(&document["openapi"]).starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    assert!(!text(&document["info"]["title"]).is_empty());
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            described.insert((method.clone(), without_names(path)));
            let answers = operation["responses"].as_object().expect("responses");
            assert!(!answers.is_empty(), "{method} {path} answers nothing");
        }
    }
    for (method, path) in ROUTES {
        assert!(
            described.contains(&(method.to_owned(), path.to_owned())),
            "{method} {path} is not described"
        );
    }
    assert!(
        described
            .iter()
            .any(|(_, path)| path.starts_with("/training_data/")),
        "the photos are not described"
    );
}

#[tokio::test]
async fn every_reference_in_the_description_resolves() {
    let document = shared().client().get("/openapi.json").await.expect(200);
    let mut targets = Vec::new();
    collect_references(&document, &mut targets);
    assert!(!targets.is_empty());
    for target in targets {
        let pointer = target
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{target} leaves the document"));
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect_references(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, into)),
        _ => {}
    }
}

/// `/colors/{id}` and `/colors/{color_id}` are the same route.
fn without_names(path: &str) -> String {
    let mut depth = 0;
    let keep = |c: &char| {
        if *c == '{' {
            depth += 1;
            return true;
        }
        depth -= i32::from(*c == '}');
        depth == 0
    };
    path.chars().filter(keep).collect()
}

#[tokio::test]
async fn the_docs_page_loads_nothing_from_other_hosts() {
    let client = shared().client();
    let page = client.get("/docs").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.header("content-type").starts_with("text/html"));
    let html = String::from_utf8_lossy(&page.body);
    assert!(html.contains("name=\"viewport\""), "{html}");
    let script = client.get("/docs/swagger-ui-bundle.js").await;
    let is_squeezed = script.body.starts_with(&[0x1f, 0x8b]);
    assert_eq!(is_squeezed, script.header("content-encoding") == "gzip");
    client.get("/docs/none.js").await.problem(404);
    for attribute in ["src=\"", "href=\""] {
        for rest in html.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap_or_default();
            assert!(!target.contains("//"), "{target} comes from another host");
        }
    }
}

#[tokio::test]
async fn metrics_are_prometheus_text_and_count() {
    let client = shared().client();
    if emulated_functions() {
        // The processes would each count only their own requests.
        client.get("/metrics").await.problem(404);
        return;
    }
    let before = requests_to_health(&client.get("/metrics").await);
    client.get("/health").await.expect(200);
    let metrics = client.get("/metrics").await;
    assert!(requests_to_health(&metrics) > before, "{metrics:?}");
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.header("content-type").starts_with("text/plain"),
        "{}",
        metrics.header("content-type")
    );
    let text = String::from_utf8_lossy(&metrics.body);
    assert!(text.contains("# TYPE "), "{text}");
    let samples = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for sample in samples {
        let value = sample.rsplit(' ').next().unwrap_or_default();
        assert!(value.parse::<f64>().is_ok(), "not a sample: {sample}");
    }
}

/// The number of requests to `/health` with status 200, according to the metrics. Other tests send some too.
fn requests_to_health(metrics: &Answer) -> f64 {
    let text = String::from_utf8_lossy(&metrics.body);
    let of_health = |line: &&str| {
        let parts = ["route=\"/health\"", "status=\"200\""];
        line.starts_with("strand_http_requests_total{") && parts.iter().all(|part| line.contains(part))
    };
    let counts = text.lines().filter(of_health);
    let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    counts.sum()
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let client = shared().client();
    client.get("/nothing/here").await.problem(404);
    let wrong = client.send(client.request(Method::PUT, "/colors")).await;
    wrong.problem(405);
    assert!(
        wrong.header("allow").contains("GET"),
        "405 has to name what is allowed: {wrong:?}"
    );
}

#[tokio::test]
async fn a_valid_request_id_is_kept() {
    let client = shared().client();
    for path in ["/health", "/colors/987654321"] {
        let asked = client
            .request(Method::GET, path)
            .header("x-request-id", "salon-7.A_b:42");
        assert_eq!(
            client.send(asked).await.header("x-request-id"),
            "salon-7.A_b:42",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_invalid_request_id_is_replaced() {
    let client = shared().client();
    for invalid in [
        "x".repeat(2000),
        "<script>alert(1)</script>".to_owned(),
        "a\tb c".to_owned(),
        String::new(),
    ] {
        let answer = client
            .send(
                client
                    .request(Method::GET, "/health")
                    .header("x-request-id", &invalid),
            )
            .await;
        assert_ne!(answer.header("x-request-id"), invalid);
    }
    let (one, other) = (client.get("/health").await, client.get("/health").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}
