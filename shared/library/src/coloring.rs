//! Whether a photo has the colors that the camera saw. The thresholds come from 120 portraits and 60 photos of wigs:
//! unchanged, in gray, in two kinds of sepia, and at a quarter of their saturation, each as a JPEG. The share of skin with
//! little color comes from 500 portraits.

use strand_color::Lab;
use strand_mask::HairMask;

/// The lightness (L*) of pixels that can show a color: neither black nor white.
const SHOWN_LIGHTNESS: std::ops::Range<f32> = 15.0..90.0;
/// A photo is gray if no more than this share of such pixels has at least this chroma (CIE Lab). Of gray photos all have
/// less, and of color photos none, black hair on white included.
const GRAY_CHROMA: f32 = 1.0;
const COLORED: f32 = 0.01;
/// In a toned photo, this share of them lies within a distance of one hue, and their mean chroma is at least
/// this. Fewer than one in fifty is neutral. Skin, a wall, or the shine of hair breaks one of the rules in every color
/// photo measured.
const OF_ONE_HUE: f32 = 0.95;
const HUE_DISTANCE: f32 = 2.2;
const LEAST_TONE: f32 = 3.0;
const NEUTRAL_CHROMA: f32 = 2.5;
const MOST_NEUTRAL: f32 = 0.02;
/// The median chroma below which skin has little color: in 6 of 10 portraits at a quarter of their saturation, and in 1 of
/// 40 unchanged ones, which are in artistic light. A higher value would warn of more of the latter.
const FADED_SKIN: f32 = 5.0;
/// The least number of pixels to judge by.
const LEAST_PIXELS: usize = 100;

/// The colors of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coloring {
    /// As the camera saw them.
    Full,
    /// Less than the camera saw, by the color of skin.
    Faded,
    /// Shades of one hue, such as sepia.
    Toned,
    /// None.
    Gray,
}

impl Coloring {
    /// The coloring of a photo, from the colors of some of its pixels: `labs` holds every `stride`-th one.
    pub fn of(labs: &[Lab], mask: &HairMask, stride: usize) -> Self {
        let shown = labs.iter().filter(|lab| SHOWN_LIGHTNESS.contains(&lab.l));
        let shown: Vec<Lab> = shown.copied().collect();
        if shown.len() < LEAST_PIXELS {
            Self::Full
        } else if is_gray(&shown) {
            Self::Gray
        } else if is_toned(&shown) {
            Self::Toned
        } else if is_faded(labs, mask, stride) {
            Self::Faded
        } else {
            Self::Full
        }
    }

    /// How far a match by color can be trusted, 0 to 1. Without the colors that the camera saw, no match is likely.
    pub fn trust(self) -> f32 {
        match self {
            Self::Full => 1.0,
            Self::Faded => 0.5,
            Self::Toned | Self::Gray => 0.3,
        }
    }

    /// One sentence about what is wrong, and what to do; `None` if nothing is.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Full => None,
            Self::Faded => Some("The photo has little color; use one without a filter."),
            Self::Toned => {
                Some("The photo is toned in one color, such as sepia; use a color photo without a filter.")
            }
            Self::Gray => Some("The photo is black and white; use a color photo."),
        }
    }
}

fn is_gray(shown: &[Lab]) -> bool {
    let colored = shown.iter().filter(|lab| lab.chroma() >= GRAY_CHROMA).count();
    colored as f32 <= COLORED * shown.len() as f32
}

fn is_toned(shown: &[Lab]) -> bool {
    let share = |pixels: usize| pixels as f32 / shown.len() as f32;
    let sum = shown
        .iter()
        .fold((0.0, 0.0), |(a, b), lab| (a + lab.a, b + lab.b));
    let whole = f32::hypot(sum.0, sum.1);
    let tone = whole / shown.len() as f32;
    let (x, y) = (sum.0 / whole, sum.1 / whole);
    let of_one_hue = shown
        .iter()
        .filter(|lab| (lab.b * x - lab.a * y).abs() <= HUE_DISTANCE);
    let neutral = shown.iter().filter(|lab| lab.chroma() < NEUTRAL_CHROMA).count();
    tone >= LEAST_TONE && share(of_one_hue.count()) >= OF_ONE_HUE && share(neutral) <= MOST_NEUTRAL
}

fn is_faded(labs: &[Lab], mask: &HairMask, stride: usize) -> bool {
    let width = mask.width as usize;
    let place = |index: usize| (index * stride % width, index * stride / width);
    let is_skin = |index: usize| {
        let (x, y) = place(index);
        mask.shows_skin(x, y)
    };
    let skin = labs.iter().enumerate().filter(|(index, _)| is_skin(*index));
    let mut skin: Vec<f32> = skin.map(|(_, lab)| lab.chroma()).collect();
    if skin.len() < LEAST_PIXELS {
        return false;
    }
    let middle = skin.len() / 2;
    *skin.select_nth_unstable_by(middle, f32::total_cmp).1 < FADED_SKIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_color::Rgb;
    use strand_mask::SoftMap;

    const SIDE: u32 = 64;

    /// The coloring of a picture whose upper half is hair and whose lower half is mostly skin.
    fn coloring(pixel: impl Fn(f32, u32) -> [f32; 3]) -> Coloring {
        let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        let lab = |(x, y): (u32, u32)| {
            let [r, g, b] = pixel(x as f32 / SIDE as f32, y).map(|v| v.clamp(0.0, 255.0) as u8);
            Lab::from(Rgb { r, g, b })
        };
        let labs: Vec<Lab> = places.map(lab).collect();
        let mut mask = HairMask::new(SIDE, SIDE, vec![255; (SIDE * SIDE) as usize]);
        mask.skin = Some(SoftMap {
            width: 1,
            height: 2,
            probability: vec![0, 255],
        });
        Coloring::of(&labs, &mask, 1)
    }

    /// Brown hair with a gray shine above skin, and a blue dress.
    fn portrait(x: f32, y: u32) -> [f32; 3] {
        match y {
            0..8 => [40.0 + 160.0 * x, 41.0 + 160.0 * x, 42.0 + 160.0 * x],
            8..32 => [60.0 + 60.0 * x, 40.0 + 45.0 * x, 30.0 + 20.0 * x],
            56.. => [70.0 + 20.0 * x, 90.0 + 20.0 * x, 150.0],
            _ => [190.0 + 40.0 * x, 140.0 + 40.0 * x, 120.0 + 40.0 * x],
        }
    }

    fn gray(rgb: [f32; 3]) -> f32 {
        0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    }

    #[test]
    fn a_color_photo_has_its_colors() {
        assert_eq!(coloring(portrait), Coloring::Full);
    }

    #[test]
    fn gray_hair_and_black_hair_in_a_color_photo_have_their_colors() {
        for level in [12.0, 150.0] {
            let head = |x: f32, y: u32| {
                if y < 32 {
                    [level + 20.0 * x; 3]
                } else {
                    portrait(x, y)
                }
            };
            assert_eq!(coloring(head), Coloring::Full);
        }
    }

    #[test]
    fn gray_sepia_and_faded_photos_are_told_apart() {
        assert_eq!(coloring(|x, y| [gray(portrait(x, y)); 3]), Coloring::Gray);
        let sepia = |x: f32, y: u32| [1.07, 0.98, 0.82].map(|part| part * gray(portrait(x, y)));
        assert_eq!(coloring(sepia), Coloring::Toned);
        let faded = |x: f32, y: u32| {
            let rgb = portrait(x, y);
            rgb.map(|v| gray(rgb) + 0.15 * (v - gray(rgb)))
        };
        assert_eq!(coloring(faded), Coloring::Faded);
    }

    #[test]
    fn each_lack_of_color_has_a_warning_and_no_confident_match() {
        for coloring in [Coloring::Faded, Coloring::Toned, Coloring::Gray] {
            assert!(coloring.warning().is_some() && coloring.trust() <= 0.5);
        }
        assert!(Coloring::Full.warning().is_none() && (Coloring::Full.trust() - 1.0).abs() < 1e-6);
    }
}
