//! Who may do what: where keys are set, most routes need one.

use crate::keys::{self, Keys, Scope};
use crate::signed::{self, Signer};
use crate::{ApiError, Shared, document, limits};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

/// Which keys there are, and what is open without one.
#[derive(Clone, Default)]
pub struct Access {
    /// The keys. If there are none, everything is open.
    pub keys: Keys,
    /// Whether photos, their lists, jobs, and metrics are open.
    pub public_reads: bool,
    /// Whether matching needs a key, too.
    pub match_key: bool,
}

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// A key of any scope, if matching needs one.
    Match,
    /// A key of full scope, unless reads are public.
    Read,
    /// A key of full scope.
    Full,
}

/// The one route that tells its progress to an `EventSource`.
pub(crate) const STREAM: &str = "/train/{id}/stream";
/// The one route that gives a download.
const EXPORT: &str = "/export";
const PHOTO: &str = "/training_data/{id}/{file}";

fn need(method: &Method, route: &str) -> Need {
    let asks_only = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match route {
        "/analyze" | "/analyze-legacy" => Need::Match,
        // The key of an upload is unguessable, and was given to a client that had the API key.
        "/uploads/{key}" if *method == Method::PUT => Need::Nothing,
        // An export changes nothing, but discloses the whole library.
        STREAM | EXPORT => Need::Full,
        "/colors" | "/colors/{id}" | "/palette" if asks_only => Need::Match,
        "/colors/{id}/images" | PHOTO | "/jobs" | "/jobs/{id}" | "/confusions" | "/metrics" if asks_only => {
            Need::Read
        }
        _ if asks_only => Need::Nothing,
        _ => Need::Full,
    }
}

impl Access {
    /// Whether references to photos must be signed.
    pub(crate) fn signer(&self) -> Option<Signer> {
        (self.keys.are_set() && !self.public_reads)
            .then(|| Signer::new(&self.keys))
            .flatten()
    }

    /// The scope that a route asks for; `None` if it is open.
    fn asked(&self, method: &Method, route: &str) -> Option<Scope> {
        let asked = match need(method, route) {
            Need::Match if self.match_key => Scope::Match,
            Need::Read if !self.public_reads => Scope::Full,
            Need::Full => Scope::Full,
            _ => return None,
        };
        // A path or a method that is not there needs no key.
        (self.keys.are_set() && document::has(method, route)).then_some(asked)
    }

    /// Checks the key of a request.
    fn check(&self, given: Option<&str>, asked: Scope) -> Result<(), ApiError> {
        let key = self
            .keys
            .find(given.ok_or(ApiError::NoKey)?)
            .ok_or(ApiError::WrongKey)?;
        if key.has_expired() {
            return Err(ApiError::ExpiredKey);
        }
        if asked == Scope::Full && key.scope != Scope::Full {
            return Err(ApiError::KeyScope);
        }
        tracing::debug!(key = key.name, "a key opened the route");
        Ok(())
    }
}

/// Requires a key where one is set and the route asks for it.
pub async fn require_key(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let access = &app.config.access;
    if let Some(route) = request.extensions().get::<MatchedPath>()
        && let Some(asked) = access.asked(request.method(), route.as_str())
    {
        let (route, query) = (route.as_str(), request.uri().query().unwrap_or_default());
        let given = keys::in_headers(request.headers());
        if given.is_none() && is_signed(&app, route, request.uri().path(), query).await? {
            return Ok(next.run(request).await);
        }
        // A browser's `EventSource` cannot send headers, and the first clients put the key here.
        let given = given.or_else(|| signed::value(query, "api_key").filter(|_| route == STREAM));
        let address = limits::address_of(&app, &request);
        app.limits.before_key(address, given.as_deref())?;
        let checked = access.check(given.as_deref(), asked);
        app.limits.after_key(address, given.as_deref(), &checked);
        checked?;
    }
    Ok(next.run(request).await)
}

/// Whether a request's query opens its path without a key. A ticket counts once, and a wrong one is an error.
async fn is_signed(app: &Shared, route: &str, path: &str, query: &str) -> Result<bool, ApiError> {
    let signer = Signer::new(&app.config.access.keys);
    if route == PHOTO {
        return Ok(signer.is_some_and(|signer| signer.opens_photo(path, query)));
    }
    let ticket = signed::value(query, "ticket").filter(|_| [STREAM, EXPORT].contains(&route));
    let Some(ticket) = ticket else {
        return Ok(false);
    };
    let nonce = signer.as_ref().and_then(|signer| signer.nonce(path, &ticket));
    match nonce {
        Some(nonce) if app.library.is_first_time(&format!("ticket {nonce}")).await? => Ok(true),
        _ => Err(ApiError::WrongTicket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_routes_need() {
        for (method, path, needed) in [
            (Method::GET, "/health", Need::Nothing),
            (Method::GET, "/colors", Need::Match),
            (Method::GET, "/palette", Need::Match),
            (Method::POST, "/colors", Need::Full),
            (Method::DELETE, "/colors/{id}", Need::Full),
            (Method::GET, "/colors/{id}/images", Need::Read),
            (Method::GET, "/training_data/{id}/{file}", Need::Read),
            (Method::HEAD, "/training_data/{id}/{file}", Need::Read),
            (Method::GET, "/jobs", Need::Read),
            (Method::DELETE, "/jobs/{id}", Need::Full),
            (Method::GET, "/confusions", Need::Read),
            (Method::GET, "/metrics", Need::Read),
            (Method::GET, "/train/{id}/stream", Need::Full),
            (Method::POST, "/train", Need::Full),
            (Method::POST, "/analyze", Need::Match),
            (Method::POST, "/clear-cache", Need::Full),
            (Method::POST, "/uploads", Need::Full),
            (Method::PUT, "/uploads/{key}", Need::Nothing),
            (Method::GET, "/export", Need::Full),
            (Method::POST, "/import", Need::Full),
            (Method::POST, "/tickets", Need::Full),
        ] {
            assert!(document::has(&method, path), "{method} {path}");
            assert_eq!(need(&method, path), needed, "{method} {path}");
        }
    }

    #[test]
    fn every_route_that_reads_is_listed() {
        let open = ["/health", "/ready", "/cache/stats"];
        for path in document::paths().filter(|path| document::has(&Method::GET, path)) {
            let is_open = need(&Method::GET, path) == Need::Nothing;
            assert_eq!(
                is_open,
                open.contains(&path),
                "{path}: say in `need` who may read it"
            );
        }
    }
}
