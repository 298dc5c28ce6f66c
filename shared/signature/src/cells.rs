//! The colors of all hair pixels, gathered in cells of similar color. No pixel is left out, and each counts by how far it
//! is certain to be hair, so that another file of the same picture gives nearly the same colors.

use strand_color::{Lab, Rgb};
use strand_mask::HairMask;
use strand_photo::Photo;

/// A cell spans 8 of 256 values of each channel.
const SHIFT: u32 = 3;
const SIDE: usize = 256 >> SHIFT;
/// The darkest and brightest tails, by weight, are shadows between strands and specular highlights.
const SHADOW_TAIL: f32 = 0.05;
const GLINT_TAIL: f32 = 0.04;

/// A color and its share of the hair.
pub type Cell = (Lab, f32);

/// The mean color of each cell without the tails of light, from dark to light. The shares sum to 1. Empty without hair.
pub fn cells(photo: &Photo, mask: &HairMask) -> Vec<Cell> {
    let mut sums = vec![[0.0_f32; 4]; SIDE * SIDE * SIDE];
    for (pixel, p) in photo.rgb().as_chunks::<3>().0.iter().zip(&mask.probability) {
        // From nothing at one half to 1, so that pixels at the edge do not come and go.
        let weight = f32::from(p.saturating_sub(HairMask::THRESHOLD)) / f32::from(255 - HairMask::THRESHOLD);
        if weight > 0.0 {
            let [r, g, b] = *pixel;
            let [row, column, depth] = pixel.map(|value| usize::from(value) >> SHIFT);
            let [red, green, blue, total] = &mut sums[(row * SIDE + column) * SIDE + depth];
            let light = Rgb { r, g, b }.linear();
            *red += weight * light[0];
            *green += weight * light[1];
            *blue += weight * light[2];
            *total += weight;
        }
    }
    let found = sums.into_iter().filter(|sum| sum[3] > 0.0);
    let mut cells: Vec<Cell> = found
        .map(|[r, g, b, weight]| (Lab::from_linear([r, g, b].map(|light| light / weight)), weight))
        .collect();
    cells.sort_unstable_by(|x, y| x.0.l.total_cmp(&y.0.l));
    without_tails(cells)
}

/// Cuts the tails of light. Of the cell at a cut, only the part inside counts.
fn without_tails(cells: Vec<Cell>) -> Vec<Cell> {
    let total: f32 = cells.iter().map(|(_, weight)| weight).sum();
    let (low, high) = (SHADOW_TAIL * total, (1.0 - GLINT_TAIL) * total);
    let mut seen = 0.0;
    let inside = cells.into_iter().map(|(lab, weight)| {
        let from = seen;
        seen += weight;
        (lab, (seen.min(high) - from.max(low)) / (high - low))
    });
    inside.filter(|(_, share)| *share > 0.0).collect()
}
