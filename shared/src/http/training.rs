//! `/train` and `/jobs`: teaching Strand a shade.

use super::Shared;
use super::error::ApiError;
use super::extract::{ColorInPath, Id, InPath, JobInPath};
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
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(train))
        .routes(routes!(follow))
        .routes(routes!(train_all))
        .routes(routes!(read_job))
}

/// How the client would like to be answered.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only documents the header")]
struct Prefer {
    /// `respond-async` for a job instead of the result.
    #[param(required = false, example = "respond-async")]
    prefer: String,
}

/// A trained shade.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "message": "Successfully trained model for color_id 7. 1 image(s) without visible hair were left out.",
    "color_id": 7,
    "model": {
        "version": 1, "kind": "linear_svm", "trained_at": "2026-11-23T06:00:00Z", "num_images": 3,
        "metrics": {"recall": 1.0, "specificity": 0.97, "balanced_accuracy": 0.985}
    },
    "left_out": [{"image_id": 13, "reason": "No hair detected in the image."}]
}))]
struct TrainedView {
    message: String,
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
    params(ColorInPath, Prefer),
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

/// A state of a training: the JSON of one `data:` line of the stream.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "step": 1, "total_steps": 5, "message": "Processing image 2 of 3.", "percentage": 20.0, "status": "processing"
}))]
pub struct ProgressView {
    step: usize,
    total_steps: usize,
    message: String,
    /// 0 to 100, never falls.
    percentage: f32,
    #[schema(pattern = "^(processing|training|complete|error)$")]
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
    params(ColorInPath),
    responses(
        (status = 200, body = String, content_type = "text/event-stream",
            description = "States, then the end; the `data` of each event is the JSON of a `ProgressView`",
            example = json!("data: {\"step\":0,\"total_steps\":5,\"message\":\"Processing image 1 of 3.\",\"percentage\":0.0,\"status\":\"processing\"}\n\n")),
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

/// The states up to the one with an outcome; a training that dies without one ends with an error all the same.
fn until_the_end(states: impl Stream<Item = Progress>) -> impl Stream<Item = Progress> {
    let states = states.map(Some).chain(stream::iter([None]));
    states.scan(None, |last: &mut Option<Progress>, state| {
        let over = last.as_ref().is_some_and(|last| last.outcome.is_some());
        *last = state.or_else(|| last.take().map(Progress::died));
        future::ready((!over).then(|| last.clone()).flatten())
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
#[utoipa::path(get, path = "/jobs/{id}", tag = "training", params(JobInPath),
    responses(
        (status = 200, body = JobView, description = "The job"),
        ById, Stored,
    ))]
async fn read_job(State(app): State<Shared>, InPath(Id(id)): InPath<Id>) -> Result<Json<JobView>, ApiError> {
    Ok(Json(app.library.job(id).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::watch;

    fn working(step: usize) -> Progress {
        Progress {
            step,
            total_steps: 4,
            message: "Processing.".into(),
            phase: Phase::Processing,
            outcome: None,
        }
    }

    #[tokio::test]
    async fn a_training_that_dies_ends_its_stream_with_an_error() {
        let (sender, receiver) = watch::channel(working(2));
        drop(sender);
        let states: Vec<Progress> = until_the_end(WatchStream::new(receiver)).collect().await;
        assert_eq!(states.len(), 2);
        let last = ProgressView::from(states[1].clone());
        assert_eq!((last.status, last.step, last.percentage), ("error", 2, 50.0));
        assert!(last.error.is_some_and(|error| error.ends_with('.')));
    }

    #[tokio::test]
    async fn nothing_follows_the_outcome() {
        let failed = Progress::failed(LibraryError::NoHair);
        let states: Vec<Progress> = until_the_end(stream::iter([working(1), failed, working(3)]))
            .collect()
            .await;
        assert_eq!(states.len(), 2);
        assert!(states[1].outcome.is_some());
    }
}
