//! How near the colors of a photo are to those of a shade.

use super::matching::Candidate;
use crate::color::{Lab, ciede2000};
use crate::signature::{DominantColor, mean_color};

/// CIEDE2000 at which closeness falls to one half: photos of one shade under everyday light differ by up to about it.
const HALF_CLOSENESS: f32 = 8.0;

/// The reference of a shade that is nearest in color, or its swatch.
pub(super) struct Near {
    /// CIEDE2000 to it.
    pub difference: f32,
    /// The photo, where it is none of a swatch.
    pub image: Option<u64>,
    /// CIEDE2000 of each color to its nearest.
    pub color_differences: Vec<f32>,
}

impl Near {
    pub fn of(candidate: &Candidate, colors: &[DominantColor]) -> Option<Self> {
        let references = candidate.model.iter().flat_map(|m| &m.references);
        let nearest = references
            .map(|r| (color_difference(colors, &r.colors), Some(r.image_id), &r.colors))
            .min_by(|x, y| x.0.total_cmp(&y.0));
        let swatch = || {
            let swatch = candidate.swatch.as_ref()?;
            Some((color_difference(colors, swatch), None, swatch))
        };
        let (difference, image, theirs) = nearest.or_else(swatch)?;
        let nearest_to = |color: &DominantColor| {
            let each = theirs.iter().map(|their| ciede2000(color.lab, their.lab));
            each.fold(f32::INFINITY, f32::min)
        };
        Some(Self {
            difference,
            image,
            color_differences: colors.iter().map(nearest_to).collect(),
        })
    }
}

/// 1 for the same color, one half at [`HALF_CLOSENESS`], falling towards 0.
pub(super) fn closeness(difference: f32) -> f32 {
    1.0 / (1.0 + (difference / HALF_CLOSENESS).powi(2))
}

/// Euclidean Lab distance of the mean color to the nearest reference's mean: a cheap stand-in for CIEDE2000.
pub(super) fn rough_difference(candidate: &Candidate, mean: Lab) -> f32 {
    let references = candidate
        .model
        .iter()
        .flat_map(|m| &m.references)
        .map(|r| &r.colors);
    references
        .chain(&candidate.swatch)
        .map(|colors| mean_color(colors))
        .map(|lab| ((lab.l - mean.l).powi(2) + (lab.a - mean.a).powi(2) + (lab.b - mean.b).powi(2)).sqrt())
        .fold(f32::INFINITY, f32::min)
}

/// CIEDE2000 between two sets of colors, each color by its share: the mass of one set is moved onto the other, nearest
/// pairs first, and the mean cost is what it took (a greedy earth mover's distance, exact where one side is one color).
pub fn color_difference(these: &[DominantColor], those: &[DominantColor]) -> f32 {
    let mut pairs = Vec::with_capacity(these.len() * those.len());
    for (i, x) in these.iter().enumerate() {
        pairs.extend(
            those
                .iter()
                .enumerate()
                .map(|(j, y)| (ciede2000(x.lab, y.lab), i, j)),
        );
    }
    pairs.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
    let mut left: Vec<f32> = these.iter().map(|c| c.share).collect();
    let mut room: Vec<f32> = those.iter().map(|c| c.share).collect();
    let (mut cost, mut moved) = (0.0, 0.0);
    for (difference, i, j) in pairs {
        let mass = left[i].min(room[j]);
        left[i] -= mass;
        room[j] -= mass;
        cost += difference * mass;
        moved += mass;
    }
    if moved > 0.0 { cost / moved } else { f32::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::samples::{BLONDE, BROWN};

    #[test]
    fn difference_of_sets() {
        let color = |lab, share| DominantColor { lab, share };
        let solid = vec![color(BROWN, 1.0)];
        let mixed = vec![color(BROWN, 0.6), color(BLONDE, 0.4)];
        assert!(color_difference(&mixed, &mixed) < 1e-4);
        let expected = 0.4 * ciede2000(BROWN, BLONDE);
        assert!((color_difference(&solid, &mixed) - expected).abs() < 1e-3);
        assert!((color_difference(&mixed, &solid) - expected).abs() < 1e-3);
    }
}
