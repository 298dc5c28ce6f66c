//! How the hair looks: what the words for it are based on.

use super::cells::Cell;
use super::daylight::Daylight;
use super::technique::Technique;
use super::zones::{ZONE_COUNT, Zone};
use serde::{Deserialize, Serialize};
use strand_color::{Lab, Summary, describe, lit_mean};

/// Gray and white strands have less chroma than this, in CIE Lab, and are lighter than dark hair. Both limits are soft, by
/// as much on either side as stated. From the hair of 24 portraits that are labeled as black, 38 as blonde, and 17 as gray.
const GRAY_CHROMA: (f32, f32) = (9.0, 3.0);
const GRAY_LIGHTNESS: (f32, f32) = (35.0, 5.0);

/// How the hair of a photo looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Appearance {
    /// The mean color of the lighter two thirds of the hair, as photographed.
    pub lit: Lab,
    /// The light of the photo.
    pub daylight: Daylight,
    /// The share of the hair that is gray or white, 0 to 1.
    pub gray: f32,
    /// Roots, lengths, and ends.
    pub zones: [Zone; ZONE_COUNT],
    /// How it seems to be colored.
    pub technique: Technique,
}

impl Appearance {
    pub(crate) fn of(
        cells: &[Cell],
        zones: [Zone; ZONE_COUNT],
        technique: Technique,
        daylight: Daylight,
    ) -> Self {
        let grays = cells
            .iter()
            .map(|(lab, share)| share * grayness(daylight.correct(*lab)));
        Self {
            lit: lit_mean(cells),
            daylight,
            gray: grays.sum::<f32>().clamp(0.0, 1.0),
            zones,
            technique,
        }
    }

    /// The words for the hair, as it would look in a usual, neutral photo.
    pub fn summary(&self) -> Summary {
        describe(self.daylight.correct(self.lit))
    }

    /// The words for roots, lengths, and ends, with the share of the hair and the color of each in a usual, neutral photo.
    pub fn zones(&self) -> [(Summary, Zone); ZONE_COUNT] {
        self.zones.map(|zone| {
            let lit = self.daylight.correct(zone.lit);
            (describe(lit), Zone { lit, ..zone })
        })
    }
}

/// 1 for gray and white, 0 for colored and dark.
fn grayness(lab: Lab) -> f32 {
    let above = |value: f32, (limit, softness): (f32, f32)| {
        ((value - limit) / (2.0 * softness) + 0.5).clamp(0.0, 1.0)
    };
    (1.0 - above(lab.a.hypot(lab.b), GRAY_CHROMA)) * above(lab.l, GRAY_LIGHTNESS)
}

#[cfg(test)]
mod tests {
    use super::super::zones::zones;
    use super::*;

    fn gray_share(cells: &[Cell]) -> f32 {
        Appearance::of(cells, zones(&[]), Technique::Solid, Daylight::AS_IT_IS).gray
    }

    #[test]
    fn gray_strands_count_and_black_and_blonde_ones_do_not() {
        let lab = |l, a, b| Lab { l, a, b };
        let (black, gray, blonde) = (lab(13.0, 0.0, -1.0), lab(55.0, -2.0, 1.0), lab(60.0, 4.0, 22.0));
        assert!((gray_share(&[(black, 0.7), (gray, 0.3)]) - 0.3).abs() < 0.01);
        assert!(gray_share(&[(black, 0.5), (blonde, 0.5)]) < 0.01);
        assert!(gray_share(&[(lab(90.0, 0.0, 4.0), 1.0)]) > 0.99);
    }
}
