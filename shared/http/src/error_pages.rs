//! `/docs/errors`: the meaning and remedy of each `code`, rendered from `docs/errors.md`.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, html};
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../../docs/errors.md");
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}\
    h2{font-family:ui-monospace,monospace;font-size:1.1rem;margin-top:2rem}:target{background:#fff3c4}";

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let mut body = String::new();
    html::push_html(&mut body, anchored(Parser::new(TEXT)).into_iter());
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Strand: errors</title>\
         <style>{STYLE}</style><body>{body}</body></html>\n"
    )
});

pub fn routes() -> Router {
    let policy = [(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )];
    Router::new().route(
        "/docs/errors",
        get(move || async move { (policy, Html(PAGE.as_str())) }),
    )
}

/// Adds an id to each second-level heading. The id is the heading's text, which is the error code.
fn anchored<'a>(events: Parser<'a>) -> Vec<Event<'a>> {
    let mut events: Vec<Event<'a>> = events.collect();
    for at in 0..events.len() {
        let code = match events.get(at + 1) {
            Some(Event::Text(text) | Event::Code(text)) => CowStr::from(text.to_string()),
            _ => continue,
        };
        if let Event::Start(Tag::Heading {
            level: HeadingLevel::H2,
            id,
            ..
        }) = &mut events[at]
        {
            *id = Some(code);
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::PAGE;

    #[test]
    fn each_code_has_a_section() {
        for code in crate::error::CODES {
            let heading = format!("<h2 id=\"{code}\">");
            assert_eq!(
                PAGE.matches(&heading).count(),
                1,
                "docs/errors.md does not have exactly one section {code}"
            );
        }
    }
}
