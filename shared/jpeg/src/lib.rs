//! Decodes JPEGs at a fraction of their size, and knows how much of a file is there.
//!
//! A file is a photo if its data are, whatever its markers say: cameras leave out the end marker or write megabytes
//! behind it, and a download that breaks off is sometimes closed by one. So [`Jpeg::open`] walks over the markers to
//! the end of the last scan and ignores what follows, and [`Jpeg::decode`] demands that at least 99 % of each scan
//! precede the first error. libjpeg (by way of `mozjpeg-sys`) decodes; only where it warns does `entropy` look for the
//! place.
//!
//! - `markers` and `frame` read the structure of the file; `bits` and `entropy` follow the entropy-coded data.
//! - `libjpeg` holds the unsafe code.

mod bits;
mod entropy;
mod frame;
mod libjpeg;
mod markers;

#[cfg(test)]
mod tests;

use frame::{Frame, Scan};
use markers::EOI;
pub use markers::{SOS, Segment, Segments};

/// The maximum number of scans. A progressive photo has about ten.
const MAX_SCANS: usize = 100;

/// The maximum of scans times blocks: each scan costs a pass over all blocks, however few bytes it has. A progressive
/// photo of 50 megapixels takes some 12 million.
const MAX_PASSES: u64 = 40_000_000;

/// The longest side that libjpeg decodes, in pixels.
const MAX_SIDE: u16 = 65_500;

/// Why a JPEG is not decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is damaged or cut off.
    #[error("{0}")]
    Damaged(String),
    /// A kind of JPEG that no viewer for photos shows either. Its name with an article.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Decoding would take more memory than it may.
    #[error("too much memory")]
    TooMuchMemory,
    /// Decoding would take more than two seconds of a core: too many scans for so many blocks.
    #[error("too much time")]
    TooMuchTime,
}

impl Error {
    fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.to_owned())
    }
}

/// The color model of decoded samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One sample a pixel.
    Gray,
    /// Three samples a pixel.
    Rgb,
    /// Four samples a pixel, stored as Adobe does: 0 is full ink.
    InvertedCmyk,
}

/// Decoded pixels, packed, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// The color model.
    pub channels: Channels,
    /// The samples.
    pub data: Vec<u8>,
}

/// A JPEG whose structure was read.
#[derive(Debug)]
pub struct Jpeg<'a> {
    /// The file through its last scan.
    bytes: &'a [u8],
    frame: Frame,
    /// Whether an end marker follows the last scan.
    is_closed: bool,
    /// Whether the coefficients of all blocks must be kept until the last scan.
    buffered: bool,
    /// Scans times blocks.
    passes: u64,
}

impl<'a> Jpeg<'a> {
    /// Walks over the markers to the end of the last scan.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the headers make no sense, a component has no scan, or there are more scans than anyone
    /// needs; [`Error::Unsupported`] for lossless, arithmetic-coded, and 12-bit files.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut frame = None;
        let mut scans = Scans::default();
        for segment in Segments::new(bytes) {
            match (segment.marker, &frame) {
                (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, None) => {
                    frame = Some(Frame::read(segment)?);
                }
                (SOS, Some(frame)) => match Scan::read(frame, segment) {
                    Some(scan) => scans.add(&scan, segment),
                    None if scans.count == 0 => return Err(Error::damaged("a bad scan header")),
                    None => break,
                },
                (EOI, _) => break,
                (marker, _) if scans.count > 0 && !may_follow_a_scan(marker) => break,
                _ => {}
            }
            if frame.as_ref().is_some_and(|frame| scans.suffice(frame)) {
                break;
            }
        }
        let frame = frame.ok_or(Error::damaged("no frame header"))?;
        scans.check(&frame)?;
        if frame.width.max(frame.height) > MAX_SIDE {
            return Err(Error::Unsupported("a JPEG of more than 65,500 pixels a side"));
        }
        Ok(Self {
            bytes: &bytes[..scans.end],
            is_closed: scans.is_closed,
            buffered: frame.progressive || scans.count > 1,
            passes: scans.count as u64 * frame.blocks(),
            frame,
        })
    }

    /// The width and the height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.frame.width.into(), self.frame.height.into())
    }

    /// The content of the application segments (their number, 0 to 15, in front) before the first scan.
    pub fn application_data(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        Segments::new(self.bytes)
            .take_while(|segment| segment.marker != SOS)
            .filter(|segment| (0xe0..=0xef).contains(&segment.marker))
            .map(|segment| (segment.marker - 0xe0, segment.content))
    }

    /// Decodes the picture at 1/8, 1/4, 1/2 or all of its size: the smallest at which the long side has at least
    /// `max_side` pixels. It is made of at most `max_memory` bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] if less than 99 % of a scan precede the first error; [`Error::TooMuchMemory`];
    /// [`Error::TooMuchTime`].
    pub fn decode(&self, max_side: u32, max_memory: u64) -> Result<Picture, Error> {
        if self.passes > MAX_PASSES {
            return Err(Error::TooMuchTime);
        }
        if self.memory(max_side) > max_memory {
            return Err(Error::TooMuchMemory);
        }
        let (picture, warned) = libjpeg::decode(self.bytes, self.eighths(max_side))?;
        if warned {
            entropy::check(&self.frame, self.bytes, self.is_closed).map_err(Error::Damaged)?;
        }
        Ok(picture)
    }

    /// The smallest scale, in eighths, at which the long side has at least `max_side` pixels.
    fn eighths(&self, max_side: u32) -> u32 {
        let (width, height) = self.size();
        [1, 2, 4]
            .into_iter()
            .find(|n| (width.max(height) * n).div_ceil(8) >= max_side)
            .unwrap_or(8)
    }

    /// The memory that [`decode`](Self::decode) takes, in bytes: the result, two bytes for each coefficient that is kept,
    /// and eight for each block in which an error is looked for.
    pub fn memory(&self, max_side: u32) -> u64 {
        let (width, height) = self.size();
        let eighths = self.eighths(max_side);
        let scaled = |side: u32| u64::from((side * eighths).div_ceil(8));
        let pixels = scaled(width) * scaled(height);
        let of_block = if self.buffered { 64 * 2 + 8 } else { 0 };
        pixels * self.frame.components.len() as u64 + self.frame.blocks() * of_block
    }
}

/// The scans that were found.
#[derive(Default)]
struct Scans {
    count: usize,
    /// The offset at which the last one ends, and whether an end marker is there.
    end: usize,
    is_closed: bool,
    /// For each component, the coefficients that a scan was about, a bit each.
    begun: [u64; 4],
}

impl Scans {
    fn add(&mut self, scan: &Scan, segment: Segment<'_>) {
        self.count += 1;
        self.end = segment.end;
        self.is_closed = segment.is_closed;
        for component in &scan.components {
            self.begun[component.place] |= scan.coefficients();
        }
    }

    fn begun<'s>(&'s self, frame: &Frame) -> impl Iterator<Item = u64> + use<'s> {
        self.begun.iter().copied().take(frame.components.len())
    }

    /// Whether no further scan can add to the picture.
    fn suffice(&self, frame: &Frame) -> bool {
        let sequential = !frame.progressive && self.begun(frame).all(|begun| begun == u64::MAX);
        sequential || self.count > MAX_SCANS
    }

    fn check(&self, frame: &Frame) -> Result<(), Error> {
        match () {
            () if self.count == 0 => Err(Error::damaged("no scan")),
            () if self.count > MAX_SCANS => Err(Error::damaged("too many scans")),
            // A later scan may refine coefficients; that one is missing leaves a photo. Without the first ones there is
            // none.
            () if self.begun(frame).any(|begun| begun != u64::MAX) => {
                Err(Error::damaged("scans are missing"))
            }
            () => Ok(()),
        }
    }
}

/// Tables, parameters, comments and application data. Any other marker begins what somebody wrote behind the picture.
fn may_follow_a_scan(marker: u8) -> bool {
    matches!(marker, SOS | 0xc4 | 0xcc | 0xdb..=0xdd | 0xe0..=0xef | 0xfe)
}
