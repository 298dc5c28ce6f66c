//! The library as one file over HTTP: exported from one server, imported into another.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use strand_tests::client::{Answer, Client, text};
use strand_tests::server::{private, private_with};

use crate::fixtures::{back, speck, trained, unique, untrained};

async fn import(client: &Client, file: Vec<u8>) -> Answer {
    let request = client
        .request(Method::POST, "/import")
        .header("content-type", "application/x-tar");
    client.send(request.body(file)).await
}

async fn export(client: &Client) -> Vec<u8> {
    let answer = client.get("/export").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-tar");
    assert!(
        answer.header("content-disposition").contains(".tar"),
        "{answer:?}"
    );
    answer.body
}

/// The shades without what an import assigns: ids, times, and versions.
async fn shades(client: &Client) -> Vec<Value> {
    let mut shades = client.get("/colors").await.expect(200);
    let shades = shades.as_array_mut().expect("an array");
    for shade in shades.iter_mut() {
        for given in ["id", "created_at"] {
            shade[given].take();
        }
        if shade["model"].is_object() {
            for given in ["version", "trained_at"] {
                shade["model"][given].take();
            }
        }
    }
    std::mem::take(shades)
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_library_moves_from_server_to_server() {
    let (here, there) = (private(), private());
    let (from, to) = (here.client(), there.client());
    trained(&from, "Brown", "6").await;
    trained(&from, "Blonde", "24").await;
    untrained(&from, "Waiting", &[speck(1)]).await;
    // So that the ids there differ from those here.
    let gone = untrained(&to, "Gone", &[speck(2)]).await;
    to.delete(&format!("/colors/{gone}")).await;

    let file = export(&from).await;
    let done = import(&to, file.clone()).await.expect(200);
    assert_eq!(
        (
            &done["shades_created"],
            &done["photos_added"],
            &done["models_added"]
        ),
        (&json!(3), &json!(5), &json!(2)),
        "{done}"
    );
    assert_eq!(done["left_out"], json!([]));
    assert_eq!(shades(&to).await, shades(&from).await);
    let photo = back("6", 2);
    let (mut one, mut other) = (from.analyze_one(&photo).await, to.analyze_one(&photo).await);
    for row in [&mut one, &mut other] {
        for found in row["best_matches"].as_array_mut().expect("matches") {
            found["color_id"].take();
            found["nearest_image_id"].take();
        }
    }
    assert_eq!(one, other, "it matches as before, without any training");
    assert!(text(&other["best_matches"][0]["name"]).starts_with("Brown"));
    let again = import(&to, file).await.expect(200);
    assert_eq!(
        (
            &again["shades_created"],
            &again["photos_added"],
            &again["models_added"]
        ),
        (&json!(0), &json!(0), &json!(0))
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_damaged_file_is_refused_whole() {
    let server = private();
    let client = server.client();
    let color = untrained(&client, "Kept", &[speck(1), speck(2), speck(3)]).await;
    let file = export(&client).await;
    client.delete(&format!("/colors/{color}")).await;
    let mut damaged = file.clone();
    // In the middle of a photo.
    damaged[file.len() / 2] ^= 1;
    for (wrong, word) in [
        (damaged, "damaged"),
        (file[..file.len() / 2].to_vec(), "cut short"),
        (speck(4), "isn't a Strand library file"),
        (Vec::new(), "isn't a Strand library file"),
    ] {
        let detail = import(&client, wrong).await.problem(422);
        assert!(detail.contains(word), "{detail}");
        assert_eq!(client.get("/colors").await.expect(200), json!([]), "{word}");
    }
    import(&client, file).await.expect(200);
    let unnamed = client
        .request(Method::POST, "/import")
        .header("content-type", "image/jpeg");
    client.send(unnamed.body(speck(1))).await.problem(415);
    let left = std::fs::read_dir(server.data()).expect("the data directory");
    let names: Vec<String> = left
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains("tmp") && !name.contains("tar")),
        "an import left something behind: {names:?}"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn the_key_guards_both_ways() {
    const KEY: &str = "correct horse";
    let environment = [("STRAND_API_KEY", KEY)];
    let server = private_with(&environment);
    let client = server.client();
    client.get("/export").await.problem(401);
    import(&client, Vec::new()).await.problem(401);
    let export = client.request(Method::GET, "/export").bearer_auth(KEY);
    let exported = client.send(export).await;
    assert_eq!(exported.status, 200, "{exported:?}");
    let keyed = client
        .request(Method::POST, "/import")
        .header("content-type", "application/x-tar")
        .header("x-api-key", KEY);
    client.send(keyed.body(exported.body)).await.expect(200);
    // A key belongs in no URL.
    client.get("/export?api_key=correct%20horse").await.problem(401);
    let post = client.request(Method::POST, "/colors?api_key=correct%20horse");
    client
        .send(post.json(&json!({ "name": unique("Refused") })))
        .await
        .problem(401);
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn an_import_continues_after_a_kill() {
    let mut server = private();
    let source = private();
    let from = source.client();
    for shade in 0..6u8 {
        let photos: Vec<Vec<u8>> = (0..12).map(|i| speck(shade * 12 + i)).collect();
        untrained(&from, "Moved", &photos).await;
    }
    let file = export(&from).await;
    let client = server.client();
    let request = client
        .request(Method::POST, "/import")
        .header("content-type", "application/x-tar");
    let importing = tokio::spawn({
        let (client, file) = (client.clone(), file.clone());
        async move {
            client
                .try_send(request.body(file))
                .await
                .map(|answer| answer.status)
        }
    });
    // Wait until some of it has arrived, but not all.
    loop {
        let colors = client.get("/colors").await.expect(200);
        if colors.as_array().expect("an array").len() >= 3 || importing.is_finished() {
            break;
        }
    }
    server.kill();
    let cut = importing.await.expect("no panic");
    assert!(cut.is_err() || cut.is_ok_and(|status| status == StatusCode::OK));
    server.start_again();
    let client = server.client();
    let before = shades(&client).await;
    let photos = |shades: &[Value]| {
        shades
            .iter()
            .filter_map(|s| s["image_count"].as_u64())
            .sum::<u64>()
    };
    assert!(photos(&before) < 72, "the kill came after the import");
    let done = import(&client, file).await.expect(200);
    assert_eq!(
        done["photos_added"].as_u64(),
        Some(72 - photos(&before)),
        "the import continues where it stopped: {done}"
    );
    assert_eq!(shades(&client).await, shades(&from).await);
}
