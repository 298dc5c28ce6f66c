//! Where the tiles of a picture are, which part of it is shown, and how it is turned (ISO/IEC 23008-12, 6.5 and 6.6.2).

use crate::boxes::Reader;
use crate::items::Items;
use crate::planes::Planes;
use crate::{Error, Row};

/// A coded picture is up to this many pixels wider and higher than it is shown.
const PADDING: u64 = 64;

/// A picture of one or more tiles of equal size.
#[derive(Debug)]
pub struct Grid {
    /// The size of the picture in pixels, at least 1 x 1.
    pub width: u32,
    pub height: u32,
    columns: u32,
    /// The size of a tile in pixels.
    tile: (u32, u32),
    /// The items of the tiles, row by row; at least one.
    pub tiles: Vec<u32>,
}

impl Grid {
    /// Reads the layout of an item.
    pub fn read(items: &Items<'_>, id: u32) -> Result<Self, Error> {
        let no_size = || Error::damaged("a picture without a size");
        let grid = match &items.kind(id) {
            b"grid" => {
                let data = items.data(id)?;
                let (rows, columns, width, height) =
                    layout(Reader(&data)).ok_or(Error::damaged("a bad grid"))?;
                let tiles = items.referenced(id, *b"dimg").to_vec();
                let first = *tiles.first().ok_or(Error::damaged("a grid without tiles"))?;
                let tile = items.size(first).ok_or_else(no_size)?;
                if tiles.len() as u64 != u64::from(rows) * u64::from(columns) {
                    return Err(Error::damaged("a grid that lacks tiles"));
                }
                // Neither a gap nor a row or a column that nobody sees.
                let fits = |count: u32, tile: u32, side: u32| {
                    let covered = u64::from(count) * u64::from(tile);
                    covered >= u64::from(side) && covered - u64::from(tile) < u64::from(side)
                };
                if !fits(columns, tile.0, width) || !fits(rows, tile.1, height) {
                    return Err(Error::damaged("a grid whose tiles do not fit"));
                }
                Self {
                    width,
                    height,
                    columns,
                    tile,
                    tiles,
                }
            }
            b"iovl" | b"iden" | b"tmap" => {
                return Err(Error::Unsupported("an image that is composed of others"));
            }
            _ => {
                let (width, height) = items.size(id).ok_or_else(no_size)?;
                Self {
                    width,
                    height,
                    columns: 1,
                    tile: (width, height),
                    tiles: vec![id],
                }
            }
        };
        if grid.width == 0 || grid.height == 0 {
            return Err(Error::damaged("no pixels"));
        }
        Ok(grid)
    }

    /// The pixels of a tile.
    pub fn tile_pixels(&self) -> u64 {
        u64::from(self.tile.0) * u64::from(self.tile.1)
    }

    /// The pixels of a tile as it is coded, at most.
    pub fn coded_pixels(&self) -> u64 {
        (u64::from(self.tile.0) + PADDING) * (u64::from(self.tile.1) + PADDING)
    }

    /// Whether a decoded tile has the size that was promised.
    pub fn check_tile(&self, planes: &Planes<'_>) -> Result<(), Error> {
        if (planes.width, planes.height) == self.tile {
            Ok(())
        } else {
            Err(Error::damaged("a tile of another size"))
        }
    }

    /// The first pixel and the first line of a tile.
    pub fn origin(&self, place: usize, planes: &Planes<'_>) -> (u32, u32) {
        let place = place as u32;
        (
            place % self.columns * planes.width,
            place / self.columns * planes.height,
        )
    }
}

/// Rows, columns, and the size of the picture.
fn layout(mut reader: Reader<'_>) -> Option<(u32, u32, u32, u32)> {
    reader.u8()?;
    let wide = if reader.u8()? & 1 == 1 { 4 } else { 2 };
    let (rows, columns) = (u32::from(reader.u8()?) + 1, u32::from(reader.u8()?) + 1);
    Some((
        rows,
        columns,
        reader.number(wide)? as u32,
        reader.number(wide)? as u32,
    ))
}

/// The part of a picture that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    left: u32,
    top: u32,
    /// The size of the part.
    pub width: u32,
    pub height: u32,
}

/// Reads which part of a picture of the size `whole` is shown: all of it, or its clean aperture.
pub fn crop(items: &Items<'_>, id: u32, whole: (u32, u32)) -> Result<Crop, Error> {
    let Some(property) = items.property(id, *b"clap") else {
        return Ok(Crop {
            left: 0,
            top: 0,
            width: whole.0,
            height: whole.1,
        });
    };
    aperture(property, whole).ok_or(Error::damaged("a bad clean aperture"))
}

/// Four fractions: the size, and how far its middle is from the middle of the picture.
fn aperture(mut reader: Reader<'_>, whole: (u32, u32)) -> Option<Crop> {
    let mut fraction = || {
        let (over, under) = (reader.i32()?, reader.i32()?);
        (under != 0).then(|| f64::from(over) / f64::from(under))
    };
    let [width, height, right, down] = [fraction()?, fraction()?, fraction()?, fraction()?];
    let side = |length: f64, offset: f64, whole: u32| {
        let start = ((f64::from(whole) - length) / 2.0 + offset).round();
        let fits = start >= 0.0 && length >= 1.0 && start + length.round() <= f64::from(whole);
        fits.then_some((start as u32, length.round() as u32))
    };
    let (left, width) = side(width, right, whole.0)?;
    let (top, height) = side(height, down, whole.1)?;
    Some(Crop {
        left,
        top,
        width,
        height,
    })
}

impl Crop {
    /// The shown part of packed pixels that begin at `x` in line `y`.
    pub fn part<'r>(&self, x: u32, y: u32, row: &'r [u8]) -> Option<Row<'r>> {
        let y = y.checked_sub(self.top).filter(|&y| y < self.height)?;
        let before = self.left.saturating_sub(x) as usize;
        let start = x.saturating_sub(self.left);
        let room = self.width.checked_sub(start)? as usize;
        let shown = row.get(before * 3..)?;
        let samples = &shown[..shown.len().min(room * 3)];
        (!samples.is_empty()).then_some(Row { x: start, y, samples })
    }
}

/// A turn: where a step to the right and a step down lead, as (right, down) each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn([[i8; 2]; 2]);

impl Turn {
    const NONE: Self = Self([[1, 0], [0, 1]]);
    /// By a quarter, against the clock.
    const QUARTER: Self = Self([[0, -1], [1, 0]]);
    /// Left and right are exchanged.
    const LEFT_RIGHT: Self = Self([[-1, 0], [0, 1]]);
    /// Top and bottom are exchanged.
    const TOP_BOTTOM: Self = Self([[1, 0], [0, -1]]);

    /// The rotations and mirrorings of an item, in their order.
    pub fn of(items: &Items<'_>, id: u32) -> Self {
        items.properties(id).fold(Self::NONE, |turn, (code, content)| {
            let value = content.first().copied().unwrap_or(0);
            match &code {
                b"irot" => (0..value & 3).fold(turn, |turn, _| turn.then(Self::QUARTER)),
                b"imir" if value & 1 == 0 => turn.then(Self::TOP_BOTTOM),
                b"imir" => turn.then(Self::LEFT_RIGHT),
                _ => turn,
            }
        })
    }

    fn then(self, next: Self) -> Self {
        let lead = |[right, down]: [i8; 2]| {
            let [to_right, to_down] = next.0;
            [
                right * to_right[0] + down * to_down[0],
                right * to_right[1] + down * to_down[1],
            ]
        };
        Self(self.0.map(lead))
    }

    /// The value of EXIF's tag Orientation (CIPA DC-008, 4.6.4).
    pub fn exif(self) -> u8 {
        match self.0 {
            [[-1, 0], [0, 1]] => 2,
            [[-1, 0], [0, -1]] => 3,
            [[1, 0], [0, -1]] => 4,
            [[0, 1], [1, 0]] => 5,
            [[0, 1], [-1, 0]] => 6,
            [[0, -1], [-1, 0]] => 7,
            [[0, -1], [1, 0]] => 8,
            _ => 1,
        }
    }
}
