//! The API key that protects the routes that change something.

use crate::{ApiError, Shared};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

/// The key, stored as its SHA-256, so that the time of a comparison reveals nothing about it.
#[derive(Clone)]
pub struct ApiKey([u8; 32]);

impl ApiKey {
    /// The key given as text.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    fn is(&self, text: &str) -> bool {
        self.0 == Self::new(text).0
    }
}

/// Requires the key if one is set and the route changes something.
pub async fn require_key(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(key) = &app.config.api_key
        && changes_something(request.method(), request.uri().path())
    {
        match given_key(&request) {
            None => return Err(ApiError::NoKey),
            Some(given) if !key.is(&given) => return Err(ApiError::WrongKey),
            Some(_) => {}
        }
    }
    Ok(next.run(request).await)
}

fn changes_something(method: &Method, path: &str) -> bool {
    let asks_only = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let opens_training = path.starts_with("/train/") && path.ends_with("/stream");
    let only_looks = matches!(path, "/analyze" | "/analyze-legacy");
    // An export changes nothing, but discloses the whole library.
    let takes_all = path == "/export";
    // The key of an upload is unguessable, and was given to a client that had the API key.
    let has_its_own_key = *method == Method::PUT && path.starts_with("/uploads/");
    opens_training || takes_all || !(asks_only || only_looks || has_its_own_key)
}

fn given_key(request: &Request) -> Option<String> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = header("x-api-key") {
        return Some(key.to_owned());
    }
    let authorization = header(header::AUTHORIZATION.as_str()).and_then(|value| value.split_once(' '));
    if let Some((scheme, token)) = authorization
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Some(token.trim().to_owned());
    }
    // A browser's EventSource and a download link cannot send headers. Only these two routes also accept the key in the
    // query.
    let path = request.uri().path();
    let query = request
        .uri()
        .query()
        .filter(|_| path.ends_with("/stream") || path == "/export")?;
    let (_, key) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "api_key")?;
    Some(key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_routes_change_something() {
        for (method, path, changes) in [
            (Method::GET, "/colors", false),
            (Method::POST, "/colors", true),
            (Method::DELETE, "/colors/1", true),
            (Method::GET, "/train/1/stream", true),
            (Method::POST, "/train", true),
            (Method::POST, "/analyze", false),
            (Method::POST, "/clear-cache", true),
            (Method::POST, "/uploads", true),
            (Method::PUT, "/uploads/0123", false),
            (Method::GET, "/export", true),
            (Method::POST, "/import", true),
        ] {
            assert_eq!(changes_something(&method, path), changes, "{method} {path}");
        }
    }
}
