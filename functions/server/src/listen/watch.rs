//! What a connection waits for, and since when.

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(15);
/// How long a connection may be without a request. Proxies close theirs after 60 to 100 seconds, and must come first.
const IDLE: Duration = Duration::from_mins(2);
/// How long a client may leave an answer unread.
const UNREAD: Duration = Duration::from_secs(30);
/// So much of an answer is handed over at once.
const PIECE: usize = 32 * 1024;
/// How an HTTP/2 connection begins (RFC 9113, 3.4). There, what comes in between requests is no part of a head.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// The state of a connection.
pub struct Watch {
    state: Mutex<State>,
    close: Notify,
    stop: Notify,
}

struct State {
    /// Requests whose answers are not complete.
    requests: usize,
    /// When the last one ended, or the connection began.
    idle: Instant,
    /// When the first bytes of a head came in.
    head: Option<Instant>,
    is_http2: bool,
    stopping: bool,
    /// When the system last took no more bytes.
    blocked: Option<Instant>,
    /// The answers of which a piece was handed over, and when.
    handed: BTreeMap<u64, Instant>,
    next: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                requests: 0,
                idle: Instant::now(),
                head: None,
                is_http2: false,
                stopping: false,
                blocked: None,
                handed: BTreeMap::new(),
                next: 0,
            }),
            close: Notify::new(),
            stop: Notify::new(),
        }
    }
}

impl Watch {
    /// A request begins. It ends when what is returned is dropped.
    pub fn begin(self: &Arc<Self>) -> Answering {
        let mut state = self.state();
        state.requests += 1;
        state.head = None;
        state.next += 1;
        Answering {
            watch: Arc::clone(self),
            number: state.next,
        }
    }

    /// Since when there has been no request.
    pub fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.requests == 0).then_some(state.idle)
    }

    /// Whether the client was waited for too long.
    pub fn is_overdue(&self) -> bool {
        self.state().is_overdue(Instant::now())
    }

    /// Cuts the connection off.
    pub fn close(&self) {
        self.close.notify_one();
    }

    /// Waits until it is to be cut off.
    pub async fn closed(&self) {
        self.close.notified().await;
    }

    /// Ends the connection after the requests in flight, and at once if there are none.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        if state.requests == 0 {
            self.close();
        }
        self.stop.notify_one();
    }

    /// Waits until it is to end after the requests in flight.
    pub async fn stopped(&self) {
        self.stop.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_overdue(&self, now: Instant) -> bool {
        let longer = |since: &Instant, most| now.saturating_duration_since(*since) > most;
        self.blocked.is_some_and(|since| longer(&since, UNREAD))
            || self.handed.values().any(|since| longer(since, UNREAD))
            || self.head.is_some_and(|since| longer(&since, HEAD))
            || self.requests == 0 && longer(&self.idle, IDLE)
    }

    fn came_in(&mut self, bytes: &[u8]) {
        if self.requests > 0 || bytes.is_empty() || self.is_http2 {
            return;
        }
        self.is_http2 = bytes.starts_with(PREFACE);
        self.head.get_or_insert_with(Instant::now);
    }
}

/// A request that is being answered.
pub struct Answering {
    watch: Arc<Watch>,
    number: u64,
}

impl Answering {
    fn handed_over(&self, piece: bool) {
        let mut state = self.watch.state();
        if piece {
            state.handed.insert(self.number, Instant::now());
        } else {
            state.handed.remove(&self.number);
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.watch.state();
        state.handed.remove(&self.number);
        state.requests -= 1;
        if state.requests == 0 {
            state.idle = Instant::now();
        }
    }
}

/// The body of an answer, in pieces.
pub struct WatchedBody {
    body: Body,
    rest: Bytes,
    answering: Answering,
}

impl WatchedBody {
    pub fn new(body: Body, answering: Answering) -> Self {
        let rest = Bytes::new();
        Self {
            body,
            rest,
            answering,
        }
    }
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.answering.handed_over(false);
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return other,
            }
        }
        self.answering.handed_over(true);
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, hint) = (self.rest.len() as u64, self.body.size_hint());
        let mut all = SizeHint::new();
        all.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            all.set_upper(upper + rest);
        }
        all
    }
}

/// A stream of bytes whose traffic is noted.
pub struct Watched {
    stream: TcpStream,
    watch: Arc<Watch>,
}

impl Watched {
    pub fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }

    fn noted<T>(&self, polled: Poll<T>) -> Poll<T> {
        let mut state = self.watch.state();
        if polled.is_ready() {
            state.blocked = None;
        } else {
            state.blocked.get_or_insert_with(Instant::now);
        }
        polled
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.watch.state().came_in(&buffer.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.noted(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;

    fn after(watch: &Watch, seconds: u64) -> bool {
        let later = Instant::now() + Duration::from_secs(seconds);
        watch.state().is_overdue(later)
    }

    #[test]
    fn a_head_has_less_time_than_an_idle_connection() {
        let watch = Arc::new(Watch::default());
        assert!(!after(&watch, 119) && after(&watch, 121));
        watch.state().came_in(b"GET / HT");
        assert!(!after(&watch, 14) && after(&watch, 16));
        let request = watch.begin();
        assert!(!after(&watch, 1000));
        assert_eq!(watch.idle_since(), None);
        drop(request);
        assert!(!after(&watch, 119) && after(&watch, 121));
    }

    #[test]
    fn frames_between_requests_are_no_head() {
        let watch = Arc::new(Watch::default());
        watch.state().came_in(PREFACE);
        drop(watch.begin());
        watch.state().came_in(b"\0\0\x08\x06\x01\0\0\0\0 ping");
        assert!(!after(&watch, 119) && after(&watch, 121));
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_is_overdue() {
        use futures_util::StreamExt;
        let watch = Arc::new(Watch::default());
        let body = WatchedBody::new(Body::from(vec![7; 3 * PIECE]), watch.begin());
        assert_eq!(body.size_hint().exact(), Some(3 * PIECE as u64));
        let mut pieces = Body::new(body).into_data_stream();
        assert!(!after(&watch, 31));
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        assert!(!after(&watch, 29) && after(&watch, 31));
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        assert!(pieces.next().await.is_none());
        assert!(!after(&watch, 31));
        drop(pieces);
        assert!(watch.idle_since().is_some());
    }

    #[tokio::test]
    async fn waiting_for_the_next_event_is_not_the_clients_fault() {
        use futures_util::{FutureExt, StreamExt, stream};
        let watch = Arc::new(Watch::default());
        let body = Body::from_stream(stream::pending::<Result<Bytes, io::Error>>());
        let mut pieces = Body::new(WatchedBody::new(body, watch.begin())).into_data_stream();
        assert!(pieces.next().now_or_never().is_none());
        assert!(!after(&watch, 1000));
    }
}
