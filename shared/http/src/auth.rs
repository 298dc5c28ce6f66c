//! The API key that protects the routes that change something.

use crate::{ApiError, Shared, document};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

/// The key, stored as its SHA-256, so that the time of a comparison reveals nothing about it.
#[derive(Clone)]
pub struct ApiKey([u8; 32]);

impl ApiKey {
    /// The key given as text; `None` if no header can carry it. Blanks and line ends around it do not count, because
    /// headers carry none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        (is_printable && !text.is_empty()).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    fn is(&self, text: &str) -> bool {
        Self::new(text).is_some_and(|other| self.0 == other.0)
    }
}

/// Requires the key if one is set and the route changes something.
pub async fn require_key(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(key) = &app.config.api_key
        && let Some(route) = request.extensions().get::<MatchedPath>()
        && changes_something(request.method(), route.as_str())
    {
        let refused = match given_key(&request, route.as_str()) {
            None => Some(ApiError::NoKey),
            Some(given) if !key.is(&given) => Some(ApiError::WrongKey),
            Some(_) => None,
        };
        // A path or a method that is not there needs no key.
        if let Some(refused) = refused.filter(|_| document::has(request.method(), route.as_str())) {
            return Err(refused);
        }
    }
    Ok(next.run(request).await)
}

const STREAM: &str = "/train/{id}/stream";
const EXPORT: &str = "/export";

fn changes_something(method: &Method, route: &str) -> bool {
    let asks_only = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let opens_training = route == STREAM;
    let only_looks = matches!(route, "/analyze" | "/analyze-legacy");
    // An export changes nothing, but discloses the whole library.
    let takes_all = route == EXPORT;
    // The key of an upload is unguessable, and was given to a client that had the API key.
    let has_its_own_key = *method == Method::PUT && route == "/uploads/{key}";
    opens_training || takes_all || !(asks_only || only_looks || has_its_own_key)
}

fn given_key(request: &Request, route: &str) -> Option<String> {
    // A blank value is none.
    let value = |text: &str| Some(text.trim().to_owned()).filter(|value| !value.is_empty());
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = header("x-api-key").and_then(value) {
        return Some(key);
    }
    let authorization = header(header::AUTHORIZATION.as_str()).and_then(|value| value.trim().split_once(' '));
    if let Some((_, token)) = authorization.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        && let Some(key) = value(token)
    {
        return Some(key);
    }
    // A browser's EventSource and a download link cannot send headers. Only these two routes also accept the key in the
    // query.
    let query = request
        .uri()
        .query()
        .filter(|_| [STREAM, EXPORT].contains(&route))?;
    let (_, key) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "api_key")?;
    value(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_header_can_carry() {
        for written in ["secret", " secret", "secret\n", "secret\r\n"] {
            assert!(ApiKey::new(written).unwrap().is("secret"), "{written:?}");
        }
        assert!(!ApiKey::new("secret").unwrap().is("Secret"));
        for wrong in ["", "  ", "\n", "cl\u{e9}", "two\nlines"] {
            assert!(ApiKey::new(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_blank_header_is_no_key() {
        let given = |headers: &[(&str, &str)], uri: &str, route: &str| {
            let mut request = Request::get(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            given_key(&request.body(axum::body::Body::empty()).unwrap(), route)
        };
        for (headers, expected) in [
            (&[("x-api-key", " a ")][..], Some("a")),
            (&[("x-api-key", "")], None),
            (&[("x-api-key", ""), ("authorization", "Bearer b")], Some("b")),
            (&[("x-api-key", "a"), ("authorization", "Bearer b")], Some("a")),
            (&[("authorization", "bearer  b ")], Some("b")),
            (&[("authorization", "Bearer")], None),
            (&[("authorization", "Basic Yg==")], None),
        ] {
            assert_eq!(
                given(headers, "/colors", "/colors").as_deref(),
                expected,
                "{headers:?}"
            );
        }
        assert_eq!(given(&[], "/export?api_key=a%0A", EXPORT).as_deref(), Some("a"));
        assert_eq!(given(&[], "/export?api_key=", EXPORT), None);
        assert_eq!(given(&[], "/colors?api_key=a", "/colors"), None);
    }

    #[test]
    fn which_routes_change_something() {
        for (method, path, changes) in [
            (Method::GET, "/colors", false),
            (Method::POST, "/colors", true),
            (Method::DELETE, "/colors/{id}", true),
            (Method::GET, "/train/{id}/stream", true),
            (Method::POST, "/train", true),
            (Method::POST, "/analyze", false),
            (Method::POST, "/clear-cache", true),
            (Method::POST, "/uploads", true),
            (Method::PUT, "/uploads/{key}", false),
            (Method::GET, "/export", true),
            (Method::POST, "/import", true),
        ] {
            assert!(document::has(&method, path), "{method} {path}");
            assert_eq!(changes_something(&method, path), changes, "{method} {path}");
        }
    }
}
