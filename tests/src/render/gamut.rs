//! The color spaces of cameras' files.

use super::canvas::Light;

/// The color space of a file. Both have the white D65 and the transfer curve of sRGB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gamut {
    /// sRGB, which applies to files without a profile.
    #[default]
    Srgb,
    /// Display P3, in which phones save photos. The file needs the profile.
    DisplayP3,
}

/// Linear sRGB to linear Display P3, from the primaries of IEC 61966-2-1 and SMPTE EG 432-1 at the white D65 (the
/// figures of CSS Color 4, which derives them).
const TO_P3: [[f32; 3]; 3] = [
    [0.822_462, 0.177_538, 0.0],
    [0.033_194, 0.966_806, 0.0],
    [0.017_083, 0.072_397, 0.910_52],
];

/// The inverse of [`TO_P3`].
const FROM_P3: [[f32; 3]; 3] = [
    [1.224_94, -0.224_94, 0.0],
    [-0.042_057, 1.042_057, 0.0],
    [-0.019_638, -0.078_636, 1.098_274],
];

impl Gamut {
    /// The ICC profile that the file needs; `None` for sRGB.
    ///
    /// # Panics
    /// Never: the profile is fixed.
    pub fn profile(self) -> Option<Vec<u8>> {
        let profile = match self {
            Self::Srgb => return None,
            Self::DisplayP3 => moxcms::ColorProfile::new_display_p3(),
        };
        Some(profile.encode().expect("a built-in profile can be written"))
    }

    /// Converts linear sRGB light to this gamut.
    pub(super) fn holding(self, light: Light) -> Light {
        match self {
            Self::Srgb => light,
            Self::DisplayP3 => times(TO_P3, light),
        }
    }

    /// Converts this gamut's light to linear sRGB. Colors outside sRGB have channels outside 0 to 1.
    pub(super) fn to_srgb(self, light: Light) -> Light {
        match self {
            Self::Srgb => light,
            Self::DisplayP3 => times(FROM_P3, light),
        }
    }
}

fn times(matrix: [[f32; 3]; 3], light: Light) -> Light {
    matrix.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2])
}
