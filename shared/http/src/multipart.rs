//! Files in request bodies: the parts of a multipart body, or a whole body.

use crate::body::{BodyError, DRAIN_LIMIT, PHOTO_LIMIT, Unread, announced, guarded};
use crate::error::ApiError;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Request};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many bytes of a multipart body may be something other than photos.
pub const OVERHEAD: usize = 64 * 1024;

/// Bytes per permit of [`RECEIVED`].
const MEGABYTE: usize = 1024 * 1024;
/// Memory for the photos of all requests, in megabytes. When it is in use, new photos are rejected; otherwise the
/// system might kill the process. In a 512 MB container, this leaves space for the networks and for decoding.
static RECEIVED: Semaphore = Semaphore::const_new(160);

/// A received photo.
pub struct ReceivedPhoto {
    /// The client's file name.
    pub filename: Option<String>,
    /// Its bytes, or an error that concerns only this photo.
    pub bytes: Result<Vec<u8>, ApiError>,
    /// The memory reserved for it. Keep it as long as the bytes.
    pub memory: Memory,
}

/// Reads the files of a multipart body one at a time, so that only one is in memory.
pub struct Multipart {
    parts: axum::extract::Multipart,
    names: &'static [&'static str],
    drained: usize,
    unread: Unread,
}

impl Multipart {
    /// Reads the parts with one of these names and skips the others. `limit` is the maximum size of the whole body in
    /// bytes.
    ///
    /// # Errors
    /// [`BodyError::Multipart`] if the request is not multipart, [`BodyError::TooLarge`] if it announces more bytes
    /// than are worth reading to the end.
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
        let parts = axum::extract::Multipart::from_request(request, &()).await.map_err(|rejection| {
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
    /// [`BodyError::Multipart`] if the body breaks off, stalls, or is malformed, or if skipped parts do not end.
    pub async fn next(&mut self) -> Result<Option<ReceivedPhoto>, BodyError> {
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

    /// Reads and discards the rest, up to [`DRAIN_LIMIT`].
    pub async fn drain(&mut self) {
        while let Ok(Some(field)) = self.parts.next_field().await {
            self.unread.reset();
            if !discard(field, &self.unread, &mut self.drained).await {
                return;
            }
        }
    }
}

/// Discards a part; `false` once more than [`DRAIN_LIMIT`] bytes have been discarded.
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

/// Reads a part to its end. An error that concerns only this part becomes its result, so that the client gets to read
/// it.
async fn read(
    mut field: Field<'_>,
    unread: &Unread,
    drained: &mut usize,
) -> Result<ReceivedPhoto, BodyError> {
    let filename = field.file_name().map(str::to_owned);
    let too_large = || BodyError::TooLarge(filename.clone().unwrap_or_default());
    let (mut file, mut refused) = (Growing::default(), None);
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        unread.reset();
        if refused.is_none() {
            refused = file.add(&chunk, PHOTO_LIMIT, too_large).err();
        }
        if refused.is_some() {
            file = Growing::default();
            *drained += chunk.len();
            if *drained > DRAIN_LIMIT {
                return Err(too_large());
            }
        }
    }
    Ok(ReceivedPhoto {
        filename,
        bytes: refused.map_or(Ok(file.bytes), |error| Err(error.into())),
        memory: file.memory,
    })
}

/// Reserved memory for received photos. Dropping it releases the memory.
pub type Memory = Vec<SemaphorePermit<'static>>;

/// A file that is being received, with the memory reserved for it.
#[derive(Default)]
struct Growing {
    bytes: Vec<u8>,
    memory: Memory,
}

impl Growing {
    fn add(
        &mut self,
        chunk: &[u8],
        limit: usize,
        too_large: impl Fn() -> BodyError,
    ) -> Result<(), BodyError> {
        let length = self.bytes.len() + chunk.len();
        if length > limit {
            return Err(too_large());
        }
        reserve(length, &mut self.memory)?;
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

/// Reserves memory for received photos until there is enough for `bytes` bytes.
///
/// # Errors
/// [`BodyError::Overloaded`] if the memory is in use.
pub fn reserve(bytes: usize, memory: &mut Memory) -> Result<(), BodyError> {
    while memory.len() * MEGABYTE < bytes {
        memory.push(RECEIVED.try_acquire().map_err(|_| BodyError::Overloaded)?);
    }
    Ok(())
}

/// Reads a body that is one file of exactly `size` bytes.
///
/// # Errors
/// [`BodyError::OtherLength`] if it is longer, [`BodyError::BrokenOff`] if it breaks off or stalls,
/// [`BodyError::Overloaded`] if the memory for photos is in use.
pub async fn read_file(request: Request, size: usize) -> Result<(Vec<u8>, Memory), BodyError> {
    let other_length = || BodyError::OtherLength(size);
    if announced(request.headers()) > size + DRAIN_LIMIT {
        return Err(other_length());
    }
    let unread = Unread::default();
    let mut chunks = guarded(request.into_body(), unread.clone()).into_data_stream();
    let (mut file, mut refused, mut drained) = (Growing::default(), None, 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::BrokenOff)?;
        unread.reset();
        if refused.is_none() {
            refused = file.add(&chunk, size, other_length).err();
        }
        if refused.is_some() {
            file = Growing::default();
            drained += chunk.len();
            if drained > DRAIN_LIMIT {
                break;
            }
        }
    }
    refused.map_or(Ok((file.bytes, file.memory)), Err)
}

fn broken(error: &MultipartError) -> BodyError {
    tracing::debug!(%error, "a multipart body broke");
    BodyError::Multipart(
        "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary.".into(),
    )
}
