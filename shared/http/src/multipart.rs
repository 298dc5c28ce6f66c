//! Files in request bodies: the parts of a multipart body, or a whole body.

use crate::body::{BodyError, DRAIN_LIMIT, PHOTO_LIMIT, announced};
use crate::disposition::{Disposition, essence, type_parameter};
use crate::error::ApiError;
use crate::pace::{HEADERS_LIMIT, Unread, in_pieces, paced};
use axum::extract::Request;
use axum::http::HeaderMap;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use futures_util::StreamExt;
use multer::Field;
use strand_library::{LibraryError, MEMORY, Memory};

/// How many bytes of a multipart body may be something other than photos.
pub const OVERHEAD: usize = 64 * 1024;

/// What a field with a photo may be called on every route, each also with `[]` or a number.
const NAMES: [&str; 4] = ["images", "image", "file", "photo"];
/// A text of more bytes than this in a photo's field is taken for an encoded photo.
const LONGEST_CAPTION: usize = 1000;
/// As padded as it may be; many encoders leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The most characters of a client's name that an answer repeats.
const LONGEST_NAME: usize = 200;

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
    parts: multer::Multipart<'static>,
    /// The size that the body announces.
    announced: usize,
    drained: usize,
    unread: Unread,
}

impl Multipart {
    /// Reads the photos of a body. `limit` is the maximum size of the whole body in bytes.
    ///
    /// # Errors
    /// [`BodyError::Multipart`] if the request is not multipart, [`BodyError::TooLarge`] if it announces more bytes
    /// than are worth reading to the end.
    pub fn from_request(request: Request, limit: usize) -> Result<Self, BodyError> {
        let announced = announced(request.headers());
        if announced > limit + DRAIN_LIMIT {
            return Err(BodyError::TooLarge("body".into()));
        }
        let boundary = boundary(request.headers())?;
        let unread = Unread::default();
        let most = if announced > 0 { announced } else { limit };
        let chunks = in_pieces(paced(request.into_body(), most as u64), unread.clone());
        Ok(Self {
            parts: multer::Multipart::new(chunks, boundary),
            announced,
            drained: 0,
            unread,
        })
    }

    /// The next photo, or `None` at the end. Parts that are no photo are skipped: texts, and a file input that was left
    /// empty.
    ///
    /// # Errors
    /// [`BodyError::UnknownField`] for a file in a field of another name, [`BodyError::PhotoAsText`] for a photo that is
    /// written as text, [`BodyError::Multipart`] if the body breaks off, stalls, or is malformed, or if skipped parts do
    /// not end.
    pub async fn next(&mut self) -> Result<Option<ReceivedPhoto>, BodyError> {
        loop {
            let next = self.parts.next_field().await;
            let Some(field) = next.map_err(|error| broken(&error, &self.unread))? else {
                return Ok(None);
            };
            self.unread.reset();
            let part = Part::of(field.headers())?;
            if part.is_photo() {
                let file = Growing::to(self.announced.min(PHOTO_LIMIT));
                if let Some(photo) = read(field, part, file, &self.unread, &mut self.drained).await? {
                    return Ok(Some(photo));
                }
            } else {
                skip(field, &part, &self.unread, &mut self.drained).await?;
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

fn boundary(headers: &HeaderMap) -> Result<String, BodyError> {
    let why = if essence(headers) != "multipart/form-data" {
        "its content type is another one, or missing"
    } else if let Some(boundary) = type_parameter(headers, "boundary") {
        return Ok(boundary);
    } else {
        "its content type names no boundary"
    };
    Err(BodyError::Multipart(format!(
        "The body is not multipart/form-data ({why}); send each photo as a file in the field \"{}\".",
        NAMES[1]
    )))
}

/// What the headers of a part say.
struct Part {
    name: String,
    filename: Option<String>,
    is_file: bool,
    is_base64: bool,
}

impl Part {
    fn of(headers: &HeaderMap) -> Result<Self, BodyError> {
        let Disposition { name, filename } = Disposition::of(headers);
        let length: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if length > HEADERS_LIMIT {
            return Err(long_headers());
        }
        let kind = essence(headers);
        let encoding = headers.get("content-transfer-encoding");
        let encoding = encoding.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
        let is_base64 = match encoding.as_deref().map(str::trim) {
            None | Some("" | "binary" | "8bit" | "7bit") => false,
            Some("base64") => true,
            Some(other) => return Err(BodyError::Encoding(cut(other.to_owned()))),
        };
        Ok(Self {
            name: cut(name.unwrap_or_default()),
            is_file: filename.is_some() || kind.starts_with("image/") || kind == "application/octet-stream",
            filename: filename.map(cut),
            is_base64,
        })
    }

    /// Whether its field is one for photos: one of [`NAMES`], also with `[]` or a number behind it.
    fn is_photo(&self) -> bool {
        let name = self.name.trim().to_ascii_lowercase();
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let in_brackets = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        let stem = match in_brackets {
            Some((stem, index)) if is_number(index) => stem,
            _ => match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
                stem if stem.len() < name.len() => stem.trim_end_matches(['-', '_', '.']),
                stem => stem,
            },
        };
        NAMES.contains(&stem)
    }

    /// Whether it is a file input that was left empty, if it has no bytes.
    fn may_be_left_empty(&self) -> bool {
        self.filename.as_deref().is_none_or(str::is_empty)
    }
}

/// At most [`LONGEST_NAME`] characters of a name.
fn cut(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
        name.truncate(end);
    }
    name
}

/// Skips a part that is no photo, unless that would drop one.
async fn skip(
    mut field: Field<'_>,
    part: &Part,
    unread: &Unread,
    drained: &mut usize,
) -> Result<(), BodyError> {
    let first = field
        .chunk()
        .await
        .map_err(|error| broken(&error, unread))?
        .unwrap_or_default();
    unread.reset();
    let is_whole = discard(field, unread, drained).await;
    if part.is_file && !(first.is_empty() && part.may_be_left_empty()) {
        return Err(BodyError::UnknownField(part.name.clone()));
    }
    if first.starts_with(b"data:image/") {
        return Err(BodyError::PhotoAsText(part.name.clone()));
    }
    if is_whole {
        Ok(())
    } else {
        Err(BodyError::TooLarge("body".into()))
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

/// Reads a part to its end; `None` if it holds no photo. An error that concerns only this part becomes its result, so
/// that the client gets to read it.
async fn read(
    mut field: Field<'_>,
    part: Part,
    mut file: Growing,
    unread: &Unread,
    drained: &mut usize,
) -> Result<Option<ReceivedPhoto>, BodyError> {
    let too_large = || BodyError::TooLarge(part.filename.clone().unwrap_or_default());
    // Base64 writes three bytes as four characters, with line ends between them.
    let limit = if part.is_base64 {
        PHOTO_LIMIT / 2 * 3
    } else {
        PHOTO_LIMIT
    };
    let mut refused = None;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error, unread))? {
        unread.reset();
        if refused.is_none() {
            refused = file.add(&chunk, limit, too_large).await.err();
        }
        if refused.is_some() {
            file = Growing::default();
            *drained += chunk.len();
            if *drained > DRAIN_LIMIT {
                return Err(too_large());
            }
        }
    }
    let bytes = match refused {
        Some(refused) => Err(refused.into()),
        None if file.bytes.is_empty() && part.may_be_left_empty() => return Ok(None),
        None if part.is_base64 => file.decoded().await.map_err(ApiError::from),
        None if !part.is_file && is_text(&file.bytes) => return text(&part, &file.bytes),
        None => Ok(std::mem::take(&mut file.bytes)),
    };
    Ok(Some(ReceivedPhoto {
        filename: part.filename.filter(|name| !name.is_empty()),
        bytes,
        memory: file.memory,
    }))
}

/// A text in a photo's field is ignored, unless it is a photo written as text.
fn text(part: &Part, bytes: &[u8]) -> Result<Option<ReceivedPhoto>, BodyError> {
    if bytes.starts_with(b"data:") || bytes.len() > LONGEST_CAPTION {
        return Err(BodyError::PhotoAsText(part.name.clone()));
    }
    Ok(None)
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

/// A file that is being received, with the memory that it takes.
struct Growing {
    bytes: Vec<u8>,
    memory: Memory,
}

impl Default for Growing {
    fn default() -> Self {
        Self::to(0)
    }
}

impl Growing {
    /// For a file of up to `most` bytes, which then are copied only once. Memory that is not written to costs nothing.
    fn to(most: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(most),
            memory: MEMORY.body(),
        }
    }

    async fn add(
        &mut self,
        chunk: &[u8],
        limit: usize,
        too_large: impl Fn() -> BodyError,
    ) -> Result<(), BodyError> {
        let length = self.bytes.len() + chunk.len();
        if length > limit {
            return Err(too_large());
        }
        reserve(length, &mut self.memory).await?;
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// The bytes that were sent as base64.
    async fn decoded(&mut self) -> Result<Vec<u8>, BodyError> {
        let mut encoded = std::mem::take(&mut self.bytes);
        // The bytes and their text are there together.
        reserve(2 * encoded.len(), &mut self.memory).await?;
        encoded.retain(|byte| !byte.is_ascii_whitespace());
        let decoded = BASE64.decode(encoded).map_err(|_| {
            BodyError::Multipart(
                "A part is said to be base64, but is not; send the bytes of the file themselves.".into(),
            )
        })?;
        self.memory.shrink_to(decoded.len() as u64);
        Ok(decoded)
    }
}

/// Waits until there is memory for `bytes` bytes.
///
/// # Errors
/// [`BodyError::Overloaded`] if others keep it for seconds.
pub async fn reserve(bytes: usize, memory: &mut Memory) -> Result<(), BodyError> {
    let grown = memory.grow_to(bytes as u64).await;
    grown.map_err(|_: LibraryError| BodyError::Overloaded)
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
    let mut chunks = paced(request.into_body(), size as u64);
    let (mut file, mut refused, mut drained) = (Growing::to(size), None, 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::BrokenOff)?;
        if refused.is_none() {
            refused = file.add(&chunk, size, other_length).await.err();
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

fn broken(error: &multer::Error, unread: &Unread) -> BodyError {
    tracing::debug!(%error, "a multipart body broke");
    let said = match error {
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => {
            "The headers of a part cannot be read; write each as \"name: value\" on its own line, at most 32 of them."
        }
        // A body that arrives whole fills what its reader has room for, whatever is wrong with it.
        _ if unread.is_full() => return long_headers(),
        _ => {
            "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary."
        }
    };
    BodyError::Multipart(said.into())
}

fn long_headers() -> BodyError {
    BodyError::Multipart(format!(
        "The headers of a part, or what precedes the first part, have more than {} kB; shorten the file name, and begin \
         the body with the boundary.",
        HEADERS_LIMIT / 1024
    ))
}
