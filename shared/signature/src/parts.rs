//! Colors sorted by lightness and divided into parts of equal weight.

use super::pixels::mean;
use strand_color::Lab;

/// The mean color of each of `N` parts of equal weight, from dark to light. If one heavy color leaves a part empty,
/// that part has the mean of all colors. Without colors, all parts are black.
pub fn parts<const N: usize>(mut colors: Vec<(Lab, f32)>) -> [Lab; N] {
    colors.sort_unstable_by(|x, y| x.0.l.total_cmp(&y.0.l));
    let whole = mean(colors.iter().copied());
    let total: f32 = colors.iter().map(|(_, weight)| weight).sum();
    let mut seen = 0.0;
    let part_of: Vec<usize> = colors
        .iter()
        .map(|(_, weight)| {
            seen += weight;
            // The part that contains the upper end of the color.
            ((seen / total * N as f32).ceil() as usize).clamp(1, N) - 1
        })
        .collect();
    std::array::from_fn(|part| {
        let inside = colors.iter().zip(&part_of).filter(|(_, p)| **p == part);
        let mut inside = inside.map(|(color, _)| *color).peekable();
        if inside.peek().is_some() {
            mean(inside)
        } else {
            whole
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(l: f32) -> Lab {
        Lab { l, a: 0.0, b: 0.0 }
    }

    #[test]
    fn parts_are_cut_by_weight() {
        let colors = vec![(gray(80.0), 1.0), (gray(20.0), 1.0), (gray(50.0), 2.0)];
        let [dark, light] = parts(colors);
        // The middle color has half of the weight and ends in the upper part.
        assert!(
            (dark.l - 20.0).abs() < 1e-3 && (light.l - 60.0).abs() < 1e-3,
            "{dark:?} {light:?}"
        );
    }

    #[test]
    fn an_empty_part_has_the_mean_of_all() {
        let [first, second, third] = parts(vec![(gray(40.0), 3.0)]);
        assert!(
            [first, second, third]
                .iter()
                .all(|lab| (lab.l - 40.0).abs() < 1e-3)
        );
        assert!(parts::<2>(Vec::new()).iter().all(|lab| lab.l.abs() < 1e-6));
    }
}
