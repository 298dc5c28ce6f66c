//! Two servers on one store.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Client, id, text};
use strand_tests::power_cut;
use strand_tests::proxy::{Fault, Proxy, To};

use crate::Place;
use crate::fixtures::{back, hairless, speck, unique, untrained};

/// How long a test waits before it fails. No test depends on speed.
const PATIENCE: Duration = Duration::from_mins(1);

async fn contested(client: &Client) -> u64 {
    untrained(
        client,
        "Contested",
        &[back("6", 4), back("6", 11), back("6", 2), back("6", 9)],
    )
    .await
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The states of a training, read from its stream.
async fn stream(client: &Client, color: u64) -> Vec<Value> {
    let request = client.request(Method::GET, &format!("/train/{color}/stream"));
    let body = request
        .send()
        .await
        .expect("a stream")
        .text()
        .await
        .expect("an end");
    let states = body.lines().filter_map(|line| line.strip_prefix("data:"));
    states
        .map(|state| serde_json::from_str(state).expect("JSON"))
        .collect()
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_change_on_one_server_shows_on_the_other_at_once() {
    let place = Place::create();
    let (here, there) = (place.server(), place.server());
    let (here, there) = (here.client(), there.client());
    let photo = back("6", 2);
    for round in 0..3 {
        let name = unique("Chestnut");
        let color = here.color(&json!({ "name": name })).await;
        assert_eq!(there.get_color(color).await["name"], name);
        there
            .post_json("/colors", &json!({ "name": name.to_uppercase() }))
            .await
            .problem(409);
        there.upload(color, "a.jpg", &back("6", 4)).await.expect(201);
        assert_eq!(here.images(color).await.len(), 1);
        there.analyze_one(&photo).await;
        here.train(color).await;
        let row = there.analyze_one(&photo).await;
        assert_eq!(row["best_matches"][0]["color_id"], color, "round {round}: {row}");
        assert_eq!(row["best_matches"][0]["basis"], "model", "{row}");
        here.patch(&format!("/colors/{color}"), &json!({ "name": "Renamed" }))
            .await
            .expect(200);
        assert_eq!(
            there.analyze_one(&photo).await["best_matches"][0]["name"],
            "Renamed"
        );
        there.delete(&format!("/colors/{color}")).await;
        assert_eq!(here.analyze_one(&photo).await["best_matches"], json!([]));
    }
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_second_training_joins_the_first() {
    let place = Place::create();
    let (here, there) = (place.server(), place.server());
    let (here, there) = (here.client(), there.client());
    let color = contested(&here).await;
    let path = format!("/train/{color}");
    let (first, second, third, states, status) = tokio::join!(
        here.post(&path),
        there.post(&path),
        here.post(&path),
        stream(&there, color),
        async {
            until("the training", async || there.status(color).await != "untrained").await;
            here.status(color).await
        }
    );
    assert!(["training", "ready"].contains(&&*status), "{status}");
    for answer in [first, second, third] {
        assert_eq!(answer.expect(200)["model"]["version"], 1, "{answer:?}");
    }
    let last = states.last().expect("a last state");
    assert_eq!(
        (&last["status"], &last["model"]["version"]),
        (&json!("complete"), &json!(1))
    );
    let percentages: Vec<f64> = states
        .iter()
        .filter_map(|state| state["percentage"].as_f64())
        .collect();
    assert!(percentages.is_sorted(), "{percentages:?}");
    for client in [&here, &there] {
        assert_eq!(client.status(color).await, "ready");
    }
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_failure_is_reported_to_everyone_who_joined() {
    let place = Place::create();
    let (here, there) = (place.server(), place.server());
    let (here, there) = (here.client(), there.client());
    let color = untrained(&here, "Bald", &[hairless()]).await;
    let path = format!("/train/{color}");
    let (first, second) = tokio::join!(here.post(&path), there.post(&path));
    assert!(first.problem(422).contains("No hair"));
    assert!(second.problem(422).contains("No hair"));
    assert_eq!(there.status(color).await, "failed");
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn another_server_takes_over_the_training_of_a_killed_one() {
    let place = Place::create();
    let proxy = Proxy::start(place.endpoint()).await;
    // Starting the server blocks, and meanwhile the proxy must respond.
    let started = tokio::task::spawn_blocking({
        let (place, url) = (place.clone(), proxy.url());
        move || place.server_at(&url)
    });
    let mut here = started.await.expect("it starts");
    let there = place.server();
    let there = there.client();
    let color = contested(&there).await;
    // The training claims the color and hangs at its first photo.
    proxy.inject(Fault::Hang, To::Bucket, usize::MAX);
    let path = format!("/train/{color}/stream");
    let stream = here.client().request(Method::GET, &path).send().await;
    until("training", async || there.status(color).await == "training").await;
    here.kill();
    drop(stream);
    assert_eq!(
        there.status(color).await,
        "training",
        "the claim outlives its process"
    );
    place.lapse_claim(color).await;
    let trained = there.train(color).await;
    assert_eq!(trained["model"]["num_images"], 4);
    proxy.clear();
    let started = tokio::task::spawn_blocking(move || {
        here.start_again();
        here
    });
    let here = started.await.expect("it starts");
    assert_eq!(here.client().status(color).await, "ready");
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_deletion_elsewhere_wins_over_a_training() {
    let place = Place::create();
    let (here, there) = (place.server(), place.server());
    let (here, there) = (here.client(), there.client());
    let color = contested(&here).await;
    let path = format!("/train/{color}");
    let (training, ()) = tokio::join!(here.post(&path), async {
        until("the training", async || there.status(color).await != "untrained").await;
        assert_eq!(there.delete(&format!("/colors/{color}")).await.status, 204);
    });
    if training.status != 200 {
        training.problem(404);
    }
    for client in [&here, &there] {
        client.get(&format!("/colors/{color}")).await.problem(404);
        assert_eq!(client.analyze_one(&back("6", 2)).await["best_matches"], json!([]));
    }
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn one_of_two_creations_wins() {
    let place = Place::create();
    let servers = [place.server(), place.server()];
    let clients = servers.each_ref().map(strand_tests::server::Server::client);
    for _ in 0..3 {
        let body = json!({ "name": unique("Twice") });
        let created = join_all((0..8).map(|k| clients[k % 2].post_json("/colors", &body))).await;
        let won: Vec<_> = created.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(won.len(), 1, "{created:?}");
        for lost in created.iter().filter(|answer| answer.status != 201) {
            lost.problem(409);
        }
    }
    assert_eq!(
        clients[0]
            .get("/colors")
            .await
            .expect(200)
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_job_runs_once_and_every_server_knows_its_state() {
    let place = Place::create();
    let server = place.server();
    let client = server.client();
    let colors = [
        contested(&client).await,
        untrained(&client, "Other", &[back("24", 4)]).await,
    ];
    let job = client.post("/train").await.expect(202);
    let path = format!("/jobs/{}", job["id"]);
    until("the end of the job", async || {
        client.get(&path).await.expect(200)["status"] == "succeeded"
    })
    .await;
    for color in colors {
        assert_eq!(client.status(color).await, "ready");
    }
    let other = place.server();
    assert_eq!(
        text(&other.client().get(&path).await.expect(200)["status"]),
        "succeeded"
    );
}

/// The colors with their photo counts. Checks that every photo exists, byte for byte.
async fn whole_colors(client: &Client) -> Vec<(u64, usize)> {
    let mut colors = Vec::new();
    for color in client
        .get("/colors")
        .await
        .expect(200)
        .as_array()
        .expect("an array")
    {
        let images = client.images(id(color)).await;
        assert_eq!(color["image_count"], images.len(), "{color}");
        for image in &images {
            let photo = client.get(text(&image["image_path"])).await;
            assert_eq!(
                (photo.status.as_u16(), &image["bytes"]),
                (200, &json!(photo.body.len()))
            );
        }
        colors.push((id(color), images.len()));
    }
    colors
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_kill_during_uploads_loses_nothing_acknowledged() {
    let place = Place::create();
    let mut server = place.server();
    let client = server.client();
    let color = client.color(&json!({ "name": unique("Power cut") })).await;
    let mut acknowledged = Vec::new();
    for round in 0..2_u8 {
        let photos: Vec<Vec<u8>> = (0..16).map(|k| speck(16 * round + k)).collect();
        let answers = power_cut::amid_uploads(&mut server, color, &photos, 3).await;
        acknowledged.extend(answers.iter().map(|answer| id(&answer.json())));
        server.start_again();
    }
    // Not the earlier client, which may still hold a connection to a server that was killed.
    let client = server.client();
    let kept: Vec<u64> = client.images(color).await.iter().map(id).collect();
    assert!(
        acknowledged.len() >= 6 && acknowledged.iter().all(|id| kept.contains(id)),
        "{acknowledged:?} {kept:?}"
    );
    assert_eq!(whole_colors(&client).await, [(color, kept.len())]);
}

#[tokio::test]
#[ignore = "needs an emulator of S3 and DynamoDB: make test-aws"]
async fn a_kill_during_deletions_leaves_whole_colors_or_none() {
    let place = Place::create();
    let mut server = place.server();
    let client = server.client();
    let mut colors = Vec::new();
    for k in 0..8 {
        colors.push(untrained(&client, "Doomed", &[speck(k), speck(100 + k), speck(200 + k)]).await);
    }
    let gone = power_cut::amid_deletions(&mut server, &colors, 2).await;
    server.start_again();
    // Not the earlier client, which may still hold a connection to the server that was killed.
    let client = server.client();
    for color in &gone {
        client.get(&format!("/colors/{color}")).await.problem(404);
    }
    for (color, photos) in whole_colors(&client).await {
        assert_eq!(photos, 3, "half a color");
        assert_eq!(client.delete(&format!("/colors/{color}")).await.status, 204);
    }
    assert!(whole_colors(&client).await.is_empty());
}
