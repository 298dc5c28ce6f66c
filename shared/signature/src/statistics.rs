//! Statistics of the hair's colors for which the histogram is too coarse.

use super::parts::parts;
use super::pixels::{HairPixel, mean};
use strand_color::Lab;

/// The number of parts of equal weight, from the darkest to the lightest hair.
pub const QUINTILES: usize = 5;
/// Top, middle and bottom third of the hair.
const ZONES: usize = 3;

/// The number of values in addition to the quintiles.
pub const SHAPE: usize = 3 * (ZONES + 1);

/// Statistics of the hair's colors.
pub struct Statistics {
    /// The mean color of each fifth of the hair, from dark to light.
    pub quintiles: [Lab; QUINTILES],
    /// In Lab units, with L\*, a\* and b\* each: how the mean of the top, middle and bottom third differs from the mean
    /// of all hair (root to tip), then the standard deviation.
    pub shape: [f32; SHAPE],
}

/// Computes the statistics of `pixels`.
pub fn statistics(pixels: &[HairPixel]) -> Statistics {
    let whole = mean(pixels.iter().map(|p| (p.lab, p.weight)));
    let mut shape = [0.0; SHAPE];
    let (zones, spread) = shape.split_at_mut(3 * ZONES);
    for (zone, figures) in zones.chunks_exact_mut(3).enumerate() {
        let inside = |p: &&HairPixel| ((p.height * ZONES as f32) as usize).min(ZONES - 1) == zone;
        if let Some(lab) = mean_of(pixels.iter().filter(inside)) {
            figures.copy_from_slice(&[lab.l - whole.l, lab.a - whole.a, lab.b - whole.b]);
        }
    }
    spread.copy_from_slice(&deviation(pixels, whole));
    Statistics {
        quintiles: parts(pixels.iter().map(|p| (p.lab, p.weight)).collect()),
        shape,
    }
}

fn mean_of<'a>(pixels: impl Iterator<Item = &'a HairPixel>) -> Option<Lab> {
    let mut pixels = pixels.map(|p| (p.lab, p.weight)).peekable();
    pixels.peek().is_some().then(|| mean(pixels))
}

fn deviation(pixels: &[HairPixel], whole: Lab) -> [f32; 3] {
    let squares = pixels.iter().map(|p| {
        let lab = Lab {
            l: (p.lab.l - whole.l).powi(2),
            a: (p.lab.a - whole.a).powi(2),
            b: (p.lab.b - whole.b).powi(2),
        };
        (lab, p.weight)
    });
    let Lab { l, a, b } = mean(squares);
    [l, a, b].map(f32::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DARK: Lab = Lab {
        l: 20.0,
        a: 5.0,
        b: 8.0,
    };
    const LIGHT: Lab = Lab {
        l: 70.0,
        a: 5.0,
        b: 25.0,
    };

    fn hair(color: impl Fn(usize) -> Lab) -> Vec<HairPixel> {
        (0..300)
            .map(|k| HairPixel {
                lab: color(k),
                weight: 1.0,
                height: k as f32 / 300.0,
                row: k as f32 / 300.0,
            })
            .collect()
    }

    #[test]
    fn a_solid_color_has_no_zones_and_no_deviation() {
        let figures = statistics(&hair(|_| LIGHT));
        let off = |lab: &Lab| (lab.l - 70.0).abs() + (lab.a - 5.0).abs() + (lab.b - 25.0).abs();
        assert!(figures.quintiles.iter().all(|lab| off(lab) < 3e-3));
        assert!(
            figures.shape.iter().all(|x| x.abs() < 0.01),
            "{:?}",
            figures.shape
        );
    }

    #[test]
    fn roots_show_in_the_zones_and_highlights_in_the_quintiles() {
        let rooted = statistics(&hair(|k| if k < 100 { DARK } else { LIGHT }));
        let mixed = statistics(&hair(|k| if k % 3 == 0 { DARK } else { LIGHT }));
        assert!((rooted.quintiles[0].l - 20.0).abs() < 0.1 && (rooted.quintiles[4].l - 70.0).abs() < 0.1);
        assert!((rooted.quintiles[0].l - mixed.quintiles[0].l).abs() < 0.1);
        assert!(
            rooted.shape[0] < -30.0 && rooted.shape[3] > 15.0,
            "{:?}",
            rooted.shape
        );
        assert!(
            mixed.shape[..9].iter().all(|x| x.abs() < 1.0),
            "{:?}",
            mixed.shape
        );
    }
}
