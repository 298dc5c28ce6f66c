//! Errors of the API as RFC 9457 problems.

use crate::body::BodyError;
use crate::observe::request_id;
use crate::{near, place};
use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
#[cfg(feature = "archive")]
use strand_archive::ArchiveError;
use strand_library::{LibraryError, UploadError};
use strand_photo::{ErrorKind, PhotoError};
use utoipa::ToSchema;

/// Every way in which a request can fail. The doc of each variant says its status and why.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A use case failed. The kind of error determines the status; see [`status_of`].
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The body was rejected: 400, 413, 415, or 422, as [`BodyError`] says.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A part of the path or query is invalid: 400.
    #[error("{0}")]
    Malformed(String),
    /// The API key is required but missing: 401.
    #[error("This route needs the API key; send it as the header x-api-key or as a bearer token.")]
    NoKey,
    /// The API key is wrong: 403.
    #[error("Wrong API key; check the value of x-api-key or the bearer token.")]
    WrongKey,
    /// The API key has expired: 403.
    #[error("This API key has expired; ask the person who runs this server for a new one.")]
    ExpiredKey,
    /// The API key opens only matching: 403.
    #[error("This API key opens only matching; use one of full scope.")]
    KeyScope,
    /// The ticket is forged, expired, used, or for another path: 403.
    #[error("This ticket does not open this path, or no longer; ask POST /tickets for a new one.")]
    WrongTicket,
    /// A page of another site sends a write: 403.
    #[error(
        "A page of another site may not change this library; list its origin in ALLOWED_ORIGINS if it is meant to."
    )]
    ForeignOrigin,
    /// A server of this machine is asked for under another name: 403.
    #[error(
        "This server listens on this machine only and is not called {0}; open it as localhost, list https://{0} in \
         ALLOWED_ORIGINS, or set STRAND_LISTEN."
    )]
    UnknownHost(String),
    /// Too many requests, or too many wrong keys: 429. The seconds to wait.
    #[error("Too many requests came from here; try again in {0} s.")]
    TooManyRequests(u64),
    /// Unknown path: 404.
    #[error("There is no route {0}; {advice}.", advice = where_else(.0))]
    NoRoute(String),
    /// Unsupported method: 405.
    #[error("This route does not support {0}; see the Allow header.")]
    Method(Method),
    /// The library file is invalid, or the library failed.
    #[cfg(feature = "archive")]
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Another import is running: 409.
    #[cfg(feature = "archive")]
    #[error("Another import is running; wait until it ends, then send this one.")]
    Importing,
    /// Something that the work needs is missing: 503.
    #[error("{0}")]
    NotReady(String),
    /// A handler panicked: 500.
    #[error("a handler panicked: {0}")]
    Panic(String),
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A reference, relative to the request, to the documentation of this kind of error.
    #[schema(format = "uri-reference", example = "../docs/errors#not_found")]
    r#type: String,
    /// The HTTP status as text.
    #[schema(example = "Not Found")]
    title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// A stable code for this kind of error.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What is wrong and how to correct it.
    #[schema(example = "There is no shade with the ID 7.")]
    detail: String,
    /// The id to look for in the log, with a 5xx status.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Every [`Problem::code`], including those of the gateway in front of this process.
#[cfg(test)]
pub const CODES: [&str; 58] = [
    "archive_damaged",
    "archive_too_new",
    "archive_unreadable",
    "archive_wrong_type",
    "body_interrupted",
    "body_too_large",
    "disk_full",
    "encoding_unsupported",
    "field_unknown",
    "gateway_error",
    "gateway_unavailable",
    "host_unknown",
    "idempotency_key_in_use",
    "idempotency_key_reused",
    "image_damaged",
    "import_running",
    "internal",
    "invalid_json",
    "invalid_value",
    "job_over",
    "key_expired",
    "key_missing",
    "key_scope",
    "key_wrong",
    "malformed_json",
    "malformed_multipart",
    "malformed_request",
    "method_not_allowed",
    "missing_photo",
    "model_missing",
    "name_taken",
    "no_hair",
    "no_images",
    "no_route",
    "not_an_image",
    "not_found",
    "not_json",
    "not_ready",
    "origin_foreign",
    "overloaded",
    "photo_as_text",
    "photo_damaged",
    "photo_too_large",
    "quota_reached",
    "runtime_missing",
    "store_not_writable",
    "store_unavailable",
    "ticket_wrong",
    "too_many_photos",
    "too_many_requests",
    "unsupported_image",
    "upload_empty",
    "upload_expired",
    "upload_not_found",
    "upload_size_mismatch",
    "upload_too_large",
    "upload_type_mismatch",
    "upload_type_unsupported",
];

/// Seconds after which a client may retry a temporary error.
pub(super) const RETRY_AFTER_SECONDS: u32 = 2;

impl ApiError {
    /// The HTTP status of this error.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Library(error) => status_of(error),
            Self::Body(error) => error.status(),
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::WrongKey
            | Self::ExpiredKey
            | Self::KeyScope
            | Self::WrongTicket
            | Self::ForeignOrigin
            | Self::UnknownHost(_) => StatusCode::FORBIDDEN,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoute(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            #[cfg(feature = "archive")]
            Self::Archive(ArchiveError::Library(error)) => status_of(error),
            #[cfg(feature = "archive")]
            Self::Archive(_) => StatusCode::UNPROCESSABLE_ENTITY,
            #[cfg(feature = "archive")]
            Self::Importing => StatusCode::CONFLICT,
            Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panic(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code for programs. `docs/errors.md` has a section of the same name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Library(error) => code_of(error),
            #[cfg(feature = "archive")]
            Self::Archive(error) => archive_code(error),
            Self::Body(error) => error.code(),
            Self::Malformed(_) => "malformed_request",
            Self::NoKey => "key_missing",
            Self::WrongKey => "key_wrong",
            Self::ExpiredKey => "key_expired",
            Self::KeyScope => "key_scope",
            Self::WrongTicket => "ticket_wrong",
            Self::ForeignOrigin => "origin_foreign",
            Self::UnknownHost(_) => "host_unknown",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::NoRoute(_) => "no_route",
            Self::Method(_) => "method_not_allowed",
            #[cfg(feature = "archive")]
            Self::Importing => "import_running",
            Self::NotReady(_) => "not_ready",
            Self::Panic(_) => "internal",
        }
    }

    /// The message for clients. The details of an internal error go only to the log.
    pub fn detail(&self) -> String {
        match self {
            Self::Library(error) => library_detail(error),
            #[cfg(feature = "archive")]
            Self::Archive(ArchiveError::Library(error)) => library_detail(error),
            #[cfg(feature = "archive")]
            Self::Archive(error @ ArchiveError::NotAnArchive) => advised(
                error,
                "send one that GET /export or `strand-server export` has written",
            ),
            Self::Panic(_) => "Strand failed to answer; its log has the reason.".into(),
            _ => self.to_string(),
        }
    }
}

/// Where to look instead of an unknown path.
fn where_else(path: &str) -> String {
    match near::nearest(path) {
        Some(nearest) => format!("the nearest is {nearest}, and /docs lists them all"),
        None => "see /docs".to_owned(),
    }
}

/// The HTTP status of a use case's error.
pub fn status_of(error: &LibraryError) -> StatusCode {
    match error {
        LibraryError::Unknown { .. } => StatusCode::NOT_FOUND,
        LibraryError::NameTaken(_) | LibraryError::JobOver(_) | LibraryError::RequestHeld => {
            StatusCode::CONFLICT
        }
        LibraryError::NoPhotos(_) => StatusCode::BAD_REQUEST,
        LibraryError::Invalid(_)
        | LibraryError::KeyReused
        | LibraryError::NoHair
        | LibraryError::NoHairToTrain { .. }
        | LibraryError::CorruptPhoto(_) => StatusCode::UNPROCESSABLE_ENTITY,
        LibraryError::Photo(error) => match error.kind() {
            ErrorKind::Malformed => StatusCode::BAD_REQUEST,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        },
        LibraryError::Upload(error) => match error {
            UploadError::Unknown(_) | UploadError::Expired(_) => StatusCode::NOT_FOUND,
            UploadError::Empty(_) => StatusCode::CONFLICT,
            UploadError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::OtherType(_) | UploadError::NotAnImageType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UploadError::OtherSize { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        },
        LibraryError::NoRoom(_) | LibraryError::QuotaReached(_) => StatusCode::INSUFFICIENT_STORAGE,
        LibraryError::Overloaded
        | LibraryError::JobHeld(_)
        | LibraryError::StoreUnavailable(_)
        | LibraryError::NotWritable(_)
        | LibraryError::ModelMissing(_)
        | LibraryError::RuntimeMissing => StatusCode::SERVICE_UNAVAILABLE,
        LibraryError::Network(_)
        | LibraryError::Store(_)
        | LibraryError::Fit(_)
        | LibraryError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The stable code of a use case's error.
pub fn code_of(error: &LibraryError) -> &'static str {
    match error {
        LibraryError::Unknown { .. } => "not_found",
        LibraryError::NameTaken(_) => "name_taken",
        LibraryError::Invalid(_) => "invalid_value",
        LibraryError::JobOver(_) => "job_over",
        LibraryError::KeyReused => "idempotency_key_reused",
        LibraryError::RequestHeld => "idempotency_key_in_use",
        LibraryError::NoPhotos(_) => "no_images",
        LibraryError::NoHair | LibraryError::NoHairToTrain { .. } => "no_hair",
        LibraryError::CorruptPhoto(_) => "image_damaged",
        LibraryError::Photo(error) => match error {
            PhotoError::NotAnImage => "not_an_image",
            PhotoError::Unsupported { .. } => "unsupported_image",
            PhotoError::Empty | PhotoError::Damaged { .. } => "photo_damaged",
            PhotoError::TooManyBytes { .. }
            | PhotoError::TooManyPixels { .. }
            | PhotoError::TooLong { .. }
            | PhotoError::TooMuchMemory { .. } => "photo_too_large",
        },
        LibraryError::Upload(error) => match error {
            UploadError::Unknown(_) => "upload_not_found",
            UploadError::Expired(_) => "upload_expired",
            UploadError::Empty(_) => "upload_empty",
            UploadError::OtherSize { .. } => "upload_size_mismatch",
            UploadError::OtherType(_) => "upload_type_mismatch",
            UploadError::TooLarge(_) => "upload_too_large",
            UploadError::NotAnImageType(_) => "upload_type_unsupported",
        },
        LibraryError::Overloaded | LibraryError::JobHeld(_) => "overloaded",
        LibraryError::StoreUnavailable(_) => "store_unavailable",
        LibraryError::NoRoom(_) => "disk_full",
        LibraryError::QuotaReached(_) => "quota_reached",
        LibraryError::NotWritable(_) => "store_not_writable",
        LibraryError::ModelMissing(_) => "model_missing",
        LibraryError::RuntimeMissing => "runtime_missing",
        LibraryError::Network(_)
        | LibraryError::Store(_)
        | LibraryError::Fit(_)
        | LibraryError::Internal(_) => "internal",
    }
}

#[cfg(feature = "archive")]
fn archive_code(error: &ArchiveError) -> &'static str {
    match error {
        ArchiveError::NotAnArchive => "archive_unreadable",
        ArchiveError::CutShort | ArchiveError::Damaged(_) => "archive_damaged",
        ArchiveError::TooNew(_) => "archive_too_new",
        ArchiveError::Library(error) => code_of(error),
    }
}

/// The message of a use case's error for clients, with the routes or commands that help, if any.
pub fn library_detail(error: &LibraryError) -> String {
    let advice = match error {
        LibraryError::Upload(error) => match error {
            UploadError::Unknown(_) => "ask POST /uploads for one",
            UploadError::Expired(_) => "ask POST /uploads for a new one",
            UploadError::Empty(_) => "PUT the photo to its url first",
            UploadError::OtherSize { .. } => "ask POST /uploads for one of the right size",
            UploadError::OtherType(_) => "send it with the headers that POST /uploads gave",
            UploadError::TooLarge(_) | UploadError::NotAnImageType(_) => return error.to_string(),
        },
        LibraryError::ModelMissing(name) => {
            let advice = format!(
                "run `strand-server models fetch {name}` there, with the STRAND_MODELS_DIR that the server has"
            );
            return advised(error, &advice);
        }
        LibraryError::RuntimeMissing => "run `models/fetch-onnxruntime` there",
        _ => return error.public_message(),
    };
    advised(error, advice)
}

/// A sentence followed by advice.
fn advised(error: &impl std::fmt::Display, advice: &str) -> String {
    format!("{}; {advice}.", error.to_string().trim_end_matches('.'))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let request_id = status.is_server_error().then(request_id).flatten();
        if status.is_server_error() {
            tracing::error!(error = %self, "the request failed");
        }
        let problem = Problem {
            r#type: format!("{}docs/errors#{}", place::root(), self.code()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
            request_id,
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let is_held = matches!(self, Self::Library(LibraryError::RequestHeld));
        if status == StatusCode::SERVICE_UNAVAILABLE || is_held {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        if let Self::TooManyRequests(seconds) = self {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if matches!(self, Self::NoKey) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Converts a panic in a handler to a response.
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
