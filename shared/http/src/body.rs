//! Request bodies: JSON, and what all bodies have in common, with errors of ours and limits that hold while reading.

use crate::disposition::{essence, type_parameter};
use crate::pace::paced;
use crate::{ApiError, Shared};
use axum::Json;
use axum::body::HttpBody;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

/// Largest photo, in bytes.
pub const PHOTO_LIMIT: usize = strand_photo::MAX_BYTES;
/// Largest library file, in bytes: some 20,000 photos.
#[cfg(feature = "archive")]
pub const ARCHIVE_LIMIT: u64 = 8 << 30;
/// Largest JSON body, in bytes.
const JSON_LIMIT: usize = 256 * 1024;
/// So much of a body that is too large is read and thrown away, so that the client, still sending, gets to read the
/// answer. Beyond it the connection is cut.
pub const DRAIN_LIMIT: usize = 128 * 1024 * 1024;

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Not said to be JSON: 415.
    #[error("The body must be JSON, with the header content-type: application/json.")]
    NotJson,
    /// Not JSON: 400.
    #[error("{0}")]
    BrokenJson(String),
    /// More JSON than any request here needs: 413.
    #[error(
        "The JSON body is larger than {limit} kB, which no request here needs; send a photo as a file (multipart/form-data), \
         or through POST /uploads.", limit = JSON_LIMIT / 1024
    )]
    LargeJson,
    /// Another encoding than we decode, of the body, a part, or its text: 415.
    #[error("The encoding \"{0}\" is not supported; send the body as it is or with gzip, and text in UTF-8.")]
    Encoding(String),
    /// A file in a field of another name: 422.
    #[error(
        "The field \"{0}\" is not one for photos; send each photo as a file in \"image\" or \"images\" (\"file\" and \
         \"photo\" do as well)."
    )]
    UnknownField(String),
    /// A photo written as text: 422.
    #[error(
        "\"{0}\" holds a photo as text; send the photo as a file in \"image\" (multipart/form-data), or through POST \
         /uploads."
    )]
    PhotoAsText(String),
    /// JSON of another shape: 422.
    #[error("{0}")]
    Shape(String),
    /// Not multipart, or broken in the middle: 400.
    #[error("{0}")]
    Multipart(String),
    /// A file over the limit: 413.
    #[error(
        "The file \"{0}\" is larger than {limit} MB; send a smaller photo, 1280 pixels on the long side are plenty.",
        limit = PHOTO_LIMIT / (1024 * 1024)
    )]
    TooLarge(String),
    /// More than passes the gateway in front of this process: 413.
    #[error(
        "The body is larger than the {limit:.1} MB that pass here; ask POST /uploads for a place to send the photo to, \
         then name its key.", limit = *.0 as f64 / 1e6
    )]
    TooLargeHere(u64),
    /// More bytes than an upload was asked for: 413.
    #[error(
        "The body is longer than the {0} bytes that the upload was asked for; ask POST /uploads for one of its size."
    )]
    OtherLength(usize),
    /// The memory for uploads is taken: 503.
    #[error("Strand is busy with other uploads; try again in a few seconds.")]
    Overloaded,
    /// Not said to be a library file: 415.
    #[cfg(feature = "archive")]
    #[error("The body must be the bytes of a library file, with the header content-type: application/x-tar.")]
    NotArchive,
    /// A library file over the limit: 413.
    #[cfg(feature = "archive")]
    #[error(
        "The library file is larger than {limit} GB; import it with `strand-server import` instead.",
        limit = ARCHIVE_LIMIT >> 30
    )]
    LargeArchive,
    /// The connection broke or stalled: 400.
    #[error("The body breaks off or stalls; send the file again.")]
    BrokenOff,
    /// The disk is full: 507.
    #[cfg(feature = "archive")]
    #[error("The server's disk has no room for this file; free some there, then send it again.")]
    NoRoom,
    /// No photo where one is needed: 422.
    #[error("{0}")]
    NoPhoto(String),
    /// More photos than the route takes: 422.
    #[error("{}", too_many(*.0))]
    TooMany(usize),
}

fn too_many(most: usize) -> String {
    match most {
        1 => "Send exactly one photo.".to_owned(),
        _ => format!("Send at most {most} photos."),
    }
}

impl BodyError {
    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::BrokenJson(_) => "malformed_json",
            Self::Shape(_) => "invalid_json",
            Self::Encoding(_) => "encoding_unsupported",
            Self::UnknownField(_) => "field_unknown",
            Self::PhotoAsText(_) => "photo_as_text",
            Self::Multipart(_) => "malformed_multipart",
            Self::TooLarge(_) => "photo_too_large",
            Self::LargeJson | Self::TooLargeHere(_) | Self::OtherLength(_) => "body_too_large",
            #[cfg(feature = "archive")]
            Self::LargeArchive => "body_too_large",
            Self::Overloaded => "overloaded",
            #[cfg(feature = "archive")]
            Self::NotArchive => "archive_wrong_type",
            Self::BrokenOff => "body_interrupted",
            #[cfg(feature = "archive")]
            Self::NoRoom => "disk_full",
            Self::NoPhoto(_) => "missing_photo",
            Self::TooMany(_) => "too_many_photos",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotJson | Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            #[cfg(feature = "archive")]
            Self::NotArchive => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            #[cfg(feature = "archive")]
            Self::LargeArchive => StatusCode::PAYLOAD_TOO_LARGE,
            #[cfg(feature = "archive")]
            Self::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            Self::BrokenJson(_) | Self::Multipart(_) | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::LargeJson | Self::TooLarge(_) | Self::TooLargeHere(_) | Self::OtherLength(_) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Shape(_)
            | Self::NoPhoto(_)
            | Self::TooMany(_)
            | Self::UnknownField(_)
            | Self::PhotoAsText(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Refuses bodies that the gateway in front of this process would not let pass, or lets pass here and nowhere else.
pub async fn limit_body(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let length = request
        .body()
        .size_hint()
        .lower()
        .max(announced(request.headers()) as u64);
    match app.config.body_limit {
        Some(limit) if length > limit => Err(BodyError::TooLargeHere(limit).into()),
        _ => Ok(next.run(request).await),
    }
}

/// A JSON body.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        if !is_json(request.headers()) {
            return Err(BodyError::NotJson.into());
        }
        let charset = type_parameter(request.headers(), "charset");
        let bytes = read_json(request).await?;
        let text = utf8(&bytes, charset.as_deref())?;
        match Json::from_bytes(text.as_bytes()) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(_)) if text.contains("\"data:image/") => {
                Err(BodyError::PhotoAsText("The JSON body".into()).into())
            }
            Err(JsonRejection::JsonDataError(error)) => {
                Err(BodyError::Shape(reason(&error.body_text())).into())
            }
            Err(error) => Err(BodyError::BrokenJson(reason(&error.body_text())).into()),
        }
    }
}

/// Whether the body is said to be JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let essence = essence(headers);
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The text of a JSON body, without a byte order mark. `charset` is what its type says; of plain ASCII, it says nothing.
fn utf8<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<&'b str, BodyError> {
    // RFC 4627, section 3: the first two characters are ASCII, so zeros among the first bytes tell the encoding.
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            return Err(BodyError::Encoding("UTF-32".into()));
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            return Err(BodyError::Encoding("UTF-16".into()));
        }
        _ => {}
    }
    let is_ours = |charset: &str| {
        ["utf-8", "utf8"]
            .iter()
            .any(|ours| charset.eq_ignore_ascii_case(ours))
    };
    if let Some(other) = charset.filter(|charset| !is_ours(charset) && !bytes.is_ascii()) {
        return Err(BodyError::Encoding(other.to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes)
        .map_err(|_| BodyError::BrokenJson("The JSON body is not in UTF-8; encode its text in UTF-8.".into()))
}

/// Refuses bodies in an encoding that is not decoded behind this, by its name.
pub async fn known_encoding(mut request: Request, next: Next) -> Result<Response, ApiError> {
    let Some(encoding) = request.headers().get(header::CONTENT_ENCODING) else {
        return Ok(next.run(request).await);
    };
    let encoding = String::from_utf8_lossy(encoding.as_bytes())
        .trim()
        .to_ascii_lowercase();
    let headers = request.headers_mut();
    match &*encoding {
        "" | "identity" => _ = headers.remove(header::CONTENT_ENCODING),
        "gzip" | "x-gzip" => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        _ => return Err(BodyError::Encoding(encoding).into()),
    }
    Ok(next.run(request).await)
}

async fn read_json(request: Request) -> Result<Vec<u8>, BodyError> {
    if announced(request.headers()) > DRAIN_LIMIT {
        return Err(BodyError::LargeJson);
    }
    let mut chunks = paced(request.into_body(), JSON_LIMIT as u64);
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| BodyError::BrokenJson("The JSON body breaks off; send it whole.".into()))?;
        length += chunk.len();
        if length <= JSON_LIMIT {
            bytes.extend_from_slice(&chunk);
        } else if length > DRAIN_LIMIT {
            break;
        }
    }
    if length > JSON_LIMIT {
        Err(BodyError::LargeJson)
    } else {
        Ok(bytes)
    }
}

/// The length that the client announces, 0 where it does not.
pub fn announced(headers: &HeaderMap) -> usize {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(0)
}

/// The useful half of a rejection's text, as a sentence.
fn reason(text: &str) -> String {
    let reason = text.split_once(": ").map_or(text, |(_, reason)| reason);
    format!("The JSON body does not fit this route: {reason}.")
}
