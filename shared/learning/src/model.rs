//! A trained shade: weights, calibration, and the reference photos that it was trained on.

use crate::calibration::Sigmoid;
use crate::format::{self, FormatError};
use serde::{Deserialize, Serialize};
use strand_color::Lab;
use strand_signature::{DESCRIPTOR_DIMENSION, DominantColor, dot, mean_vector};

/// How a shade's score is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A linear SVM that separates the shade's photos from those of the other shades.
    LinearSvm,
    /// Similarity to the shade's own photos. This is all that a library with a single shade can learn.
    Similarity,
}

/// Cross-validation: how the model did on photos that were left out of training in turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeaveOneOut {
    /// The share of the shade's own photos that were recognized, 0 to 1.
    pub recall: f32,
    /// The share of the other shades' photos that were rejected, 0 to 1.
    pub specificity: f32,
    /// The mean of recall and specificity; 0.5 is chance.
    pub balanced_accuracy: f32,
}

/// A photo that the shade was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The photo's id in the library.
    pub photo_id: u64,
    /// SHA-256 of the photo's bytes in hex, which identifies the same photo when it is analyzed. `None` if the model
    /// was read from format 2, which has no digests, and the photo no longer existed.
    pub sha256: Option<String>,
    /// The photo's dominant colors; the shares sum to 1.
    pub colors: Vec<DominantColor>,
    /// Its feature vector, in the model's feature space. Empty if the model was read from format 3 or 2.
    pub vector: Vec<f32>,
}

/// A trained shade. Its probability for a feature vector x is σ(slope · (w·x + bias) + offset).
///
/// [`ShadeModel::pack`] makes its file. The payload holds the fields in this order, so a new field needs a new format
/// version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShadeModel {
    /// The id of the feature space of the weights.
    pub space: String,
    /// How the score is computed.
    pub kind: ModelKind,
    /// One weight per feature.
    pub weights: Vec<f32>,
    /// Added to the weighted sum.
    pub bias: f32,
    /// Converts a decision value to a probability.
    pub sigmoid: Sigmoid,
    /// The mean of the feature vectors of its photos. The more similar they are, the longer it is.
    pub prototype: Vec<f32>,
    /// The photos it was trained on, by photo id.
    pub references: Vec<Reference>,
    /// The cross-validation; `None` if there were too few photos to leave one out.
    pub leave_one_out: Option<LeaveOneOut>,
}

impl ShadeModel {
    /// Packs the model into the bytes of its file.
    ///
    /// # Errors
    /// [`FormatError::Payload`] if the model cannot be serialized.
    pub fn pack(&self) -> Result<Vec<u8>, FormatError> {
        format::pack(self)
    }

    /// Reads a model from its file. The photos of a model of format 3 or 2 have no vectors, those of format 2 no digests.
    ///
    /// # Errors
    /// Any [`FormatError`].
    pub fn unpack(bytes: &[u8]) -> Result<Self, FormatError> {
        match format::unpack(4, bytes) {
            Err(FormatError::Version(3)) => {
                format::unpack::<OlderModel<ReferenceOfFormat3>>(3, bytes).map(Self::from)
            }
            Err(FormatError::Version(2)) => {
                format::unpack::<OlderModel<ReferenceOfFormat2>>(2, bytes).map(Self::from)
            }
            model => model,
        }
    }

    /// Whether all numbers are such as training gives, so that every score is a number. A model from elsewhere may contain
    /// anything.
    pub fn is_sound(&self) -> bool {
        let length = self.weights.len();
        let fits = |reference: &Reference| {
            (reference.vector.is_empty() || reference.vector.len() == length)
                && is_mild(&reference.vector)
                && are_colors(&reference.colors)
        };
        self.prototype.len() == length
            && is_mild(&self.weights)
            && is_mild(&self.prototype)
            && is_mild(&[self.bias])
            && self.sigmoid.is_sound()
            && self.references.iter().all(fits)
    }

    /// The model without photos that were deleted: only those for which `is_kept` holds count. `None` if none is left.
    ///
    /// The mean of their vectors is the new prototype. The SVM was fitted to deleted photos too, so it takes no part until the
    /// shade is trained again. Without any vector, the colors of the kept photos are all that counts.
    pub fn without_deleted(mut self, is_kept: impl Fn(u64) -> bool) -> Option<Self> {
        let count = self.references.len();
        self.references.retain(|reference| is_kept(reference.photo_id));
        if self.references.len() == count {
            return Some(self);
        }
        let vectors = self
            .references
            .iter()
            .map(|reference| reference.vector.as_slice());
        let vectors: Vec<&[f32]> = vectors
            .filter(|vector| vector.len() == self.weights.len())
            .collect();
        match mean_vector(&vectors) {
            Some(prototype) => self.prototype = prototype,
            None => self.space.clear(),
        }
        self.kind = ModelKind::Similarity;
        self.weights.fill(0.0);
        self.bias = 0.0;
        self.leave_one_out = None;
        (!self.references.is_empty()).then_some(self)
    }

    /// Whether it has an SVM, or the similarity to its only shade's photos in place of one.
    pub fn decides(&self) -> bool {
        self.weights.iter().any(|weight| *weight != 0.0)
    }

    /// The signed distance to the decision boundary, in units of the SVM's margin.
    ///
    /// # Panics
    /// If `features` and the weights differ in length, which means that they are from different feature spaces.
    pub fn decision(&self, features: &[f32]) -> f32 {
        assert_eq!(
            features.len(),
            self.weights.len(),
            "the features are of another space"
        );
        dot(&self.weights, features) + self.bias
    }

    /// The cosine between the features (of unit length except for a backbone's part) and the shade's prototype.
    pub fn similarity(&self, features: &[f32]) -> f32 {
        let length = dot(&self.prototype, &self.prototype).sqrt();
        dot(&self.prototype, features) / length.max(f32::EPSILON)
    }

    /// The mean cosine between any two photos of the shade; `None` if it has only one. The mean of n vectors of unit
    /// length with mean cosine c has the squared length (1 + (n − 1)·c) / n.
    pub fn agreement(&self) -> Option<f32> {
        let photos = self.references.len() as f32;
        // Leaves out a backbone's part, in which photos of one shade have little in common.
        let own = &self.prototype[..self.prototype.len().min(DESCRIPTOR_DIMENSION)];
        // A model from elsewhere may not have unit length.
        (photos > 1.0).then(|| ((photos * dot(own, own) - 1.0) / (photos - 1.0)).clamp(-1.0, 1.0))
    }

    /// The probability, 0 to 1, that the features show this shade rather than another; 0 if nothing
    /// [decides](Self::decides) that.
    pub fn probability(&self, features: &[f32]) -> f32 {
        if self.decides() {
            self.sigmoid.at(self.decision(features))
        } else {
            0.0
        }
    }
}

/// The largest number in features and weights, far above any that occur and far below any whose products overflow.
const MILD: f32 = 1e4;

/// Whether numbers of features or weights are finite and of a size that occurs.
pub fn is_mild(numbers: &[f32]) -> bool {
    numbers.iter().all(|number| number.abs() <= MILD)
}

/// Whether these can be the dominant colors of a photo: Lab colors with shares of 1 in total.
pub fn are_colors(colors: &[DominantColor]) -> bool {
    let total: f32 = colors.iter().map(|color| color.share).sum();
    let is_color = |color: &DominantColor| {
        let Lab { l, a, b } = color.lab;
        (-1.0..=101.0).contains(&l)
            && [a, b].iter().all(|value| value.abs() <= 200.0)
            && (0.0..=1.01).contains(&color.share)
    };
    (0.9..=1.1).contains(&total) && colors.iter().all(is_color)
}

/// A model in the layout of an older format, whose references are `R`.
#[derive(Deserialize)]
struct OlderModel<R> {
    space: String,
    kind: ModelKind,
    weights: Vec<f32>,
    bias: f32,
    sigmoid: Sigmoid,
    prototype: Vec<f32>,
    references: Vec<R>,
    leave_one_out: Option<LeaveOneOut>,
}

#[derive(Deserialize)]
struct ReferenceOfFormat2(u64, Vec<DominantColor>);

#[derive(Deserialize)]
struct ReferenceOfFormat3(u64, Option<String>, Vec<DominantColor>);

impl From<ReferenceOfFormat3> for Reference {
    fn from(ReferenceOfFormat3(photo_id, sha256, colors): ReferenceOfFormat3) -> Self {
        Self {
            photo_id,
            sha256,
            colors,
            vector: Vec::new(),
        }
    }
}

impl From<ReferenceOfFormat2> for Reference {
    fn from(ReferenceOfFormat2(photo_id, colors): ReferenceOfFormat2) -> Self {
        ReferenceOfFormat3(photo_id, None, colors).into()
    }
}

impl<R: Into<Reference>> From<OlderModel<R>> for ShadeModel {
    fn from(model: OlderModel<R>) -> Self {
        Self {
            space: model.space,
            kind: model.kind,
            weights: model.weights,
            bias: model.bias,
            sigmoid: model.sigmoid,
            prototype: model.prototype,
            references: model.references.into_iter().map(Into::into).collect(),
            leave_one_out: model.leave_one_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_references(references: Vec<Reference>) -> ShadeModel {
        ShadeModel {
            space: "here".into(),
            kind: ModelKind::LinearSvm,
            weights: vec![1.0, -1.0],
            bias: 0.5,
            sigmoid: Sigmoid::PRIOR,
            prototype: vec![0.5, 0.5],
            references,
            leave_one_out: None,
        }
    }

    #[test]
    fn deleted_photos_take_the_svm_and_their_share_of_the_prototype_along() {
        let reference = |photo_id, vector: [f32; 2]| Reference {
            photo_id,
            sha256: Some(format!("{photo_id}")),
            colors: Vec::new(),
            vector: vector.to_vec(),
        };
        let model = with_references(vec![reference(1, [1.0, 0.0]), reference(2, [0.0, 1.0])]);
        assert_eq!(model.clone().without_deleted(|_| true), Some(model.clone()));
        let kept = model.clone().without_deleted(|id| id != 1).unwrap();
        assert_eq!(
            (&kept.references, &kept.prototype),
            (&vec![reference(2, [0.0, 1.0])], &vec![0.0, 1.0])
        );
        assert!(model.probability(&[1.0, 0.0]) > 0.5 && kept.probability(&[1.0, 0.0]).abs() < 1e-6);
        assert!(kept.decision(&[1.0, 0.0]).abs() < 1e-6);
        let mut unmeasured = model.clone();
        unmeasured.references[1].vector.clear();
        let unmeasured = unmeasured.without_deleted(|id| id != 1).unwrap();
        assert_ne!(unmeasured.space, "here");
        assert_eq!(model.without_deleted(|_| false), None);
    }

    /// Reads a model that an older Strand packed with these references.
    fn older<R: Serialize>(format: u16, references: R) -> ShadeModel {
        let after = (Sigmoid::PRIOR, vec![1.0_f32], references, None::<LeaveOneOut>);
        let fields = (("here", ModelKind::Similarity, vec![1.0_f32], 0.5_f32), after);
        let mut bytes = format::pack(&fields).unwrap();
        format::tests::relabel(&mut bytes, format);
        let model = ShadeModel::unpack(&bytes).unwrap();
        assert_eq!(ShadeModel::unpack(&model.pack().unwrap()).unwrap(), model);
        model
    }

    #[test]
    fn models_of_older_formats_read_without_digests_or_vectors() {
        let colors: Vec<DominantColor> = Vec::new();
        let model = older(2, vec![(7_u64, colors.clone())]);
        assert_eq!(
            (model.references[0].photo_id, &model.references[0].sha256),
            (7, &None)
        );
        let model = older(3, vec![(8_u64, Some("digest"), colors)]);
        let reference = &model.references[0];
        assert_eq!(
            (reference.photo_id, reference.sha256.as_deref()),
            (8, Some("digest"))
        );
        assert!(reference.vector.is_empty());
    }

    #[test]
    fn numbers_that_no_training_gives_are_told() {
        let color = |l, share| DominantColor {
            lab: Lab { l, a: 8.0, b: 20.0 },
            share,
        };
        let sound = with_references(vec![Reference {
            photo_id: 1,
            sha256: None,
            colors: vec![color(40.0, 0.7), color(60.0, 0.3)],
            vector: vec![0.6, 0.8],
        }]);
        assert!(sound.is_sound());
        let forgeries: [fn(&mut ShadeModel); 9] = [
            |model| model.weights[0] = f32::NAN,
            |model| model.weights[0] = 1e30,
            |model| model.bias = -1e30,
            |model| model.prototype[1] = f32::MAX,
            |model| model.prototype.truncate(1),
            |model| model.references[0].vector[0] = f32::INFINITY,
            |model| model.references[0].colors.clear(),
            |model| model.references[0].colors[0].share = 0.0,
            |model| model.references[0].colors[0].lab.l = 1e20,
        ];
        for (at, forge) in forgeries.iter().enumerate() {
            let mut forged = sound.clone();
            forge(&mut forged);
            assert!(!forged.is_sound(), "forgery {at}");
        }
    }
}
