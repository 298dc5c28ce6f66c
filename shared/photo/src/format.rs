//! The image formats, detected by content.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PhotoError, heif, kinds};

/// An image format that Strand decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG, ISO/IEC 10918-1.
    Jpeg,
    /// PNG, ISO/IEC 15948. For an animated PNG, the default image.
    Png,
    /// WebP, RFC 9649.
    WebP,
    /// GIF, versions 87a and 89a.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF 6.0.
    Tiff,
    /// HEIF with HEVC, ISO/IEC 23008-12.
    Heic,
    /// HEIF with AV1.
    Avif,
    /// JPEG XL, ISO/IEC 18181.
    #[serde(rename = "jxl")]
    JpegXl,
}

impl Format {
    /// Detects the format by the signature at the start of `bytes`, and raw photos, TIFFs that begin with a thumbnail, and
    /// photos that were changed to text.
    ///
    /// # Errors
    /// [`PhotoError::Unsupported`] for a known kind of file that Strand does not decode, otherwise
    /// [`PhotoError::NotAnImage`].
    pub fn of(bytes: &[u8]) -> Result<Self, PhotoError> {
        kinds::check_binary(bytes)?;
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Self::Gif),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => {
                kinds::check_tiff(bytes)?;
                Ok(Self::Tiff)
            }
            [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] => {
                Ok(Self::JpegXl)
            }
            // Many texts begin with "BM"; the size of the second header is one of seven values.
            [b'B', b'M', rest @ ..]
                if matches!(
                    rest.get(12..16),
                    Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
                ) =>
            {
                Ok(Self::Bmp)
            }
            _ => heif::format(bytes).ok_or_else(|| kinds::unsupported(bytes)),
        }
    }

    /// The media type, such as `image/jpeg`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::JpegXl => "image/jxl",
        }
    }

    /// Whether every browser shows it in a page.
    pub fn is_shown_by_browsers(self) -> bool {
        !matches!(self, Self::Tiff | Self::Heic | Self::Avif | Self::JpegXl)
    }

    /// The usual file extension without the dot, such as `jpg`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::JpegXl => "jxl",
        }
    }
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 9] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Bmp,
        Self::Tiff,
        Self::Heic,
        Self::Avif,
        Self::JpegXl,
    ];

    /// The format with this [`extension`](Self::extension); `None` for any other text.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == extension)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::JpegXl => "JPEG XL",
        })
    }
}
