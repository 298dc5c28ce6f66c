//! Resampling of packed pixels.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::{PixelTrait, ResizeOptions, Resizer};

/// Resizes a packed picture from `from` (width, height) to `to`, with the filter and the crop of `options`. Unless they
/// say otherwise, the last of four channels is alpha, by which the others are multiplied.
///
/// The kind of pixel is a type parameter, not a value. With a value, every binary would contain the library's code for
/// all kinds: two megabytes.
///
/// # Errors
/// If there are fewer pixels than `from` says, or the crop is outside the picture. The message is the library's own.
pub fn resample<P: PixelTrait>(
    pixels: &[u8],
    from: [u32; 2],
    to: [u32; 2],
    options: &ResizeOptions,
) -> Result<Vec<u8>, String> {
    let source = TypedImageRef::<P>::from_buffer(from[0], from[1], pixels).map_err(|e| e.to_string())?;
    let mut resampled = vec![0; to[0] as usize * to[1] as usize * P::size()];
    let mut target = TypedImage::from_buffer(to[0], to[1], &mut resampled).map_err(|e| e.to_string())?;
    Resizer::new()
        .resize_typed(&source, &mut target, options)
        .map_err(|e| e.to_string())?;
    Ok(resampled)
}
