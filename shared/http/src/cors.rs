//! Which web origins may call the API.

use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use std::str::FromStr;
use std::time::Duration;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// The origins whose pages may call the API.
#[derive(Debug, Clone)]
pub struct AllowedOrigins(Option<Vec<HeaderValue>>);

/// The text is not a list of origins.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an origin")]
pub struct ParseOriginsError(String);

impl Default for AllowedOrigins {
    /// The addresses at which web development servers listen.
    fn default() -> Self {
        let origins = ["http://localhost:5173", "http://localhost:3000"];
        Self(Some(origins.map(HeaderValue::from_static).to_vec()))
    }
}

impl FromStr for AllowedOrigins {
    type Err = ParseOriginsError;

    /// Parses `*`, or comma-separated origins such as `https://shop.example`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
        if parts().any(|part| part == "*") {
            return Ok(Self(None));
        }
        parts()
            .map(origin)
            .collect::<Result<_, _>>()
            .map(|origins| Self(Some(origins)))
    }
}

fn origin(text: &str) -> Result<HeaderValue, ParseOriginsError> {
    let wrong = || ParseOriginsError(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (scheme, authority) = (
        uri.scheme_str().ok_or_else(wrong)?,
        uri.authority().ok_or_else(wrong)?,
    );
    let origin = format!("{scheme}://{authority}");
    // Only scheme, host, and port. A trailing slash is accepted; a path is a mistake.
    if text.trim_end_matches('/') != origin {
        return Err(wrong());
    }
    HeaderValue::from_str(&origin).map_err(|_| wrong())
}

impl AllowedOrigins {
    pub(super) fn layer(&self) -> CorsLayer {
        let origins = match &self.0 {
            None => AllowOrigin::any(),
            Some(list) => AllowOrigin::list(list.iter().cloned()),
        };
        let methods = [
            Method::GET,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
        ];
        let exposed = [
            HeaderName::from_static("x-request-id"),
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("server-timing"),
        ];
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods(methods)
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(exposed)
            .max_age(Duration::from_hours(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_parse_or_are_named() {
        let listed = "https://a.example, http://localhost:5173/"
            .parse::<AllowedOrigins>()
            .unwrap();
        assert_eq!(listed.0.unwrap(), ["https://a.example", "http://localhost:5173"]);
        assert!("*".parse::<AllowedOrigins>().unwrap().0.is_none());
        for wrong in ["a.example", "https://a.example/page", "https//x", "http://a b"] {
            let error = wrong.parse::<AllowedOrigins>().unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
