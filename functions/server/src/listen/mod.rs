//! Accepts connections and serves them, so many at a time that neither descriptors nor memory run out.
//!
//! `watch` knows what a connection waits for: a request, the rest of one, or a client that reads its answer. Once a
//! second, those that wait too long are closed. At the cap, a new connection takes the place of the one that has been
//! idle longest.

mod watch;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;
use tower::ServiceExt;
use watch::{Watch, Watched, WatchedBody};

/// The most connections at a time: each may hold a head and what is being sent, some 100 kB.
const CONNECTIONS: usize = 1000;
/// Descriptors for everything but connections: the database, photos, and what decodes them.
const OTHER_DESCRIPTORS: usize = 128;
/// The largest head of a request, in bytes. Of a body, no more waits in a connection either.
const HEAD_LIMIT: usize = 32 * 1024;
/// The streams of an HTTP/2 connection, and the bytes that may wait in one of them and in all.
const STREAMS: u32 = 32;
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// How often connections are looked at.
const ROUND: Duration = Duration::from_secs(1);

/// Serves connections until [`stop`](Self::stop).
pub struct Listener {
    routes: Router,
    most: usize,
    builder: Builder<TokioExecutor>,
    connections: Mutex<Connections>,
    /// A connection has ended, or the server is to stop.
    changed: Notify,
}

#[derive(Default)]
struct Connections {
    open: BTreeMap<u64, Arc<Watch>>,
    next: u64,
    stopping: bool,
}

impl Listener {
    /// Serves `routes`.
    pub fn new(routes: Router) -> Arc<Self> {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = descriptors.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let most = descriptors
            .saturating_sub(OTHER_DESCRIPTORS)
            .clamp(16, CONNECTIONS);
        let mut builder = Builder::new(TokioExecutor::new());
        // `watch` has deadlines for heads and idle connections, which differ.
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(HEAD_LIMIT);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD_LIMIT as u32)
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(STREAM_WINDOW as usize);
        Arc::new(Self {
            routes,
            most,
            builder,
            connections: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Accepts connections until the server is to stop, and then waits for requests in flight.
    pub async fn serve(self: &Arc<Self>, listener: TcpListener) {
        let rounds = tokio::spawn(Arc::clone(self).look_after());
        loop {
            let changed = self.changed.notified();
            if self.connections().stopping {
                break;
            }
            if !self.has_room() {
                tokio::select! { () = changed => {} () = sleep(ROUND) => {} }
                continue;
            }
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => self.take(stream, address),
                    Err(error) => {
                        tracing::debug!(%error, "a connection was not accepted");
                        sleep(Duration::from_millis(20)).await;
                    }
                },
                () = changed => {}
            }
        }
        drop(listener);
        loop {
            let changed = self.changed.notified();
            if self.connections().open.is_empty() {
                break;
            }
            tokio::select! { () = changed => {} () = sleep(ROUND) => {} }
        }
        rounds.abort();
    }

    /// Accepts no more connections, and closes those without a request.
    pub fn stop(&self) {
        let mut connections = self.connections();
        connections.stopping = true;
        connections.open.values().for_each(|connection| connection.stop());
        drop(connections);
        self.changed.notify_waiters();
        self.changed.notify_one();
    }

    /// Whether one more connection may be open. If not, the one that has been idle longest is closed.
    fn has_room(&self) -> bool {
        let connections = self.connections();
        if connections.open.len() < self.most {
            return true;
        }
        let idle = connections
            .open
            .values()
            .filter_map(|watch| Some((watch.idle_since()?, watch)));
        if let Some((_, oldest)) = idle.min_by_key(|(since, _)| *since) {
            oldest.close();
        }
        false
    }

    fn take(self: &Arc<Self>, stream: TcpStream, address: SocketAddr) {
        let watch = Arc::new(Watch::default());
        let mut connections = self.connections();
        let number = connections.next;
        connections.next += 1;
        connections.open.insert(number, Arc::clone(&watch));
        drop(connections);
        let listener = Arc::clone(self);
        tokio::spawn(async move {
            let _place = Place {
                listener: &listener,
                number,
            };
            listener.handle(stream, address, &watch).await;
        });
    }

    async fn handle(&self, stream: TcpStream, address: SocketAddr, watch: &Arc<Watch>) {
        let service = service_fn(|request: Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            let answered = watch.begin();
            let answer = self.routes.clone().oneshot(request);
            async move {
                Ok::<_, std::convert::Infallible>(answer.await?.map(|body| WatchedBody::new(body, answered)))
            }
        });
        let io = TokioIo::new(Watched::new(stream, Arc::clone(watch)));
        let connection = self.builder.serve_connection(io, service);
        tokio::pin!(connection);
        let mut stopping = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke");
                    }
                    return;
                }
                () = watch.closed() => return,
                () = watch.stopped(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    async fn look_after(self: Arc<Self>) {
        loop {
            sleep(ROUND).await;
            for watch in self
                .connections()
                .open
                .values()
                .filter(|watch| watch.is_overdue())
            {
                watch.close();
            }
        }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection among those that are open.
struct Place<'l> {
    listener: &'l Listener,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.listener.connections().open.remove(&self.number);
        self.listener.changed.notify_one();
    }
}
