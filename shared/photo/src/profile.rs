//! Converts the colors of a file to sRGB with its embedded ICC profile.

use std::sync::{Arc, LazyLock};

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::pixels::{Channels, Pixels};

/// Print profiles have about 3 MB. Profiles larger than this limit are ignored.
const MAX_PROFILE: usize = 8 * 1024 * 1024;

static SRGB: LazyLock<ColorProfile> = LazyLock::new(ColorProfile::new_srgb);

/// Converts `pixels` to packed sRGB, and says whether a profile other than sRGB itself was applied.
///
/// It runs on the reduced picture, because a color transform costs more per pixel than any other step here.
pub(super) fn to_srgb(pixels: Pixels, icc: Option<&[u8]>) -> (Vec<u8>, bool) {
    let transformed = icc.and_then(|icc| match transform(icc, &pixels) {
        Ok(rgb) => rgb,
        Err(reason) => {
            tracing::debug!(reason, "ignoring an embedded color profile");
            None
        }
    });
    match transformed {
        Some(rgb) => (rgb, true),
        None => (assume_srgb(pixels), false),
    }
}

/// The colors converted by the profile; `None` if the profile is sRGB.
fn transform(icc: &[u8], pixels: &Pixels) -> Result<Option<Vec<u8>>, String> {
    if icc.len() > MAX_PROFILE {
        return Err(format!("{} bytes", icc.len()));
    }
    let profile = ColorProfile::new_from_slice(icc).map_err(|error| error.to_string())?;
    let layout = match (profile.color_space, pixels.channels) {
        (DataColorSpace::Gray, Channels::Gray) => Layout::Gray,
        (DataColorSpace::Rgb, Channels::Rgb) => Layout::Rgb,
        (DataColorSpace::Cmyk, Channels::Cmyk) => Layout::Rgba,
        (space, channels) => return Err(format!("a {space:?} profile on a {channels:?} picture")),
    };
    let transform = profile
        .create_transform_8bit(layout, &SRGB, Layout::Rgb, TransformOptions::default())
        .map_err(|error| error.to_string())?;
    if changes_nothing(&transform, pixels.channels) {
        return Ok(None);
    }
    let mut rgb = vec![0; pixels.width as usize * pixels.height as usize * 3];
    transform
        .transform(&pixels.data, &mut rgb)
        .map_err(|error| error.to_string())?;
    Ok(Some(rgb))
}

/// Whether the transform keeps a lattice of colors in place, within rounding. The profile is then one of the many
/// encodings of sRGB, and converting would only add rounding errors.
fn changes_nothing(transform: &Arc<Transform8BitExecutor>, channels: Channels) -> bool {
    let steps = || (0..=255u8).step_by(51);
    let data: Vec<u8> = match channels {
        Channels::Gray => (0..=255).collect(),
        Channels::Rgb => steps()
            .flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b])))
            .collect(),
        Channels::Cmyk => return false,
    };
    let width = (data.len() / channels as usize) as u32;
    let mut converted = vec![0; width as usize * 3];
    let transformed = transform.transform(&data, &mut converted).is_ok();
    let unchanged = assume_srgb(Pixels {
        width,
        height: 1,
        channels,
        data,
    });
    transformed
        && unchanged
            .iter()
            .zip(&converted)
            .all(|(&from, &to)| from.abs_diff(to) <= 1)
}

/// Converts colors without a profile: gray and RGB count as sRGB, and ink is subtracted from white paper, as viewers
/// do.
fn assume_srgb(pixels: Pixels) -> Vec<u8> {
    match pixels.channels {
        Channels::Rgb => pixels.data,
        Channels::Gray => pixels.data.iter().flat_map(|&v| [v; 3]).collect(),
        Channels::Cmyk => pixels
            .data
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&cmyk| without_profile(cmyk))
            .collect(),
    }
}

fn without_profile([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let light = u32::from(255 - ink) * u32::from(255 - k);
        ((light + 127) / 255) as u8
    })
}
