//! Photo-quality warnings. The thresholds for blur and color cast come from 200 portraits of the parser's training set:
//! unchanged, blurred, and in the light of other lamps, including their hair.

use crate::coloring::Coloring;
use strand_color::{Lab, labs};
use strand_mask::HairMask;
use strand_photo::Photo;
use strand_signature::Signature;

/// Below this share of the image, hair is measured from a few thousand pixels, most of them at its edge.
const LITTLE_HAIR: f32 = 0.015;
/// Mean lightness (L*) of a photo below which its colors are mostly sensor noise, and above which they are clipped.
const DARK_PHOTO: f32 = 12.0;
const BRIGHT_PHOTO: f32 = 93.0;
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
/// Chroma, in CIE Lab, above which everything but the hair has a cast: of its mean, and of its brightest part toward
/// the same hue. One in 100 portraits reaches the first threshold; at 3000 K nearly all reach both.
const CAST: f32 = 28.0;
const BRIGHTEST_CAST: f32 = 31.0;
/// The brightest share of everything but the hair, and the minimum share of the image from which a cast can be judged.
const BRIGHTEST: f32 = 0.03;
const LEAST_GROUND: f32 = 0.05;
/// Means use every n-th pixel.
const STRIDE: usize = 7;

/// What affects how far to trust the measurements of a photo.
pub struct Quality {
    /// Whether it has the colors that the camera saw.
    pub coloring: Coloring,
    /// One sentence for each problem.
    pub warnings: Vec<String>,
}

/// Judges a photo in which hair was found.
pub fn quality(photo: &Photo, mask: &HairMask, signature: &Signature) -> Quality {
    let pixels = photo.rgb().as_chunks().0.iter();
    let labs = labs(&pixels.step_by(STRIDE).copied().collect::<Vec<_>>());
    let lightness = mean(&labs).l;
    let checks = [
        (
            signature.coverage < LITTLE_HAIR,
            "Little hair is visible; a closer photo matches better.",
        ),
        (
            lightness < DARK_PHOTO,
            "The photo is very dark; colors are unreliable, use more light.",
        ),
        (
            lightness > BRIGHT_PHOTO,
            "The photo is overexposed; colors are washed out, use less light.",
        ),
        (
            sharpness(photo).is_some_and(|sharpness| sharpness < BLURRED),
            "The photo is blurred; hold the camera still and let it focus on the hair.",
        ),
        (
            has_cast(&labs, mask),
            "The light is strongly colored; daylight or white light shows the shade as it is.",
        ),
        (
            signature.confidence < UNSURE,
            "The hair is hard to tell from the rest; use a plainer background.",
        ),
    ];
    let coloring = Coloring::of(&labs, mask, STRIDE);
    let found = checks.into_iter().filter(|(applies, _)| *applies);
    let warnings = found.map(|(_, text)| text).chain(coloring.warning());
    Quality {
        coloring,
        warnings: warnings.map(str::to_owned).collect(),
    }
}

fn mean(labs: &[Lab]) -> Lab {
    let mut sum = [0.0_f32; 3];
    for lab in labs {
        for (total, value) in sum.iter_mut().zip([lab.l, lab.a, lab.b]) {
            *total += value;
        }
    }
    let [l, a, b] = sum.map(|total| total / labs.len().max(1) as f32);
    Lab { l, a, b }
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

/// Whether the photo has a color cast. `labs` holds every [`STRIDE`]-th pixel.
fn has_cast(labs: &[Lab], mask: &HairMask) -> bool {
    let pixels = labs.iter().zip(mask.probability.iter().step_by(STRIDE));
    let ground = pixels.filter(|(_, p)| **p < HairMask::THRESHOLD);
    let mut ground: Vec<Lab> = ground.map(|(lab, _)| *lab).collect();
    if ground.len() as f32 <= LEAST_GROUND * labs.len() as f32 {
        return false;
    }
    let brightest = ((BRIGHTEST * ground.len() as f32) as usize).max(1);
    ground.select_nth_unstable_by(brightest - 1, |x, y| y.l.total_cmp(&x.l));
    let (bright, all) = (mean(&ground[..brightest]), mean(&ground));
    let chroma = all.a.hypot(all.b);
    chroma > CAST && (bright.a * all.a + bright.b * all.b) / chroma > BRIGHTEST_CAST
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 64;

    fn photo(pixel: impl Fn(u32, u32) -> [u8; 3]) -> Photo {
        let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        Photo::new(SIDE, SIDE, places.flat_map(|(x, y)| pixel(x, y)).collect())
    }

    /// The warnings for a photo with hair in its left half.
    fn warned(photo: &Photo) -> Vec<String> {
        let hair = (0..SIDE * SIDE).map(|i| if i % SIDE < SIDE / 2 { 255 } else { 0 });
        let mask = HairMask::new(SIDE, SIDE, hair.collect());
        let signature = Signature {
            colors: Vec::new(),
            mean: Lab {
                l: 50.0,
                a: 5.0,
                b: 10.0,
            },
            descriptor: Vec::new(),
            coverage: 0.5,
            confidence: 0.9,
        };
        quality(photo, &mask, &signature).warnings
    }

    #[test]
    fn a_good_photo_has_no_warnings() {
        let fair = photo(|x, y| {
            [
                if x % 16 < 8 { 90 } else { 190 },
                120,
                if y % 9 < 4 { 90 } else { 130 },
            ]
        });
        assert_eq!(warned(&fair), Vec::<String>::new());
    }

    #[test]
    fn each_problem_has_a_warning() {
        let ramps = photo(|x, y| {
            let light = 60 + (x % 32).min(32 - x % 32) as u8 * 4;
            if y < SIDE / 2 {
                [light + 20, light + 5, light]
            } else {
                [light, light + 5, light + 20]
            }
        });
        let lamp = photo(|x, y| {
            let light = if (x / 4 + y / 4) % 2 == 0 { 250 } else { 150 };
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
                photo(|x, y| [if x % 16 < 8 || y % 9 < 4 { 90 } else { 190 }; 3]),
                "black and white",
            ),
            (ramps, "blurred"),
            (lamp, "colored"),
        ] {
            let warned = warned(&photo);
            assert!(
                warned.len() == 1 && warned[0].contains(word),
                "{word}: {warned:?}"
            );
        }
    }
}
