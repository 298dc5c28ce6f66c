//! The color descriptor: a smoothed histogram in CIE Lab under the Hellinger map, and how color shifts from root to tip.
//!
//! The square root of a histogram has unit length and its scalar product with another is their Bhattacharyya
//! coefficient, so a linear SVM on it separates distributions (Jebara, Kondor, Howard: "Probability Product Kernels",
//! JMLR 2004; Arandjelović and Zisserman: "Three things everyone should know", CVPR 2012).

use super::pixels::{HairPixel, mean};
use crate::color::Lab;

/// Names this descriptor in a feature space id; any change of the numbers below needs a new one.
pub const DESCRIPTOR_ID: &str = "lab1";

/// Width of a histogram cell in Lab units, along all three axes.
const CELL: f32 = 10.0;
/// Centers of the first cells: hair, dyed in fashion colors too, lies within L* 0..100, a* -25..55, b* -35..65.
const FIRST: [f32; 3] = [5.0, -20.0, -30.0];
/// Number of cells along L*, a* and b*.
const CELLS: [usize; 3] = [10, 8, 10];
/// Gaussian smoothing, in cells (σ = 0.8 cells = 8 Lab units): light differs from photo to photo by about that much.
const SIGMA: f32 = 0.8;
/// Top, middle and bottom third of the hair.
const ZONES: usize = 3;
/// Lab units to length 1 in the zone part: 40 units between root and tip weigh as much as the whole histogram.
const ZONE_SCALE: f32 = 1.0 / 40.0;

const HISTOGRAM: usize = CELLS[0] * CELLS[1] * CELLS[2];

/// Length of the descriptor: the histogram's cells, then L*, a*, b* shifts of each zone.
pub const DESCRIPTOR_DIMENSION: usize = HISTOGRAM + 3 * ZONES;

/// The descriptor of some hair: [`DESCRIPTOR_DIMENSION`] values, the first part of unit length.
pub fn describe(pixels: &[HairPixel]) -> Vec<f32> {
    let mut descriptor = smoothed(histogram(pixels));
    let total: f32 = descriptor.iter().sum::<f32>().max(f32::EPSILON);
    for cell in &mut descriptor {
        *cell = (*cell / total).sqrt();
    }
    descriptor.extend(zone_shifts(pixels));
    descriptor
}

/// Trilinear histogram: each pixel is shared among the eight cells around it, so that no step is taken at an edge.
fn histogram(pixels: &[HairPixel]) -> Vec<f32> {
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

/// Gaussian smoothing along each axis in turn.
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

/// How the mean color of the top, middle and bottom third differs from the whole: all zero for a solid shade.
fn zone_shifts(pixels: &[HairPixel]) -> Vec<f32> {
    let whole = mean(pixels.iter().map(|p| (p.lab, p.weight)));
    let zone_of = |p: &HairPixel| ((p.height * ZONES as f32) as usize).min(ZONES - 1);
    (0..ZONES)
        .flat_map(|zone| {
            let mut here = pixels
                .iter()
                .filter(|p| zone_of(p) == zone)
                .map(|p| (p.lab, p.weight))
                .peekable();
            let color = if here.peek().is_some() { mean(here) } else { whole };
            shift(color, whole)
        })
        .collect()
}

fn shift(color: Lab, whole: Lab) -> [f32; 3] {
    [color.l - whole.l, color.a - whole.a, color.b - whole.b].map(|d| d * ZONE_SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn solid(lab: Lab) -> Vec<HairPixel> {
        (0..300)
            .map(|k| HairPixel {
                lab,
                weight: 1.0,
                height: k as f32 / 300.0,
            })
            .collect()
    }

    fn similarity(x: &[f32], y: &[f32]) -> f32 {
        x[..HISTOGRAM].iter().zip(y).map(|(p, q)| p * q).sum()
    }

    #[test]
    fn nearer_colors_are_more_alike() {
        let base = describe(&solid(Lab {
            l: 40.0,
            a: 10.0,
            b: 20.0,
        }));
        let near = describe(&solid(Lab {
            l: 45.0,
            a: 10.0,
            b: 20.0,
        }));
        let far = describe(&solid(Lab {
            l: 70.0,
            a: 10.0,
            b: 20.0,
        }));
        assert!(similarity(&base, &near) > 0.85, "{}", similarity(&base, &near));
        assert!(similarity(&base, &far) < 0.3, "{}", similarity(&base, &far));
    }

    #[test]
    fn a_rooted_shade_differs_from_its_mixture() {
        let dark = Lab {
            l: 20.0,
            a: 5.0,
            b: 8.0,
        };
        let light = Lab {
            l: 70.0,
            a: 5.0,
            b: 25.0,
        };
        let rooted: Vec<_> = (0..300)
            .map(|k| HairPixel {
                lab: if k < 150 { dark } else { light },
                weight: 1.0,
                height: k as f32 / 300.0,
            })
            .collect();
        let mixed: Vec<_> = (0..300)
            .map(|k| HairPixel {
                lab: if k % 2 == 0 { dark } else { light },
                weight: 1.0,
                height: k as f32 / 300.0,
            })
            .collect();
        let (rooted, mixed) = (describe(&rooted), describe(&mixed));
        assert!(similarity(&rooted, &mixed) > 0.999);
        let zones = |d: &[f32]| d[HISTOGRAM..].iter().map(|x| x.abs()).sum::<f32>();
        assert!(zones(&rooted) > 10.0 * zones(&mixed));
    }

    proptest! {
        #[test]
        fn any_color_gives_a_unit_histogram(l in 0.0_f32..100.0, a in -90.0_f32..100.0, b in -110.0_f32..100.0) {
            let descriptor = describe(&solid(Lab { l, a, b }));
            prop_assert_eq!(descriptor.len(), DESCRIPTOR_DIMENSION);
            prop_assert!((similarity(&descriptor, &descriptor) - 1.0).abs() < 1e-4);
            prop_assert!(descriptor.iter().all(|x| x.is_finite()));
        }
    }
}
