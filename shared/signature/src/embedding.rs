//! The shade embedding: a small network from measurements of the hair and its surroundings to a direction.
//!
//! Photos of one shade point in the same direction, in any light and whichever part of the hair they show. Photos of
//! two shades point in different directions. The network was trained for this (`models/shade-embedding/`) in episodes
//! of shades with one to three photos each, every photo in its own light, as in Snell, Swersky, Zemel: "Prototypical
//! Networks for Few-shot Learning", `NeurIPS` 2017, with the cosine as similarity. The directions have unit length, so
//! that a linear SVM can separate any shade from all others, and a scalar product is a cosine.

use super::histogram::HISTOGRAM;
use super::statistics::{QUINTILES, SHAPE, Statistics};
use super::surroundings::{GROUND_PARTS, SKIN_PARTS, Surroundings};
use std::sync::LazyLock;
use strand_color::Lab;

/// The name of this embedding in a feature space id. Any change of its input or its weights needs a new name.
pub const DESCRIPTOR_ID: &str = "shade6";
/// The revision, from 1, of how hair is measured, for a feature space id: decoding, which pixels count as hair, and
/// clustering. A change that gives different numbers for the same photo needs the next revision. Libraries are then
/// measured again in the background.
pub const MEASURING_REVISION: u32 = 3;
/// The number of values in the embedding.
pub const DESCRIPTOR_DIMENSION: usize = 64;

const HIDDEN: usize = 256;
/// The input for one color: Lab and the logarithm of its linear light.
const OF_COLOR: usize = 6;
const OF_HAIR: usize = HISTOGRAM + OF_COLOR * QUINTILES + SHAPE;
/// The last two values say whether there is skin, and whether there is anything besides hair.
const OF_SURROUNDINGS: usize = OF_COLOR * (SKIN_PARTS + GROUND_PARTS + 1) + 2;
const INPUT: usize = OF_HAIR + OF_SURROUNDINGS;
/// One more output says how reliable the photo is.
const OUTPUT: usize = DESCRIPTOR_DIMENSION + 1;
/// Scales the histogram, which has unit length over hundreds of cells, to the size of the other inputs.
const HISTOGRAM_SCALE: f32 = 3.0;
/// Scales Lab units to about one.
const LAB_SCALE: f32 = 1.0 / 25.0;
/// Keeps the logarithm of black finite.
const DARKEST: f32 = 0.01;

/// Two hidden layers with their biases, the output with its bias, and the matrix that bypasses the hidden layers.
const WEIGHT_COUNT: usize =
    (INPUT + 1) * HIDDEN + (HIDDEN + 1) * HIDDEN + (HIDDEN + 1) * OUTPUT + INPUT * OUTPUT;
/// All weights, in this order, as little-endian bfloat16 (the upper half of an `f32`), with matrices row by row. A file
/// of a different length does not compile.
static WEIGHTS: &[u8; 2 * WEIGHT_COUNT] =
    include_bytes!("../../../models/shade-embedding/shade-embedding.bf16");

struct Layer {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

struct Network {
    hidden: [Layer; 2],
    output: Layer,
    past: Layer,
}

static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    let mut values = WEIGHTS
        .as_chunks::<2>()
        .0
        .iter()
        .map(|half| f32::from_bits(u32::from(u16::from_le_bytes(*half)) << 16));
    let mut take = |count: usize| values.by_ref().take(count).collect::<Vec<f32>>();
    let mut layer = |inputs: usize, outputs: usize| Layer {
        weights: take(inputs * outputs),
        bias: take(outputs),
    };
    let hidden = [layer(INPUT, HIDDEN), layer(HIDDEN, HIDDEN)];
    let output = layer(HIDDEN, OUTPUT);
    let past = Layer {
        weights: take(INPUT * OUTPUT),
        bias: Vec::new(),
    };
    Network { hidden, output, past }
});

/// Computes the embedding, of [`DESCRIPTOR_DIMENSION`] values. Its direction is the shade. Its length, e^-2 to e^2,
/// says how reliable the photo is compared with other photos, which depends on how well its light can be judged.
/// Without `surroundings` it uses the hair only.
pub fn embed(histogram: &[f32], statistics: &Statistics, surroundings: Option<&Surroundings>) -> Vec<f32> {
    let mut input = Vec::with_capacity(INPUT);
    input.extend(histogram.iter().map(|x| x * HISTOGRAM_SCALE));
    input.extend(statistics.quintiles.into_iter().flat_map(color));
    input.extend(statistics.shape.map(|x| x * LAB_SCALE));
    if let Some(Surroundings { skin, ground, bright }) = surroundings {
        let mut put = |colors: Option<&[Lab]>, count: usize| {
            let colors = colors.unwrap_or_default();
            input.extend(colors.iter().copied().flat_map(color));
            input.extend(std::iter::repeat_n(0.0, OF_COLOR * (count - colors.len())));
        };
        put(skin.as_ref().map(<[Lab; SKIN_PARTS]>::as_slice), SKIN_PARTS);
        put(ground.as_ref().map(<[Lab; GROUND_PARTS]>::as_slice), GROUND_PARTS);
        put(bright.as_ref().map(std::slice::from_ref), 1);
        input.extend([skin.is_some(), bright.is_some()].map(|has| f32::from(u8::from(has))));
    }
    input.resize(INPUT, 0.0);
    let network = &*NETWORK;
    let mut flow = input.clone();
    for layer in &network.hidden {
        flow = layer
            .of(&flow)
            .into_iter()
            .map(|x| x / (1.0 + (-x).exp()))
            .collect();
    }
    let mut embedding = network.output.of(&flow);
    for (value, past) in embedding.iter_mut().zip(network.past.of(&input)) {
        *value += past;
    }
    let trust = embedding.pop().map_or(1.0, |x| (2.0 * (x / 2.0).tanh()).exp());
    let length = length(&embedding).max(f32::EPSILON);
    for x in &mut embedding {
        *x *= trust / length;
    }
    embedding
}

/// The embedding that is the mean of two directions: with the surroundings, by which the light is judged, and without them,
/// for they are a noisy witness of the light. Its length is that of the former.
///
/// On real photographs of people (not part of this project), the mean names 0.65 and 0.74 of the shades of two sets, the
/// former alone 0.60 and 0.63.
pub fn embed_doubting(
    histogram: &[f32],
    statistics: &Statistics,
    surroundings: Option<&Surroundings>,
) -> Vec<f32> {
    let alone = embed(histogram, statistics, None);
    let Some(surroundings) = surroundings else {
        return alone;
    };
    let with = embed(histogram, statistics, Some(surroundings));
    let (trust, other) = (length(&with), length(&alone));
    let sum = with.iter().zip(&alone).map(|(x, y)| x / trust + y / other);
    let sum: Vec<f32> = sum.collect();
    let scale = trust / length(&sum).max(f32::EPSILON);
    sum.into_iter().map(|x| x * scale).collect()
}

/// The Euclidean length of a vector.
pub fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}

/// A lamp scales linear light, so it adds to the logarithm of it, by the same amount for hair and surroundings.
fn color(lab: Lab) -> [f32; OF_COLOR] {
    let [r, g, b] = lab
        .to_linear()
        .map(|light| (light.clamp(0.0, 1.0) + DARKEST).ln());
    [lab.l * LAB_SCALE, lab.a * LAB_SCALE, lab.b * LAB_SCALE, r, g, b]
}

impl Layer {
    fn of(&self, input: &[f32]) -> Vec<f32> {
        let sums = self
            .weights
            .chunks_exact(input.len())
            .map(|row| super::dot(row, input));
        let bias = self.bias.iter().copied().chain(std::iter::repeat(0.0));
        sums.zip(bias).map(|(sum, bias)| sum + bias).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::histogram;
    use crate::pixels::HairPixel;
    use crate::statistics::statistics;

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
    const WALL: Lab = Lab {
        l: 82.0,
        a: 0.0,
        b: 2.0,
    };

    /// The color in `light` times as much light.
    fn lit(lab: Lab, light: f32) -> Lab {
        Lab::from_linear(lab.to_linear().map(|value| (value * light).clamp(0.0, 1.0)))
    }

    /// The embedding of hair of one color in front of a wall, next to a face, with different amounts of light on the
    /// hair and around it.
    fn taken(hair: Lab, on_hair: f32, around: Option<f32>) -> Vec<f32> {
        let pixel = |k: usize| HairPixel {
            lab: lit(hair, on_hair * (0.7 + 0.6 * (k % 10) as f32 / 9.0)),
            weight: 1.0,
            height: k as f32 / 400.0,
            row: k as f32 / 400.0,
        };
        let pixels: Vec<HairPixel> = (0..400).map(pixel).collect();
        let surroundings = around.map(|light| Surroundings {
            skin: Some([0.8, 1.0, 1.2].map(|part| lit(SKIN, part * light))),
            ground: Some([0.8, 0.9, 1.0, 1.05, 1.1].map(|part| lit(WALL, part * light))),
            bright: Some(lit(WALL, 1.2 * light)),
        });
        embed(&histogram(&pixels), &statistics(&pixels), surroundings.as_ref())
    }

    fn cosine(x: &[f32], y: &[f32]) -> f32 {
        crate::dot(x, y) / length(x) / length(y)
    }

    #[test]
    fn surroundings_give_evidence_of_the_light() {
        let as_it_is = taken(BROWN, 1.0, Some(1.0));
        for light in [0.6, 1.4] {
            let other_light = cosine(&as_it_is, &taken(BROWN, light, Some(light)));
            let other_hair = cosine(&as_it_is, &taken(BROWN, light, Some(1.0)));
            assert!(
                other_light > other_hair + 0.005,
                "{light}: {other_light} {other_hair}"
            );
        }
    }

    #[test]
    fn a_photo_whose_light_cannot_be_judged_is_trusted_less() {
        let (with, without) = (taken(BROWN, 1.0, Some(1.0)), taken(BROWN, 1.0, None));
        assert!(length(&without) < 0.95 * length(&with));
    }

    #[test]
    fn the_length_stays_in_its_bounds() {
        for around in [None, Some(0.5), Some(1.0), Some(2.0)] {
            let embedding = taken(BROWN, 1.0, around);
            assert_eq!(embedding.len(), DESCRIPTOR_DIMENSION);
            assert!((-2.0..2.0).contains(&length(&embedding).ln()));
        }
    }
}
