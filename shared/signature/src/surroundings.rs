//! Measures what a photo shows besides hair: skin, background, and the brightest spot. They provide evidence of the
//! light.

use super::parts::equal_parts;
use strand_color::{Lab, labs};
use strand_mask::HairMask;
use strand_photo::Photo;

/// A pixel below this probability, 0 to 255, is certainly not hair.
const NOT_HAIR: u8 = 26;
/// Skin needs at least this share of the pixels that are not hair.
const LEAST_SKIN: f32 = 0.01;
/// The brightest of this many pixels that are not hair counts as bright: white things and lamps.
const BRIGHTEST: usize = 50;
/// The step between sampled pixels, across and down.
const STEP: usize = 2;

/// The number of parts of the skin, and of all other pixels that are not hair.
pub const SKIN_PARTS: usize = 3;
pub const GROUND_PARTS: usize = 5;

/// The colors around the hair.
pub struct Surroundings {
    /// Skin from dark to light; `None` without skin.
    pub skin: Option<[Lab; SKIN_PARTS]>,
    /// Pixels that are neither hair nor skin, from dark to light; `None` without such pixels.
    pub ground: Option<[Lab; GROUND_PARTS]>,
    /// The mean, in linear light, of the brightest fiftieth of the pixels that are not hair; `None` without such
    /// pixels.
    pub bright: Option<Lab>,
}

/// Measures the colors around the hair.
pub fn surroundings(photo: &Photo, mask: &HairMask) -> Surroundings {
    let width = photo.width() as usize;
    let pixels = photo.rgb().as_chunks::<3>().0;
    let (mut skin, mut ground) = (Vec::new(), Vec::new());
    for y in (0..photo.height() as usize).step_by(STEP) {
        for x in (0..width).step_by(STEP) {
            let pixel = y * width + x;
            if mask.probability[pixel] >= NOT_HAIR {
                continue;
            }
            let side = if mask.shows_skin(x, y) {
                &mut skin
            } else {
                &mut ground
            };
            side.push(pixels[pixel]);
        }
    }
    let (mut skin, mut ground) = (labs(&skin), labs(&ground));
    let bright = brightest(skin.iter().chain(&ground).copied().collect());
    if skin.len() as f32 <= LEAST_SKIN * (skin.len() + ground.len()) as f32 {
        ground.append(&mut skin);
    }
    Surroundings {
        skin: (!skin.is_empty()).then(|| equal_parts(skin)),
        ground: (!ground.is_empty()).then(|| equal_parts(ground)),
        bright,
    }
}

fn brightest(mut colors: Vec<Lab>) -> Option<Lab> {
    let kept = (colors.len() / BRIGHTEST).max(1);
    if kept < colors.len() {
        colors.select_nth_unstable_by(kept, |x, y| y.l.total_cmp(&x.l));
        colors.truncate(kept);
    }
    let mut sum = [0.0_f32; 3];
    for color in &colors {
        for (sum, value) in sum.iter_mut().zip(color.to_linear()) {
            *sum += value / colors.len() as f32;
        }
    }
    (!colors.is_empty()).then(|| Lab::from_linear(sum))
}
