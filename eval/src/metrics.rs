//! Figures computed from answers.

use serde::Deserialize;
use strand_tests::render::Random;

/// Bins of the expected calibration error. Each holds the same number of answers.
const BINS: usize = 15;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;

/// What a scheme answered to one test photo.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The shade that the photo shows.
    pub shade: usize,
    /// Whether that shade came first.
    pub first: bool,
    /// Whether that shade was among the first three.
    pub among_three: bool,
    /// CIEDE2000 between the true shade and the first match.
    pub difference: f32,
    /// The score of the first match; 0 when there was none.
    pub score: f32,
    /// The confidence that the library has the shade.
    pub in_library: f32,
}

/// The figures of one scheme in one row of a table.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Figures {
    /// The share of test photos whose shade came first, and its 95% interval.
    pub top_1: f32,
    pub low: f32,
    pub high: f32,
    /// The share whose shade was among the first three.
    pub top_3: f32,
    /// Median CIEDE2000 between the true shade and the first match.
    pub difference: f32,
    /// Expected calibration error.
    pub calibration_error: f32,
    /// AUROC of known against unknown shades; `None` without unknown shades.
    pub rejection: Option<f32>,
    /// The number of test photos.
    pub tests: usize,
}

/// A figure and the interval that holds 95% of its resamples.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// The figure.
    pub value: f32,
    /// Lower end of the interval.
    pub low: f32,
    /// Upper end of the interval.
    pub high: f32,
}

/// The share of `answers` that satisfy `holds`.
pub fn share(answers: &[Answer], holds: impl Fn(&Answer) -> bool) -> f32 {
    answers.iter().filter(|answer| holds(answer)).count() as f32 / answers.len().max(1) as f32
}

/// The median CIEDE2000 between the true shade and the first match.
pub fn median_difference(answers: &[Answer]) -> f32 {
    let mut differences: Vec<f32> = answers.iter().map(|answer| answer.difference).collect();
    differences.sort_unstable_by(f32::total_cmp);
    differences
        .get(differences.len() / 2)
        .copied()
        .unwrap_or(f32::NAN)
}

/// One bin of the reliability plot.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    /// The mean score.
    pub score: f32,
    /// The share of first matches that are right.
    pub right: f32,
    /// The number of answers.
    pub count: usize,
}

/// Answers by rising score, in bins of equal size.
pub fn bins(answers: &[Answer]) -> Vec<Bin> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|x, y| x.score.total_cmp(&y.score).then(x.shade.cmp(&y.shade)));
    let bin = |k: usize| {
        let part = &sorted[k * sorted.len() / BINS..(k + 1) * sorted.len() / BINS];
        let mean = part.iter().map(|answer| answer.score).sum::<f32>() / part.len().max(1) as f32;
        Bin {
            score: mean,
            right: share(part, |answer| answer.first),
            count: part.len(),
        }
    };
    (0..BINS).map(bin).filter(|bin| bin.count > 0).collect()
}

/// The expected calibration error: the mean distance between the score of the first match and the share of first matches
/// that are right (Guo et al., ICML 2017; bins of equal size).
pub fn calibration_error(answers: &[Answer]) -> f32 {
    let gaps = bins(answers)
        .iter()
        .map(|bin| (bin.score - bin.right).abs() * bin.count as f32)
        .sum::<f32>();
    gaps / answers.len().max(1) as f32
}

/// The area under the receiver operating characteristic: how often one of `known` scores higher than one of `unknown`.
pub fn auroc(known: &[f32], unknown: &[f32]) -> f32 {
    let mut sorted = unknown.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let wins: f64 = known
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let same = sorted.partition_point(|other| other <= score) - below;
            below as f64 + 0.5 * same as f64
        })
        .sum();
    (wins / (known.len() * unknown.len()).max(1) as f64) as f32
}

/// A figure with its bootstrap interval. Resampling draws whole shades, because photos of one shade are not independent.
pub fn interval(answers: &[Answer], figure: impl Fn(&[Answer]) -> f32) -> Interval {
    let shades = answers
        .iter()
        .map(|answer| answer.shade)
        .max()
        .map_or(0, |last| last + 1);
    let mut by_shade = vec![Vec::new(); shades];
    for answer in answers {
        by_shade[answer.shade].push(*answer);
    }
    by_shade.retain(|answers| !answers.is_empty());
    let mut random = Random::new(1);
    let mut figures: Vec<f32> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..by_shade.len()).flat_map(|_| &by_shade[random.below(by_shade.len())]);
            figure(&drawn.copied().collect::<Vec<_>>())
        })
        .collect();
    figures.sort_unstable_by(f32::total_cmp);
    Interval {
        value: figure(answers),
        low: figures[RESAMPLES * 25 / 1000],
        high: figures[RESAMPLES * 975 / 1000],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(shade: usize, first: bool, score: f32) -> Answer {
        Answer {
            shade,
            first,
            among_three: true,
            difference: 1.0,
            score,
            in_library: score,
        }
    }

    #[test]
    fn well_calibrated_scores_have_no_calibration_error() {
        let answers: Vec<Answer> = (0..3000).map(|i| answer(i, i % 10 < 8, 0.8)).collect();
        assert!(
            calibration_error(&answers) < 0.03,
            "{}",
            calibration_error(&answers)
        );
        let sure: Vec<Answer> = answers.iter().map(|a| Answer { score: 1.0, ..*a }).collect();
        assert!((calibration_error(&sure) - 0.2).abs() < 0.01);
    }

    #[test]
    fn the_area_is_one_half_for_chance_and_one_for_order() {
        assert!((auroc(&[0.3, 0.7], &[0.3, 0.7]) - 0.5).abs() < 1e-6);
        assert!((auroc(&[0.8, 0.9], &[0.1, 0.7]) - 1.0).abs() < 1e-6);
        assert!((auroc(&[0.5, 0.9], &[0.5]) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn the_interval_contains_the_figure_and_widens_when_photos_of_a_shade_agree() {
        let top = |answers: &[Answer]| share(answers, |answer| answer.first);
        let alone: Vec<Answer> = (0..400).map(|i| answer(i, i % 2 == 0, 0.5)).collect();
        let together: Vec<Answer> = (0..400).map(|i| answer(i / 20, i / 20 % 2 == 0, 0.5)).collect();
        let (alone, together) = (interval(&alone, top), interval(&together, top));
        assert!(alone.low < 0.5 && alone.high > 0.5);
        assert!(together.high - together.low > 2.0 * (alone.high - alone.low));
    }
}
