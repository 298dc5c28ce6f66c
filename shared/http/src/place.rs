//! Where the service lies: the path that a proxy or a stage puts before ours, and whose word on it counts.
//!
//! Answers refer to the service by references relative to the request, which hold below any path. What has to be whole
//! (the URL of an upload, `image_url`) begins with the prefix: what a trusted proxy says, else what the settings say.

use crate::Shared;
use crate::signed::Signer;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

tokio::task_local! {
    static PLACE: Place;
}

/// The place of the request that a task handles.
#[derive(Clone, Default)]
struct Place {
    /// The relative path to the root of the service: `../` for each path segment after the first.
    root: String,
    /// The path before ours; empty if there is none, or if it is unknown.
    prefix: BasePath,
    /// Signs references to photos, if they have to be signed.
    signer: Option<Signer>,
}

/// Most segments of a base path.
const SEGMENTS: usize = 8;
/// What only a trusted proxy may say.
const FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// A path before ours, such as `/strand`; empty if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

/// The text is not a base path.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not a base path")]
pub struct ParseBasePathError(String);

impl FromStr for BasePath {
    type Err = ParseBasePathError;

    /// Parses up to eight segments of letters, digits, and `._~-`, each after a slash. A slash at the end is accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_segment = |segment: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
            !segment.is_empty() && !matches!(segment, "." | "..") && segment.bytes().all(plain)
        };
        let mut segments = path.split('/');
        let is_base =
            segments.next() == Some("") && segments.clone().count() <= SEGMENTS && segments.all(is_segment);
        if path.is_empty() || is_base {
            Ok(Self(path.to_owned()))
        } else {
            Err(ParseBasePathError(text.to_owned()))
        }
    }
}

impl BasePath {
    /// The path; empty if there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows this base in `path`: itself a path, or empty if `path` is the base; `None` if it does not begin
    /// with it.
    pub fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.0)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

/// Whose `X-Forwarded-*` headers are believed.
#[derive(Debug, Clone, Default)]
pub enum TrustedProxies {
    /// Peers on this machine or in a private network.
    #[default]
    Private,
    /// Every peer.
    Any,
    /// Peers in these networks: an address and the number of leading bits that count.
    Listed(Vec<(IpAddr, u8)>),
}

/// The text is not a list of addresses.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an address or a network")]
pub struct ParseProxiesError(String);

impl FromStr for TrustedProxies {
    type Err = ParseProxiesError;

    /// Parses `*`, or comma-separated addresses and networks such as `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let wrong = || ParseProxiesError(part.to_owned());
            let (address, bits) = part
                .split_once('/')
                .map_or((part, None), |(address, bits)| (address, Some(bits)));
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let all = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
            (bits <= all).then_some((address, bits)).ok_or_else(wrong)
        };
        parts.map(network).collect::<Result<_, _>>().map(Self::Listed)
    }
}

impl TrustedProxies {
    /// Whether the peer's word counts. A request without a peer did not come over a network.
    pub(crate) fn believe(&self, peer: Option<IpAddr>) -> bool {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return true;
        };
        match self {
            Self::Any => true,
            Self::Private => is_private(peer),
            Self::Listed(networks) => networks
                .iter()
                .any(|(network, bits)| is_within(peer, *network, *bits)),
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 4),
        IpAddr::V6(address) => (Ipv6Addr::to_bits(address), 6),
    };
    let ((address, kind), (network, wanted)) = (number(address), number(network));
    let differ = (address ^ network)
        .checked_shr(128 - u32::from(bits))
        .unwrap_or(0);
    kind == wanted && differ == 0
}

/// Removes what a peer that is not trusted says of a proxy before it, and notes where the service lies.
pub async fn locate(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    if !app.config.trusted.believe(peer) {
        for name in &FORWARDED {
            request.headers_mut().remove(name);
        }
    }
    let place = Place {
        root: root_of(request.uri().path()),
        prefix: forwarded(request.headers()).unwrap_or_else(|| app.config.base_path.clone()),
        signer: app.config.access.signer(),
    };
    PLACE.scope(place, next.run(request)).await
}

/// Runs a task with the place of the current request.
pub fn carried<T: Future>(task: T) -> impl Future<Output = T::Output> {
    PLACE.scope(PLACE.try_with(Clone::clone).unwrap_or_default(), task)
}

/// The prefix that a proxy names. Several proxies in a row each add theirs, the outermost first.
fn forwarded(headers: &HeaderMap) -> Option<BasePath> {
    let value = headers.get(&FORWARDED[0])?.to_str().ok()?;
    let whole: String = value
        .split(',')
        .map(|part| part.trim().trim_end_matches('/'))
        .collect();
    whole.parse().ok()
}

fn root_of(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}

/// The relative path from the current request to the root of the service, such as `../`. A reference that begins with
/// it holds below any path that a proxy or a stage adds.
pub fn root() -> String {
    PLACE.try_with(|place| place.root.clone()).unwrap_or_default()
}

/// A reference from the current request to `path` of this service, which holds below any prefix.
pub fn relative(path: &str) -> String {
    let root = root();
    let root = if root.is_empty() { "./" } else { &root };
    format!("{root}{}", path.trim_start_matches('/'))
}

/// `path` with the prefix before it; `None` if there is no prefix, or if it is unknown.
pub fn prefixed(path: &str) -> Option<String> {
    let prefix = PLACE.try_with(|place| place.prefix.0.clone()).unwrap_or_default();
    (!prefix.is_empty()).then(|| prefix + path)
}

/// The whole reference to a photo at `path`: relative to the current request or prefixed, and signed where photos are private.
pub fn photo(path: &str) -> String {
    let reference = prefixed(path).unwrap_or_else(|| relative(path));
    match PLACE.try_with(|place| place.signer.clone()).ok().flatten() {
        Some(signer) => format!("{reference}?{}", signer.photo(path)),
        None => reference,
    }
}

/// A request for the base path itself, without a slash at its end.
#[derive(Clone)]
pub struct BareBase(pub BasePath);

/// Takes the base path off a request, for proxies that leave it on.
pub async fn strip(State(base): State<BasePath>, mut request: Request, next: Next) -> Response {
    let uri = request.uri();
    if let Some(rest) = base.strip(uri.path()) {
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let is_bare = rest.is_empty();
        let rest = if is_bare { "/" } else { rest };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(format!("{rest}{query}")).ok();
        if let Ok(stripped) = Uri::from_parts(parts) {
            *request.uri_mut() = stripped;
        }
        if is_bare {
            request.extensions_mut().insert(BareBase(base));
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_has_plain_segments() {
        for (text, path) in [("", ""), ("/", ""), ("/v1", "/v1"), ("/a/b-c~.d/", "/a/b-c~.d")] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), path);
        }
        for wrong in [
            "v1",
            "//v1",
            "/a//b",
            "/a b",
            "/..",
            "/a/./b",
            "/a?b",
            "/%61",
            "//",
            "/1/2/3/4/5/6/7/8/9",
        ] {
            assert!(wrong.parse::<BasePath>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_base_path_ends_at_a_segment() {
        let base: BasePath = "/v1".parse().unwrap();
        assert_eq!(base.strip("/v1/colors"), Some("/colors"));
        assert_eq!(base.strip("/v1"), Some(""));
        assert_eq!(base.strip("/v10"), None);
        assert_eq!(base.strip("/colors"), None);
    }

    #[test]
    fn proxies_are_believed_by_their_network() {
        let believed = |list: &str, peer: &str| {
            let list: TrustedProxies = list.parse().unwrap();
            list.believe(Some(peer.parse().unwrap()))
        };
        assert!(believed("10.0.0.0/8, 192.0.2.7", "10.9.8.7"));
        assert!(believed("10.0.0.0/8, 192.0.2.7", "::ffff:192.0.2.7"));
        assert!(!believed("10.0.0.0/8, 192.0.2.7", "192.0.2.8"));
        assert!(!believed("10.0.0.0/8", "127.0.0.1"));
        assert!(believed("2001:db8::/32", "2001:db8:1::1"));
        assert!(!believed("2001:db8::/32", "32.1.13.184"));
        assert!(believed("0.0.0.0/0", "8.8.8.8") && believed("*", "8.8.8.8"));
        let default = TrustedProxies::default();
        for (peer, is_believed) in [
            ("127.0.0.1", true),
            ("172.17.0.1", true),
            ("::1", true),
            ("8.8.8.8", false),
        ] {
            assert_eq!(
                default.believe(Some(peer.parse().unwrap())),
                is_believed,
                "{peer}"
            );
        }
        for wrong in ["proxy", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/x"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn references_lead_to_the_root_from_every_path() {
        let cases = [
            ("/", ""),
            ("/colors", ""),
            ("/colors/1", "../"),
            ("/colors/1/images", "../../"),
        ];
        for (path, root) in cases {
            assert_eq!(root_of(path), root, "{path}");
        }
    }

    #[test]
    fn a_proxy_names_one_prefix() {
        let said = |value: &str| {
            let headers = HeaderMap::from_iter([(FORWARDED[0].clone(), value.parse().unwrap())]);
            forwarded(&headers).map(|prefix| prefix.0)
        };
        assert_eq!(said("/shop/"), Some("/shop".into()));
        assert_eq!(said("/outer, /inner"), Some("/outer/inner".into()));
        for wrong in ["//evil.example", "https://evil.example", "/a\"b", "/../x"] {
            assert_eq!(said(wrong), None, "{wrong}");
        }
    }
}
