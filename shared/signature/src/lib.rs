//! Measures hair pixels as a [`Signature`]: the dominant colors, and the feature vector that shade models train on.

mod appearance;
mod cells;
mod daylight;
mod dominant;
mod embedding;
mod histogram;
mod parts;
mod pixels;
mod statistics;
mod surroundings;
mod technique;
mod zones;

pub use appearance::Appearance;
pub use daylight::Daylight;
pub use dominant::{DominantColor, MAX_COLORS, mean_color};
pub use embedding::{DESCRIPTOR_DIMENSION, DESCRIPTOR_ID, MEASURING_REVISION};
pub use technique::Technique;
pub use zones::{ZONE_COUNT, Zone};

use serde::{Deserialize, Serialize};
use strand_color::Lab;
use strand_mask::HairMask;
use strand_photo::Photo;

/// The measurements of the hair in one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// Between 1 and [`MAX_COLORS`] colors by falling share; the shares sum to 1.
    pub colors: Vec<DominantColor>,
    /// Mean color of the hair in CIE Lab (D65).
    pub mean: Lab,
    /// The shade embedding with [`DESCRIPTOR_DIMENSION`] values. Its direction is the shade, and its length says how
    /// reliable the photo is. See [`DESCRIPTOR_ID`].
    pub descriptor: Vec<f32>,
    /// The share of the photo that is hair, 0 to 1.
    pub coverage: f32,
    /// The mean probability of the hair pixels, 0.5 to 1.
    pub confidence: f32,
}

/// How the light of a photo is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WhiteBalance {
    /// By skin, background and the brightest spot, as the embedding has learned.
    #[default]
    Auto,
    /// Not at all: hair counts as the photo shows it.
    Off,
}

/// Measures the hair that `mask` marks in `photo`, and how it looks; `None` if the photo shows no hair or too little of it.
///
/// # Panics
/// If `mask` and `photo` differ in size.
pub fn measure(
    photo: &Photo,
    mask: &HairMask,
    white_balance: WhiteBalance,
) -> Option<(Signature, Appearance)> {
    if !mask.shows_hair() {
        return None;
    }
    let hair = pixels::collect(photo, mask)?;
    let light = match white_balance {
        WhiteBalance::Auto => Some(surroundings::surroundings(photo, mask)),
        WhiteBalance::Off => None,
    };
    let (histogram, statistics) = (
        histogram::histogram(&hair.pixels),
        statistics::statistics(&hair.pixels),
    );
    let daylight = light.as_ref().map_or(Daylight::AS_IT_IS, |surroundings| {
        Daylight::judge(&statistics.quintiles, surroundings)
    });
    let cells = cells::cells(photo, mask);
    let signature = Signature {
        colors: dominant::dominant_colors(&cells),
        mean: hair.mean(),
        descriptor: embedding::embed_doubting(&histogram, &statistics, light.as_ref()),
        coverage: hair.coverage,
        confidence: hair.confidence,
    };
    let zones = zones::zones(&hair.pixels);
    let technique = Technique::of(&hair.pixels, daylight);
    Some((signature, Appearance::of(&cells, zones, technique, daylight)))
}

impl Signature {
    /// How reliable the photo is compared with other photos: 1 is typical, 2 doubles the weight of its evidence.
    pub fn trust(&self) -> f32 {
        embedding::length(&self.descriptor)
    }
}

/// The weight of a backbone's unit-length embedding relative to the unit-length shade embedding. Shades differ in color
/// first; texture and style only break ties.
const EMBEDDING_WEIGHT: f32 = 0.35;

/// The vector that shade models train on: the direction of the shade embedding, with unit length, followed by a
/// backbone's embedding, if there is one, scaled to the length [`EMBEDDING_WEIGHT`].
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

/// The scalar product. Eight partial sums let the compiler use vector registers.
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

/// The mean of vectors of the same length; `None` without vectors.
pub fn mean_vector(vectors: &[&[f32]]) -> Option<Vec<f32>> {
    let mut sum = vectors.first()?.to_vec();
    for vector in &vectors[1..] {
        for (total, x) in sum.iter_mut().zip(*vector) {
            *total += x;
        }
    }
    let count = vectors.len() as f32;
    Some(sum.into_iter().map(|x| x / count).collect())
}
