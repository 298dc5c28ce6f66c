//! `/jobs`: training in the background.

use crate::ApiError;
use crate::extract::{Id, InPath, InQuery, JobInPath};
use crate::pages::Page;
use crate::problems::{Asking, ById, Ending, Guarded, Stored, Written};
use crate::training::TrainingState;
use crate::views::JobView;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<TrainingState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read, cancel))
}

/// List the jobs, newest first.
///
/// A job is kept for 30 days after its end.
#[utoipa::path(get, path = "/jobs", operation_id = "list_jobs", tag = "training", params(Page),
    responses(
        (status = 200, body = [JobView], description = "The jobs; the next page, if any, in the Link header",
            headers(("link" = String))),
        Guarded, Asking, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn list(
    State(app): State<TrainingState>,
    InQuery(page): InQuery<Page>,
) -> Result<(HeaderMap, Json<Vec<JobView>>), ApiError> {
    let page = page.read()?;
    let mut jobs = app.jobs.jobs(page.before, page.wanted()).await?;
    let headers = page.cut("/jobs", &mut jobs, |job| job.id);
    Ok((headers, Json(jobs.into_iter().map(JobView::from).collect())))
}

/// Read the state of a job.
#[utoipa::path(get, path = "/jobs/{id}", operation_id = "read_job", tag = "training", params(JobInPath),
    responses(
        (status = 200, body = JobView, description = "The job"),
        Guarded, ById, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn read(
    State(app): State<TrainingState>,
    InPath(Id(id)): InPath<Id>,
) -> Result<Json<JobView>, ApiError> {
    Ok(Json(app.jobs.job(id).await?.into()))
}

/// Cancel a job.
///
/// It ends before its next color. The color that is in training is completed. Colors that were trained stay trained.
#[utoipa::path(delete, path = "/jobs/{id}", operation_id = "cancel_job", tag = "training", params(JobInPath),
    responses(
        (status = 200, body = JobView, description = "The job, which is cancelled"),
        Guarded, Written, ById, Stored, Ending,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn cancel(
    State(app): State<TrainingState>,
    InPath(Id(id)): InPath<Id>,
) -> Result<Json<JobView>, ApiError> {
    Ok(Json(app.jobs.cancel(id).await?.into()))
}
