//! `/analyze`: matching photos.

use super::Shared;
use super::answers::{AnalysisView, Row};
use super::body::{BodyError, JsonBody, PHOTO_LIMIT, is_json};
use super::error::ApiError;
use super::extract::InQuery;
use super::files::{OVERHEAD, Uploads};
use super::photos::{Photo, Photos};
use super::problems::{FindsHair, Stored, TakesPhotos, TakesUploads};
use crate::library::{Analysis, AnalysisRequest, Overlay, Snapshot};
use crate::signature::WhiteBalance;
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Photos in one call.
const MAX_PHOTOS: usize = 5;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(analyze))
        .routes(routes!(analyze_legacy))
        // The multipart reader counts for itself.
        .layer(DefaultBodyLimit::disable())
}

/// Photos to analyze.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct PhotosForm {
    /// 1 to 5 photos: JPEG, PNG, WebP, GIF, BMP or TIFF, each at most 20 MB and 50 megapixels.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1, max_items = 5)]
    images: Vec<String>,
}

/// A photo to analyze.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct PhotoForm {
    /// One photo.
    #[schema(format = Binary)]
    image: String,
}

/// What else is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Options {
    /// `true` adds a small picture of the photo with all but the hair dimmed, `mask` the hair mask alone.
    #[param(value_type = String, required = false, pattern = "^(true|false|mask)$", example = "true")]
    overlay: Option<String>,
    /// `auto` (the default) judges the light by skin, ground and the brightest spot before shades are matched, `off`
    /// takes the hair as the photo shows it.
    #[param(value_type = String, required = false, pattern = "^(auto|off)$", example = "auto")]
    white_balance: Option<String>,
}

impl Options {
    fn request(&self) -> Result<AnalysisRequest, ApiError> {
        let overlay = match self.overlay.as_deref() {
            None | Some("false" | "0") => None,
            Some("true" | "1" | "") => Some(Overlay::Picture),
            Some("mask") => Some(Overlay::Mask),
            Some(other) => {
                return Err(ApiError::Malformed(format!(
                    "\"{other}\" is no value for overlay; use true, false or mask."
                )));
            }
        };
        let white_balance = match self.white_balance.as_deref() {
            None | Some("auto") => WhiteBalance::Auto,
            Some("off") => WhiteBalance::Off,
            Some(other) => {
                return Err(ApiError::Malformed(format!(
                    "\"{other}\" is no value for white_balance; use auto or off."
                )));
            }
        };
        Ok(AnalysisRequest {
            overlay,
            white_balance,
        })
    }
}

/// Photos to analyze that were sent to uploads.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "uploads": ["9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"] }))]
struct NamedUploads {
    /// The keys of 1 to 5 uploads.
    #[schema(min_items = 1, max_items = 5, example = json!(["9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"]))]
    uploads: Vec<String>,
}

/// Match 1 to 5 photos against the library.
///
/// They come as files, or as the keys of uploads that they were sent to. A bad photo gives an `error` in its row; only
/// when no row could be answered is the whole call an error.
#[utoipa::path(post, path = "/analyze", tag = "analysis", params(Options),
    request_body(content((PhotosForm = "multipart/form-data"), (NamedUploads = "application/json"))),
    responses(
        (status = 200, body = AnalysisView, description = "One row per photo, in upload order"),
        Stored, TakesPhotos, TakesUploads, FindsHair,
    ))]
async fn analyze(
    State(app): State<Shared>,
    InQuery(options): InQuery<Options>,
    request: Request,
) -> Result<Json<AnalysisView>, ApiError> {
    let wanted = options.request()?;
    let mut photos = if is_json(request.headers()) {
        let JsonBody(NamedUploads { uploads }) = JsonBody::from_request(request, &()).await?;
        Photos::named(uploads)
    } else {
        let limit = MAX_PHOTOS * PHOTO_LIMIT + OVERHEAD;
        Uploads::from_request(request, &["images"], limit).await?.into()
    };
    // All photos of a call are matched against the same shades.
    let against = match app.library.snapshot().await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            photos.drain().await;
            return Err(error.into());
        }
    };
    let rows = answer_all(&app, &against, photos, wanted, MAX_PHOTOS).await?;
    Ok(Json(AnalysisView::new(&against, rows)))
}

/// Match one photo against the built-in palette of industry shades.
#[utoipa::path(post, path = "/analyze-legacy", tag = "analysis", params(Options),
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = [Row], description = "One row; color_id is the shade's place in the palette"),
        Stored, TakesPhotos, FindsHair,
    ))]
async fn analyze_legacy(
    State(app): State<Shared>,
    InQuery(options): InQuery<Options>,
    request: Request,
) -> Result<Json<Vec<Row>>, ApiError> {
    let wanted = options.request()?;
    let uploads =
        Uploads::from_request(request, &["image", "images", "file"], PHOTO_LIMIT + OVERHEAD).await?;
    let rows = answer_all(&app, &Snapshot::palette(), uploads.into(), wanted, 1).await?;
    Ok(Json(rows))
}

/// Reads and analyzes the photos one after the other, so that only one is in memory.
async fn answer_all(
    app: &Shared,
    against: &Snapshot,
    mut photos: Photos,
    wanted: AnalysisRequest,
    most: usize,
) -> Result<Vec<Row>, ApiError> {
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    while let Some(photo) = photos.next(&app.library).await? {
        if rows.len() == most {
            photos.drain().await;
            return Err(
                BodyError::Fields(format!("There are more than {most} photos; send 1 to {most}.")).into(),
            );
        }
        let image_index = rows.len() + 1;
        let filename = photo
            .filename
            .clone()
            .unwrap_or_else(|| format!("image {image_index}"));
        let row = match answer(app, against, photo, wanted).await {
            Ok((analysis, cached)) => Row::found(image_index, filename, &analysis, cached),
            // What is wrong with the server is wrong for all rows, and passes.
            Err(error) if error.status().is_server_error() => {
                photos.drain().await;
                return Err(error);
            }
            Err(error) => {
                failures.push((error.status(), filename.clone(), error.to_string()));
                Row::failed(image_index, filename, error.to_string())
            }
        };
        rows.push(row);
    }
    if rows.is_empty() {
        let missing = if most == 1 {
            "There is no photo; send one photo as a file in \"image\".".to_owned()
        } else {
            format!(
                "There is no photo; send 1 to {most} as files in \"images\", or name uploads in \"uploads\"."
            )
        };
        return Err(BodyError::Fields(missing).into());
    }
    if failures.len() == rows.len() {
        Err(none_answered(failures))
    } else {
        Ok(rows)
    }
}

async fn answer(
    app: &Shared,
    against: &Snapshot,
    photo: Photo,
    wanted: AnalysisRequest,
) -> Result<(Arc<Analysis>, bool), ApiError> {
    let _memory = photo.memory;
    Ok(app.library.analyze(against, photo.bytes?, wanted).await?)
}

fn none_answered(mut failures: Vec<(StatusCode, String, String)>) -> ApiError {
    let status = failures[0].0;
    let agreed = failures.iter().all(|failure| failure.0 == status);
    let detail = if failures.len() == 1 {
        failures.swap_remove(0).2
    } else {
        let each: Vec<String> = failures
            .iter()
            .map(|(_, name, why)| format!("{name}: {why}"))
            .collect();
        format!(
            "None of the {} images could be analyzed: {}",
            failures.len(),
            each.join(" ")
        )
    };
    ApiError::AllRows {
        status: if agreed {
            status
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        },
        detail,
    }
}
