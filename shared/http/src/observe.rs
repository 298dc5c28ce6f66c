//! The id, log line, and metrics of every request.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
#[cfg(feature = "metrics")]
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::{Duration, Instant};
use tracing::Instrument;

tokio::task_local! {
    static REQUEST_ID: String;
}

pub static HEADER: HeaderName = HeaderName::from_static("x-request-id");
const DURATION: &str = "strand_http_request_duration_seconds";
const STAGES: &str = "strand_analysis_stage_seconds";

/// The id of the request that this task handles.
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Runs a task with the id of the current request.
pub fn carried<T: Future>(task: T) -> impl Future<Output = T::Output> {
    REQUEST_ID.scope(request_id().unwrap_or_default(), task)
}

/// Starts collecting metrics in this process.
///
/// # Errors
/// A recorder is already installed.
#[cfg(feature = "metrics")]
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let buckets = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.into()), &buckets)?
        .set_buckets_for_metric(Matcher::Full(STAGES.into()), &buckets)?
        .install_recorder()
}

/// Removes a client's request id that is not safe to log; [`SetRequestIdLayer`] then generates one.
///
/// [`SetRequestIdLayer`]: tower_http::request_id::SetRequestIdLayer
pub async fn sane_id(mut request: Request, next: Next) -> Response {
    let is_sane = |id: &HeaderValue| {
        let bytes = id.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        (1..=128).contains(&bytes.len()) && bytes.iter().all(plain)
    };
    if !request.headers().get(&HEADER).is_some_and(is_sane) {
        request.headers_mut().remove(&HEADER);
    }
    next.run(request).await
}

/// Logs and counts a request.
pub async fn observe(request: Request, next: Next) -> Response {
    let id = request.headers().get(&HEADER);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let method = request.method().to_string();
    let label = method_label(request.method());
    let path = request.uri().path().to_owned();
    // The route pattern rather than the path, so that ids do not create a metric each.
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
    REQUEST_ID.scope(id, answer.instrument(span)).await
}

/// Adds the times of an analysis to the metrics, except of stages that did not run.
pub fn record_stages(stages: &[(&'static str, Duration)]) {
    for (stage, time) in stages.iter().filter(|(_, time)| !time.is_zero()) {
        metrics::histogram!(STAGES, "stage" => *stage).record(time.as_secs_f64());
    }
}

/// The method as a metric label. Only standard methods: a client may send any word, and each label would be kept
/// forever.
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
