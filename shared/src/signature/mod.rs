//! Hair pixels to a [`Signature`]: the dominant colors, and the feature vector that shade models train on.

mod dominant;
mod embedding;
mod histogram;
mod parts;
mod pixels;
mod statistics;
mod surroundings;

pub use dominant::{DominantColor, MAX_COLORS, mean_color};
pub use embedding::{DESCRIPTOR_DIMENSION, DESCRIPTOR_ID};

use crate::color::Lab;
use crate::photo::Photo;
use crate::vision::HairMask;
use serde::{Deserialize, Serialize};

/// What is measured of the hair in one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// 1 to [`MAX_COLORS`] colors by falling share; the shares sum to 1.
    pub colors: Vec<DominantColor>,
    /// Mean color of the hair in CIE Lab (D65).
    pub mean: Lab,
    /// The shade embedding, [`DESCRIPTOR_DIMENSION`] values: the direction is the shade, the length how far the photo can
    /// be trusted; see [`DESCRIPTOR_ID`].
    pub descriptor: Vec<f32>,
    /// Share of the photo that is hair, 0 to 1.
    pub coverage: f32,
    /// Mean probability of the hair pixels, 0.5 to 1.
    pub confidence: f32,
}

/// What the light of a photo is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WhiteBalance {
    /// By skin, ground and the brightest spot, as the embedding has learnt to.
    #[default]
    Auto,
    /// Not at all: the hair is taken as the photo shows it.
    Off,
}

/// Measures the hair that `mask` marks in `photo`; `None` where there is too little of it to speak of.
///
/// # Panics
/// When `mask` is not of the photo's size.
pub fn measure(photo: &Photo, mask: &HairMask, white_balance: WhiteBalance) -> Option<Signature> {
    let hair = pixels::collect(photo, mask)?;
    let light = match white_balance {
        WhiteBalance::Auto => Some(surroundings::surroundings(photo, mask)),
        WhiteBalance::Off => None,
    };
    Some(Signature {
        colors: dominant::dominant_colors(&hair.pixels),
        mean: hair.mean(),
        descriptor: embedding::embed(
            &histogram::histogram(&hair.pixels),
            &statistics::statistics(&hair.pixels),
            light.as_ref(),
        ),
        coverage: hair.coverage,
        confidence: hair.confidence,
    })
}

impl Signature {
    /// How far the photo can be trusted beside others: 1 is as usual, 2 makes any evidence twice as strong.
    pub fn trust(&self) -> f32 {
        embedding::length(&self.descriptor)
    }
}

/// Weight of a backbone's unit-length embedding beside the unit-length shade embedding: shades differ in color first,
/// texture and style only break ties.
const EMBEDDING_WEIGHT: f32 = 0.35;

/// The vector that shade models train on: the shade embedding's direction, of unit length, then a backbone's embedding
/// where there is one, scaled to the length [`EMBEDDING_WEIGHT`].
pub fn feature_vector(descriptor: &[f32], embedding: Option<&[f32]>) -> Vec<f32> {
    let scaled = |vector: &[f32], to: f32| {
        let scale = to / embedding::length(vector).max(f32::EPSILON);
        vector.iter().map(|x| x * scale).collect::<Vec<f32>>()
    };
    let mut features = scaled(descriptor, 1.0);
    if let Some(embedding) = embedding {
        features.extend(scaled(embedding, EMBEDDING_WEIGHT));
    }
    features
}

/// The id of a feature space. Vectors compare only within one space: it names the descriptor and the networks that
/// the numbers came from.
pub fn feature_space(parser_id: &str, backbone_id: Option<&str>) -> String {
    match backbone_id {
        Some(backbone) => format!("{DESCRIPTOR_ID}+{parser_id}+{backbone}"),
        None => format!("{DESCRIPTOR_ID}+{parser_id}"),
    }
}

/// Scalar product; eight partial sums let the compiler use vector registers.
pub fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (x8, x_rest) = x.as_chunks::<8>();
    let (y8, y_rest) = y.as_chunks::<8>();
    for (p, q) in x8.iter().zip(y8) {
        for lane in 0..8 {
            sums[lane] += p[lane] * q[lane];
        }
    }
    sums.iter().sum::<f32>() + x_rest.iter().zip(y_rest).map(|(p, q)| p * q).sum::<f32>()
}
