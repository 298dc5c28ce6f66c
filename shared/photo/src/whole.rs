//! WebP, GIF, BMP and TIFF, which are decoded whole and then reduced.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{ColorType, ExtendedColorType, ImageDecoder, ImageError, Limits};

use super::exif::Exif;
use super::pixels::{Channels, Reducer};
use super::profile::Claim;
use super::tiff::{self, Samples};
use super::{Format, Header, MAX_MEMORY, Opened, PhotoError, Raster};

const UNCOMMON_TIFF: &str = "a TIFF of an uncommon kind";

/// An opened file of one of these formats.
pub(super) struct Whole<'a> {
    format: Format,
    header: Header,
    exif: Exif,
    decoder: Box<dyn ImageDecoder + 'a>,
    samples: Samples,
    /// What the decoder itself allocates for each pixel, in addition to the result.
    overhead: u64,
    /// The size of the file, which may be copied.
    bytes: usize,
}

/// Reads the header.
pub(super) fn open(format: Format, bytes: &[u8]) -> Result<Whole<'_>, PhotoError> {
    let fail = |error| error_of(format, error);
    let reader = Cursor::new(bytes);
    let mut exif = Exif::default();
    let mut samples = Samples::AsDecoded;
    let (mut decoder, overhead): (Box<dyn ImageDecoder + '_>, u64) = match format {
        Format::WebP => {
            riff_is_complete(bytes)?;
            let decoder = WebPDecoder::new(Cursor::new(without_empty_promises(bytes))).map_err(fail)?;
            // Planes of the canvas and of a frame, lossless pixels with alpha, or luma and chroma planes.
            let overhead = match () {
                () if decoder.has_animation() => 8,
                () if is_lossless(bytes) => 4,
                () => 2,
            };
            exif = exif_of_webp(bytes);
            (Box::new(decoder), overhead)
        }
        Format::Gif => (Box::new(GifDecoder::new(reader).map_err(fail)?), 0),
        Format::Tiff => {
            exif = Exif::read(bytes);
            let file;
            (file, samples) = tiff::prepared(bytes);
            let decoder = TiffDecoder::new(Cursor::new(file)).map_err(fail)?;
            // The decoder uses a buffer of its own first. Ink has one channel more.
            let is_ink = matches!(samples, Samples::Ink)
                || matches!(
                    decoder.original_color_type(),
                    ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16
                );
            let channels = if is_ink { 4 } else { 3 };
            let overhead = u64::from(decoder.color_type().bytes_per_pixel()) * channels / 3;
            (Box::new(decoder), overhead)
        }
        _ => (Box::new(BmpDecoder::new(reader).map_err(fail)?), 0),
    };
    if !samples.fit(decoder.color_type()) {
        return Err(PhotoError::variant(UNCOMMON_TIFF));
    }
    let (width, height) = decoder.dimensions();
    let orientation = exif.orientation.or_else(|| decoder.orientation().ok());
    Ok(Whole {
        format,
        exif,
        header: Header {
            width,
            height,
            orientation: orientation.unwrap_or(Orientation::NoTransforms),
        },
        decoder,
        samples,
        overhead,
        bytes: bytes.len(),
    })
}

impl Opened for Whole<'_> {
    fn header(&self) -> Header {
        self.header
    }

    fn memory(&self, max_side: u32) -> u64 {
        let Header { width, height, .. } = self.header;
        // With ink or without, and before the samples are known to be of a kind that is decoded.
        let reduced = Reducer::memory(width, height, Channels::Cmyk, max_side);
        self.whole() + self.bytes as u64 + reduced
    }

    fn decode(mut self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let fail = |error| error_of(self.format, error);
        let Header {
            width,
            height,
            orientation,
        } = self.header;
        let color = self.decoder.color_type();
        let channels = self.samples.channels(channels(color)?);
        let row_bytes = width as usize * usize::from(color.bytes_per_pixel());
        if self.whole() > MAX_MEMORY {
            return Err(PhotoError::TooMuchMemory { format: self.format });
        }
        // Before the limits are set, because TIFF's limits would apply the picture's size to the profile.
        let icc = self.decoder.icc_profile().ok().flatten().map(Claim::Icc);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MAX_MEMORY - self.decoder.total_bytes());
        self.decoder.set_limits(limits).map_err(fail)?;
        let mut whole = vec![0; row_bytes * height as usize];
        self.decoder.read_image_boxed(&mut whole).map_err(fail)?;
        if self.format == Format::Bmp && color == ColorType::Rgba8 {
            fill_unused_alpha(&mut whole);
        }

        let mut reducer = Reducer::new(width, height, channels, max_side);
        let mut narrow = Vec::new();
        let mut colors = Vec::new();
        for (y, row) in (0..height).zip(whole.chunks_exact(row_bytes)) {
            let row = eight_bits(color, row, &mut narrow);
            match self.samples {
                Samples::AsDecoded => reducer.add_samples(color.channel_count().into(), y, 0, 1, row),
                _ => reducer.add(y, 0, 1, self.samples.interpret(row, &mut colors)),
            }
        }
        Ok(Raster {
            pixels: reducer.finish(),
            claims: icc.into_iter().chain(self.exif.claim()).collect(),
            orientation,
        })
    }
}

impl Whole<'_> {
    /// The bytes of the whole picture, and of what the decoder allocates for it.
    fn whole(&self) -> u64 {
        let pixels = u64::from(self.header.width) * u64::from(self.header.height);
        self.decoder.total_bytes() + pixels * self.overhead
    }
}

fn channels(color: ColorType) -> Result<Channels, PhotoError> {
    match color {
        ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16 => Ok(Channels::Gray),
        ColorType::Rgb8 | ColorType::Rgb16 | ColorType::Rgba8 | ColorType::Rgba16 => Ok(Channels::Rgb),
        // Floating-point samples are mostly scene-linear, and the file does not say so.
        _ => Err(PhotoError::variant("a TIFF with floating-point samples")),
    }
}

/// The row with eight-bit samples. Samples with 16 bits are in the machine's byte order.
fn eight_bits<'a>(color: ColorType, row: &'a [u8], narrow: &'a mut Vec<u8>) -> &'a [u8] {
    if !matches!(
        color,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
    ) {
        return row;
    }
    narrow.clear();
    // 257 steps of 16 bits correspond to one of 8 bits: 65535 / 255.
    let round = |&sample: &[u8; 2]| ((u32::from(u16::from_ne_bytes(sample)) + 128) / 257) as u8;
    narrow.extend(row.as_chunks::<2>().0.iter().map(round));
    narrow
}

/// A WebP begins with its own length, so a truncated one is detected at once.
fn riff_is_complete(bytes: &[u8]) -> Result<(), PhotoError> {
    let length = bytes
        .get(4..8)
        .and_then(|field| field.try_into().ok())
        .map_or(0, u32::from_le_bytes);
    // The last byte of an odd chunk is padding, which some writers omit.
    if (bytes.len() as u64) + 1 < u64::from(length) + 8 {
        return Err(PhotoError::damaged(Format::WebP, &"shorter than its header says"));
    }
    Ok(())
}

/// Windows leaves the fourth byte of a BMP zero where it does not use alpha, also where the header declares it.
fn fill_unused_alpha(rgba: &mut [u8]) {
    let pixels = rgba.as_chunks_mut::<4>().0;
    if pixels.iter().all(|pixel| pixel[3] == 0) {
        for pixel in pixels {
            pixel[3] = 255;
        }
    }
}

/// The chunks of a WebP: the name, the offset of the data, and the data.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], usize, &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let (head, rest) = bytes.get(at..)?.split_first_chunk::<8>()?;
        let (name, length) = head.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length.first_chunk::<4>()?) as usize;
        let start = at + 8;
        at = start.checked_add(length)?.checked_next_multiple_of(2)?;
        Some((name, start, rest.get(..length).unwrap_or(rest)))
    })
}

/// Whether the first picture of a WebP is a `VP8L` chunk.
fn is_lossless(bytes: &[u8]) -> bool {
    let mut names = chunks(bytes).map(|(name, ..)| name);
    names.find(|name| [b"VP8L", b"VP8 "].contains(name)) == Some(b"VP8L")
}

/// The EXIF data of a WebP, also if its header does not promise any.
fn exif_of_webp(bytes: &[u8]) -> Exif {
    let chunk = chunks(bytes).find(|(name, ..)| *name == b"EXIF");
    chunk.map(|(.., data)| Exif::read(data)).unwrap_or_default()
}

/// The file without the flags for metadata that it does not have, which the decoder refuses and every browser shows.
fn without_empty_promises(bytes: &[u8]) -> Cow<'_, [u8]> {
    const PROMISES: [(u8, &[u8; 4]); 2] = [(0x08, b"EXIF"), (0x04, b"XMP ")];
    let Some((_, flags, [promised, ..])) = chunks(bytes).find(|(name, ..)| *name == b"VP8X") else {
        return Cow::Borrowed(bytes);
    };
    let broken = PROMISES
        .iter()
        .filter(|(flag, chunk)| promised & flag != 0 && chunks(bytes).all(|(name, ..)| name != *chunk))
        .fold(0, |all, (flag, _)| all | flag);
    if broken == 0 {
        return Cow::Borrowed(bytes);
    }
    let mut bytes = bytes.to_vec();
    bytes[flags] &= !broken;
    Cow::Owned(bytes)
}

fn error_of(format: Format, error: ImageError) -> PhotoError {
    match error {
        ImageError::Limits(_) => PhotoError::TooMuchMemory { format },
        ImageError::Unsupported(_) => PhotoError::variant(match format {
            Format::WebP => "a WebP of an uncommon kind",
            Format::Gif => "a GIF of an uncommon kind",
            Format::Bmp => "a BMP of an uncommon kind",
            _ => UNCOMMON_TIFF,
        }),
        other => PhotoError::damaged(format, &other),
    }
}
