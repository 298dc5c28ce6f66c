//! Fitting the SVM of one shade.

use super::calibration::Sigmoid;
use super::model::{LeaveOneOut, ModelKind, Reference, ShadeModel};
use crate::signature::dot;
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_svm::{Svm, SvmError};
use ndarray::{Array1, Array2};

/// The SVM's penalty. Unit-length features of well-separated shades are separable; a larger value only hardens the
/// margin around single photos.
const PENALTY: f64 = 10.0;
/// Of other shades' photos at most this many of the likest are kept, and at most so many of the rest.
const LIKEST: usize = 120;
const SPREAD: usize = 40;
/// At most this many fits for the held-out values.
const MAX_FOLDS: usize = 5;
/// Likeness (scalar product of unit-length descriptors) at which a photo is as likely the lone shade as not, and how
/// fast that changes: two photos of one shade lie around 0.9, of neighbouring shades around 0.7.
const LONE_THRESHOLD: f32 = 0.78;
const LONE_SLOPE: f32 = 16.0;

/// Why a shade could not be fitted.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// There is no photo to learn from.
    #[error("there is no photo to learn from")]
    NoPhotos,
    /// The solver gave up or gave numbers that are none.
    #[error("the SVM did not converge: {0}")]
    Solver(String),
}

/// What training gives; [`super::ShadeModel`] adds where it comes from.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// How the score comes about.
    pub kind: ModelKind,
    /// One weight per feature.
    pub weights: Vec<f32>,
    /// Added to the weighted sum.
    pub bias: f32,
    pub(super) sigmoid: Sigmoid,
    /// The mean of the own vectors.
    pub prototype: Vec<f32>,
    /// `None` with fewer than two own photos, or no others.
    pub leave_one_out: Option<LeaveOneOut>,
}

impl Fitted {
    /// The model to keep: with the feature space of the vectors it was fitted to and the photos they came from.
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

/// Fits one shade: `own` are the feature vectors of its photos, `others` those of all other shades' photos.
///
/// # Errors
/// [`TrainError::NoPhotos`] without own photos, [`TrainError::Solver`] where the SVM fails.
pub fn fit(own: &[&[f32]], others: &[&[f32]]) -> Result<Fitted, TrainError> {
    let center = mean(own).ok_or(TrainError::NoPhotos)?;
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

/// The only shade: likeness to the mean of its photos, scaled to log-odds.
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

fn mean(vectors: &[&[f32]]) -> Option<Vec<f32>> {
    let mut sum = vectors.first()?.to_vec();
    for vector in &vectors[1..] {
        for (total, x) in sum.iter_mut().zip(*vector) {
            *total += x;
        }
    }
    let count = vectors.len() as f32;
    Some(sum.into_iter().map(|x| x / count).collect())
}

/// The photos of other shades that a shade is trained against, chosen while they stream by: however large the
/// library, only so many are held. The likest ones carry the boundary; of the rest an even spread is kept.
#[derive(Debug)]
pub struct HardNegatives {
    center: Vec<f32>,
    /// The likest so far, by falling likeness.
    likest: Vec<(f32, Vec<f32>)>,
    /// Every `stride`-th of the others.
    spread: Vec<Vec<f32>>,
    stride: usize,
    passed_over: usize,
}

impl HardNegatives {
    /// Negatives for a shade with these photos; `None` without photos.
    pub fn new(own: &[&[f32]]) -> Option<Self> {
        Some(Self {
            center: mean(own)?,
            likest: Vec::new(),
            spread: Vec::new(),
            stride: 1,
            passed_over: 0,
        })
    }

    /// Offers one photo of another shade; returns its likeness to the shade (scalar product with its mean).
    pub fn offer(&mut self, features: Vec<f32>) -> f32 {
        let likeness = dot(&self.center, &features);
        let place = self.likest.partition_point(|(kept, _)| *kept >= likeness);
        if place < LIKEST {
            self.likest.insert(place, (likeness, features));
            if self.likest.len() > LIKEST {
                let (_, ousted) = self.likest.remove(LIKEST);
                self.pass_over(ousted);
            }
        } else {
            self.pass_over(features);
        }
        likeness
    }

    /// Keeps every `stride`-th; when the spread is full every second of it goes and the stride doubles.
    fn pass_over(&mut self, features: Vec<f32>) {
        if self.passed_over.is_multiple_of(self.stride) {
            if self.spread.len() == SPREAD {
                let mut keep = false;
                self.spread.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
            self.spread.push(features);
        }
        self.passed_over += 1;
    }

    /// The chosen photos.
    pub fn chosen(&self) -> Vec<&[f32]> {
        self.likest
            .iter()
            .map(|(_, x)| x)
            .chain(&self.spread)
            .map(Vec::as_slice)
            .collect()
    }
}

/// A separating hyperplane.
struct Plane {
    weights: Vec<f32>,
    bias: f32,
}

impl Plane {
    fn fit(own: &[&[f32]], others: &[&[f32]]) -> Result<Self, TrainError> {
        let rows = || own.iter().chain(others);
        let (count, dimension) = (own.len() + others.len(), own[0].len());
        let values = rows().flat_map(|row| row.iter().map(|x| f64::from(*x))).collect();
        let records = Array2::from_shape_vec((count, dimension), values)
            .map_err(|_| TrainError::Solver("feature vectors differ in length".into()))?;
        let is_own = Array1::from_shape_fn(count, |k| k < own.len());
        // Balanced classes: each side's penalties sum to the same, however few photos it has.
        let balanced = |side: usize| PENALTY * count as f64 / (2 * side) as f64;
        let svm = Svm::<f64, bool>::params()
            .pos_neg_weights(balanced(own.len()), balanced(others.len()))
            .linear_kernel()
            .fit(&DatasetBase::new(records, is_own))
            .map_err(|error: SvmError| TrainError::Solver(error.to_string()))?;
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
            Err(TrainError::Solver("its weights are not finite".into()))
        }
    }

    fn decision(&self, x: &[f32]) -> f32 {
        dot(&self.weights, x) + self.bias
    }
}

/// Decision values of photos left out in turn: each own photo alone where there are up to [`MAX_FOLDS`], in as many
/// folds otherwise, with an equal part of the others. A single own photo cannot be left out.
fn held_out(own: &[&[f32]], others: &[&[f32]]) -> Result<(Vec<f32>, Vec<f32>), TrainError> {
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

    /// Unit vectors around a direction, a little apart from each other.
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
        // At balanced penalties a separable set keeps its support vectors at margin one.
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
    fn a_lone_shade_is_known_by_likeness() {
        let own = cloud(0, 2);
        let fitted = fit(&views(&own), &[]).unwrap();
        assert_eq!(fitted.kind, ModelKind::Similarity);
        assert!(probability(&fitted, &own[0]) > 0.8 && probability(&fitted, &cloud(7, 1)[0]) < 0.2);
    }

    #[test]
    fn thousands_of_others_cost_no_more_than_the_hardest_of_them() {
        let own = cloud(0, 3);
        let mut negatives = HardNegatives::new(&views(&own)).unwrap();
        let mut likest = f32::NEG_INFINITY;
        for x in (1..24).flat_map(|d| cloud(d, 100)) {
            likest = likest.max(negatives.offer(x));
        }
        let chosen = negatives.chosen();
        assert!(
            (LIKEST + SPREAD / 2..=LIKEST + SPREAD).contains(&chosen.len()),
            "{}",
            chosen.len()
        );
        assert!(chosen.iter().any(|x| dot(&negatives.center, x) >= likest));
        let directions: std::collections::HashSet<_> = chosen
            .iter()
            .map(|x| (0..24).max_by(|p, q| x[*p].total_cmp(&x[*q])))
            .collect();
        assert!(
            directions.len() > 12,
            "the spread covers {} of 23 directions",
            directions.len()
        );
    }

    #[test]
    fn nothing_to_learn_from_is_said() {
        assert!(matches!(fit(&[], &[&[1.0]]), Err(TrainError::NoPhotos)));
    }
}
