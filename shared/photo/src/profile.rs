//! Converts the colors of a file to sRGB by what it says about them.

use std::sync::{Arc, LazyLock};

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::ColorSpace;
use super::declared::{self, Declared};
use super::pixels::{Channels, Pixels};

/// Print profiles have about 3 MB. Profiles larger than this limit are ignored.
pub(super) const MAX_PROFILE: usize = 8 * 1024 * 1024;

static SRGB: LazyLock<ColorProfile> = LazyLock::new(ColorProfile::new_srgb);

/// What a file says about the colors of its samples.
pub(super) enum Claim {
    /// An embedded ICC profile.
    Icc(Vec<u8>),
    /// Primaries and a transfer function.
    Declared(Declared),
    /// The samples are sRGB.
    Srgb,
}

/// Converts `pixels` to packed sRGB by the first of the claims that can be followed, and names the color space that
/// they were in.
///
/// It runs on the reduced picture, because a color transform costs more per pixel than any other step here.
pub(super) fn to_srgb(pixels: Pixels, claims: &[Claim]) -> (Vec<u8>, ColorSpace) {
    for claim in claims {
        match follow(claim, &pixels) {
            Ok(Some(converted)) => return converted,
            Ok(None) => break,
            Err(reason) => tracing::debug!(reason, "ignoring what a file says about its colors"),
        }
    }
    assumed(pixels)
}

/// The converted colors and the name of their space; `None` if they are sRGB.
fn follow(claim: &Claim, pixels: &Pixels) -> Result<Option<(Vec<u8>, ColorSpace)>, String> {
    match claim {
        Claim::Icc(icc) => Ok(transform(icc, pixels)?.map(|rgb| (rgb, ColorSpace::Icc))),
        Claim::Declared(declared) => {
            let Some(name) = declared.name() else {
                return Ok(None);
            };
            let rgb = declared.convert(pixels).ok_or("an RGB color space for ink")?;
            Ok(Some((rgb, name)))
        }
        Claim::Srgb => Ok(None),
    }
}

/// The colors converted by the profile; `None` if the profile is sRGB.
fn transform(icc: &[u8], pixels: &Pixels) -> Result<Option<Vec<u8>>, String> {
    if icc.len() > MAX_PROFILE {
        return Err(format!("{} bytes", icc.len()));
    }
    let mut profile = ColorProfile::new_from_slice(icc).map_err(|error| error.to_string())?;
    let layout = match (profile.color_space, pixels.channels) {
        (DataColorSpace::Gray, Channels::Gray) => Layout::Gray,
        (DataColorSpace::Rgb, Channels::Rgb) => Layout::Rgb,
        (DataColorSpace::Cmyk, Channels::Cmyk) => Layout::Rgba,
        (space, channels) => return Err(format!("a {space:?} profile on a {channels:?} picture")),
    };
    // The curve of a gray profile with a Lab connection space gives lightness, but the library knows only light.
    let gives_lightness = profile.color_space == DataColorSpace::Gray && profile.pcs == DataColorSpace::Lab;
    if gives_lightness {
        profile.pcs = DataColorSpace::Xyz;
    }
    let transform = profile
        .create_transform_8bit(layout, &SRGB, Layout::Rgb, TransformOptions::default())
        .map_err(|error| error.to_string())?;
    if !gives_lightness && changes_nothing(&transform, pixels.channels) {
        return Ok(None);
    }
    let mut rgb = vec![0; pixels.width as usize * pixels.height as usize * 3];
    transform
        .transform(&pixels.data, &mut rgb)
        .map_err(|error| error.to_string())?;
    if gives_lightness {
        let light: [u8; 256] = std::array::from_fn(|i| light_of(declared::srgb(i as f64 / 255.0)));
        for sample in &mut rgb {
            *sample = light[usize::from(*sample)];
        }
    }
    Ok(Some(rgb))
}

/// The sample of sRGB for a lightness of 0 to 1 (CIE 15, 8.2.1).
fn light_of(lightness: f64) -> u8 {
    let f = (lightness * 100.0 + 16.0) / 116.0;
    let light = if f > 6.0 / 29.0 {
        f.powi(3)
    } else {
        lightness * 2700.0 / 24389.0
    };
    declared::encoded(light as f32)
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
        opacity: None,
    });
    transformed
        && unchanged
            .iter()
            .zip(&converted)
            .all(|(&from, &to)| from.abs_diff(to) <= 1)
}

/// Colors without a profile, and the name of their space.
fn assumed(pixels: Pixels) -> (Vec<u8>, ColorSpace) {
    let name = match pixels.channels {
        Channels::Gray | Channels::Rgb => ColorSpace::Srgb,
        Channels::Cmyk => ColorSpace::Cmyk,
    };
    (assume_srgb(pixels), name)
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
