//! The cache of measured photos. Each test has its own server, and so its own counters and contents.

use serde_json::json;
use strand_tests::client::{form, id, number, text};
use strand_tests::server::alone;

use crate::fixtures::{back, trained, unique};

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn the_second_answer_comes_from_the_cache() {
    let server = alone().await;
    let client = server.client();
    trained(&client, "Cached", "6").await;
    let photo = back("6", 2);
    let first = client.analyze([("first.jpg", &photo[..])]).await.expect(200);
    let mut second = client.analyze([("second.jpg", &photo[..])]).await.expect(200);
    assert_eq!(
        (&first["results"][0]["cached"], &second["results"][0]["cached"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        second["results"][0]["filename"], "second.jpg",
        "the name is the second upload's"
    );
    second["results"][0]["cached"] = json!(false);
    second["results"][0]["filename"] = json!("first.jpg");
    assert_eq!(first, second, "the same except for the name and the flag");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_cached_answer_has_the_right_index_and_overlay() {
    let server = alone().await;
    let client = server.client();
    let (one, two) = (back("6", 2), back("24", 2));
    client.analyze([("a.jpg", &one[..])]).await.expect(200);
    let both = client
        .analyze([("b.jpg", &two[..]), ("a.jpg", &one[..])])
        .await
        .expect(200);
    assert_eq!(both["results"][1]["image_index"], 2);
    assert_eq!(
        (&both["results"][0]["cached"], &both["results"][1]["cached"]),
        (&json!(false), &json!(true))
    );
    let overlay = client
        .post_form("/analyze?overlay=true", form("images", [("a.jpg", &one[..])]))
        .await
        .expect(200);
    assert!(
        overlay["results"][0]["overlay"].is_string(),
        "the cached answer had none"
    );
    let without = client.analyze([("a.jpg", &one[..])]).await.expect(200);
    assert!(without["results"][0].get("overlay").is_none());
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn every_change_of_the_library_is_noticed() {
    let server = alone().await;
    let client = server.client();
    let photo = back("24", 2);
    let color = trained(&client, "Changing", "24").await;
    let mut version = ask(&client, &photo, false).await;
    assert_eq!(ask(&client, &photo, true).await, version);

    let hex = client
        .color(&json!({ "name": unique("Swatch"), "hex": "#d0b080" }))
        .await;
    version = changed(&client, &photo, &version, "a swatch was created").await;
    let renamed = unique("Renamed");
    client
        .patch(&format!("/colors/{color}"), &json!({ "name": renamed }))
        .await
        .expect(200);
    version = changed(&client, &photo, &version, "a shade was renamed").await;
    let row = client.analyze_one(&photo).await;
    assert_eq!(row["best_matches"][0]["name"], renamed);
    client.upload(color, "c.jpg", &back("24", 9)).await.expect(201);
    client.train(color).await;
    version = changed(&client, &photo, &version, "a shade was trained").await;
    client.delete(&format!("/colors/{hex}")).await;
    changed(&client, &photo, &version, "a shade was deleted").await;
}

/// Analyzes a photo, checks whether the network ran, and returns the library's version.
async fn ask(client: &strand_tests::client::Client, photo: &[u8], cached: bool) -> String {
    let answer = client.analyze([("a.jpg", photo)]).await.expect(200);
    assert_eq!(answer["results"][0]["cached"], cached, "{answer}");
    text(&answer["library_version"]).to_owned()
}

/// Checks that a change of the library leads to a new ranking of the photo, but no new measurement.
async fn changed(client: &strand_tests::client::Client, photo: &[u8], before: &str, what: &str) -> String {
    let version = ask(client, photo, true).await;
    assert_ne!(version, before, "{what}, and the version is the same");
    version
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_photo_is_measured_once_for_library_and_palette() {
    let server = alone().await;
    let client = server.client();
    let photo = back("6", 2);
    ask(&client, &photo, false).await;
    let legacy = client
        .post_form("/analyze-legacy", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
    assert_eq!(legacy[0]["cached"], true, "{legacy}");
    let off = client
        .post_form(
            "/analyze?white_balance=off",
            form("images", [("a.jpg", &photo[..])]),
        )
        .await
        .expect(200);
    assert_eq!(
        off["results"][0]["cached"], false,
        "another white balance is another measurement"
    );
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_correction_runs_no_network_again_and_counts_at_once() {
    let server = alone().await;
    let client = server.client();
    trained(&client, "Looks like it", "6").await;
    let other = trained(&client, "Is it", "60").await;
    let photo = back("6", 2);
    ask(&client, &photo, false).await;
    let misses = number(&client.get("/cache/stats").await.expect(200)["misses"]);
    client.upload(other, "corrected.jpg", &photo).await.expect(201);
    client.train(other).await;
    let row = client.analyze_one(&photo).await;
    assert_eq!(row["best_matches"][0]["color_id"], other, "{row}");
    assert!(number(&row["best_matches"][0]["combined_score"]) > 0.99, "{row}");
    let after = number(&client.get("/cache/stats").await.expect(200)["misses"]);
    assert!(
        (after - misses).abs() < 1e-9,
        "neither training nor matching measured it again"
    );
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_deleted_color_is_never_matched_again() {
    let server = alone().await;
    let client = server.client();
    let (gone, left) = (
        trained(&client, "Gone", "6").await,
        trained(&client, "Left", "1").await,
    );
    let photo = back("6", 2);
    assert_eq!(
        client.analyze_one(&photo).await["best_matches"][0]["color_id"],
        gone
    );
    client.delete(&format!("/colors/{gone}")).await;
    let row = client.analyze_one(&photo).await;
    let matched: Vec<&serde_json::Value> = row["best_matches"]
        .as_array()
        .expect("matches")
        .iter()
        .map(|m| &m["color_id"])
        .collect();
    assert_eq!(matched, [&json!(left)]);
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_deleted_photo_no_longer_counts_in_the_next_answer() {
    let server = alone().await;
    let client = server.client();
    let (shrinks, _) = (
        trained(&client, "Shrinks", "6").await,
        trained(&client, "Left", "1").await,
    );
    let images = client.images(shrinks).await;
    let photo = client.get(text(&images[0]["image_path"])).await.body;
    let of_shade = async || {
        let row = client.analyze_one(&photo).await;
        let matches = row["best_matches"].as_array().expect("matches").clone();
        matches.into_iter().find(|found| found["color_id"] == shrinks)
    };
    let taught = of_shade().await.expect("a match");
    assert!(number(&taught["combined_score"]) > 0.99 && number(&taught["svm_score"]) > 0.0);
    client
        .delete(&format!("/colors/{shrinks}/images/{}", id(&images[0])))
        .await;
    let left = of_shade().await.expect("a match by the other photos");
    assert!(
        number(&left["combined_score"]) < number(&taught["combined_score"]),
        "{left}"
    );
    assert!(number(&left["svm_score"]).abs() < 1e-9, "{left}");
    assert_ne!(left["nearest_image_id"], images[0]["id"]);
    for image in &images[1..] {
        client
            .delete(&format!("/colors/{shrinks}/images/{}", id(image)))
            .await;
    }
    assert_eq!(of_shade().await, None);
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn the_cache_can_be_emptied_and_counted() {
    let server = alone().await;
    let client = server.client();
    let photo = back("6", 2);
    let before = client.get("/cache/stats").await.expect(200);
    ask(&client, &photo, false).await;
    ask(&client, &photo, true).await;
    let after = client.get("/cache/stats").await.expect(200);
    for counter in ["hits", "misses"] {
        let more = number(&after[counter]) - number(&before[counter]);
        assert!((more - 1.0).abs() < 1e-9, "{counter}: {before} {after}");
    }
    assert!((0.0..=1.0).contains(&number(&after["hit_rate"])), "{after}");
    assert!(
        number(&after["bytes"]) <= number(&after["capacity_bytes"]),
        "{after}"
    );
    let cleared = client.post("/clear-cache").await;
    assert!(cleared.status.is_success(), "{cleared:?}");
    ask(&client, &photo, false).await;
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_bad_photo_is_answered_the_same_way_twice() {
    let server = alone().await;
    let client = server.client();
    let bald = crate::fixtures::hairless();
    let first = client.bad_row(&bald).await;
    assert_eq!(client.bad_row(&bald).await, first);
    id(&client
        .post_json("/colors", &json!({ "name": "Still alive" }))
        .await
        .expect(201));
}
