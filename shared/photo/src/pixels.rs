//! Decoded pixels with one, three or four channels, and how to reduce them.

use super::resample;
use fast_image_resize::pixels::{U8, U8x3, U8x4};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};

/// The channels of a pixel, one byte each, in the color space of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    Gray = 1,
    Rgb = 3,
    /// Amounts of ink; 255 is full.
    Cmyk = 4,
}

/// A packed picture, row by row.
pub(super) struct Pixels {
    pub width: u32,
    pub height: u32,
    pub channels: Channels,
    pub data: Vec<u8>,
    /// One byte per pixel, 255 for opaque; `None` if all pixels are.
    pub opacity: Option<Vec<u8>>,
}

impl Pixels {
    /// Reduces the picture to a long side of at most `max_side`, with at least one pixel in each direction.
    pub fn fit(self, max_side: u32) -> Self {
        let long = self.width.max(self.height);
        if long <= max_side {
            return self;
        }
        let scaled = |side: u32| {
            let exact = (u64::from(side) * u64::from(max_side) + u64::from(long / 2)) / u64::from(long);
            exact.max(1) as u32
        };
        let (width, height) = (scaled(self.width), scaled(self.height));
        // The Hamming filter has no negative lobes, so it adds no colors that are not in the photo, as halos of Lanczos
        // are.
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Hamming))
            // The fourth channel is black ink, never alpha.
            .use_alpha(false);
        let shrink = match self.channels {
            Channels::Gray => resample::<U8>,
            Channels::Rgb => resample::<U8x3>,
            Channels::Cmyk => resample::<U8x4>,
        };
        let (from, to) = ([self.width, self.height], [width, height]);
        let data = shrink(&self.data, from, to, &options).expect("whole pixels");
        let shrink = |opacity: Vec<u8>| resample::<U8>(&opacity, from, to, &options).expect("whole pixels");
        Self {
            width,
            height,
            channels: self.channels,
            data,
            opacity: self.opacity.map(shrink),
        }
    }
}

/// Reduces a picture by a whole factor while it is decoded row by row, so that it is never in memory as a whole.
///
/// Each pixel of the result is the mean of a square, or of a partial square at the right and lower edge. Rows and
/// pixels may come in any order, as they do from an interlaced file.
pub(super) struct Reducer {
    factor: u32,
    source: (u32, u32),
    target: (u32, u32),
    channels: Channels,
    /// The pixels themselves if the factor is 1.
    bytes: Vec<u8>,
    /// The sums over the squares if the factor is larger.
    sums: Vec<u32>,
    /// The same of the opacity, once a row has alpha.
    opacity: Option<Box<Self>>,
    /// A row without its alpha, and the alpha.
    split: (Vec<u8>, Vec<u8>),
}

/// The largest factor for which the sum over a square fits 32 bits.
const MAX_FACTOR: u32 = 4096;

fn factor(width: u32, height: u32, max_side: u32) -> u32 {
    (width.max(height) / max_side).clamp(1, MAX_FACTOR)
}

impl Reducer {
    /// For a picture of `width` by `height` whose long side must be at least `max_side` afterwards.
    pub fn new(width: u32, height: u32, channels: Channels, max_side: u32) -> Self {
        Self::by(factor(width, height, max_side), width, height, channels)
    }

    /// The bytes that reducing such a picture takes at most, with the result: of each sample and of the opacity, itself
    /// or its sum and its mean.
    pub fn memory(width: u32, height: u32, channels: Channels, max_side: u32) -> u64 {
        let factor = factor(width, height, max_side);
        let pixels = u64::from(width.div_ceil(factor)) * u64::from(height.div_ceil(factor));
        let of_sample = if factor == 1 { 1 } else { 5 };
        pixels * (channels as u64 + 1) * of_sample
    }

    fn by(factor: u32, width: u32, height: u32, channels: Channels) -> Self {
        let target = (width.div_ceil(factor), height.div_ceil(factor));
        let samples = target.0 as usize * target.1 as usize * channels as usize;
        let (bytes, sums) = if factor == 1 {
            (vec![0; samples], vec![])
        } else {
            (vec![], vec![0; samples])
        };
        Self {
            factor,
            source: (width, height),
            target,
            channels,
            bytes,
            sums,
            opacity: None,
            split: (Vec::new(), Vec::new()),
        }
    }

    /// Adds the pixels of row `y` at `x`, `x + step` and so on, with `samples` each. The last of two or four is alpha: the
    /// colors are composed on white, and the alpha is kept.
    pub fn add_samples(&mut self, samples: usize, y: u32, x: u32, step: u32, row: &[u8]) {
        let (mut colors, mut alpha) = std::mem::take(&mut self.split);
        colors.clear();
        alpha.clear();
        match samples {
            2 => on_white::<2>(row, &mut colors, &mut alpha),
            4 => on_white::<4>(row, &mut colors, &mut alpha),
            _ => return self.add(y, x, step, row),
        }
        self.add(y, x, step, &colors);
        let (width, height) = self.source;
        let factor = self.factor;
        let opacity = || Box::new(Self::by(factor, width, height, Channels::Gray));
        self.opacity.get_or_insert_with(opacity).add(y, x, step, &alpha);
        self.split = (colors, alpha);
    }

    /// Adds the pixels of row `y` at `x`, `x + step` and so on.
    pub fn add(&mut self, y: u32, x: u32, step: u32, row: &[u8]) {
        match self.channels {
            Channels::Gray => self.add_pixels::<1>(y, x, step, row),
            Channels::Rgb => self.add_pixels::<3>(y, x, step, row),
            Channels::Cmyk => self.add_pixels::<4>(y, x, step, row),
        }
    }

    fn add_pixels<const N: usize>(&mut self, y: u32, x: u32, step: u32, row: &[u8]) {
        let factor = self.factor as usize;
        let start = (y / self.factor) as usize * self.target.0 as usize * N;
        let end = start + self.target.0 as usize * N;
        let places = (x as usize..).step_by(step as usize);
        let pixels = row.as_chunks::<N>().0;
        if factor == 1 {
            let line = self.bytes[start..end].as_chunks_mut::<N>().0;
            places.zip(pixels).for_each(|(place, pixel)| line[place] = *pixel);
            return;
        }
        let line = self.sums[start..end].as_chunks_mut::<N>().0;
        let add = |sum: &mut [u32; N], pixel: &[u8; N]| (0..N).for_each(|i| sum[i] += u32::from(pixel[i]));
        if step == 1 {
            let (mut place, mut rest) = (x as usize, pixels);
            while !rest.is_empty() {
                let (square, behind) = rest.split_at((factor - place % factor).min(rest.len()));
                for pixel in square {
                    add(&mut line[place / factor], pixel);
                }
                (place, rest) = (place + square.len(), behind);
            }
        } else {
            places
                .zip(pixels)
                .for_each(|(place, pixel)| add(&mut line[place / factor], pixel));
        }
    }

    /// The reduced picture.
    pub fn finish(mut self) -> Pixels {
        let (width, height) = self.target;
        let opacity = self.opacity.take().map(|opacity| opacity.finish().data);
        let data = if self.factor == 1 {
            self.bytes
        } else {
            self.means()
        };
        Pixels {
            width,
            height,
            channels: self.channels,
            data,
            opacity: opacity.filter(|opacity| opacity.iter().any(|alpha| *alpha < u8::MAX)),
        }
    }

    fn means(&self) -> Vec<u8> {
        let n = self.channels as usize;
        let side = |place: usize, length: u32| (length - place as u32 * self.factor).min(self.factor);
        let rows = self.sums.chunks_exact(self.target.0 as usize * n).enumerate();
        let mut means = Vec::with_capacity(self.sums.len());
        for (y, row) in rows {
            let lines = side(y, self.source.1);
            means.extend(row.iter().enumerate().map(|(i, &sum)| {
                let area = lines * side(i / n, self.source.0);
                ((u64::from(sum) + u64::from(area / 2)) / u64::from(area)) as u8
            }));
        }
        means
    }
}

/// Composes a row of `N - 1` colors and alpha on white.
fn on_white<const N: usize>(row: &[u8], colors: &mut Vec<u8>, alphas: &mut Vec<u8>) {
    for pixel in row.as_chunks::<N>().0 {
        let alpha = u32::from(pixel[N - 1]);
        let over = |&v: &u8| ((u32::from(v) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        colors.extend(pixel[..N - 1].iter().map(over));
        alphas.push(pixel[N - 1]);
    }
}
