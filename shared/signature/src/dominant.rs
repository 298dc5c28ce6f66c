//! Dominant colors: the hair is split along the axis on which its colors differ most, as long as its parts differ.
//!
//! Each step is computed from all hair, without random values: nearly the same colors give nearly the same answer. What
//! is left to chance is whether two parts differ by just about [`APART`], and which of two equal shares comes first.

use super::cells::Cell;
use super::pixels::mean;
use serde::{Deserialize, Serialize};
use strand_color::{Lab, ciede2000};

/// The maximum number of dominant colors.
pub const MAX_COLORS: usize = 5;
/// The least CIEDE2000 between the two parts of a split, by the number of colors before it. Nearly all hair is split into
/// a dark, a middle and a light part, unlike a swatch; only hair of several dyes is split further. Thresholds that few
/// photos are close to keep the number of colors: of 512 files of 85 portraits, encoded again, resized, mirrored, or
/// trimmed, it changes in 2%. With 11 at every step, which gives fewer colors, it would in 9%.
const APART: [f32; MAX_COLORS - 1] = [4.0, 4.0, 30.0, 30.0];
/// Parts with a smaller share count as less apart: they are a reflection, or pixels of a neighboring object.
const LEAST_SHARE: f32 = 0.08;
/// The histogram along the axis: its bins over eight standard deviations. The two outermost hold what is beyond.
const BINS: usize = 64;
const SPAN: f32 = 8.0;
/// Cuts whose variance between the parts is lower by this share of the best count 1/e as much as it.
const NEARLY_BEST: f32 = 0.02;
/// The width of the cut in standard deviations: colors at it belong to both parts.
const SOFTNESS: f32 = 0.15;
const POWER_STEPS: usize = 32;

/// One of the main colors of the hair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DominantColor {
    /// The color in CIE Lab, D65.
    pub lab: Lab,
    /// The share of the hair, 0 to 1.
    pub share: f32,
}

/// The dominant colors of the hair by falling share; the shares sum to 1. Black without hair.
pub fn dominant_colors(cells: &[Cell]) -> Vec<DominantColor> {
    let mut parts = vec![Part::new(cells.to_vec())];
    while let Some(apart) = APART.get(parts.len() - 1) {
        let gaps = parts.iter().map(|part| part.gap).enumerate();
        let Some((widest, _)) = gaps
            .filter(|(_, gap)| gap >= apart)
            .max_by(|x, y| x.1.total_cmp(&y.1))
        else {
            break;
        };
        let Part { halves, .. } = parts.swap_remove(widest);
        parts.extend(halves.map(Part::new));
    }
    let total: f32 = parts.iter().map(|part| part.color.share).sum();
    let mut colors: Vec<DominantColor> = parts.into_iter().map(|part| part.color).collect();
    for color in &mut colors {
        color.share /= total.max(f32::EPSILON);
    }
    colors.sort_by(|x, y| y.share.total_cmp(&x.share).then(x.lab.l.total_cmp(&y.lab.l)));
    colors
}

/// The mean of the colors, weighted by share.
pub fn mean_color(colors: &[DominantColor]) -> Lab {
    mean(colors.iter().map(|color| (color.lab, color.share)))
}

/// A part of the hair, and the halves that it can be split into.
struct Part {
    color: DominantColor,
    halves: [Vec<Cell>; 2],
    /// CIEDE2000 between the halves; less if one is small.
    gap: f32,
}

impl Part {
    fn new(cells: Vec<Cell>) -> Self {
        let share = |cells: &[Cell]| cells.iter().map(|(_, share)| share).sum::<f32>();
        let color = DominantColor {
            lab: mean(cells.iter().copied()),
            share: share(&cells),
        };
        let halves = split(cells, color);
        let [one, other] = halves.each_ref().map(|half| mean(half.iter().copied()));
        let smaller = halves
            .iter()
            .map(|half| share(half))
            .fold(f32::INFINITY, f32::min);
        Self {
            color,
            gap: ciede2000(one, other) * (smaller / LEAST_SHARE).min(1.0),
            halves,
        }
    }
}

/// Splits colors along their main axis where the variance between the parts is greatest (Otsu 1979).
fn split(cells: Vec<Cell>, whole: DominantColor) -> [Vec<Cell>; 2] {
    let centered = |lab: Lab| [lab.l - whole.lab.l, lab.a - whole.lab.a, lab.b - whole.lab.b];
    let (axis, deviation) = main_axis(&cells, centered);
    if deviation < 1e-3 {
        return [cells, Vec::new()];
    }
    let along = |lab: Lab| dot3(axis, centered(lab)) / deviation;
    let cut = best_cut(&cells, along);
    let (mut low, mut high) = (Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
    for (lab, share) in cells {
        let upper = 1.0 / (1.0 + (-(along(lab) - cut) / SOFTNESS).exp());
        // Shares that no longer count only take time.
        for (half, part) in [(&mut low, 1.0 - upper), (&mut high, upper)] {
            if part > 1e-4 {
                half.push((lab, share * part));
            }
        }
    }
    [low, high]
}

/// The axis on which the colors differ most, of length 1, and the standard deviation along it.
fn main_axis(cells: &[Cell], centered: impl Fn(Lab) -> [f32; 3]) -> ([f32; 3], f32) {
    let (mut covariance, mut total) = ([[0.0_f32; 3]; 3], f32::EPSILON);
    for (lab, share) in cells {
        let offset = centered(*lab);
        for (row, x) in covariance.iter_mut().zip(offset) {
            for (value, y) in row.iter_mut().zip(offset) {
                *value += share * x * y;
            }
        }
        total += share;
    }
    // Power iteration from mostly lightness, the usual axis.
    let (mut axis, mut length) = ([1.0, 0.3, 0.3], 0.0);
    for _ in 0..POWER_STEPS {
        let next = covariance.map(|row| dot3(row, axis));
        length = dot3(next, next).sqrt();
        if length <= f32::EPSILON {
            break;
        }
        axis = next.map(|x| x / length);
    }
    (axis, (length / total).sqrt())
}

fn dot3(x: [f32; 3], y: [f32; 3]) -> f32 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// The place of the cut, in standard deviations from the mean: the mean of all cuts, the best ones counting most.
fn best_cut(cells: &[Cell], along: impl Fn(Lab) -> f32) -> f32 {
    let (mut weights, mut sums) = ([0.0_f32; BINS], [0.0_f32; BINS]);
    for (lab, share) in cells {
        let place = along(*lab);
        let bin = ((place / SPAN + 0.5) * BINS as f32 - 0.5).clamp(0.0, (BINS - 1) as f32 - 1e-3);
        let (low, part) = (bin as usize, bin.fract());
        for (bin, weight) in [(low, share * (1.0 - part)), (low + 1, share * part)] {
            weights[bin] += weight;
            sums[bin] += weight * place;
        }
    }
    let (total, sum): (f32, f32) = (weights.iter().sum(), sums.iter().sum());
    let (mut below, mut sum_below) = (0.0, 0.0);
    let between: [f32; BINS - 1] = std::array::from_fn(|bin| {
        below += weights[bin];
        sum_below += sums[bin];
        let product = below * (total - below);
        if product > 1e-9 * total * total {
            (sum_below - below / total * sum).powi(2) / product
        } else {
            0.0
        }
    });
    let best = between.iter().copied().fold(f32::EPSILON, f32::max);
    let (mut mean, mut count) = (0.0, 0.0);
    for (bin, variance) in between.iter().enumerate() {
        let weight = ((variance / best - 1.0) / NEARLY_BEST).exp();
        mean += weight * (bin + 1) as f32;
        count += weight;
    }
    (mean / count / BINS as f32 - 0.5) * SPAN
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_color::samples::{BLONDE, BROWN};

    fn cells(colors: &[(Lab, f32)]) -> Vec<Cell> {
        let mut out = Vec::new();
        for (lab, share) in colors {
            for k in 0..7 {
                // Strands vary by a few units of lightness around their color.
                let lab = Lab {
                    l: lab.l + k as f32 - 3.0,
                    ..*lab
                };
                out.push((lab, share / 7.0));
            }
        }
        out
    }

    #[test]
    fn one_shade_is_one_color() {
        let colors = dominant_colors(&cells(&[(BROWN, 1.0)]));
        assert_eq!(colors.len(), 1);
        assert!(ciede2000(colors[0].lab, BROWN) < 0.5);
        assert!((colors[0].share - 1.0).abs() < 1e-5);
    }

    #[test]
    fn highlights_keep_their_share() {
        let colors = dominant_colors(&cells(&[(BROWN, 0.7), (BLONDE, 0.3)]));
        assert_eq!(colors.len(), 2, "{colors:?}");
        assert!(ciede2000(colors[0].lab, BROWN) < 1.0 && (colors[0].share - 0.7).abs() < 0.02);
        assert!(ciede2000(colors[1].lab, BLONDE) < 1.0 && (colors[1].share - 0.3).abs() < 0.02);
    }

    #[test]
    fn dyes_of_one_lightness_are_told_apart() {
        let (pink, blue) = (
            Lab {
                l: 50.0,
                a: 40.0,
                b: 0.0,
            },
            Lab {
                l: 50.0,
                a: -5.0,
                b: -35.0,
            },
        );
        let colors = dominant_colors(&cells(&[(pink, 0.6), (blue, 0.4)]));
        assert!(
            ciede2000(colors[0].lab, pink) < 1.5 && ciede2000(colors[1].lab, blue) < 1.5,
            "{colors:?}"
        );
    }

    #[test]
    fn a_little_more_light_hardly_moves_the_colors() {
        let spread = |shift: f32| -> Vec<Cell> {
            let strand = |k: usize| Lab {
                l: 25.0 + 0.3 * k as f32 + shift,
                a: 6.0,
                b: 10.0 + 0.1 * k as f32,
            };
            (0..100).map(|k| (strand(k), 0.01)).collect()
        };
        let usual = dominant_colors(&spread(0.0));
        assert_eq!(usual.len(), 3, "{usual:?}");
        for shift in [-1.0, -0.5, 0.5, 1.0] {
            let moved = dominant_colors(&spread(shift));
            assert_eq!(moved.len(), usual.len());
            for (one, other) in usual.iter().zip(&moved) {
                assert!(
                    (other.lab.l - one.lab.l - shift).abs() < 0.3 && (one.share - other.share).abs() < 0.02
                );
            }
        }
    }

    #[test]
    fn a_single_color_is_enough() {
        let colors = dominant_colors(&[(BLONDE, 1.0)]);
        assert!(colors.len() == 1 && ciede2000(colors[0].lab, BLONDE) < 0.01);
    }
}
