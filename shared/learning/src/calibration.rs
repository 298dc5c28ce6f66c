//! Converts an SVM's decision value to a probability, with as few as one positive example.
//!
//! Platt scaling (Platt 1999) fits σ(slope·f + offset) to held-out decision values. With two to five positives, the
//! maximum likelihood is unstable: the slope can vanish or turn negative. So both parameters have a prior. A few
//! examples leave them near the prior, and many examples override it (a maximum a posteriori estimate).

use serde::{Deserialize, Serialize};

/// The calibrated curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sigmoid {
    slope: f32,
    offset: f32,
}

/// The prior gives 0.88 at the margin (f = 1) and one half at the boundary (f = 0).
const PRIOR_SLOPE: f64 = 2.0;
/// The standard deviation of ln(slope) and of the offset under the prior.
const LN_SLOPE_SPREAD: f64 = 0.5;
const OFFSET_SPREAD: f64 = 1.5;
const ITERATIONS: usize = 200;
const STEP: f64 = 0.1;

impl Sigmoid {
    /// The curve without any examples.
    pub const PRIOR: Self = Self {
        slope: PRIOR_SLOPE as f32,
        offset: 0.0,
    };
    /// For decision values that are already log-odds.
    pub const IDENTITY: Self = Self {
        slope: 1.0,
        offset: 0.0,
    };

    /// Whether it rises, and no faster than [`fit`](Self::fit) lets it.
    pub fn is_sound(self) -> bool {
        (0.0..=100.0).contains(&self.slope) && self.offset.abs() <= 100.0
    }

    /// The probability, 0 to 1, at the decision value `f`. It rises with `f`.
    pub fn at(self, f: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * f + self.offset)).exp())
    }

    /// Fits the curve to held-out decision values of the shade's own photos and of others. Each side weighs as much as
    /// there are own photos, whatever the number of others, because the SVM is balanced too.
    pub fn fit(own: &[f32], others: &[f32]) -> Self {
        if own.is_empty() || others.is_empty() {
            return Self::PRIOR;
        }
        let weight = own.len() as f64 / others.len() as f64;
        let examples = || {
            own.iter()
                .map(|f| (*f, 1.0, 1.0))
                .chain(others.iter().map(|f| (*f, 0.0, weight)))
        };
        let (mut ln_slope, mut offset) = (PRIOR_SLOPE.ln(), 0.0_f64);
        // Scaled by an upper bound of the curvature, so that the step is stable for any number of examples.
        let scale = STEP / (1.0 + own.len() as f64 / 2.0);
        for _ in 0..ITERATIONS {
            let slope = ln_slope.exp();
            let mut toward_slope = (PRIOR_SLOPE.ln() - ln_slope) / LN_SLOPE_SPREAD.powi(2);
            let mut toward_offset = -offset / OFFSET_SPREAD.powi(2);
            for (f, target, weight) in examples() {
                let f = f64::from(f).clamp(-3.0, 3.0);
                let error = weight * (target - 1.0 / (1.0 + (-(slope * f + offset)).exp()));
                toward_slope += error * f * slope;
                toward_offset += error;
            }
            ln_slope = (ln_slope + scale * toward_slope).clamp(-2.0, 3.0);
            offset = (offset + scale * toward_offset).clamp(-4.0, 4.0);
        }
        Self {
            slope: ln_slope.exp() as f32,
            offset: offset as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clear_cases_are_confident_and_few_examples_stay_near_the_prior() {
        let few = Sigmoid::fit(&[1.0, 1.1], &[-1.0; 40]);
        assert!(few.at(1.0) > 0.85 && few.at(-1.0) < 0.15, "{few:?}");
        let many = Sigmoid::fit(&[1.0; 50], &[-1.0; 400]);
        assert!(many.at(1.0) > few.at(1.0));
    }

    #[test]
    fn held_out_photos_on_the_wrong_side_move_the_boundary() {
        let shifted = Sigmoid::fit(&[-0.4, -0.3, -0.5], &[-1.2; 60]);
        assert!(shifted.at(-0.4) > 0.5 && shifted.at(-1.2) < 0.5, "{shifted:?}");
    }

    proptest! {
        #[test]
        fn rises_and_stays_a_probability(
            own in prop::collection::vec(-3.0_f32..3.0, 0..6), others in prop::collection::vec(-3.0_f32..3.0, 0..30),
        ) {
            let curve = Sigmoid::fit(&own, &others);
            prop_assert!(curve.at(-2.0) < curve.at(0.0) && curve.at(0.0) < curve.at(2.0));
            prop_assert!((0.0..=1.0).contains(&curve.at(-2.0)) && (0.0..=1.0).contains(&curve.at(2.0)));
        }
    }
}
