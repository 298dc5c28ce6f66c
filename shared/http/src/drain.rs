//! An early answer reaches a client that is still sending: what is left of the body is read on behind the answer.
//!
//! Without this, the connection closes under a client that has not finished sending, and simple clients then report
//! a broken connection instead of the answer.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How much of a body is read on, in bytes, and for how long.
const MOST: usize = 25 * 1024 * 1024;
const LONGEST: Duration = Duration::from_secs(30);

/// Has the rest of the request's body read on if it is dropped unread.
pub async fn read_on(request: Request) -> Request {
    request.map(|body| {
        if body.is_end_stream() {
            body
        } else {
            Body::new(ReadOn(Some(body)))
        }
    })
}

/// A body whose rest is read on when it is dropped; `None` once it has ended.
struct ReadOn(Option<Body>);

impl HttpBody for ReadOn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for ReadOn {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, discard(rest)));
        }
    }
}

/// Reads one chunk at a time, until the end or [`MOST`] bytes.
async fn discard(rest: Body) {
    let (mut chunks, mut length) = (rest.into_data_stream(), 0);
    while let Some(Ok(chunk)) = chunks.next().await {
        length += chunk.len();
        if length > MOST {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A body of `chunks` chunks of 1 MiB, and how many of them have been read.
    fn counted(chunks: usize) -> (Body, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let chunks = stream::iter(0..chunks).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, axum::Error>(Bytes::from(vec![0; 1024 * 1024]))
        });
        (Body::from_stream(chunks), read)
    }

    async fn settled() {
        // The reading task is ready all the time, so it ends while this one yields.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_nobody_reads_is_read_on_up_to_a_limit() {
        for (sent, expected) in [(3, 3), (60, 26)] {
            let (body, read) = counted(sent);
            drop(read_on(Request::new(body)).await);
            settled().await;
            assert_eq!(read.load(Ordering::Relaxed), expected);
        }
    }

    #[tokio::test]
    async fn what_is_read_stays_what_it_is() {
        let (body, _) = counted(2);
        let request = read_on(Request::new(body)).await;
        let bytes = axum::body::to_bytes(request.into_body(), usize::MAX)
            .await
            .unwrap();
        assert_eq!(bytes.len(), 2 * 1024 * 1024);
        let sized = read_on(Request::new(Body::from("whole"))).await;
        assert_eq!(sized.body().size_hint().exact(), Some(5));
    }
}
