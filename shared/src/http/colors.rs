//! `/colors`: the shade library.

use super::Shared;
use super::body::JsonBody;
use super::error::ApiError;
use super::extract::{ColorInPath, Id, InPath, InQuery};
use super::problems::{Asking, ById, Guarded, Naming, Stored, TakesJson};
use super::views::ColorView;
use crate::color::Rgb;
use crate::library::LibraryError;
use crate::library::ports::{ColorChange, NewColor};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, update, delete))
}

/// A shade to create.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "#6/27 Brown / Strawberry Blonde", "description": "Six parts brown, two of strawberry", "hex": "#a9714b"
}))]
struct CreateColor {
    /// 1 to 120 characters.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: String,
    /// Free text.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Reference swatch.
    #[schema(pattern = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
    hex: Option<String>,
}

/// Fields of a shade to change; null clears a description or swatch.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"name": "#6/27 Brown / Strawberry", "description": null}))]
struct UpdateColor {
    /// 1 to 120 characters; not null, for a color without a name is none.
    #[serde(default, deserialize_with = "given_text")]
    #[schema(value_type = String, min_length = 1, max_length = 120, required = false,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$")]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Option<String>>,
    /// Reference swatch.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
    hex: Option<Option<String>>,
}

/// Tells a field that is null from one that is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Takes a field that may be left out but not be null.
fn given_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

fn swatch(text: &str) -> Result<Rgb, ApiError> {
    text.parse::<Rgb>()
        .map_err(|error| LibraryError::Invalid(error.to_string()).into())
}

/// Create a color.
#[utoipa::path(post, path = "/colors", tag = "colors", request_body = CreateColor,
    responses(
        (status = 201, body = ColorView, description = "The new color", headers(("location" = String))),
        Guarded, Stored, TakesJson, Naming,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn create(
    State(app): State<Shared>,
    JsonBody(body): JsonBody<CreateColor>,
) -> Result<(StatusCode, HeaderMap, Json<ColorView>), ApiError> {
    let hex = body.hex.as_deref().map(swatch).transpose()?;
    let color = NewColor {
        name: body.name,
        description: body.description,
        hex,
    };
    let color = app.library.create_color(color).await?;
    let mut headers = HeaderMap::new();
    if let Ok(location) = HeaderValue::from_str(&format!("/colors/{}", color.id)) {
        headers.insert(header::LOCATION, location);
    }
    Ok((
        StatusCode::CREATED,
        headers,
        Json(ColorView::new(&app.library, color)),
    ))
}

/// Which part of the list is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// At most so many colors, 1 to 1000; all of them without.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 1000, example = 50)]
    limit: Option<String>,
    /// Where the page begins: from the `Link` header of the page before.
    #[param(value_type = u64, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 8)]
    cursor: Option<String>,
}

const PAGE_LIMIT: usize = 1000;

/// List the colors, newest first.
#[utoipa::path(get, path = "/colors", tag = "colors", params(Page),
    responses(
        (status = 200, body = [ColorView], description = "The colors; the next page, if any, in the Link header",
            headers(("link" = String))),
        Asking, Stored,
    ))]
async fn list(
    State(app): State<Shared>,
    InQuery(page): InQuery<Page>,
) -> Result<(HeaderMap, Json<Vec<ColorView>>), ApiError> {
    let limit = page.limit.as_deref().map(parse_limit).transpose()?;
    let before = page.cursor.as_deref().map(parse_cursor).transpose()?;
    // One more than asked for tells whether there is a next page.
    let mut colors = app
        .library
        .colors(before, limit.map_or(usize::MAX, |limit| limit + 1))
        .await?;
    let mut headers = HeaderMap::new();
    if let Some(limit) = limit
        && colors.len() > limit
    {
        colors.truncate(limit);
        let next = colors.last().map_or(0, |color| color.id);
        let link = format!("</colors?limit={limit}&cursor={next}>; rel=\"next\"");
        headers.extend(HeaderValue::from_str(&link).map(|link| (header::LINK, link)));
    }
    let views = colors
        .into_iter()
        .map(|color| ColorView::new(&app.library, color))
        .collect();
    Ok((headers, Json(views)))
}

fn parse_limit(text: &str) -> Result<usize, ApiError> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        ApiError::Malformed(format!(
            "The limit \"{text}\" is not a number from 1 to {PAGE_LIMIT}."
        ))
    })
}

/// Ids are numbers of JSON, which JavaScript holds exactly up to here.
const LARGEST_ID: u64 = (1 << 53) - 1;

fn parse_cursor(text: &str) -> Result<u64, ApiError> {
    let wrong = || {
        ApiError::Malformed(format!(
            "The cursor \"{text}\" is not one from a Link header of this list."
        ))
    };
    let id: u64 = text.parse().map_err(|_| wrong())?;
    if id > LARGEST_ID { Err(wrong()) } else { Ok(id) }
}

/// Read a color.
#[utoipa::path(get, path = "/colors/{id}", tag = "colors", params(ColorInPath),
    responses(
        (status = 200, body = ColorView, description = "The color"),
        ById, Stored,
    ))]
async fn read(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<Json<ColorView>, ApiError> {
    let color = app.library.color(id).await?;
    Ok(Json(ColorView::new(&app.library, color)))
}

/// Change a color.
#[utoipa::path(patch, path = "/colors/{id}", tag = "colors", params(ColorInPath),
    request_body = UpdateColor,
    responses(
        (status = 200, body = ColorView, description = "The changed color"),
        Guarded, ById, Stored, TakesJson, Naming,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn update(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
    JsonBody(body): JsonBody<UpdateColor>,
) -> Result<Json<ColorView>, ApiError> {
    let hex = body
        .hex
        .map(|hex| hex.as_deref().map(swatch).transpose())
        .transpose()?;
    let change = ColorChange {
        name: body.name,
        description: body.description,
        hex,
    };
    let color = app.library.update_color(id, change).await?;
    Ok(Json(ColorView::new(&app.library, color)))
}

/// Delete a color with its images, features and model.
#[utoipa::path(delete, path = "/colors/{id}", tag = "colors", params(ColorInPath),
    responses(
        (status = 204, description = "It is gone"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn delete(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<StatusCode, ApiError> {
    app.library.delete_color(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
