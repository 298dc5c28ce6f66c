//! Kills the server with kill -9 during requests, as a power cut would.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use reqwest::{Method, RequestBuilder};

use crate::client::{Answer, form};
use crate::server::Server;

/// Uploads photos to a color in parallel, and kills the server when `after` of them are acknowledged. Returns the
/// acknowledgments.
pub async fn amid_uploads(server: &mut Server, color: u64, photos: &[Vec<u8>], after: usize) -> Vec<Answer> {
    let client = server.client();
    let path = format!("/colors/{color}/images");
    let upload = |photo: &Vec<u8>| {
        let form = form("image", [("a.jpg", photo.as_slice())]);
        client.request(Method::POST, &path).multipart(form)
    };
    let answers = amid(server, photos.iter().map(upload).collect(), 201, after).await;
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Deletes colors in parallel, and kills the server when `after` deletions are acknowledged. Returns the deleted
/// colors.
pub async fn amid_deletions(server: &mut Server, colors: &[u64], after: usize) -> Vec<u64> {
    let client = server.client();
    let delete = |color: &u64| client.request(Method::DELETE, &format!("/colors/{color}"));
    let answers = amid(server, colors.iter().map(delete).collect(), 204, after).await;
    answers.into_iter().map(|(at, _)| colors[at]).collect()
}

/// Sends all requests in parallel and kills the server when the first `after` responses have `status`; other requests
/// are then in flight.
async fn amid(
    server: &mut Server,
    requests: Vec<RequestBuilder>,
    status: u16,
    after: usize,
) -> Vec<(usize, Answer)> {
    let client = server.client();
    let send = async |(at, request)| (at, client.try_send(request).await);
    let mut answers: FuturesUnordered<_> = requests.into_iter().enumerate().map(send).collect();
    let mut acknowledged = Vec::new();
    while let Some((at, answer)) = answers.next().await {
        let Some(answer) = answer.ok().filter(|answer| answer.status == status) else {
            continue;
        };
        acknowledged.push((at, answer));
        if acknowledged.len() == after {
            server.kill();
        }
    }
    acknowledged
}
