//! The interface for fitting a shade. The solver is in another crate, so that processes that only match do not link it.

use crate::calibration::Sigmoid;
use crate::model::{LeaveOneOut, ModelKind, Reference, ShadeModel};

/// Fits the model of one shade.
pub trait Fit: Send + Sync {
    /// Fits one shade. `own` are the feature vectors of its photos, and `others` those of other shades' photos.
    ///
    /// # Errors
    /// [`FitError::NoPhotos`] without own photos; [`FitError::Solver`] if the solver fails.
    fn fit(&self, own: &[&[f32]], others: &[&[f32]]) -> Result<Fitted, FitError>;
}

/// Why a shade could not be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// The shade has no photos.
    #[error("there is no photo to learn from")]
    NoPhotos,
    /// The solver did not converge, or its result is not finite.
    #[error("the SVM did not converge: {0}")]
    Solver(String),
}

/// The result of fitting, without the photos that it came from.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// How the score is computed.
    pub kind: ModelKind,
    /// One weight per feature.
    pub weights: Vec<f32>,
    /// Added to the weighted sum.
    pub bias: f32,
    /// Converts a decision value to a probability.
    pub sigmoid: Sigmoid,
    /// The mean of the shade's own vectors.
    pub prototype: Vec<f32>,
    /// The cross-validation; `None` with fewer than two own photos, or without others.
    pub leave_one_out: Option<LeaveOneOut>,
}

impl Fitted {
    /// Adds the feature space of the vectors and the photos that they came from, and returns the model to store.
    pub fn into_model(self, space: impl Into<String>, references: Vec<Reference>) -> ShadeModel {
        ShadeModel {
            space: space.into(),
            kind: self.kind,
            weights: self.weights,
            bias: self.bias,
            sigmoid: self.sigmoid,
            prototype: self.prototype,
            references,
            leave_one_out: self.leave_one_out,
        }
    }
}
