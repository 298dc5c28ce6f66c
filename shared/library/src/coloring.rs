//! Whether a photo has the colors that the camera saw. The thresholds come from 200 portraits: unchanged, in gray, in sepia,
//! in three other tones, and at a quarter of their saturation, each as a JPEG; 200 others confirmed them.

use strand_color::Lab;
use strand_mask::HairMask;

/// The lightness (L*) of pixels that can show a color: neither black nor white.
const SHOWN_LIGHTNESS: std::ops::Range<f32> = 15.0..90.0;
/// A photo is gray if no more than this share of such pixels has at least this chroma (CIE Lab). Of gray photos all have
/// less, and of color photos none, black hair on white included.
const GRAY_CHROMA: f32 = 1.0;
const COLORED: f32 = 0.01;
/// In a toned photo, lightness decides the color: nine tenths of the pixels lie within this distance, in Lab, of the
/// median color of pixels as light as they are, which is of one hue. This and the next rules hold for 97% of sepia photos
/// and for 1% of unchanged ones.
const FROM_MEDIAN: f32 = 4.25;
const MOST: f32 = 0.9;
/// Pixels of one lightness lie in a band of this width with at least so many others. Of a photo, this many are compared.
const BAND: f32 = 3.0;
const LEAST_IN_BAND: usize = 20;
const COMPARED: usize = 8192;
/// The mean chroma of a toned photo, and the share of its pixels that may be neutral.
const LEAST_TONE: f32 = 3.0;
const NEUTRAL_CHROMA: f32 = 2.5;
const MOST_NEUTRAL: f32 = 0.02;
/// A photo of a person is faded if this share of its pixels has less than this chroma: 7 of 10 at a quarter of their
/// saturation have, and 2 of 100 unchanged ones, which are in artistic light. A higher value would warn of more of these.
const PALE: f32 = 0.99;
const FADED_CHROMA: f32 = 11.0;
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
        } else if is_faded(&shown, labs.len(), mask, stride) {
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
    let count = shown.len() as f32;
    let sum = shown
        .iter()
        .fold((0.0, 0.0), |(a, b), lab| (a + lab.a, b + lab.b));
    let whole = f32::hypot(sum.0, sum.1);
    let neutral = shown.iter().filter(|lab| lab.chroma() < NEUTRAL_CHROMA).count();
    whole >= LEAST_TONE * count
        && neutral as f32 <= MOST_NEUTRAL * count
        && lightness_decides(shown, (sum.0 / whole, sum.1 / whole))
}

/// Whether most pixels have the color that others as light as they are have, and all these colors are of the same `hue`,
/// a direction in the plane of a* and b*.
fn lightness_decides(shown: &[Lab], hue: (f32, f32)) -> bool {
    let bands = ((SHOWN_LIGHTNESS.end - SHOWN_LIGHTNESS.start) / BAND) as usize;
    let mut bands = vec![(Vec::new(), Vec::new()); bands];
    for lab in shown.iter().step_by(shown.len().div_ceil(COMPARED)) {
        let (a, b) = &mut bands[((lab.l - SHOWN_LIGHTNESS.start) / BAND) as usize];
        a.push(lab.a);
        b.push(lab.b);
    }
    bands.retain(|(a, _)| a.len() >= LEAST_IN_BAND);
    let mut distances = Vec::new();
    for (a, b) in bands {
        let middle = (quantile(&mut a.clone(), 0.5), quantile(&mut b.clone(), 0.5));
        let along = middle.0 * hue.0 + middle.1 * hue.1;
        let across = middle.1 * hue.0 - middle.0 * hue.1;
        // More than 45 degrees apart, unless it is nearly neutral.
        if across.abs() > along.max(LEAST_TONE) {
            return false;
        }
        let pixels = a.into_iter().zip(b);
        distances.extend(pixels.map(|(a, b)| (a - middle.0).hypot(b - middle.1)));
    }
    distances.len() >= LEAST_PIXELS && quantile(&mut distances, MOST) <= FROM_MEDIAN
}

/// The value that a share of the values do not exceed; 0 without values.
pub(crate) fn quantile(values: &mut [f32], share: f32) -> f32 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    let place = ((share * values.len() as f32) as usize).min(last);
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

/// Hair without skin says nothing: gray hair has no color.
fn is_faded(shown: &[Lab], labs: usize, mask: &HairMask, stride: usize) -> bool {
    let width = mask.width as usize;
    let place = |index: usize| (index * stride % width, index * stride / width);
    let skin = (0..labs).filter(|index| {
        let (x, y) = place(*index);
        mask.shows_skin(x, y)
    });
    let mut chroma: Vec<f32> = shown.iter().map(|lab| lab.chroma()).collect();
    quantile(&mut chroma, PALE) < FADED_CHROMA && skin.take(LEAST_PIXELS).count() == LEAST_PIXELS
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
