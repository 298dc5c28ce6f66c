//! `/colors`: the shades. On the wire a shade is a `color`, as the first clients called it. That word, `color_id`, and
//! `image` occur in the paths and fields of the contract and nowhere else.

use crate::Shared;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::extract::{Id, InPath, InQuery, ShadeInPath};
use crate::once::{KeyHeader, RequestKey};
use crate::pages::Page;
use crate::place;
use crate::problems::{Asking, ById, Guarded, Keyed, Naming, Stored, TakesJson, Written};
use crate::views::ShadeView;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::Arc;
use strand_color::Rgb;
use strand_library::{LibraryError, NewShade, Shade, ShadeChange};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, update, delete))
}

/// A color to create.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "#6/27 Brown / Strawberry Blonde", "description": "Six parts brown, two of strawberry", "hex": "#a9714b"
}))]
struct CreateShade {
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

/// Fields of a color to change. Omitted fields stay as they are; null clears a description or swatch.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"name": "#6/27 Brown / Strawberry", "description": null}))]
struct UpdateShade {
    /// 1 to 120 characters; name cannot be null.
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

/// Distinguishes a null field from a missing one.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Accepts a missing field, but not a null one.
fn given_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

fn swatch(text: &str) -> Result<Rgb, ApiError> {
    text.parse::<Rgb>()
        .map_err(|error| LibraryError::Invalid(error.to_string()).into())
}

/// Create a color.
#[utoipa::path(post, path = "/colors", operation_id = "create_color", tag = "colors",
    params(KeyHeader), request_body = CreateShade,
    responses(
        (status = 201, body = ShadeView, description = "The new color", headers(("location" = String))),
        Guarded, Written, Stored, Keyed, TakesJson, Naming,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn create(
    State(app): State<Shared>,
    key: RequestKey,
    JsonBody(body): JsonBody<CreateShade>,
) -> Result<Response, ApiError> {
    let library = Arc::clone(&app.library);
    let asked = serde_json::to_value(&body).map_err(LibraryError::internal)?;
    key.once(&library, "POST /colors", &asked, add(app, body)).await
}

async fn add(app: Shared, body: CreateShade) -> Result<Response, ApiError> {
    let hex = body.hex.as_deref().map(swatch).transpose()?;
    let shade = NewShade {
        name: body.name,
        description: body.description,
        hex,
    };
    let shade = app.library.create_shade(shade).await?;
    let mut headers = HeaderMap::new();
    if let Ok(location) = HeaderValue::from_str(&place::relative(&format!("/colors/{}", shade.id))) {
        headers.insert(header::LOCATION, location);
    }
    let view = ShadeView::new(&app.library, shade);
    Ok((StatusCode::CREATED, headers, Json(view)).into_response())
}

/// List the colors, newest first.
#[utoipa::path(get, path = "/colors", operation_id = "list_colors", tag = "colors", params(Page),
    responses(
        (status = 200, body = [ShadeView], description = "The colors; the next page, if any, in the Link header",
            headers(("link" = String))),
        Guarded, Asking, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn list(State(app): State<Shared>, InQuery(page): InQuery<Page>) -> Result<Response, ApiError> {
    let page = page.read()?;
    if page.is_whole() {
        let first = app.library.shades(page.before, READ_AT_ONCE).await?;
        let json = [(header::CONTENT_TYPE, "application/json")];
        return Ok((json, Body::from_stream(all(app, first))).into_response());
    }
    let mut shades = app.library.shades(page.before, page.wanted()).await?;
    let headers = page.cut("/colors", &mut shades, |shade| shade.id);
    let views: Vec<_> = shades
        .into_iter()
        .map(|shade| ShadeView::new(&app.library, shade))
        .collect();
    Ok((headers, Json(views)).into_response())
}

/// So many colors are in memory at a time where all are asked for.
const READ_AT_ONCE: usize = 500;

/// A JSON array of all colors, of which the first are read. The others are read when the client has room for them.
fn all(app: Shared, first: Vec<Shade>) -> impl Stream<Item = Result<String, LibraryError>> + Send {
    let started = Some((app, first, "["));
    stream::try_unfold(started, |state| async move {
        let Some((app, shades, before)) = state else {
            return Ok(None);
        };
        let (is_last, last) = (shades.len() < READ_AT_ONCE, shades.last().map(|shade| shade.id));
        let mut text = String::new();
        let mut separator = before;
        for shade in shades {
            text.push_str(separator);
            let view = serde_json::to_string(&ShadeView::new(&app.library, shade));
            text.push_str(&view.map_err(LibraryError::internal)?);
            separator = ",";
        }
        if is_last {
            if separator == "[" {
                text.push('[');
            }
            text.push(']');
            return Ok(Some((text, None)));
        }
        let next = app.library.shades(last, READ_AT_ONCE).await?;
        Ok(Some((text, Some((app, next, ",")))))
    })
}

/// Read a color.
#[utoipa::path(get, path = "/colors/{id}", operation_id = "read_color", tag = "colors", params(ShadeInPath),
    responses(
        (status = 200, body = ShadeView, description = "The color"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn read(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<Json<ShadeView>, ApiError> {
    let shade = app.library.shade(id).await?;
    Ok(Json(ShadeView::new(&app.library, shade)))
}

/// Change a color.
#[utoipa::path(patch, path = "/colors/{id}", operation_id = "update_color", tag = "colors", params(ShadeInPath),
    request_body = UpdateShade,
    responses(
        (status = 200, body = ShadeView, description = "The changed color"),
        Guarded, Written, ById, Stored, TakesJson, Naming,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn update(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
    JsonBody(body): JsonBody<UpdateShade>,
) -> Result<Json<ShadeView>, ApiError> {
    let hex = body
        .hex
        .map(|hex| hex.as_deref().map(swatch).transpose())
        .transpose()?;
    let change = ShadeChange {
        name: body.name,
        description: body.description,
        hex,
    };
    let shade = app.library.update_shade(id, change).await?;
    Ok(Json(ShadeView::new(&app.library, shade)))
}

/// Delete a color with its images, features, and model.
#[utoipa::path(delete, path = "/colors/{id}", operation_id = "delete_color", tag = "colors", params(ShadeInPath),
    responses(
        (status = 204, description = "It is gone"),
        Guarded, Written, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn delete(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<StatusCode, ApiError> {
    app.library.delete_shade(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
