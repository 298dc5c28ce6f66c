//! The requested color of hair, and the correction that gives the drawn hair this color.

use std::sync::LazyLock;

use strand::color::{self, Lab};

use super::canvas::{Canvas, Light, TONES, Texel};

/// Where on the head one tone of a shade is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Thin slices of strands from root to tip, like foiled highlights.
    Strands,
    /// At the roots, blending into the other tones.
    Root,
}

/// One of the colors of a shade.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    /// The mean color of the hair in this tone.
    pub lab: Lab,
    /// The share of the hair with this tone. The shares of a shade sum to 1.
    pub share: f32,
    /// Where on the head the tone is.
    pub place: Place,
}

/// A hair color as a colorist would describe it: one tone, or several with their places.
#[derive(Clone, Debug)]
pub struct Shade {
    /// The name as on a label, such as `6/27`.
    pub name: String,
    /// One to four tones.
    pub tones: Vec<Tone>,
}

impl Shade {
    /// One color for all of the hair.
    pub fn solid(name: &str, lab: Lab) -> Self {
        Self::new(name, &[(lab, 1.0, Place::Strands)])
    }

    /// `share` of the strands in `light` and the others in `base`, as in 6/27.
    pub fn highlights(name: &str, base: Lab, light: Lab, share: f32) -> Self {
        Self::new(
            name,
            &[
                (base, 1.0 - share, Place::Strands),
                (light, share, Place::Strands),
            ],
        )
    }

    /// `root` blending into `length`, as in 2BT6.
    pub fn rooted(name: &str, root: Lab, length: Lab, share: f32) -> Self {
        Self::new(
            name,
            &[(root, share, Place::Root), (length, 1.0 - share, Place::Strands)],
        )
    }

    /// A standard shade by the trade's code, such as `613`, `6/27` or `2BT6`.
    ///
    /// # Panics
    /// If the palette has no such code.
    pub fn of_palette(code: &str) -> Self {
        let shade = color::palette().iter().find(|shade| shade.code == code);
        let shade = shade.unwrap_or_else(|| panic!("the palette has no {code}"));
        let place = |part: &color::Part| match part.place {
            color::Place::Root => Place::Root,
            color::Place::Throughout | color::Place::Tips => Place::Strands,
        };
        let tones: Vec<_> = shade
            .parts
            .iter()
            .map(|part| (part.lab, part.share, place(part)))
            .collect();
        Self::new(code, &tones)
    }

    /// Any mixture of tones.
    ///
    /// # Panics
    /// Without a tone, or with more than four, which is the canvas's limit.
    pub fn new(name: &str, tones: &[(Lab, f32, Place)]) -> Self {
        assert!(
            (1..=TONES).contains(&tones.len()),
            "a shade has one to {TONES} tones, not {}",
            tones.len()
        );
        let tones = tones
            .iter()
            .map(|&(lab, share, place)| Tone { lab, share, place })
            .collect();
        Self {
            name: name.to_owned(),
            tones,
        }
    }

    /// The index of the roots' tone and where along the hair it ends; `None` if the shade has no roots.
    pub(super) fn root(&self) -> Option<(usize, f32)> {
        let index = self.tones.iter().position(|tone| tone.place == Place::Root)?;
        Some((index, self.tones[index].share))
    }

    /// The index of a strand's tone along its length, for a `draw` that is uniform in 0..1.
    pub(super) fn strand_tone(&self, draw: f32) -> usize {
        let along = |tone: &&(usize, &Tone)| tone.1.place == Place::Strands;
        let tones: Vec<(usize, &Tone)> = self.tones.iter().enumerate().filter(|t| along(&t)).collect();
        let total: f32 = tones.iter().map(|(_, tone)| tone.share).sum();
        let mut left = draw * total;
        for (index, tone) in &tones {
            left -= tone.share;
            if left < 0.0 {
                return *index;
            }
        }
        tones.last().map_or(0, |(index, _)| *index)
    }
}

/// A tone as drawn: its color, and its share of the hair's area.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    /// The mean color of the pixels that show mostly this tone.
    pub lab: Lab,
    /// The share of all hair, 0 to 1.
    pub share: f32,
}

/// Corrects the drawn hair, tone by tone, so that its mean color is the one that the shade requests.
///
/// Shading, specular light and variation between strands move the mean away from the strands' own color. They make hair
/// look like hair, so they stay. Instead, each channel of a tone's light is multiplied by a factor, as another dye
/// would do. This takes a few rounds, because Lab is not linear and colors outside sRGB are clipped.
pub fn correct(canvas: &mut Canvas, shade: &Shade) -> Vec<Drawn> {
    let wanted: Vec<Light> = shade
        .tones
        .iter()
        .map(|tone| floored(to_light(array(tone.lab))))
        .collect();
    let mut dyes = [[1.0f32; 3]; TONES];
    for _ in 0..12 {
        let sample = canvas.texels.iter().step_by(23);
        let means = means(sample.filter_map(|texel| dyed(texel, &dyes).map(|light| (texel.tones(), light))));
        for ((dye, (mean, _)), want) in dyes.iter_mut().zip(means).zip(&wanted) {
            let got = floored(to_light(mean));
            (0..3).for_each(|i| dye[i] = (dye[i] * want[i] / got[i]).clamp(0.02, 50.0));
        }
    }
    for texel in &mut canvas.texels {
        if let Some(light) = dyed(texel, &dyes) {
            let cover = texel.cover();
            texel.set_hair(light.map(|v| v * cover));
        }
    }
    let drawn = canvas
        .texels
        .iter()
        .filter_map(|t| hair_light(t).map(|light| (t.tones(), light)));
    let means = means(drawn);
    let total: f32 = means.iter().map(|(_, weight)| weight).sum();
    let tone = |(lab, weight): ([f32; 3], f32)| Drawn {
        lab: lab_of(lab),
        share: weight / total.max(1e-6),
    };
    means.into_iter().take(shade.tones.len()).map(tone).collect()
}

/// Keeps a channel above zero. A channel that should be black would ask for a factor of 0, which later rounds cannot
/// undo.
fn floored(light: Light) -> Light {
    light.map(|v| v.max(0.001))
}

fn hair_light(texel: &Texel) -> Option<Light> {
    let cover = texel.cover();
    (cover > 0.02).then(|| texel.hair().map(|v| v / cover))
}

fn dyed(texel: &Texel, dyes: &[[f32; 3]; TONES]) -> Option<Light> {
    let light = hair_light(texel)?;
    let (tones, cover) = (texel.tones(), texel.cover());
    Some(std::array::from_fn(|c| {
        let dye: f32 = (0..TONES).map(|i| dyes[i][c] * tones[i]).sum();
        (light[c] * dye / cover).clamp(0.0, 1.0)
    }))
}

/// The mean Lab of each tone, and the number of its pixels.
///
/// A pixel with a small share of a tone shows the other tones, so it counts by the third power of its share. With equal
/// weights, two tones would be driven apart until their strands were black and white.
fn means(pixels: impl Iterator<Item = ([f32; TONES], Light)>) -> [([f32; 3], f32); TONES] {
    let mut sums = [([0.0f64; 3], 0.0f64, 0.0f64); TONES];
    for (tones, light) in pixels {
        let lab = to_lab(light);
        for ((sum, total, area), weight) in sums.iter_mut().zip(tones) {
            let (weight, counted) = (f64::from(weight), f64::from(weight).powi(3));
            *area += weight;
            *total += counted;
            (0..3).for_each(|i| sum[i] += f64::from(lab[i]) * counted);
        }
    }
    sums.map(|(sum, total, area)| (sum.map(|v| (v / total.max(1e-9)) as f32), area as f32))
}

fn array(lab: Lab) -> [f32; 3] {
    [lab.l, lab.a, lab.b]
}

fn lab_of([l, a, b]: [f32; 3]) -> Lab {
    Lab { l, a, b }
}

/// Converts Lab to linear light. Colors outside sRGB are not clipped.
pub fn to_light([l, a, b]: [f32; 3]) -> Light {
    let y = (l + 16.0) / 116.0;
    let [x, y, z] = [y + a / 500.0, y, y - b / 200.0].map(|f| {
        if f > 6.0 / 29.0 {
            f * f * f
        } else {
            (f - 16.0 / 116.0) * 108.0 / 841.0
        }
    });
    let (x, z) = (x * 0.950_47, z * 1.088_83);
    [
        3.240_454 * x - 1.537_139 * y - 0.498_531 * z,
        -0.969_266 * x + 1.876_011 * y + 0.041_556 * z,
        0.055_643 * x - 0.204_026 * y + 1.057_225 * z,
    ]
}

/// Converts linear light to Lab.
pub fn to_lab([r, g, b]: Light) -> [f32; 3] {
    let x = (0.412_456 * r + 0.357_576 * g + 0.180_438 * b) / 0.950_47;
    let y = 0.212_673 * r + 0.715_152 * g + 0.072_175 * b;
    let z = (0.019_334 * r + 0.119_192 * g + 0.950_304 * b) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t| {
        if t > 0.008_856_45 {
            t.cbrt()
        } else {
            t * 841.0 / 108.0 + 16.0 / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Converts an encoded value, 0 to 1, to linear light.
pub fn decode(v: f32) -> f32 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// Converts linear light to an encoded value, 0 to 1. It uses a table over the square root, which is close to the curve
/// itself: three powers per pixel would take a tenth of a picture's time.
pub fn encode(v: f32) -> f32 {
    const STEPS: usize = 2048;
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| {
        let exact = |v: f32| {
            if v <= 0.003_130_8 {
                v * 12.92
            } else {
                1.055 * v.powf(1.0 / 2.4) - 0.055
            }
        };
        (0..=STEPS + 1)
            .map(|i| exact((i as f32 / STEPS as f32).powi(2)))
            .collect()
    });
    let place = v.clamp(0.0, 1.0).sqrt() * STEPS as f32;
    let (low, part) = (place as usize, place.fract());
    TABLE[low] + (TABLE[low + 1] - TABLE[low]) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_goes_to_light_and_back() {
        for lab in [[50.0, 10.0, 20.0], [5.0, 1.0, -2.0], [95.0, -3.0, 8.0]] {
            let back = to_lab(to_light(lab));
            assert!(
                lab.iter().zip(back).all(|(a, b)| (a - b).abs() < 0.05),
                "{lab:?} {back:?}"
            );
        }
    }

    #[test]
    fn encoding_is_the_inverse_of_decoding() {
        for i in 0..=255u8 {
            let v = f32::from(i) / 255.0;
            assert!((encode(decode(v)) - v).abs() < 0.0005, "{i}");
        }
    }

    #[test]
    fn strands_are_dealt_by_share() {
        let lab = Lab {
            l: 50.0,
            a: 0.0,
            b: 0.0,
        };
        let shade = Shade::highlights("6/27", lab, lab, 0.4);
        let light = (0..1000)
            .filter(|i| shade.strand_tone(*i as f32 / 1000.0) == 1)
            .count();
        assert!((395..=405).contains(&light), "{light}");
    }
}
