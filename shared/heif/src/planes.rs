//! Decoded planes of luma and chroma, and their colors.

use crate::Error;

/// How samples are turned into red, green and blue (ITU-T H.273).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    /// The code point of the primaries; 2 if nothing is said.
    pub primaries: u8,
    /// The code point of the transfer characteristics; 2 if nothing is said.
    pub transfer: u8,
    /// The code point of the matrix; 2 if nothing is said.
    pub matrix: u8,
    /// Whether black is 0 and white is 255, not 16 and 235.
    pub full_range: bool,
}

impl Colors {
    /// Nothing is said.
    pub const UNSPECIFIED: Self = Self {
        primaries: 2,
        transfer: 2,
        matrix: 2,
        full_range: false,
    };

    /// The luma and the chroma of white, in eight bits.
    pub fn white(self) -> [u8; 3] {
        let luma = if self.full_range { 255 } else { 235 };
        if self.matrix == 0 {
            [luma; 3]
        } else {
            [luma, 128, 128]
        }
    }

    /// Converts packed luma, blue chroma and red chroma of eight bits to red, green and blue (H.273, 8.3).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a matrix that no camera writes.
    pub fn to_rgb(self, samples: &mut [u8]) -> Result<(), Error> {
        let (red, blue) = match self.matrix {
            // Green, blue, red.
            0 => (0.0, 0.0),
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            // Unspecified: that of JPEG, as other decoders take it.
            2 | 5 | 6 => (0.299, 0.114),
            7 => (0.212, 0.087),
            9 => (0.2627, 0.0593),
            _ => return Err(Error::Unsupported("an image with an uncommon color matrix")),
        };
        let green = 1.0 - red - blue;
        let (black, luma_range, chroma_range) = if self.full_range {
            (0.0, 255.0, 255.0)
        } else {
            (16.0, 219.0, 224.0)
        };
        for pixel in samples.as_chunks_mut::<3>().0 {
            let [y, cb, cr] = pixel.map(f32::from);
            let luma = |sample: f32| (sample - black) * 255.0 / luma_range;
            let rgb = if self.matrix == 0 {
                [luma(cr), luma(y), luma(cb)]
            } else {
                let (y, cb, cr) = (
                    luma(y),
                    (cb - 128.0) * 255.0 / chroma_range,
                    (cr - 128.0) * 255.0 / chroma_range,
                );
                let (r, b) = (y + 2.0 * (1.0 - red) * cr, y + 2.0 * (1.0 - blue) * cb);
                [r, (y - red * r - blue * b) / green, b]
            };
            // A cast from a float saturates.
            *pixel = rgb.map(|sample| sample.round() as u8);
        }
        Ok(())
    }
}

/// The samples of a plane.
pub enum Samples<'a> {
    Bytes(&'a [u8]),
    Words(&'a [u16]),
    /// Words in the order of this machine's bytes.
    WordBytes(&'a [u8]),
}

/// A plane, row by row.
pub struct Plane<'a> {
    pub samples: Samples<'a>,
    /// The samples, or for [`Samples::WordBytes`] bytes, from one row to the next.
    pub stride: usize,
    pub width: usize,
    /// Bits of a sample, 8 to 16.
    pub depth: u8,
}

impl Plane<'_> {
    /// Reads a row as eight bits into `row`. Samples that are missing are 0.
    fn read(&self, y: usize, row: &mut Vec<u8>) {
        row.clear();
        let start = y * self.stride;
        let narrow = |sample: u16| {
            let shift = self.depth - 8;
            let half = (1_u32 << shift) >> 1;
            ((u32::from(sample) + half) >> shift).min(255) as u8
        };
        let words = |bytes: usize| start..start + bytes;
        match self.samples {
            Samples::Bytes(all) => row.extend(all.get(words(self.width)).unwrap_or_default()),
            Samples::Words(all) => {
                row.extend(
                    all.get(words(self.width))
                        .unwrap_or_default()
                        .iter()
                        .map(|&sample| narrow(sample)),
                );
            }
            Samples::WordBytes(all) => {
                let pairs = all.get(words(self.width * 2)).unwrap_or_default().as_chunks().0;
                row.extend(pairs.iter().map(|&pair| narrow(u16::from_ne_bytes(pair))));
            }
        }
        row.resize(self.width, 0);
    }
}

/// A decoded picture: luma alone, or luma and both chromas.
pub struct Planes<'a> {
    pub width: u32,
    pub height: u32,
    pub all: Vec<Plane<'a>>,
    /// The luma samples of a chroma sample, as shifts, across and down.
    pub subsampling: (u8, u8),
}

/// Reads the rows of a picture, with the memory for one.
#[derive(Default)]
pub struct Rows {
    planes: [Vec<u8>; 3],
    alpha: Vec<u8>,
}

impl Rows {
    /// Writes a row as packed luma, blue chroma and red chroma into `row`, over `white` where `alpha` says so.
    pub fn read(
        &mut self,
        picture: &Planes<'_>,
        alpha: Option<&Planes<'_>>,
        y: u32,
        white: [u8; 3],
        row: &mut Vec<u8>,
    ) {
        row.clear();
        let y = y as usize;
        let (across, down) = picture.subsampling;
        picture.all[0].read(y, &mut self.planes[0]);
        match picture.all.as_slice() {
            [_, blue, red] => {
                blue.read(y >> down, &mut self.planes[1]);
                red.read(y >> down, &mut self.planes[2]);
                let [luma, blue, red] = &self.planes;
                let at = |chroma: &[u8], x: usize| chroma.get(x >> across).copied().unwrap_or(128);
                row.extend(
                    luma.iter()
                        .enumerate()
                        .flat_map(|(x, &y)| [y, at(blue, x), at(red, x)]),
                );
            }
            _ => row.extend(self.planes[0].iter().flat_map(|&y| [y, 128, 128])),
        }
        let Some(alpha) = alpha else { return };
        alpha.all[0].read(y, &mut self.alpha);
        for (pixel, &alpha) in row.as_chunks_mut::<3>().0.iter_mut().zip(&self.alpha) {
            let alpha = u32::from(alpha);
            for (sample, white) in pixel.iter_mut().zip(white) {
                *sample = ((u32::from(*sample) * alpha + u32::from(white) * (255 - alpha) + 127) / 255) as u8;
            }
        }
    }
}
