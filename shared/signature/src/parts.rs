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

/// The same for colors of one weight, by selection instead of sorting: half of a photo is a hundred thousand pixels.
pub fn equal_parts<const N: usize>(mut colors: Vec<Lab>) -> [Lab; N] {
    let whole = mean(colors.iter().map(|color| (*color, 1.0)));
    let count = colors.len();
    let ends: [usize; N] = std::array::from_fn(|part| (part + 1) * count / N);
    divide(&mut colors, 0, &ends[..N - 1]);
    std::array::from_fn(|part| {
        let start = if part == 0 { 0 } else { ends[part - 1] };
        let inside = &colors[start..ends[part]];
        if inside.is_empty() {
            whole
        } else {
            mean(inside.iter().map(|color| (*color, 1.0)))
        }
    })
}

/// Orders `colors`, which begin at place `start` of a whole, so that no color before a place in `ends` is lighter than
/// one after it.
fn divide(colors: &mut [Lab], start: usize, ends: &[usize]) {
    let middle = ends.len() / 2;
    let Some(place) = ends.get(middle).map(|end| end - start) else {
        return;
    };
    if place >= colors.len() {
        return divide(colors, start, &ends[..middle]);
    }
    colors.select_nth_unstable_by(place, |x, y| x.l.total_cmp(&y.l));
    let (darker, lighter) = colors.split_at_mut(place);
    divide(darker, start, &ends[..middle]);
    divide(lighter, start + place, &ends[middle + 1..]);
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
    fn selecting_gives_what_sorting_gives() {
        for count in [1, 2, 5, 7, 100, 1001] {
            let colors: Vec<Lab> = (0..count).map(|k| gray((k * 37 % 101) as f32)).collect();
            let sorted = parts::<5>(colors.iter().map(|color| (*color, 1.0)).collect());
            let selected = equal_parts::<5>(colors);
            for (x, y) in sorted.iter().zip(&selected) {
                assert!((x.l - y.l).abs() < 0.01, "{count}: {sorted:?} {selected:?}");
            }
        }
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
