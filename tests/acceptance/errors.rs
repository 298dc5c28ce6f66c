//! Bad input: it gets the right status and a clear sentence, leaves nothing behind, and does not end the process.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Answer, Client, form, id};
use strand_tests::raw::Unfinished;
use strand_tests::render::encode;
use strand_tests::server::{Server, deployment, private};

use crate::fixtures::{back, hairless, speck, unique};

/// A server with one color and one photo, and the state of its library before the bad input.
struct Scene {
    server: Server,
    client: Client,
    color: u64,
    before: Library,
}

/// What the API shows of a library, and the files in its folder except the database. On a deployment, which other tests
/// change meanwhile, only the one color.
#[derive(Debug, PartialEq)]
struct Library {
    colors: Value,
    images: Value,
    files: BTreeMap<String, u64>,
}

impl Scene {
    async fn new(server: Server) -> Self {
        let client = server.client();
        let color = client.color(&json!({ "name": unique("Untouched") })).await;
        client.upload(color, "a.jpg", &speck(9)).await.expect(201);
        let before = library(&server, &client, color).await;
        Self {
            server,
            client,
            color,
            before,
        }
    }

    /// Checks that the bad input left no trace and the process responds.
    async fn assert_untouched(&self, after: &str) {
        self.client.get("/health").await.expect(200);
        assert_eq!(
            library(&self.server, &self.client, self.color).await,
            self.before,
            "{after} left a trace"
        );
    }

    async fn upload(&self, bytes: &[u8]) -> Answer {
        self.client.upload(self.color, "photo.jpg", bytes).await
    }
}

async fn library(server: &Server, client: &Client, color: u64) -> Library {
    let colors = if server.is_own() {
        client.get("/colors").await.expect(200)
    } else {
        client.get_color(color).await
    };
    let images = client.get(&format!("/colors/{color}/images")).await.expect(200);
    let mut files = BTreeMap::new();
    if server.is_own() {
        collect(&server.data(), &mut files);
    }
    Library {
        colors,
        images,
        files,
    }
}

/// The files under `folder` and their sizes. The database's own files are left out, because they grow and shrink at any
/// time.
fn collect(folder: &Path, into: &mut BTreeMap<String, u64>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            collect(&path, into);
        } else if !name.contains(".db") && !name.contains(".sqlite") {
            into.insert(
                path.display().to_string(),
                entry.metadata().map(|data| data.len()).unwrap_or_default(),
            );
        }
    }
}

/// A PNG bomb: 30,000 pixels each way in about 100 kB.
fn png_bomb() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 30_000, 30_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("a header");
    let mut stream = writer.stream_writer().expect("a stream");
    let row = [0u8; 3_750];
    (0..30_000).for_each(|_| stream.write_all(&row).expect("memory is writable"));
    stream.finish().expect("complete");
    drop(writer);
    assert!(file.len() < 300_000, "{} bytes", file.len());
    file
}

#[tokio::test]
async fn bad_photos_are_refused_on_every_route() {
    let server = deployment().unwrap_or_else(|| Server::start(&[]));
    let scene = Scene::new(server).await;
    let photo = back("6", 4);
    let png = encode::file(&image::RgbImage::new(64, 64), ImageFormat::Png);
    let cases = [
        ("an empty file", Vec::new(), 400),
        (
            "a text file named .jpg",
            b"This is a text, whatever its name says.".to_vec(),
            415,
        ),
        ("a truncated JPEG", photo[..photo.len() / 3].to_vec(), 400),
        ("the start of a JPEG", photo[..20].to_vec(), 400),
        ("a truncated PNG", png[..png.len() / 2].to_vec(), 400),
        ("a PNG with a broken checksum", broken(&png), 400),
        ("a 30,000 x 30,000 PNG", png_bomb(), 413),
        ("zeros", vec![0; 10_000], 415),
    ];
    for (what, bytes, status) in cases {
        let refused = scene.upload(&bytes).await;
        refused.problem(status);
        // In an analysis it is a row, with the same words.
        let (code, error) = scene.client.bad_row(&bytes).await;
        assert_eq!(refused.json()["code"], code, "{what}");
        assert_eq!(refused.json()["detail"], error, "{what}");
        let legacy = form("images", [("photo.jpg", &bytes[..])]);
        let legacy = scene
            .client
            .post_form("/analyze-legacy", legacy)
            .await
            .expect(200);
        assert_eq!(legacy[0]["error"], error, "{what}");
        scene.assert_untouched(what).await;
    }
}

fn broken(png: &[u8]) -> Vec<u8> {
    let mut broken = png.to_vec();
    let middle = broken.len() / 2;
    broken[middle] ^= 0xff;
    broken
}

#[tokio::test]
async fn a_photo_without_hair_is_a_row() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    let dot = encode::file(&image::RgbImage::new(1, 1), ImageFormat::Png);
    for (what, photo) in [("a 1x1 pixel", dot), ("a photo without hair", hairless())] {
        let (code, error) = scene.client.bad_row(&photo).await;
        assert_eq!(code, "no_hair", "{what}");
        assert!(error.to_lowercase().contains("hair"), "{what}: {error}");
        scene.assert_untouched(what).await;
    }
}

#[tokio::test]
#[cfg_attr(
    feature = "functions",
    ignore = "API Gateway refuses it before any function, and its emulator does not"
)]
async fn a_file_over_the_limit_is_refused() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    // A valid photo, padded to 21 MB.
    let mut huge = speck(1);
    huge.resize(21 * 1024 * 1024, 0);
    let detail = scene.upload(&huge).await.problem(413);
    assert!(
        detail.contains("20 MB"),
        "does not say how much would be right: {detail}"
    );
    let (code, error) = scene.client.bad_row(&huge).await;
    assert_eq!(code, "photo_too_large");
    assert!(error.contains("20 MB"), "{error}");
    scene.assert_untouched("a file over the limit").await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_body_over_the_limit_is_refused_before_it_is_sent() {
    let server = private();
    let scene = Scene::new(server).await;
    let upload = format!("/colors/{}/images", scene.color);
    for (path, kind) in [
        ("/analyze", "multipart/form-data; boundary=x"),
        (&*upload, "multipart/form-data; boundary=x"),
        ("/colors", "application/json"),
    ] {
        let answer = announce(&scene.server, path, kind, 900_000_000);
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
    scene.assert_untouched("a body over the limit").await;
}

/// Announces a body without sending it, and returns the start of the response.
fn announce(server: &Server, path: &str, kind: &str, length: u64) -> String {
    let address = server.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a socket option");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n--x\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_long_json_body_is_refused() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    let body = json!({ "name": unique("Long"), "description": "x".repeat(3 * 1024 * 1024) });
    scene.client.post_json("/colors", &body).await.problem(413);
    scene
        .client
        .post_json("/colors", &json!({ "name": "x".repeat(10_000) }))
        .await
        .problem(422);
    scene.assert_untouched("a long JSON body").await;
}

#[tokio::test]
async fn a_body_that_is_not_a_form_is_refused() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    let upload = format!("/colors/{}/images", scene.color);
    let photo = speck(3);
    for path in ["/analyze", "/analyze-legacy", &upload] {
        let request = || scene.client.request(Method::POST, path);
        let cases = [
            ("an empty body", request()),
            ("a photo outside a form", request().header("content-type", "image/jpeg").body(photo.clone())),
            ("a form without boundary", request().header("content-type", "multipart/form-data").body("x")),
            ("a form that breaks off", request().header("content-type", "multipart/form-data; boundary=b").body(
                "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\nabc",
            )),
        ];
        for (what, request) in cases {
            scene.client.send(request).await.problem(400);
            scene.assert_untouched(what).await;
        }
    }
}

#[tokio::test]
async fn six_photos_are_too_many() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    let photo = back("6", 4);
    scene
        .client
        .analyze([("a.jpg", &photo[..]); 6])
        .await
        .problem(422);
    scene.assert_untouched("six photos").await;
}

#[tokio::test]
async fn filenames_are_echoed_but_never_followed() {
    let scene = Scene::new(deployment().unwrap_or_else(|| Server::start(&[]))).await;
    let photo = back("6", 4);
    for name in [
        "../../../../tmp/evil.jpg",
        "a\u{202e}gpj.exe",
        "<img src=x>.jpg",
        "ü 💇.jpg",
    ] {
        let answer = scene.client.analyze([(name, &photo[..])]).await.expect(200);
        assert!(answer["results"][0]["filename"].is_string(), "{answer}");
        let image = scene.client.upload(scene.color, name, &photo).await;
        let path = format!("/colors/{}/images/{}", scene.color, id(&image.json()));
        assert_eq!(scene.client.delete(&path).await.status, 204);
        scene.assert_untouched(name).await;
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_client_that_goes_away_leaves_nothing() {
    let mut scene = Scene::new(private()).await;
    let photo = back("6", 4);
    let path = format!("/colors/{}/images", scene.color);
    for _ in 0..5 {
        let kind = "multipart/form-data; boundary=b";
        let mut upload = Unfinished::post(&scene.server, &path, kind, 500_000);
        upload.send(b"--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n");
        upload.send(&photo);
    }
    // A server exits once all connections are closed.
    assert!(scene.server.terminate().success());
    scene.server.start_again();
    scene.client = scene.server.client();
    scene.assert_untouched("a client that went away").await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "it would load the deployment")]
async fn many_bad_requests_at_once_do_no_harm() {
    let scene = Scene::new(Server::start(&[])).await;
    let bomb = png_bomb();
    let asks = (0..24).map(|_| scene.client.analyze([("bomb.png", &bomb[..])]));
    for answer in futures_util::future::join_all(asks).await {
        assert_eq!(answer.expect(200)["results"][0]["code"], "photo_too_large");
    }
    scene.assert_untouched("many bad requests").await;
}
