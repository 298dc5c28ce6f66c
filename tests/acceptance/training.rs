//! Training: the answer, what it leaves out, and the states of a color.

use serde_json::{Value, json};
use strand_tests::client::{id, number, text};
use strand_tests::server::{alone, emulated_functions, private, shared};

use crate::fixtures::{back, hairless, trained, unique, untrained};

fn assert_model(model: &Value) {
    assert!(
        model["version"].as_u64().is_some_and(|version| version > 0),
        "{model}"
    );
    assert!(!text(&model["kind"]).is_empty(), "{model}");
    assert!(
        text(&model["trained_at"]).parse::<jiff::Timestamp>().is_ok(),
        "{model}"
    );
    assert!(
        model["num_images"].as_u64().is_some_and(|count| count > 0),
        "{model}"
    );
    assert!(
        model
            .get("metrics")
            .is_some_and(|metrics| metrics.is_null() || metrics.is_object()),
        "{model}"
    );
}

#[tokio::test]
async fn the_answer_describes_the_model() {
    let client = shared().client();
    let color = untrained(&client, "Told", &[back("6", 4), back("6", 11)]).await;
    let answer = client.train(color).await;
    assert_eq!(
        answer["message"],
        format!("Successfully trained model for color_id {color}.")
    );
    assert_eq!(answer["color_id"], color);
    assert_model(&answer["model"]);
    assert_eq!(answer["model"]["num_images"], 2);
    let kept = client.get_color(color).await["model"].clone();
    assert_model(&kept);
    assert_eq!(
        (&kept["kind"], &kept["num_images"]),
        (&answer["model"]["kind"], &answer["model"]["num_images"])
    );
}

#[tokio::test]
async fn a_color_goes_from_pending_to_ready_to_stale() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Life") })).await;
    assert_eq!(client.status(color).await, "pending_data");
    client.upload(color, "a.jpg", &back("24", 4)).await.expect(201);
    assert_eq!(client.status(color).await, "untrained");
    let first = client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
    client.upload(color, "b.jpg", &back("24", 11)).await.expect(201);
    assert_eq!(client.status(color).await, "stale");
    let second = client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
    assert!(number(&second["model"]["version"]) > number(&first["model"]["version"]));
    assert_eq!(second["model"]["num_images"], 2);
}

#[tokio::test]
async fn training_measures_the_photos() {
    let client = shared().client();
    let color = trained(&client, "Measured", "1").await;
    client.upload(color, "c.jpg", &back("1", 31)).await.expect(201);
    let images = client.images(color).await;
    // The newest comes first, and is not measured yet.
    let (new, measured) = images.split_first().expect("images");
    assert_eq!(
        (&new["is_processed"], &new["hair_colors"]),
        (&Value::from(false), &Value::Null)
    );
    for image in measured {
        assert_eq!(image["is_processed"], true, "{image}");
        let colors = image["hair_colors"].as_array().expect("colors");
        let shares: f64 = colors.iter().map(|color| number(&color["percentage"])).sum();
        assert!((shares - 100.0).abs() < 0.5, "{image}");
        let hexes = colors.iter().map(|color| text(&color["hex"]));
        assert!(
            hexes.clone().all(|hex| hex.len() == 7 && hex.starts_with('#')),
            "{image}"
        );
    }
}

#[tokio::test]
async fn without_a_photo_there_is_nothing_to_train() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Empty") })).await;
    let detail = client.post(&format!("/train/{color}")).await.problem(400);
    assert!(detail.contains("has no photos yet"), "{detail}");
    assert_eq!(client.status(color).await, "pending_data");
}

#[tokio::test]
async fn photos_without_hair_are_left_out_and_listed() {
    let client = shared().client();
    let color = untrained(&client, "Mixed", &[back("6", 4), hairless(), back("6", 11)]).await;
    let bald = id(&client.images(color).await[1]);
    let answer = client.train(color).await;
    assert_eq!(answer["model"]["num_images"], 2, "{answer}");
    let left_out = answer["left_out"].as_array().expect("an array");
    assert_eq!(left_out.len(), 1, "{answer}");
    assert_eq!(left_out[0]["image_id"], bald, "{answer}");
    assert!(
        text(&left_out[0]["reason"]).starts_with("No hair detected"),
        "{answer}"
    );
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
async fn only_photos_without_hair_cannot_be_trained() {
    let client = shared().client();
    let color = untrained(&client, "Bald", &[hairless()]).await;
    let detail = client.post(&format!("/train/{color}")).await.problem(422);
    assert!(detail.to_lowercase().contains("hair"), "{detail}");
    assert_eq!(client.status(color).await, "failed");
    // One photo with hair is enough.
    client.upload(color, "b.jpg", &back("6", 4)).await.expect(201);
    client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
async fn a_second_training_joins_the_first() {
    let client = shared().client();
    let color = untrained(&client, "Joined", &[back("24", 4), back("24", 11)]).await;
    let path = format!("/train/{color}");
    let answers = futures_util::future::join_all((0..4).map(|_| client.post(&path))).await;
    let models: Vec<Value> = answers
        .iter()
        .map(|answer| answer.expect(200)["model"].clone())
        .collect();
    if emulated_functions() {
        // Each one waits for the previous one to end, and then trains again.
        return;
    }
    // A second training would have a different time.
    assert!(
        models.iter().all(|model| *model == models[0]),
        "it was trained more than once: {models:?}"
    );
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn one_color_alone_can_be_trained() {
    let server = alone().await;
    let client = server.client();
    let color = trained(&client, "Alone", "6").await;
    let row = client.analyze_one(&back("6", 2)).await;
    assert_eq!(row["best_matches"][0]["color_id"], color);
    let far = client.analyze_one(&back("60A", 2)).await;
    let score = |row: &Value| number(&row["best_matches"][0]["combined_score"]);
    assert!(score(&row) > 0.5 && score(&far) < score(&row), "{row} {far}");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn training_all_trains_what_needs_it() {
    let server = alone().await;
    let client = server.client();
    let ready = trained(&client, "Ready", "1").await;
    let fresh = untrained(&client, "Fresh", &[back("24", 4)]).await;
    let stale = trained(&client, "Stale", "6").await;
    client.upload(stale, "c.jpg", &back("6", 2)).await.expect(201);
    let empty = client.color(&json!({ "name": "Empty" })).await;

    let job = wait_for_job(&client, &client.post("/train").await.expect(202)).await;
    assert_eq!(state(&job), "succeeded", "{job}");
    for color in [fresh, stale, ready] {
        assert_eq!(client.status(color).await, "ready");
    }
    assert_eq!(client.status(empty).await, "pending_data");
    // The server may have fitted its model again against the others, but that is not part of the job.
    assert!(
        !job["color_ids"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(ready))),
        "{job}"
    );
    assert_eq!(client.get_color(stale).await["model"]["num_images"], 3);
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_job_that_cannot_train_says_so() {
    let server = alone().await;
    let client = server.client();
    untrained(&client, "Bald", &[hairless()]).await;
    let job = wait_for_job(&client, &client.post("/train").await.expect(202)).await;
    assert_eq!(state(&job), "failed", "{job}");
    assert!(text(&job["error"]).to_lowercase().contains("hair"), "{job}");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn with_nothing_to_train_the_job_is_done_at_once() {
    let server = alone().await;
    let client = server.client();
    let job = wait_for_job(&client, &client.post("/train").await.expect(202)).await;
    assert_eq!(state(&job), "succeeded", "{job}");
}

#[tokio::test]
async fn an_unknown_job_is_404() {
    let client = shared().client();
    client.get("/jobs/987654321").await.problem(404);
    client.get("/jobs/none").await.problem(400);
}

fn state(job: &Value) -> &str {
    let state = text(&job["status"]);
    assert!(
        ["queued", "running", "succeeded", "failed", "cancelled"].contains(&state),
        "{job}"
    );
    state
}

/// Polls a job until it is over. Its progress must not decrease.
async fn wait_for_job(client: &strand_tests::client::Client, accepted: &Value) -> Value {
    state(accepted);
    let path = format!("/jobs/{}", id(accepted));
    let mut progress = 0.0;
    loop {
        let job = client.get(&path).await.expect(200);
        let now = number(&job["percentage"]);
        assert!(now >= progress, "{job}");
        progress = now;
        if !["queued", "running"].contains(&state(&job)) {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_photo_damaged_on_disk_fails_its_color_until_it_is_deleted() {
    let server = private();
    let client = server.client();
    let color = untrained(&client, "Damaged", &[back("6", 4), back("6", 11)]).await;
    let image = id(&client.images(color).await[0]);
    let file = server.data().join(format!("photos/{color}/{image}.jpg"));
    std::fs::write(file, b"damaged").expect("the photo's file");
    let detail = client.post(&format!("/train/{color}")).await.problem(422);
    assert!(detail.contains(&image.to_string()), "{detail}");
    assert_eq!(client.status(color).await, "failed");
    let job = client.post("/train").await.expect(202);
    assert_eq!(
        job["color_ids"],
        json!([]),
        "what failed is not tried again and again"
    );
    client.delete(&format!("/colors/{color}/images/{image}")).await;
    client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn asking_300_times_is_one_job() {
    let server = alone().await;
    let client = server.client();
    let mut colors = Vec::new();
    for name in ["First", "Second", "Third"] {
        colors.push(untrained(&client, name, &[back("24", 4), back("24", 11)]).await);
    }
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..30 {
        let asked = futures_util::future::join_all((0..10).map(|_| client.post("/train"))).await;
        ids.extend(asked.iter().map(|answer| id(&answer.expect(202))));
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    let job = client
        .get(&format!("/jobs/{}", ids.first().expect("an id")))
        .await;
    let job = wait_for_job(&client, &job.expect(200)).await;
    assert_eq!(job["color_ids"], json!(colors), "{job}");
    for color in &colors[1..] {
        assert_eq!(client.get_color(*color).await["model"]["version"], 1);
    }
    // What is ready is not trained again, and a new shade needs a new job.
    assert_eq!(client.post("/train").await.expect(202), job);
    let fresh = untrained(&client, "Fresh", &[back("6", 4)]).await;
    let next = wait_for_job(&client, &client.post("/train").await.expect(202)).await;
    assert_eq!(next["color_ids"], json!([fresh]), "{next}");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_cancelled_job_ends_before_its_next_shade() {
    let server = alone().await;
    let client = server.client();
    for k in 0..6 {
        untrained(&client, &format!("Shade {k}"), &[back("24", 4), back("24", 11)]).await;
    }
    let job = client.post("/train").await.expect(202);
    let path = format!("/jobs/{}", id(&job));
    let cancelled = client.delete(&path).await.expect(200);
    assert_eq!(state(&cancelled), "cancelled", "{cancelled}");
    assert!(number(&cancelled["done"]) < 6.0, "{cancelled}");
    assert_eq!(client.delete(&path).await.expect(200), cancelled);
    // The next job trains the rest; the cancelled one stays as it was.
    let rest = wait_for_job(&client, &client.post("/train").await.expect(202)).await;
    assert!(id(&rest) > id(&job) && state(&rest) == "succeeded", "{rest}");
    assert_eq!(client.get(&path).await.expect(200), cancelled);
    let over = client.delete(&format!("/jobs/{}", id(&rest))).await.problem(409);
    assert!(over.contains("is over"), "{over}");
    client.delete("/jobs/987654321").await.problem(404);
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn jobs_are_listed_newest_first_in_pages() {
    let server = alone().await;
    let client = server.client();
    let color = untrained(&client, "Listed", &[back("6", 4)]).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        let request = client.request(reqwest::Method::POST, &format!("/train/{color}"));
        let job = client
            .send(request.header("prefer", "respond-async"))
            .await
            .expect(202);
        made.insert(0, id(&wait_for_job(&client, &job).await));
    }
    let ids = |page: &Value| {
        page.as_array()
            .expect("an array")
            .iter()
            .map(id)
            .collect::<Vec<_>>()
    };
    let all = ids(&client.get("/jobs").await.expect(200));
    assert_eq!(all[..3], made);
    let first = client.get("/jobs?limit=2").await;
    assert_eq!(ids(&first.expect(200)), made[..2]);
    let link = first.header("link");
    assert!(link.contains("rel=\"next\""), "{link}");
    let next = client.get(&format!("/jobs?limit=2&cursor={}", made[1])).await;
    assert_eq!(ids(&next.expect(200))[0], made[2]);
    client.get("/jobs?limit=many").await.problem(400);
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_job_leaves_out_what_became_ready_meanwhile() {
    let server = alone().await;
    let client = server.client();
    // A shade that is trained as the only one is fitted again with the next.
    trained(&client, "Ready", "1").await;
    let mut last = 0;
    for k in 0..6 {
        last = untrained(&client, &format!("Shade {k}"), &[back("24", 4), back("24", 11)]).await;
    }
    let job = client.post("/train").await.expect(202);
    let trained = client.train(last).await;
    assert_eq!(trained["model"]["version"], 1);
    let job = wait_for_job(&client, &job).await;
    assert_eq!((state(&job), &job["done"]), ("succeeded", &json!(6)), "{job}");
    assert_eq!(client.get_color(last).await["model"], trained["model"]);
    // Who asks for one shade gets it trained again.
    let request = client.request(reqwest::Method::POST, &format!("/train/{last}"));
    let again = client.send(request.header("prefer", "respond-async")).await;
    assert_eq!(
        state(&wait_for_job(&client, &again.expect(202)).await),
        "succeeded"
    );
    assert_eq!(client.get_color(last).await["model"]["version"], 2);
}
