//! HEIC and AVIF: pictures in the container of HEIF (ISO/IEC 23008-12), decoded tile by tile.
//!
//! A photo of a phone is a grid of tiles of 512 x 512 pixels. Each is decoded, handed on row by row, and forgotten, so
//! that a large photo takes no more memory than a small one. Only the picture that the file names as its primary item
//! is decoded: thumbnails, gain maps and depth maps are passed over.
//!
//! - `boxes` and `items` read the container. They are our own because the parsers found either give no access to
//!   single tiles, or need seconds and gigabytes for hostile files.
//! - `strip` takes out of a file everything but its picture.
//! - `hevc` (by `heifer-hevc-dec`) and `av1` (by `re_rav1d`) decode the tiles; `planes` makes rows of them.

mod av1;
mod boxes;
mod geometry;
mod hevc;
mod items;
mod planes;
mod strip;

#[cfg(test)]
mod tests;

use geometry::{Crop, Grid, Turn, crop};
use items::Items;
pub use planes::Colors;
use planes::{Planes, Rows};
pub use strip::strip;

/// Why a file is not decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is damaged or cut off.
    #[error("{0}")]
    Damaged(String),
    /// A kind of file that is not decoded. Its name with an article.
    #[error("{0}")]
    Unsupported(&'static str),
    /// A file with nothing but its brands.
    #[error("no index of items")]
    NoPicture,
    /// Decoding would take more memory or time than it may.
    #[error("too large")]
    TooLarge,
}

impl Error {
    fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.to_owned())
    }
}

/// How the pictures in a file are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// HEVC; the file is a HEIC.
    Hevc,
    /// AV1; the file is an AVIF.
    Av1,
}

/// Whether the bytes begin as a file of this kind does: with a list of brands, one of which `is_known`.
pub fn has_brand(bytes: &[u8], is_known: impl Fn(&[u8; 4]) -> bool) -> bool {
    let Some((code, brands)) = boxes::boxes(bytes).next() else {
        return false;
    };
    // The second word is the version of the first.
    let words = brands.as_chunks().0;
    code == *b"ftyp"
        && words
            .iter()
            .enumerate()
            .any(|(i, brand)| i != 1 && is_known(brand))
}

/// The nanoseconds that decoding takes, of one pixel and of one byte of data, as measured on one core of 2 GHz.
const PIXEL_TIME: u64 = 25;
const BYTE_TIME: u64 = 86;

/// The bytes that a decoder holds for each pixel of a tile, without subsampling: three planes of 16 bits, and for HEVC
/// what it predicts from.
const HEVC_MEMORY: u64 = 8;
const AV1_MEMORY: u64 = 6;

/// The kinds of auxiliary picture that are a transparency.
const ALPHA: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
];

/// How the picture of an item is coded.
fn coding(items: &Items<'_>, id: u32) -> Option<Coding> {
    match &items.kind(id) {
        b"hvc1" | b"hev1" => Some(Coding::Hevc),
        b"av01" => Some(Coding::Av1),
        _ => None,
    }
}

/// What decoding may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory in bytes.
    pub memory: u64,
    /// Time of one core in nanoseconds.
    pub time: u64,
}

/// A file whose index was read.
#[derive(Debug)]
pub struct Heif<'a> {
    items: Items<'a>,
    coding: Coding,
    grid: Grid,
    crop: Crop,
}

/// A part of a row of the picture: packed luma, blue chroma and red chroma, over white where it is transparent.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The first pixel, as stored.
    pub x: u32,
    /// The line, as stored.
    pub y: u32,
    /// Three bytes a pixel.
    pub samples: &'a [u8],
}

impl<'a> Heif<'a> {
    /// Reads the index of a file, and the layout of its picture.
    ///
    /// # Errors
    /// [`Error::Damaged`], and [`Error::Unsupported`] for pictures that are neither HEVC nor AV1, or are composed in
    /// other ways than by a grid.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let items = Items::read(bytes)?;
        let primary = items.primary;
        let grid = Grid::read(&items, primary)?;
        let uncommon = Error::Unsupported("an image whose coding is uncommon in HEIF");
        let coding = coding(&items, grid.tiles[0]).ok_or(uncommon)?;
        let crop = crop(&items, primary, (grid.width, grid.height))?;
        Ok(Self {
            items,
            coding,
            grid,
            crop,
        })
    }

    /// How the picture is coded.
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// The width and the height in pixels, as stored, at least 1 x 1.
    pub fn size(&self) -> (u32, u32) {
        (self.crop.width, self.crop.height)
    }

    /// How to turn the picture upright, as the value of EXIF's tag Orientation. EXIF itself does not count in HEIF.
    pub fn orientation(&self) -> u8 {
        Turn::of(&self.items, self.items.primary).exif()
    }

    /// The embedded ICC profile.
    pub fn icc(&self) -> Option<&'a [u8]> {
        self.color_properties()
            .find_map(|(kind, content)| matches!(&kind, b"prof" | b"rICC").then_some(content))
    }

    fn color_properties(&self) -> impl Iterator<Item = (boxes::Code, &'a [u8])> {
        let of = |id| self.items.properties(id);
        // A grid may leave it to its tiles.
        of(self.items.primary)
            .chain(of(self.grid.tiles[0]))
            .filter(|(code, _)| code == b"colr")
            .filter_map(|(_, content)| content.split_first_chunk().map(|(kind, rest)| (*kind, rest)))
    }

    /// The code points that the container gives.
    fn nclx(&self) -> Option<Colors> {
        let (_, content) = self.color_properties().find(|(kind, _)| kind == b"nclx")?;
        let mut reader = boxes::Reader(content);
        let [primaries, transfer, matrix] = [reader.u16()?, reader.u16()?, reader.u16()?];
        Some(Colors {
            primaries: primaries as u8,
            transfer: transfer as u8,
            matrix: matrix as u8,
            full_range: reader.u8()? & 128 != 0,
        })
    }

    /// Decodes the picture and gives its rows, or parts of rows, to `take`. They come in no order.
    ///
    /// # Errors
    /// Any [`Error`]; some rows may have been taken then.
    pub fn decode(&self, limits: Limits, mut take: impl FnMut(Row<'_>)) -> Result<Colors, Error> {
        let alpha = self.alpha()?;
        self.check(limits, &alpha)?;
        let mut colors = self.nclx();
        let (mut rows, mut row) = (Rows::default(), Vec::new());
        for (place, (&tile, alpha)) in self.grid.tiles.iter().zip(alpha).enumerate() {
            let pictures = Tile::decode(self, tile)?;
            let transparency = alpha.map(|alpha| Tile::decode(self, alpha)).transpose()?;
            let planes = pictures.planes();
            let alpha = transparency.as_ref().map(Tile::planes);
            self.grid.check_tile(&planes)?;
            if alpha
                .as_ref()
                .is_some_and(|alpha| (alpha.width, alpha.height) != (planes.width, planes.height))
            {
                return Err(Error::Unsupported("an image whose transparency has another size"));
            }
            let colors = *colors.get_or_insert_with(|| pictures.colors(&self.items, tile));
            let (left, top) = self.grid.origin(place, &planes);
            for y in 0..planes.height {
                rows.read(&planes, alpha.as_ref(), y, colors.white(), &mut row);
                if let Some(row) = self.crop.part(left, top + y, &row) {
                    take(row);
                }
            }
        }
        Ok(colors.unwrap_or(Colors::UNSPECIFIED))
    }

    /// The bytes that [`decode`](Self::decode) takes: those of a tile, and of its transparency.
    pub fn memory(&self) -> u64 {
        self.alpha().map_or(0, |alpha| self.memory_with(&alpha))
    }

    fn memory_with(&self, alpha: &[Option<u32>]) -> u64 {
        let of_pixel = match self.coding {
            Coding::Hevc => HEVC_MEMORY,
            Coding::Av1 => AV1_MEMORY,
        };
        let pictures = if alpha.iter().any(Option::is_some) { 2 } else { 1 };
        pictures * self.grid.tile_pixels() * of_pixel
    }

    fn check(&self, limits: Limits, alpha: &[Option<u32>]) -> Result<(), Error> {
        let pixels = self.grid.tile_pixels();
        let mut time = 0;
        for &tile in self.grid.tiles.iter().chain(alpha.iter().flatten()) {
            time += pixels * PIXEL_TIME + self.items.data(tile)?.len() as u64 * BYTE_TIME;
        }
        let too_large = self.memory_with(alpha) > limits.memory || time > limits.time;
        if too_large { Err(Error::TooLarge) } else { Ok(()) }
    }

    /// The item with the transparency of each tile.
    fn alpha(&self) -> Result<Vec<Option<u32>>, Error> {
        let Some(id) = self.alpha_of(self.items.primary) else {
            return Ok(self.grid.tiles.iter().map(|&tile| self.alpha_of(tile)).collect());
        };
        let grid = Grid::read(&self.items, id)?;
        if grid.tiles.len() == self.grid.tiles.len() {
            Ok(grid.tiles.into_iter().map(Some).collect())
        } else {
            Err(Error::Unsupported("an image whose transparency has other tiles"))
        }
    }

    fn alpha_of(&self, id: u32) -> Option<u32> {
        alpha_of(&self.items, id)
    }
}

/// The item with the transparency of another.
fn alpha_of(items: &Items<'_>, id: u32) -> Option<u32> {
    items.referring(id, *b"auxl").find(|&id| {
        let kind = items
            .property(id, *b"auxC")
            .and_then(|property| property.0.get(4..));
        kind.is_some_and(|kind| ALPHA.iter().any(|alpha| kind.starts_with(alpha)))
    })
}

/// A decoded tile.
enum Tile {
    Hevc(heifer_hevc_dec::recon::Frame),
    Av1(av1::Frame),
}

impl Tile {
    fn decode(file: &Heif<'_>, id: u32) -> Result<Self, Error> {
        let pixels = file.grid.coded_pixels();
        // The limits were checked for one coding.
        match file.coding {
            coding if self::coding(&file.items, id) != Some(coding) => Err(Error::Unsupported(
                "an image whose tiles are coded in several ways",
            )),
            Coding::Av1 => av1::decode(&file.items, id, pixels).map(Self::Av1),
            Coding::Hevc => hevc::decode(&file.items, id, pixels).map(Self::Hevc),
        }
    }

    fn planes(&self) -> Planes<'_> {
        match self {
            Self::Hevc(frame) => hevc::planes(frame),
            Self::Av1(frame) => frame.planes(),
        }
    }

    fn colors(&self, items: &Items<'_>, id: u32) -> Colors {
        match self {
            Self::Hevc(_) => hevc::colors(items, id),
            Self::Av1(frame) => frame.colors(),
        }
    }
}
