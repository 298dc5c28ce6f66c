//! What the colors of the hair would be in a usual, neutral photo. A small network judges the light by the hair and by what
//! surrounds it (`models/daylight`). It answers three factors of linear light, and how far it may be wrong.

use super::statistics::QUINTILES;
use super::surroundings::{GROUND_PARTS, SKIN_PARTS, Surroundings};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use strand_color::Lab;

const COLORS: usize = QUINTILES + SKIN_PARTS + GROUND_PARTS + 1;
/// Each color is the logarithm of its linear light. The last two values say whether there is skin, and whether there is
/// anything besides hair.
const INPUT: usize = 3 * COLORS + 2;
const HIDDEN: usize = 48;
/// Three factors, then the error, as logarithms.
const OUTPUT: usize = 4;
/// Keeps the logarithm of black finite, and the middle of the logarithms.
const DARKEST: f32 = 0.01;
const MIDDLE: f32 = -2.0;
/// The mean length of a vector of three errors of one unit each: the mean of a chi distribution.
const OF_THREE: f32 = 1.6;

const WEIGHT_COUNT: usize = (INPUT + 1) * HIDDEN + (HIDDEN + 1) * HIDDEN + (HIDDEN + 1) * OUTPUT;
/// Three layers, each with its weights row by row and its bias, as little-endian `f32`. A file of a different length does
/// not compile.
static WEIGHTS: &[u8; 4 * WEIGHT_COUNT] = include_bytes!("../../../models/daylight/daylight.f32");

/// The weights and the bias of each layer.
static LAYERS: LazyLock<[(Vec<f32>, Vec<f32>); 3]> = LazyLock::new(|| {
    let values = WEIGHTS
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes));
    let mut values = values.collect::<Vec<f32>>().into_iter();
    [(INPUT, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUT)].map(|(inputs, outputs)| {
        (
            values.by_ref().take(inputs * outputs).collect(),
            values.by_ref().take(outputs).collect(),
        )
    })
});

/// An estimate of the light of a photo, as what turns its colors into those of a usual, neutral photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Daylight {
    /// Factors of linear red, green and blue light.
    factors: [f32; 3],
    /// By how far corrected colors are off on average, as a distance in CIE Lab.
    pub error: f32,
}

impl Daylight {
    /// Of a photo that is taken as it is.
    pub const AS_IT_IS: Self = Self {
        factors: [1.0; 3],
        error: 0.0,
    };

    /// Judges the light by the mean color of each fifth of the hair, from dark to light, and by what surrounds it.
    pub fn judge(hair: &[Lab; QUINTILES], surroundings: &Surroundings) -> Self {
        let mut flow = input(hair, surroundings);
        for (layer, (weights, bias)) in LAYERS.iter().enumerate() {
            let sums = weights.chunks_exact(flow.len()).zip(bias);
            let sums = sums.map(|(row, bias)| super::dot(row, &flow) + bias);
            flow = match layer {
                2 => sums.collect(),
                _ => sums.map(|x| x / (1.0 + (-x).exp())).collect(),
            };
        }
        Self {
            factors: [flow[0], flow[1], flow[2]].map(f32::exp),
            error: OF_THREE * flow[3].exp(),
        }
    }

    /// By how many stops the photo is darker than a usual one, or brighter, where this is negative.
    pub fn stops_dark(self) -> f32 {
        /// The parts of red, green and blue in luminance (ITU-R BT.709).
        const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];
        let luminance = self.factors.iter().zip(LUMINANCE);
        luminance.map(|(factor, part)| factor * part).sum::<f32>().log2()
    }

    /// The chroma, in CIE Lab, of a middle gray in the light of the photo.
    pub fn cast(self) -> f32 {
        /// The linear light that reflects from a gray card.
        const MIDDLE_GRAY: f32 = 0.18;
        let exposure = self.stops_dark().exp2();
        Lab::from_linear(self.factors.map(|factor| MIDDLE_GRAY * exposure / factor)).chroma()
    }

    /// By how many stops the light of two photos differs, in the channel in which it differs most.
    pub fn stops_apart(self, other: Self) -> f32 {
        let channels = self.factors.iter().zip(other.factors);
        let stops = channels.map(|(one, other)| (one / other).log2().abs());
        stops.fold(0.0, f32::max)
    }

    /// The color in a usual, neutral photo.
    pub fn correct(self, lab: Lab) -> Lab {
        let light = lab.to_linear();
        Lab::from_linear(std::array::from_fn(|i| {
            (light[i].clamp(0.0, 1.0) * self.factors[i]).min(1.0)
        }))
    }
}

fn input(hair: &[Lab; QUINTILES], Surroundings { skin, ground, bright }: &Surroundings) -> Vec<f32> {
    let mut input = Vec::with_capacity(INPUT);
    let mut put = |colors: Option<&[Lab]>, count: usize| {
        let colors = colors.unwrap_or_default();
        let logs = colors.iter().flat_map(|lab| lab.to_linear());
        input.extend(logs.map(|light| (light.clamp(0.0, 1.0) + DARKEST).ln() - MIDDLE));
        input.extend(std::iter::repeat_n(0.0, 3 * (count - colors.len())));
    };
    put(Some(hair), QUINTILES);
    put(skin.as_ref().map(<[Lab; SKIN_PARTS]>::as_slice), SKIN_PARTS);
    put(ground.as_ref().map(<[Lab; GROUND_PARTS]>::as_slice), GROUND_PARTS);
    put(bright.as_ref().map(std::slice::from_ref), 1);
    input.extend([skin.is_some(), bright.is_some()].map(|has| f32::from(u8::from(has))));
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWN: Lab = Lab {
        l: 34.0,
        a: 9.0,
        b: 16.0,
    };
    const SKIN: Lab = Lab {
        l: 68.0,
        a: 14.0,
        b: 18.0,
    };
    const PAPER: Lab = Lab {
        l: 96.0,
        a: 0.0,
        b: 1.0,
    };

    fn lit(lab: Lab, light: [f32; 3]) -> Lab {
        let linear = lab.to_linear();
        Lab::from_linear(std::array::from_fn(|i| (linear[i] * light[i]).clamp(0.0, 1.0)))
    }

    /// The corrected color of brown hair next to a face, in front of white paper, in this light.
    fn corrected(light: [f32; 3]) -> Lab {
        let hair = [0.5, 0.7, 1.0, 1.2, 1.5].map(|part| lit(lit(BROWN, [part; 3]), light));
        let surroundings = Surroundings {
            skin: Some([0.8, 1.0, 1.2].map(|part| lit(lit(SKIN, [part; 3]), light))),
            ground: Some([lit(PAPER, light); GROUND_PARTS]),
            bright: Some(lit(PAPER, light)),
        };
        let daylight = Daylight::judge(&hair, &surroundings);
        assert!((1.0..15.0).contains(&daylight.error), "{daylight:?}");
        daylight.correct(lit(BROWN, light))
    }

    #[test]
    fn the_light_hardly_moves_corrected_colors() {
        let usual = corrected([1.0; 3]);
        for light in [[0.5; 3], [1.2; 3], [1.3, 1.0, 0.6], [0.9, 1.0, 1.2]] {
            let (seen, found) = (lit(BROWN, light), corrected(light));
            let off = |lab: Lab| {
                ((lab.l - usual.l).powi(2) + (lab.a - usual.a).powi(2) + (lab.b - usual.b).powi(2)).sqrt()
            };
            assert!(
                off(found) < 0.6 * off(seen).max(6.0),
                "{light:?}: {seen:?} {found:?}, usually {usual:?}"
            );
        }
    }

    #[test]
    fn a_photo_taken_as_it_is_keeps_its_colors() {
        let kept = Daylight::AS_IT_IS.correct(BROWN);
        assert!((kept.l - BROWN.l).abs() < 0.01 && (kept.b - BROWN.b).abs() < 0.01);
    }
}
