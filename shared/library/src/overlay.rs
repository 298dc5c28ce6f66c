//! Images that show which pixels were classified as hair.

use crate::LibraryError;
use image::{ExtendedColorType, ImageEncoder};
use strand_mask::HairMask;
use strand_photo::Photo;

/// Long side of the image, in pixels.
const OVERLAY_SIDE: u32 = 256;

/// How an answer shows which pixels were classified as hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overlay {
    /// A small copy of the photo with everything but the hair dimmed.
    Picture,
    /// The mask alone, in gray: white where there is hair.
    Mask,
}

impl Overlay {
    /// Draws the overlay as a PNG.
    pub(crate) fn draw(self, photo: &Photo, mask: &HairMask) -> Result<Vec<u8>, LibraryError> {
        match self {
            Self::Picture => picture(photo, mask),
            Self::Mask => png(
                &mask.probability,
                photo.width(),
                photo.height(),
                ExtendedColorType::L8,
            ),
        }
    }
}

/// The photo with everything but the hair dimmed to a third, as a PNG.
fn picture(photo: &Photo, mask: &HairMask) -> Result<Vec<u8>, LibraryError> {
    let lit: Vec<u8> = photo
        .rgb()
        .chunks_exact(3)
        .zip(&mask.probability)
        .flat_map(|(pixel, p)| {
            let light = 85 + u32::from(*p) * 170 / 255;
            [pixel[0], pixel[1], pixel[2]].map(|v| (u32::from(v) * light / 255) as u8)
        })
        .collect();
    let whole = image::RgbImage::from_raw(photo.width(), photo.height(), lit)
        .ok_or_else(|| LibraryError::Internal("the overlay has another size than its photo".into()))?;
    let scale =
        f64::from(OVERLAY_SIDE) / f64::from(photo.width().max(photo.height())).max(f64::from(OVERLAY_SIDE));
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    let small = image::imageops::thumbnail(&whole, side(photo.width()), side(photo.height()));
    png(&small, small.width(), small.height(), ExtendedColorType::Rgb8)
}

fn png(pixels: &[u8], width: u32, height: u32, kind: ExtendedColorType) -> Result<Vec<u8>, LibraryError> {
    let mut png = Vec::new();
    image::codecs::png::PngEncoder::new(&mut png)
        .write_image(pixels, width, height, kind)
        .map_err(LibraryError::internal)?;
    Ok(png)
}
