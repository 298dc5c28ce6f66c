//! `/colors/{id}/images` and `/training_data`: the photos of a shade.

use super::Shared;
use super::body::{BodyError, JsonBody, PHOTO_LIMIT, is_json};
use super::error::ApiError;
use super::extract::{ColorInPath, FileInPath, Id, ImageInPath, InPath};
use super::files::{OVERHEAD, Uploads};
use super::photos::Photos;
use super::problems::{ById, Guarded, Stored, TakesPhotos, TakesUploads};
use super::views::{FileBytes, ImageView};
use crate::library::LibraryError;
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(upload, list))
        .routes(routes!(delete))
        .routes(routes!(photo))
        // The reader below counts for itself, to answer instead of cutting the connection.
        .layer(DefaultBodyLimit::disable())
}

/// A photo to add.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct ImageForm {
    /// JPEG, PNG, WebP, GIF, BMP or TIFF, at most 20 MB and 50 megapixels.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    image: String,
}

/// A photo to add that was sent to an upload.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "upload": "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d" }))]
struct NamedUpload {
    /// The upload's key.
    #[schema(example = "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d")]
    upload: String,
}

/// Add a photo to a color.
///
/// It comes as a file, or as the key of an upload that it was sent to.
#[utoipa::path(post, path = "/colors/{id}/images", tag = "colors",
    params(ColorInPath),
    request_body(content((ImageForm = "multipart/form-data"), (NamedUpload = "application/json"))),
    responses(
        (status = 201, body = ImageView, description = "The new image", headers(("location" = String))),
        (status = 200, body = ImageView, description = "The color has the same bytes already"),
        Guarded, ById, Stored, TakesPhotos, TakesUploads,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn upload(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let mut photos = if is_json(request.headers()) {
        let JsonBody(NamedUpload { upload }) = JsonBody::from_request(request, &()).await?;
        Photos::named(vec![upload])
    } else {
        Uploads::from_request(request, &["image"], PHOTO_LIMIT + OVERHEAD)
            .await?
            .into()
    };
    // Read to the end whatever comes of it, so that the client gets to read the answer.
    let first = photos.next(&app.library).await?;
    photos.drain().await;
    let first = first.ok_or_else(|| {
        BodyError::Fields("The field \"image\" is missing; send the photo as a file in it.".into())
    })?;
    let _memory = first.memory;
    let (image, created) = app.library.add_image(id, first.bytes?).await?;
    let view = ImageView::from(image);
    let location = HeaderValue::from_str(view.path()).ok().filter(|_| created);
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((
        status,
        location.map(|path| [(header::LOCATION, path)]),
        Json(view),
    ))
}

/// List the photos of a color, newest first.
#[utoipa::path(get, path = "/colors/{id}/images", tag = "colors",
    params(ColorInPath),
    responses(
        (status = 200, body = [ImageView], description = "The images"),
        ById, Stored,
    ))]
async fn list(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
) -> Result<Json<Vec<ImageView>>, ApiError> {
    let images = app.library.images(id).await?;
    Ok(Json(images.into_iter().map(ImageView::from).collect()))
}

/// Delete a photo; the color turns stale.
#[utoipa::path(delete, path = "/colors/{id}/images/{image_id}", tag = "colors",
    params(ImageInPath),
    responses(
        (status = 204, description = "It is gone"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn delete(State(app): State<Shared>, InPath(ids): InPath<(Id, Id)>) -> Result<StatusCode, ApiError> {
    let (Id(id), Id(image_id)) = ids;
    app.library.delete_image(id, image_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A photo as it was uploaded.
#[utoipa::path(get, path = "/training_data/{id}/{file}", tag = "colors",
    params(FileInPath),
    responses(
        (status = 200, description = "The photo", content_type = "image/*", body = FileBytes),
        ById, Stored,
    ))]
async fn photo(
    State(app): State<Shared>,
    InPath(place): InPath<(Id, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let (Id(id), file) = place;
    let (stem, extension) = file.split_once('.').unwrap_or((&file, ""));
    let image_id = stem
        .parse()
        .ok()
        .filter(|id: &u64| (1..=i64::MAX as u64).contains(id))
        .ok_or_else(|| ApiError::NoRoute(format!("/training_data/{id}/{file}")))?;
    let (image, bytes) = app.library.photo(id, image_id).await?;
    if extension != image.format.extension() {
        return Err(LibraryError::Unknown {
            what: "image",
            id: image_id,
        }
        .into());
    }
    let headers = [
        (header::CONTENT_TYPE, image.format.media_type()),
        // An image never changes under its id.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The web client shows it in an <img> on another origin.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    Ok((headers, bytes))
}
