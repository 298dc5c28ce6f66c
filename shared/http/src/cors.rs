//! Which web origins may call the API.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::collections::HashSet;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// The schemes that pages have: on the web, and in the shells of apps.
const SCHEMES: [&str; 5] = ["http", "https", "capacitor", "ionic", "tauri"];
/// Most origins of which the log says that they are blocked, each once. A client may send any.
const LOGGED: usize = 32;

/// The origins whose pages may call the API, in the form in which browsers send them; `None` if any may.
#[derive(Debug, Clone)]
pub struct AllowedOrigins(Option<Vec<Origin>>);

/// The text is not a list of origins.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an origin")]
pub struct ParseOriginsError(String);

/// An origin, or all with one more label before a host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    /// Scheme, host, and port as a browser writes them. With a wildcard, the host begins with a dot.
    scheme: String,
    host: String,
    has_wildcard: bool,
}

impl Default for AllowedOrigins {
    /// The addresses at which web development servers listen.
    fn default() -> Self {
        let local = |port: u16| Origin {
            scheme: "http".into(),
            host: format!("localhost:{port}"),
            has_wildcard: false,
        };
        Self(Some(vec![local(5173), local(3000)]))
    }
}

impl FromStr for AllowedOrigins {
    type Err = ParseOriginsError;

    /// Parses `*`, or comma-separated origins such as `https://shop.example` and `https://*.shop.example`. Capitals, a
    /// default port, a slash at the end, and blanks around an origin are accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        if parts.clone().any(|part| part == "*") {
            return Ok(Self(None));
        }
        if parts.clone().next().is_none() {
            return Ok(Self::default());
        }
        let origin = |part: &str| Origin::parse(part).ok_or_else(|| ParseOriginsError(part.to_owned()));
        parts
            .try_fold(Vec::new(), |mut origins, part| {
                origins.push(origin(part)?);
                Ok(origins)
            })
            .map(|origins| Self(Some(origins)))
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (rest, has_wildcard) = match rest.strip_prefix('*') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let host = host(scheme, rest.strip_prefix('.').unwrap_or(rest))?;
        let is_known = SCHEMES.contains(&scheme) && has_wildcard == rest.starts_with('.');
        is_known.then(|| Self {
            scheme: scheme.to_owned(),
            host: if has_wildcard { format!(".{host}") } else { host },
            has_wildcard,
        })
    }

    /// Whether a page of this origin, as a browser sends it, is meant.
    fn is(&self, sent: &str) -> bool {
        let Some((scheme, host)) = sent.split_once("://") else {
            return false;
        };
        let host_fits = if self.has_wildcard {
            let label = host.strip_suffix(&*self.host);
            label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
        } else {
            host == self.host
        };
        scheme == self.scheme && host_fits
    }
}

/// A host with its port as browsers write them: without the port that is the scheme's own.
fn host(scheme: &str, text: &str) -> Option<String> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let address: Ipv6Addr = address.parse().ok()?;
            (
                format!("[{address}]"),
                match port.strip_prefix(':') {
                    Some(port) => Some(port).filter(|port| !port.is_empty()),
                    None => port.is_empty().then_some(""),
                },
            )
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port).filter(|port| !port.is_empty())),
            None => (text.to_owned(), Some("")),
        },
    };
    let port = port?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_name = !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain);
    if !is_name && !name.starts_with('[') {
        return None;
    }
    let is_number = !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit());
    match (scheme, port) {
        (_, "") | ("http", "80") | ("https", "443") => Some(name),
        (_, port) if is_number && port.parse::<u16>().is_ok() => Some(format!("{name}:{port}")),
        _ => None,
    }
}

impl AllowedOrigins {
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().unwrap_or_default();
        let listed = self.0.as_ref();
        listed.is_none_or(|origins| origins.iter().any(|allowed| allowed.is(origin)))
    }

    /// Whether a host with its port is that of an origin.
    pub(crate) fn names(&self, host: &str) -> bool {
        SCHEMES.iter().any(|scheme| {
            let origin = HeaderValue::from_str(&format!("{scheme}://{host}"));
            origin.is_ok_and(|origin| self.allow(&origin))
        })
    }

    pub(super) fn layer(&self) -> CorsLayer {
        let origins = if self.0.is_none() {
            AllowOrigin::any()
        } else {
            let allowed = self.clone();
            let blocked = Arc::new(Blocked::default());
            AllowOrigin::predicate(move |origin, request: &Parts| {
                let allows = allowed.allow(origin);
                if !allows && !is_own(origin, &request.headers) {
                    blocked.log(origin);
                }
                allows
            })
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

/// Whether the page comes from the host that the request goes to; browsers name the origin of its writes, too.
pub(crate) fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.as_bytes();
    let hosts = [&HeaderName::from_static("x-forwarded-host"), &header::HOST];
    hosts.iter().filter_map(|name| headers.get(*name)).any(|host| {
        let host = host.as_bytes();
        !host.is_empty()
            && origin
                .strip_suffix(host)
                .is_some_and(|scheme| scheme.ends_with(b"://"))
    })
}

/// The origins that the log has named as blocked.
#[derive(Default)]
struct Blocked(Mutex<HashSet<HeaderValue>>);

impl Blocked {
    fn log(&self, origin: &HeaderValue) {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < LOGGED && logged.insert(origin.clone()) {
            tracing::warn!(
                ?origin,
                "A page of this origin was blocked, because ALLOWED_ORIGINS does not list it."
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the parameter of the template for AWS accepts a list.
    fn template_takes(list: &str) -> bool {
        let template = include_str!("../../../template.yaml");
        let pattern = template
            .lines()
            .find_map(|line| line.trim().strip_prefix("AllowedPattern: "));
        regex::Regex::new(pattern.unwrap()).unwrap().is_match(list)
    }

    fn allows(list: &str, sent: &str) -> bool {
        assert!(
            template_takes(list) || list.trim_matches([' ', ',']).is_empty(),
            "{list}"
        );
        let list: AllowedOrigins = list.parse().unwrap();
        list.allow(&HeaderValue::from_str(sent).unwrap())
    }

    #[test]
    fn origins_match_what_browsers_send() {
        for (listed, sent) in [
            (
                "https://a.example, http://localhost:5173/",
                "http://localhost:5173",
            ),
            ("https://a.example,\nhttps://b.example,", "https://b.example"),
            ("HTTPS://Shop.Example", "https://shop.example"),
            ("https://shop.example:443", "https://shop.example"),
            ("http://shop.example:80/", "http://shop.example"),
            ("https://shop.example:8443", "https://shop.example:8443"),
            ("https://*.vercel.app", "https://my-app.vercel.app"),
            ("https://*.shop.example:8443", "https://a.shop.example:8443"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost, tauri://localhost", "tauri://localhost"),
            ("http://[0:0::1]:5173", "http://[::1]:5173"),
            ("https://a.example,*", "https://anywhere.example"),
            ("*", "null"),
            (" , ", "http://localhost:3000"),
        ] {
            assert!(allows(listed, sent), "{listed} blocks {sent}");
        }
        for (listed, sent) in [
            ("https://*.vercel.app", "https://vercel.app"),
            ("https://*.vercel.app", "https://a.b.vercel.app"),
            ("https://*.vercel.app", "https://.vercel.app"),
            ("https://*.vercel.app", "https://evilvercel.app"),
            ("https://*.vercel.app", "http://my-app.vercel.app"),
            ("https://shop.example", "https://shop.example.evil.example"),
            ("https://shop.example", "https://shop.example:8443"),
            ("https://shop.example", "null"),
        ] {
            assert!(!allows(listed, sent), "{listed} allows {sent}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for wrong in [
            "a.example",
            "*.vercel.app",
            "null",
            "https//x",
            "http://a b",
            "https://a.example/page",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://user:pw@a.example",
            "https://a.example:",
            "https://a.example:99999",
            "https://a.example:0",
            "https://*",
            "https://*x.example",
            "https://a.*.example",
            "https://bücher.example",
            "https://[::1",
            "https://[::1]:",
            "ftp://a.example",
            "https://a.example;https://b.example",
            "https://a.example https://b.example",
            "[\"https://a.example\"]",
            "\"https://a.example\"",
            "'*'",
        ] {
            let error = wrong.parse::<AllowedOrigins>().unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
            assert!(!template_takes(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_own_page_is_not_blocked() {
        let own = |origin: &str, name: &str, host: &str| {
            let name: HeaderName = name.parse().unwrap();
            let headers = HeaderMap::from_iter([(name, host.parse().unwrap())]);
            is_own(&HeaderValue::from_str(origin).unwrap(), &headers)
        };
        assert!(own("http://localhost:8000", "host", "localhost:8000"));
        assert!(own("https://salon.example", "x-forwarded-host", "salon.example"));
        assert!(!own("https://evil-salon.example", "host", "salon.example"));
        assert!(!own("null", "host", "salon.example"));
    }
}
