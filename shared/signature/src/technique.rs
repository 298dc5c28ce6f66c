//! How the lightness of hair runs from roots to ends.

use super::daylight::Daylight;
use super::pixels::HairPixel;
use serde::{Deserialize, Serialize};
use strand_color::{Lab, level_position, lit_mean};

/// How the hair seems to be colored, by how its lightness runs from roots to ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Technique {
    /// Of one lightness from roots to ends.
    Solid,
    /// Darker at the roots alone.
    Rooted,
    /// Lighter and lighter toward the ends.
    Balayage,
}

/// Roots, the middle, and the ends, as shares of the hair above a pixel.
const ROOTS: std::ops::Range<f32> = 0.0..0.2;
const MIDDLE: std::ops::Range<f32> = 0.4..0.6;
const ENDS: std::ops::Range<f32> = 0.8..1.0;
/// By so many professional levels, roots are darker than the middle or the ends.
const DARKER: f32 = 2.0;
/// By so many levels, the ends of a balayage are lighter than its middle.
const STILL_LIGHTER: f32 = 0.75;

impl Technique {
    /// Of the hair's pixels, in this light.
    pub fn of(pixels: &[HairPixel], daylight: Daylight) -> Self {
        let level = |part: std::ops::Range<f32>| {
            let inside = pixels.iter().filter(|pixel| part.contains(&pixel.height));
            let colors: Vec<(Lab, f32)> = inside.map(|pixel| (pixel.lab, pixel.weight)).collect();
            (!colors.is_empty()).then(|| level_position(daylight.correct(lit_mean(&colors)).l))
        };
        let (Some(roots), Some(middle), Some(ends)) = (level(ROOTS), level(MIDDLE), level(ENDS)) else {
            return Self::Solid;
        };
        if ends - roots >= DARKER && ends - middle >= STILL_LIGHTER {
            Self::Balayage
        } else if middle - roots >= DARKER {
            Self::Rooted
        } else {
            Self::Solid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hair whose lightness depends on its height, the share of the hair above it.
    fn technique(lightness: impl Fn(f32) -> f32) -> Technique {
        let pixel = |k: u8| {
            let height = f32::from(k) / 100.0;
            HairPixel {
                lab: Lab {
                    l: lightness(height),
                    a: 8.0,
                    b: 18.0,
                },
                weight: 1.0,
                height,
                row: height,
            }
        };
        Technique::of(&(0..100).map(pixel).collect::<Vec<_>>(), Daylight::AS_IT_IS)
    }

    #[test]
    fn techniques_differ_in_where_the_hair_gets_lighter() {
        let rooted = |height| if height < 0.25 { 28.0 } else { 55.0 };
        assert_eq!(technique(rooted), Technique::Rooted);
        assert_eq!(technique(|height| 25.0 + 40.0 * height), Technique::Balayage);
        assert_eq!(technique(|_| 40.0), Technique::Solid);
        assert_eq!(technique(|height| 60.0 - 30.0 * height), Technique::Solid);
    }
}
