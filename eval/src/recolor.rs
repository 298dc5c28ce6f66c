//! Recoloring: the hair of a portrait in another shade. The color changes, the texture stays.

use image::{Rgb as Pixel, RgbImage};
use strand::color::{Lab, Rgb, append_labs};
use strand_tests::render::{Place, Random, Shade, fractal};

/// Hair of lightness L\* varies by about `BASE + SLOPE * L*` around it. Dark hair has little room to vary.
const BASE: f32 = 4.0;
const SLOPE: f32 = 0.12;
/// The least and the greatest factor by which contrast changes.
const STRETCH: (f32, f32) = (0.4, 2.0);
/// The share of the old hair's variation in hue that stays.
const HUE_VARIATION: f32 = 0.5;
/// Width of the transition between two tones, as a share of the hair.
const SOFT: f32 = 0.18;
/// Rounds of correction. Colors outside sRGB are clipped, which shifts the mean.
const ROUNDS: usize = 5;

/// A pixel of hair.
struct Strand {
    place: (u32, u32),
    /// The share of the pixel that is hair, above 0 and up to 1.
    cover: f32,
    lab: Lab,
    /// The share of each tone; they sum to 1.
    tones: Vec<f32>,
}

/// `picture` with its hair in the colors of `shade`. `mask` is the probability of hair, 0 to 255, of each pixel.
pub fn recolored(picture: &RgbImage, mask: &[u8], shade: &Shade, random: &mut Random) -> RgbImage {
    let mut strands = hair(picture, mask);
    tone(&mut strands, shade, random);
    let old = mean(strands.iter().map(|s| (s.lab, s.cover.powi(3))));
    let mut aims: Vec<Lab> = shade.tones.iter().map(|tone| tone.lab).collect();
    for _ in 0..ROUNDS {
        for index in 0..aims.len() {
            // A pixel with little of a tone mostly shows other tones, so it counts by the third power of its share.
            let sample = strands.iter().step_by(7).filter(|s| s.tones[index] > 0.0);
            let got = mean(sample.map(|s| {
                let dyed = Lab::from(dye(s, old, &aims));
                (dyed, (s.cover * s.tones[index]).powi(3))
            }));
            let (aim, want) = (&mut aims[index], shade.tones[index].lab);
            aim.l = (aim.l + want.l - got.l).clamp(-20.0, 120.0);
            aim.a += want.a - got.a;
            aim.b += want.b - got.b;
        }
    }
    let mut recolored = picture.clone();
    for strand in &strands {
        let Pixel(rgb) = recolored.get_pixel_mut(strand.place.0, strand.place.1);
        let new = dye(strand, old, &aims);
        for (old, new) in rgb.iter_mut().zip([new.r, new.g, new.b]) {
            *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * strand.cover).round() as u8;
        }
    }
    recolored
}

/// The hair pixels from top to bottom.
fn hair(picture: &RgbImage, mask: &[u8]) -> Vec<Strand> {
    let mut labs = Vec::new();
    append_labs(picture.as_raw(), &mut labs);
    let width = picture.width();
    let strands = labs
        .into_iter()
        .zip(mask)
        .enumerate()
        .filter_map(|(i, (lab, p))| {
            // The network's border is wider than the hair's.
            let inside = ((f32::from(*p) / 255.0 - 0.15) / 0.65).clamp(0.0, 1.0);
            let cover = inside * inside * (3.0 - 2.0 * inside);
            (cover > 0.0).then(|| Strand {
                place: (i as u32 % width, i as u32 / width),
                cover,
                lab,
                tones: Vec::new(),
            })
        });
    strands.collect()
}

/// Assigns the tones: roots from the top by their share, the others in slices that run down the hair.
fn tone(strands: &mut [Strand], shade: &Shade, random: &mut Random) {
    let (slices, ragged) = (random.bits(), random.bits());
    let (thin, unit) = (
        random.between(26.0, 40.0),
        strands.iter().map(|s| s.place.0).max().unwrap_or(1).max(1) as f32,
    );
    let noise = |seed: u32, s: &Strand, across: f32, along: f32| {
        fractal(
            seed,
            s.place.0 as f32 / unit * across,
            s.place.1 as f32 / unit * along,
            3,
        )
    };
    // Ranks of the noise give each tone its share, whatever the noise's distribution.
    let values: Vec<f32> = strands.iter().map(|s| noise(slices, s, thin, 1.6)).collect();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let count = strands.len().max(1) as f32;
    let root = shade.tones.iter().position(|tone| tone.place == Place::Root);
    let root_share = root.map_or(0.0, |index| shade.tones[index].share);
    for (rank, (strand, value)) in strands.iter_mut().zip(values).enumerate() {
        let height = rank as f32 / count + 0.06 * noise(ragged, strand, 20.0, 6.0);
        let rooted = 0.5 + (root_share - height) / SOFT;
        let rooted = if root.is_some() {
            rooted.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let draw = sorted.partition_point(|other| *other < value) as f32 / count;
        strand.tones = sliced(shade, draw);
        for (index, share) in strand.tones.iter_mut().enumerate() {
            *share = if root == Some(index) {
                rooted
            } else {
                *share * (1.0 - rooted)
            };
        }
    }
}

/// The tones along the hair at `draw`, uniform in 0..1, with soft borders.
fn sliced(shade: &Shade, draw: f32) -> Vec<f32> {
    let along = |place: Place| f32::from(u8::from(place == Place::Strands));
    let total: f32 = shade
        .tones
        .iter()
        .map(|tone| tone.share * along(tone.place))
        .sum();
    let mut low = 0.0;
    let mut tones: Vec<f32> = Vec::new();
    for tone in &shade.tones {
        let high = low + tone.share * along(tone.place) / total;
        // The first slice has no border on its left, the last none on its right.
        let rise = if low <= 0.0 {
            1.0
        } else {
            0.5 + (draw - low) / SOFT
        };
        let fall = if high >= 0.999 {
            1.0
        } else {
            0.5 + (high - draw) / SOFT
        };
        tones.push(if high > low {
            rise.min(fall).clamp(0.0, 1.0)
        } else {
            0.0
        });
        low = high;
    }
    let sum: f32 = tones.iter().sum::<f32>().max(1e-6);
    tones.into_iter().map(|t| t / sum).collect()
}

/// The new color of one hair pixel.
fn dye(strand: &Strand, old: Lab, aims: &[Lab]) -> Rgb {
    let aim = mean(aims.iter().copied().zip(strand.tones.iter().copied()));
    let spread = |l: f32| BASE + SLOPE * l.clamp(0.0, 100.0);
    let stretch = (spread(aim.l) / spread(old.l)).clamp(STRETCH.0, STRETCH.1);
    Lab {
        l: aim.l + (strand.lab.l - old.l) * stretch,
        a: aim.a + (strand.lab.a - old.a) * stretch * HUE_VARIATION,
        b: aim.b + (strand.lab.b - old.b) * stretch * HUE_VARIATION,
    }
    .to_rgb()
}

fn mean(colors: impl Iterator<Item = (Lab, f32)>) -> Lab {
    let mut sums = [0.0_f64; 4];
    for (lab, weight) in colors {
        for (sum, value) in sums.iter_mut().zip([lab.l, lab.a, lab.b, 1.0]) {
            *sum += f64::from(value * weight);
        }
    }
    let [l, a, b] = [0, 1, 2].map(|i| (sums[i] / sums[3].max(1e-9)) as f32);
    Lab { l, a, b }
}

#[cfg(test)]
mod tests {
    use strand::color::ciede2000;
    use strand_tests::render::{Scene, View, draw};

    use super::*;

    /// A drawn head serves as the portrait.
    fn repainted(code: &str) -> (RgbImage, Vec<u8>, RgbImage) {
        let scene = Scene::new(View::Back, Shade::of_palette("8"), 4).sized(192, 192);
        let picture = draw(&scene);
        let mask = picture.mask.into_raw();
        let new = recolored(&picture.rgb, &mask, &Shade::of_palette(code), &mut Random::new(1));
        (picture.rgb, mask, new)
    }

    fn mean_of(picture: &RgbImage, mask: &[u8], rows: std::ops::Range<usize>) -> Lab {
        let mut labs = Vec::new();
        append_labs(picture.as_raw(), &mut labs);
        let width = picture.width() as usize;
        let hair = labs.iter().zip(mask).enumerate();
        mean(
            hair.filter(|(i, (_, p))| **p > 250 && rows.contains(&(i / width)))
                .map(|(_, (lab, _))| (*lab, 1.0)),
        )
    }

    #[test]
    fn hair_takes_the_color_and_the_rest_keeps_its_own() {
        for code in ["1", "4", "99J", "27", "60", "Blue"] {
            let (before, mask, after) = repainted(code);
            let asked = Shade::of_palette(code).tones[0].lab;
            let got = mean_of(&after, &mask, 0..192);
            assert!(
                ciede2000(asked, got) < 1.5,
                "{code}: asked {asked:?}, got {got:?}"
            );
            let pairs = before.pixels().zip(after.pixels()).zip(&mask);
            assert!(pairs.filter(|(_, p)| **p == 0).all(|((x, y), _)| x == y));
        }
    }

    #[test]
    fn roots_are_dark_and_lengths_light() {
        let (_, mask, after) = repainted("1BT613");
        let (top, bottom) = (mean_of(&after, &mask, 0..45), mean_of(&after, &mask, 110..192));
        assert!(top.l + 25.0 < bottom.l, "{top:?} {bottom:?}");
    }

    #[test]
    fn slices_follow_the_shares() {
        let shade = Shade::of_palette("6/27");
        let mut shares = [0.0_f32; 2];
        for i in 0..1000 {
            for (sum, share) in shares.iter_mut().zip(sliced(&shade, i as f32 / 1000.0)) {
                *sum += share / 1000.0;
            }
        }
        assert!((shares[0] - shade.tones[0].share).abs() < 0.01, "{shares:?}");
    }
}
