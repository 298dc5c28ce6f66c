//! JPEG, decoded at a fraction of its size.
//!
//! A walk over the markers, at memory speed, finds what the decoder does not report or reports too late. `jpeg-decoder`
//! then decodes each 8 x 8 block to 1, 2 or 4 pixels per side where that is enough.

use image::metadata::Orientation;
use jpeg_decoder::{ColorTransform, Decoder, Error, PixelFormat};

use super::exif::Exif;
use super::pixels::{Channels, Pixels};
use super::profile::Claim;
use super::{Format, Header, MAX_MEMORY, Opened, PhotoError, Raster};

/// The maximum number of scans. A progressive photo has about ten. Each scan costs a pass over all blocks however few
/// bytes it has, so that a file of 20 MB could otherwise keep a core busy for hours.
const MAX_SCANS: usize = 100;

/// An opened JPEG.
pub(super) struct Jpeg<'a> {
    bytes: &'a [u8],
    header: Header,
    progressive: bool,
    /// The number of blocks of 8 x 8 samples, of all components together.
    blocks: u64,
    /// Three channels that are already RGB.
    plain_rgb: bool,
    claims: Vec<Claim>,
}

/// Walks over the markers to the end of the image.
pub(super) fn open(bytes: &[u8]) -> Result<Jpeg<'_>, PhotoError> {
    let mut frame = None;
    let mut exif = Exif::default();
    let mut profile = Vec::new();
    let mut scans = 0;
    let mut jfif = false;
    let mut adobe = None;
    let mut ended = false;
    for segment in Segments::new(bytes) {
        match segment.marker {
            0xc0..=0xc2 if frame.is_none() => frame = Some(Frame::read(segment)?),
            // Lossless, hierarchical and arithmetic-coded frames. C4, C8 and CC do not mark frames.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(PhotoError::variant("a lossless or arithmetic-coded JPEG"));
            }
            0xda => scans += 1,
            0xd9 => ended = true,
            0xe0 => jfif |= segment.data.starts_with(b"JFIF\0"),
            0xe1 if segment.data.starts_with(b"Exif\0\0") => exif = exif.or(Exif::read(segment.data)),
            0xe2 => profile.extend(segment.data.strip_prefix(b"ICC_PROFILE\0")),
            0xee if segment.data.starts_with(b"Adobe") => adobe = segment.data.get(11).copied(),
            _ => {}
        }
    }
    let frame = frame.ok_or_else(|| damaged("no frame header"))?;
    match () {
        () if !ended => Err(damaged("no end of image")),
        () if scans == 0 => Err(damaged("no scan")),
        () if scans > MAX_SCANS => Err(damaged("too many scans")),
        () => Ok(()),
    }?;
    let icc = joined(profile).map(Claim::Icc);
    Ok(Jpeg {
        bytes,
        claims: icc.into_iter().chain(exif.claim()).collect(),
        header: Header {
            width: frame.width.into(),
            height: frame.height.into(),
            orientation: exif.orientation.unwrap_or(Orientation::NoTransforms),
        },
        progressive: frame.progressive,
        blocks: frame.blocks(),
        // The rule of libjpeg (jdapimin.c): Adobe's marker counts unless the file is JFIF. The decoder looks at the
        // component names first.
        plain_rgb: frame.samplings.len() == 3 && !jfif && adobe == Some(0),
    })
}

impl Opened for Jpeg<'_> {
    fn header(&self) -> Header {
        self.header
    }

    fn decode(self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let mut decoder = Decoder::new(self.bytes);
        // The decoder scales until the long side would fall below this size. For a narrow strip, the short side may be
        // the larger request.
        let side = max_side.min(u32::from(u16::MAX)) as u16;
        let (width, height) = if self.header.width >= self.header.height {
            decoder.scale(side, u16::MAX)
        } else {
            decoder.scale(u16::MAX, side)
        }
        .map_err(error)?;
        self.check_memory(u64::from(width) * u64::from(height))?;
        if self.plain_rgb {
            decoder.set_color_transform(ColorTransform::RGB);
        }
        let data = decoder.decode().map_err(error)?;
        let channels = match decoder.info().map(|info| info.pixel_format) {
            Some(PixelFormat::L8) => Channels::Gray,
            Some(PixelFormat::RGB24) => Channels::Rgb,
            Some(PixelFormat::CMYK32) => Channels::Cmyk,
            Some(PixelFormat::L16) | None => return Err(damaged("no eight-bit samples")),
        };
        let (width, height) = (width.into(), height.into());
        let pixels = Pixels {
            width,
            height,
            channels,
            data,
        };
        Ok(Raster {
            pixels,
            claims: self.claims,
            orientation: self.header.orientation,
        })
    }
}

impl Jpeg<'_> {
    /// A progressive file needs all its coefficients, two bytes each, at every scale. The result and its planes take up
    /// to eight bytes per pixel.
    fn check_memory(&self, pixels: u64) -> Result<(), PhotoError> {
        let coefficients = if self.progressive { self.blocks * 64 * 2 } else { 0 };
        if coefficients + pixels * 8 > MAX_MEMORY {
            return Err(PhotoError::TooMuchMemory { format: Format::Jpeg });
        }
        Ok(())
    }
}

/// The frame header, ITU-T T.81, B.2.2.
struct Frame {
    width: u16,
    height: u16,
    progressive: bool,
    /// The horizontal and vertical sampling factors of each component.
    samplings: Vec<[u8; 2]>,
}

impl Frame {
    fn read(segment: Segment<'_>) -> Result<Self, PhotoError> {
        let &[precision, h1, h0, w1, w0, count, ref components @ ..] = segment.data else {
            return Err(damaged("a short frame header"));
        };
        if precision != 8 {
            return Err(PhotoError::variant("a JPEG of more than 8 bits"));
        }
        let components = components.as_chunks::<3>().0.iter().take(count.into());
        Ok(Self {
            width: u16::from_be_bytes([w1, w0]),
            height: u16::from_be_bytes([h1, h0]),
            progressive: segment.marker == 0xc2,
            samplings: components
                .map(|&[_, factors, _]| [factors >> 4, factors & 15])
                .collect(),
        })
    }

    fn blocks(&self) -> u64 {
        let largest = |i: usize| {
            self.samplings
                .iter()
                .map(|factors| factors[i])
                .max()
                .unwrap_or(1)
                .max(1)
        };
        let units = |length: u16, factor: u8| u64::from(length).div_ceil(8 * u64::from(factor));
        let units = units(self.width, largest(0)) * units(self.height, largest(1));
        units
            * self
                .samplings
                .iter()
                .map(|&[h, v]| u64::from(h) * u64::from(v))
                .sum::<u64>()
    }
}

/// A marker and the content of its segment, which is empty for markers without one.
#[derive(Clone, Copy)]
struct Segment<'a> {
    marker: u8,
    data: &'a [u8],
}

/// The segments after the start of the image, through its end. Entropy-coded data is skipped.
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.get(2..).unwrap_or_default(),
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let (marker, rest) = next_marker(self.rest)?;
        if marker == 0xd9 {
            self.rest = &[];
            return Some(Segment { marker, data: &[] });
        }
        if marker == 0x01 || marker == 0xd8 {
            self.rest = rest;
            return Some(Segment { marker, data: &[] });
        }
        let (length, _) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let data = rest.get(2..length)?;
        self.rest = &rest[length..];
        Some(Segment { marker, data })
    }
}

/// The next marker that is neither a stuffed byte nor a restart, and the bytes after it.
fn next_marker(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = bytes.iter().position(|&byte| byte == 0xff)?;
        bytes = &bytes[at + 1..];
        match *bytes.first()? {
            0x00 | 0xd0..=0xd7 => bytes = &bytes[1..],
            // Fill bytes: the next iteration looks at the last one.
            0xff => {}
            marker => return Some((marker, &bytes[1..])),
        }
    }
}

/// The profile in numbered parts (ICC.1, B.4), whatever number they begin with; `None` if one is missing.
fn joined(mut parts: Vec<&[u8]>) -> Option<Vec<u8>> {
    let count = usize::from(*parts.first()?.get(1)?);
    parts.sort_by_key(|part| part.first().copied());
    parts.dedup_by_key(|part| part.first().copied());
    let numbers = parts.iter().filter_map(|part| part.first());
    let gapless = numbers.clone().zip(numbers.skip(1)).all(|(a, b)| b - a == 1);
    let whole = parts.len() == count && gapless;
    whole.then(|| {
        parts
            .iter()
            .flat_map(|part| part.get(2..).unwrap_or_default())
            .copied()
            .collect()
    })
}

fn damaged(reason: &str) -> PhotoError {
    PhotoError::damaged(Format::Jpeg, &reason)
}

fn error(error: Error) -> PhotoError {
    match error {
        Error::Unsupported(_) => PhotoError::variant("a JPEG of an uncommon kind"),
        other => PhotoError::damaged(Format::Jpeg, &other),
    }
}
