//! From where a request may come: what a browser says about the page that sends it, and the name under which it found this
//! server.
//!
//! A page of another site can send simple requests to any server that the browser reaches, one on this machine too. It
//! cannot hide where it comes from. A name that begins to point to this machine (DNS rebinding) makes its page one of
//! ours to the browser, but the browser then sends that name.

use crate::cors::is_own;
use crate::{ApiError, App, Shared};
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;

/// So many characters of a host are told.
const SHOWN: usize = 200;

/// Refuses what a foreign page sends.
pub async fn check(State(app): State<Shared>, request: Request, next: Next) -> Result<Response, ApiError> {
    match refusal(&app, &request) {
        Some(refusal) => Err(refusal),
        None => Ok(next.run(request).await),
    }
}

fn refusal(app: &App, request: &Request) -> Option<ApiError> {
    let config = &app.config;
    if config.loopback
        && let Some(host) = host(request.uri(), request.headers())
        && !is_of_this_machine(host)
        && !config.origins.names(host)
    {
        return Some(ApiError::UnknownHost(host.chars().take(SHOWN).collect()));
    }
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_foreign = match request.headers().get(header::ORIGIN) {
        Some(origin) => {
            let is_ours = site == Some(b"same-origin") || is_own(origin, request.headers());
            !is_ours && !config.origins.allow(origin)
        }
        None => site == Some(b"cross-site"),
    };
    (is_foreign && is_write(request)).then_some(ApiError::ForeignOrigin)
}

/// Whether a request may change something, or costs as much.
fn is_write(request: &Request) -> bool {
    let opens_training = || {
        let route = request.extensions().get::<MatchedPath>();
        route.is_some_and(|route| route.as_str() == crate::auth::STREAM)
    };
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) || opens_training()
}

/// The name under which the client found this server, with its port; `None` if it does not say.
fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| uri.authority().map(Authority::as_str));
    host.map(str::trim).filter(|host| !host.is_empty())
}

/// Whether nobody else can make a host point here: it is an address, which is not looked up, or a name of this machine or its
/// network. Names that can be bought have a dot.
fn is_of_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.') && !name.contains(':')
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_can_have_are_not_this_machine() {
        for ours in [
            "localhost",
            "localhost:8000",
            "LOCALHOST.",
            "strand.localhost:80",
            "127.0.0.1:8000",
            "[::1]:8000",
            "192.168.0.7",
            "strand:8000",
        ] {
            assert!(is_of_this_machine(ours), "{ours}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:8000",
            "evil.example.",
        ] {
            assert!(!is_of_this_machine(foreign), "{foreign}");
        }
    }
}
