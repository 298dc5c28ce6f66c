//! Converts pixels to a network's input tensor, and its output maps back to the photo.
//!
//! Resampling is bilinear on bytes with SIMD. When shrinking, the filter widens to avoid aliasing. A 1024-px photo
//! takes about a millisecond to reach 512 px. Errors are plain reasons, and the caller adds the name of the model.

use std::borrow::Cow;

use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions};

use strand_mask::Region;
use strand_models::Fit;
use strand_photo::{Photo, resample};

/// The RGB scaling that a network was trained with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaling {
    /// Subtracted from the image scaled to 0..1, per channel.
    pub mean: [f32; 3],
    /// The divisor after that subtraction, per channel.
    pub std: [f32; 3],
}

impl Scaling {
    /// For networks that take 0..1 unchanged.
    pub const UNIT: Self = Self {
        mean: [0.0; 3],
        std: [1.0; 3],
    };

    /// The color that becomes zero, within rounding. Convolutions pad with zero, so this fill is the least conspicuous.
    pub fn neutral(&self) -> [u8; 3] {
        self.mean.map(|m| (m * 255.0).round() as u8)
    }

    /// Converts packed RGB to planes of scaled floats: the `[3, height, width]` of every network here.
    pub fn planes(&self, rgb: &[u8]) -> Vec<f32> {
        let area = rgb.len() / 3;
        let mut planes = vec![0.0; area * 3];
        for (channel, plane) in planes.chunks_exact_mut(area.max(1)).enumerate() {
            let table = self.table(channel);
            for (out, pixel) in plane.iter_mut().zip(rgb.chunks_exact(3)) {
                *out = table[usize::from(pixel[channel])];
            }
        }
        planes
    }

    fn table(&self, channel: usize) -> [f32; 256] {
        std::array::from_fn(|v| (v as f32 / 255.0 - self.mean[channel]) / self.std[channel])
    }
}

/// Where a photo is in a network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placement {
    /// Width and height of the input in pixels.
    pub canvas: [u32; 2],
    /// The part of the input that the photo fills.
    pub inner: Region,
}

impl Placement {
    /// Places a photo of `width` by `height`.
    ///
    /// A letterbox follows Ultralytics' `LetterBox` (sides are rounded, and an odd margin has its extra pixel at the
    /// bottom and on the right), so that an exported YOLO gets the input that it was trained on.
    pub fn new([width, height]: [u32; 2], canvas: [u32; 2], fit: Fit) -> Self {
        let [w, h] = match fit {
            Fit::Stretch => canvas,
            Fit::Letterbox => {
                let scale =
                    (f64::from(canvas[0]) / f64::from(width)).min(f64::from(canvas[1]) / f64::from(height));
                let side = |n: u32, most: u32| ((f64::from(n) * scale).round() as u32).clamp(1, most);
                [side(width, canvas[0]), side(height, canvas[1])]
            }
        };
        let inner = Region {
            x: (canvas[0] - w) / 2,
            y: (canvas[1] - h) / 2,
            width: w,
            height: h,
        };
        Self { canvas, inner }
    }

    /// The whole photo as packed RGB of the canvas size, with `fill` around it.
    pub fn paint(&self, photo: &Photo, fill: [u8; 3]) -> Result<Vec<u8>, String> {
        let whole = Region {
            x: 0,
            y: 0,
            width: photo.width(),
            height: photo.height(),
        };
        Ok(self.pad(
            crop_rgb(photo, whole, [self.inner.width, self.inner.height])?,
            fill,
        ))
    }

    /// Pads packed RGB of the inner part's size to the canvas size, with `fill` around it.
    pub fn pad(&self, inner: Vec<u8>, fill: [u8; 3]) -> Vec<u8> {
        if [self.inner.width, self.inner.height] == self.canvas {
            return inner;
        }
        let mut canvas = fill.repeat(self.canvas[0] as usize * self.canvas[1] as usize);
        let (left, width) = (self.inner.x as usize * 3, self.inner.width as usize * 3);
        let rows = canvas
            .chunks_exact_mut(self.canvas[0] as usize * 3)
            .skip(self.inner.y as usize);
        for (to, from) in rows.zip(inner.chunks_exact(width)) {
            to[left..left + width].copy_from_slice(from);
        }
        canvas
    }

    /// The photo's part of a map of the canvas (at any resolution), resized to the photo's `size`.
    pub fn unmap(&self, map: &[u8], map_size: [u32; 2], size: [u32; 2]) -> Result<Vec<u8>, String> {
        let scale =
            |n: u32, axis: usize| f64::from(n) * f64::from(map_size[axis]) / f64::from(self.canvas[axis]);
        let crop = [
            scale(self.inner.x, 0),
            scale(self.inner.y, 1),
            scale(self.inner.width, 0),
            scale(self.inner.height, 1),
        ];
        resize::<U8>(map, map_size, crop, size)
    }
}

/// A region of a photo, resized, as packed RGB.
pub(super) fn crop_rgb(photo: &Photo, region: Region, size: [u32; 2]) -> Result<Vec<u8>, String> {
    let from = [photo.width(), photo.height()];
    resize::<U8x3>(photo.rgb(), from, edges(region), size)
}

/// A region of a map, resized.
pub(super) fn crop_map(
    map: &[u8],
    from: [u32; 2],
    region: Region,
    size: [u32; 2],
) -> Result<Vec<u8>, String> {
    resize::<U8>(map, from, edges(region), size)
}

fn edges(region: Region) -> [f64; 4] {
    [region.x, region.y, region.width, region.height].map(f64::from)
}

/// Resizes the part of an image that `crop` (left, top, width, height) names. It reads no pixels outside that part,
/// except those that the edges cut through: a letterbox's margin must not bleed into the photo.
fn resize<P: PixelTrait>(
    pixels: &[u8],
    from: [u32; 2],
    crop: [f64; 4],
    to: [u32; 2],
) -> Result<Vec<u8>, String> {
    let [left, top] = [crop[0].floor(), crop[1].floor()];
    let part = Region {
        x: left as u32,
        y: top as u32,
        width: ((crop[0] + crop[2]).ceil() - left) as u32,
        height: ((crop[1] + crop[3]).ceil() - top) as u32,
    };
    let pixels = cut(pixels, from, P::size(), part);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(crop[0] - left, crop[1] - top, crop[2], crop[3]);
    resample::<P>(&pixels, [part.width, part.height], to, &options)
}

/// A part of an image with `depth` bytes per pixel. It is copied unless it is the whole image.
fn cut(pixels: &[u8], [width, height]: [u32; 2], depth: usize, part: Region) -> Cow<'_, [u8]> {
    if [part.width, part.height] == [width, height] {
        return Cow::Borrowed(pixels);
    }
    let rows = pixels
        .chunks_exact(width as usize * depth)
        .skip(part.y as usize)
        .take(part.height as usize);
    let (start, length) = (part.x as usize * depth, part.width as usize * depth);
    rows.flat_map(|row| &row[start..start + length])
        .copied()
        .collect()
}

/// A probability, 0 to 1, as a byte.
pub(super) fn to_byte(probability: f32) -> u8 {
    // An `as` from float to integer saturates, and turns NaN into 0. `round` would be a call for each pixel.
    (probability * 255.0 + 0.5) as u8
}

/// The logistic function.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::{Fit, Placement, Region, Scaling, crop_map, sigmoid, to_byte};
    use crate::tests::photo;

    #[test]
    fn a_letterbox_is_centered_and_keeps_the_shape() {
        let wide = Placement::new([1280, 720], [640, 640], Fit::Letterbox);
        assert_eq!(
            wide.inner,
            Region {
                x: 0,
                y: 140,
                width: 640,
                height: 360
            }
        );
        let odd = Placement::new([100, 333], [640, 640], Fit::Letterbox);
        assert_eq!(
            odd.inner,
            Region {
                x: 224,
                y: 0,
                width: 192,
                height: 640
            }
        );
        let thread = Placement::new([1, 4000], [640, 640], Fit::Letterbox);
        assert_eq!(
            thread.inner,
            Region {
                x: 319,
                y: 0,
                width: 1,
                height: 640
            }
        );
        assert_eq!(Placement::new([7, 3], [512, 512], Fit::Stretch).inner.width, 512);
    }

    #[test]
    fn painting_fills_around_the_photo_and_unmapping_takes_it_off_again() {
        let photo = photo(4, 2, |x, _| [if x < 2 { 200 } else { 50 }, 0, 0]);
        let placement = Placement::new([4, 2], [4, 4], Fit::Letterbox);
        let canvas = placement.paint(&photo, [114; 3]).expect("painted");
        let red: Vec<_> = canvas.iter().step_by(3).copied().collect();
        assert_eq!(red[..4], [114; 4]);
        assert_eq!(red[4..8], [200, 200, 50, 50]);
        assert_eq!(red[12..], [114; 4]);
        let back = placement.unmap(&red, [4, 4], [4, 2]).expect("unmapped");
        assert_eq!(back, [200, 200, 50, 50, 200, 200, 50, 50]);
    }

    #[test]
    fn a_margin_does_not_bleed_into_the_photo() {
        let map = [[9; 4], [200; 4], [200; 4], [9; 4]].concat();
        let placement = Placement::new([8, 4], [4, 4], Fit::Letterbox);
        assert_eq!(
            placement.unmap(&map, [4, 4], [8, 4]).expect("unmapped"),
            [200; 32]
        );
    }

    #[test]
    fn planes_are_channel_by_channel_and_scaled() {
        let scaling = Scaling {
            mean: [0.5, 0.0, 0.0],
            std: [0.5, 1.0, 2.0],
        };
        let planes = scaling.planes(&[255, 0, 255, 0, 51, 0]);
        let expected = [1.0, -1.0, 0.0, 0.2, 0.5, 0.0];
        assert!(
            planes.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{planes:?}"
        );
        assert_eq!(scaling.neutral(), [128, 0, 0]);
    }

    #[test]
    fn a_crop_reads_only_its_region() {
        let map: Vec<u8> = (0..16).collect();
        let region = Region {
            x: 2,
            y: 1,
            width: 2,
            height: 2,
        };
        assert_eq!(
            crop_map(&map, [4, 4], region, [2, 2]).expect("cropped"),
            [6, 7, 10, 11]
        );
    }

    #[test]
    fn bytes_saturate_and_nan_is_not_hair() {
        assert_eq!([0.5, 1.5, -1.0, f32::NAN].map(to_byte), [128, 255, 0, 0]);
        assert!((sigmoid(0.0) - 0.5).abs() < 1e-6 && sigmoid(-200.0) < 1e-6);
    }
}
