//! Fits the linear SVM of a shade. This is a separate crate, because only training links the solver.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_svm::{Svm, SvmError};
use ndarray::{Array1, Array2};
use strand_learning::{Fit, FitError, Fitted, LeaveOneOut, ModelKind, Sigmoid};
use strand_signature::{dot, mean_vector};

/// The SVM's penalty. Unit-length features of different shades are separable, so a larger value only hardens the margin
/// around single photos.
const PENALTY: f64 = 10.0;
/// The maximum number of fits for the held-out values.
const MAX_FOLDS: usize = 5;
/// The similarity (scalar product of unit-length descriptors) at which a photo is equally likely to be of the only
/// shade or not, and how fast that changes. Two photos of one shade have about 0.9, those of neighboring shades about
/// 0.7.
const LONE_THRESHOLD: f32 = 0.78;
const LONE_SLOPE: f32 = 16.0;

/// Fits a balanced linear SVM per shade (`linfa-svm`), with probabilities from a calibrated curve.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinearSvm;

impl Fit for LinearSvm {
    fn fit(&self, own: &[&[f32]], others: &[&[f32]]) -> Result<Fitted, FitError> {
        fit(own, others)
    }
}

fn fit(own: &[&[f32]], others: &[&[f32]]) -> Result<Fitted, FitError> {
    let center = mean_vector(own).ok_or(FitError::NoPhotos)?;
    if others.is_empty() {
        return Ok(lone(&center));
    }
    let plane = Plane::fit(own, others)?;
    let (held_own, held_others) = held_out(own, others)?;
    let leave_one_out = (own.len() > 1).then(|| tally(&held_own, &held_others));
    Ok(Fitted {
        kind: ModelKind::LinearSvm,
        weights: plane.weights,
        bias: plane.bias,
        sigmoid: Sigmoid::fit(&held_own, &held_others),
        prototype: center,
        leave_one_out,
    })
}

/// The model of the only shade: similarity to the mean of its photos, scaled to log-odds.
fn lone(center: &[f32]) -> Fitted {
    Fitted {
        kind: ModelKind::Similarity,
        weights: center.iter().map(|x| x * LONE_SLOPE).collect(),
        bias: -LONE_SLOPE * LONE_THRESHOLD,
        sigmoid: Sigmoid::IDENTITY,
        prototype: center.to_vec(),
        leave_one_out: None,
    }
}

/// A separating hyperplane.
struct Plane {
    weights: Vec<f32>,
    bias: f32,
}

impl Plane {
    fn fit(own: &[&[f32]], others: &[&[f32]]) -> Result<Self, FitError> {
        let rows = || own.iter().chain(others);
        let (count, dimension) = (own.len() + others.len(), own[0].len());
        let values = rows().flat_map(|row| row.iter().map(|x| f64::from(*x))).collect();
        let records = Array2::from_shape_vec((count, dimension), values)
            .map_err(|_| FitError::Solver("feature vectors differ in length".into()))?;
        let is_own = Array1::from_shape_fn(count, |k| k < own.len());
        // Balanced classes: the penalties of each side have the same sum, however few photos it has.
        let balanced = |side: usize| PENALTY * count as f64 / (2 * side) as f64;
        let svm = Svm::<f64, bool>::params()
            .pos_neg_weights(balanced(own.len()), balanced(others.len()))
            .linear_kernel()
            .fit(&DatasetBase::new(records, is_own))
            .map_err(|error: SvmError| FitError::Solver(error.to_string()))?;
        let mut weights = vec![0.0_f64; dimension];
        for (row, alpha) in rows().zip(&svm.alpha).filter(|(_, alpha)| **alpha != 0.0) {
            for (weight, x) in weights.iter_mut().zip(*row) {
                *weight += alpha * f64::from(*x);
            }
        }
        let plane = Self {
            weights: weights.iter().map(|w| *w as f32).collect(),
            bias: -svm.rho as f32,
        };
        if plane.weights.iter().all(|w| w.is_finite()) && plane.bias.is_finite() {
            Ok(plane)
        } else {
            Err(FitError::Solver("its weights are not finite".into()))
        }
    }

    fn decision(&self, x: &[f32]) -> f32 {
        dot(&self.weights, x) + self.bias
    }
}

/// Decision values of photos that were left out in turn: each own photo alone if there are at most [`MAX_FOLDS`],
/// otherwise in that many folds, each with an equal part of the others. A single own photo cannot be left out.
fn held_out(own: &[&[f32]], others: &[&[f32]]) -> Result<(Vec<f32>, Vec<f32>), FitError> {
    let folds = own.len().min(MAX_FOLDS);
    let (mut held_own, mut held_others) = (Vec::new(), Vec::new());
    if folds < 2 {
        return Ok((held_own, held_others));
    }
    for fold in 0..folds {
        let (own_in, own_out) = split(own, fold, folds);
        let (mut others_in, others_out) = split(others, fold, folds);
        if others_in.is_empty() {
            others_in = others.to_vec();
        }
        let plane = Plane::fit(&own_in, &others_in)?;
        held_own.extend(own_out.iter().map(|x| plane.decision(x)));
        held_others.extend(others_out.iter().map(|x| plane.decision(x)));
    }
    Ok((held_own, held_others))
}

fn split<'a>(vectors: &[&'a [f32]], fold: usize, folds: usize) -> (Vec<&'a [f32]>, Vec<&'a [f32]>) {
    let (out, kept): (Vec<_>, Vec<_>) = vectors.iter().enumerate().partition(|(k, _)| k % folds == fold);
    let strip = |rows: Vec<(usize, &&'a [f32])>| rows.into_iter().map(|(_, x)| *x).collect();
    (strip(kept), strip(out))
}

fn tally(own: &[f32], others: &[f32]) -> LeaveOneOut {
    let share = |hits: usize, of: usize| hits as f32 / of.max(1) as f32;
    let recall = share(own.iter().filter(|f| **f > 0.0).count(), own.len());
    let specificity = share(others.iter().filter(|f| **f <= 0.0).count(), others.len());
    LeaveOneOut {
        recall,
        specificity,
        balanced_accuracy: f32::midpoint(recall, specificity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors around a direction, slightly different from each other.
    fn cloud(direction: usize, count: usize) -> Vec<Vec<f32>> {
        (0..count)
            .map(|k| {
                let mut x = [0.05; 24];
                x[direction] = 1.0;
                x[(direction + 1 + k) % 24] += 0.2;
                let norm = x.iter().map(|v| v * v).sum::<f32>().sqrt();
                x.iter().map(|v| v / norm).collect()
            })
            .collect()
    }

    fn views(vectors: &[Vec<f32>]) -> Vec<&[f32]> {
        vectors.iter().map(Vec::as_slice).collect()
    }

    fn probability(fitted: &Fitted, x: &[f32]) -> f32 {
        fitted.sigmoid.at(dot(&fitted.weights, x) + fitted.bias)
    }

    #[test]
    fn separates_from_one_photo_on() {
        let others: Vec<_> = (1..10).flat_map(|d| cloud(d, 3)).collect();
        for count in [1, 2, 3, 5, 9] {
            let own = cloud(0, count);
            let fitted = fit(&views(&own), &views(&others)).unwrap();
            let unseen = &cloud(0, 12)[11];
            assert!(
                probability(&fitted, unseen) > 0.6,
                "{count} photos: {}",
                probability(&fitted, unseen)
            );
            assert!(probability(&fitted, &cloud(4, 12)[11]) < 0.3);
            assert_eq!(fitted.leave_one_out.is_some(), count > 1);
            if let Some(metrics) = fitted.leave_one_out {
                assert!(metrics.balanced_accuracy > 0.9, "{metrics:?}");
            }
        }
    }

    #[test]
    fn linfa_and_the_folded_weights_agree() {
        let (own, others) = (cloud(0, 3), cloud(5, 9));
        let plane = Plane::fit(&views(&own), &views(&others)).unwrap();
        // With balanced penalties, a separable set keeps its support vectors at margin one.
        let least = own
            .iter()
            .map(|x| plane.decision(x))
            .fold(f32::INFINITY, f32::min);
        let most = others
            .iter()
            .map(|x| plane.decision(x))
            .fold(f32::NEG_INFINITY, f32::max);
        assert!(
            (least - 1.0).abs() < 0.01 && (most + 1.0).abs() < 0.01,
            "{least} {most}"
        );
    }

    #[test]
    fn a_single_shade_scores_by_similarity() {
        let own = cloud(0, 2);
        let fitted = fit(&views(&own), &[]).unwrap();
        assert_eq!(fitted.kind, ModelKind::Similarity);
        assert!(probability(&fitted, &own[0]) > 0.8 && probability(&fitted, &cloud(7, 1)[0]) < 0.2);
    }

    #[test]
    fn without_photos_there_is_an_error() {
        assert!(matches!(fit(&[], &[&[1.0]]), Err(FitError::NoPhotos)));
    }
}
