//! Dominant colors: k-means in CIE Lab, followed by merging colors that look the same.

use super::pixels::{HairPixel, mean};
use serde::{Deserialize, Serialize};
use strand_color::{Lab, ciede2000};

/// The maximum number of dominant colors.
pub const MAX_COLORS: usize = 5;
/// The maximum number of pixels for k-means. More pixels do not move the centers.
const SAMPLE: usize = 4_096;
const ITERATIONS: usize = 24;
/// Centers closer than this (CIEDE2000) are one color in uneven light. Hair of a single shade spreads over about 10
/// units of lightness, while the two colors of a highlighted shade differ by 15 or more.
const MERGE_BELOW: f32 = 9.0;
/// A color with a smaller share is not dominant: it is a reflection, or pixels of a neighboring object.
const MIN_SHARE: f32 = 0.04;

/// One of the main colors of the hair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DominantColor {
    /// The color in CIE Lab, D65.
    pub lab: Lab,
    /// The share of the hair, 0 to 1.
    pub share: f32,
}

/// The dominant colors of the hair by falling share; the shares sum to 1. The result is deterministic: k-means starts
/// from quantiles of lightness, not from random values.
pub fn dominant_colors(pixels: &[HairPixel]) -> Vec<DominantColor> {
    let step = pixels.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<(Lab, f32)> = pixels.iter().step_by(step).map(|p| (p.lab, p.weight)).collect();
    let mut colors = k_means(&sample, starting_centers(&sample));
    merge_alike(&mut colors);
    drop_small(&mut colors);
    colors.sort_by(|x, y| y.share.total_cmp(&x.share).then(x.lab.l.total_cmp(&y.lab.l)));
    colors
}

/// The mean of the colors, weighted by share.
pub fn mean_color(colors: &[DominantColor]) -> Lab {
    mean(colors.iter().map(|color| (color.lab, color.share)))
}

fn starting_centers(sample: &[(Lab, f32)]) -> Vec<Lab> {
    let mut sorted: Vec<Lab> = sample.iter().map(|(lab, _)| *lab).collect();
    sorted.sort_unstable_by(|x, y| {
        x.l.total_cmp(&y.l)
            .then(x.a.total_cmp(&y.a))
            .then(x.b.total_cmp(&y.b))
    });
    (0..MAX_COLORS)
        .map(|k| sorted[(2 * k + 1) * sorted.len() / (2 * MAX_COLORS)])
        .collect()
}

fn k_means(sample: &[(Lab, f32)], mut centers: Vec<Lab>) -> Vec<DominantColor> {
    let mut nearest = vec![usize::MAX; sample.len()];
    for _ in 0..ITERATIONS {
        let mut moved = false;
        for ((lab, _), label) in sample.iter().zip(&mut nearest) {
            let best = nearest_center(*lab, &centers);
            moved |= *label != best;
            *label = best;
        }
        if !moved {
            break;
        }
        for (k, center) in centers.iter_mut().enumerate() {
            let mut members = members_of(k, sample, &nearest).peekable();
            if members.peek().is_some() {
                *center = mean(members);
            }
        }
    }
    let total: f32 = sample.iter().map(|(_, weight)| weight).sum();
    let share = |k| {
        members_of(k, sample, &nearest)
            .map(|(_, weight)| weight)
            .sum::<f32>()
            / total
    };
    let colors = centers
        .into_iter()
        .enumerate()
        .map(|(k, lab)| DominantColor { lab, share: share(k) });
    colors.filter(|color| color.share > 0.0).collect()
}

fn members_of<'a>(
    k: usize,
    sample: &'a [(Lab, f32)],
    nearest: &'a [usize],
) -> impl Iterator<Item = (Lab, f32)> + 'a {
    sample
        .iter()
        .zip(nearest)
        .filter(move |(_, label)| **label == k)
        .map(|(pixel, _)| *pixel)
}

/// Uses Euclidean distance in Lab, which the mean of a cluster minimizes.
fn nearest_center(lab: Lab, centers: &[Lab]) -> usize {
    let squared = |c: &Lab| (lab.l - c.l).powi(2) + (lab.a - c.a).powi(2) + (lab.b - c.b).powi(2);
    let mut best = (0, f32::INFINITY);
    for (k, center) in centers.iter().enumerate() {
        let distance = squared(center);
        if distance < best.1 {
            best = (k, distance);
        }
    }
    best.0
}

fn merge_alike(colors: &mut Vec<DominantColor>) {
    while let Some((i, j)) = closest_pair(colors) {
        let gone = colors.swap_remove(j);
        let kept = &mut colors[i];
        kept.lab = mean([(kept.lab, kept.share), (gone.lab, gone.share)].into_iter());
        kept.share += gone.share;
    }
}

/// The two closest colors (the smaller index first) if they are close enough to merge.
fn closest_pair(colors: &[DominantColor]) -> Option<(usize, usize)> {
    let pairs = (0..colors.len()).flat_map(|i| (i + 1..colors.len()).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| (ciede2000(colors[i].lab, colors[j].lab), (i, j)))
        .filter(|(difference, _)| *difference < MERGE_BELOW)
        .min_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, pair)| pair)
}

fn drop_small(colors: &mut Vec<DominantColor>) {
    let largest = colors.iter().map(|c| c.share).fold(0.0, f32::max);
    colors.retain(|c| c.share >= MIN_SHARE.min(largest));
    let total: f32 = colors.iter().map(|c| c.share).sum();
    for color in colors {
        color.share /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_color::samples::{BLONDE, BROWN};

    fn pixels(colors: &[(Lab, usize)]) -> Vec<HairPixel> {
        let mut out = Vec::new();
        for (lab, count) in colors {
            for k in 0..*count {
                // Strands vary by a few units of lightness around their color.
                let lab = Lab {
                    l: lab.l + (k % 7) as f32 - 3.0,
                    ..*lab
                };
                out.push(HairPixel {
                    lab,
                    weight: 1.0,
                    height: 0.5,
                });
            }
        }
        out
    }

    #[test]
    fn one_shade_is_one_color() {
        let colors = dominant_colors(&pixels(&[(BROWN, 2000)]));
        assert_eq!(colors.len(), 1);
        assert!(ciede2000(colors[0].lab, BROWN) < 0.5);
        assert!((colors[0].share - 1.0).abs() < 1e-5);
    }

    #[test]
    fn highlights_keep_their_share() {
        let colors = dominant_colors(&pixels(&[(BROWN, 700), (BLONDE, 300)]));
        assert_eq!(colors.len(), 2);
        assert!(ciede2000(colors[0].lab, BROWN) < 1.0 && (colors[0].share - 0.7).abs() < 0.02);
        assert!(ciede2000(colors[1].lab, BLONDE) < 1.0 && (colors[1].share - 0.3).abs() < 0.02);
    }

    #[test]
    fn weight_counts_and_order_does_not() {
        let mut some = pixels(&[(BROWN, 500), (BLONDE, 500)]);
        for pixel in &mut some[500..] {
            pixel.weight = 0.25;
        }
        let colors = dominant_colors(&some);
        assert!((colors[0].share - 0.8).abs() < 0.02, "{colors:?}");
        some.reverse();
        let reversed = dominant_colors(&some);
        assert!(ciede2000(colors[0].lab, reversed[0].lab) < 0.1);
    }

    #[test]
    fn few_equal_pixels_are_enough() {
        let colors = dominant_colors(&pixels(&[(BLONDE, 1)]));
        assert_eq!(colors.len(), 1);
    }
}
