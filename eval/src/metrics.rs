//! Figures from answers.

use strand_tests::render::Random;

/// Bins of the expected calibration error, each with as many answers.
const BINS: usize = 15;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;

/// One photo and what a scheme said to it.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The shade that it shows.
    pub shade: usize,
    /// Whether that one came first.
    pub first: bool,
    /// Whether it was among the first three.
    pub among_three: bool,
    /// CIEDE2000 from the true shade to the first match.
    pub difference: f32,
    /// The score of the first match, 0 where there was none.
    pub score: f32,
    /// How sure the scheme is that the library has the shade.
    pub known: f32,
}

/// A figure with the interval that 95 % of the resamples lie in.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// The figure.
    pub value: f32,
    /// The interval's lower end.
    pub low: f32,
    /// Its upper end.
    pub high: f32,
}

/// The share of `answers` for which `holds`.
pub fn share(answers: &[Answer], holds: impl Fn(&Answer) -> bool) -> f32 {
    answers.iter().filter(|answer| holds(answer)).count() as f32 / answers.len().max(1) as f32
}

/// The median of the differences.
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
    /// The share of first matches that were right.
    pub right: f32,
    /// How many answers it holds.
    pub count: usize,
}

/// Answers by rising score in bins of equal mass.
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

/// The expected calibration error: how far the score of the first match lies from the share that is right, in the mean
/// over all answers (Guo et al., ICML 2017; bins of equal mass).
pub fn calibration_error(answers: &[Answer]) -> f32 {
    let gaps = bins(answers)
        .iter()
        .map(|bin| (bin.score - bin.right).abs() * bin.count as f32)
        .sum::<f32>();
    gaps / answers.len().max(1) as f32
}

/// The area under the receiver operating characteristic: how often one of `known` scores higher than one of `strange`.
pub fn auroc(known: &[f32], strange: &[f32]) -> f32 {
    let mut sorted = strange.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let wins: f64 = known
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let same = sorted.partition_point(|other| other <= score) - below;
            below as f64 + 0.5 * same as f64
        })
        .sum();
    (wins / (known.len() * strange.len()).max(1) as f64) as f32
}

/// A figure with its bootstrap interval. Whole shades are drawn, not photos: photos of one shade are no independent
/// witnesses.
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
            known: score,
        }
    }

    #[test]
    fn scores_that_hold_have_no_calibration_error() {
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
    fn the_interval_holds_the_figure_and_knows_that_photos_of_a_shade_agree() {
        let top = |answers: &[Answer]| share(answers, |answer| answer.first);
        let alone: Vec<Answer> = (0..400).map(|i| answer(i, i % 2 == 0, 0.5)).collect();
        let together: Vec<Answer> = (0..400).map(|i| answer(i / 20, i / 20 % 2 == 0, 0.5)).collect();
        let (alone, together) = (interval(&alone, top), interval(&together, top));
        assert!(alone.low < 0.5 && alone.high > 0.5);
        assert!(together.high - together.low > 2.0 * (alone.high - alone.low));
    }
}
