//! Words for a hair color: tone, level, style, and the hairdresser's level 1 to 10.
//!
//! No standard maps L\*a\*b\* to these words. The thresholds below were set from the hair of about 200 labeled
//! synthetic portraits, as measured with a hair parser, and from the trade's shade charts. A comment on each threshold
//! says what it separates.

use crate::Lab;
use std::fmt;

/// The undertone of a hair color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As warm as natural hair of the same lightness.
    Neutral,
    /// Auburn, copper, burgundy, pink.
    WarmRed,
    /// Matt, olive or dyed green.
    CoolGreen,
    /// More yellow than natural hair of the same lightness.
    GoldenYellow,
    /// Less yellow than natural hair of the same lightness: ash, silver, blue-black, blue, violet.
    AshBlue,
}

/// The lightness of a hair color as one of four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Professional levels 1 to 3.
    Dark,
    /// Professional levels 4 to 6.
    Medium,
    /// Professional levels 7 and 8.
    Light,
    /// Professional levels 9 and 10.
    VeryLight,
}

/// The family that a hair color is sold under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// As dark as levels 1 to 3, without visible warmth.
    Black,
    /// Between black and blonde, including dark reds.
    Brown,
    /// Level 7 and up, and darker hair with the yellow hue of a blonde.
    Blonde,
}

/// A hair color in a colorist's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The undertone.
    pub tone: Tone,
    /// The lightness.
    pub level: Level,
    /// The family.
    pub style: Style,
    /// The level in the hairdressing level system, from 1 (black) to 10 (lightest blonde).
    pub professional_level: u8,
}

/// Defines an enum's values with the word for each.
macro_rules! words {
    ($($kind:ident { $($value:ident = $word:literal),+ })+) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$value => $word),+
                })
            }
        }
    )+};
}

words! {
    Tone {
        Neutral = "Neutral", WarmRed = "Warm/Red", CoolGreen = "Cool/Green", GoldenYellow = "Golden/Yellow",
        AshBlue = "Ash/Blue"
    }
    Level { Dark = "Dark", Medium = "Medium", Light = "Light", VeryLight = "Very Light" }
    Style { Black = "Black", Brown = "Brown", Blonde = "Blonde" }
}

/// The L\* at which each of the professional levels 2 to 10 begins.
///
/// The steps widen because each level lifts the melanin by a similar factor. Levels 1 and 2 end where the labeled black
/// hair ends (L\* 19). Level 10 begins at the edge of the lightest swatches (79). The other levels are spread between.
const LEVEL_STARTS: [f32; 9] = [14.0, 19.0, 25.0, 31.0, 38.0, 46.0, 56.0, 68.0, 79.0];

/// The share of the hair that is judged, from the lightest down. The rest is shadow between strands, which shows
/// neither level nor tone.
const LIT_SHARE: f32 = 2.0 / 3.0;

/// Describes hair by its dominant colors and their shares (in any positive unit).
///
/// It judges the mean of the lighter two thirds. Without a positive share the answer is that for black.
pub fn describe(colors: &[(Lab, f32)]) -> Summary {
    let lab = lit_mean(colors);
    let professional_level = professional_level(lab.l);
    let level = match professional_level {
        ..=3 => Level::Dark,
        4..=6 => Level::Medium,
        7..=8 => Level::Light,
        _ => Level::VeryLight,
    };
    Summary {
        tone: tone(lab),
        level,
        style: style(lab),
        professional_level,
    }
}

/// The mean color of the lighter [`LIT_SHARE`] of `colors`.
fn lit_mean(colors: &[(Lab, f32)]) -> Lab {
    let mut falling: Vec<(Lab, f32)> = colors.iter().copied().filter(|&(_, share)| share > 0.0).collect();
    falling.sort_by(|x, y| y.0.l.total_cmp(&x.0.l));
    let lit = LIT_SHARE * falling.iter().map(|&(_, share)| share).sum::<f32>();
    let mut left = lit;
    let mut mean = Lab::default();
    for (lab, share) in falling {
        let part = share.min(left);
        left -= part;
        let weight = part / lit;
        mean.l += weight * lab.l;
        mean.a += weight * lab.a;
        mean.b += weight * lab.b;
    }
    mean
}

fn professional_level(l: f32) -> u8 {
    1 + LEVEL_STARTS.iter().filter(|&&start| l >= start).count() as u8
}

fn tone(lab: Lab) -> Tone {
    let Lab { l, a, b } = lab;
    let hue = lab.hue();
    // The yellow of undyed hair of this lightness: 0 in black, 17 from light brown up.
    let natural = (0.5 * (l - 10.0)).clamp(0.0, 17.0);
    // Blue and violet. From 325° on the hue is pink, which counts as red.
    let blue = (200.0..325.0).contains(&hue);
    // Natural browns have half as much red as yellow; wine and auburn have clearly more. The hue identifies golden
    // copper.
    let red = !blue && ((a >= 8.0 && a - 0.5 * b > 3.5) || (a >= 14.0 && hue < 61.0));
    // A hue past 108° at 5 or more from gray is greener than any blonde.
    let green = a < -5.0 && (108.0..200.0).contains(&hue);
    match () {
        () if red => Tone::WarmRed,
        () if green => Tone::CoolGreen,
        () if b < natural - 5.0 => Tone::AshBlue,
        () if b > natural + 7.5 => Tone::GoldenYellow,
        () => Tone::Neutral,
    }
}

fn style(lab: Lab) -> Style {
    /// The direction of 55°, the hue of brown.
    const BROWN: [f32; 2] = [0.573_6, 0.819_2];
    let warmth = lab.a * BROWN[0] + lab.b * BROWN[1];
    // Below L* 6 a photo shows no hue. Up to level 3 the labeled browns start at a warmth of 5.5, and black hair in
    // bright light reaches that level.
    let black = lab.l < 6.0 || (professional_level(lab.l) <= 3 && warmth < 5.5);
    // In dim light a blonde falls to level 5 or 6 but keeps its hue. Browns stay below 70°.
    let dim_blonde = lab.l >= 34.0 && (72.0..110.0).contains(&lab.hue()) && lab.b >= 10.0;
    if black {
        Style::Black
    } else if dim_blonde || professional_level(lab.l) >= 7 {
        Style::Blonde
    } else {
        Style::Brown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Rgb;
    use super::*;

    fn of(l: f32, a: f32, b: f32) -> Summary {
        describe(&[(Lab { l, a, b }, 1.0)])
    }

    #[test]
    fn the_example_of_the_contract() {
        let summary = describe(&[(Rgb::new(0xc6, 0x9c, 0x6d).into(), 61.4)]);
        assert_eq!(
            (summary.tone, summary.level, summary.style),
            (Tone::GoldenYellow, Level::Light, Style::Blonde)
        );
    }

    #[test]
    fn levels_rise_with_lightness_from_1_to_10() {
        let levels: Vec<u8> = (0..=100u8)
            .map(|l| of(l.into(), 5.0, 8.0).professional_level)
            .collect();
        assert!(levels.is_sorted());
        assert_eq!((levels[0], levels[18], levels[80], levels[100]), (1, 2, 10, 10));
    }

    /// Mean hair colors of labeled portraits, from midnight to studio light.
    #[test]
    fn tones_of_portraits() {
        for (l, a, b, tone) in [
            (10.9, -0.4, -1.9, Tone::Neutral),
            (14.2, 0.6, -10.3, Tone::AshBlue),
            (18.0, 13.7, 15.8, Tone::WarmRed),
            (13.6, 10.8, 4.4, Tone::WarmRed),
            (41.0, 14.8, 25.7, Tone::WarmRed),
            (40.4, 31.4, -6.7, Tone::WarmRed),
            (26.4, -24.1, 13.9, Tone::CoolGreen),
            (42.3, -9.3, -14.5, Tone::AshBlue),
            (51.1, -0.4, -0.4, Tone::AshBlue),
            (41.9, 9.1, 31.1, Tone::GoldenYellow),
            (39.1, 3.1, 13.6, Tone::Neutral),
            (11.1, 4.2, 7.9, Tone::Neutral),
        ] {
            assert_eq!(of(l, a, b).tone, tone, "{l} {a} {b}");
        }
    }

    #[test]
    fn styles_of_portraits() {
        for (l, a, b, style) in [
            (8.9, -0.4, -3.5, Style::Black),
            (17.5, 0.2, -7.9, Style::Black),
            (13.9, 6.2, 11.0, Style::Brown),
            (24.6, -0.2, -8.7, Style::Black),
            (15.2, 23.3, 15.8, Style::Brown),
            (30.0, 6.3, 9.8, Style::Brown),
            (36.6, 3.1, 16.0, Style::Blonde),
            (61.9, 3.2, 18.2, Style::Blonde),
        ] {
            assert_eq!(of(l, a, b).style, style, "{l} {a} {b}");
        }
    }

    #[test]
    fn shadows_do_not_darken_the_level() {
        let blonde = Lab {
            l: 75.0,
            a: 4.0,
            b: 25.0,
        };
        let shadow = Lab {
            l: 20.0,
            a: 4.0,
            b: 8.0,
        };
        assert_eq!(describe(&[(shadow, 0.3), (blonde, 0.7)]), of(75.0, 4.0, 25.0));
    }

    #[test]
    fn the_words_are_those_of_the_contract() {
        let pale = of(85.0, 0.0, 2.0);
        let words = [
            pale.tone.to_string(),
            pale.level.to_string(),
            pale.style.to_string(),
        ];
        assert_eq!(words, ["Ash/Blue", "Very Light", "Blonde"]);
        assert_eq!(pale.professional_level, 10);
        let tone = |l, a, b| of(l, a, b).tone.to_string();
        assert_eq!(tone(30.0, 30.0, 20.0), "Warm/Red");
        assert_eq!(tone(30.0, -30.0, 20.0), "Cool/Green");
        assert_eq!(tone(60.0, 5.0, 40.0), "Golden/Yellow");
        assert_eq!(tone(5.0, 0.0, 0.0), "Neutral");
    }

    #[test]
    fn without_colors_the_answer_is_black() {
        assert_eq!(describe(&[]), of(0.0, 0.0, 0.0));
        assert_eq!(
            describe(&[(
                Lab {
                    l: 80.0,
                    a: 0.0,
                    b: 0.0
                },
                0.0
            )]),
            of(0.0, 0.0, 0.0)
        );
    }

    proptest! {
        #[test]
        fn the_unit_of_the_shares_and_the_order_do_not_matter(
            mut colors in prop::collection::vec(((0f32..100.0, -60f32..60.0, -60f32..60.0), 0.01f32..1.0), 1..6),
        ) {
            let labs = |colors: &[((f32, f32, f32), f32)], unit: f32| -> Vec<(Lab, f32)> {
                colors.iter().map(|&((l, a, b), share)| (Lab { l, a, b }, share * unit)).collect()
            };
            let one = lit_mean(&labs(&colors, 1.0));
            colors.reverse();
            let other = lit_mean(&labs(&colors, 128.0));
            prop_assert!((one.l - other.l).abs() + (one.a - other.a).abs() + (one.b - other.b).abs() < 1e-2);
        }
    }
}
