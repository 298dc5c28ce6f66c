//! TIFFs whose samples the decoder cannot interpret. It is told in a copy of the file that they are gray or RGB, and they
//! are interpreted here.

use std::borrow::Cow;

use image::ColorType;

use super::ifd::{Directory, PHOTOMETRIC, Tiff};
use super::pixels::Channels;

const BITS_PER_SAMPLE: u16 = 0x0102;
const COMPRESSION: u16 = 0x0103;
const FILL_ORDER: u16 = 0x010a;
const COLOR_MAP: u16 = 0x0140;
/// The tags of offsets and lengths, of strips and of tiles.
const CHUNKS: [[u16; 2]; 2] = [[0x0111, 0x0117], [0x0144, 0x0145]];

/// The values of `PhotometricInterpretation` (TIFF 6.0, section 8).
const BLACK_IS_ZERO: u16 = 1;
const RGB: u16 = 2;
const PALETTE: u32 = 3;
const CMYK: u32 = 5;
const YCBCR: u32 = 6;
/// The value of `Compression` for JPEG.
const JPEG: u32 = 7;

/// What decoded samples mean.
pub(super) enum Samples {
    /// What the decoder says.
    AsDecoded,
    /// RGB is luma and chroma (TIFF 6.0, section 21).
    YCbCr,
    /// RGB and alpha are amounts of ink.
    Ink,
    /// Gray is the index of a color.
    Palette(Box<[[u8; 3]; 256]>),
}

impl Samples {
    /// Whether samples that are decoded as `color` can mean this.
    pub fn fit(&self, color: ColorType) -> bool {
        match self {
            Self::AsDecoded => true,
            Self::YCbCr => color == ColorType::Rgb8,
            Self::Ink => matches!(color, ColorType::Rgba8 | ColorType::Rgba16),
            Self::Palette(_) => color == ColorType::L8,
        }
    }

    /// The channels after [`interpret`](Self::interpret).
    pub fn channels(&self, decoded: Channels) -> Channels {
        match self {
            Self::AsDecoded => decoded,
            Self::YCbCr | Self::Palette(_) => Channels::Rgb,
            Self::Ink => Channels::Cmyk,
        }
    }

    /// A row of eight-bit samples as its colors.
    pub fn interpret<'a>(&self, row: &'a [u8], colors: &'a mut Vec<u8>) -> &'a [u8] {
        colors.clear();
        match self {
            Self::AsDecoded | Self::Ink => return row,
            Self::YCbCr => colors.extend(row.as_chunks::<3>().0.iter().flat_map(|&color| rgb_of(color))),
            Self::Palette(palette) => {
                colors.extend(row.iter().flat_map(|&index| palette[usize::from(index)]));
            }
        }
        colors
    }
}

/// The file as the decoder can read it, and what its samples mean.
pub(super) fn prepared(bytes: &[u8]) -> (Cow<'_, [u8]>, Samples) {
    let mut file = Cow::Borrowed(bytes);
    let Some(page) = Tiff::new(bytes).and_then(|file| file.pages().next()) else {
        return (file, Samples::AsDecoded);
    };
    let compressed_as_jpeg = page.number(COMPRESSION) == Some(JPEG);
    if page.number(FILL_ORDER) == Some(2) && !compressed_as_jpeg {
        reverse_bits(&page, &mut file);
    }
    let (samples, told) = match page.number(PHOTOMETRIC) {
        Some(PALETTE) => (palette(&page).map(Samples::Palette), BLACK_IS_ZERO),
        Some(CMYK) if !compressed_as_jpeg => (Some(Samples::Ink), RGB),
        Some(YCBCR) => (Some(Samples::YCbCr), RGB),
        _ => (None, RGB),
    };
    match samples {
        Some(samples) if page.set_short(PHOTOMETRIC, told, &mut file) => (file, samples),
        _ => (file, Samples::AsDecoded),
    }
}

/// Turns bytes that begin with their lowest bit.
fn reverse_bits(page: &Directory<'_>, file: &mut Cow<'_, [u8]>) {
    for [offsets, lengths] in CHUNKS {
        let chunks = || {
            page.numbers(offsets)
                .into_iter()
                .flatten()
                .zip(page.numbers(lengths).into_iter().flatten())
        };
        // Strips that overlap would be turned several times, which could take hours.
        if chunks().map(|(_, length)| u64::from(length)).sum::<u64>() > file.len() as u64 {
            return;
        }
        for (offset, length) in chunks() {
            let end = (offset as usize).saturating_add(length as usize).min(file.len());
            for byte in file.to_mut().get_mut(offset as usize..end).unwrap_or_default() {
                *byte = byte.reverse_bits();
            }
        }
    }
}

/// The colors of one or eight bits; `None` for other numbers of bits, which the decoder does not unpack.
fn palette(page: &Directory<'_>) -> Option<Box<[[u8; 3]; 256]>> {
    let bits = page.number(BITS_PER_SAMPLE)?;
    // The decoder gives a single bit as 0 or 255.
    let (count, step) = match bits {
        1 => (2, 255),
        8 => (256, 1),
        _ => return None,
    };
    let map: Vec<u32> = page.numbers(COLOR_MAP)?.take(3 * count).collect();
    // Values have 16 bits, but some writers give eight.
    let shift = if map.iter().all(|&value| value < 256) {
        0
    } else {
        8
    };
    let mut palette = Box::new([[0; 3]; 256]);
    for i in 0..count {
        let channel = |c: usize| map.get(c * count + i).map(|value| (value >> shift) as u8);
        palette[i * step] = [channel(0)?, channel(1)?, channel(2)?];
    }
    Some(palette)
}

/// ITU-R BT.601 with the full range, the default of TIFF and what JPEG always uses.
fn rgb_of([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
    .map(|v| v.round().clamp(0.0, 255.0) as u8)
}
