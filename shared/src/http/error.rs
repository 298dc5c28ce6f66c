//! Errors of the API as problems of RFC 9457.

use super::body::BodyError;
use super::observe::request_id;
use crate::library::{LibraryError, UploadError};
use crate::photo::ErrorKind;
use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
use utoipa::ToSchema;

/// Every way a request can fail. Each variant's doc says its status and why.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The use case failed; its kind decides the status, see [`status_of`].
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The body is not what the route takes: 400, 413, 415 or 422 as [`BodyError`] says.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// None of several images could be analyzed: the status they agree on, else 422.
    #[error("{detail}")]
    AllRows {
        /// The rows' status.
        status: StatusCode,
        /// What was wrong with each.
        detail: String,
    },
    /// A part of the path or query does not parse: 400.
    #[error("{0}")]
    Malformed(String),
    /// No API key where one is needed: 401.
    #[error("This route needs the API key; send it as the header x-api-key or as a bearer token.")]
    NoKey,
    /// Another API key than the right one: 403.
    #[error("The API key is not the right one; check the value of x-api-key or the bearer token.")]
    WrongKey,
    /// No such route: 404.
    #[error("There is nothing at {0}; /docs lists every route.")]
    NoRoute(String),
    /// A route, but not for this method: 405.
    #[error("This route does not answer {0}; the header Allow says what it answers.")]
    Method(Method),
    /// One import at a time: 409.
    #[error("Another import is running; wait for its end, then send this one.")]
    Importing,
    /// A handler panicked: 500.
    #[error("a handler panicked: {0}")]
    Panic(String),
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says the kind.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What was wrong and what would be right, in one sentence.
    #[schema(example = "There is no color with the id 7.")]
    detail: String,
    /// With a 5xx: what to look for in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Seconds after which a client may try again, for the errors that pass.
pub(super) const RETRY_AFTER_SECONDS: u32 = 2;

impl ApiError {
    /// The status of this error.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Library(error) => status_of(error),
            Self::Body(error) => error.status(),
            Self::AllRows { status, .. } => *status,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::WrongKey => StatusCode::FORBIDDEN,
            Self::NoRoute(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Importing => StatusCode::CONFLICT,
            Self::Panic(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the client reads. A failure of ours is logged in full and told in general.
    pub fn detail(&self) -> String {
        match self {
            Self::Library(error) => error.told(),
            Self::Panic(_) => "Strand failed to answer; its log has the reason.".into(),
            _ => self.to_string(),
        }
    }
}

/// The status of a use case's error.
pub fn status_of(error: &LibraryError) -> StatusCode {
    match error {
        LibraryError::Unknown { .. } => StatusCode::NOT_FOUND,
        LibraryError::NameTaken(_) => StatusCode::CONFLICT,
        LibraryError::NoImages(_) => StatusCode::BAD_REQUEST,
        LibraryError::Invalid(_)
        | LibraryError::NoHair
        | LibraryError::NoHairToTrain { .. }
        | LibraryError::Rotten(_)
        | LibraryError::Archive(_) => StatusCode::UNPROCESSABLE_ENTITY,
        LibraryError::Photo(error) => match error.kind() {
            ErrorKind::Malformed => StatusCode::BAD_REQUEST,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        },
        LibraryError::Upload(error) => match error {
            UploadError::Unknown(_) | UploadError::Expired(_) => StatusCode::NOT_FOUND,
            UploadError::Missing(_) => StatusCode::CONFLICT,
            UploadError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::OtherType(_) | UploadError::NoPhoto(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UploadError::OtherSize { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        },
        LibraryError::Overloaded
        | LibraryError::StoreUnavailable(_)
        | LibraryError::ModelMissing(_)
        | LibraryError::RuntimeMissing => StatusCode::SERVICE_UNAVAILABLE,
        LibraryError::Vision(_)
        | LibraryError::Store(_)
        | LibraryError::Fit(_)
        | LibraryError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let request_id = status.is_server_error().then(request_id).flatten();
        if status.is_server_error() {
            tracing::error!(error = %self, "the request failed");
        }
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
            request_id,
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        if matches!(self, Self::NoKey) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A panic in a handler as a response.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is the catch-panic layer's"
)]
pub fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::Panic(text.to_owned()).into_response()
}
