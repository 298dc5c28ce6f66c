//! Files in bodies: the parts of a multipart body, or all of it.

use super::body::{BodyError, DRAIN_LIMIT, PHOTO_LIMIT, Unread, announced, guarded};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// What a multipart body may hold besides its photos.
pub const OVERHEAD: usize = 64 * 1024;

/// Bytes per permit of [`UPLOADS`].
const MEGABYTE: usize = 1024 * 1024;
/// Memory for the uploads of all requests, in megabytes: past it new ones are turned away rather than the process
/// killed, and a 512 MB container keeps room for the networks and for decoding.
static UPLOADS: Semaphore = Semaphore::const_new(160);

/// A file of a multipart body.
pub struct Upload {
    /// The client's name for it.
    pub filename: Option<String>,
    /// Its bytes, or that there are too many.
    pub bytes: Result<Vec<u8>, BodyError>,
    /// Its part of the memory for uploads, to be kept as long as the bytes.
    pub memory: Memory,
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
    Ok(Upload {
        filename,
        bytes: refused.map_or(Ok(file.bytes), Err),
        memory: file.memory,
    })
}

/// A part of the memory for uploads, given back when it is dropped.
pub type Memory = Vec<SemaphorePermit<'static>>;

/// A file as it comes in, with its part of the memory for uploads.
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

/// Takes memory for uploads until there is enough for so many bytes.
///
/// # Errors
/// [`BodyError::Overloaded`] where it is taken.
pub fn reserve(bytes: usize, memory: &mut Memory) -> Result<(), BodyError> {
    while memory.len() * MEGABYTE < bytes {
        memory.push(UPLOADS.try_acquire().map_err(|_| BodyError::Overloaded)?);
    }
    Ok(())
}

/// Reads a body that is one file of so many bytes and no more.
///
/// # Errors
/// [`BodyError::OtherLength`] where it is longer, [`BodyError::BrokenOff`] where it breaks off or stalls,
/// [`BodyError::Overloaded`].
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
