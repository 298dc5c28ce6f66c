//! `/analyze`: matching photos.

use super::Shared;
use super::body::{BodyError, JsonBody, PHOTO_LIMIT, is_json};
use super::error::{ApiError, Problem};
use super::extract::InQuery;
use super::files::{OVERHEAD, Uploads};
use super::photos::{Photo, Photos};
use super::views::rounded;
use crate::color::{Level, Rgb, Style, Tone};
use crate::learning::{Basis, Match};
use crate::library::{Analysis, AnalysisRequest};
use crate::signature::DominantColor;
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use base64::Engine;
use serde::{Deserialize, Serialize};
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
    /// `true` adds a small picture of the mask.
    #[param(value_type = Option<bool>)]
    overlay: Option<String>,
}

impl Options {
    fn request(&self, palette: bool) -> Result<AnalysisRequest, ApiError> {
        let overlay = match self.overlay.as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1" | "") => true,
            Some(other) => {
                return Err(ApiError::Malformed(format!(
                    "\"{other}\" is no value for overlay; use true or false."
                )));
            }
        };
        Ok(AnalysisRequest { overlay, palette })
    }
}

/// The answer for all photos.
#[derive(Serialize, ToSchema)]
struct AnalysisView {
    /// How many photos were sent.
    #[schema(example = 1)]
    num_images: usize,
    /// Changes whenever the library does.
    library_version: String,
    /// One row per photo, in upload order.
    results: Vec<Row>,
}

/// The answer for one photo.
#[derive(Serialize, ToSchema)]
struct Row {
    /// From 1.
    #[schema(example = 1)]
    image_index: usize,
    #[schema(example = "a.jpg")]
    filename: String,
    #[serde(flatten)]
    answer: Answer,
}

/// Either what was found or what was wrong.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Answer {
    Found(Box<Found>),
    Error {
        /// One sentence.
        #[schema(example = "No hair detected in the image.")]
        error: String,
    },
}

/// What was found in a photo.
#[derive(Serialize, ToSchema)]
struct Found {
    /// Whether the answer came from the cache.
    cached: bool,
    analysis_summary: SummaryView,
    /// By falling share.
    dominant_hair_colors: Vec<ColorShare>,
    /// By falling combined score.
    best_matches: Vec<MatchView>,
    hair: HairView,
    /// What to know before trusting the answer.
    warnings: Vec<String>,
    /// The photo with all but the hair dimmed, as a data URL of a PNG.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<String>,
}

/// The hair in a colorist's words.
#[derive(Serialize, ToSchema)]
struct SummaryView {
    #[schema(value_type = String, example = "Golden/Yellow")]
    estimated_tone: Tone,
    #[schema(value_type = String, example = "Light")]
    estimated_level: Level,
    #[schema(value_type = String, example = "Blonde")]
    estimated_style: Style,
    /// 1 (black) to 10 (lightest blonde).
    #[schema(example = 8, minimum = 1, maximum = 10)]
    professional_level: u8,
}

/// One dominant color.
#[derive(Serialize, ToSchema)]
struct ColorShare {
    #[schema(example = "#c69c6d")]
    hex: String,
    #[schema(example = json!([198, 156, 109]))]
    rgb: [u8; 3],
    /// Share of the hair, 0 to 100.
    #[schema(example = 61.4)]
    percentage: f32,
    /// CIE L*a*b*, D65.
    #[schema(example = json!([66.8, 9.7, 31.2]))]
    lab: [f32; 3],
}

/// One matching shade.
#[derive(Serialize, ToSchema)]
struct MatchView {
    #[schema(example = 7)]
    color_id: u64,
    name: String,
    /// The SVM's probability, 0 to 1; 0 where the match rests on none.
    #[schema(example = 0.91)]
    svm_score: f32,
    /// CIEDE2000, lower is nearer.
    #[schema(example = 3.2)]
    lab_difference_score: f32,
    /// 0 to 1; the order of the matches.
    #[schema(example = 0.88)]
    combined_score: f32,
    /// What the scores rest on: `model`, `references` or `swatch`.
    #[schema(value_type = String, example = "model")]
    basis: Basis,
    /// The nearest photo of the shade.
    nearest_image_id: Option<u64>,
}

/// How much hair, and how sure.
#[derive(Serialize, ToSchema)]
struct HairView {
    /// Share of the photo, 0 to 1.
    #[schema(example = 0.31)]
    coverage: f32,
    /// Mean probability of the pixels taken for hair, 0.5 to 1.
    #[schema(example = 0.97)]
    confidence: f32,
}

impl Found {
    fn new(analysis: &Analysis, cached: bool) -> Self {
        let overlay = analysis.overlay.as_ref().map(|png| {
            format!(
                "data:image/png;base64,{}",
                base64::engine::general_purpose::STANDARD.encode(png)
            )
        });
        Self {
            cached,
            analysis_summary: SummaryView {
                estimated_tone: analysis.summary.tone,
                estimated_level: analysis.summary.level,
                estimated_style: analysis.summary.style,
                professional_level: analysis.summary.professional_level,
            },
            dominant_hair_colors: analysis.colors.iter().map(ColorShare::from).collect(),
            best_matches: analysis.matches.iter().map(MatchView::from).collect(),
            hair: HairView {
                coverage: rounded(analysis.coverage, 4),
                confidence: rounded(analysis.confidence, 4),
            },
            warnings: analysis.warnings.clone(),
            overlay,
        }
    }
}

impl From<&DominantColor> for ColorShare {
    fn from(color: &DominantColor) -> Self {
        let rgb: Rgb = color.lab.to_rgb();
        Self {
            hex: rgb.to_string(),
            rgb: [rgb.r, rgb.g, rgb.b],
            percentage: rounded(100.0 * color.share, 1),
            lab: [color.lab.l, color.lab.a, color.lab.b].map(|value| rounded(value, 1)),
        }
    }
}

impl From<&Match> for MatchView {
    fn from(m: &Match) -> Self {
        Self {
            color_id: m.color_id,
            name: m.name.clone(),
            svm_score: rounded(m.svm_score, 4),
            lab_difference_score: rounded(m.difference, 2),
            combined_score: rounded(m.combined, 4),
            basis: m.basis,
            nearest_image_id: m.nearest_image,
        }
    }
}

/// Photos to analyze that were sent to uploads.
#[derive(Deserialize, ToSchema)]
struct NamedUploads {
    /// The keys of 1 to 5 uploads.
    #[schema(min_items = 1, max_items = 5, example = json!(["9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"]))]
    uploads: Vec<String>,
}

/// Match 1 to 5 photos against the library.
///
/// They come as files, or as the keys of uploads that they were sent to. A bad photo gives an `error` in its row; only when no row could be answered is the whole call an error.
#[utoipa::path(post, path = "/analyze", tag = "analysis", params(Options),
    request_body(content((PhotosForm = "multipart/form-data"), (NamedUploads = "application/json"))),
    responses(
        (status = 200, body = AnalysisView, description = "One row per photo, in upload order"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "Malformed body or damaged photo"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown upload"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing sent to the upload yet"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Too many bytes or pixels"),
        (status = 415, body = Problem, content_type = "application/problem+json", description = "Not an image we decode"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "No photo, more than five, or no hair"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Busy, or no model installed; see Retry-After"),
    ))]
async fn analyze(
    State(app): State<Shared>,
    InQuery(options): InQuery<Options>,
    request: Request,
) -> Result<Json<AnalysisView>, ApiError> {
    let wanted = options.request(false)?;
    let photos = if is_json(request.headers()) {
        let JsonBody(NamedUploads { uploads }) = JsonBody::from_request(request, &()).await?;
        Photos::named(uploads)
    } else {
        let limit = MAX_PHOTOS * PHOTO_LIMIT + OVERHEAD;
        Uploads::from_request(request, &["images"], limit).await?.into()
    };
    let results = answer_all(&app, photos, wanted, MAX_PHOTOS).await?;
    let library_version = app.library.version().await?;
    Ok(Json(AnalysisView {
        num_images: results.len(),
        library_version,
        results,
    }))
}

/// Match one photo against the built-in palette of industry shades.
#[utoipa::path(post, path = "/analyze-legacy", tag = "analysis", params(Options),
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = [Row], description = "One row; color_id is the shade's place in the palette"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "Malformed body or damaged photo"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Too many bytes or pixels"),
        (status = 415, body = Problem, content_type = "application/problem+json", description = "Not an image we decode"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Not exactly one photo, or no hair"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Busy, or no model installed; see Retry-After"),
    ))]
async fn analyze_legacy(
    State(app): State<Shared>,
    InQuery(options): InQuery<Options>,
    request: Request,
) -> Result<Json<Vec<Row>>, ApiError> {
    let wanted = options.request(true)?;
    let uploads =
        Uploads::from_request(request, &["image", "images", "file"], PHOTO_LIMIT + OVERHEAD).await?;
    Ok(Json(answer_all(&app, uploads.into(), wanted, 1).await?))
}

/// Reads and analyzes the photos one after the other, so that only one is in memory.
async fn answer_all(
    app: &Shared,
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
        let answer = match answer(app, photo, wanted).await {
            Ok(found) => Answer::Found(Box::new(found)),
            // What is wrong with the server is wrong for all rows, and passes.
            Err(error) if error.status().is_server_error() => {
                photos.drain().await;
                return Err(error);
            }
            Err(error) => {
                failures.push((error.status(), filename.clone(), error.to_string()));
                Answer::Error {
                    error: error.to_string(),
                }
            }
        };
        rows.push(Row {
            image_index,
            filename,
            answer,
        });
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

async fn answer(app: &Shared, photo: Photo, wanted: AnalysisRequest) -> Result<Found, ApiError> {
    let _memory = photo.memory;
    let (analysis, cached) = app.library.analyze(photo.bytes?, wanted).await?;
    Ok(Found::new(&analysis, cached))
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
