//! What is wrong with the light of a photo, by its estimate and by how light and dark the hair is.
//!
//! The thresholds, and the shares beside them, come from 171 portraits as they are, in other light, and behind a veil of light.
//! As they are, at most two of them are warned of each. `make eval PART=sight` prints how often each light is warned of on
//! photographs, wigs on white ground among them, which are harder.

use crate::coloring::quantile;
use strand_color::Lab;
use strand_mask::HairMask;
use strand_photo::Photo;
use strand_signature::Daylight;

/// Mean lightness (L*) of a photo below which its colors are mostly sensor noise, and above which they are clipped.
const DARK_PHOTO: f32 = 12.0;
const BRIGHT_PHOTO: f32 = 93.0;
/// From an estimate of so many stops, a photo is dark: of photos that lack two stops nine in ten are, of those that lack one a
/// quarter.
const DARK_STOPS: f32 = 1.0;
/// A photo with so many stops too much is overexposed, and with fewer if a share of its hair is clipped: two in five of
/// photos with one and a half stops too much, and one in seven of those with one.
const BRIGHT_STOPS: f32 = 0.9;
const CLIPPED_STOPS: f32 = 0.6;
const CLIPPED_HAIR: f32 = 0.03;
/// A channel from which a pixel counts as clipped.
const CLIPPED: u8 = 250;
/// The chroma, in CIE Lab, from which a middle gray has a cast: at 3,000 K it always has, at 4,000 K in a third of photos.
const CAST: f32 = 20.0;
/// The least share of the photo that is not hair, for a cast to be judged.
const LEAST_GROUND: f32 = 0.05;
/// In a hazy photo, nearly all is lighter (L*) than this, and shadows in the hair are lighter than this share of the
/// hair's lightness: 19 in 20 photos behind a veil of a third of white, and three in five behind a fifth.
const HAZY_SHADOW: f32 = 22.0;
const HAZY_CONTRAST: f32 = 0.62;
/// The shares of the darkest pixels that are left out: of the photo, and of the hair.
const DARKEST: f32 = 0.01;
const DARKEST_HAIR: f32 = 0.02;

/// The light of a photo.
pub struct Light {
    /// Mean lightness (L*).
    mean: f32,
    /// The lightness (L*) that nearly all of the photo exceeds, and nearly all of the hair.
    shadow: f32,
    hair_shadow: f32,
    /// Median lightness (L*) of the hair.
    hair: f32,
    /// The share of the hair with a clipped channel, and of the photo without hair.
    clipped: f32,
    ground: f32,
    daylight: Daylight,
}

impl Light {
    /// Of a photo in which hair was found. `labs` holds the color of every `stride`-th pixel.
    pub fn of(labs: &[Lab], stride: usize, photo: &Photo, mask: &HairMask, daylight: Daylight) -> Self {
        let is_hair = |k: &usize| mask.probability[k * stride] >= HairMask::THRESHOLD;
        let hair: Vec<usize> = (0..labs.len()).filter(is_hair).collect();
        let is_clipped = |k: &&usize| {
            let pixel = 3 * *k * stride;
            photo.rgb()[pixel..pixel + 3]
                .iter()
                .any(|value| *value >= CLIPPED)
        };
        let share = |count: usize, of: usize| count as f32 / of.max(1) as f32;
        let mut all: Vec<f32> = labs.iter().map(|lab| lab.l).collect();
        let mut of_hair: Vec<f32> = hair.iter().map(|k| labs[*k].l).collect();
        Self {
            mean: all.iter().sum::<f32>() / all.len().max(1) as f32,
            shadow: quantile(&mut all, DARKEST),
            hair_shadow: quantile(&mut of_hair, DARKEST_HAIR),
            hair: quantile(&mut of_hair, 0.5),
            clipped: share(hair.iter().filter(is_clipped).count(), hair.len()),
            ground: 1.0 - share(hair.len(), labs.len()),
            daylight,
        }
    }

    /// One sentence for each problem, with what to do.
    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let checks = [
            (
                self.is_dark(),
                "The photo is very dark; colors are unreliable, use more light.",
            ),
            (
                self.is_overexposed(),
                "The photo is overexposed; colors are washed out, use less light.",
            ),
            (
                self.is_hazy(),
                "The photo is hazy; clean the lens, and keep windows and lamps out of the picture.",
            ),
            (
                self.has_cast(),
                "The light is strongly colored; daylight or white light shows the shade as it is.",
            ),
        ];
        checks
            .into_iter()
            .filter(|(applies, _)| *applies)
            .map(|(_, text)| text)
    }

    fn is_dark(&self) -> bool {
        self.mean < DARK_PHOTO || self.daylight.stops_dark() > DARK_STOPS
    }

    fn is_overexposed(&self) -> bool {
        let stops = -self.daylight.stops_dark();
        self.mean > BRIGHT_PHOTO
            || stops > BRIGHT_STOPS
            || stops > CLIPPED_STOPS && self.clipped > CLIPPED_HAIR
    }

    fn is_hazy(&self) -> bool {
        !self.is_overexposed() && self.shadow > HAZY_SHADOW && self.hair_shadow > HAZY_CONTRAST * self.hair
    }

    fn has_cast(&self) -> bool {
        self.ground > LEAST_GROUND && self.daylight.cast() > CAST
    }
}
