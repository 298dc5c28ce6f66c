//! `/colors/{id}/images` and `/training_data`: the photos of a shade.

use crate::Shared;
use crate::body::{BodyError, JsonBody, PHOTO_LIMIT, is_json};
use crate::error::ApiError;
use crate::extract::{FileInPath, Id, InPath, InQuery, PhotoInPath, ShadeInPath};
use crate::multipart::{Multipart, OVERHEAD, ReceivedPhoto};
use crate::once::{KeyHeader, RequestKey};
use crate::problems::{ById, Guarded, Keyed, Stored, TakesPhotos, TakesUploads, Written};
use crate::received::{ReceivedPhotos, refuse_if_busy};
use crate::views::{FileBytes, PhotoView};
use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;
use strand_library::{Library, LibraryError, Thing, hex_digest};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(upload, list))
        .routes(routes!(delete))
        .routes(routes!(file))
        // The reader below enforces its own limit, so that it can respond instead of closing the connection.
        .layer(DefaultBodyLimit::disable())
}

/// An image to add.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct ImageForm {
    /// JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, or JPEG XL, at most 20 MB and 50 megapixels. These at
    /// most: TIFF 27 (16 bits: 13), WebP 20 to 33 (animated: 14), HEIC and AVIF without tiles 20 and 27, JPEG XL 35 to 44,
    /// GIF 41, progressive JPEG without chroma subsampling 26.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    image: String,
}

/// An image, named by the key of its upload.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "upload": "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d" }))]
pub struct NamedUpload {
    /// The upload's key.
    #[schema(example = "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d")]
    pub upload: String,
}

/// What ties a request to its lines in the log. Every route reads it; it is described here because the generator of Python
/// clients writes one that does not load for a route with two kinds of body and no optional parameter.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only documents the header")]
struct Tracing {
    /// An id of the client's for this request: up to 128 letters, digits, and `-_.:`. The answer and the log have it.
    #[param(rename = "x-request-id", required = false, example = "salon-7", value_type = String)]
    request_id: String,
}

/// Add an image to a color.
///
/// Send the image as a file, or name the key of its upload. Kept are its pixels as they were coded, its orientation, and its
/// color profile; places, serial numbers, names, thumbnails, and comments are not.
#[utoipa::path(post, path = "/colors/{id}/images", operation_id = "add_image", tag = "colors",
    params(ShadeInPath, Tracing, KeyHeader),
    request_body(content((ImageForm = "multipart/form-data"), (NamedUpload = "application/json"))),
    responses(
        (status = 201, body = PhotoView, description = "The new image", headers(("location" = String))),
        (status = 200, body = PhotoView, description = "The color has the same bytes already"),
        Guarded, Written, ById, Stored, Keyed, TakesPhotos, TakesUploads,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn upload(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
    key: RequestKey,
    request: Request,
) -> Result<Response, ApiError> {
    refuse_if_busy(&app.library)?;
    let library = Arc::clone(&app.library);
    let operation = "POST /colors/{id}/images";
    if is_json(request.headers()) {
        let JsonBody(NamedUpload { upload }) = JsonBody::from_request(request, &()).await?;
        // Its bytes may be gone when the request is sent again.
        let asked = (id, upload.clone());
        let photos = ReceivedPhotos::named(vec![upload]);
        let add = async move { add(&app.library, id, only(photos, &app.library).await?).await };
        return key.once(&library, operation, &asked, add).await;
    }
    let photos = Multipart::from_request(request, PHOTO_LIMIT + OVERHEAD)?.into();
    let mut photo = only(photos, &library).await?;
    let mut asked = (id, String::new());
    if key.is_given()
        && let Ok(bytes) = photo.bytes
    {
        // By its bytes: the boundary between the parts of a form is another one each time.
        let digested = spawn_blocking(move || (hex_digest(&bytes), bytes)).await;
        let (digest, bytes) = digested.map_err(LibraryError::internal)?;
        (asked.1, photo.bytes) = (digest, Ok(bytes));
    }
    let add = async move { add(&app.library, id, photo).await };
    key.once(&library, operation, &asked, add).await
}

/// The photo of a request that takes one, when the request is read to its end.
async fn only(mut photos: ReceivedPhotos, library: &Library) -> Result<ReceivedPhoto, ApiError> {
    let first = only_photo(&mut photos, library).await;
    // The body is read to the end in any case, so that the client gets to read the response.
    photos.drain().await;
    first
}

async fn add(library: &Library, id: u64, received: ReceivedPhoto) -> Result<Response, ApiError> {
    let _memory = received.memory;
    let (photo, created) = library.add_photo(id, received.bytes?).await?;
    let view = PhotoView::from(photo);
    let location = HeaderValue::from_str(view.url()).ok().filter(|_| created);
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = location.map(|path| [(header::LOCATION, path)]);
    Ok((status, location, Json(view)).into_response())
}

/// The photo of a request that takes one.
async fn only_photo(photos: &mut ReceivedPhotos, library: &Library) -> Result<ReceivedPhoto, ApiError> {
    let first = photos.next(library).await?.ok_or_else(|| {
        BodyError::NoPhoto("There is no photo; send one photo as a file in the field \"image\".".into())
    })?;
    match photos.next(library).await? {
        None => Ok(first),
        Some(_) => Err(BodyError::TooMany(1).into()),
    }
}

/// How much of a file is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// A file in pieces, each read when the client has room for it.
fn pieces(file: Box<dyn Read + Send>) -> impl Stream<Item = io::Result<Vec<u8>>> + Send {
    stream::try_unfold(file, |file| async move {
        let read = spawn_blocking(move || {
            let (mut file, mut piece) = (file, Vec::with_capacity(PIECE));
            file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            Ok::<_, io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
}

/// List the images of a color, newest first.
#[utoipa::path(get, path = "/colors/{id}/images", operation_id = "list_images", tag = "colors",
    params(ShadeInPath),
    responses(
        (status = 200, body = [PhotoView], description = "The images"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn list(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
) -> Result<Json<Vec<PhotoView>>, ApiError> {
    let photos = app.library.photos(id).await?;
    let mut colors = if photos.iter().any(|photo| photo.is_measured) {
        app.library.hair_colors(id).await?
    } else {
        HashMap::new()
    };
    let views = photos.into_iter().map(|photo| {
        let colors = colors.remove(&photo.id);
        PhotoView::from(photo).with_hair(colors)
    });
    Ok(Json(views.collect()))
}

/// Delete an image. A trained color becomes stale.
#[utoipa::path(delete, path = "/colors/{id}/images/{image_id}", operation_id = "delete_image", tag = "colors",
    params(PhotoInPath),
    responses(
        (status = 204, description = "It is gone"),
        Guarded, Written, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn delete(State(app): State<Shared>, InPath(ids): InPath<(Id, Id)>) -> Result<StatusCode, ApiError> {
    let (Id(id), Id(photo_id)) = ids;
    app.library.delete_photo(id, photo_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileOptions {
    /// `true` gives the file as it is kept, also where a browser does not show it.
    #[serde(default)]
    #[param(required = false, example = false)]
    original: bool,
}

/// Download an image.
///
/// A HEIC, AVIF, JPEG XL, or TIFF is given as a JPEG in sRGB, with at most 2048 pixels on the long side. Any other
/// image is given as it is kept. Where photos need a key, `image_url` opens one without it.
#[utoipa::path(get, path = "/training_data/{id}/{file}", operation_id = "download_image", tag = "colors",
    params(FileInPath, FileOptions),
    responses(
        (status = 200, description = "The photo", content_type = "image/*", body = FileBytes),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn file(
    State(app): State<Shared>,
    InPath(place): InPath<(Id, String)>,
    InQuery(options): InQuery<FileOptions>,
) -> Result<impl IntoResponse, ApiError> {
    let (Id(id), name) = place;
    let (stem, extension) = name.split_once('.').unwrap_or((&name, ""));
    let photo_id = stem
        .parse()
        .ok()
        .filter(|id: &u64| (1..=i64::MAX as u64).contains(id))
        .ok_or_else(|| ApiError::NoRoute(format!("/training_data/{id}/{name}")))?;
    let file = if options.original {
        app.library.photo(id, photo_id).await?
    } else {
        app.library.shown_photo(id, photo_id).await?
    };
    if extension != file.photo.format.extension() {
        return Err(LibraryError::Unknown {
            what: Thing::Photo,
            id: photo_id,
        }
        .into());
    }
    let headers = [
        (header::CONTENT_LENGTH, file.length.to_string()),
        (header::CONTENT_TYPE, file.media_type.to_owned()),
        // The bytes of an image never change under its id. Where it is private, browsers forget it about when its reference
        // expires.
        (
            header::CACHE_CONTROL,
            if app.config.access.signer().is_some() {
                "private, max-age=3600".to_owned()
            } else {
                "private, max-age=31536000, immutable".to_owned()
            },
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // The web client shows it in an <img> on another origin.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin".to_owned(),
        ),
    ];
    Ok((headers, Body::from_stream(pieces(file.bytes))))
}
