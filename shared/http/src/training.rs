//! `/train` and `/jobs`: training shades.

use crate::ApiError;
use crate::error::{code_of, library_detail};
use crate::extract::{Id, InPath, InQuery, ShadeInPath};
use crate::once::{KeyHeader, RequestKey};
use crate::problems::{ById, Guarded, Keyed, Stored, Trains, Written};
use crate::tickets::Ticket;
use crate::views::{JobView, ModelView, rounded, wire_enum};
use crate::{jobs, place};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, future, stream};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use strand_library::{
    Job, JobQueue, Library, LibraryError, Phase, Progress, ShadeStatus, Trained, Training, counted,
};
use tokio_stream::wrappers::WatchStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// State of the routes.
#[derive(Clone)]
pub struct TrainingState {
    /// The library whose shades are trained.
    pub library: Arc<Library>,
    /// Trains shades and waits for the result.
    pub training: Arc<Training>,
    /// Trains shades in the background.
    pub jobs: Arc<JobQueue>,
}

pub fn routes() -> OpenApiRouter<TrainingState> {
    OpenApiRouter::new()
        .routes(routes!(train))
        .routes(routes!(follow))
        .routes(routes!(train_all))
        .merge(jobs::routes())
}

/// The preferred kind of answer.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only documents the header")]
struct Prefer {
    /// `respond-async` to get a job instead of waiting for the result.
    #[param(required = false, example = "respond-async")]
    prefer: String,
}

/// The result of a training.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "message": "Successfully trained model for color_id 7. Left out, because no hair is visible: 1 image.",
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
    /// Images without hair, which the model does not use.
    left_out: Vec<LeftOut>,
}

/// An image that the training left out.
#[derive(Serialize, ToSchema)]
struct LeftOut {
    image_id: u64,
    reason: &'static str,
}

impl From<Trained> for TrainedView {
    fn from(trained: Trained) -> Self {
        let id = trained.shade_id;
        let left_out = match trained.left_out.len() {
            0 => String::new(),
            count => format!(
                " Left out, because no hair is visible: {}.",
                counted(count, "image")
            ),
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
/// Waits for the result. With `Prefer: respond-async` it returns a job immediately. A color has at most one training at
/// a time: a second call joins the first.
#[utoipa::path(post, path = "/train/{id}", operation_id = "train_color", tag = "training",
    params(ShadeInPath, Prefer, KeyHeader),
    responses(
        (status = 200, body = TrainedView, description = "The color is trained"),
        (status = 202, body = JobView, description = "The job", headers(("location" = String))),
        Guarded, Written, ById, Stored, Keyed, Trains,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn train(
    State(app): State<TrainingState>,
    InPath(Id(id)): InPath<Id>,
    key: RequestKey,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (library, later) = (Arc::clone(&app.library), prefers_async(&headers));
    key.once(
        &library,
        "POST /train/{id}",
        &(id, later),
        train_one(app, id, later),
    )
    .await
}

async fn train_one(app: TrainingState, id: u64, later: bool) -> Result<Response, ApiError> {
    if later {
        let job = app.jobs.train_later(id).await?;
        let applied = [(HeaderName::from_static("preference-applied"), "respond-async")];
        return Ok((applied, accepted(job)).into_response());
    }
    let trained = app.training.train(id).await?;
    Ok(Json(TrainedView::from(trained)).into_response())
}

/// RFC 7240: preferences are comma-separated; parameters follow a semicolon.
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
    let location = HeaderValue::from_str(&place::relative(&format!("/jobs/{}", job.id))).ok();
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
    "step": 1, "total_steps": 5, "message": "Processing photo 2 of 3.", "percentage": 20.0, "status": "processing"
}))]
pub struct ProgressView {
    step: usize,
    total_steps: usize,
    message: String,
    /// Progress from 0 to 100; never decreases.
    percentage: f32,
    status: PhaseView,
    /// The trained model, with `complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<ModelView>,
    /// The error, with `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// A stable code for this kind of error, as in a problem, with `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

wire_enum! {
    /// The current phase of a training.
    PhaseView of Phase as "snake_case" {
        /// Measuring images.
        Processing,
        /// Fitting and saving the model.
        Training,
        /// Finished with a model.
        Complete,
        /// Ended with an error.
        Error,
    }
}

impl From<Progress> for ProgressView {
    fn from(progress: Progress) -> Self {
        let percentage = rounded(progress.percentage(), 1);
        let (model, failure) = match progress.outcome {
            Some(Ok(trained)) => (Some(trained.model.into()), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        Self {
            step: progress.step,
            total_steps: progress.total_steps,
            message: progress.message,
            percentage,
            status: progress.phase.into(),
            model,
            error: failure.as_ref().map(library_detail),
            code: failure.as_ref().map(code_of),
        }
    }
}

/// How long an `EventSource` waits before it connects again.
const RETRY: Duration = Duration::from_secs(3);
/// What the ids of events begin with, and the id of the last one.
const EVENT: &str = "training-";
const LAST_EVENT: &str = "training-end";

/// Options of the stream.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamOptions {
    /// `true` trains a color that is `ready` again.
    #[serde(default)]
    #[param(required = false, example = true)]
    again: bool,
}

/// Train a color and follow the progress.
///
/// Opening the stream joins the training that is running. Otherwise it starts one if the color is `untrained`, `stale`,
/// or `failed`; of a color that is `ready`, it gives the last state, unless `again` is `true`. Each event is a state; the
/// last one is `complete` or `error`. A client that connects again after the end, with `Last-Event-ID` as an `EventSource`
/// does, gets 204 and stops. If an API key is set and the client cannot send headers, ask `POST /tickets` for a
/// ticket and send it in the query as `ticket`. The key itself in the query as `api_key` is accepted, too.
///
/// Clients that do not read event streams use `POST /train/{id}`, which waits for the result, or with
/// `Prefer: respond-async` and `POST /train` follow the job at `GET /jobs/{id}`.
#[utoipa::path(get, path = "/train/{id}/stream", operation_id = "follow_training", tag = "training",
    params(ShadeInPath, StreamOptions, Ticket,
        ("last-event-id" = Option<String>, Header, description = "The id of the last event received, when connecting again",
            example = "training-end")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream",
            description = "States, then the end; the `data` of each event is the JSON of a `ProgressView`",
            example = json!("id: training-0\nretry: 3000\ndata: {\"step\":0,\"total_steps\":5,\"message\":\"Processing photo 1 of 3.\",\"percentage\":0.0,\"status\":\"processing\"}\n\n")),
        (status = 204, description = "The training of which `Last-Event-ID` is an event is over"),
        Guarded, Written, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn follow(
    State(app): State<TrainingState>,
    InPath(Id(id)): InPath<Id>,
    InQuery(options): InQuery<StreamOptions>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last_seen = headers.get("last-event-id");
    let running = match last_seen {
        Some(_) => app.training.follow(id).await?,
        None => app.training.running(id),
    };
    // Read afterwards, so that a training that ends meanwhile is seen as ended.
    let shade = app.library.shade(id).await?;
    if method == Method::HEAD {
        return Ok(event_stream(stream::empty()));
    }
    if let Some(running) = running {
        return Ok(event_stream(until_the_end(WatchStream::new(running))));
    }
    let is_ready = app.library.status(&shade) == ShadeStatus::Ready;
    // A client that connects again starts nothing; it may have missed the end.
    let tells = match last_seen {
        Some(last) => is_before_the_end(last.as_bytes()),
        None => !options.again,
    };
    match shade.model.filter(|_| is_ready && tells) {
        Some(model) => Ok(event_stream(stream::iter([Progress::over(id, model)]))),
        None if last_seen.is_some() => Ok(StatusCode::NO_CONTENT.into_response()),
        None => start(&app, id).await,
    }
}

async fn start(app: &TrainingState, id: u64) -> Result<Response, ApiError> {
    match app.training.start(id).await {
        Ok(receiver) => Ok(event_stream(until_the_end(WatchStream::new(receiver)))),
        // An EventSource does not expose the body of an error response, so an error that prevents training is sent as
        // an event.
        Err(error @ LibraryError::NoPhotos(_)) => Ok(event_stream(stream::iter([Progress::failed(error)]))),
        Err(error) => Err(error.into()),
    }
}

/// Whether an id is one of ours, and not that of the last event.
fn is_before_the_end(id: &[u8]) -> bool {
    id.starts_with(EVENT.as_bytes()) && id != LAST_EVENT.as_bytes()
}

fn event_stream(states: impl Stream<Item = Progress> + Send + 'static) -> Response {
    let events = states.enumerate().map(|(at, state)| {
        let id = if state.outcome.is_some() {
            LAST_EVENT.to_owned()
        } else {
            format!("{EVENT}{at}")
        };
        let event = Event::default().id(id).json_data(ProgressView::from(state));
        event.map(|event| if at == 0 { event.retry(RETRY) } else { event })
    });
    // Proxies that buffer would delay the events.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    (unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response()
}

/// The states up to the one with an outcome. A training that dies without one still ends with an error.
fn until_the_end(states: impl Stream<Item = Progress>) -> impl Stream<Item = Progress> {
    let states = states.map(Some).chain(stream::iter([None]));
    states.scan(None, |last: &mut Option<Progress>, state| {
        let over = last.as_ref().is_some_and(|last| last.outcome.is_some());
        *last = state.or_else(|| last.take().map(Progress::died));
        future::ready((!over).then(|| last.clone()).flatten())
    })
}

/// Train every color that is untrained or stale.
///
/// If a job that is queued or running trains these colors already, that job is the answer. If there is nothing to train,
/// the answer is the last job, provided that it trained everything, or one with nothing to do.
#[utoipa::path(post, path = "/train", operation_id = "train_all", tag = "training",
    params(KeyHeader),
    responses(
        (status = 202, body = JobView, description = "The job", headers(("location" = String))),
        Guarded, Written, Stored, Keyed,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn train_all(State(app): State<TrainingState>, key: RequestKey) -> Result<Response, ApiError> {
    let library = Arc::clone(&app.library);
    let act = async move { Ok(accepted(app.jobs.train_all().await?)) };
    key.once(&library, "POST /train", &(), act).await
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
        assert!(matches!(last.status, PhaseView::Error));
        assert_eq!((last.step, last.percentage), (2, 50.0));
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
