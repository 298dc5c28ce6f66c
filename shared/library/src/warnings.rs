//! Photo-quality warnings. The threshold for blur comes from 200 portraits of the parser's training set, unchanged and blurred.

use crate::coloring::Coloring;
use crate::light::Light;
use strand_color::labs;
use strand_mask::HairMask;
use strand_photo::Photo;
use strand_signature::{Daylight, Signature};

/// Below this share of the image, hair is measured from a few thousand pixels, most of them at its edge.
const LITTLE_HAIR: f32 = 0.015;
/// Mean probability of the marked pixels below which the parser was guessing.
const UNSURE: f32 = 0.7;
/// Sharpness below which a photo is blurred. Of 100 sharp portraits, 99 have at least 0.27; of 100 blurred by a
/// Gaussian of 3 pixels, 99 have at most 0.18.
const BLURRED: f32 = 0.18;
/// How edges are sampled: their width in pixels, the row step, the minimum height (levels of 255), and the share of the
/// steepest edges that counts.
const EDGE: usize = 8;
const EVERY_ROW: usize = 2;
const LEAST_STEP: u8 = 16;
const STEEPEST: f32 = 0.03;
/// With fewer edges, sharpness is unknown.
const LEAST_EDGES: usize = 50;
/// Light and coloring are judged by every n-th pixel.
const STRIDE: usize = 7;

/// What affects how far to trust the measurements of a photo.
pub struct Quality {
    /// Whether it has the colors that the camera saw.
    pub coloring: Coloring,
    /// One sentence for each problem.
    pub warnings: Vec<String>,
}

/// Judges a photo in which hair was found, in this light.
pub fn quality(photo: &Photo, mask: &HairMask, signature: &Signature, daylight: Daylight) -> Quality {
    let pixels = photo.rgb().as_chunks().0.iter();
    let labs = labs(&pixels.step_by(STRIDE).copied().collect::<Vec<_>>());
    let checks = [
        (
            signature.coverage < LITTLE_HAIR,
            "Little hair is visible; a closer photo matches better.",
        ),
        (
            sharpness(photo).is_some_and(|sharpness| sharpness < BLURRED),
            "The photo is blurred; hold the camera still and let it focus on the hair.",
        ),
        (
            signature.confidence < UNSURE,
            "The hair is hard to tell from the rest; use a plainer background.",
        ),
    ];
    let coloring = Coloring::of(&labs, mask, STRIDE);
    let found = checks
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text);
    let light = Light::of(&labs, STRIDE, photo, mask, daylight);
    let warnings = found.chain(light.warnings()).chain(coloring.warning());
    Quality {
        coloring,
        warnings: warnings.map(str::to_owned).collect(),
    }
}

/// Sharpness of horizontal edges: the steepest step between two neighboring pixels within [`EDGE`] pixels, divided by
/// the whole step; the median over the steepest edges. A ramp gives 1 / `EDGE`, a hard edge 1; `None` if there are no
/// edges.
fn sharpness(photo: &Photo) -> Option<f32> {
    let width = photo.width() as usize;
    let mut edges: Vec<(u8, u8)> = Vec::new();
    for row in photo.rgb().chunks_exact(3 * width).step_by(EVERY_ROW) {
        let luma: Vec<u8> = row
            .as_chunks::<3>()
            .0
            .iter()
            .map(|[r, g, b]| ((77 * u32::from(*r) + 150 * u32::from(*g) + 29 * u32::from(*b)) >> 8) as u8)
            .collect();
        for window in luma.windows(EDGE + 1) {
            let whole = window[0].abs_diff(window[EDGE]);
            if whole >= LEAST_STEP {
                let steps = window.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
                edges.push((whole, steps.max().unwrap_or(0)));
            }
        }
    }
    let pixels = photo.rgb().len() / 3 / EVERY_ROW;
    let count = edges.len().min((STEEPEST * pixels as f32) as usize);
    if count < LEAST_EDGES {
        return None;
    }
    edges.select_nth_unstable_by(count - 1, |x, y| y.cmp(x));
    let mut ratios: Vec<f32> = edges[..count]
        .iter()
        .map(|(whole, step)| f32::from(*step) / f32::from(*whole))
        .collect();
    Some(*ratios.select_nth_unstable_by(count / 2, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_signature::{WhiteBalance, measure};

    const SIDE: u32 = 64;

    fn photo(pixel: impl Fn(u32, u32) -> [u8; 3]) -> Photo {
        let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        Photo::new(SIDE, SIDE, places.flat_map(|(x, y)| pixel(x, y)).collect())
    }

    /// The warnings for a photo with hair in its left half.
    fn warned(photo: &Photo) -> Vec<String> {
        let hair = (0..SIDE * SIDE).map(|i| if i % SIDE < SIDE / 2 { 255 } else { 0 });
        let mask = HairMask::new(SIDE, SIDE, hair.collect());
        let (signature, appearance) = measure(photo, &mask, WhiteBalance::Auto).expect("half of it is hair");
        let signature = Signature {
            confidence: 0.9,
            ..signature
        };
        quality(photo, &mask, &signature, appearance.daylight).warnings
    }

    #[test]
    fn a_good_photo_has_no_warnings() {
        let fair = photo(|x, y| {
            [
                if x % 16 < 8 { 30 } else { 190 },
                if x % 16 < 8 { 25 } else { 120 },
                if y % 9 < 4 { 20 } else { 110 },
            ]
        });
        assert_eq!(warned(&fair), Vec::<String>::new());
    }

    #[test]
    fn each_problem_has_a_warning() {
        let ramps = photo(|x, y| {
            let light = 10 + (x % 32).min(32 - x % 32) as u8 * 8;
            if y < SIDE / 2 {
                [light + 20, light + 5, light]
            } else {
                [light, light + 5, light + 20]
            }
        });
        let lamp = photo(|x, y| {
            let light = if (x / 4 + y / 4) % 2 == 0 { 250 } else { 50 };
            // A wall in two paints: of one hue, the photo would be toned.
            let blue = if x % 32 < 8 { 0.5 } else { 0.15 };
            [
                light,
                (f32::from(light) * 0.62) as u8,
                (f32::from(light) * blue) as u8,
            ]
        });
        for (photo, word) in [
            (photo(|_, _| [8, 7, 9]), "dark"),
            (photo(|_, _| [250, 251, 250]), "overexposed"),
            (
                photo(|x, y| [if x % 16 < 8 || y % 9 < 4 { 30 } else { 190 }; 3]),
                "black and white",
            ),
            (ramps, "blurred"),
            (lamp, "colored"),
            (
                photo(|x, y| {
                    let light = if (x / 4 + y / 4) % 2 == 0 { 200 } else { 140 };
                    [light, light - 10, if y % 9 < 4 { light - 40 } else { light - 20 }]
                }),
                "hazy",
            ),
        ] {
            let warned = warned(&photo);
            assert!(
                warned.len() == 1 && warned[0].contains(word),
                "{word}: {warned:?}"
            );
        }
    }
}
