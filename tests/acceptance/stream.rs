//! The training stream, read the way an `EventSource` reads it.

use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Client, number, text};
use strand_tests::server::{alone, emulated_functions, shared};

use crate::fixtures::{back, hairless, unique, untrained};

/// Opens the stream and returns its events once it has ended.
async fn events(client: &Client, color: u64) -> Vec<Value> {
    let mut stream = open(client, color).await;
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event);
    }
    assert_events(&events);
    events
}

struct Stream {
    response: reqwest::Response,
    read: Vec<u8>,
}

async fn open(client: &Client, color: u64) -> Stream {
    let request = client
        .request(Method::GET, &format!("/train/{color}/stream"))
        .header("accept", "text/event-stream");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        header("content-type").starts_with("text/event-stream"),
        "{}",
        header("content-type")
    );
    assert!(!header("x-request-id").is_empty());
    assert!(
        header("cache-control").contains("no-cache"),
        "a cache would delay the events"
    );
    Stream {
        response,
        read: Vec::new(),
    }
}

impl Stream {
    /// The `data` of the next event, or `None` at the end. Comments only keep the connection alive.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.read.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("UTF-8");
                let data: Vec<&str> = block
                    .lines()
                    .filter_map(|line| line.strip_prefix("data:"))
                    .collect();
                if !data.is_empty() {
                    return Some(serde_json::from_str(&data.join("\n")).expect("JSON"));
                }
                continue;
            }
            let chunk = self.response.chunk().await.expect("the stream does not break")?;
            self.read.extend_from_slice(&chunk);
        }
    }
}

fn assert_events(events: &[Value]) {
    let mut percentage = 0.0;
    for (i, event) in events.iter().enumerate() {
        assert!(event["step"].is_u64() && event["total_steps"].is_u64(), "{event}");
        assert!(number(&event["step"]) <= number(&event["total_steps"]), "{event}");
        assert!(!text(&event["message"]).is_empty(), "{event}");
        let now = number(&event["percentage"]);
        assert!(
            (0.0..=100.0).contains(&now) && now >= percentage,
            "percentage decreases: {events:?}"
        );
        percentage = now;
        let last = i + 1 == events.len();
        let expected: &[&str] = if last {
            &["complete", "error"]
        } else {
            &["processing", "training"]
        };
        assert!(expected.contains(&text(&event["status"])), "{events:?}");
    }
    let phase = |event: &Value| {
        ["processing", "training"]
            .iter()
            .position(|s| event["status"] == *s)
            .unwrap_or(2)
    };
    assert!(
        events.is_sorted_by_key(phase),
        "processing comes before training: {events:?}"
    );
}

#[tokio::test]
async fn opening_the_stream_trains() {
    let client = shared().client();
    let color = untrained(&client, "Streamed", &[back("6", 4), back("6", 11), back("6", 2)]).await;
    let events = events(&client, color).await;
    let last = events.last().expect("at least the end");
    assert_eq!(last["status"], "complete", "{last}");
    assert!((number(&last["percentage"]) - 100.0).abs() < 1e-6, "{last}");
    assert!(
        events.iter().any(|event| event["status"] == "processing"),
        "{events:?}"
    );
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn a_second_stream_joins_the_first() {
    let server = alone().await;
    let client = server.client();
    let color = untrained(
        &client,
        "Followed",
        &[back("24", 4), back("24", 11), back("24", 2)],
    )
    .await;
    let path = format!("/train/{color}");
    let (first, second, posted) =
        tokio::join!(events(&client, color), events(&client, color), client.post(&path));
    for events in [first, second] {
        assert_eq!(events.last().expect("an end")["status"], "complete", "{events:?}");
    }
    posted.expect(200);
    if emulated_functions() {
        // Each one waits for the previous one to end, and then trains again.
        return;
    }
    assert_eq!(
        client.get_color(color).await["model"]["version"],
        1,
        "one training, however many watchers"
    );
}

#[tokio::test]
async fn a_training_continues_without_watchers() {
    let client = shared().client();
    let color = untrained(&client, "Abandoned", &[back("1", 4), back("1", 11)]).await;
    let mut stream = open(&client, color).await;
    stream.next().await.expect("a first event");
    drop(stream);
    // Joins the training if it is still running; otherwise the color has already been trained.
    client.train(color).await;
    assert_eq!(client.status(color).await, "ready");
}

#[tokio::test]
async fn a_failed_training_ends_with_an_error() {
    let client = shared().client();
    let color = untrained(&client, "Streamed bald", &[hairless()]).await;
    let events = events(&client, color).await;
    let last = events.last().expect("an end");
    assert_eq!(last["status"], "error", "{last}");
    assert!(text(&last["error"]).to_lowercase().contains("hair"), "{last}");
    assert_eq!(last["code"], "no_hair", "{last}");
    assert_eq!(client.status(color).await, "failed");
}

#[tokio::test]
async fn without_a_photo_the_stream_says_so() {
    // A page that listens with EventSource cannot read the body of a 400.
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Streamed empty") })).await;
    let events = events(&client, color).await;
    let last = events.last().expect("an end");
    assert_eq!(last["status"], "error", "{last}");
    assert!(!text(&last["error"]).is_empty(), "{last}");
}

#[tokio::test]
async fn an_unknown_color_has_no_stream() {
    shared()
        .client()
        .get("/train/987654321/stream")
        .await
        .problem(404);
}

/// Opens the stream with a query and the id of the last event seen, if any; returns the status and the text.
async fn opened(client: &Client, color: u64, query: &str, last_seen: Option<&str>) -> (u16, String) {
    let mut request = client.request(Method::GET, &format!("/train/{color}/stream{query}"));
    if let Some(id) = last_seen {
        request = request.header("last-event-id", id);
    }
    let answer = client.send(request).await;
    (
        answer.status.as_u16(),
        String::from_utf8(answer.body).expect("UTF-8"),
    )
}

async fn version(client: &Client, color: u64) -> Value {
    client.get_color(color).await["model"]["version"].take()
}

#[tokio::test]
async fn a_ready_color_is_not_trained_again_unless_asked() {
    let client = shared().client();
    let color = untrained(&client, "Streamed twice", &[back("6", 4)]).await;
    let (status, first) = opened(&client, color, "", None).await;
    assert_eq!(status, 200);
    assert!(
        first.contains("retry:") && first.contains("id: training-end\n"),
        "{first}"
    );
    let trained = version(&client, color).await;
    let (status, text) = opened(&client, color, "", None).await;
    assert_eq!((status, text.matches("data:").count()), (200, 1), "{text}");
    assert!(
        text.contains("\"status\":\"complete\"") && text.contains("\"model\""),
        "{text}"
    );
    assert_eq!(version(&client, color).await, trained);
    let (_, text) = opened(&client, color, "?again=true", None).await;
    assert!(text.contains("\"status\":\"complete\""), "{text}");
    assert!(version(&client, color).await.as_u64() > trained.as_u64());
}

#[tokio::test]
async fn a_client_that_connects_again_starts_nothing() {
    let client = shared().client();
    let color = untrained(&client, "Streamed again", &[back("24", 4)]).await;
    for id in ["training-0", "training-end", "5", ""] {
        assert_eq!(
            opened(&client, color, "", Some(id)).await,
            (204, String::new()),
            "{id}"
        );
    }
    assert_eq!(client.status(color).await, "untrained");
    client.train(color).await;
    let trained = version(&client, color).await;
    for id in ["training-end", "5"] {
        assert_eq!(opened(&client, color, "", Some(id)).await.0, 204, "{id}");
        assert_eq!(
            opened(&client, color, "?again=true", Some(id)).await.0,
            204,
            "{id}"
        );
    }
    // It may have missed the end.
    let (status, text) = opened(&client, color, "", Some("training-2")).await;
    assert_eq!((status, text.matches("data:").count()), (200, 1), "{text}");
    assert_eq!(version(&client, color).await, trained);
}

#[tokio::test]
async fn without_a_photo_the_second_connection_ends_the_stream() {
    let client = shared().client();
    let color = client.color(&json!({ "name": unique("Streamed nothing") })).await;
    let (status, text) = opened(&client, color, "", None).await;
    assert_eq!(
        (status, text.matches("\"status\":\"error\"").count()),
        (200, 1),
        "{text}"
    );
    assert!(text.contains("id: training-end\n"), "{text}");
    assert_eq!(opened(&client, color, "", Some("training-end")).await.0, 204);
}

#[tokio::test]
async fn head_starts_no_training() {
    let client = shared().client();
    let color = untrained(&client, "Looked at", &[back("1", 4)]).await;
    let path = format!("/train/{color}/stream");
    let answer = client.send(client.request(Method::HEAD, &path)).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert!(answer.header("content-type").starts_with("text/event-stream"));
    assert_eq!(client.status(color).await, "untrained");
    let unknown = client.request(Method::HEAD, "/train/987654321/stream");
    assert_eq!(client.send(unknown).await.status, 404);
}
