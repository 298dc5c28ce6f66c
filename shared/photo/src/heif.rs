//! HEIC and AVIF, decoded tile by tile by `strand-heif` and reduced on the way.

use image::metadata::Orientation;
use strand_heif::{Coding, Error, Heif as File, Limits};

use super::declared::Declared;
use super::pixels::{Channels, Reducer};
use super::profile::Claim;
use super::{Format, Header, MAX_MEMORY, MAX_TIME, Opened, PhotoError, Raster};

const HEIC_BRANDS: [&[u8; 4]; 11] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"mif3", b"msf1", b"miaf",
];
const AVIF_BRANDS: [&[u8; 4]; 2] = [b"avif", b"avis"];

/// The format of a file with the brands of HEIF, by how its picture is coded; by its brands if that cannot be told.
pub(super) fn format(bytes: &[u8]) -> Option<Format> {
    let avif = strand_heif::has_brand(bytes, |brand| AVIF_BRANDS.contains(&brand));
    let heif = avif || strand_heif::has_brand(bytes, |brand| HEIC_BRANDS.contains(&brand));
    let by_brand = if avif { Format::Avif } else { Format::Heic };
    heif.then(|| {
        File::open(bytes).map_or(by_brand, |file| match file.coding() {
            Coding::Hevc => Format::Heic,
            Coding::Av1 => Format::Avif,
        })
    })
}

/// An opened HEIC or AVIF.
pub(super) struct Heif<'a> {
    format: Format,
    file: File<'a>,
}

/// Reads the index of the file.
pub(super) fn open(format: Format, bytes: &[u8]) -> Result<Heif<'_>, PhotoError> {
    let file = File::open(bytes).map_err(|error| error_of(format, error))?;
    Ok(Heif { format, file })
}

/// The file without everything but its picture.
pub(super) fn strip(format: Format, bytes: &[u8]) -> Result<Vec<u8>, PhotoError> {
    strand_heif::strip(bytes).map_err(|error| error_of(format, error))
}

impl Opened for Heif<'_> {
    fn header(&self) -> Header {
        let (width, height) = self.file.size();
        Header {
            width,
            height,
            orientation: Orientation::from_exif(self.file.orientation()).unwrap_or(Orientation::NoTransforms),
        }
    }

    fn memory(&self, max_side: u32) -> u64 {
        let (width, height) = self.file.size();
        self.file.memory() + Reducer::memory(width, height, Channels::Rgb, max_side)
    }

    fn decode(self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let error = |error| error_of(self.format, error);
        let Header {
            width,
            height,
            orientation,
        } = self.header();
        let limits = Limits {
            memory: MAX_MEMORY,
            time: MAX_TIME,
        };
        // Three samples, reduced before they become colors: the mean is the same.
        let mut reducer = Reducer::new(width, height, Channels::Rgb, max_side);
        let colors = self
            .file
            .decode(limits, |row| reducer.add(row.y, row.x, 1, row.samples))
            .map_err(error)?;
        let mut pixels = reducer.finish();
        colors.to_rgb(&mut pixels.data).map_err(error)?;
        let icc = self.file.icc().map(|profile| Claim::Icc(profile.to_vec()));
        // The range was that of luma and chroma.
        let declared = Declared::code_points(colors.primaries, colors.transfer, true).map(Claim::Declared);
        Ok(Raster {
            pixels,
            claims: icc.into_iter().chain(declared).collect(),
            orientation,
        })
    }
}

/// The way out is on the phone: its camera writes these files.
fn unsupported(format: Format, what: &'static str) -> PhotoError {
    match format {
        Format::Heic => PhotoError::Unsupported {
            what,
            remedy: "on an iPhone, set Settings > Camera > Formats to Most Compatible, or send the photo as a JPEG",
        },
        _ => PhotoError::variant(what),
    }
}

fn error_of(format: Format, error: Error) -> PhotoError {
    match error {
        Error::Damaged(reason) => PhotoError::damaged(format, &reason),
        Error::Unsupported(what) => unsupported(format, what),
        Error::NoPicture if format == Format::Avif => unsupported(format, "an AVIF image without a picture"),
        Error::NoPicture => unsupported(format, "a HEIC photo without a picture"),
        Error::TooLarge => PhotoError::TooMuchMemory { format },
    }
}
