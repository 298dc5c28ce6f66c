//! Bodies as they come in: at a least rate, within a deadline by their size, and never more at once than their reader
//! has room for.

use axum::body::{Body, Bytes};
use futures_util::stream::{BoxStream, Stream};
use futures_util::{StreamExt, stream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use strand_library::MEMORY;
use tokio::time::{Instant, timeout};

/// The largest preamble of a multipart body, and the largest headers of one of its parts, in bytes. A parser holds them
/// until they end.
pub const HEADERS_LIMIT: usize = 16 * 1024;

/// How a sender is waited for. Only that counts: not how long the server takes to read on.
#[derive(Clone, Copy)]
struct Pace {
    /// The time over which the rate is measured.
    window: Duration,
    /// The least rate, in bytes a second.
    rate: usize,
    /// How many slow windows on end break a body off. While others wait for memory, one does.
    slow: u32,
}

/// Half a minute without a sign of life is forgiven, as in a tunnel.
const PACE: Pace = Pace {
    window: Duration::from_secs(5),
    rate: 8 * 1024,
    slow: 6,
};

/// The whole body takes at most a minute and the time that twice the least rate takes.
const LEEWAY: Duration = Duration::from_mins(1);

/// Bytes that came in since the reader last gave something out, which it holds.
#[derive(Clone, Default)]
pub struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// Something was given out.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether the reader has no room left.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// So many bytes may still come.
    fn room(&self) -> usize {
        HEADERS_LIMIT.saturating_sub(self.0.load(Ordering::Relaxed))
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

type Chunk = Result<Bytes, axum::Error>;
/// The chunks of a body.
pub type Chunks = BoxStream<'static, Chunk>;

/// A body of at most `most` bytes, broken off where it is too slow.
pub fn paced(body: Body, most: u64) -> Chunks {
    paced_by(PACE, deadline(PACE, most), body.into_data_stream().boxed()).boxed()
}

/// The chunks in pieces that their reader has room for, broken off where it has none left and has given nothing out.
pub fn in_pieces(chunks: Chunks, unread: Unread) -> impl Stream<Item = Chunk> + Send {
    Pieces {
        chunks,
        rest: Bytes::new(),
        rests: false,
        unread,
    }
}

/// The state of a paced body.
struct Paced {
    chunks: Chunks,
    pace: Pace,
    /// The time that is left.
    left: Duration,
    /// In this window: how long the sender was waited for, and the bytes that came.
    waited: Duration,
    came: usize,
    /// Slow windows on end.
    slow: u32,
}

/// The time that a body of so many bytes has.
fn deadline(pace: Pace, most: u64) -> Duration {
    LEEWAY + Duration::from_secs(most / (2 * pace.rate as u64))
}

fn paced_by(pace: Pace, deadline: Duration, chunks: Chunks) -> impl Stream<Item = Chunk> + Send {
    let paced = Paced {
        chunks,
        pace,
        left: deadline,
        waited: Duration::ZERO,
        came: 0,
        slow: 0,
    };
    stream::unfold(Some(paced), |paced| async {
        let mut paced = paced?;
        match paced.next().await {
            None => None,
            Some(Ok(chunk)) => Some((Ok(chunk), Some(paced))),
            Some(Err(error)) => Some((Err(error), None)),
        }
    })
}

impl Paced {
    async fn next(&mut self) -> Option<Chunk> {
        loop {
            let started = Instant::now();
            let until = self.pace.window.saturating_sub(self.waited);
            let next = timeout(until, self.chunks.next()).await;
            let waited = started.elapsed();
            self.waited += waited;
            self.left = self.left.saturating_sub(waited);
            if let Ok(Some(Ok(chunk))) = &next {
                self.came += chunk.len();
            }
            if self.waited >= self.pace.window && !self.keeps_pace() {
                return Some(Err(axum::Error::new("the body is too slow")));
            }
            if let Ok(next) = next {
                return next;
            }
        }
    }

    /// Ends the window; whether the sender may go on.
    fn keeps_pace(&mut self) -> bool {
        let least = (self.pace.rate as f64 * self.waited.as_secs_f64()) as usize;
        self.slow = if self.came < least { self.slow + 1 } else { 0 };
        (self.waited, self.came) = (Duration::ZERO, 0);
        let most = if MEMORY.is_pressed() { 1 } else { self.pace.slow };
        self.slow < most && !self.left.is_zero()
    }
}

/// Gives a body out in pieces.
struct Pieces {
    chunks: Chunks,
    rest: Bytes,
    /// Whether the last poll gave a piece. The reader then gets to look at it: it would read on as long as there is more.
    rests: bool,
    unread: Unread,
}

impl Stream for Pieces {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Chunk>> {
        if self.rests {
            self.rests = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match self.chunks.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(chunk))) => self.rest = chunk,
                other => return other,
            }
        }
        let room = self.unread.room().min(self.rest.len());
        if room == 0 {
            return Poll::Ready(Some(Err(axum::Error::new("headers without an end"))));
        }
        self.unread.add(room);
        self.rests = true;
        Poll::Ready(Some(Ok(self.rest.split_to(room))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of 40 ms, in which 400 bytes have to come.
    const SHORT: Pace = Pace {
        window: Duration::from_millis(40),
        rate: 10_000,
        slow: 3,
    };

    /// Chunks that come after so many milliseconds each, and then nothing.
    fn sent(chunks: &[(u64, usize)]) -> Chunks {
        let chunks = stream::iter(chunks.to_vec()).then(|(pause, length)| async move {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok(Bytes::from(vec![0; length]))
        });
        chunks.chain(stream::pending()).boxed()
    }

    /// The bytes that come through, and the milliseconds until the body is broken off.
    async fn broken_off(leeway: Duration, chunks: Chunks) -> (usize, u128) {
        let (started, mut length) = (Instant::now(), 0);
        let mut chunks = paced_by(SHORT, leeway, chunks).boxed();
        loop {
            match chunks.next().await {
                Some(Ok(chunk)) => length += chunk.len(),
                Some(Err(error)) => {
                    assert!(error.to_string().contains("too slow"), "{error}");
                    return (length, started.elapsed().as_millis());
                }
                None => panic!("it ended"),
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_stalls_or_trickles_is_broken_off() {
        let (length, time) = broken_off(LEEWAY, sent(&[(0, 1_000_000)])).await;
        assert_eq!(length, 1_000_000);
        assert!(time >= 160, "{time}");
        let (length, time) = broken_off(LEEWAY, sent(&vec![(15, 1); 1000])).await;
        assert!(length < 100 && time >= 120, "{length} in {time} ms");
    }

    #[tokio::test]
    async fn a_body_that_keeps_pace_has_a_deadline() {
        let leeway = Duration::from_millis(300);
        let (_, time) = broken_off(leeway, sent(&vec![(5, 10_000); 10_000])).await;
        assert!(time >= 300, "{time}");
        assert_eq!(deadline(PACE, 20 * 1024 * 1024), Duration::from_secs(60 + 1280));
    }

    #[tokio::test]
    async fn a_pause_is_forgiven() {
        let chunks = sent(&[(0, 1000), (60, 1000), (60, 1000)]).take(3);
        let all: Vec<_> = paced_by(SHORT, LEEWAY, chunks.boxed()).collect().await;
        assert!(all.iter().all(Result::is_ok) && all.len() == 3);
    }

    #[tokio::test]
    async fn a_reader_that_gives_nothing_out_gets_no_more() {
        let body = Body::from(vec![0; 10 * HEADERS_LIMIT]);
        let unread = Unread::default();
        let mut pieces = in_pieces(paced(body, 0), unread.clone()).boxed();
        let mut length = 0;
        loop {
            match pieces.next().await.expect("it breaks off") {
                Ok(piece) => length += piece.len(),
                Err(error) => break assert!(error.to_string().contains("without an end")),
            }
        }
        assert_eq!(length, HEADERS_LIMIT);
        let body = Body::from(vec![0; 10 * HEADERS_LIMIT]);
        unread.reset();
        let mut pieces = in_pieces(paced(body, 0), unread.clone()).boxed();
        let mut length = 0;
        while let Some(piece) = pieces.next().await {
            length += piece.unwrap().len();
            unread.reset();
        }
        assert_eq!(length, 10 * HEADERS_LIMIT);
    }
}
