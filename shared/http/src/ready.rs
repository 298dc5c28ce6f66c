//! `/ready`: whether this process can do its work.

use crate::problems::Unready;
use crate::{ApiError, Shared};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use strand_library::Library;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(ready))
}

/// The state of what the service needs.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ready"}))]
struct Ready {
    #[schema(example = "ready")]
    status: &'static str,
}

/// Check whether the model is installed and the store takes changes, as of the last 30 seconds.
#[utoipa::path(get, path = "/ready", tag = "service",
    responses((status = 200, body = Ready, description = "Photos can be matched and added"), Unready))]
async fn ready(State(app): State<Shared>) -> Result<Json<Ready>, ApiError> {
    let missing = app.config.missing.as_ref().and_then(|missing| missing());
    if let Some(sentence) = missing {
        return Err(ApiError::NotReady(sentence));
    }
    Library::ready(&app.library)
        .await
        .map_err(|error| ApiError::NotReady(error.public_message()))?;
    Ok(Json(Ready { status: "ready" }))
}
