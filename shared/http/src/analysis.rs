//! `/analyze`: matching photos.

use crate::ApiError;
use crate::answers::{AnalysisView, Row};
use crate::body::{BodyError, JsonBody, PHOTO_LIMIT, is_json};
use crate::extract::InQuery;
use crate::multipart::{Multipart, OVERHEAD, ReceivedPhoto};
use crate::photos::NamedUpload;
use crate::problems::{FindsHair, Guarded, ReadsPhotos, Stored};
use crate::received::{ReceivedPhotos, refuse_if_busy};
use crate::timing::ServerTiming;
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;
use strand_learning::LibrarySnapshot;
use strand_library::{
    Analysis, Consensus, Library, Matching, Overlay, PhotoRequest, StageTimes, disagreement, standard_palette,
};
use strand_signature::WhiteBalance;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// State of the routes.
#[derive(Clone)]
pub struct AnalysisState {
    /// The library that holds the uploads.
    pub library: Arc<Library>,
    /// Matches photos.
    pub matching: Arc<Matching>,
}

/// Maximum number of photos in one call.
const MAX_PHOTOS: usize = 5;

pub fn routes() -> OpenApiRouter<AnalysisState> {
    OpenApiRouter::new()
        .routes(routes!(analyze))
        .routes(routes!(analyze_legacy))
        // The multipart reader enforces its own limit.
        .layer(DefaultBodyLimit::disable())
}

/// The photos to analyze.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct PhotosForm {
    /// 1 to 5 photos: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, or JPEG XL, each at most 20 MB and 50 megapixels.
    /// These at most: TIFF 27 (16 bits: 13), WebP 20 to 33 (animated: 14), HEIC and AVIF without tiles 20 and 27, JPEG XL
    /// 35 to 44, GIF 41, progressive JPEG without chroma subsampling 26.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1, max_items = 5)]
    images: Vec<String>,
}

/// The photo to analyze.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only documents the multipart body")]
struct PhotoForm {
    /// One photo.
    #[schema(format = Binary)]
    image: String,
}

/// Options of an analysis.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Options {
    /// `true` adds a small copy of the photo with everything but the hair dimmed; `mask` adds the hair mask alone.
    #[param(value_type = OverlayChoice, inline, required = false, example = "true")]
    overlay: Option<String>,
    /// `auto` (the default) estimates the light from skin, background, and the brightest spot before matching; `off`
    /// takes the hair as the photo shows it.
    #[param(value_type = WhiteBalanceChoice, inline, required = false, example = "auto")]
    white_balance: Option<String>,
    /// Which head of a photo to analyze: a place in `hair.heads`, from 1, the largest and the default. For one photo only.
    #[param(value_type = u64, required = false, minimum = 1, example = 1)]
    head: Option<String>,
}

/// Options of an analysis of several photos.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Several {
    /// `true` adds `together`, one answer for all photos, which have to show the same head. It is right more often than the
    /// answer for any one of them.
    #[param(value_type = bool, required = false, example = true)]
    together: Option<String>,
}

/// The values of `overlay`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only documents the query")]
enum OverlayChoice {
    True,
    False,
    Mask,
}

/// The values of `white_balance`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only documents the query")]
enum WhiteBalanceChoice {
    Auto,
    Off,
}

impl Options {
    fn request(&self) -> Result<PhotoRequest, ApiError> {
        let overlay = match self.overlay.as_deref() {
            None | Some("false" | "0") => None,
            Some("true" | "1" | "") => Some(Overlay::Picture),
            Some("mask") => Some(Overlay::Mask),
            Some(other) => {
                return Err(ApiError::Malformed(format!(
                    "\"{other}\" is not a value of overlay; use true, false or mask."
                )));
            }
        };
        let white_balance = match self.white_balance.as_deref() {
            None | Some("auto") => WhiteBalance::Auto,
            Some("off") => WhiteBalance::Off,
            Some(other) => {
                return Err(ApiError::Malformed(format!(
                    "\"{other}\" is not a value of white_balance; use auto or off."
                )));
            }
        };
        Ok(PhotoRequest {
            overlay,
            white_balance,
            head: self.head()?.map_or(0, |head| head.get() - 1),
        })
    }

    /// A head is asked for in one photo only.
    fn most_photos(&self) -> usize {
        if self.head.is_some() { 1 } else { MAX_PHOTOS }
    }

    fn head(&self) -> Result<Option<NonZeroUsize>, ApiError> {
        let number = |text: &String| {
            text.parse().map_err(|_| {
                ApiError::Malformed(format!("\"{text}\" is not a value of head; use a number from 1."))
            })
        };
        self.head.as_ref().map(number).transpose()
    }
}

impl Several {
    fn together(&self) -> Result<bool, ApiError> {
        match self.together.as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1" | "") => Ok(true),
            Some(other) => Err(ApiError::Malformed(format!(
                "\"{other}\" is not a value of together; use true or false."
            ))),
        }
    }
}

/// Photos to analyze, named by the keys of their uploads.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "uploads": ["9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"] }))]
struct NamedUploads {
    /// The keys of 1 to 5 uploads.
    #[schema(min_items = 1, max_items = 5, example = json!(["9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"]))]
    uploads: Vec<String>,
}

/// Match 1 to 5 photos against the library.
///
/// Send the photos as files, or name the keys of their uploads. What is wrong with a photo is the `error` of its own row,
/// and the status is 200, also if it is the only photo. The call fails only if the request itself is wrong.
#[utoipa::path(post, path = "/analyze", operation_id = "analyze", tag = "analysis", params(Options, Several),
    request_body(content((PhotosForm = "multipart/form-data"), (NamedUploads = "application/json"))),
    responses(
        (status = 200, body = AnalysisView, description = "One row per photo, in upload order",
            headers(("server-timing" = String, description = "Milliseconds of `read`, `decode`, `find_hair`, `measure`, and `match`, summed over the photos; 0 for a stage that did not run"))),
        Guarded, Stored, ReadsPhotos, FindsHair,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn analyze(
    State(app): State<AnalysisState>,
    InQuery(options): InQuery<Options>,
    InQuery(several): InQuery<Several>,
    request: Request,
) -> Result<(ServerTiming, Json<AnalysisView>), ApiError> {
    let (wanted, together) = (options.request()?, several.together()?);
    refuse_if_busy(&app.library)?;
    let mut photos = if is_json(request.headers()) {
        let JsonBody(NamedUploads { uploads }) = JsonBody::from_request(request, &()).await?;
        ReceivedPhotos::named(uploads)
    } else {
        let limit = MAX_PHOTOS * PHOTO_LIMIT + OVERHEAD;
        Multipart::from_request(request, limit)?.into()
    };
    // All photos of a call are matched against the same snapshot.
    let against = match app.matching.snapshot().await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            photos.drain().await;
            return Err(error.into());
        }
    };
    let (rows, found, times) = answer_all(&app, &against, photos, wanted, options.most_photos()).await?;
    let mut answer = AnalysisView::new(&against, rows, disagreement(&found));
    if together {
        answer = answer.and(Consensus::of(&against, &found).as_ref());
    }
    Ok((ServerTiming(times), Json(answer)))
}

/// Match one photo against the built-in palette of industry shades.
///
/// Send the photo as a file, or name the key of its upload.
#[utoipa::path(post, path = "/analyze-legacy", operation_id = "analyze_legacy", tag = "analysis", params(Options),
    request_body(content((PhotoForm = "multipart/form-data"), (NamedUpload = "application/json"))),
    responses(
        (status = 200, body = [Row], description = "One row; color_id is the shade's place in the palette",
            headers(("server-timing" = String, description = "Milliseconds of `read`, `decode`, `find_hair`, `measure`, and `match`, summed over the photos; 0 for a stage that did not run"))),
        Guarded, Stored, ReadsPhotos, FindsHair,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn analyze_legacy(
    State(app): State<AnalysisState>,
    InQuery(options): InQuery<Options>,
    request: Request,
) -> Result<(ServerTiming, Json<Vec<Row>>), ApiError> {
    let wanted = options.request()?;
    refuse_if_busy(&app.library)?;
    let photos = if is_json(request.headers()) {
        let JsonBody(NamedUpload { upload }) = JsonBody::from_request(request, &()).await?;
        ReceivedPhotos::named(vec![upload])
    } else {
        Multipart::from_request(request, PHOTO_LIMIT + OVERHEAD)?.into()
    };
    let (rows, _, times) = answer_all(&app, &standard_palette(), photos, wanted, 1).await?;
    Ok((ServerTiming(times), Json(rows)))
}

/// Reads and analyzes the photos one after the other, so that only one is in memory. Returns a row for each, and the analyses
/// of those that show hair with their places, from 1.
async fn answer_all(
    app: &AnalysisState,
    against: &LibrarySnapshot,
    mut photos: ReceivedPhotos,
    wanted: PhotoRequest,
    most: usize,
) -> Result<(Vec<Row>, Vec<(usize, Analysis)>, StageTimes), ApiError> {
    let (mut rows, mut found) = (Vec::new(), Vec::new());
    let mut times = StageTimes::default();
    loop {
        let started = Instant::now();
        let next = photos.next(&app.library).await;
        times.read += started.elapsed();
        let photo = match next {
            Ok(Some(photo)) => photo,
            Ok(None) => break,
            Err(error) => {
                photos.drain().await;
                return Err(error);
            }
        };
        if rows.len() == most {
            photos.drain().await;
            return Err(BodyError::TooMany(most).into());
        }
        let image_index = rows.len() + 1;
        let filename = photo
            .filename
            .clone()
            .unwrap_or_else(|| format!("image {image_index}"));
        let row = match answer(app, against, photo, wanted).await {
            Ok(analysis) => {
                times += analysis.times;
                let row = Row::found(image_index, filename, &analysis);
                found.push((image_index, analysis));
                row
            }
            // A failure of the server affects all rows, and is temporary.
            Err(error) if error.status().is_server_error() => {
                photos.drain().await;
                return Err(error);
            }
            Err(error) => Row::failed(image_index, filename, error.code(), error.detail()),
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
        return Err(BodyError::NoPhoto(missing).into());
    }
    Ok((rows, found, times))
}

async fn answer(
    app: &AnalysisState,
    against: &LibrarySnapshot,
    photo: ReceivedPhoto,
    wanted: PhotoRequest,
) -> Result<Analysis, ApiError> {
    let _memory = photo.memory;
    Ok(app.matching.analyze(against, photo.bytes?, wanted).await?)
}
