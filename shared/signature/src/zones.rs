//! Roots, lengths, and ends.

use super::pixels::HairPixel;
use serde::{Deserialize, Serialize};
use strand_color::{Lab, lit_mean};

/// Roots, lengths, and ends.
pub const ZONE_COUNT: usize = 3;
/// This share of the hair may lie above the roots and below the ends: flyaway strands, and the mask's mistakes.
const OUTSIDE: f32 = 0.01;

/// A third of the height of the hair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    /// Its share of the hair, 0 to 1.
    pub share: f32,
    /// The mean color of its lighter two thirds, as photographed.
    pub lit: Lab,
}

/// The zones from top to bottom, of hair that hangs down. A zone without hair has the color of all hair.
pub fn zones(pixels: &[HairPixel]) -> [Zone; ZONE_COUNT] {
    let outside = (OUTSIDE * pixels.len() as f32) as usize;
    // The pixels are in the order of rows.
    let top = pixels.get(outside).map_or(0.0, |pixel| pixel.row);
    let bottom = pixels.len().checked_sub(outside + 1);
    let bottom = bottom
        .and_then(|last| pixels.get(last))
        .map_or(1.0, |pixel| pixel.row);
    let height = (bottom - top).max(f32::EPSILON);
    let zone_of = |pixel: &HairPixel| {
        let place = (pixel.row - top) / height * ZONE_COUNT as f32;
        (place.max(0.0) as usize).min(ZONE_COUNT - 1)
    };
    let mut colors: [Vec<(Lab, f32)>; ZONE_COUNT] = Default::default();
    for pixel in pixels {
        colors[zone_of(pixel)].push((pixel.lab, pixel.weight));
    }
    let weight = |colors: &[(Lab, f32)]| colors.iter().map(|(_, weight)| weight).sum::<f32>();
    let total = colors
        .iter()
        .map(|colors| weight(colors))
        .sum::<f32>()
        .max(f32::EPSILON);
    colors.each_ref().map(|zone| Zone {
        share: weight(zone) / total,
        lit: if zone.is_empty() {
            lit_mean(&colors.concat())
        } else {
            lit_mean(zone)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_color::samples::{BLONDE, BROWN};

    /// 100 pixels, of which `above` have a color of their own.
    fn hair(above: usize) -> Vec<HairPixel> {
        let pixel = |k: usize| HairPixel {
            lab: if k < above { BROWN } else { BLONDE },
            weight: 1.0,
            height: k as f32 / 100.0,
            row: 0.2 + 0.006 * k as f32,
        };
        (0..100).map(pixel).collect()
    }

    #[test]
    fn dark_roots_show_in_the_first_zone_alone() {
        let [roots, lengths, ends] = zones(&hair(34));
        assert!((roots.lit.l - BROWN.l).abs() < 1.0, "{roots:?}");
        for zone in [lengths, ends] {
            assert!((zone.lit.l - BLONDE.l).abs() < 1.0, "{zone:?}");
        }
        let shares = roots.share + lengths.share + ends.share;
        assert!((shares - 1.0).abs() < 1e-5 && (roots.share - 1.0 / 3.0).abs() < 0.02);
    }

    #[test]
    fn a_strand_that_stands_off_moves_no_zone() {
        let usual = zones(&hair(34));
        let mut flyaway = hair(34);
        flyaway[0].row = 0.0;
        let moved = zones(&flyaway);
        assert!((usual[0].share - moved[0].share).abs() < 0.02, "{moved:?}");
    }

    #[test]
    fn hair_in_one_row_is_of_one_zone() {
        let mut flat = hair(0);
        for pixel in &mut flat {
            pixel.row = 0.5;
        }
        let [roots, _, ends] = zones(&flat);
        assert!((roots.share - 1.0).abs() < 1e-5 && (ends.lit.l - roots.lit.l).abs() < 1e-3);
    }
}
