//! Pages of other sites, names that are made to point here, and what every answer tells browsers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use strand_tests::client::{Client, form};
use strand_tests::server::{private, private_with, shared};

use crate::fixtures::{speck, unique};

const EVIL: &str = "https://evil.example";

async fn status(client: &Client, method: Method, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await.status.as_u16()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_page_of_another_site_changes_nothing() {
    let server = private();
    let client = server.client();
    let color = client.color(&json!({ "name": unique("Target") })).await;
    client.upload(color, "a.jpg", &speck(1)).await.expect(201);
    let (images, train, stream) = (
        format!("/colors/{color}/images"),
        format!("/train/{color}"),
        format!("/train/{color}/stream"),
    );
    let cross_site = ("sec-fetch-site", "cross-site");
    for (method, path) in [
        (Method::POST, images.as_str()),
        (Method::POST, &train),
        (Method::GET, &stream),
        (Method::POST, "/train"),
        (Method::POST, "/clear-cache"),
        (Method::POST, "/import"),
        (Method::POST, "/analyze"),
        (Method::DELETE, &format!("/colors/{color}")),
    ] {
        for headers in [
            &[("origin", EVIL), cross_site][..],
            &[("origin", EVIL)],
            &[("origin", "null")],
            &[cross_site],
        ] {
            assert_eq!(
                status(&client, method.clone(), path, headers).await,
                403,
                "{method} {path} {headers:?}"
            );
        }
    }
    let form = form("image", [("b.jpg", &speck(2)[..])]);
    let by_form = client.request(Method::POST, &images).multipart(form);
    let refused = client.send(by_form.header("origin", EVIL)).await;
    assert_eq!(refused.json()["code"], "origin_foreign");
    let color = client.get_color(color).await;
    assert_eq!(
        (&color["image_count"], &color["status"]),
        (&json!(1), &json!("untrained")),
        "{color}"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn pages_of_ours_and_programs_may() {
    let server = private();
    let client = server.client();
    let own = server.base().to_owned();
    for headers in [
        &[][..],
        &[("origin", own.as_str())],
        &[("origin", "http://localhost:5173")],
        // Behind a proxy that does not pass the name on.
        &[
            ("origin", "https://salon.example"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[
            ("origin", "https://salon.example"),
            ("x-forwarded-host", "salon.example"),
        ],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        assert_eq!(
            status(&client, Method::POST, "/clear-cache", headers).await,
            200,
            "{headers:?}"
        );
    }
    // Looking is what pages of other sites may do, but not read: that is for CORS.
    assert_eq!(
        status(&client, Method::GET, "/colors", &[("origin", EVIL)]).await,
        200
    );
    assert_eq!(
        status(&client, Method::OPTIONS, "/colors", &[("origin", EVIL)]).await,
        200
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_name_that_points_here_opens_nothing() {
    let server = private_with(&[("ALLOWED_ORIGINS", "https://salon.example")]);
    let client = server.client();
    for path in ["/", "/colors", "/health", "/export", "/nowhere", "/docs"] {
        for host in ["rebind.evil.example", "localhost.evil.example:8000"] {
            let headers = [("host", host), ("origin", "http://rebind.evil.example")];
            assert_eq!(
                status(&client, Method::GET, path, &headers).await,
                403,
                "{host}{path}"
            );
        }
    }
    for host in [
        "localhost:9",
        "127.0.0.1",
        "[::1]:8000",
        "strand.localhost",
        "salon.example",
    ] {
        assert_eq!(
            status(&client, Method::GET, "/colors", &[("host", host)]).await,
            200,
            "{host}"
        );
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn without_a_key_only_this_machine_is_listened_to() {
    let port = |server: &strand_tests::server::Server| {
        server
            .base()
            .rsplit(':')
            .next()
            .map(str::to_owned)
            .expect("a port")
    };
    // 127.0.0.2 is this machine too, but another address.
    let reaches = |port: &str| TcpStream::connect(format!("127.0.0.2:{port}")).is_ok();
    let closed = private();
    assert!(!reaches(&port(&closed)));
    assert!(
        closed.log().contains("No key is set, so only this machine"),
        "{}",
        closed.log()
    );
    let keyed = private_with(&[("STRAND_API_KEY", "a key")]);
    assert!(reaches(&port(&keyed)) && !keyed.log().contains("No key is set"));
    let open = private_with(&[("STRAND_LISTEN", "0.0.0.0")]);
    assert!(reaches(&port(&open)));
    assert!(
        open.log().contains("everyone who reaches this server"),
        "{}",
        open.log()
    );
    // There, names are the network's business.
    assert_eq!(
        status(
            &open.client(),
            Method::GET,
            "/colors",
            &[("host", "salon.example")]
        )
        .await,
        200
    );
}

#[tokio::test]
async fn every_answer_tells_browsers_what_it_is() {
    let client = shared().client();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/page/app.js"),
        (Method::GET, "/docs/"),
        (Method::GET, "/docs/swagger-ui.css"),
        (Method::GET, "/docs/errors"),
        (Method::GET, "/health"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/colors"),
        (Method::GET, "/colors/987654321"),
        (Method::GET, "/nowhere"),
        (Method::PUT, "/colors"),
        (Method::POST, "/analyze"),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await;
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{method} {path}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{method} {path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{method} {path}: {policy}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{method} {path}");
    }
    for path in ["/colors", "/jobs", "/colors/987654321"] {
        assert_eq!(
            client.get(path).await.header("cache-control"),
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_name_cannot_pass_for_another() {
    let client = shared().client();
    for hidden in [
        '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{2028}', '\u{feff}', '\u{7}', '\u{85}',
    ] {
        let name = format!("Ash{hidden}Blonde");
        client
            .post_json("/colors", &json!({ "name": name }))
            .await
            .problem(422);
    }
    client
        .color(&json!({ "name": unique("Ombr\u{e9} \u{5d0}\u{5d1} \u{1f469}\u{200d}\u{1f9b0}") }))
        .await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "reads the files of the server")]
async fn the_database_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = private();
    server.client().color(&json!({ "name": "Private" })).await;
    let files = std::fs::read_dir(server.data()).expect("a folder").flatten();
    let database =
        files.filter(|file| file.file_name() == "strand.db" || file.file_name() == "strand.db-wal");
    let modes: Vec<_> = database
        .map(|file| {
            (
                file.path(),
                file.metadata().expect("a file").permissions().mode() & 0o777,
            )
        })
        .collect();
    assert!(
        !modes.is_empty() && modes.iter().all(|(_, mode)| *mode == 0o600),
        "{modes:?}"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn half_open_connections_do_not_hold_the_end_up() {
    let mut server = private();
    let address = server.base().trim_start_matches("http://").to_owned();
    let open = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(&address).expect("the server listens");
        stream.write_all(bytes).expect("the server reads");
        stream
    };
    let mut connections: Vec<TcpStream> = (0..20)
        .flat_map(|_| {
            [
                open(b""),
                open(b"GET /hea"),
                open(b"GET / HTTP/1.1\r\nHost: localhost\r\n"),
                open(b"PRI * HTTP/2.0\r\n"),
            ]
        })
        .collect();
    // One that was answered and is kept.
    let mut kept = open(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(kept.read(&mut [0; 4096]).expect("an answer") > 0);
    connections.push(kept);
    let started = Instant::now();
    let status = server.terminate();
    assert!(status.success(), "{status}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    drop(connections);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_lock_file_that_was_deleted_lets_nobody_in() {
    let server = private();
    server.client().color(&json!({ "name": "Locked" })).await;
    std::fs::remove_file(server.data().join("lock")).expect("it is there");
    let second = std::process::Command::new(strand_tests::server::binary())
        .args(["export", "-"])
        .env("STRAND_DATA_DIR", server.data())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("in use"), "{said}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn guesses_of_keys_are_slowed() {
    let server = private_with(&[("STRAND_API_KEY", "right")]);
    let client = server.client();
    let guess = |key: String, from: &'static str| {
        let request = client
            .request(Method::POST, "/clear-cache")
            .header("x-api-key", key);
        client.send(request.header("x-forwarded-for", from))
    };
    // The owner is behind the same address.
    guess("right".to_owned(), "203.0.113.7").await.expect(200);
    let mut statuses = Vec::new();
    for number in 0..60 {
        let answer = guess(format!("guess {number}"), "203.0.113.7").await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
        }
        statuses.push(answer.status.as_u16());
    }
    assert!(statuses[..30].iter().all(|status| *status == 403), "{statuses:?}");
    assert!(
        statuses.iter().filter(|status| **status == 429).count() > 20,
        "{statuses:?}"
    );
    guess("right".to_owned(), "203.0.113.7").await.expect(200);
    guess("right".to_owned(), "203.0.113.8").await.expect(200);
    client.get("/colors").await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn too_many_requests_are_told_to_wait() {
    let server = private_with(&[("STRAND_RATE_LIMIT", "2")]);
    let client = server.client();
    let ask = |from: &'static str| {
        client.send(
            client
                .request(Method::GET, "/colors")
                .header("x-forwarded-for", from),
        )
    };
    let mut refused = None;
    for _ in 0..200 {
        let answer = ask("203.0.113.7").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("200 requests are too many");
    assert!(
        refused.header("retry-after").parse::<u32>().is_ok(),
        "{refused:?}"
    );
    assert_eq!(refused.json()["code"], "too_many_requests");
    ask("203.0.113.8").await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_library_holds_no_more_than_its_quotas() {
    let server = private_with(&[("STRAND_MAX_SHADES", "2"), ("STRAND_MAX_PHOTOS", "1")]);
    let client = server.client();
    let color = client.color(&json!({ "name": "First" })).await;
    client.color(&json!({ "name": "Second" })).await;
    let third = client.post_json("/colors", &json!({ "name": "Third" })).await;
    assert!(third.problem(507).contains("2 shades"), "{third:?}");
    client.upload(color, "a.jpg", &speck(1)).await.expect(201);
    let more = client.upload(color, "b.jpg", &speck(2)).await;
    assert_eq!(more.json()["code"], "quota_reached", "{more:?}");
    client.upload(color, "a.jpg", &speck(1)).await.expect(200);
    let image = client.images(color).await[0]["id"].clone();
    client.delete(&format!("/colors/{color}/images/{image}")).await;
    client.upload(color, "b.jpg", &speck(2)).await.expect(201);
    let server = private_with(&[("STRAND_MAX_MEGABYTES", "0")]);
    let color = server.client().color(&json!({ "name": "Empty" })).await;
    server
        .client()
        .upload(color, "a.jpg", &speck(1))
        .await
        .problem(507);
}

/// Adds the names of the functions in the Rust files below a folder.
fn functions(folder: &std::path::Path, found: &mut std::collections::HashSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split('(').next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn each_threat_names_a_test_that_exists() {
    let root = strand_tests::server::root();
    let mut known = std::collections::HashSet::new();
    for folder in ["shared", "tests"] {
        functions(&root.join(folder), &mut known);
    }
    let text = std::fs::read_to_string(root.join("SECURITY.md")).expect("a document");
    let named = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches('_').count() > 1);
    let tests: Vec<&str> = named
        .filter(|name| {
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
        .collect();
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        assert!(known.contains(test), "SECURITY.md names {test}, which is no test");
    }
}
