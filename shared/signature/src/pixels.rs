//! Selects the pixels that count as hair, and their weights.

use strand_color::{Lab, Rgb};
use strand_mask::HairMask;
use strand_photo::Photo;

/// With fewer hair pixels there is no color to measure.
const MIN_PIXELS: usize = 48;
/// The maximum number of pixels to measure. More pixels take time and do not change the result.
const MAX_SAMPLE: usize = 12_288;
/// The darkest and brightest tails, by weight, are shadows between strands and specular highlights. They show the
/// light, not the hair.
const SHADOW_TAIL: f32 = 0.05;
const GLINT_TAIL: f32 = 0.04;

/// One measured hair pixel.
#[derive(Debug, Clone, Copy)]
pub struct HairPixel {
    pub lab: Lab,
    /// The parser's confidence that this is hair, above 0 to 1.
    pub weight: f32,
    /// The position from the top (0) to the bottom (1) of the hair, as the share of the hair above it.
    pub height: f32,
    /// Its row, as a share of the photo's height, 0 to 1.
    pub row: f32,
}

/// The measured hair of one photo.
pub struct Hair {
    pub pixels: Vec<HairPixel>,
    pub coverage: f32,
    pub confidence: f32,
}

impl Hair {
    pub fn mean(&self) -> Lab {
        mean(self.pixels.iter().map(|p| (p.lab, p.weight)))
    }
}

/// The weighted mean of colors in Lab; black if the weights sum to zero.
pub fn mean(colors: impl Iterator<Item = (Lab, f32)>) -> Lab {
    let (mut l, mut a, mut b, mut total) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    for (lab, weight) in colors {
        l += lab.l * weight;
        a += lab.a * weight;
        b += lab.b * weight;
        total += weight;
    }
    let total = total.max(f32::EPSILON);
    Lab {
        l: l / total,
        a: a / total,
        b: b / total,
    }
}

/// Takes an evenly spread sample of the hair pixels without the tails of light; `None` if there is too little hair.
pub fn collect(photo: &Photo, mask: &HairMask) -> Option<Hair> {
    assert_eq!(
        (photo.width(), photo.height()),
        (mask.width, mask.height),
        "the mask is not of this photo"
    );
    let hair: Vec<usize> = (0..mask.probability.len())
        .filter(|pixel| mask.probability[*pixel] >= HairMask::THRESHOLD)
        .collect();
    if hair.len() < MIN_PIXELS {
        return None;
    }
    let sample = hair.len().min(MAX_SAMPLE);
    let pixels = (0..sample).map(|k| {
        let rank = k * hair.len() / sample;
        let pixel = hair[rank];
        let probability = f32::from(mask.probability[pixel]) / 255.0;
        let rgb = &photo.rgb()[3 * pixel..3 * pixel + 3];
        HairPixel {
            lab: Lab::from(Rgb {
                r: rgb[0],
                g: rgb[1],
                b: rgb[2],
            }),
            // At the parser's threshold, where background shines through, a pixel has a quarter of the full weight.
            weight: probability * probability,
            height: rank as f32 / hair.len() as f32,
            row: (pixel / photo.width() as usize) as f32 / photo.height() as f32,
        }
    });
    let pixels = without_tails(pixels.collect());
    Some(Hair {
        pixels,
        coverage: mask.coverage(HairMask::THRESHOLD),
        confidence: mask.confidence(HairMask::THRESHOLD),
    })
}

fn without_tails(pixels: Vec<HairPixel>) -> Vec<HairPixel> {
    let mut by_lightness: Vec<(f32, f32)> = pixels.iter().map(|p| (p.lab.l, p.weight)).collect();
    by_lightness.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
    let total: f32 = by_lightness.iter().map(|(_, w)| w).sum();
    let quantile = |share: f32| {
        let mut seen = 0.0;
        by_lightness
            .iter()
            .find(|(_, w)| {
                seen += w;
                seen >= share * total
            })
            .map_or(0.0, |(l, _)| *l)
    };
    let (low, high) = (quantile(SHADOW_TAIL), quantile(1.0 - GLINT_TAIL));
    pixels
        .into_iter()
        .filter(|p| (low..=high).contains(&p.lab.l))
        .collect()
}
