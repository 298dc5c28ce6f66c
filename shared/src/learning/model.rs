//! A trained shade: weights, calibration, and the reference photos it was trained on.

use super::calibration::Sigmoid;
use crate::signature::{DESCRIPTOR_DIMENSION, DominantColor, dot};
use serde::{Deserialize, Serialize};

/// How a shade's score comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A linear SVM of the shade's photos against those of the other shades.
    LinearSvm,
    /// Likeness to the shade's own photos: all there is to learn while it is the only shade.
    Similarity,
}

/// How the model did on photos that it had not seen, each left out in turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeaveOneOut {
    /// Share of the shade's own photos that were recognised, 0 to 1.
    pub recall: f32,
    /// Share of the other shades' photos that were turned away, 0 to 1.
    pub specificity: f32,
    /// Mean of the two: 0.5 is chance.
    pub balanced_accuracy: f32,
}

/// What is kept of a photo that the shade was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Id of the image in the library.
    pub image_id: u64,
    /// Its dominant colors, shares summing to 1.
    pub colors: Vec<DominantColor>,
}

/// A trained shade. Its probability for a feature vector x is σ(slope · (w·x + bias) + offset).
///
/// On disk it is packed by [`super::pack`]; the payload holds the fields in this order, so a new field needs a new
/// format version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShadeModel {
    /// Id of the feature space that the weights live in.
    pub space: String,
    /// How the score comes about.
    pub kind: ModelKind,
    /// One weight per feature.
    pub weights: Vec<f32>,
    /// Added to the weighted sum.
    pub bias: f32,
    pub(super) sigmoid: Sigmoid,
    /// The mean of its photos' feature vectors; the better they agree, the longer it is.
    pub prototype: Vec<f32>,
    /// The photos it was trained on, by image id.
    pub references: Vec<Reference>,
    /// `None` where there were too few photos to leave one out.
    pub leave_one_out: Option<LeaveOneOut>,
}

impl ShadeModel {
    /// Whether each of its numbers is one: a model from elsewhere may hold anything.
    pub fn is_finite(&self) -> bool {
        let colors = self.references.iter().flat_map(|r| &r.colors);
        let mut colors = colors.flat_map(|c| [c.lab.l, c.lab.a, c.lab.b, c.share]);
        let weights = self.weights.iter().chain(&self.prototype).chain([&self.bias]);
        weights.copied().all(f32::is_finite) && self.sigmoid.at(0.0).is_finite() && colors.all(f32::is_finite)
    }

    /// Signed distance to the decision boundary in units of the SVM's margin.
    ///
    /// # Panics
    /// When `features` is not as long as the weights, that is, from another feature space.
    pub fn decision(&self, features: &[f32]) -> f32 {
        assert_eq!(
            features.len(),
            self.weights.len(),
            "the features are of another space"
        );
        dot(&self.weights, features) + self.bias
    }

    /// Cosine between the features (of unit length, but for a backbone's part) and the shade's prototype.
    pub fn likeness(&self, features: &[f32]) -> f32 {
        let length = dot(&self.prototype, &self.prototype).sqrt();
        dot(&self.prototype, features) / length.max(f32::EPSILON)
    }

    /// Mean cosine between any two of the shade's photos; `None` where it has but one. The mean of n vectors of unit
    /// length whose mean cosine is c has the squared length (1 + (n − 1)·c) / n.
    pub fn agreement(&self) -> Option<f32> {
        let photos = self.references.len() as f32;
        // A backbone's part, which photos of one shade hardly share, is left out.
        let own = &self.prototype[..self.prototype.len().min(DESCRIPTOR_DIMENSION)];
        (photos > 1.0).then(|| (photos * dot(own, own) - 1.0) / (photos - 1.0))
    }

    /// Probability, 0 to 1, that the features show this shade rather than another.
    pub fn probability(&self, features: &[f32]) -> f32 {
        self.sigmoid.at(self.decision(features))
    }
}
