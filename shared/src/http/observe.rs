//! Every request's id, log line and metrics.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Instant;
use tracing::Instrument;

tokio::task_local! {
    static REQUEST_ID: String;
}

static HEADER: HeaderName = HeaderName::from_static("x-request-id");
const DURATION: &str = "strand_http_request_duration_seconds";

/// The id of the request that this task answers.
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Starts collecting metrics for this process.
///
/// # Errors
/// Where the process collects already.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let buckets = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.into()), &buckets)?
        .install_recorder()
}

/// Gives the request an id, answers with it, and notes how it went.
pub async fn observe(request: Request, next: Next) -> Response {
    let id = taken_over(&request).unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let method = request.method().to_string();
    let label = method_label(request.method());
    let path = request.uri().path().to_owned();
    // The pattern, not the path, so that ids do not make a metric each.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", id = %id, %method, %path);
    let started = Instant::now();
    let answer = async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let seconds = started.elapsed().as_secs_f64();
        tracing::info!(status, ms = seconds * 1e3, "answered");
        let labels = [
            ("method", label.to_owned()),
            ("route", route),
            ("status", status.to_string()),
        ];
        metrics::counter!("strand_http_requests_total", &labels).increment(1);
        metrics::histogram!(DURATION, &labels[..2]).record(seconds);
        response
    };
    let mut response = REQUEST_ID.scope(id.clone(), answer.instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(&HEADER, value);
    }
    response
}

/// A method as a metric's label: those that HTTP has, for a client may send any word and each would be kept for good.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The client's id, where it is one that can stand in a log.
fn taken_over(request: &Request) -> Option<String> {
    let id = request.headers().get(&HEADER)?.to_str().ok()?;
    let sane = (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    sane.then(|| id.to_owned())
}
