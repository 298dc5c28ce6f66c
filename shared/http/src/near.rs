//! Near misses: paths with a slash too many or too few, and paths that are almost one of ours.

use crate::document::{self, PLACEHOLDER};
use crate::place::BareBase;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use strsim::damerau_levenshtein;

/// The page for trying the API. The only path besides `/` that ends with a slash, because its files lie below it.
const DOCS: &str = "/docs/";
/// Longer paths are not compared with ours.
const COMPARED: usize = 100;
/// A path that differs by more than this, in changed characters and leading segments too many, is not near.
const MOST_DIFFERENT: usize = 3;

/// Redirects a path with a slash too many to the plain one, before anything else is asked of the request. Browsers
/// follow no redirect of a preflight, so `OPTIONS` is answered in place.
pub async fn redirect(request: Request, next: Next) -> Response {
    let target = match request.extensions().get::<BareBase>() {
        Some(BareBase(base)) => base.as_str().rsplit('/').next().map(|last| format!("{last}/")),
        None => plain(request.uri().path()).map(|plain| relative(request.uri().path(), &plain)),
    };
    let Some(mut target) = target.filter(|_| request.method() != Method::OPTIONS) else {
        return next.run(request).await;
    };
    if let Some(query) = request.uri().query() {
        target = target + "?" + query;
    }
    let location = HeaderValue::from_str(&target).map(|target| [(header::LOCATION, target)]);
    (StatusCode::PERMANENT_REDIRECT, location.ok(), ()).into_response()
}

/// The plain form of a path that is not plain.
fn plain(path: &str) -> Option<String> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut plain: String = segments.flat_map(|segment| ["/", segment]).collect();
    if plain.is_empty() || plain == DOCS.trim_end_matches('/') {
        plain.push('/');
    }
    (plain != path).then_some(plain)
}

/// `target` as a reference relative to `path`; it never begins with two slashes.
fn relative(path: &str, target: &str) -> String {
    let up = path.matches('/').count().saturating_sub(1);
    "../".repeat(up) + target.trim_start_matches('/')
}

/// The path of ours that is nearest to an unknown one, if any is near. One that this deployment lacks is not nearest to
/// itself.
pub fn nearest(path: &str) -> Option<String> {
    if path.len() > COMPARED {
        return None;
    }
    let lower = path.trim_matches('/').to_lowercase();
    let segments: Vec<&str> = lower.split('/').collect();
    let candidates = (0..segments.len()).flat_map(|dropped| {
        let asked = &segments[dropped..];
        document::paths().filter_map(move |template| {
            let known = filled(template, asked)?;
            let differs = damerau_levenshtein(&asked.join("/"), &known);
            (3 * differs <= known.len()).then_some((differs + dropped, known))
        })
    });
    let (differs, known) = candidates.min()?;
    let nearest = format!("/{known}");
    (differs <= MOST_DIFFERENT && nearest != path).then_some(nearest)
}

/// A path of ours without its first slash, with `asked` in the places of its parameters.
fn filled(template: &str, asked: &[&str]) -> Option<String> {
    let own: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    let is_parameter = |segment: &str| segment.starts_with(PLACEHOLDER);
    if own.iter().any(|segment| is_parameter(segment)) && own.len() != asked.len() {
        return None;
    }
    let filled = own.iter().enumerate().map(|(at, segment)| match asked.get(at) {
        Some(asked) if is_parameter(segment) => *asked,
        _ => *segment,
    });
    Some(filled.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_go_and_only_they() {
        for (path, expected) in [
            ("/colors/", Some("/colors")),
            ("//colors", Some("/colors")),
            ("/colors//1/", Some("/colors/1")),
            ("//", Some("/")),
            ("/docs", Some("/docs/")),
            ("//docs//", Some("/docs/")),
            ("/docs/errors/", Some("/docs/errors")),
            ("/", None),
            ("/docs/", None),
            ("/colors/1", None),
            ("/colors/%2F", None),
        ] {
            assert_eq!(plain(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_redirect_is_relative_to_the_path() {
        for (path, target, expected) in [
            ("/colors/", "/colors", "../colors"),
            ("//evil.example/", "/evil.example", "../../evil.example"),
            ("//", "/", "../"),
            ("/docs", "/docs/", "docs/"),
        ] {
            assert_eq!(relative(path, target), expected);
        }
    }

    #[test]
    fn a_near_path_is_named() {
        for (path, expected) in [
            ("/color", Some("/colors")),
            ("/colours", Some("/colors")),
            ("/Colors", Some("/colors")),
            ("/color/7", Some("/colors/7")),
            ("/colors/7/image", Some("/colors/7/images")),
            ("/api/v1/colors/7", Some("/colors/7")),
            ("/analyse", Some("/analyze")),
            ("/analyze/legacy", Some("/analyze-legacy")),
            ("/train/7/steam", Some("/train/7/stream")),
            ("/wp-login.php", None),
            ("/metrics", None),
            ("/training_data/7/x", None),
            ("/nothing/here", None),
            ("/", None),
        ] {
            assert_eq!(nearest(path).as_deref(), expected, "{path}");
        }
    }
}
