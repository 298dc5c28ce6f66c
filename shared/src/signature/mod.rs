//! Hair pixels to a [`Signature`]: the dominant colors, and the feature vector that shade models train on.

mod descriptor;
mod dominant;
mod pixels;

pub use descriptor::{DESCRIPTOR_DIMENSION, DESCRIPTOR_ID};
pub use dominant::{DominantColor, MAX_COLORS, mean_color};

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
    /// The color descriptor, [`DESCRIPTOR_DIMENSION`] values; see [`DESCRIPTOR_ID`].
    pub descriptor: Vec<f32>,
    /// Share of the photo that is hair, 0 to 1.
    pub coverage: f32,
    /// Mean probability of the hair pixels, 0.5 to 1.
    pub confidence: f32,
}

/// Measures the hair that `mask` marks in `photo`; `None` where there is too little of it to speak of.
///
/// # Panics
/// When `mask` is not of the photo's size.
pub fn measure(photo: &Photo, mask: &HairMask) -> Option<Signature> {
    let hair = pixels::collect(photo, mask)?;
    Some(Signature {
        colors: dominant::dominant_colors(&hair.pixels),
        mean: hair.mean(),
        descriptor: descriptor::describe(&hair.pixels),
        coverage: hair.coverage,
        confidence: hair.confidence,
    })
}

/// Weight of a backbone's unit-length embedding beside the unit-length color histogram: shades differ in color first,
/// texture and style only break ties.
const EMBEDDING_WEIGHT: f32 = 0.35;

/// The vector that shade models train on: the color descriptor, then the backbone's embedding where there is one,
/// scaled to the length [`EMBEDDING_WEIGHT`].
pub fn feature_vector(descriptor: &[f32], embedding: Option<&[f32]>) -> Vec<f32> {
    let mut features = descriptor.to_vec();
    if let Some(embedding) = embedding {
        let norm = embedding
            .iter()
            .map(|x| x * x)
            .sum::<f32>()
            .sqrt()
            .max(f32::EPSILON);
        features.extend(embedding.iter().map(|x| x * EMBEDDING_WEIGHT / norm));
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
