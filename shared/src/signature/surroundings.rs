//! What is in the photo besides hair: skin, the ground, the brightest spot. They tell of the light.

use super::pixels::mean;
use crate::color::{Lab, Rgb};
use crate::photo::Photo;
use crate::vision::HairMask;

/// Below this probability, 0 to 255, a pixel is surely no hair.
const NOT_HAIR: u8 = 26;
/// From this probability on, 0 to 255, a cell shows skin.
const SKIN: u8 = 128;
/// Below this share of the photo there is too little skin to speak of.
const LEAST_SKIN: f32 = 0.004;
/// The brightest share of what is no hair: white things, and lamps.
const BRIGHTEST: usize = 50;
/// Every so many pixels are looked at, across and down.
const STEP: usize = 2;

/// Number of figures.
pub const SURROUNDINGS: usize = 13;

/// In Lab units: skin (all 0 where there is none) and 1 where there is some, all that is no hair, the brightest fiftieth
/// of it, and the whole photo; the means of the last two are taken in linear light.
pub fn surroundings(photo: &Photo, mask: &HairMask) -> [f32; SURROUNDINGS] {
    let width = photo.width() as usize;
    let (mut skin, mut ground, mut whole) = (Vec::new(), Vec::new(), [0.0_f32; 3]);
    let mut count = 0_usize;
    for y in (0..photo.height() as usize).step_by(STEP) {
        for x in (0..width).step_by(STEP) {
            let pixel = y * width + x;
            let &[r, g, b] = photo.rgb()[3 * pixel..]
                .first_chunk()
                .expect("three bytes a pixel");
            let rgb = Rgb { r, g, b };
            count += 1;
            for (sum, value) in whole.iter_mut().zip(rgb.linear()) {
                *sum += value;
            }
            if mask.probability[pixel] < NOT_HAIR {
                let lab = Lab::from(rgb);
                ground.push((lab, rgb));
                if shows_skin(mask, x, y) {
                    skin.push(lab);
                }
            }
        }
    }
    let lab_mean = |labs: &mut dyn Iterator<Item = Lab>| mean(labs.map(|lab| (lab, 1.0)));
    let has_skin = skin.len() as f32 > LEAST_SKIN * count as f32;
    let skin = if has_skin {
        lab_mean(&mut skin.into_iter())
    } else {
        mean(std::iter::empty())
    };
    let all = lab_mean(&mut ground.iter().map(|(lab, _)| *lab));
    ground.sort_unstable_by(|x, y| y.0.l.total_cmp(&x.0.l));
    ground.truncate((ground.len() / BRIGHTEST).max(1));
    let mut bright = [0.0_f32; 3];
    for (_, rgb) in &ground {
        for (sum, value) in bright.iter_mut().zip(rgb.linear()) {
            *sum += value;
        }
    }
    let bright = Lab::from_linear(bright.map(|sum| sum / ground.len().max(1) as f32));
    let whole = Lab::from_linear(whole.map(|sum| sum / count.max(1) as f32));
    [
        skin.l,
        skin.a,
        skin.b,
        f32::from(u8::from(has_skin)),
        all.l,
        all.a,
        all.b,
        bright.l,
        bright.a,
        bright.b,
        whole.l,
        whole.a,
        whole.b,
    ]
}

/// The skin map has a resolution of its own.
fn shows_skin(mask: &HairMask, x: usize, y: usize) -> bool {
    mask.skin.as_ref().is_some_and(|skin| {
        let column = x * skin.width as usize / mask.width as usize;
        let row = y * skin.height as usize / mask.height as usize;
        skin.probability[row * skin.width as usize + column] >= SKIN
    })
}
