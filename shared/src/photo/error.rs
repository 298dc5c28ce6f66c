//! Why a file is no photo that can be measured.

use super::{Format, MAX_BYTES, MAX_PIXELS};

/// A file that cannot be decoded; each is one sentence for the sender: what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// No bytes at all.
    #[error("The image is empty (0 bytes); send the whole file.")]
    Empty,
    /// By content none of the formats.
    #[error("The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP or TIFF.")]
    NotAnImage,
    /// A known format, or a variant of one, that is not decoded; `what` names it with its article.
    #[error("The file is {what}, which cannot be read; save it as an ordinary JPEG or PNG and send that.")]
    Unsupported {
        /// What it is, such as "a HEIC photo".
        what: &'static str,
    },
    /// More than [`MAX_BYTES`].
    #[error("The image has {} MB; at most {} MB can be sent.", .bytes.div_ceil(1024 * 1024), MAX_BYTES / 1024 / 1024)]
    TooManyBytes {
        /// The length of the file.
        bytes: usize,
    },
    /// More than [`MAX_PIXELS`].
    #[error(
        "The image has {width} x {height} pixels; send one of at most {} megapixels.",
        MAX_PIXELS / 1024 / 1024
    )]
    TooManyPixels {
        /// The width that the header gives.
        width: u32,
        /// The height that the header gives.
        height: u32,
    },
    /// Within the other limits, but stored in a way that needs more memory than a photo is given.
    #[error(
        "The image needs too much memory to decode as this kind of {format}; send a smaller one or a baseline JPEG."
    )]
    TooMuchMemory {
        /// The format it is in.
        format: Format,
    },
    /// Broken or cut off.
    #[error("The {format} image is damaged or cut off; send the complete file.")]
    Damaged {
        /// The format it begins as.
        format: Format,
        /// What the decoder said, for the log.
        reason: String,
    },
}

/// The kinds of [`PhotoError`], as HTTP tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Empty, broken or cut off: 400.
    Malformed,
    /// Too many bytes or pixels: 413.
    TooLarge,
    /// Not an image that is decoded: 415.
    Unsupported,
}

impl PhotoError {
    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty | Self::Damaged { .. } => ErrorKind::Malformed,
            Self::TooManyBytes { .. } | Self::TooManyPixels { .. } | Self::TooMuchMemory { .. } => {
                ErrorKind::TooLarge
            }
            Self::NotAnImage | Self::Unsupported { .. } => ErrorKind::Unsupported,
        }
    }

    pub(super) fn damaged(format: Format, reason: &impl ToString) -> Self {
        Self::Damaged {
            format,
            reason: reason.to_string(),
        }
    }
}
