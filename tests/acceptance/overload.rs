//! More work than the process can do: some requests are rejected, and the others still succeed.

use futures_util::future::join_all;
use strand_tests::raw::Unfinished;
use strand_tests::server::private_with;

use crate::fixtures::back;

/// One inference thread: one photo is measured at a time, and 63 wait.
const ONE_THREAD: [(&str, &str); 1] = [("STRAND_THREADS", "1")];

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_full_queue_says_when_to_try_again() {
    let server = private_with(&ONE_THREAD);
    let client = server.client();
    let photo = back("6", 3);
    // Bytes after the end of a JPEG make it a different file, which is not in the cache.
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
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_stalled_body_delays_no_other_request() {
    let server = private_with(&ONE_THREAD);
    let mut stalled = Unfinished::post(&server, "/analyze", "multipart/form-data; boundary=x", 100_000);
    stalled.send(
        b"--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a.jpg\"\r\n\r\nand then nothing",
    );
    server.client().analyze_one(&back("6", 2)).await;
    drop(stalled);
}
