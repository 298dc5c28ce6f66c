//! `/train` and `/jobs`: teaching Strand a shade.

use super::Shared;
use super::error::ApiError;
use super::extract::{Id, InPath};
use super::problems::{ById, Guarded, Stored, Trains};
use super::views::{JobView, ModelView};
use crate::library::types::Job;
use crate::library::{LibraryError, Phase, Progress, Trained};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, future, stream};
use serde::Serialize;
use tokio_stream::wrappers::WatchStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(train))
        .routes(routes!(follow))
        .routes(routes!(train_all))
        .routes(routes!(read_job))
}

/// A trained shade.
#[derive(Serialize, ToSchema)]
struct TrainedView {
    #[schema(example = "Successfully trained model for color_id 1.")]
    message: String,
    #[schema(example = 1)]
    color_id: u64,
    model: ModelView,
    /// Images in which no hair was found; the model does without them.
    left_out: Vec<LeftOut>,
}

/// An image that the training did without.
#[derive(Serialize, ToSchema)]
struct LeftOut {
    image_id: u64,
    reason: &'static str,
}

impl From<Trained> for TrainedView {
    fn from(trained: Trained) -> Self {
        let id = trained.color_id;
        let left_out = match trained.left_out.len() {
            0 => String::new(),
            count => format!(" {count} image(s) without visible hair were left out."),
        };
        Self {
            message: format!("Successfully trained model for color_id {id}.{left_out}"),
            color_id: id,
            model: trained.model.into(),
            left_out: trained
                .left_out
                .into_iter()
                .map(|image_id| LeftOut {
                    image_id,
                    reason: "No hair detected in the image.",
                })
                .collect(),
        }
    }
}

/// Train a color.
///
/// Waits for the end; with `Prefer: respond-async` it answers at once with a job. One training per color runs at a
/// time: a second call joins the first.
#[utoipa::path(post, path = "/train/{id}", tag = "training",
    params(("id" = u64, Path, description = "Color id"),
        ("prefer" = Option<String>, Header, description = "`respond-async` for a job")),
    responses(
        (status = 200, body = TrainedView, description = "The color is trained"),
        (status = 202, body = JobView, description = "The job", headers(("location" = String))),
        Guarded, ById, Stored, Trains,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn train(
    State(app): State<Shared>,
    InPath(Id(id)): InPath<Id>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if prefers_async(&headers) {
        let job = app.library.train_later(id).await?;
        let applied = [(HeaderName::from_static("preference-applied"), "respond-async")];
        return Ok((applied, accepted(job)).into_response());
    }
    let trained = app.library.train(id).await?;
    Ok(Json(TrainedView::from(trained)).into_response())
}

/// RFC 7240: preferences are comma-separated, parameters follow a semicolon.
fn prefers_async(headers: &HeaderMap) -> bool {
    let preferences = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next())
        .any(|name| name.trim().eq_ignore_ascii_case("respond-async"))
}

fn accepted(job: Job) -> Response {
    let location = HeaderValue::from_str(&format!("/jobs/{}", job.id)).ok();
    (
        StatusCode::ACCEPTED,
        location.map(|path| [(header::LOCATION, path)]),
        Json(JobView::from(job)),
    )
        .into_response()
}

/// A state of a training, one `data:` line of the stream.
#[derive(Serialize, ToSchema)]
struct ProgressView {
    step: usize,
    total_steps: usize,
    #[schema(example = "Processing image 1 of 3.")]
    message: String,
    /// 0 to 100, never falls.
    percentage: f32,
    #[schema(example = "processing", pattern = "^(processing|training|complete|error)$")]
    status: &'static str,
    /// The trained model, with `complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<ModelView>,
    /// What was wrong, with `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<Progress> for ProgressView {
    fn from(progress: Progress) -> Self {
        let percentage = super::views::rounded(progress.percentage(), 1);
        let (model, error) = match progress.outcome {
            Some(Ok(trained)) => (Some(trained.model.into()), None),
            Some(Err(error)) => (None, Some(error.told())),
            None => (None, None),
        };
        Self {
            step: progress.step,
            total_steps: progress.total_steps,
            message: progress.message,
            percentage,
            status: match progress.phase {
                Phase::Processing => "processing",
                Phase::Training => "training",
                Phase::Complete => "complete",
                Phase::Error => "error",
            },
            model,
            error,
        }
    }
}

/// Train a color and follow it.
///
/// Opening the stream starts the training, or joins the one that runs. Each event is a state; the last one is
/// `complete` or `error`. Where an API key is set and the client cannot send headers, the query takes it as `api_key`.
#[utoipa::path(get, path = "/train/{id}/stream", tag = "training",
    params(("id" = u64, Path, description = "Color id")),
    responses(
        (status = 200, body = ProgressView, content_type = "text/event-stream", description = "States, then the end"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn follow(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<Response, ApiError> {
    let states = match app.library.start_training(id).await {
        Ok(receiver) => until_the_end(WatchStream::new(receiver)).boxed(),
        // An EventSource shows its page no error body, so what keeps the training from starting is told as an event.
        Err(error @ LibraryError::NoImages(_)) => stream::iter([Progress::failed(error)]).boxed(),
        Err(error) => return Err(error.into()),
    };
    let events = states.map(|state| Event::default().json_data(ProgressView::from(state)));
    // Proxies that buffer would hold the events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

/// The states up to the one with an outcome.
fn until_the_end(states: impl Stream<Item = Progress>) -> impl Stream<Item = Progress> {
    states.scan(false, |over, state| {
        let item = (!*over).then_some(state);
        *over |= item.as_ref().is_some_and(|state| state.outcome.is_some());
        future::ready(item)
    })
}

/// Train every color that is untrained or stale.
#[utoipa::path(post, path = "/train", tag = "training",
    responses(
        (status = 202, body = JobView, description = "The job", headers(("location" = String))),
        Guarded, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn train_all(State(app): State<Shared>) -> Result<Response, ApiError> {
    Ok(accepted(app.library.train_all().await?))
}

/// The state of a job.
#[utoipa::path(get, path = "/jobs/{id}", tag = "training", params(("id" = u64, Path, description = "Job id")),
    responses(
        (status = 200, body = JobView, description = "The job"),
        ById, Stored,
    ))]
async fn read_job(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<Json<JobView>, ApiError> {
    Ok(Json(app.library.job(id).await?.into()))
}
