//! Request bodies: JSON and multipart, with errors of ours and limits that hold while reading.

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Largest photo, in bytes.
pub const PHOTO_LIMIT: usize = crate::photo::MAX_BYTES;
/// What a multipart body may hold besides its photos.
pub const OVERHEAD: usize = 64 * 1024;
/// Largest library file, in bytes: some 20,000 photos.
pub const ARCHIVE_LIMIT: u64 = 8 << 30;
/// Largest JSON body, in bytes.
const JSON_LIMIT: usize = 256 * 1024;
/// So much of a body that is too large is read and thrown away, so that the client, still sending, gets to read the
/// answer. Beyond it the connection is cut.
pub const DRAIN_LIMIT: usize = 128 * 1024 * 1024;

/// See [`Unread`]; a chunk or a part's headers are far smaller.
const UNREAD_LIMIT: usize = 64 * 1024 * 1024;
/// A body that sends nothing for so long is given up.
pub const STALL: Duration = Duration::from_secs(30);

/// Bytes per permit of [`UPLOADS`].
const MEGABYTE: usize = 1024 * 1024;
/// Memory for the uploads of all requests, in megabytes: past it new ones are turned away rather than the process
/// killed, and a 512 MB container keeps room for the networks and for decoding.
static UPLOADS: Semaphore = Semaphore::const_new(160);

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
    #[error("The JSON body is larger than {limit} kB, which no request here needs; send less.", limit = JSON_LIMIT / 1024)]
    LargeJson,
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
    /// The memory for uploads is taken: 503.
    #[error("Strand is busy with other uploads; try again in a few seconds.")]
    Overloaded,
    /// Not said to be a library file: 415.
    #[error("The body must be the bytes of a library file, with the header content-type: application/x-tar.")]
    NotArchive,
    /// A library file over the limit: 413.
    #[error(
        "The library file is larger than {limit} GB; import it with `strand-server import` instead.",
        limit = ARCHIVE_LIMIT >> 30
    )]
    LargeArchive,
    /// The connection broke or stalled: 400.
    #[error("The body breaks off or stalls; send the file again.")]
    BrokenOff,
    /// The disk is full: 503.
    #[error("The server's disk has no room for this file; free some there, then send it again.")]
    NoRoom,
    /// A field is missing, or there are too many: 422.
    #[error("{0}")]
    Fields(String),
}

impl BodyError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotJson | Self::NotArchive => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenJson(_) | Self::Multipart(_) | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::LargeJson | Self::TooLarge(_) | Self::LargeArchive => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Shape(_) | Self::Fields(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overloaded | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A JSON body.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = super::ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        if !is_json(request.headers()) {
            return Err(BodyError::NotJson.into());
        }
        let bytes = read_json(request).await?;
        match Json::from_bytes(&bytes) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                Err(BodyError::Shape(reason(&error.body_text())).into())
            }
            Err(error) => Err(BodyError::BrokenJson(reason(&error.body_text())).into()),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read_json(request: Request) -> Result<Vec<u8>, BodyError> {
    if announced(request.headers()) > DRAIN_LIMIT {
        return Err(BodyError::LargeJson);
    }
    let unread = Unread::default();
    let mut chunks = guarded(request.into_body(), unread.clone()).into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| BodyError::BrokenJson("The JSON body breaks off; send it whole.".into()))?;
        unread.reset();
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

/// A file of a multipart body.
pub struct Upload {
    /// The client's name for it.
    pub filename: Option<String>,
    /// Its bytes, or that there are too many.
    pub bytes: Result<Vec<u8>, BodyError>,
    /// Its part of the memory for uploads, to be kept as long as the bytes.
    pub memory: Vec<SemaphorePermit<'static>>,
}

/// The files of a multipart body, one at a time: only one is in memory.
pub struct Uploads {
    parts: Multipart,
    names: &'static [&'static str],
    drained: usize,
    unread: Unread,
}

impl Uploads {
    /// Reads the parts with one of these names; other parts are skipped. `limit` is the most bytes of a whole body.
    ///
    /// # Errors
    /// [`BodyError::Multipart`] where the request is not multipart, [`BodyError::TooLarge`] where it announces more
    /// bytes than are worth reading to the end.
    pub async fn from_request(
        request: Request,
        names: &'static [&'static str],
        limit: usize,
    ) -> Result<Self, BodyError> {
        if announced(request.headers()) > limit + DRAIN_LIMIT {
            return Err(BodyError::TooLarge("body".into()));
        }
        let unread = Unread::default();
        let request = request.map(|body| guarded(body, unread.clone()));
        let parts = Multipart::from_request(request, &()).await.map_err(|rejection| {
            let why = match rejection {
                MultipartRejection::InvalidBoundary(_) => {
                    "its content type names no multipart/form-data boundary"
                }
                _ => "it could not be read",
            };
            BodyError::Multipart(format!(
                "The body is not multipart/form-data ({why}); send the photo as a file in the field \"{}\".",
                names[0]
            ))
        })?;
        Ok(Self {
            parts,
            names,
            drained: 0,
            unread,
        })
    }

    /// The next file, or `None` at the end.
    ///
    /// # Errors
    /// [`BodyError::Multipart`] where the body breaks off, stalls, is malformed, or skipped parts do not end.
    pub async fn next(&mut self) -> Result<Option<Upload>, BodyError> {
        loop {
            let Some(field) = self.parts.next_field().await.map_err(|error| broken(&error))? else {
                return Ok(None);
            };
            self.unread.reset();
            if field.name().is_some_and(|name| self.names.contains(&name)) {
                return read(field, &self.unread, &mut self.drained).await.map(Some);
            }
            if !discard(field, &self.unread, &mut self.drained).await {
                return Err(BodyError::TooLarge("body".into()));
            }
        }
    }

    /// Reads the rest and throws it away, within [`DRAIN_LIMIT`].
    pub async fn drain(&mut self) {
        while let Ok(Some(field)) = self.parts.next_field().await {
            self.unread.reset();
            if !discard(field, &self.unread, &mut self.drained).await {
                return;
            }
        }
    }
}

/// Throws a part away; `false` once more than [`DRAIN_LIMIT`] has been.
async fn discard(mut field: Field<'_>, unread: &Unread, drained: &mut usize) -> bool {
    while let Ok(Some(chunk)) = field.chunk().await {
        unread.reset();
        *drained += chunk.len();
        if *drained > DRAIN_LIMIT {
            return false;
        }
    }
    true
}

/// Reads a part to its end. What is wrong with it alone is the part's result, so that the client gets to read it.
async fn read(mut field: Field<'_>, unread: &Unread, drained: &mut usize) -> Result<Upload, BodyError> {
    let filename = field.file_name().map(str::to_owned);
    let too_large = || BodyError::TooLarge(filename.clone().unwrap_or_default());
    let (mut bytes, mut memory, mut refused) = (Vec::new(), Vec::new(), None);
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        unread.reset();
        if refused.is_none() {
            refused = (bytes.len() + chunk.len() > PHOTO_LIMIT).then(too_large);
            while refused.is_none() && memory.len() * MEGABYTE < bytes.len() + chunk.len() {
                match UPLOADS.try_acquire() {
                    Ok(permit) => memory.push(permit),
                    Err(_) => refused = Some(BodyError::Overloaded),
                }
            }
        }
        if refused.is_none() {
            bytes.extend_from_slice(&chunk);
            continue;
        }
        bytes = Vec::new();
        memory.clear();
        *drained += chunk.len();
        if *drained > DRAIN_LIMIT {
            return Err(too_large());
        }
    }
    Ok(Upload {
        filename,
        bytes: refused.map_or(Ok(bytes), Err),
        memory,
    })
}

/// Bytes that came in since the multipart parser last gave something out. It holds them all while it looks for a
/// boundary or the end of a part's headers.
#[derive(Clone, Default)]
struct Unread(Arc<AtomicUsize>);

impl Unread {
    fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Counts a chunk; whether it is still within [`UNREAD_LIMIT`].
    fn admits(&self, chunk: usize) -> bool {
        self.0.fetch_add(chunk, Ordering::Relaxed) + chunk <= UNREAD_LIMIT
    }
}

/// The body, broken off where it stalls or where nothing comes of what it sends.
fn guarded(body: Body, unread: Unread) -> Body {
    let broken_off = |why: &'static str| Some((Err(axum::Error::new(why)), None));
    let chunks = stream::unfold(Some(body.into_data_stream()), move |chunks| {
        let unread = unread.clone();
        async move {
            let mut chunks = chunks?;
            match timeout(STALL, chunks.next()).await {
                Err(_) => broken_off("the body stalled"),
                Ok(None) => None,
                Ok(Some(Ok(chunk))) if !unread.admits(chunk.len()) => broken_off("a part without an end"),
                Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(chunks))),
                Ok(Some(Err(error))) => Some((Err(error), None)),
            }
        }
    });
    Body::from_stream(chunks)
}

fn broken(error: &MultipartError) -> BodyError {
    tracing::debug!(%error, "a multipart body broke");
    BodyError::Multipart(
        "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary.".into(),
    )
}
