//! The cache of answers. Each test has a server of its own: whatever another test changes would empty it.

use serde_json::json;
use strand_tests::client::{form, id, text};
use strand_tests::server::alone;

use crate::fixtures::{back, trained, unique};

#[tokio::test]
async fn the_second_answer_comes_from_the_cache() {
    let Some(server) = alone("cache::the_second_answer_comes_from_the_cache").await else {
        return;
    };
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
    assert_eq!(first, second, "the same but for name and mark");
}

#[tokio::test]
async fn a_cached_answer_knows_its_place_and_its_overlay() {
    let Some(server) = alone("cache::a_cached_answer_knows_its_place_and_its_overlay").await else {
        return;
    };
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
async fn every_change_of_the_library_is_noticed() {
    let Some(server) = alone("cache::every_change_of_the_library_is_noticed").await else {
        return;
    };
    let client = server.client();
    let photo = back("24", 2);
    let color = trained(&client, "Changing", "24").await;
    let mut version = ask(&client, &photo, false).await;
    assert_eq!(ask(&client, &photo, true).await, version);

    let hex = client
        .color(&json!({ "name": unique("Swatch"), "hex": "#d0b080" }))
        .await;
    version = changed(&client, &photo, &version, "a swatch was created").await;
    client
        .patch(&format!("/colors/{color}"), &json!({ "name": unique("Renamed") }))
        .await
        .expect(200);
    version = changed(&client, &photo, &version, "a shade was renamed").await;
    client.upload(color, "c.jpg", &back("24", 9)).await.expect(201);
    client.train(color).await;
    version = changed(&client, &photo, &version, "a shade was trained").await;
    client.delete(&format!("/colors/{hex}")).await;
    changed(&client, &photo, &version, "a shade was deleted").await;
}

/// Analyzes, checks the mark and gives the library's version.
async fn ask(client: &strand_tests::client::Client, photo: &[u8], cached: bool) -> String {
    let answer = client.analyze([("a.jpg", photo)]).await.expect(200);
    assert_eq!(answer["results"][0]["cached"], cached, "{answer}");
    text(&answer["library_version"]).to_owned()
}

async fn changed(client: &strand_tests::client::Client, photo: &[u8], before: &str, what: &str) -> String {
    let answer = client.analyze([("a.jpg", photo)]).await.expect(200);
    assert_eq!(
        answer["results"][0]["cached"], false,
        "{what}, and an old answer came"
    );
    let version = text(&answer["library_version"]).to_owned();
    assert_ne!(version, before, "{what}, and the version is the same");
    version
}

#[tokio::test]
async fn a_deleted_color_is_never_matched_again() {
    let Some(server) = alone("cache::a_deleted_color_is_never_matched_again").await else {
        return;
    };
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
async fn the_cache_can_be_emptied_and_counted() {
    let Some(server) = alone("cache::the_cache_can_be_emptied_and_counted").await else {
        return;
    };
    let client = server.client();
    let photo = back("6", 2);
    let empty = client.get("/cache/stats").await.expect(200);
    ask(&client, &photo, false).await;
    ask(&client, &photo, true).await;
    let full = client.get("/cache/stats").await.expect(200);
    let numbers = full
        .as_object()
        .expect("an object")
        .values()
        .filter(|value| value.is_number());
    assert!(numbers.count() > 0, "{full}");
    assert_ne!(empty, full);
    let cleared = client.post("/clear-cache").await;
    assert!(cleared.status.is_success(), "{cleared:?}");
    ask(&client, &photo, false).await;
}

#[tokio::test]
async fn a_bad_photo_is_answered_the_same_way_twice() {
    let Some(server) = alone("cache::a_bad_photo_is_answered_the_same_way_twice").await else {
        return;
    };
    let client = server.client();
    let bald = crate::fixtures::hairless();
    let first = client.analyze([("a.jpg", &bald[..])]).await.problem(422);
    assert_eq!(client.analyze([("a.jpg", &bald[..])]).await.problem(422), first);
    id(&client
        .post_json("/colors", &json!({ "name": "Still alive" }))
        .await
        .expect(201));
}
