//! Where API Gateway put a request: the path of this service in it, and the prefix before that path.
//!
//! On the API's own address, `path` is ours and the prefix is the stage. On a custom domain, `path` begins with the base
//! path of the mapping, which `resource` and its parameters do not have.

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::request::LambdaRequest;
use std::collections::HashMap;
use strand_http::BasePath;

const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Gives the request the path that the routes know, and its prefix as the header that they read. `base` is the prefix
/// that the settings name; if there is one, it counts.
pub fn locate(request: &mut LambdaRequest, base: &BasePath) {
    let LambdaRequest::ApiGatewayV1(request) = request else {
        return;
    };
    let path = request.path.clone().unwrap_or_default();
    let resource = request.resource.as_deref().unwrap_or_default();
    let own = own_path(&path, resource, &request.path_parameters, base).to_owned();
    let whole = request.request_context.path.as_deref().unwrap_or(&path);
    let before = whole
        .strip_suffix(&own)
        .or((own == "/").then_some(whole))
        .unwrap_or(&path[..path.len() - own.len()])
        .to_owned();
    request.path = Some(own);
    // Whatever a client says of its own does not count.
    for headers in [&mut request.headers, &mut request.multi_value_headers] {
        headers.remove(&PREFIX);
    }
    if base.as_str().is_empty() && !before.is_empty() {
        set(&mut request.headers, &before);
    }
}

fn set(headers: &mut HeaderMap, prefix: &str) {
    headers.extend(HeaderValue::from_str(prefix).map(|prefix| (PREFIX, prefix)));
}

/// The path of this service in `path`, a suffix of it.
fn own_path<'p>(
    path: &'p str,
    resource: &str,
    parameters: &HashMap<String, String>,
    base: &BasePath,
) -> &'p str {
    if !base.as_str().is_empty()
        && let Some(own) = base.strip(path).filter(|own| !own.is_empty())
    {
        return own;
    }
    let own: usize = segments(resource)
        .map(|segment| match segment.strip_suffix("+}") {
            Some(rest) => {
                let name = rest.trim_start_matches('{');
                parameters.get(name).map_or(1, |value| segments(value).count())
            }
            None => 1,
        })
        .sum();
    let all = segments(path).count();
    // Without the name of the resource, nothing can be told.
    if resource.is_empty() || own > all {
        return path;
    }
    after(path, all - own)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// What follows the first `count` segments of `path`.
fn after(path: &str, count: usize) -> &str {
    let Some(last) = count.checked_sub(1).and_then(|last| segments(path).nth(last)) else {
        return path;
    };
    let end = last.as_ptr() as usize - path.as_ptr() as usize + last.len();
    &path[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own<'p>(path: &'p str, resource: &str, proxy: &str, base: &str) -> &'p str {
        let parameters = HashMap::from([("proxy".to_owned(), proxy.to_owned())]);
        own_path(path, resource, &parameters, &base.parse().unwrap())
    }

    #[test]
    fn the_base_path_of_a_mapping_is_not_ours() {
        for (path, resource, proxy, expected) in [
            ("/colors", "/colors", "", "/colors"),
            ("/shop/colors", "/colors", "", "/colors"),
            ("/a/b/colors/7", "/colors/{id}", "", "/colors/7"),
            (
                "/shop/train/1/stream",
                "/train/{proxy+}",
                "1/stream",
                "/train/1/stream",
            ),
            (
                "/train/1/stream",
                "/train/{proxy+}",
                "1/stream",
                "/train/1/stream",
            ),
            ("/colors/", "/colors", "", "/colors/"),
            ("//colors", "/colors", "", "//colors"),
            ("/shop/page/app.js", "/{proxy+}", "page/app.js", "/page/app.js"),
            ("/shop/", "/", "", "/"),
            ("/", "/", "", "/"),
            ("/shop/colors", "", "", "/shop/colors"),
        ] {
            assert_eq!(own(path, resource, proxy, ""), expected, "{path} of {resource}");
        }
    }

    #[test]
    fn the_base_path_of_the_settings_needs_no_resource() {
        assert_eq!(own("/shop/train/1", "", "", "/shop"), "/train/1");
        assert_eq!(own("/train/1", "", "", "/shop"), "/train/1");
        assert_eq!(own("/shop", "", "", "/shop"), "/shop");
    }
}
