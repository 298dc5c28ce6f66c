//! The web page in `web/`, embedded in the binary.
//!
//! These are the same files that a static host serves, with one change at the first request: the style sheets are
//! inlined into the HTML, so that the first paint waits for only one response. A debug build reads the files from the
//! source tree, so that changing the page needs no build.

use crate::ApiError;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::future::ready;
use std::sync::LazyLock;
use tower_http::compression::CompressionLayer;

/// The files of `web/` that are part of the page.
#[derive(RustEmbed)]
#[folder = "../../web"]
#[include = "index.html"]
#[include = "page/*"]
struct Files;

/// The routes of the page, which may connect to this service and to `upload_origin`.
pub fn routes(upload_origin: Option<&str>) -> Router {
    let upload_origin = upload_origin.unwrap_or_default().to_owned();
    // Not part of the API, and so not in its description.
    Router::new()
        .route(
            "/",
            get(move |request: Request| ready(index(&upload_origin, &request))),
        )
        .route("/page/{file}", get(file))
        .layer(CompressionLayer::new())
}

/// `index.html` as served: with inlined style sheets, and a policy that allows only what the page contains. The policy
/// ends with the sources that the page may connect to, to which more can be added.
struct Index {
    html: String,
    etag: String,
    policy: String,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let text = |name: &str| {
        let file = Files::get(name).unwrap_or_else(|| panic!("web/{name} is carried"));
        String::from_utf8_lossy(&file.data).into_owned()
    };
    let mut html = text("index.html");
    let mut policy = "style-src".to_owned();
    for name in Files::iter().filter(|name| name.ends_with(".css")) {
        let css = text(&name);
        html = html.replace(
            &format!("<link rel=\"stylesheet\" href=\"{name}\">"),
            &format!("<style>{css}</style>"),
        );
        policy += " 'sha256-";
        policy += &STANDARD.encode(Sha256::digest(css.as_bytes()));
        policy += "'";
    }
    policy += "; default-src 'none'; script-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'; connect-src 'self'";
    Index {
        etag: etag(&Sha256::digest(html.as_bytes())),
        html,
        policy,
    }
});

/// Weak, because the compressed and the plain form have the same tag.
fn etag(sha256: &[u8]) -> String {
    format!("W/\"{}\"", STANDARD.encode(&sha256[..12]))
}

fn index(upload_origin: &str, request: &Request) -> Response {
    let Index { html, etag, policy } = &*INDEX;
    let mut answer = answer(
        request.headers(),
        etag,
        "text/html; charset=utf-8",
        html.as_bytes().into(),
    );
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        // All of them are Strand's own and plain ASCII.
        headers.extend(value.parse().map(|value| (name, value)));
    };
    let policy = format!("{policy} {upload_origin}");
    set(header::CONTENT_SECURITY_POLICY, policy.trim_end());
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    answer
}

async fn file(Path(name): Path<String>, request: Request) -> Response {
    let Some(EmbeddedFile { data, metadata, .. }) = Files::get(&format!("page/{name}")) else {
        return ApiError::NoRoute(request.uri().path().to_owned()).into_response();
    };
    let media = match metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    answer(request.headers(), &etag(&metadata.sha256_hash()), &media, data)
}

/// Clients revalidate every time and get an empty response if nothing changed, so a new version is seen at once and as
/// a whole.
fn answer(asked: &HeaderMap, etag: &str, media: &str, bytes: Cow<'static, [u8]>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let etag: Option<ETag> = etag.parse().ok();
    headers.extend(etag.iter().flat_map(|etag| {
        let mut value = HeaderMap::new();
        value.typed_insert(etag.clone());
        value
    }));
    let known = asked.typed_get::<IfNoneMatch>();
    if let (Some(known), Some(etag)) = (known, etag)
        && !known.precondition_passes(&etag)
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.extend(media.parse().map(|media| (header::CONTENT_TYPE, media)));
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    async fn ask(path: &str, asked: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in asked {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = routes(Some("https://photos.example"))
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        (parts.status, parts.headers, bytes)
    }

    #[test]
    fn every_reference_of_the_page_resolves() {
        let html = &INDEX.html;
        assert!(!html.contains("stylesheet"), "a style sheet is not inlined");
        let references: Vec<_> = html.split('"').filter(|part| part.starts_with("page/")).collect();
        assert!(!references.is_empty());
        for reference in references {
            assert!(Files::get(reference).is_some(), "{reference}");
        }
        assert!(Files::get("README.md").is_none());
    }

    #[test]
    fn the_policy_allows_only_what_the_page_contains() {
        let Index { html, policy, .. } = &*INDEX;
        assert!(!policy.contains("unsafe"), "{policy}");
        let styles = html.split("<style>").skip(1);
        for style in styles.filter_map(|rest| rest.split("</style>").next()) {
            let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
            assert!(policy.contains(&hash), "a style is blocked");
        }
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }

    #[tokio::test]
    async fn the_page_may_send_photos_to_where_uploads_go() {
        let (_, headers, _) = ask("/", &[]).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.ends_with("; connect-src 'self' https://photos.example"),
            "{policy}"
        );
    }

    #[tokio::test]
    async fn the_page_is_light() {
        let gzip = [("accept-encoding", "gzip")];
        let mut bytes = ask("/", &gzip).await.2.len();
        for name in Files::iter().filter(|name| name.starts_with("page/")) {
            bytes += ask(&format!("/{name}"), &gzip).await.2.len();
        }
        assert!((10_000..=150_000).contains(&bytes), "{bytes} bytes");
    }

    #[tokio::test]
    async fn files_are_compressed_on_request_and_sent_only_once() {
        let (status, headers, plain) = ask("/page/app.js", &[]).await;
        assert_eq!(
            (status, headers.get(header::CONTENT_ENCODING)),
            (StatusCode::OK, None)
        );
        assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(plain, Files::get("page/app.js").unwrap().data.as_ref());
        let (_, compressed, small) = ask("/page/app.js", &[("accept-encoding", "br, gzip;q=0.8")]).await;
        assert_eq!(compressed[header::CONTENT_ENCODING], "gzip");
        assert!(small.len() < plain.len());
        let etag = headers[header::ETAG].to_str().unwrap();
        assert_eq!(compressed[header::ETAG], etag);
        let (status, _, nothing) = ask("/page/app.js", &[("if-none-match", etag)]).await;
        assert_eq!((status, nothing.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(ask("/page/none.js", &[]).await.0, StatusCode::NOT_FOUND);
    }
}
