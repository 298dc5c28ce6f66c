//! PNG, decoded row by row and reduced on the way: 50 megapixels take a few megabytes of memory, interlaced or not.
//! The decoder keeps up to three rows as they are in the file, and rows are at most [`MAX_SIDE`](super::MAX_SIDE) long.

use std::io::Cursor;

use image::metadata::Orientation;
use png::{ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use super::declared::Declared;
use super::exif::Exif;
use super::pixels::{Channels, Reducer};
use super::profile::{Claim, MAX_PROFILE};
use super::{Format, Header, Opened, PhotoError, Raster, check_size};

/// Memory for a few rows and for decompressing a profile.
const LIMITS: Limits = Limits {
    bytes: 16 * 1024 * 1024,
};

/// An opened PNG.
pub(super) struct Png<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
}

/// Reads the chunks up to the pixels.
pub(super) fn open(bytes: &[u8]) -> Result<Png<'_>, PhotoError> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), LIMITS);
    // Output has eight bits per sample, with palettes and transparent colors resolved.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let (width, height) = decoder.read_header_info().map_err(error)?.size();
    check_size(width, height)?;
    Ok(Png {
        reader: decoder.read_info().map_err(error)?,
    })
}

impl Opened for Png<'_> {
    fn header(&self) -> Header {
        let (width, height) = self.reader.info().size();
        Header {
            width,
            height,
            orientation: self.orientation(),
        }
    }

    fn memory(&self, max_side: u32) -> u64 {
        let Header { width, height, .. } = self.header();
        LIMITS.bytes as u64 + Reducer::memory(width, height, self.channels(), max_side)
    }

    fn decode(mut self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let Header { width, height, .. } = self.header();
        let (color, _) = self.reader.output_color_type();
        let mut reducer = Reducer::new(width, height, self.channels(), max_side);
        let places: Box<dyn Iterator<Item = Place>> = if self.reader.info().interlaced {
            Box::new(adam7(width, height))
        } else {
            Box::new((0..height).map(|y| Place { y, x: 0, step: 1 }))
        };
        for Place { y, x, step } in places {
            let row = self.reader.next_row().map_err(error)?;
            let row = row.ok_or_else(|| PhotoError::damaged(Format::Png, &"rows are missing"))?;
            reducer.add_samples(color.samples(), y, x, step, row.data());
        }
        // The EXIF chunk may come after the pixels. Other errors after the pixels no longer matter.
        let _ = self.reader.finish();
        Ok(Raster {
            pixels: reducer.finish(),
            claims: self.claims(),
            orientation: self.orientation(),
        })
    }
}

impl Png<'_> {
    fn channels(&self) -> Channels {
        match self.reader.output_color_type().0 {
            ColorType::Grayscale | ColorType::GrayscaleAlpha => Channels::Gray,
            ColorType::Rgb | ColorType::Rgba | ColorType::Indexed => Channels::Rgb,
        }
    }

    fn orientation(&self) -> Orientation {
        self.exif().orientation.unwrap_or(Orientation::NoTransforms)
    }

    fn exif(&self) -> Exif {
        let exif = self.reader.info().exif_metadata.as_deref();
        exif.map(Exif::read).unwrap_or_default()
    }

    /// The chunks about colors in the order of the PNG specification, 4.3, and EXIF after them.
    fn claims(&self) -> Vec<Claim> {
        let info = self.reader.info();
        let mut claims = Vec::new();
        if let Some(points) = info.coding_independent_code_points {
            let full_range = points.is_video_full_range_image;
            let declared =
                Declared::code_points(points.color_primaries, points.transfer_function, full_range);
            claims.extend(declared.map(Claim::Declared));
        }
        let icc = info.icc_profile.as_ref();
        let icc = icc.filter(|profile| profile.len() <= MAX_PROFILE);
        claims.extend(icc.map(|profile| Claim::Icc(profile.to_vec())));
        claims.extend(info.srgb.map(|_| Claim::Srgb));
        let gamma = info.gama_chunk.map(|gamma| f64::from(gamma.into_value()));
        let chromaticities = info.chrm_chunk.map(|all| {
            [all.white, all.red, all.green, all.blue].map(|(x, y)| (x.into_value(), y.into_value()))
        });
        if gamma.is_some() || chromaticities.is_some() {
            claims.extend(Declared::of_png(gamma, chromaticities).map(Claim::Declared));
        }
        claims.extend(self.exif().claim());
        claims
    }
}

/// The position of a decoded row: its line, its first pixel, and the spacing of its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    y: u32,
    x: u32,
    step: u32,
}

/// The rows of an interlaced picture in file order (PNG specification, 8.1): seven passes, without the empty ones.
fn adam7(width: u32, height: u32) -> impl Iterator<Item = Place> {
    // First column, column spacing, first line, line spacing.
    const PASSES: [[u32; 4]; 7] = [
        [0, 8, 0, 8],
        [4, 8, 0, 8],
        [0, 4, 4, 8],
        [2, 4, 0, 4],
        [0, 2, 2, 4],
        [1, 2, 0, 2],
        [0, 1, 1, 2],
    ];
    PASSES
        .into_iter()
        .filter(move |&[x, ..]| x < width)
        .flat_map(move |[x, step, first, lines]| {
            (first..height)
                .step_by(lines as usize)
                .map(move |y| Place { y, x, step })
        })
}

fn error(error: DecodingError) -> PhotoError {
    match error {
        DecodingError::LimitsExceeded => PhotoError::TooMuchMemory { format: Format::Png },
        other => PhotoError::damaged(Format::Png, &other),
    }
}
