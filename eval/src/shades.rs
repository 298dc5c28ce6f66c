//! The benchmark's shades: those of the palette in a fixed shuffled order, then ones invented between them.

use strand::color::{Blend, Lab, palette};
use strand::learning::color_difference;
use strand::signature::DominantColor;
use strand_tests::render::{Random, Shade};

/// The least CIEDE2000 between an invented shade and any other: about what a colorist can tell apart side by side. Some
/// shades of the palette are closer to each other.
pub const LEAST_DIFFERENCE: f32 = 2.0;
/// Standard deviation of the invented shades around those of the palette, in L\*, a\* and b\*.
const JITTER: [f32; 3] = [6.0, 4.0, 6.0];

/// A shade whose true colors are known.
pub struct KnownShade {
    /// What the generator draws.
    pub shade: Shade,
    /// Its true colors and their shares.
    pub colors: Vec<DominantColor>,
}

impl KnownShade {
    fn new(shade: Shade) -> Self {
        let colors = shade.tones.iter().map(|tone| DominantColor {
            lab: tone.lab,
            share: tone.share,
        });
        Self {
            colors: colors.collect(),
            shade,
        }
    }

    /// CIEDE2000 between the colors of two shades.
    pub fn difference(&self, other: &Self) -> f32 {
        color_difference(&self.colors, &other.colors)
    }
}

/// The first `count` shades. Their order does not depend on `count`. Any range of it has single colors, highlights and
/// rooted shades in the proportions of the whole palette.
pub fn shades(count: usize) -> Vec<KnownShade> {
    let mut random = Random::new(47);
    let mut shades = shuffled_palette(&mut random);
    let palette = shades.len();
    while shades.len() < count {
        let invented = invented(&shades[random.below(palette)].shade, shades.len(), &mut random);
        if let Some(invented) = invented
            && shades
                .iter()
                .all(|other| invented.difference(other) >= LEAST_DIFFERENCE)
        {
            shades.push(invented);
        }
    }
    shades.truncate(count);
    shades
}

fn shuffled_palette(random: &mut Random) -> Vec<KnownShade> {
    let mut placed = Vec::new();
    for blend in [Blend::Solid, Blend::Highlighted, Blend::Rooted] {
        let mut codes: Vec<&str> = palette()
            .iter()
            .filter(|shade| shade.blend == blend)
            .map(|shade| shade.code.as_str())
            .collect();
        shuffle(&mut codes, random);
        let count = codes.len() as f32;
        placed.extend(
            codes
                .into_iter()
                .enumerate()
                .map(|(i, code)| ((i as f32 + 0.5) / count, code)),
        );
    }
    placed.sort_by(|x, y| x.0.total_cmp(&y.0));
    placed
        .into_iter()
        .map(|(_, code)| KnownShade::new(Shade::of_palette(code)))
        .collect()
}

/// A variation of `near`; `None` when its colors are outside sRGB.
fn invented(near: &Shade, number: usize, random: &mut Random) -> Option<KnownShade> {
    let mut tones = Vec::new();
    for tone in &near.tones {
        let [l, a, b] = JITTER.map(|spread| random.normal() * spread);
        let lab = Lab {
            l: (tone.lab.l + l).clamp(4.0, 94.0),
            a: tone.lab.a + a,
            b: tone.lab.b + b,
        };
        let held = Lab::from(lab.to_rgb());
        if (held.l - lab.l).abs() + (held.a - lab.a).abs() + (held.b - lab.b).abs() > 1.5 {
            return None;
        }
        tones.push((lab, tone.share, tone.place));
    }
    Some(KnownShade::new(Shade::new(
        &format!("{}~{number}", near.name),
        &tones,
    )))
}

/// The Fisher-Yates shuffle.
fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for i in (1..items.len()).rev() {
        items.swap(i, random.below(i + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_set_begins_with_the_smaller_one() {
        let (few, many) = (shades(47), shades(150));
        assert!(few.iter().zip(&many).all(|(x, y)| x.shade.name == y.shade.name));
        let solid = few.iter().filter(|known| known.colors.len() == 1).count();
        assert!((21..=25).contains(&solid), "{solid} single colors among 47");
    }

    #[test]
    fn invented_shades_keep_their_distance() {
        let all = shades(150);
        for (i, one) in all.iter().enumerate().skip(palette().len()) {
            assert!(
                all[..i]
                    .iter()
                    .all(|other| one.difference(other) >= LEAST_DIFFERENCE)
            );
        }
    }
}
