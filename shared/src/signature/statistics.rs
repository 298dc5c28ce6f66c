//! A few figures of the hair's colors that the histogram is too coarse for.

use super::pixels::{HairPixel, mean};
use crate::color::Lab;

/// Parts of equal weight from the darkest to the lightest hair.
const QUINTILES: usize = 5;
/// Top, middle and bottom third of the hair.
const ZONES: usize = 3;

/// Number of figures.
pub const STATISTICS: usize = 3 * (QUINTILES + ZONES + 1);

/// In Lab units, L\*, a\*, b\* of each: the mean of every fifth of the hair from dark to light; how the mean of the top,
/// middle and bottom third differs from that of all hair (root to tip); the standard deviation.
pub fn statistics(pixels: &[HairPixel]) -> Vec<f32> {
    let whole = mean(pixels.iter().map(|p| (p.lab, p.weight)));
    let mut figures = Vec::with_capacity(STATISTICS);
    for lab in quintiles(pixels) {
        figures.extend(lab.map_or([whole.l, whole.a, whole.b], |lab| [lab.l, lab.a, lab.b]));
    }
    for zone in 0..ZONES {
        let inside = |p: &&HairPixel| ((p.height * ZONES as f32) as usize).min(ZONES - 1) == zone;
        let lab = mean_of(pixels.iter().filter(inside));
        figures.extend(lab.map_or([0.0; 3], |lab| {
            [lab.l - whole.l, lab.a - whole.a, lab.b - whole.b]
        }));
    }
    figures.extend(deviation(pixels, whole));
    figures
}

fn quintiles(pixels: &[HairPixel]) -> [Option<Lab>; QUINTILES] {
    let mut by_lightness: Vec<&HairPixel> = pixels.iter().collect();
    by_lightness.sort_unstable_by(|x, y| x.lab.l.total_cmp(&y.lab.l));
    let total: f32 = by_lightness.iter().map(|p| p.weight).sum();
    let mut seen = 0.0;
    let parts: Vec<usize> = by_lightness
        .iter()
        .map(|pixel| {
            seen += pixel.weight;
            // The part that the pixel's upper end lies in.
            ((seen / total * QUINTILES as f32).ceil() as usize).clamp(1, QUINTILES) - 1
        })
        .collect();
    std::array::from_fn(|part| {
        let inside = by_lightness.iter().zip(&parts).filter(|(_, p)| **p == part);
        mean_of(inside.map(|(pixel, _)| *pixel))
    })
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
            })
            .collect()
    }

    #[test]
    fn a_solid_color_has_no_zones_and_no_deviation() {
        let figures = statistics(&hair(|_| LIGHT));
        assert_eq!(figures.len(), STATISTICS);
        for quintile in figures[..15].chunks(3) {
            assert!(
                quintile
                    .iter()
                    .zip([70.0, 5.0, 25.0])
                    .all(|(x, y)| (x - y).abs() < 1e-3)
            );
        }
        assert!(figures[15..].iter().all(|x| x.abs() < 0.01), "{figures:?}");
    }

    #[test]
    fn roots_show_in_the_zones_and_highlights_in_the_quintiles() {
        let rooted = statistics(&hair(|k| if k < 100 { DARK } else { LIGHT }));
        let mixed = statistics(&hair(|k| if k % 3 == 0 { DARK } else { LIGHT }));
        assert!((rooted[0] - 20.0).abs() < 0.1 && (rooted[12] - 70.0).abs() < 0.1);
        assert!((rooted[0] - mixed[0]).abs() < 0.1);
        assert!(rooted[15] < -30.0 && rooted[18] > 15.0, "{rooted:?}");
        assert!(mixed[15..24].iter().all(|x| x.abs() < 1.0), "{mixed:?}");
    }
}
