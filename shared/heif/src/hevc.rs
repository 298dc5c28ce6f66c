//! HEVC pictures (ITU-T H.265) in items of the kind `hvc1`.

use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::NalUnit;
use heifer_hevc_dec::params::ParameterSets;
use heifer_hevc_dec::recon::Frame;

use crate::boxes::Reader;
use crate::planes::{Colors, Plane, Planes, Samples};
use crate::{Error, Items};

/// The most units of a picture that are looked at.
const MAX_UNITS: usize = 2000;

const PARAMETER_SETS: std::ops::RangeInclusive<u8> = 32..=34;
/// The last type of a unit that holds a part of a picture.
const LAST_SLICE: u8 = 21;
const START: [u8; 4] = [0, 0, 0, 1];

/// Decodes the picture of an item, of at most `max_pixels`.
///
/// # Errors
/// [`Error::Damaged`]; [`Error::Unsupported`] for what no camera's picture has; [`Error::TooLarge`].
pub fn decode(items: &Items<'_>, id: u32, max_pixels: u64) -> Result<Frame, Error> {
    let (mut stream, length_size) = parameter_sets(items, id).ok_or(Error::damaged("no parameter sets"))?;
    let data = items.data(id)?;
    let mut reader = Reader(&data);
    let mut count = 0;
    while !reader.0.is_empty() {
        let unit = reader
            .number(length_size)
            .and_then(|length| reader.bytes(usize::try_from(length).ok()?));
        let unit = unit.ok_or(Error::damaged("a unit is cut off"))?;
        count += 1;
        if count > MAX_UNITS {
            return Err(Error::damaged("too many units"));
        }
        if kind(unit).is_some_and(|kind| kind <= LAST_SLICE) {
            stream.extend_from_slice(&START);
            stream.extend_from_slice(unit);
        }
    }
    let options = DecodeOptions {
        max_pixels,
        ..DecodeOptions::default()
    };
    decode_picture(&stream, options).map_err(|error| match error {
        heifer_hevc_dec::Error::Unimplemented(what) if what.contains("size limit") => Error::TooLarge,
        heifer_hevc_dec::Error::Unimplemented(_) => Error::Unsupported("a HEIC photo of an uncommon kind"),
        other => Error::Damaged(other.to_string()),
    })
}

/// What the sequence says about colors.
pub fn colors(items: &Items<'_>, id: u32) -> Colors {
    let mut sets = ParameterSets::default();
    let (stream, _) = parameter_sets(items, id).unwrap_or_default();
    for unit in heifer_hevc_dec::nal::split_annex_b(&stream) {
        let _ = NalUnit::parse(unit).and_then(|unit| sets.add(&unit));
    }
    let vui = sets.sps.iter().flatten().find_map(|set| set.vui.as_ref());
    vui.map_or(Colors::UNSPECIFIED, |vui| Colors {
        primaries: vui.colour_primaries,
        transfer: vui.transfer_characteristics,
        matrix: vui.matrix_coeffs,
        full_range: vui.video_full_range_flag,
    })
}

/// The planes of a frame.
pub fn planes(frame: &Frame) -> Planes<'_> {
    let subsampling = match frame.chroma_format {
        1 => (1, 1),
        2 => (1, 0),
        _ => (0, 0),
    };
    let count = if frame.chroma_format == 0 { 1 } else { 3 };
    let plane = |i: usize| Plane {
        samples: Samples::Words(&frame.planes[i]),
        stride: frame.widths[i] as usize,
        width: frame.widths[i] as usize,
        depth: frame.bit_depth[i.min(1)],
    };
    Planes {
        width: frame.widths[0],
        height: frame.heights[0],
        all: (0..count).map(plane).collect(),
        subsampling,
    }
}

fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte >> 1 & 63)
}

/// The parameter sets as a stream (ISO/IEC 14496-15, 8.3.3.1), and the bytes of the length before each unit of the data.
fn parameter_sets(items: &Items<'_>, id: u32) -> Option<(Vec<u8>, usize)> {
    let mut reader = items.property(id, *b"hvcC")?;
    let fixed = reader.bytes(22)?;
    let length_size = usize::from(fixed[21] & 3) + 1;
    let mut stream = Vec::new();
    let mut left = MAX_UNITS;
    for _ in 0..reader.u8()? {
        reader.u8()?;
        for _ in 0..reader.u16()? {
            left = left.checked_sub(1)?;
            let length = reader.u16()?.into();
            let unit = reader.bytes(length)?;
            if kind(unit).is_some_and(|kind| PARAMETER_SETS.contains(&kind)) {
                stream.extend_from_slice(&START);
                stream.extend_from_slice(unit);
            }
        }
    }
    Some((stream, length_size))
}
