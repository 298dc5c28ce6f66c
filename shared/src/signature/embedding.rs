//! The shade embedding: a small network from what is measured of the hair, and of what surrounds it, to a direction.
//!
//! Photos of one shade point one way whatever light they were taken in and whichever part of the hair they show; photos
//! of two shades point apart. It was trained for just that (`models/shade-embedding/`): episodes of shades from one to
//! three photos each, every photo in a light of its own, as in Snell, Swersky, Zemel: "Prototypical Networks for Few-shot
//! Learning", `NeurIPS` 2017, with the cosine as likeness. All vectors have unit length, so that a linear SVM can part any
//! shade from all others, and a scalar product is a cosine.

use super::histogram::HISTOGRAM;
use super::statistics::STATISTICS;
use super::surroundings::SURROUNDINGS;
use std::sync::LazyLock;

/// Names this embedding in a feature space id. Any change of what goes in, or of the weights, needs a new one.
pub const DESCRIPTOR_ID: &str = "shade1";
/// Length of the embedding.
pub const DESCRIPTOR_DIMENSION: usize = 64;

const HIDDEN: usize = 192;
const INPUT: usize = HISTOGRAM + STATISTICS + SURROUNDINGS;
/// Brings the histogram, of unit length over hundreds of cells, to the size of the others.
const HISTOGRAM_SCALE: f32 = 3.0;
/// Lab units to about one.
const LAB_SCALE: f32 = 1.0 / 25.0;

/// All weights as little-endian bfloat16 (the upper half of an `f32`), matrices row by row: two hidden layers with their
/// biases, the output with its bias, and the matrix that leads past the hidden layers.
static WEIGHTS: &[u8] = include_bytes!("../../../models/shade-embedding/shade-embedding.bf16");

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
    let output = layer(HIDDEN, DESCRIPTOR_DIMENSION);
    let past = Layer {
        weights: take(INPUT * DESCRIPTOR_DIMENSION),
        bias: Vec::new(),
    };
    Network { hidden, output, past }
});

/// The embedding, of unit length. Without `surroundings` it rests on the hair alone.
pub fn embed(histogram: &[f32], statistics: &[f32], surroundings: Option<&[f32; SURROUNDINGS]>) -> Vec<f32> {
    let mut input = Vec::with_capacity(INPUT);
    input.extend(histogram.iter().map(|x| x * HISTOGRAM_SCALE));
    input.extend(statistics.iter().map(|x| x * LAB_SCALE));
    input.extend(surroundings.map_or([0.0; SURROUNDINGS], |figures| {
        // The fourth says whether there is skin and is no color.
        std::array::from_fn(|k| {
            if k == 3 {
                figures[k]
            } else {
                figures[k] * LAB_SCALE
            }
        })
    }));
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
    let length = embedding
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::EPSILON);
    for x in &mut embedding {
        *x /= length;
    }
    embedding
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
