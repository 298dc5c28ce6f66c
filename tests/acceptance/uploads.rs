//! Large uploads: photos sent separately from the request that names them.

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Client, id, text};
use strand_tests::render::View;
use strand_tests::render::encode::Jpeg;
use strand_tests::server::{private_with, shared};

use crate::fixtures::{back, picture, speck, unique};

async fn asked(client: &Client, size: usize) -> Value {
    let body = json!({ "filename": "photo.jpg", "content_type": "image/jpeg", "size": size });
    client.post_json("/uploads", &body).await.expect(201)
}

/// Creates an upload and sends the photo to it.
async fn sent(client: &Client, photo: &[u8]) -> String {
    let upload = asked(client, photo.len()).await;
    let status = client.send_upload(&upload, photo).await.status();
    assert!(status.is_success(), "{status} for {upload}");
    text(&upload["key"]).to_owned()
}

async fn analyze(client: &Client, keys: &[&str]) -> strand_tests::client::Answer {
    client.post_json("/analyze", &json!({ "uploads": keys })).await
}

#[tokio::test]
async fn the_answer_says_where_to_send_the_photo() {
    let client = shared().client();
    let (one, other) = (asked(&client, 1000).await, asked(&client, 1000).await);
    assert_eq!(one["method"], "PUT");
    assert!(text(&one["url"]).starts_with("http"), "{one}");
    assert!(text(&one["url"]).contains(text(&one["key"])), "{one}");
    assert_eq!(one["headers"]["content-type"], "image/jpeg");
    let expires: Timestamp = text(&one["expires_at"]).parse().expect("a time");
    let lasts = expires.duration_since(Timestamp::now());
    assert!(
        lasts > SignedDuration::from_mins(5) && lasts < SignedDuration::from_mins(60),
        "{lasts}"
    );
    assert_ne!(one["key"], other["key"]);
    assert!(text(&one["key"]).len() >= 32, "can be guessed: {one}");
}

#[tokio::test]
async fn an_upload_becomes_a_training_photo() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Uploaded") })).await;
    let photo = back("6", 4);
    let key = sent(&client, &photo).await;
    let path = format!("/colors/{color}/images");
    let added = client
        .post_json(&path, &json!({ "upload": key }))
        .await
        .expect(201);
    let served = client.get(text(&added["image_path"])).await;
    assert_eq!(served.body, photo);
    // The key can be used again, and gives the same photo as a file would.
    let again = client
        .post_json(&path, &json!({ "upload": key }))
        .await
        .expect(200);
    assert_eq!(id(&again), id(&added));
    assert_eq!(
        id(&client.upload(color, "a.jpg", &photo).await.expect(200)),
        id(&added)
    );
    client.train(color).await;
}

#[tokio::test]
async fn uploads_are_analyzed_like_files() {
    let client = shared().client();
    let photos = [back("6", 2), back("24", 2)];
    let keys = [sent(&client, &photos[0]).await, sent(&client, &photos[1]).await];
    let named = analyze(&client, &[&keys[0], &keys[1]]).await.expect(200);
    let filed = client
        .analyze([("a.jpg", &photos[0][..]), ("b.jpg", &photos[1][..])])
        .await
        .expect(200);
    assert_eq!(named["num_images"], 2);
    for row in 0..2 {
        let (named, filed) = (&named["results"][row], &filed["results"][row]);
        assert_eq!(named["filename"], "photo.jpg");
        for same in [
            "image_index",
            "analysis_summary",
            "dominant_hair_colors",
            "hair",
            "warnings",
        ] {
            assert_eq!(named[same], filed[same], "{same}");
        }
    }
}

/// A photo as a phone takes it: 12 megapixels with sensor noise, about 6 MB.
fn of_a_phone() -> Vec<u8> {
    let drawn = &picture(View::Back, "6", 4).rgb;
    let mut photo = image::imageops::resize(drawn, 4000, 3000, image::imageops::FilterType::Triangle);
    let mut noise = 12345_u32;
    for value in photo.iter_mut() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = value.saturating_add_signed(((noise >> 27) as i8) - 16);
    }
    let encoded = Jpeg {
        quality: 92,
        ..Jpeg::default()
    };
    encoded.encode(&photo)
}

#[tokio::test]
async fn a_photo_of_twelve_megapixels_can_be_uploaded() {
    let client = shared().client();
    let photo = tokio::task::spawn_blocking(of_a_phone).await.expect("drawn");
    let megabytes = photo.len() as f64 / 1e6;
    assert!(
        (5.0..12.0).contains(&megabytes),
        "{megabytes} MB is not the size of a phone's photo"
    );
    let key = sent(&client, &photo).await;
    let answer = analyze(&client, &[&key]).await.expect(200);
    assert!(
        answer["results"][0]["dominant_hair_colors"].is_array(),
        "{answer}"
    );
}

#[tokio::test]
async fn an_unknown_upload_is_explained_in_one_sentence() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Without") })).await;
    let unsent = asked(&client, 1000).await;
    let unsent = text(&unsent["key"]);
    let unknown = "0".repeat(32);
    for (key, status, word) in [
        (unsent, 409, "PUT"),
        (&*unknown, 404, "/uploads"),
        ("../../etc/passwd", 404, "/uploads"),
        ("", 404, "/uploads"),
        (&"x".repeat(5000), 404, "/uploads"),
    ] {
        let image = client
            .post_json(&format!("/colors/{color}/images"), &json!({ "upload": key }))
            .await;
        assert!(image.problem(status).contains(word), "{image:?}");
        let analysis = analyze(&client, &[key]).await.expect(200);
        let row = &analysis["results"][0];
        assert_eq!(row["status"], "failed", "{analysis}");
        assert!(text(&row["error"]).contains(word), "{analysis}");
    }
    assert!(client.images(color).await.is_empty());
}

#[tokio::test]
async fn an_upload_of_another_size_is_refused() {
    let client = shared().client();
    let photo = speck(3);
    for (agreed, refused) in [(photo.len() - 1, 413), (photo.len() + 1, 422)] {
        let upload = asked(&client, agreed).await;
        let put = client.send_upload(&upload, &photo).await;
        let to_the_server = text(&upload["url"]).starts_with(&client.url("/"));
        if to_the_server {
            assert_eq!(put.status().as_u16(), refused, "{put:?}");
        }
        // An S3 emulator does not check what is signed; then the size is noticed when the key is used.
        let stored = !to_the_server && put.status().is_success();
        let code = if stored {
            "upload_size_mismatch"
        } else {
            "upload_empty"
        };
        let answer = analyze(&client, &[text(&upload["key"])]).await.expect(200);
        assert_eq!(answer["results"][0]["code"], code, "{answer}");
    }
}

#[tokio::test]
async fn an_upload_of_another_type_is_refused() {
    let client = shared().client();
    let photo = speck(4);
    let mut upload = asked(&client, photo.len()).await;
    if !text(&upload["url"]).starts_with(&client.url("/")) {
        // S3 rejects what differs from the signature. Its emulator does not, but the signature can be inspected.
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost";
        assert!(text(&upload["url"]).contains(signed), "{upload}");
        return;
    }
    upload["headers"]["content-type"] = "image/png".into();
    assert_eq!(client.send_upload(&upload, &photo).await.status(), 415);
    // The right type is still accepted, and the photo may be sent twice.
    upload["headers"]["content-type"] = "image/jpeg".into();
    for _ in 0..2 {
        assert_eq!(client.send_upload(&upload, &photo).await.status(), 204);
    }
    client
        .send(
            client
                .request(Method::PUT, &format!("/uploads/{}", "0".repeat(32)))
                .body(photo),
        )
        .await
        .problem(404);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "S3 compares the type as it is written")]
async fn the_type_of_an_upload_may_be_written_differently() {
    let client = shared().client();
    let photo = speck(5);
    let unnamed = json!({ "filename": "a.jpg", "size": photo.len() });
    let unnamed = client.post_json("/uploads", &unnamed).await.expect(201);
    assert_eq!(unnamed["headers"]["content-type"], "application/octet-stream");
    for (announced, sent) in [
        ("image/jpeg", "IMAGE/JPEG"),
        ("image/jpeg", "image/jpg; charset=binary"),
        ("image/pjpeg", "image/jpeg"),
        ("image/x-png", "image/png"),
        ("image/tif", "image/tiff"),
        ("image/x-ms-bmp", "image/bmp"),
    ] {
        let body = json!({ "filename": "a", "content_type": announced, "size": photo.len() });
        let mut upload = client.post_json("/uploads", &body).await.expect(201);
        upload["headers"]["content-type"] = sent.into();
        let answer = client.send_upload(&upload, &photo).await;
        assert_eq!(answer.status(), 204, "{sent} for {announced}");
    }
}

#[tokio::test]
async fn the_content_of_an_upload_decides_not_its_type() {
    let client = shared().client();
    let photo = back("6", 2);
    for (named, kind) in [
        ("", "application/octet-stream"),
        ("application/octet-stream", "application/octet-stream"),
        ("image/jpg", "image/jpg"),
        (" Image/PNG", "image/png"),
        ("image/jpeg; charset=binary", "image/jpeg"),
        ("image/x-ms-bmp", "image/x-ms-bmp"),
    ] {
        let body = json!({ "filename": "a", "content_type": named, "size": photo.len() });
        let upload = client.post_json("/uploads", &body).await.expect(201);
        assert_eq!(upload["headers"]["content-type"], kind);
        assert!(client.send_upload(&upload, &photo).await.status().is_success());
        let answer = analyze(&client, &[text(&upload["key"])]).await.expect(200);
        assert!(answer["results"][0]["hair"].is_object(), "{answer}");
    }
}

#[tokio::test]
async fn an_invalid_upload_request_is_refused() {
    let client = shared().client();
    let ask = async |body: Value| client.post_json("/uploads", &body).await;
    let asked =
        |name: &str, kind: &str, size: Value| json!({ "filename": name, "content_type": kind, "size": size });
    let large = ask(asked("a.jpg", "image/jpeg", json!(20 * 1024 * 1024 + 1)))
        .await
        .problem(413);
    assert!(large.contains("20 MB"), "{large}");
    ask(asked("a.jpg", "image/jpeg", json!(20 * 1024 * 1024)))
        .await
        .expect(201);
    ask(asked("a.jpg", "image/jpeg", json!(0))).await.problem(422);
    ask(asked("a.jpg", "image/jpeg", json!(-1))).await.problem(422);
    for wrong in ["text/plain", "image/", "image/a b", "image/jpeg/x; q=1"] {
        ask(asked("a.txt", wrong, json!(10))).await.problem(415);
    }
    ask(asked("a.heic", "image/heic", json!(10))).await.expect(201);
    let raw = ask(asked("a.dng", "image/x-adobe-dng", json!(10)))
        .await
        .problem(415);
    assert!(raw.contains("raw photo"), "{raw}");
    ask(asked("", "image/jpeg", json!(10))).await.problem(422);
    ask(asked(&"x".repeat(256), "image/jpeg", json!(10)))
        .await
        .problem(422);
    ask(json!({ "filename": "a.jpg" })).await.problem(422);
    let text = client.request(Method::POST, "/uploads").body("x");
    client.send(text).await.problem(415);
}

#[tokio::test]
async fn one_bad_upload_leaves_the_others() {
    let client = shared().client();
    let key = sent(&client, &back("6", 2)).await;
    let answer = analyze(&client, &[&"0".repeat(32), &key]).await.expect(200);
    assert!(
        text(&answer["results"][0]["error"]).contains("/uploads"),
        "{answer}"
    );
    assert!(
        answer["results"][1]["dominant_hair_colors"].is_array(),
        "{answer}"
    );
}

#[tokio::test]
async fn an_analysis_accepts_one_to_five_uploads() {
    let client = shared().client();
    analyze(&client, &[]).await.problem(422);
    let key = sent(&client, &speck(9)).await;
    analyze(&client, &[key.as_str(); 6]).await.problem(422);
    client
        .post_json("/analyze", &json!({ "uploads": key }))
        .await
        .problem(422);
    client.post_json("/analyze", &json!({})).await.problem(422);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_key_of_an_upload_authorizes_it() {
    const KEY: &str = "correct horse battery";
    let server = private_with(&[("STRAND_API_KEY", KEY)]);
    let client = server.client();
    let photo = back("6", 2);
    let body = json!({ "filename": "a.jpg", "content_type": "image/jpeg", "size": photo.len() });
    let ask = || client.request(Method::POST, "/uploads").json(&body);
    client.send(ask()).await.problem(401);
    client.send(ask().header("x-api-key", "wrong")).await.problem(403);
    let upload = client.send(ask().header("x-api-key", KEY)).await.expect(201);
    assert!(client.send_upload(&upload, &photo).await.status().is_success());
    analyze(&client, &[text(&upload["key"])]).await.expect(200);
}

#[tokio::test]
async fn a_stalled_upload_delays_no_other_request() {
    let client = shared().client();
    let upload = asked(&client, 1_000_000).await;
    // Half of it and then nothing: other requests succeed.
    let (sent_half, half_sent) = tokio::sync::oneshot::channel();
    let half = stream::iter([Ok::<_, std::io::Error>(vec![0_u8; 500_000])]).chain(stream::once(async {
        sent_half.send(()).expect("the test waits for this");
        std::future::pending().await
    }));
    let url = text(&upload["url"]).to_owned();
    let stalled = tokio::spawn(async move {
        let put = reqwest::Client::new()
            .put(url)
            .header("content-type", "image/jpeg");
        put.header("content-length", 1_000_000)
            .body(reqwest::Body::wrap_stream(half))
            .send()
            .await
    });
    half_sent.await.expect("half of it is sent");
    let answer = analyze(&client, &[text(&upload["key"])]).await.expect(200);
    assert_eq!(answer["results"][0]["code"], "upload_empty", "{answer}");
    let key = sent(&client, &back("6", 2)).await;
    analyze(&client, &[&key]).await.expect(200);
    stalled.abort();
}
