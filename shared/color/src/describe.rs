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

/// Whether a hair color is warm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undertone {
    /// Red or golden.
    Warm,
    /// As natural hair of the same lightness.
    Neutral,
    /// Ash, matt, blue, or violet.
    Cool,
}

impl Tone {
    /// Whether it is warm.
    pub fn undertone(self) -> Undertone {
        match self {
            Self::WarmRed | Self::GoldenYellow => Undertone::Warm,
            Self::Neutral => Undertone::Neutral,
            Self::CoolGreen | Self::AshBlue => Undertone::Cool,
        }
    }
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
    /// Levels 1 and 2: dark, without visible warmth.
    Black,
    /// Level 3 and up: between black and blonde, including dark reds.
    Brown,
    /// Level 8 and up, and from level 6 on hair with the yellow hue of a blonde.
    Blonde,
}

/// The color family, in more words than [`Style`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// As dark as levels 1 and 2.
    Black,
    /// Levels 3 to 7.
    Brown,
    /// Level 6 and up.
    Blonde,
    /// Auburn, copper, ginger, red.
    Red,
    /// Gray, silver, white.
    Gray,
    /// Pink, magenta, wine.
    Pink,
    /// Blue, turquoise.
    Blue,
    /// Green, lime.
    Green,
    /// Violet, purple.
    Violet,
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
    /// The family, with gray and dyed colors.
    pub family: Family,
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
/// Set so that the numbers of the trade's solid shades up to 8 are their level, or next to it, and that the medians of
/// labeled portraits (black 13, brown 16 to 25, blonde 50 to 54) are levels 2, 3 to 4, and 8.
const LEVEL_STARTS: [f32; 9] = [9.0, 16.0, 20.5, 26.5, 31.5, 38.0, 48.0, 68.0, 79.0];

/// The share of the hair that is judged, from the lightest down. The rest is shadow between strands, which shows
/// neither level nor tone.
const LIT_SHARE: f32 = 2.0 / 3.0;

/// Describes hair by the color of its lit part; see [`lit_mean`].
pub fn describe(lit: Lab) -> Summary {
    let style = style(lit);
    let by_lightness = level_by_lightness(lit.l);
    // Black hair in glare stays black, and brown hair in shadow stays brown.
    let professional_level = match style {
        Style::Black => by_lightness.min(2),
        Style::Brown => by_lightness.max(3),
        Style::Blonde => by_lightness.max(6),
    };
    let level = match professional_level {
        ..=3 => Level::Dark,
        4..=6 => Level::Medium,
        7..=8 => Level::Light,
        _ => Level::VeryLight,
    };
    Summary {
        tone: tone(lit),
        level,
        style,
        family: family(lit, style),
        professional_level,
    }
}

/// The mean color of the lighter two thirds of `colors`, weighted by their shares (in any positive unit). The rest is
/// shadow between strands. Without a positive share, it is black.
pub fn lit_mean(colors: &[(Lab, f32)]) -> Lab {
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

/// The professional level of a lightness, with its fraction: 5.5 is halfway from where level 5 begins to where level 6 does.
pub fn level_position(l: f32) -> f32 {
    let level = level_by_lightness(l);
    let start = |level: u8| match level {
        1 => 0.0,
        11.. => 100.0,
        _ => LEVEL_STARTS[usize::from(level) - 2],
    };
    let (from, to) = (start(level), start(level + 1));
    (f32::from(level) + (l - from) / (to - from)).min(10.0)
}

fn level_by_lightness(l: f32) -> u8 {
    1 + LEVEL_STARTS.iter().filter(|&&start| l >= start).count() as u8
}

/// Auburn, copper, wine: natural browns have half as much red as yellow, these have clearly more. The hue identifies
/// golden copper. From 325° on the hue is pink, which counts as red.
fn is_red(lab: Lab) -> bool {
    let Lab { a, b, .. } = lab;
    let hue = lab.hue();
    let is_blue = (200.0..325.0).contains(&hue);
    !is_blue && ((a >= 8.0 && a - 0.5 * b > 3.5) || (a >= 14.0 && hue < 61.0))
}

fn tone(lab: Lab) -> Tone {
    let Lab { l, a, b } = lab;
    // The yellow of undyed hair of this lightness: 0 in black, 17 from light brown up.
    let natural = (0.5 * (l - 10.0)).clamp(0.0, 17.0);
    // A hue past 108° at 5 or more from gray is greener than any blonde.
    let green = a < -5.0 && (108.0..200.0).contains(&lab.hue());
    match () {
        () if is_red(lab) => Tone::WarmRed,
        () if green => Tone::CoolGreen,
        () if b < natural - 5.0 => Tone::AshBlue,
        () if b > natural + 7.5 => Tone::GoldenYellow,
        () => Tone::Neutral,
    }
}

fn style(lab: Lab) -> Style {
    /// The direction of 55°, the hue of brown.
    const BROWN: [f32; 2] = [0.573_6, 0.819_2];
    /// Black hair is less warm than this up to L\* 14, and from there, where black hair shines, less and less.
    const MOST_WARMTH: f32 = 7.0;
    let warmth = lab.a * BROWN[0] + lab.b * BROWN[1];
    // Below L* 6 a photo shows no hue. Of labeled portraits, black hair reaches 22 with a warmth of 4; browns start at 7.6.
    // From 32 on, hair without warmth is gray.
    let black = lab.l < 6.0 || (lab.l < 32.0 && warmth < MOST_WARMTH - 0.2 * (lab.l - 14.0).max(0.0));
    if black {
        Style::Black
    } else if lab.l >= blonde_from(lab.hue()) {
        Style::Blonde
    } else {
        Style::Brown
    }
}

/// The L\* from which hair of this hue, in degrees, is blonde: level 8, and less for the yellow hue of a blonde in dim
/// light. Browns stay below 70°. Of labeled portraits, all browns and 84% of the blondes get their word.
fn blonde_from(hue: f32) -> f32 {
    let past_brown = if hue < 200.0 { hue - 66.0 } else { 0.0 };
    (48.0 - past_brown).clamp(32.0, 48.0)
}

/// The hues, in degrees, at which families end, from the hair of 106 portraits that are labeled with a color other than
/// black, brown or blonde.
fn family(lab: Lab, style: Style) -> Family {
    /// Gray and white hair has less chroma than this. Of the labeled blondes, one in ten has.
    const GRAY_CHROMA: f32 = 9.0;
    /// Less chroma than this, and the hue may be that of the light.
    const DYED_CHROMA: f32 = 10.0;
    let (chroma, hue) = (lab.a.hypot(lab.b), lab.hue());
    let natural = match style {
        Style::Black => Family::Black,
        Style::Brown => Family::Brown,
        Style::Blonde => Family::Blonde,
    };
    if chroma < DYED_CHROMA {
        return if chroma < GRAY_CHROMA && lab.l >= 32.0 {
            Family::Gray
        } else {
            natural
        };
    }
    match hue {
        130.0..200.0 => Family::Green,
        200.0..285.0 => Family::Blue,
        285.0..325.0 => Family::Violet,
        325.0.. | ..22.0 if lab.a >= 12.0 => Family::Pink,
        100.0..130.0 if lab.a < -8.0 => Family::Green,
        _ if is_red(lab) && lab.a >= 12.0 => Family::Red,
        _ => natural,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Rgb;
    use super::*;

    fn of(l: f32, a: f32, b: f32) -> Summary {
        describe(Lab { l, a, b })
    }

    #[test]
    fn the_example_of_the_contract() {
        let summary = describe(Rgb::new(0xc6, 0x9c, 0x6d).into());
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
        assert_eq!((levels[0], levels[12], levels[80], levels[100]), (1, 3, 10, 10));
    }

    #[test]
    fn the_position_between_levels_runs_on_from_level_to_level() {
        for l in 0..=100u8 {
            let position = level_position(l.into());
            assert_eq!(position as u8, level_by_lightness(l.into()), "{l}");
        }
        assert!((level_position(29.0) - 5.5).abs() < 1e-4 && (level_position(26.5) - 5.0).abs() < 1e-4);
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
        assert_eq!(
            describe(lit_mean(&[(shadow, 0.3), (blonde, 0.7)])),
            of(75.0, 4.0, 25.0)
        );
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
        assert_eq!(describe(lit_mean(&[])), of(0.0, 0.0, 0.0));
        let pale = Lab {
            l: 80.0,
            a: 0.0,
            b: 0.0,
        };
        assert_eq!(describe(lit_mean(&[(pale, 0.0)])), of(0.0, 0.0, 0.0));
    }

    /// Medians of portraits that are labeled with these colors.
    #[test]
    fn families_of_portraits() {
        for (l, a, b, family) in [
            (13.3, 0.2, -1.1, Family::Black),
            (16.2, 7.6, 9.7, Family::Brown),
            (49.7, 2.3, 17.9, Family::Blonde),
            (28.8, 21.4, 20.2, Family::Red),
            (46.5, -2.3, 0.6, Family::Gray),
            (88.0, 0.0, 3.0, Family::Gray),
            (25.9, 30.1, -3.2, Family::Pink),
            (32.5, -5.3, -18.3, Family::Blue),
            (45.2, -18.2, 13.0, Family::Green),
            (30.0, 28.0, -30.0, Family::Violet),
        ] {
            assert_eq!(of(l, a, b).family, family, "{l} {a} {b}");
        }
    }

    #[test]
    fn glare_does_not_lighten_black_hair() {
        let glare = of(28.0, 0.0, -1.0);
        assert_eq!((glare.style, glare.professional_level), (Style::Black, 2));
    }

    proptest! {
        #[test]
        fn style_and_level_never_contradict_each_other(l in 0f32..100.0, a in -60f32..60.0, b in -60f32..60.0) {
            let Summary { style, level, professional_level, .. } = of(l, a, b);
            match style {
                Style::Black => prop_assert!(professional_level <= 2 && level == Level::Dark),
                Style::Brown => prop_assert!(professional_level >= 3),
                Style::Blonde => prop_assert!(professional_level >= 6 && level > Level::Dark),
            }
        }

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
