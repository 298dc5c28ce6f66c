//! The web page of `web/`, carried by the binary.
//!
//! The files are the same that a static host serves. Two things are done to them once, at the first request: the style
//! sheets go into the HTML, so that the first paint waits for one answer only, and everything is compressed. A debug
//! build takes the files from the source tree where it is there, so that a change of the page needs no build.

use super::Shared;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;
use utoipa_axum::router::OpenApiRouter;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JPEG: &str = "image/jpeg";

/// Names the files of `web/page/` with their media types.
macro_rules! files {
    ($($name:literal: $media:expr),* $(,)?) => {
        &[$(($name, $media, include_bytes!(concat!("../../../web/page/", $name)))),*]
    };
}

const INDEX: &[u8] = include_bytes!("../../../web/index.html");
const FILES: &[(&str, &str, &[u8])] = files! {
    "api.js": JS,
    "app.js": JS,
    "base.css": CSS,
    "camera.js": JS,
    "compare.js": JS,
    "controls.css": CSS,
    "dialog.js": JS,
    "dom.js": JS,
    "icon.svg": SVG,
    "library.css": CSS,
    "library.js": JS,
    "match.css": CSS,
    "match.js": JS,
    "notify.js": JS,
    "photo.js": JS,
    "picker.js": JS,
    "result.js": JS,
    "sample.jpg": JPEG,
    "shade-form.js": JS,
    "shade.js": JS,
    "shades.js": JS,
    "teach.js": JS,
    "transfer.js": JS,
    "words.js": JS,
};

pub fn routes() -> OpenApiRouter<Shared> {
    // Not part of the API, so not of its description either.
    OpenApiRouter::new()
        .route("/", get(serve))
        .route("/page/{file}", get(serve))
}

/// A file as it is sent.
struct Asset {
    media: &'static str,
    plain: Vec<u8>,
    /// None for what is compressed already.
    gzip: Option<Vec<u8>>,
    etag: String,
    /// What the page may load, for HTML.
    policy: Option<String>,
}

impl Asset {
    fn new(media: &'static str, plain: Vec<u8>, policy: Option<String>) -> Self {
        let gzip = (media != JPEG).then(|| gzip(&plain));
        let digest = Sha256::digest(&plain);
        // Weak: the compressed and the plain form are the same file.
        let etag = format!("W/\"{}\"", STANDARD.encode(&digest[..12]));
        Self {
            media,
            plain,
            gzip,
            etag,
            policy,
        }
    }
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let file = |&(name, media, bytes): &(&str, &'static str, &[u8])| {
        let name = format!("page/{name}");
        let asset = Asset::new(media, current(&name, bytes), None);
        (format!("/{name}"), asset)
    };
    let mut assets: HashMap<String, Asset> = FILES.iter().map(file).collect();
    assets.insert("/".into(), index());
    assets
});

/// A file of `web/` as it is now: in the binary, and in a debug build in the source tree.
fn current(name: &str, carried: &[u8]) -> Vec<u8> {
    let edited = cfg!(debug_assertions)
        .then(|| std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../web/").to_owned() + name).ok());
    edited.flatten().unwrap_or_else(|| carried.to_vec())
}

/// `index.html` with its style sheets inside.
fn index() -> Asset {
    let text = |name: &str, carried: &[u8]| String::from_utf8_lossy(&current(name, carried)).into_owned();
    let mut html = text("index.html", INDEX);
    let mut policy = "style-src".to_owned();
    for (name, _, bytes) in FILES.iter().filter(|(_, media, _)| *media == CSS) {
        let css = text(&format!("page/{name}"), bytes);
        html = html.replace(
            &format!("<link rel=\"stylesheet\" href=\"page/{name}\">"),
            &format!("<style>{css}</style>"),
        );
        policy += " 'sha256-";
        policy += &STANDARD.encode(Sha256::digest(css.as_bytes()));
        policy += "'";
    }
    policy += "; default-src 'none'; script-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'";
    Asset::new("text/html; charset=utf-8", html.into_bytes(), Some(policy))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    let Some(asset) = ASSETS.get(path) else {
        return super::ApiError::NoRoute(path.to_owned()).into_response();
    };
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        // All of them are ours and plain ASCII.
        headers.extend(value.parse().map(|value| (name, value)));
    };
    set(header::ETAG, &asset.etag);
    // Asked for every time, answered with nothing where nothing changed: a new version is seen at once, and whole.
    set(header::CACHE_CONTROL, "no-cache");
    set(header::VARY, "accept-encoding");
    if asks_for(request.headers(), header::IF_NONE_MATCH, &asset.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    set(header::CONTENT_TYPE, asset.media);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(policy) = &asset.policy {
        set(header::CONTENT_SECURITY_POLICY, policy);
        set(header::REFERRER_POLICY, "no-referrer");
        set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
    }
    let gzip = asset.gzip.as_ref().filter(|_| takes_gzip(request.headers()));
    if gzip.is_some() {
        set(header::CONTENT_ENCODING, "gzip");
    }
    (headers, gzip.unwrap_or(&asset.plain).as_slice()).into_response()
}

/// Whether a list in a header has an item.
fn asks_for(headers: &HeaderMap, name: HeaderName, item: &str) -> bool {
    items(headers, name).any(|found| found == item || found == "*")
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    items(headers, header::ACCEPT_ENCODING).any(|item| {
        let (coding, quality) = item.split_once(';').unwrap_or((item, ""));
        let refused = quality
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0));
        matches!(coding.trim(), "gzip" | "*") && !refused
    })
}

fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_carried_and_every_reference_resolves() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/page");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                ASSETS.contains_key(&format!("/page/{name}")),
                "{name} is not listed in FILES"
            );
        }
        let html = std::str::from_utf8(&ASSETS["/"].plain).unwrap();
        assert!(
            !html.contains("stylesheet"),
            "a style sheet is not inside the page"
        );
        for reference in html.split('"').filter(|part| part.starts_with("page/")) {
            assert!(ASSETS.contains_key(&format!("/{reference}")), "{reference}");
        }
    }

    #[test]
    fn the_policy_lets_in_what_the_page_has_and_no_more() {
        let page = &ASSETS["/"];
        let html = std::str::from_utf8(&page.plain).unwrap();
        let policy = page.policy.as_ref().unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        for style in html
            .split("<style>")
            .skip(1)
            .filter_map(|rest| rest.split("</style>").next())
        {
            let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
            assert!(policy.contains(&hash), "a style is blocked");
        }
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }

    #[test]
    fn the_page_is_light() {
        let sent = |asset: &Asset| asset.gzip.as_ref().unwrap_or(&asset.plain).len();
        // Photos are not counted.
        let bytes: usize = ASSETS
            .values()
            .filter(|asset| asset.media != JPEG)
            .map(sent)
            .sum();
        assert!(bytes <= 150_000, "{bytes} bytes");
    }

    #[test]
    fn encodings_are_negotiated() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        assert!(with("gzip") && with("br, gzip;q=0.8") && with("*"));
        assert!(!with("identity") && !with("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
