//! Clients that want the memory or the time of the server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use strand_tests::render::encode;
use strand_tests::server::{Server, private, private_with};

use crate::fixtures::back;

const MULTIPART: &str = "multipart/form-data; boundary=b";

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.base().trim_start_matches("http://")).expect("the server listens")
}

/// Sends the head of a POST that announces 60 MB, `start`, and then bytes until the server has had enough. Returns what
/// it answers.
fn endless(server: &Server, start: &[u8]) -> String {
    let mut stream = connect(server);
    let head = format!(
        "POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART}\r\nContent-Length: 60000000\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the server reads");
    stream.write_all(start).expect("the server reads");
    let megabyte = vec![b'x'; 1_000_000];
    for _ in 0..59 {
        if stream.write_all(&megabyte).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn headers_without_an_end_are_refused() {
    let server = private();
    let header = b"--b\r\nContent-Disposition: form-data; name=\"images\"; filename=\"";
    for start in [&b""[..], header] {
        let answer = endless(&server, start);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("16 kB"), "{answer}");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_long_name_is_not_repeated() {
    let server = private();
    let name = "n".repeat(9000);
    let answer = server.client().analyze([(&*name, &b"no photo"[..])]).await;
    let rows = answer.expect(200);
    assert_eq!(rows["results"][0]["filename"], "n".repeat(200));
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn heads_are_bounded() {
    let server = private();
    for (length, status) in [(30_000, "200"), (40_000, "431")] {
        let mut stream = connect(&server);
        let head = format!(
            "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: {}\r\n\r\n",
            "a".repeat(length)
        );
        stream.write_all(head.as_bytes()).expect("the server reads");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("the server answers");
        assert_eq!(std::str::from_utf8(&answer[9..]), Ok(status));
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn idle_connections_make_room_for_others() {
    let server = private();
    // More than the server holds at a time.
    let mut idle = Vec::new();
    for _ in 0..1500 {
        let Ok(mut stream) = TcpStream::connect(server.base().trim_start_matches("http://")) else {
            // This process has no more descriptors; the request below needs some.
            idle.drain(..idle.len().min(50));
            break;
        };
        let _ = stream.write_all(b"GET /health HTT");
        idle.push(stream);
        if idle.len() == 1000 {
            idle.drain(..100);
        }
    }
    server.client().get("/health").await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn bodies_that_trickle_delay_no_other_request() {
    let server = private_with(&[("STRAND_THREADS", "1")]);
    let trickling: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = connect(&server);
            let head = format!(
                "POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART}\r\nContent-Length: 20000000\r\n\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).expect("the server reads");
            let _ = stream.set_write_timeout(Some(std::time::Duration::from_secs(1)));
            let megabyte = vec![b'x'; 1_000_000];
            // Where the memory for bodies is in use, the server reads no more.
            for _ in 0..19 {
                if stream.write_all(&megabyte).is_err() {
                    break;
                }
            }
            stream
        })
        .collect();
    server.client().analyze_one(&back("6", 2)).await;
    drop(trickling);
}

/// The memory that the server has at present, in bytes.
fn resident(health: &serde_json::Value) -> u64 {
    health["memory"]["resident_bytes"]
        .as_u64()
        .expect("a number of bytes")
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn readers_that_do_not_read_take_no_memory() {
    let server = private();
    let client = server.client();
    let id = client.color(&serde_json::json!({"name": "Never read"})).await;
    // Not compressed, so 16 MB.
    let photo = encode::file(&image::RgbImage::new(2300, 2300), image::ImageFormat::Bmp);
    let image = client.upload(id, "a.bmp", &photo).await.expect(201);
    let path = image["image_path"].as_str().expect("a path").to_owned();
    assert_eq!(client.get(&path).await.body, photo);
    let before = resident(&client.get("/health").await.expect(200));
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(&server);
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            stream.write_all(head.as_bytes()).expect("the server reads");
            // It has begun to answer.
            stream.read_exact(&mut [0; 16]).expect("the server answers");
            stream
        })
        .collect();
    let after = resident(&client.get("/health").await.expect(200));
    assert!(after < before + 60_000_000, "from {before} to {after} bytes");
    drop(readers);
}
