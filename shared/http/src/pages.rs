//! Pages of a list that runs from the newest to the oldest.

use crate::ApiError;
use crate::place;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use utoipa::IntoParams;

/// Selects a page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Maximum number of items, 1 to 1000; without it, all of them.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 1000, example = 50)]
    limit: Option<String>,
    /// Start of the page, from the `Link` header of the previous page.
    #[param(value_type = u64, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 8)]
    cursor: Option<String>,
}

const PAGE_LIMIT: usize = 1000;
/// Ids are JSON numbers. JavaScript represents them exactly up to this value.
const LARGEST_ID: u64 = (1 << 53) - 1;

/// A page that was asked for.
pub struct Asked {
    limit: Option<usize>,
    /// The page has ids below this one.
    pub before: Option<u64>,
}

impl Page {
    /// Reads the query.
    pub fn read(&self) -> Result<Asked, ApiError> {
        Ok(Asked {
            limit: self.limit.as_deref().map(parse_limit).transpose()?,
            before: self.cursor.as_deref().map(parse_cursor).transpose()?,
        })
    }
}

impl Asked {
    /// Whether the whole rest of the list was asked for.
    pub fn is_whole(&self) -> bool {
        self.limit.is_none()
    }

    /// How many items to read: one more than requested, to find out whether there is a next page.
    pub fn wanted(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| limit + 1)
    }

    /// Cuts `items` off at the end of the page. The headers name the next page of the list at `path`, if there is one.
    pub fn cut<T>(&self, path: &str, items: &mut Vec<T>, id: impl Fn(&T) -> u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(limit) = self.limit
            && items.len() > limit
        {
            items.truncate(limit);
            let next = items.last().map_or(0, id);
            let target = place::relative(&format!("{path}?limit={limit}&cursor={next}"));
            let link = format!("<{target}>; rel=\"next\"");
            headers.extend(HeaderValue::from_str(&link).map(|link| (header::LINK, link)));
        }
        headers
    }
}

fn parse_limit(text: &str) -> Result<usize, ApiError> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        ApiError::Malformed(format!(
            "The limit \"{text}\" is not a number from 1 to {PAGE_LIMIT}."
        ))
    })
}

fn parse_cursor(text: &str) -> Result<u64, ApiError> {
    let wrong = || {
        ApiError::Malformed(format!(
            "The cursor \"{text}\" is not one from a Link header of this list."
        ))
    };
    let id: u64 = text.parse().map_err(|_| wrong())?;
    if id > LARGEST_ID { Err(wrong()) } else { Ok(id) }
}
