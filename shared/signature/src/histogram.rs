//! A smoothed color histogram in CIE Lab with the Hellinger map.
//!
//! The square root of a histogram has unit length. Its scalar product with another one is their Bhattacharyya
//! coefficient (Jebara, Kondor, Howard: "Probability Product Kernels", JMLR 2004; Arandjelović and Zisserman: "Three
//! things everyone should know", CVPR 2012).

use super::pixels::HairPixel;

/// Width of a cell in Lab units, on all three axes.
const CELL: f32 = 10.0;
/// Centers of the first cells. Hair, including fashion colors, is within L* 0..100, a* -25..55, b* -35..65.
const FIRST: [f32; 3] = [5.0, -20.0, -30.0];
/// Number of cells on L*, a* and b*.
const CELLS: [usize; 3] = [10, 8, 10];
/// Gaussian smoothing in cells (σ = 0.8 cells = 8 Lab units), which is about how much light differs between photos.
const SIGMA: f32 = 0.8;

/// The number of cells: the length of a histogram.
pub const HISTOGRAM: usize = CELLS[0] * CELLS[1] * CELLS[2];

/// The square root of the smoothed share of each cell. The vector has unit length.
pub fn histogram(pixels: &[HairPixel]) -> Vec<f32> {
    let mut cells = smoothed(trilinear(pixels));
    let total: f32 = cells.iter().sum::<f32>().max(f32::EPSILON);
    for cell in &mut cells {
        *cell = (*cell / total).sqrt();
    }
    cells
}

/// Trilinear histogram: each pixel is shared among the eight cells around it, so that values do not jump at cell
/// borders.
fn trilinear(pixels: &[HairPixel]) -> Vec<f32> {
    let mut cells = vec![0.0; HISTOGRAM];
    for pixel in pixels {
        let along = [pixel.lab.l, pixel.lab.a, pixel.lab.b];
        let split: [(usize, f32); 3] = std::array::from_fn(|axis| {
            let position = ((along[axis] - FIRST[axis]) / CELL).clamp(0.0, (CELLS[axis] - 1) as f32);
            let low = (position as usize).min(CELLS[axis] - 2);
            (low, position - low as f32)
        });
        for corner in 0..8_usize {
            let mut weight = pixel.weight;
            let mut index = 0;
            for (axis, (low, fraction)) in split.iter().enumerate() {
                let upper = corner >> axis & 1;
                weight *= if upper == 1 { *fraction } else { 1.0 - fraction };
                index = index * CELLS[axis] + low + upper;
            }
            cells[index] += weight;
        }
    }
    cells
}

/// Gaussian smoothing on each axis in turn.
fn smoothed(mut cells: Vec<f32>) -> Vec<f32> {
    let reach = 2_usize;
    let kernel: Vec<f32> = (0..=reach)
        .map(|d| (-0.5 * (d as f32 / SIGMA).powi(2)).exp())
        .collect();
    for axis in 0..3 {
        let step: usize = CELLS[axis + 1..].iter().product();
        let source = cells.clone();
        for (index, cell) in cells.iter_mut().enumerate() {
            let at = index / step % CELLS[axis];
            let window = at.saturating_sub(reach)..=(at + reach).min(CELLS[axis] - 1);
            *cell = window
                .map(|k| kernel[k.abs_diff(at)] * source[index + k * step - at * step])
                .sum();
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strand_color::Lab;

    fn solid(l: f32, a: f32, b: f32) -> Vec<HairPixel> {
        let lab = Lab { l, a, b };
        (0..300)
            .map(|k| HairPixel {
                lab,
                weight: 1.0,
                height: k as f32 / 300.0,
                row: 0.0,
            })
            .collect()
    }

    fn likeness(x: &[f32], y: &[f32]) -> f32 {
        x.iter().zip(y).map(|(p, q)| p * q).sum()
    }

    #[test]
    fn nearer_colors_are_more_alike() {
        let base = histogram(&solid(40.0, 10.0, 20.0));
        let near = likeness(&base, &histogram(&solid(45.0, 10.0, 20.0)));
        let far = likeness(&base, &histogram(&solid(70.0, 10.0, 20.0)));
        assert!(near > 0.85 && far < 0.3, "{near} {far}");
    }

    proptest! {
        #[test]
        fn any_color_gives_a_unit_histogram(l in 0.0_f32..100.0, a in -90.0_f32..100.0, b in -110.0_f32..100.0) {
            let cells = histogram(&solid(l, a, b));
            prop_assert_eq!(cells.len(), HISTOGRAM);
            prop_assert!((likeness(&cells, &cells) - 1.0).abs() < 1e-4);
            prop_assert!(cells.iter().all(|x| x.is_finite()));
        }
    }
}
