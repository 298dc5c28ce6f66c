//! Training photos: uploading, listing, serving, and deleting them.

use image::ImageFormat;
use reqwest::multipart::Form;
use serde_json::{Value, json};
use strand_tests::client::{Client, form, id, text};
use strand_tests::raw;
use strand_tests::render::{View, encode};
use strand_tests::server::{private, shared};

use crate::fixtures::{back, picture, speck, trained, unique, untrained};

async fn new_color(client: &Client, name: &str) -> u64 {
    client.color(&json!({ "name": unique(name) })).await
}

fn assert_image(image: &Value) {
    id(image);
    assert!(
        text(&image["image_path"]).starts_with("/training_data/"),
        "{image}"
    );
    assert!(image["is_processed"].is_boolean(), "{image}");
}

#[tokio::test]
async fn a_photo_is_stored_as_it_was_sent() {
    let client = shared().client();
    let color = new_color(&client, "Stored").await;
    let photo = speck(1);
    let image = client.upload(color, "a.jpg", &photo).await.expect(201);
    assert_image(&image);
    assert_eq!(image["is_processed"], false);
    let served = client.get(text(&image["image_path"])).await;
    assert_eq!(served.status, 200);
    assert_eq!(served.header("content-type"), "image/jpeg");
    assert!(served.body == photo, "other bytes than were sent");
    assert_eq!(client.get_color(color).await["image_count"], 1);
    assert_eq!(client.status(color).await, "untrained");
}

#[tokio::test]
async fn every_format_is_recognized_by_its_content() {
    let client = shared().client();
    let color = new_color(&client, "Formats").await;
    let rgb = image::imageops::thumbnail(&picture(View::Swatch, "6", 4).rgb, 96, 96);
    for (format, expected) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::Bmp, "image/bmp"),
    ] {
        // The name and type of the part are wrong on purpose.
        let image = client
            .upload(color, "photo.jpg", &encode::file(&rgb, format))
            .await
            .expect(201);
        let served = client.get(text(&image["image_path"])).await;
        assert_eq!(served.header("content-type"), expected);
    }
    let image = client
        .upload(color, "hair.txt", &encode::jpeg(&rgb))
        .await
        .expect(201);
    assert_eq!(
        client
            .get(text(&image["image_path"]))
            .await
            .header("content-type"),
        "image/jpeg"
    );
}

#[tokio::test]
async fn what_browsers_do_not_show_is_served_as_a_jpeg() {
    let client = shared().client();
    let color = new_color(&client, "Shown").await;
    let rgb = image::imageops::thumbnail(&picture(View::Swatch, "6", 5).rgb, 96, 96);
    let files = "../shared/photo/src/tests/files";
    for (bytes, kind) in [
        (encode::file(&rgb, ImageFormat::Tiff), "image/tiff"),
        (std::fs::read(format!("{files}/grid.heic")).unwrap(), "image/heic"),
        (
            std::fs::read(format!("{files}/plain.avif")).unwrap(),
            "image/avif",
        ),
        (std::fs::read(format!("{files}/plain.jxl")).unwrap(), "image/jxl"),
    ] {
        let image = client.upload(color, "photo.jpg", &bytes).await.expect(201);
        let path = text(&image["image_path"]);
        let shown = client.get(path).await;
        assert_eq!(
            (shown.status.as_u16(), shown.header("content-type")),
            (200, "image/jpeg"),
            "{kind}"
        );
        assert!(shown.body.starts_with(&[0xff, 0xd8, 0xff]), "{kind}");
        let original = client.get(&format!("{path}?original=true")).await;
        assert_eq!(original.header("content-type"), kind);
        assert!(original.body == bytes, "{kind}: other bytes than were sent");
    }
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_per_color() {
    let client = shared().client();
    let (color, other) = (
        new_color(&client, "Twice").await,
        new_color(&client, "Elsewhere").await,
    );
    let photo = speck(2);
    let first = client.upload(color, "a.jpg", &photo).await.expect(201);
    let again = client.upload(color, "renamed.jpg", &photo).await.expect(200);
    assert_eq!(
        (&first["id"], &first["image_path"]),
        (&again["id"], &again["image_path"])
    );
    assert_eq!(client.images(color).await.len(), 1);
    assert_eq!(client.get_color(color).await["image_count"], 1);
    let elsewhere = client.upload(other, "a.jpg", &photo).await.expect(201);
    assert_ne!(elsewhere["id"], first["id"]);
}

#[tokio::test]
async fn one_of_many_uploads_of_the_same_bytes_creates_a_photo() {
    let client = shared().client();
    let color = new_color(&client, "Upload race").await;
    let photo = speck(3);
    let answers = futures_util::future::join_all((0..6).map(|_| client.upload(color, "a.jpg", &photo))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 201], "{answers:?}");
    assert_eq!(client.images(color).await.len(), 1);
}

#[tokio::test]
async fn five_parallel_uploads_all_arrive() {
    // The existing client creates a color and then sends its photos concurrently.
    let client = shared().client();
    let color = new_color(&client, "Parallel").await;
    let photos: Vec<Vec<u8>> = (10..15).map(speck).collect();
    let answers =
        futures_util::future::join_all(photos.iter().map(|p| client.upload(color, "p.jpg", p))).await;
    let mut ids: Vec<u64> = answers.iter().map(|answer| id(&answer.expect(201))).collect();
    ids.sort_unstable();
    ids.reverse();
    let listed: Vec<u64> = client.images(color).await.iter().map(id).collect();
    assert_eq!(listed, ids, "newest first");
}

#[tokio::test]
async fn the_list_is_newest_first_and_names_what_is_served() {
    let client = shared().client();
    let color = new_color(&client, "Album").await;
    let mut sent = Vec::new();
    for i in 20..23 {
        sent.push(client.upload(color, "a.jpg", &speck(i)).await.expect(201));
    }
    sent.reverse();
    let listed = client.images(color).await;
    listed.iter().for_each(assert_image);
    let key = |image: &Value| (image["id"].clone(), image["image_path"].clone());
    assert_eq!(
        listed.iter().map(key).collect::<Vec<_>>(),
        sent.iter().map(key).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_deleted_photo_is_gone() {
    let client = shared().client();
    let color = new_color(&client, "Less").await;
    let keep = client.upload(color, "a.jpg", &speck(30)).await.expect(201);
    let gone = client.upload(color, "b.jpg", &speck(31)).await.expect(201);
    let path = format!("/colors/{color}/images/{}", id(&gone));
    let deleted = client.delete(&path).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    client.get(text(&gone["image_path"])).await.problem(404);
    client.delete(&path).await.problem(404);
    let left: Vec<u64> = client.images(color).await.iter().map(id).collect();
    assert_eq!(left, [id(&keep)]);
    let again = client.upload(color, "b.jpg", &speck(31)).await.expect(201);
    assert!(id(&again) > id(&gone), "ids are never reused");
}

#[tokio::test]
async fn a_photo_is_deleted_through_its_own_color_only() {
    let client = shared().client();
    let (color, other) = (
        new_color(&client, "Mine").await,
        new_color(&client, "Yours").await,
    );
    let image = client.upload(color, "a.jpg", &speck(40)).await.expect(201);
    client
        .delete(&format!("/colors/{other}/images/{}", id(&image)))
        .await
        .problem(404);
    assert_eq!(client.images(color).await.len(), 1);
}

#[tokio::test]
async fn changed_photos_make_a_trained_color_stale() {
    let client = shared().client();
    let color = trained(&client, "Changing", "6").await;
    assert_eq!(client.status(color).await, "ready");
    let added = client.upload(color, "c.jpg", &speck(50)).await.expect(201);
    assert_eq!(client.status(color).await, "stale");
    client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
    client
        .delete(&format!("/colors/{color}/images/{}", id(&added)))
        .await;
    assert_eq!(client.status(color).await, "stale");
}

#[tokio::test]
async fn sending_a_known_photo_again_changes_nothing() {
    let client = shared().client();
    let color = trained(&client, "Known", "24").await;
    client
        .upload(color, "again.jpg", &back("24", 4))
        .await
        .expect(200);
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
async fn a_color_whose_photos_are_deleted_waits_for_data() {
    let client = shared().client();
    let color = untrained(&client, "Emptied", &[speck(60)]).await;
    let image = id(&client.images(color).await[0]);
    client.delete(&format!("/colors/{color}/images/{image}")).await;
    assert_eq!(client.status(color).await, "pending_data");
}

#[tokio::test]
async fn a_file_that_is_not_an_image_is_refused_and_not_stored() {
    let client = shared().client();
    let color = new_color(&client, "Picky").await;
    for (name, bytes) in [
        ("a.jpg", &b"just text"[..]),
        ("a.pdf", b"%PDF-1.7 ...."),
        ("a.svg", b"<svg/>"),
    ] {
        let detail = client.upload(color, name, bytes).await.problem(415);
        assert!(
            detail.contains("JPEG"),
            "does not say what would be right: {detail}"
        );
    }
    assert_eq!(client.images(color).await.len(), 0);
    assert_eq!(client.status(color).await, "pending_data");
}

#[tokio::test]
async fn a_form_without_the_field_is_refused() {
    let client = shared().client();
    let color = new_color(&client, "Formal").await;
    let path = format!("/colors/{color}/images");
    let photo = speck(70);
    for wrong in [
        form("picture", [("a.jpg", &photo[..])]),
        Form::new().text("image2", "x"),
    ] {
        let detail = client.post_form(&path, wrong).await.problem(422);
        assert!(detail.contains("\"image\""), "does not name the field: {detail}");
    }
    client.post_form(&path, Form::new()).await.problem(400);
    client.post(&path).await.problem(400);
    assert_eq!(client.images(color).await.len(), 0);
}

#[tokio::test]
async fn only_photos_are_served() {
    let client = shared().client();
    for path in [
        "/training_data/",
        "/training_data/1",
        "/training_data/987654321/1.jpg",
        "/training_data/..%2f..%2f..%2fetc%2fpasswd",
        "/training_data/1/%00.jpg",
        "/training_data/1/..%5c..%5cstrand.db",
    ] {
        client.get(path).await.problem(404);
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn no_path_leads_out_of_the_photos() {
    let server = private();
    let color = untrained(&server.client(), "Escaped", &[speck(80)]).await;
    assert!(
        server.data().join("strand.db").is_file(),
        "there is something to serve"
    );
    for (path, expected) in [
        ("..".to_owned(), 400),
        ("%2e%2e".to_owned(), 400),
        (format!("{color}/../.."), 404),
        (format!("{color}/%2e%2e/%2e%2e"), 404),
        (format!("{color}/..%2f.."), 404),
        (format!("{color}/..%2f..%2fstrand.db%00.jpg"), 404),
    ] {
        let (status, body) = raw::get(&server, &format!("/training_data/{path}/strand.db"));
        let problem: Value = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(status, expected, "{path}: {problem}");
        assert_eq!(problem["status"], expected, "{path}");
    }
}
