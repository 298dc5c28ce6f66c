//! JPEG, decoded at a fraction of its size by `strand-jpeg`, and what its application segments say.

use image::metadata::Orientation;
use strand_jpeg::{Error, Jpeg as File, Picture};

use super::exif::Exif;
use super::pixels::{Channels, Pixels};
use super::profile::Claim;
use super::{Format, Header, MAX_MEMORY, Opened, PhotoError, Raster};

/// An opened JPEG.
pub(super) struct Jpeg<'a> {
    file: File<'a>,
    exif: Exif,
    icc: Option<Vec<u8>>,
}

/// Reads the structure of the file, through its last scan.
pub(super) fn open(bytes: &[u8]) -> Result<Jpeg<'_>, PhotoError> {
    let file = File::open(bytes).map_err(error)?;
    let mut exif = Exif::default();
    let mut profile = Vec::new();
    for (number, data) in file.application_data() {
        match number {
            1 if data.starts_with(b"Exif\0\0") => exif = exif.or(Exif::read(data)),
            2 => profile.extend(data.strip_prefix(b"ICC_PROFILE\0")),
            _ => {}
        }
    }
    Ok(Jpeg {
        file,
        exif,
        icc: joined(profile),
    })
}

impl Opened for Jpeg<'_> {
    fn header(&self) -> Header {
        let (width, height) = self.file.size();
        Header {
            width,
            height,
            orientation: self.exif.orientation.unwrap_or(Orientation::NoTransforms),
        }
    }

    fn memory(&self, max_side: u32) -> u64 {
        self.file.memory(max_side)
    }

    fn decode(self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let orientation = self.header().orientation;
        let Picture {
            width,
            height,
            channels,
            mut data,
        } = self.file.decode(max_side, MAX_MEMORY).map_err(error)?;
        let channels = match channels {
            strand_jpeg::Channels::Gray => Channels::Gray,
            strand_jpeg::Channels::Rgb => Channels::Rgb,
            strand_jpeg::Channels::InvertedCmyk => {
                for sample in &mut data {
                    *sample = 255 - *sample;
                }
                Channels::Cmyk
            }
        };
        Ok(Raster {
            pixels: Pixels {
                width,
                height,
                channels,
                data,
                opacity: None,
            },
            claims: self
                .icc
                .map(Claim::Icc)
                .into_iter()
                .chain(self.exif.claim())
                .collect(),
            orientation,
        })
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

fn error(error: Error) -> PhotoError {
    match error {
        Error::Damaged(reason) => PhotoError::damaged(Format::Jpeg, &reason),
        Error::Unsupported(what) => PhotoError::variant(what),
        Error::TooMuchMemory | Error::TooMuchTime => PhotoError::TooMuchMemory { format: Format::Jpeg },
    }
}
