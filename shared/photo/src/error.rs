//! Errors for files that cannot be decoded.

use super::{Format, MAX_BYTES, MAX_PIXELS, MAX_SIDE};

/// Why a file cannot be decoded. Each message is one sentence for the sender: what is wrong, and what to send instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// The file has no bytes.
    #[error("The image is empty (0 bytes); send the whole file.")]
    Empty,
    /// The content matches none of the formats.
    #[error(
        "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL."
    )]
    NotAnImage,
    /// A known format, or a variant of one, that Strand does not decode.
    #[error("The file is {what}, which cannot be read; {remedy}.")]
    Unsupported {
        /// The name of the format or variant with its article, such as "a HEIC photo".
        what: &'static str,
        /// What to do, such as "save it as a JPEG or PNG and send that".
        remedy: &'static str,
    },
    /// The file has more than [`MAX_BYTES`].
    #[error("The image has {} MB; at most {} MB can be sent.", .bytes.div_ceil(1024 * 1024), MAX_BYTES / 1024 / 1024)]
    TooManyBytes {
        /// The size of the file in bytes.
        bytes: usize,
    },
    /// The image has more than [`MAX_PIXELS`].
    #[error(
        "The image has {width} x {height} pixels; send one of at most {} megapixels.",
        MAX_PIXELS / 1024 / 1024
    )]
    TooManyPixels {
        /// The width in the header, in pixels.
        width: u32,
        /// The height in the header, in pixels.
        height: u32,
    },
    /// The image has a side of more than [`MAX_SIDE`].
    #[error("The image has {width} x {height} pixels; crop it to at most {MAX_SIDE} pixels a side.")]
    TooLong {
        /// The width in the header, in pixels.
        width: u32,
        /// The height in the header, in pixels.
        height: u32,
    },
    /// The image is within the other limits, but decoding its variant would take too much memory or time.
    #[error(
        "The image takes too much memory to decode as this kind of {format}; shrink it to 2,000 pixels on the long \
         side, or send a baseline JPEG."
    )]
    TooMuchMemory {
        /// The format of the file.
        format: Format,
    },
    /// The file is damaged or truncated.
    #[error("The {format} image is damaged or cut off; send the complete file.")]
    Damaged {
        /// The format that the file begins with.
        format: Format,
        /// The decoder's reason, for the log.
        reason: String,
    },
}

/// The kinds of [`PhotoError`] that HTTP statuses distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The file is empty, damaged or truncated.
    Malformed,
    /// The file has too many bytes or pixels.
    TooLarge,
    /// The file is not an image that Strand decodes.
    Unsupported,
}

impl PhotoError {
    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty | Self::Damaged { .. } => ErrorKind::Malformed,
            Self::TooManyBytes { .. }
            | Self::TooManyPixels { .. }
            | Self::TooLong { .. }
            | Self::TooMuchMemory { .. } => ErrorKind::TooLarge,
            Self::NotAnImage | Self::Unsupported { .. } => ErrorKind::Unsupported,
        }
    }

    /// A variant of a format that Strand decodes.
    pub(super) fn variant(what: &'static str) -> Self {
        Self::Unsupported {
            what,
            remedy: "save it as an ordinary JPEG or PNG and send that",
        }
    }

    pub(super) fn damaged(format: Format, reason: &impl ToString) -> Self {
        Self::Damaged {
            format,
            reason: reason.to_string(),
        }
    }
}
