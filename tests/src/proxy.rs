//! A proxy between a server and AWS that injects the faults of networks and clouds.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection breaks before the request arrives.
    Break,
    /// Nothing comes back, and the connection stays open.
    Hang,
    /// The request arrives after a delay.
    Slow(Duration),
    /// "Too many requests", in the form that each service uses. The request does not arrive.
    Throttle,
    /// "Internal error". The request does not arrive.
    Fail,
    /// The request arrives, but the connection breaks before the response.
    LoseAnswer,
}

/// Which requests a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// All requests.
    All,
    /// Requests to DynamoDB.
    Table,
    /// Requests to S3.
    Bucket,
    /// Requests to DynamoDB that write in a transaction.
    Transactions,
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    plan: Arc<Plan>,
}

struct Plan {
    target: String,
    http: reqwest::Client,
    fault: Mutex<(Fault, To)>,
    /// How many more requests the fault affects.
    left: AtomicUsize,
    affected: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy to `target`, such as `http://127.0.0.1:5000`. It ends with the runtime.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(target: &str) -> Self {
        let plan = Arc::new(Plan {
            target: target.trim_end_matches('/').to_owned(),
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client without TLS always builds"),
            fault: Mutex::new((Fault::None, To::All)),
            left: AtomicUsize::new(0),
            affected: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let routes = Router::new().fallback(handle).with_state(Arc::clone(&plan));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, plan }
    }

    /// The proxy's base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Applies the fault to the next `count` of these requests.
    pub fn inject(&self, fault: Fault, to: To, count: usize) {
        *self.plan.fault.lock().unwrap_or_else(PoisonError::into_inner) = (fault, to);
        self.plan.affected.store(0, Ordering::SeqCst);
        self.plan.left.store(count, Ordering::SeqCst);
    }

    /// Ends the fault, and returns the number of requests that it affected.
    pub fn clear(&self) -> usize {
        self.plan.left.store(0, Ordering::SeqCst);
        self.plan.affected.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn fault(&self, headers: &HeaderMap) -> Fault {
        let (fault, to) = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let target = headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok());
        let meant = match to {
            To::All => true,
            To::Table => target.is_some(),
            To::Bucket => target.is_none(),
            To::Transactions => target.is_some_and(|target| target.ends_with(".TransactWriteItems")),
        };
        let count_down = |left: usize| left.checked_sub(1);
        if meant
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count_down)
                .is_ok()
        {
            self.affected.fetch_add(1, Ordering::SeqCst);
            return fault;
        }
        Fault::None
    }

    async fn forward(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let url = format!("{}{}", self.target, head.uri);
        let mut headers = head.headers;
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let forwarded = self
            .http
            .request(head.method.clone(), url)
            .headers(headers)
            .body(body)
            .send()
            .await;
        let Ok(answer) = forwarded else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.unwrap_or_default();
        headers.remove(header::TRANSFER_ENCODING);
        headers.remove(header::CONNECTION);
        if head.method != axum::http::Method::HEAD {
            headers.remove(header::CONTENT_LENGTH);
        }
        (status, headers, body).into_response()
    }
}

async fn handle(State(plan): State<Arc<Plan>>, request: Request) -> Response {
    let to_table = request.headers().contains_key("x-amz-target");
    match plan.fault(request.headers()) {
        Fault::None => plan.forward(request).await,
        Fault::Slow(delay) => {
            tokio::time::sleep(delay).await;
            plan.forward(request).await
        }
        Fault::Break => broken(),
        Fault::LoseAnswer => {
            plan.forward(request).await;
            broken()
        }
        Fault::Hang => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            broken()
        }
        Fault::Throttle if to_table => {
            let code = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
            let body = format!("{{\"__type\":\"{code}\",\"message\":\"slow down\"}}");
            (
                StatusCode::BAD_REQUEST,
                [(header::CONTENT_TYPE, "application/x-amz-json-1.0")],
                body,
            )
                .into_response()
        }
        Fault::Throttle => {
            let body =
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
            (
                StatusCode::SERVICE_UNAVAILABLE,
                [(header::CONTENT_TYPE, "application/xml")],
                body,
            )
                .into_response()
        }
        Fault::Fail => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A response that breaks off in the middle.
fn broken() -> Response {
    let chunks = stream::iter([Ok(Bytes::from_static(b"{"))]).chain(stream::once(async {
        Err(std::io::Error::other("broken off on purpose"))
    }));
    ([(header::CONTENT_LENGTH, "100")], Body::from_stream(chunks)).into_response()
}
