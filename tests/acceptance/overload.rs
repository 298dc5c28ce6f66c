//! More than the process can take: who comes too late or sends too slowly is told so, the others are served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use strand_tests::client::assert_sentence;
use strand_tests::server::private_with;

use crate::fixtures::back;

/// One inference thread: one photo is measured at a time, 63 wait.
const ONE_THREAD: [(&str, &str); 1] = [("STRAND_THREADS", "1")];

#[tokio::test]
async fn who_finds_the_queue_full_is_told_when_to_come_back() {
    let test = "overload::who_finds_the_queue_full_is_told_when_to_come_back";
    let Some(server) = private_with(test, &ONE_THREAD) else {
        return;
    };
    let client = server.client();
    let photo = back("6", 3);
    // Bytes after the end of a JPEG make another file of it, which no cache knows.
    let photos: Vec<Vec<u8>> = (0_u8..150).map(|n| [&photo[..], &[n]].concat()).collect();
    let answers = join_all(photos.iter().map(|photo| client.analyze([("a.jpg", &photo[..])]))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    for answer in &refused {
        answer.problem(503);
        let seconds = answer.header("retry-after").parse::<u32>();
        assert!(seconds.is_ok_and(|seconds| (1..=60).contains(&seconds)));
    }
    assert!(!refused.is_empty(), "the queue took all of them");
    assert!(refused.len() <= 150 - 64, "{} were refused", refused.len());
    client.analyze_one(&photos[0]).await;
}

#[tokio::test]
async fn a_body_that_stalls_is_broken_off() {
    let Some(server) = private_with("overload::a_body_that_stalls_is_broken_off", &ONE_THREAD) else {
        return;
    };
    let address = server.base().trim_start_matches("http://").to_owned();
    let start = Instant::now();
    let stalled = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = "POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n\
            Content-Length: 100000\r\nConnection: close\r\n\r\n\
            --x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a.jpg\"\r\n\r\nand then nothing";
        stream.write_all(head.as_bytes()).expect("it reads");
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .expect("a socket option");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("an answer within a minute");
        answer
    });
    // It keeps nobody waiting meanwhile.
    let client = server.client();
    client.analyze_one(&back("6", 2)).await;
    assert!(!stalled.is_finished());
    let answer = stalled.await.expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let start_of_json = body.find('{').expect("a problem as JSON");
    let end_of_json = body.rfind('}').expect("a problem as JSON");
    let problem: serde_json::Value = serde_json::from_str(&body[start_of_json..=end_of_json]).expect("JSON");
    let detail = problem["detail"].as_str().expect("a detail");
    assert_sentence(detail);
    assert!(detail.contains("breaks off"), "{detail}");
    assert!(
        start.elapsed() >= Duration::from_secs(29),
        "{:?}",
        start.elapsed()
    );
}
