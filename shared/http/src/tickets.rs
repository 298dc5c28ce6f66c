//! `/tickets`: each opens one path once, for browsers, whose links and `EventSource` send no headers.

use crate::body::JsonBody;
use crate::problems::{Guarded, Stored, TakesJson};
use crate::signed::Signer;
use crate::{ApiError, Shared};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use strand_library::LibraryError;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create))
}

/// The ticket of a request.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only documents the query")]
pub struct Ticket {
    /// A ticket for this path, in place of the key.
    #[param(required = false, example = "1795759260-6f1c-9b2c")]
    ticket: String,
}

/// What to open.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "path": "/train/7/stream" }))]
struct CreateTicket {
    /// `/export`, or the path of a training stream.
    #[schema(
        example = "/train/7/stream",
        pattern = "^(/export|/train/[0-9]{1,19}/stream)$"
    )]
    path: String,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "ticket": "1795759260-6f1c-9b2c", "expires_at": "2026-11-23T06:01:00Z" }))]
struct TicketView {
    /// Add it to the query as `ticket`.
    #[schema(example = "1795759260-6f1c-9b2c")]
    ticket: String,
    /// Use it before this time. RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:01:00Z")]
    expires_at: String,
}

/// Create a ticket that opens one path once.
///
/// It stands in the query in place of the key, which belongs in no URL. It expires after a minute.
#[utoipa::path(post, path = "/tickets", operation_id = "create_ticket", tag = "service", request_body = CreateTicket,
    responses(
        (status = 201, body = TicketView, description = "The ticket"),
        Guarded, Stored, TakesJson,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn create(
    State(app): State<Shared>,
    JsonBody(CreateTicket { path }): JsonBody<CreateTicket>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    if path == "/export" && !app.has_archive.load(Ordering::Relaxed) {
        return Err(ApiError::NoRoute(path));
    }
    if path != "/export" && !is_stream(&path) {
        let wrong = "A ticket opens /export or a training stream such as /train/7/stream; give one of these as the path.";
        return Err(LibraryError::Invalid(wrong.to_owned()).into());
    }
    // Without any key, everything is open, and a ticket opens nothing.
    let signer = Signer::new(&app.config.access.keys).unwrap_or_default();
    let (ticket, expires_at) = signer.ticket(&path);
    let view = TicketView {
        ticket,
        expires_at: expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

fn is_stream(path: &str) -> bool {
    let id = path
        .strip_prefix("/train/")
        .and_then(|rest| rest.strip_suffix("/stream"));
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}
