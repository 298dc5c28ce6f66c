//! sRGB, CIE L\*a\*b\*, and the conversions between them.
//!
//! The transfer curve is that of IEC 61966-2-1. The matrices follow from its primaries and the white D65 as tabulated
//! in ASTM E308 for the 2° observer (0.95047, 1, 1.08883), given to seven places at
//! <http://www.brucelindbloom.com/Eqn_RGB_XYZ_Matrix.html>. The Lab curve uses the exact fractions of CIE 15:2004.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// An sRGB color with eight bits per channel. Its text form is `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rgb {
    /// Red, 0 to 255, gamma-encoded.
    pub r: u8,
    /// Green, 0 to 255, gamma-encoded.
    pub g: u8,
    /// Blue, 0 to 255, gamma-encoded.
    pub b: u8,
}

/// A CIE 1976 L\*a\*b\* color under D65 for the 2° observer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    /// Lightness, 0 (black) to 100 (white).
    pub l: f32,
    /// Green (negative) to red (positive); about -86 to 98 within sRGB.
    pub a: f32,
    /// Blue (negative) to yellow (positive); about -108 to 94 within sRGB.
    pub b: f32,
}

/// A text that is not a color.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a color; write it as #rrggbb or #rgb in hexadecimal, such as #c69c6d.")]
pub struct ParseRgbError(String);

/// Linear light to XYZ, each row divided by the white's component, so that white becomes (1, 1, 1).
const TO_XYZ: [[f32; 3]; 3] = [
    [
        0.412_456_4 / 0.950_47,
        0.357_576_1 / 0.950_47,
        0.180_437_5 / 0.950_47,
    ],
    [0.212_672_9, 0.715_152_2, 0.072_175],
    [
        0.019_333_9 / 1.088_83,
        0.119_192 / 1.088_83,
        0.950_304_1 / 1.088_83,
    ],
];

/// The inverse of [`TO_XYZ`]: white-relative XYZ to linear light.
const FROM_XYZ: [[f32; 3]; 3] = [
    [3.240_454_2 * 0.950_47, -1.537_138_5, -0.498_531_4 * 1.088_83],
    [-0.969_266 * 0.950_47, 1.876_010_8, 0.041_556 * 1.088_83],
    [0.055_643_4 * 0.950_47, -0.204_025_9, 1.057_225_2 * 1.088_83],
];

/// The point at which the Lab curve changes from a line to a cube root (CIE 15:2004, (6/29)³).
const EPSILON: f32 = 216.0 / 24389.0;
/// The slope of that line (CIE 15:2004, (29/3)³).
const KAPPA: f32 = 24389.0 / 27.0;

/// The linear light of each encoded value: a pixel costs three look-ups instead of three powers.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        let v = i as f64 / 255.0;
        let linear = if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        };
        linear as f32
    })
});

impl Rgb {
    /// The color with these gamma-encoded channels, 0 to 255 each.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

impl FromStr for Rgb {
    type Err = ParseRgbError;

    /// Reads `#rrggbb` or `#rgb`, in either case.
    fn from_str(text: &str) -> Result<Self, ParseRgbError> {
        let digits = || -> Option<Vec<u8>> {
            let hex = text.strip_prefix('#')?;
            hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect()
        };
        match digits().as_deref() {
            Some(&[r, s, g, h, b, c]) => Ok(Self::new(r * 16 + s, g * 16 + h, b * 16 + c)),
            Some(&[r, g, b]) => Ok(Self::new(r * 17, g * 17, b * 17)),
            _ => Err(ParseRgbError(text.chars().take(40).collect())),
        }
    }
}

impl From<Rgb> for Lab {
    fn from(rgb: Rgb) -> Self {
        lab_of(&LINEAR, rgb.r, rgb.g, rgb.b)
    }
}

impl Rgb {
    /// The linear light of each channel, 0 to 1.
    pub fn linear(self) -> [f32; 3] {
        [self.r, self.g, self.b].map(|v| LINEAR[usize::from(v)])
    }
}

impl Lab {
    /// From linear sRGB light, each channel 0 to 1.
    #[inline]
    pub fn from_linear(light: [f32; 3]) -> Self {
        // Without `array::map`, which is not inlined here and takes half of the time.
        let [x, y, z] = TO_XYZ;
        let (fx, fy, fz) = (curve(dot(x, light)), curve(dot(y, light)), curve(dot(z, light)));
        Self {
            l: 116.0 * fy - 16.0,
            a: 500.0 * (fx - fy),
            b: 200.0 * (fy - fz),
        }
    }

    /// The color as linear sRGB light: each channel 0 to 1, or outside that range for colors outside sRGB.
    pub fn to_linear(self) -> [f32; 3] {
        let fy = (self.l + 16.0) / 116.0;
        let xyz = [
            curve_inverse(fy + self.a / 500.0),
            curve_inverse(fy),
            curve_inverse(fy - self.b / 200.0),
        ];
        FROM_XYZ.map(|row| dot(row, xyz))
    }

    /// The nearest sRGB color. Colors outside sRGB are clipped channel by channel.
    pub fn to_rgb(self) -> Rgb {
        let [r, g, b] = self.to_linear().map(encode);
        Rgb { r, g, b }
    }

    /// The distance from the gray axis, C\*ab.
    #[inline]
    pub fn chroma(self) -> f32 {
        (self.a * self.a + self.b * self.b).sqrt()
    }

    /// The hue angle h\*ab in degrees, from 0 (red) to below 360, counterclockwise through yellow. A gray has 0.
    pub fn hue(self) -> f32 {
        let degrees = self.b.atan2(self.a).to_degrees();
        // A tiny negative angle would round up to exactly 360.
        if degrees < 0.0 {
            (degrees + 360.0) % 360.0
        } else {
            degrees
        }
    }
}

/// The number of pixels that are converted together, so that the compiler uses vector registers.
const BLOCK: usize = 16;

/// Appends the Lab of each pixel of `rgb` (packed, three bytes each) to `out`. It takes about 5 ns per pixel.
///
/// Trailing bytes that do not form a whole pixel are ignored.
pub fn append_labs(rgb: &[u8], out: &mut Vec<Lab>) {
    out.append(&mut labs(rgb.as_chunks().0));
}

/// The Lab of pixels, each of three bytes: red, green, blue.
pub fn labs(pixels: &[[u8; 3]]) -> Vec<Lab> {
    let linear: &[f32; 256] = &LINEAR;
    let mut labs = Vec::with_capacity(pixels.len());
    let (blocks, rest) = pixels.as_chunks::<BLOCK>();
    for block in blocks {
        let [mut r, mut g, mut b] = [[0.0; BLOCK]; 3];
        for (i, [red, green, blue]) in block.iter().enumerate() {
            r[i] = linear[usize::from(*red)];
            g[i] = linear[usize::from(*green)];
            b[i] = linear[usize::from(*blue)];
        }
        let mut converted = [Lab::default(); BLOCK];
        for (i, lab) in converted.iter_mut().enumerate() {
            *lab = Lab::from_linear([r[i], g[i], b[i]]);
        }
        labs.extend_from_slice(&converted);
    }
    labs.extend(rest.iter().map(|&[r, g, b]| lab_of(linear, r, g, b)));
    labs
}

#[inline]
fn lab_of(linear: &[f32; 256], r: u8, g: u8, b: u8) -> Lab {
    let light = [
        linear[usize::from(r)],
        linear[usize::from(g)],
        linear[usize::from(b)],
    ];
    Lab::from_linear(light)
}

#[inline]
fn dot(m: [f32; 3], v: [f32; 3]) -> f32 {
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2]
}

/// The Lab curve f(t) of CIE 15:2004.
#[inline]
fn curve(t: f32) -> f32 {
    if t > EPSILON {
        cube_root(t)
    } else {
        (KAPPA * t + 16.0) / 116.0
    }
}

fn curve_inverse(f: f32) -> f32 {
    let cube = f * f * f;
    if cube > EPSILON {
        cube
    } else {
        (116.0 * f - 16.0) / KAPPA
    }
}

/// The cube root of `t` in (0, 2], correct to the last few bits of an `f32`.
///
/// Dividing the bits of a float by three divides its exponent by three, which gives a first guess within 4%. Two Halley
/// steps, each tripling the number of correct digits, complete it. `f32::cbrt` costs four times as much, and a photo
/// has a quarter of a million pixels.
#[inline]
fn cube_root(t: f32) -> f32 {
    let guess = f32::from_bits(t.to_bits() / 3 + 0x2a51_19f2);
    let step = |y: f32| {
        let cube = y * y * y;
        y * (cube + t + t) / (cube + cube + t)
    };
    step(step(guess))
}

fn encode(linear: f32) -> u8 {
    let v = if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    };
    (v * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// L\*a\*b\* of sRGB colors from Lindbloom's calculator (D65, no adaptation).
    const REFERENCE: [(Rgb, [f32; 3]); 9] = [
        (Rgb::new(255, 0, 0), [53.2408, 80.0925, 67.2032]),
        (Rgb::new(0, 255, 0), [87.7347, -86.1827, 83.1793]),
        (Rgb::new(0, 0, 255), [32.2970, 79.1875, -107.8602]),
        (Rgb::new(255, 255, 0), [97.1393, -21.5537, 94.4780]),
        (Rgb::new(0, 255, 255), [91.1132, -48.0875, -14.1312]),
        (Rgb::new(255, 0, 255), [60.3242, 98.2343, -60.8249]),
        (Rgb::new(255, 255, 255), [100.0, 0.0, 0.0]),
        (Rgb::new(0, 0, 0), [0.0, 0.0, 0.0]),
        (Rgb::new(128, 128, 128), [53.5850, 0.0, 0.0]),
    ];

    #[test]
    fn published_values() {
        for (rgb, [l, a, b]) in REFERENCE {
            let lab = Lab::from(rgb);
            for (got, want) in [(lab.l, l), (lab.a, a), (lab.b, b)] {
                assert!((got - want).abs() < 2e-3, "{rgb}: {lab:?}");
            }
        }
    }

    #[test]
    fn cube_root_is_exact_to_f32() {
        for i in 1..=20_000 {
            let t = i as f32 / 10_000.0;
            let exact = f64::from(t).cbrt();
            assert!((f64::from(cube_root(t)) / exact - 1.0).abs() < 4e-7, "{t}");
        }
    }

    #[test]
    fn every_gray_is_neutral_and_lightness_rises() {
        let grays: Vec<Lab> = (0..=255).map(|v| Lab::from(Rgb::new(v, v, v))).collect();
        assert!(grays.iter().all(|lab| lab.chroma() < 1e-3));
        assert!(grays.windows(2).all(|pair| pair[0].l < pair[1].l));
    }

    #[test]
    fn every_color_of_a_fine_lattice_survives_the_round_trip() {
        for r in (0..=255).step_by(3) {
            for g in (0..=255).step_by(3) {
                for b in (0..=255).step_by(3) {
                    let rgb = Rgb::new(r, g, b);
                    assert_eq!(Lab::from(rgb).to_rgb(), rgb);
                }
            }
        }
    }

    #[test]
    fn what_lies_outside_srgb_is_clipped() {
        assert_eq!(
            Lab {
                l: 150.0,
                a: 0.0,
                b: 0.0
            }
            .to_rgb(),
            Rgb::new(255, 255, 255)
        );
        assert_eq!(
            Lab {
                l: -20.0,
                a: 0.0,
                b: 0.0
            }
            .to_rgb(),
            Rgb::new(0, 0, 0)
        );
        assert_eq!(
            Lab {
                l: 50.0,
                a: 200.0,
                b: 150.0
            }
            .to_rgb()
            .g,
            0
        );
    }

    #[test]
    fn hue_and_chroma() {
        let lab = Lab {
            l: 50.0,
            a: 3.0,
            b: -4.0,
        };
        assert!((lab.chroma() - 5.0).abs() < 1e-6);
        assert!((lab.hue() - 306.87).abs() < 0.01);
        assert!(
            Lab {
                l: 50.0,
                a: 1.0,
                b: -1e-12
            }
            .hue()
                < 360.0
        );
    }

    #[test]
    fn hex_is_read_in_both_lengths_and_either_case() {
        assert_eq!("#C69c6D".parse(), Ok(Rgb::new(0xc6, 0x9c, 0x6d)));
        assert_eq!("#fa0".parse(), Ok(Rgb::new(0xff, 0xaa, 0x00)));
        for wrong in [
            "", "#", "c69c6d", "#c69c6", "#c69c6d0", "#c69c6g", "#+12345", "#ééé",
        ] {
            let error = wrong.parse::<Rgb>().unwrap_err().to_string();
            assert!(error.contains("write it as #rrggbb"), "{error}");
        }
    }

    #[test]
    fn a_long_wrong_text_is_not_echoed_whole() {
        assert!("x".repeat(10_000).parse::<Rgb>().unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn bulk_conversion_ignores_a_broken_pixel() {
        let mut labs = Vec::new();
        append_labs(&[255, 0, 0, 0, 0, 255, 7], &mut labs);
        assert_eq!(
            labs,
            [Lab::from(Rgb::new(255, 0, 0)), Lab::from(Rgb::new(0, 0, 255))]
        );
    }

    proptest! {
        #[test]
        fn lab_and_hex_round_trip(r: u8, g: u8, b: u8) {
            let rgb = Rgb::new(r, g, b);
            prop_assert_eq!(Lab::from(rgb).to_rgb(), rgb);
            prop_assert_eq!(rgb.to_string().parse(), Ok(rgb));
        }

        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC*") {
            let _ = text.parse::<Rgb>();
        }

        #[test]
        fn any_lab_has_a_color(l in -1e6f32..1e6, a in -1e6f32..1e6, b in -1e6f32..1e6) {
            let lab = Lab { l, a, b };
            let _ = lab.to_rgb();
            prop_assert!((0.0..360.0).contains(&lab.hue()));
        }
    }
}
