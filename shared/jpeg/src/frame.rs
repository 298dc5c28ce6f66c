//! The headers of frames and scans (ITU-T T.81, B.2.2 and B.2.3).

use crate::Error;
use crate::markers::{SOF, Segment};

/// The number of coefficients of a block, and of blocks in a data unit's side.
const COEFFICIENTS: u8 = 64;

/// What the frame header says.
#[derive(Clone, Debug)]
pub struct Frame {
    pub width: u16,
    pub height: u16,
    pub progressive: bool,
    pub components: Vec<Component>,
}

/// A component of a frame: its identifier, and its sampling factors, 1 to 4.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    pub id: u8,
    pub h: u8,
    pub v: u8,
}

impl Frame {
    /// Reads the header of a frame that Strand decodes.
    pub fn read(segment: Segment<'_>) -> Result<Self, Error> {
        let &[precision, h1, h0, w1, w0, count, ref components @ ..] = segment.content else {
            return Err(Error::damaged("a short frame header"));
        };
        if !SOF.contains(&segment.marker) {
            return Err(Error::Unsupported("a lossless or arithmetic-coded JPEG"));
        }
        if precision != 8 {
            return Err(Error::Unsupported("a JPEG of more than 8 bits"));
        }
        let components: Vec<_> = components
            .as_chunks()
            .0
            .iter()
            .take(count.into())
            .map(|&[id, factors, _]| Component {
                id,
                h: factors >> 4,
                v: factors & 15,
            })
            .collect();
        if !matches!(components.len(), 1 | 3 | 4) {
            return Err(Error::Unsupported("a JPEG of an uncommon kind"));
        }
        let sampled = |factor: u8| (1..=4).contains(&factor);
        if !components.iter().all(|c| sampled(c.h) && sampled(c.v)) {
            return Err(Error::damaged("a sampling factor out of range"));
        }
        Ok(Self {
            width: u16::from_be_bytes([w1, w0]),
            height: u16::from_be_bytes([h1, h0]),
            progressive: segment.marker == 0xc2,
            components,
        })
    }

    fn largest(&self, factor: impl Fn(&Component) -> u8) -> u32 {
        self.components.iter().map(factor).max().unwrap_or(1).into()
    }

    /// The units of a scan of these components, across and down (T.81, A.2).
    pub fn units(&self, components: &[usize]) -> (u32, u32) {
        let (h_max, v_max) = (self.largest(|c| c.h), self.largest(|c| c.v));
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        match components {
            [one] => {
                let Component { h, v, .. } = self.components[*one];
                let blocks = |length: u32, factor: u8, largest: u32| {
                    (length * u32::from(factor)).div_ceil(largest).div_ceil(8)
                };
                (blocks(width, h, h_max), blocks(height, v, v_max))
            }
            _ => (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max)),
        }
    }

    /// The number of blocks of 8 x 8 samples, of all components together, with those that pad units.
    pub fn blocks(&self) -> u64 {
        let (h_max, v_max) = (self.largest(|c| c.h), self.largest(|c| c.v));
        let units = u64::from(u32::from(self.width).div_ceil(8 * h_max))
            * u64::from(u32::from(self.height).div_ceil(8 * v_max));
        let of_unit: u64 = self
            .components
            .iter()
            .map(|c| u64::from(c.h) * u64::from(c.v))
            .sum();
        units * of_unit
    }
}

/// What a scan header says.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The places in [`Frame::components`], with the tables of each for the first and the other coefficients.
    pub components: Vec<ScanComponent>,
    /// The first and the last coefficient, in zigzag order.
    pub first: u8,
    pub last: u8,
    /// Whether it refines coefficients of an earlier scan by a bit.
    pub refines: bool,
}

/// A component of a scan.
#[derive(Clone, Copy, Debug)]
pub struct ScanComponent {
    pub place: usize,
    pub dc_table: usize,
    pub ac_table: usize,
}

impl Scan {
    /// Reads the header of a scan of `frame`; `None` unless it is one, such as by chance behind the picture.
    pub fn read(frame: &Frame, segment: Segment<'_>) -> Option<Self> {
        let (&count, rest) = segment.content.split_first()?;
        let (listed, &[first, last, approximation]) = rest.split_last_chunk()?;
        let (listed, []) = listed.as_chunks::<2>() else {
            return None;
        };
        if listed.is_empty() || listed.len() > frame.components.len() || listed.len() != usize::from(count) {
            return None;
        }
        let components: Option<Vec<_>> = listed
            .iter()
            .map(|&[id, tables]| {
                let place = frame.components.iter().position(|c| c.id == id)?;
                let (dc_table, ac_table) = (usize::from(tables >> 4), usize::from(tables & 15));
                (dc_table < 4 && ac_table < 4).then_some(ScanComponent {
                    place,
                    dc_table,
                    ac_table,
                })
            })
            .collect();
        let components = components?;
        if !frame.progressive {
            return Some(Self {
                components,
                first: 0,
                last: COEFFICIENTS - 1,
                refines: false,
            });
        }
        let (high, low) = (approximation >> 4, approximation & 15);
        let band = match first {
            0 => last == 0,
            _ => (first..COEFFICIENTS).contains(&last) && components.len() == 1,
        };
        let step = low <= 13 && (high == 0 || high == low + 1);
        (band && step).then_some(Self {
            components,
            first,
            last,
            refines: high > 0,
        })
    }

    /// The coefficients that it is about, a bit each.
    pub fn coefficients(&self) -> u64 {
        (u64::MAX >> (COEFFICIENTS - 1 - self.last)) & (u64::MAX << self.first)
    }
}
