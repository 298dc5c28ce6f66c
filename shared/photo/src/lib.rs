//! Decodes image files into upright sRGB pixels.
//!
//! Uploaded bytes become a small [`Photo`] in these steps: detect the format by content, check the limits on the header
//! before memory is spent, decode at or near the requested size, convert the colors to sRGB, and turn the picture
//! upright.
//!
//! - `jpeg` (by the crate `strand-jpeg`), `png` and `whole` (WebP, GIF, BMP, TIFF) open and decode the formats.
//! - `heif` (by the crate `strand-heif`) decodes HEIC and AVIF tile by tile.
//! - `jxl` decodes JPEG XL.
//! - `tiff` interprets samples of TIFFs that their decoder does not know.
//! - `kinds` names the files that are not decoded; `exif` and `ifd` read the metadata of all formats.
//! - `strip` takes out of files what tells about people and places.
//! - `pixels` holds decoded pixels and reduces them with `resample`; `profile` and `declared` convert their colors.
//!
//! Pixels are averaged as encoded values, not as linear light. JPEG's scaled decoding cannot do otherwise, the networks
//! were trained on photos reduced that way, and all formats give the same result.

mod declared;
mod error;
mod exif;
mod format;
mod heif;
mod ifd;
mod jpeg;
mod jxl;
mod kinds;
mod pixels;
mod png;
mod profile;
mod resample;
mod strip;
mod tiff;
mod whole;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};

pub use error::{ErrorKind, PhotoError};
pub use format::Format;
pub use kinds::unsupported_type;
use pixels::Pixels;
use profile::Claim;
pub use resample::resample;
pub use strip::strip;

/// The maximum size of a photo's file in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;

/// The maximum number of pixels of a photo: 50 "binary" megapixels. Sensors sold as 50 MP have up to 8192 x 6144.
pub const MAX_PIXELS: u64 = 50 * 1024 * 1024;

/// The maximum length of a side of a photo, in pixels: that of a JPEG (ITU-T T.81, B.2.2). Each row costs memory and time
/// of its own, and a file of a kilobyte may have millions of them.
pub const MAX_SIDE: u32 = 65_535;

/// The maximum memory for decoding one photo, in bytes. A 512 MB container survives every photo within the other
/// limits. Baseline JPEGs and PNGs need far less. The limit is for files that must be held whole, such as a progressive
/// JPEG.
pub const MAX_MEMORY: u64 = 160 * 1024 * 1024;

/// The maximum time for decoding one photo, in nanoseconds of one core, where it can be estimated beforehand.
const MAX_TIME: u64 = 2_000_000_000;

/// A decoded photo: upright, sRGB, eight bits per channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    opacity: Option<Vec<u8>>,
    source: Source,
}

/// What is known about the file that a [`Photo`] came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The image format.
    pub format: Format,
    /// The width of the upright image in pixels, before it was reduced.
    pub width: u32,
    /// The height of the upright image in pixels, before it was reduced.
    pub height: u32,
    /// The color space of the samples in the file.
    pub color_space: ColorSpace,
}

/// The color space of a file's samples, which were converted from it to sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorSpace {
    /// sRGB (IEC 61966-2-1), also if the file says nothing.
    Srgb,
    /// Adobe RGB (1998), named in EXIF.
    AdobeRgb,
    /// That of an embedded ICC profile.
    Icc,
    /// That of code points of ITU-T H.273, such as Display P3, PQ, and HLG.
    CodePoints,
    /// That of the gamma and the primaries in a PNG.
    GammaAndPrimaries,
    /// Ink without a profile.
    Cmyk,
}

impl Photo {
    /// Makes a photo from pixels, as if read from a PNG of that size.
    ///
    /// # Panics
    /// Unless `rgb` holds `width * height` packed RGB pixels, at least one.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        let source = Source {
            format: Format::Png,
            width,
            height,
            color_space: ColorSpace::Srgb,
        };
        Self::with_source(width, height, rgb, source)
    }

    fn with_source(width: u32, height: u32, rgb: Vec<u8>, source: Source) -> Self {
        assert!(width > 0 && height > 0, "a photo has at least one pixel");
        assert_eq!(
            rgb.len(),
            width as usize * height as usize * 3,
            "three bytes a pixel"
        );
        Self {
            width,
            height,
            rgb,
            opacity: None,
            source,
        }
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels: packed RGB, row by row from the top, `width * height * 3` bytes.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// How opaque each pixel is in the file, 255 for wholly; `None` if all are. Transparent pixels are composed on white.
    pub fn opacity(&self) -> Option<&[u8]> {
        self.opacity.as_deref()
    }

    /// The same photo with an opacity, one byte per pixel.
    ///
    /// # Panics
    /// Unless there is one for each pixel.
    #[must_use]
    pub fn with_opacity(mut self, opacity: Option<Vec<u8>>) -> Self {
        if let Some(opacity) = &opacity {
            assert_eq!(opacity.len(), self.rgb.len() / 3, "one byte a pixel");
        }
        self.opacity = opacity;
        self
    }

    /// The same pixels as [`Photo::rgb`], without a copy.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// The file that the photo came from.
    pub fn source(&self) -> Source {
        self.source
    }
}

/// Decodes a photo and reduces its long side to at most `max_side` pixels (0 counts as 1). It is never enlarged.
///
/// Of an animation, the first frame is used. Transparent pixels become white, a backdrop that does not resemble hair, and
/// [`Photo::opacity`] says where.
/// An embedded profile that is damaged or of the wrong kind is ignored.
///
/// # Errors
/// Any [`PhotoError`]. A file that ends early is [`PhotoError::Damaged`], never part of a photo. Of a JPEG, the last
/// hundredth may be missing.
pub fn decode(bytes: &[u8], max_side: u32) -> Result<Photo, PhotoError> {
    let photo = decode_only(bytes, max_side)?;
    #[cfg(test)]
    strip::assert_keeps(bytes, max_side, &photo);
    Ok(photo)
}

fn decode_only(bytes: &[u8], max_side: u32) -> Result<Photo, PhotoError> {
    guarded(bytes, |format, opened| {
        let stored = opened.header();
        let raster = opened.decode(max_side.max(1))?;
        let mut pixels = raster.pixels.fit(max_side.max(1));
        let (width, height) = (pixels.width, pixels.height);
        let opacity = pixels.opacity.take();
        let opacity = opacity.map(|opacity| upright_map(width, height, opacity, raster.orientation));
        let (rgb, color_space) = profile::to_srgb(pixels, &raster.claims);
        let (width, height, rgb) = upright(width, height, rgb, raster.orientation);
        let full = turned(stored.width, stored.height, raster.orientation);
        let source = Source {
            format,
            width: full.0,
            height: full.1,
            color_space,
        };
        Ok(Photo::with_source(width, height, rgb, source).with_opacity(opacity))
    })
}

/// The most memory that [`decode`] takes for a photo in addition to its bytes, as its header tells, at most
/// [`MAX_MEMORY`].
///
/// # Errors
/// Those of [`decode`] that the header is enough for.
pub fn memory(bytes: &[u8], max_side: u32) -> Result<u64, PhotoError> {
    guarded(bytes, |_, opened| {
        Ok(opened.memory(max_side.max(1)).min(MAX_MEMORY))
    })
}

/// The quality of a JPEG that [`to_jpeg`] makes, 1 to 100.
const JPEG_QUALITY: u8 = 90;

/// The photo as a JPEG, upright and in sRGB, with a long side of at most `max_side` pixels.
///
/// # Errors
/// Those of [`decode`].
pub fn to_jpeg(bytes: &[u8], max_side: u16) -> Result<Vec<u8>, PhotoError> {
    let photo = decode(bytes, max_side.into())?;
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, JPEG_QUALITY);
    // Neither side is longer than `max_side`.
    let (width, height) = (photo.width() as u16, photo.height() as u16);
    encoder
        .encode(photo.rgb(), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|error| PhotoError::damaged(photo.source().format, &error))?;
    Ok(jpeg)
}

/// A file whose header was read.
trait Opened {
    /// What the header said.
    fn header(&self) -> Header;

    /// The bytes that [`decode`](Self::decode) takes at most, with its result.
    fn memory(&self, max_side: u32) -> u64;

    /// Decodes the pixels, at a reduced size where that is cheap. The long side is then still at least `max_side`, or
    /// the file's own.
    fn decode(self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError>;
}

/// What a header says: the size as stored, at least 1 x 1, and how to turn the picture upright.
#[derive(Clone, Copy, Debug)]
struct Header {
    width: u32,
    height: u32,
    orientation: Orientation,
}

/// Decoded pixels, as stored, and the steps that are left to apply.
struct Raster {
    pixels: Pixels,
    /// What the file says about its colors, most trusted first.
    claims: Vec<Claim>,
    orientation: Orientation,
}

/// Runs `work` on the opened file.
///
/// A panic of a decoder counts as a damaged file, so that it does not end a worker thread: the bytes come from anyone.
fn guarded<T>(
    bytes: &[u8],
    work: impl FnOnce(Format, Box<dyn Opened + '_>) -> Result<T, PhotoError>,
) -> Result<T, PhotoError> {
    let format = match bytes.len() {
        0 => return Err(PhotoError::Empty),
        length if length > MAX_BYTES => return Err(PhotoError::TooManyBytes { bytes: length }),
        _ => Format::of(bytes)?,
    };
    let run = || work(format, open(format, bytes)?);
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(PhotoError::damaged(format, &"the decoder panicked")))
}

fn open(format: Format, bytes: &[u8]) -> Result<Box<dyn Opened + '_>, PhotoError> {
    let opened: Box<dyn Opened> = match format {
        Format::Jpeg => Box::new(jpeg::open(bytes)?),
        Format::Png => Box::new(png::open(bytes)?),
        Format::JpegXl => Box::new(jxl::open(bytes)?),
        Format::Heic | Format::Avif => Box::new(heif::open(format, bytes)?),
        Format::WebP | Format::Gif | Format::Bmp | Format::Tiff => Box::new(whole::open(format, bytes)?),
    };
    let Header { width, height, .. } = opened.header();
    if width == 0 || height == 0 {
        return Err(PhotoError::damaged(format, &"no pixels"));
    }
    check_size(width, height)?;
    Ok(opened)
}

/// Refuses a picture of too many pixels, or of too many in a row or a column.
fn check_size(width: u32, height: u32) -> Result<(), PhotoError> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    if width.max(height) > MAX_SIDE {
        return Err(PhotoError::TooLong { width, height });
    }
    Ok(())
}

/// The size after turning.
fn turned(width: u32, height: u32, orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
    }
}

/// An opacity, turned.
fn upright_map(width: u32, height: u32, map: Vec<u8>, orientation: Orientation) -> Vec<u8> {
    let image = GrayImage::from_raw(width, height, map).expect("one byte a pixel");
    let mut image = DynamicImage::ImageLuma8(image);
    image.apply_orientation(orientation);
    image.into_bytes()
}

fn upright(width: u32, height: u32, rgb: Vec<u8>, orientation: Orientation) -> (u32, u32, Vec<u8>) {
    if orientation == Orientation::NoTransforms {
        return (width, height, rgb);
    }
    let image = RgbImage::from_raw(width, height, rgb).expect("three bytes a pixel");
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(orientation);
    (image.width(), image.height(), image.into_bytes())
}
