//! What a photo tells about people and places is not kept.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use strand_tests::client::{number, text};
use strand_tests::server::private;

use crate::fixtures::{back, unique};

const SECRET: &str = "W3X-4711-SECRET";

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// A JPEG that lies on its side, with a serial number, a comment, XMP, and another picture behind it.
fn tagged(photo: &[u8]) -> Vec<u8> {
    // Orientation 6, and a serial number (0xa431) at offset 38.
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".to_vec();
    exif.extend(b"\xa4\x31\0\x02\0\0\0\x10\0\0\0\x26\0\0\0\0");
    exif.extend(SECRET.as_bytes());
    exif.push(0);
    let xmp = format!("http://ns.adobe.com/xap/1.0/\0{SECRET}");
    [
        &photo[..2],
        &segment(0xe1, &exif),
        &segment(0xe1, xmp.as_bytes()),
        &segment(0xfe, SECRET.as_bytes()),
        &photo[2..],
        photo,
    ]
    .concat()
}

fn tells(bytes: &[u8]) -> bool {
    bytes
        .windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

/// The files below a folder that hold the secret.
fn telling(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            telling(&entry.path(), found);
        } else if tells(&fs::read(entry.path()).unwrap_or_default()) {
            found.push(entry.path().display().to_string());
        }
    }
}

fn colors(answer: &Value) -> Vec<(&str, i64)> {
    let colors = answer["dominant_hair_colors"].as_array().expect("colors");
    let share = |color: &Value| number(&color["percentage"]).round() as i64;
    colors
        .iter()
        .map(|color| (text(&color["hex"]), share(color)))
        .collect()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "reads the files of the server")]
async fn places_and_names_in_a_photo_are_not_kept() {
    let server = private();
    let client = server.client();
    let color = client.color(&json!({ "name": unique("Private") })).await;
    let photo = tagged(&back("6", 4));
    let before = client.analyze_one(&photo).await;
    let image = client.upload(color, "a.jpg", &photo).await.expect(201);
    assert_ne!(image["sha256"], image["stored_sha256"]);

    let kept = client.get(text(&image["image_path"])).await.body;
    assert!(!tells(&kept), "the image");
    assert_eq!(image["bytes"], kept.len());
    assert_eq!(
        colors(&client.analyze_one(&kept).await),
        colors(&before),
        "its pixels and its orientation stay"
    );
    assert!(!tells(&client.get("/export").await.body), "the export");
    let mut found = Vec::new();
    telling(&server.data(), &mut found);
    assert!(found.is_empty(), "{found:?}");

    let again = client.upload(color, "b.jpg", &photo).await.expect(200);
    assert_eq!(again["id"], image["id"], "the same bytes are known");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_photo_that_was_taught_is_known_as_it_was_sent() {
    let server = private();
    let client = server.client();
    let color = client.color(&json!({ "name": unique("Taught") })).await;
    let photo = tagged(&back("6", 4));
    client.upload(color, "a.jpg", &photo).await.expect(201);
    client.train(color).await;
    let known = client.analyze_one(&photo).await;
    let stranger = client.analyze_one(&tagged(&back("6", 11))).await;
    assert_eq!(known["no_match_score"], 0.0, "{known}");
    assert_ne!(stranger["no_match_score"], 0.0, "{stranger}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn an_exported_photo_is_known_where_it_is_imported() {
    let (from, to) = (private(), private());
    let photo = tagged(&back("6", 4));
    let color = from.client().color(&json!({ "name": "Moved" })).await;
    from.client().upload(color, "a.jpg", &photo).await.expect(201);
    let file = from.client().get("/export").await.body;
    let client = to.client();
    let import = client
        .request(reqwest::Method::POST, "/import")
        .header("content-type", "application/x-tar")
        .body(file);
    client.send(import).await.expect(200);
    let color = client.get("/colors").await.expect(200)[0]["id"]
        .as_u64()
        .expect("an id");
    client.upload(color, "a.jpg", &photo).await.expect(200);
}
