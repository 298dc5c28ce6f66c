//! What is changed in a photograph: its light, and its file.

use image::RgbImage;
use image::imageops::{FilterType, crop_imm, flip_horizontal, resize};

use crate::altered::lit;

/// A name in a table, and the light that a photograph is changed to. 6500 K and no stop change nothing.
pub type Light = (&'static str, f32, f32);

/// Stops and kelvins.
pub const LIGHTS: [Light; 6] = [
    ("one stop darker", -1.0, 6500.0),
    ("half a stop brighter", 0.5, 6500.0),
    ("2,700 K", 0.0, 2700.0),
    ("4,000 K", 0.0, 4000.0),
    ("5,000 K", 0.0, 5000.0),
    ("8,000 K", 0.0, 8000.0),
];

/// The photograph in another light.
pub fn in_light(picture: &RgbImage, (_, exposure, kelvin): Light) -> RgbImage {
    lit(picture, exposure, kelvin)
}

/// A name in a table, the JPEG quality, and what happens to the picture.
pub type Copying = (&'static str, u8, fn(&RgbImage) -> RgbImage);

/// How the same picture arrives again.
pub const COPIES: [Copying; 7] = [
    ("encoded again, quality 90", 90, RgbImage::clone),
    ("encoded again, quality 75", 75, RgbImage::clone),
    ("three quarters of the size", 95, |picture| scaled(picture, 0.75)),
    ("half the size", 95, |picture| scaled(picture, 0.5)),
    ("mirrored", 95, flip_horizontal),
    ("trimmed by 5 pixels on each side", 95, |picture| {
        trimmed(picture, [5; 4])
    }),
    ("trimmed by 5 pixels at the top and left", 95, |picture| {
        trimmed(picture, [5, 5, 0, 0])
    }),
];

fn scaled(picture: &RgbImage, by: f32) -> RgbImage {
    let side = |pixels: u32| ((pixels as f32 * by) as u32).max(1);
    resize(
        picture,
        side(picture.width()),
        side(picture.height()),
        FilterType::Triangle,
    )
}

/// Without so many pixels at the left, top, right and bottom.
fn trimmed(picture: &RgbImage, [left, top, right, bottom]: [u32; 4]) -> RgbImage {
    let width = picture.width().saturating_sub(left + right).max(1);
    let height = picture.height().saturating_sub(top + bottom).max(1);
    crop_imm(picture, left, top, width, height).to_image()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_copy_keeps_the_picture_and_each_light_changes_it() {
        let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([60 + x as u8, 90, 40 + y as u8]));
        for light in LIGHTS {
            let change = in_light(&picture, light)
                .pixels()
                .zip(picture.pixels())
                .map(|(x, y)| x.0[0].abs_diff(y.0[0]).max(x.0[2].abs_diff(y.0[2])))
                .max();
            assert!(change > Some(4), "{light:?}");
        }
        let sizes = COPIES.map(|(_, _, copy)| copy(&picture).dimensions());
        assert_eq!(
            sizes,
            [
                (64, 48),
                (64, 48),
                (48, 36),
                (32, 24),
                (64, 48),
                (54, 38),
                (59, 43)
            ]
        );
    }
}
