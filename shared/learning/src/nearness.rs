//! How close the colors of a photo are to those of a shade.

use crate::shade::SnapshotShade;
use strand_color::{Lab, ciede2000};
use strand_signature::{DominantColor, mean_color};

/// The CIEDE2000 at which closeness is one half. Photos of one shade in everyday light differ by up to about this much.
const HALF_CLOSENESS: f32 = 8.0;

/// The reference of a shade that is closest in color, or its swatch.
pub(crate) struct Near {
    /// CIEDE2000 to the reference or swatch.
    pub difference: f32,
    /// The id of the reference photo; `None` for a swatch.
    pub photo: Option<u64>,
    /// CIEDE2000 from each color to the closest color of the reference.
    pub color_differences: Vec<f32>,
}

impl Near {
    pub fn of(shade: &SnapshotShade, colors: &[DominantColor]) -> Option<Self> {
        let references = shade.model.iter().flat_map(|m| &m.references);
        let nearest = references
            .map(|r| (color_difference(colors, &r.colors), Some(r.photo_id), &r.colors))
            .min_by(|x, y| x.0.total_cmp(&y.0));
        let swatch = || {
            let swatch = shade.swatch.as_ref()?;
            Some((color_difference(colors, swatch), None, swatch))
        };
        let (difference, photo, theirs) = nearest.or_else(swatch)?;
        let nearest_to = |color: &DominantColor| {
            let each = theirs.iter().map(|their| ciede2000(color.lab, their.lab));
            each.fold(f32::INFINITY, f32::min)
        };
        Some(Self {
            difference,
            photo,
            color_differences: colors.iter().map(nearest_to).collect(),
        })
    }
}

/// 1 for the same color, one half at [`HALF_CLOSENESS`], falling toward 0.
pub(crate) fn closeness(difference: f32) -> f32 {
    1.0 / (1.0 + (difference / HALF_CLOSENESS).powi(2))
}

/// The Euclidean Lab distance from the mean color to the closest mean of a reference: a cheap approximation of
/// CIEDE2000.
pub(crate) fn rough_difference(shade: &SnapshotShade, mean: Lab) -> f32 {
    let references = shade.model.iter().flat_map(|m| &m.references).map(|r| &r.colors);
    references
        .chain(&shade.swatch)
        .map(|colors| mean_color(colors))
        .map(|lab| ((lab.l - mean.l).powi(2) + (lab.a - mean.a).powi(2) + (lab.b - mean.b).powi(2)).sqrt())
        .fold(f32::INFINITY, f32::min)
}

/// CIEDE2000 between two sets of colors, weighted by share. It moves the shares of one set to the other, closest pairs
/// first, and returns the mean cost (a greedy earth mover's distance, exact if one side is a single color).
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
    use strand_color::samples::{BLONDE, BROWN};

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
