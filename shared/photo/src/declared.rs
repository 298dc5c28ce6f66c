//! Converts RGB to sRGB by the primaries and the transfer function that a file declares without an ICC profile.

use std::sync::LazyLock;

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, MatrixCoefficients,
    TransferCharacteristics,
};

use super::ColorSpace;
use super::pixels::{Channels, Pixels};

/// The luminance of diffuse white in PQ and HLG, in cd/m² (ITU-R BT.2408, 2.1). It becomes the white of sRGB.
const REFERENCE_WHITE: f64 = 203.0;

/// The peak luminance for which HLG is defined, in cd/m² (ITU-R BT.2100, table 5).
const HLG_PEAK: f64 = 1000.0;

/// A declared color space.
pub(super) struct Declared {
    /// What to call it.
    name: ColorSpace,
    /// The light of each sample value; 1 is white.
    light: Box<[f32; 256]>,
    /// From linear light to the linear light of sRGB.
    matrix: [[f32; 3]; 3],
    /// Whether the light is scene light in HLG, which [`displayed`] turns into display light.
    hlg: bool,
}

impl Declared {
    /// Adobe RGB (1998).
    pub fn adobe_rgb() -> Self {
        let matrix = to_srgb(&ColorProfile::new_adobe_rgb()).expect("possible primaries");
        Self::new(ColorSpace::AdobeRgb, matrix, |v| v.powf(563.0 / 256.0))
    }

    /// Code points of ITU-T H.273; `None` for those that name no color space of RGB.
    pub fn code_points(primaries: u8, transfer: u8, full_range: bool) -> Option<Self> {
        let color_primaries = CicpColorPrimaries::try_from(primaries).ok()?;
        // Reserved and unspecified ones have no chromaticities.
        ColorPrimaries::try_from(color_primaries).ok()?;
        let curve: fn(f64) -> f64 = match transfer {
            1 | 6 | 14 | 15 => bt709,
            4 => |v| v.powf(2.2),
            5 => |v| v.powf(2.8),
            8 => |v| v,
            13 => srgb,
            16 => pq,
            18 => hlg,
            _ => return None,
        };
        let mut profile = ColorProfile::new_srgb();
        // Only the primaries matter: the transfer functions of HLG and PQ have no place in a profile of 0 to 1.
        profile.update_rgb_colorimetry_from_cicp(CicpProfile {
            color_primaries,
            transfer_characteristics: TransferCharacteristics::Srgb,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        let full = move |v: f64| {
            let v = if full_range { v } else { (v * 255.0 - 16.0) / 219.0 };
            curve(v.clamp(0.0, 1.0))
        };
        Some(Self {
            hlg: transfer == 18,
            ..Self::new(ColorSpace::CodePoints, to_srgb(&profile)?, full)
        })
    }

    /// The gamma and the chromaticities (white, red, green, blue) of a PNG. If one of them is missing or impossible, it is
    /// that of sRGB; `None` if both are.
    pub fn of_png(gamma: Option<f64>, chromaticities: Option<[(f32, f32); 4]>) -> Option<Self> {
        let gamma = gamma.filter(|gamma| (0.05..=5.0).contains(gamma));
        let matrix = chromaticities.and_then(|[white, red, green, blue]| {
            let [white, red, green, blue] = [white, red, green, blue].map(|(x, y)| Chromaticity { x, y });
            let mut profile = ColorProfile::new_srgb();
            profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
            to_srgb(&profile)
        });
        if gamma.is_none() && matrix.is_none() {
            return None;
        }
        let name = ColorSpace::GammaAndPrimaries;
        let matrix = matrix.unwrap_or(IDENTITY);
        match gamma {
            // For sRGB, writers give the gamma of 1/2.2 (PNG, 11.3.2.2).
            Some(gamma) if !is_identity(&matrix) || (gamma * 2.2 - 1.0).abs() > 0.01 => {
                Some(Self::new(name, matrix, move |v| v.powf(1.0 / gamma)))
            }
            _ => Some(Self::new(name, matrix, srgb)),
        }
    }

    fn new(name: ColorSpace, matrix: [[f32; 3]; 3], curve: impl Fn(f64) -> f64) -> Self {
        Self {
            name,
            light: Box::new(std::array::from_fn(|i| curve(i as f64 / 255.0) as f32)),
            matrix,
            hlg: false,
        }
    }

    /// The name, or `None` if it is sRGB within rounding.
    pub fn name(&self) -> Option<ColorSpace> {
        let steps = || (0..=255_u8).step_by(51);
        let lattice = steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b])));
        let differs = |color: [u8; 3]| {
            let converted = self.convert_color(color);
            color
                .iter()
                .zip(converted)
                .any(|(from, to)| from.abs_diff(to) > 1)
        };
        lattice.into_iter().any(differs).then_some(self.name)
    }

    /// Gray and RGB as packed sRGB. Colors outside sRGB are clipped. `None` for ink.
    pub fn convert(&self, pixels: &Pixels) -> Option<Vec<u8>> {
        match pixels.channels {
            Channels::Gray => Some(
                pixels
                    .data
                    .iter()
                    .flat_map(|&v| self.convert_color([v; 3]))
                    .collect(),
            ),
            Channels::Rgb => {
                let colors = pixels.data.as_chunks::<3>().0;
                Some(
                    colors
                        .iter()
                        .flat_map(|&color| self.convert_color(color))
                        .collect(),
                )
            }
            Channels::Cmyk => None,
        }
    }

    fn convert_color(&self, color: [u8; 3]) -> [u8; 3] {
        let mut light = color.map(|v| self.light[usize::from(v)]);
        if self.hlg {
            light = displayed(light);
        }
        self.matrix.map(|row| {
            let sum: f32 = row.iter().zip(light).map(|(m, v)| m * v).sum();
            encoded(sum)
        })
    }
}

const IDENTITY: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// From the linear light of a profile's primaries to that of sRGB. `None` for impossible primaries: white does not stay
/// white, or the three are on a line.
fn to_srgb(profile: &ColorProfile) -> Option<[[f32; 3]; 3]> {
    let matrix = profile.transform_matrix(&ColorProfile::new_srgb()).v;
    let keeps_white = matrix
        .iter()
        .all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 0.02);
    let [[a, b, c], [d, e, f], [g, h, i]] = matrix;
    let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    (keeps_white && determinant > 0.001).then(|| matrix.map(|row| row.map(|v| v as f32)))
}

/// Whether a matrix is the identity, apart from the rounding of chromaticities in files.
fn is_identity(matrix: &[[f32; 3]; 3]) -> bool {
    let pairs = matrix.as_flattened().iter().zip(IDENTITY.as_flattened());
    pairs.into_iter().all(|(a, b)| (a - b).abs() < 0.01)
}

/// The light that a display shows of a scene in HLG (ITU-R BT.2100, table 5), relative to the reference white.
fn displayed(scene: [f32; 3]) -> [f32; 3] {
    let luminance: f32 = [0.2627, 0.6780, 0.0593]
        .iter()
        .zip(scene)
        .map(|(share, v)| share * v)
        .sum();
    let gain = (HLG_PEAK / REFERENCE_WHITE) as f32 * luminance.max(0.0).powf(0.2);
    scene.map(|v| v * gain)
}

/// Linear light as a sample of sRGB (IEC 61966-2-1).
pub(super) fn encoded(light: f32) -> u8 {
    /// Fine enough for the steepest part of the curve: a step is a fifth of a sample value.
    const STEPS: usize = 16_384;
    static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let encode = |v: f64| {
            if v <= 0.003_130_8 {
                12.92 * v
            } else {
                1.055 * v.powf(1.0 / 2.4) - 0.055
            }
        };
        (0..=STEPS)
            .map(|i| (encode(i as f64 / STEPS as f64) * 255.0).round() as u8)
            .collect()
    });
    TABLE[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
}

/// The linear light of a sample of sRGB (IEC 61966-2-1), both 0 to 1.
pub(super) fn srgb(v: f64) -> f64 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// ITU-R BT.709, 1.2.
fn bt709(v: f64) -> f64 {
    if v < 0.081 {
        v / 4.5
    } else {
        ((v + 0.099) / 1.099).powf(1.0 / 0.45)
    }
}

/// SMPTE ST 2084, relative to the reference white.
fn pq(v: f64) -> f64 {
    const M1: f64 = 2610.0 / 16384.0;
    const M2: f64 = 2523.0 / 4096.0 * 128.0;
    const C1: f64 = 3424.0 / 4096.0;
    const C2: f64 = 2413.0 / 4096.0 * 32.0;
    const C3: f64 = 2392.0 / 4096.0 * 32.0;
    let power = v.powf(1.0 / M2);
    10_000.0 / REFERENCE_WHITE * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// The light of the scene in HLG (ITU-R BT.2100, table 5); 1 is its peak.
fn hlg(v: f64) -> f64 {
    const A: f64 = 0.178_832_77;
    const B: f64 = 1.0 - 4.0 * A;
    let c = 0.5 - A * (4.0 * A).ln();
    if v <= 0.5 {
        v * v / 3.0
    } else {
        (((v - c) / A).exp() + B) / 12.0
    }
}
