//! The standard palette of the hair-extension trade, for photos that are matched without a library.
//!
//! `palette.toml` lists the shades and explains how their values were set. Only solid shades have hex values there. A
//! code such as `6/27` or `2BT6` combines the codes of its parts, as in the trade.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Lab, Rgb};

/// A standard shade of the trade.
#[derive(Clone, Debug, PartialEq)]
pub struct PaletteShade {
    /// The trade's code, unique in the palette: `613`, `6/27`, `2BT6`.
    pub code: String,
    /// Code and plain name: `#6/27 Chestnut Brown / Strawberry Blonde`.
    pub name: String,
    /// How the parts are arranged on the hair.
    pub blend: Blend,
    /// One to three colors: from root to tips for a rooted shade, otherwise by falling share.
    pub parts: Vec<Part>,
}

/// How the colors of a shade are arranged on the hair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// One color.
    Solid,
    /// Strands of two or three colors next to each other, from root to tip.
    Highlighted,
    /// A darker root that blends into the tips.
    Rooted,
}

/// One color of a shade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Where on the hair the color is.
    pub place: Place,
    /// The color in sRGB.
    pub rgb: Rgb,
    /// The color in L\*a\*b\*.
    pub lab: Lab,
    /// Its share of the hair, above 0. The shares of a shade sum to 1.
    pub share: f32,
}

/// Where on the hair a color is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the full length.
    Throughout,
    /// The upper part.
    Root,
    /// The lower part.
    Tips,
}

/// The content of `palette.toml`.
#[derive(Deserialize)]
struct File {
    solid: Vec<(String, String, String)>,
    highlighted: Vec<(String, Vec<u8>)>,
    rooted: Vec<(String, Vec<u8>)>,
}

static PALETTE: LazyLock<Vec<PaletteShade>> =
    LazyLock::new(|| parse(include_str!("palette.toml")).expect("the tests read the same palette.toml"));

/// The shades of the palette: solid shades by trade number, then highlighted shades, then rooted shades.
pub fn palette() -> &'static [PaletteShade] {
    &PALETTE
}

fn parse(text: &str) -> Result<Vec<PaletteShade>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut shades = Vec::new();
    for (code, name, hex) in file.solid {
        let rgb: Rgb = hex.parse().map_err(|error| format!("{code}: {error}"))?;
        let part = Part {
            place: Place::Throughout,
            rgb,
            lab: rgb.into(),
            share: 1.0,
        };
        shades.push(PaletteShade {
            name: format!("#{code} {name}"),
            code,
            blend: Blend::Solid,
            parts: vec![part],
        });
    }
    let solid = shades.clone();
    for (code, percent) in file.highlighted {
        let (name, parts) = side_by_side(&solid, &code, Place::Throughout, &percent)?;
        shades.push(PaletteShade {
            name: format!("#{code} {name}"),
            code,
            blend: Blend::Highlighted,
            parts,
        });
    }
    for (code, percent) in file.rooted {
        let (root, tips) = code
            .split_once('T')
            .ok_or_else(|| format!("{code}: no T between root and tips"))?;
        let (&first, rest) = percent
            .split_first()
            .ok_or_else(|| format!("{code}: no percentages"))?;
        let (root, mut parts) = side_by_side(&solid, root, Place::Root, &[first])?;
        let (tips, tip_parts) = side_by_side(&solid, tips, Place::Tips, rest)?;
        parts.extend(tip_parts);
        shades.push(PaletteShade {
            name: format!("#{code} {root} to {tips}"),
            code,
            blend: Blend::Rooted,
            parts,
        });
    }
    Ok(shades)
}

/// The name and the parts of solid shades whose codes are joined by slashes, all at the same place.
fn side_by_side(
    solid: &[PaletteShade],
    codes: &str,
    place: Place,
    percent: &[u8],
) -> Result<(String, Vec<Part>), String> {
    let codes: Vec<&str> = codes.split('/').collect();
    if codes.len() != percent.len() {
        return Err(format!(
            "{}: {} percentages for it",
            codes.join("/"),
            percent.len()
        ));
    }
    let mut names = Vec::new();
    let mut parts = Vec::new();
    for (code, &percent) in codes.into_iter().zip(percent) {
        let shade = solid.iter().find(|shade| shade.code == code);
        let shade = shade.ok_or_else(|| format!("{code} is no solid shade"))?;
        names.push(shade.name.split_once(' ').map_or("", |(_, name)| name));
        parts.push(Part {
            place,
            share: f32::from(percent) / 100.0,
            ..shade.parts[0]
        });
    }
    Ok((names.join(" / "), parts))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{Family, Level, Style, Summary, Tone, ciede2000, describe, lit_mean};
    use super::*;

    fn shade(code: &str) -> &'static PaletteShade {
        palette()
            .iter()
            .find(|shade| shade.code == code)
            .unwrap_or_else(|| panic!("no {code}"))
    }

    fn words(code: &str) -> Summary {
        let colors: Vec<_> = shade(code)
            .parts
            .iter()
            .map(|part| (part.lab, part.share))
            .collect();
        describe(lit_mean(&colors))
    }

    #[test]
    fn large_enough_with_unique_codes_and_names() {
        let shades = palette();
        assert!(shades.len() >= 60, "{}", shades.len());
        assert_eq!(
            shades
                .iter()
                .map(|shade| &shade.code)
                .collect::<HashSet<_>>()
                .len(),
            shades.len()
        );
        assert_eq!(
            shades
                .iter()
                .map(|shade| &shade.name)
                .collect::<HashSet<_>>()
                .len(),
            shades.len()
        );
    }

    #[test]
    fn every_code_of_the_trades_core_range_is_there() {
        let core = "1 1B 1C 2 2A 2B 2C 3 4 4A 5 6 6A 6B 6C 7 8 8A 9 10 12 14 16 18 18A 20 22 24 27 30 33 35 60 60A 60B \
            60C 99J 130 144 350 530 613 900 1001 Silver 4/27 6/27 8/60 18/22 18/613 27/613 1B/30 2/6 2BT6 2T6 4T27 6T60 \
            1BT27 8T60 4T18 2T99J";
        core.split_whitespace()
            .for_each(|code| assert_eq!(shade(code).code, code));
    }

    #[test]
    fn shares_sum_to_one_and_places_fit_the_blend() {
        for PaletteShade {
            code, blend, parts, ..
        } in palette()
        {
            let sum: f32 = parts.iter().map(|part| part.share).sum();
            assert!(
                (sum - 1.0).abs() < 1e-6 && parts.iter().all(|part| part.share > 0.0),
                "{code}"
            );
            let roots = parts.iter().take_while(|part| part.place == Place::Root).count();
            let tips = parts.iter().filter(|part| part.place == Place::Tips).count();
            match blend {
                Blend::Solid => assert_eq!((parts.len(), roots, tips), (1, 0, 0), "{code}"),
                Blend::Highlighted => assert!((2..=3).contains(&parts.len()) && roots + tips == 0, "{code}"),
                Blend::Rooted => assert!((1..=2).contains(&tips) && roots == 1, "{code}"),
            }
            if *blend != Blend::Rooted {
                assert!(parts.is_sorted_by(|x, y| x.share >= y.share), "{code}");
            }
        }
    }

    #[test]
    fn solid_shades_can_be_told_apart() {
        let solid: Vec<&PaletteShade> = palette()
            .iter()
            .filter(|shade| shade.blend == Blend::Solid)
            .collect();
        for (i, x) in solid.iter().enumerate() {
            for y in &solid[..i] {
                let difference = ciede2000(x.parts[0].lab, y.parts[0].lab);
                assert!(difference >= 1.5, "{} and {}: {difference}", x.code, y.code);
            }
        }
    }

    #[test]
    fn lightness_follows_the_numbers() {
        let order = "1 1B 1C 2 3 4 5 6 7 8 9 10 12 14 16 18 20 22 24 613 60 900"
            .split(' ')
            .map(shade);
        let lightness: Vec<f32> = order.map(|shade| shade.parts[0].lab.l).collect();
        assert!(lightness.is_sorted_by(|x, y| x < y), "{lightness:?}");
    }

    #[test]
    fn roots_are_not_visibly_lighter_than_their_tips() {
        for shade in palette().iter().filter(|shade| shade.blend == Blend::Rooted) {
            assert!(
                shade.parts[1..]
                    .iter()
                    .all(|tip| shade.parts[0].lab.l <= tip.lab.l + 1.0),
                "{}",
                shade.code
            );
        }
    }

    #[test]
    fn names_are_made_of_the_parts() {
        assert_eq!(shade("6/27").name, "#6/27 Chestnut Brown / Strawberry Blonde");
        assert_eq!(shade("2BT6").name, "#2BT6 Dark Warm Brown to Chestnut Brown");
        assert_eq!(
            shade("4T4/27").name,
            "#4T4/27 Chocolate Brown to Chocolate Brown / Strawberry Blonde"
        );
    }

    #[test]
    fn a_colorist_would_say_the_same() {
        for code in ["33", "35", "99J", "130", "350", "530", "Red", "Pink"] {
            assert_eq!(words(code).tone, Tone::WarmRed, "{code}");
        }
        for code in ["12", "14", "16", "24", "27", "144", "613", "27/613"] {
            assert_eq!(words(code).tone, Tone::GoldenYellow, "{code}");
        }
        for code in ["4A", "6A", "8A", "18A", "60A", "60C", "Silver", "Blue", "Purple"] {
            assert_eq!(words(code).tone, Tone::AshBlue, "{code}");
        }
        for code in ["1", "1B", "2", "3", "4", "5", "6", "8", "10", "18", "22", "60"] {
            assert_eq!(words(code).tone, Tone::Neutral, "{code}");
        }
        assert_eq!(words("Green").tone, Tone::CoolGreen);
        for (code, style, level) in [
            ("1", Style::Black, Level::Dark),
            ("1B", Style::Black, Level::Dark),
            ("2", Style::Brown, Level::Dark),
            ("99J", Style::Brown, Level::Dark),
            ("4", Style::Brown, Level::Medium),
            ("6", Style::Brown, Level::Medium),
            ("18", Style::Blonde, Level::Light),
            ("613", Style::Blonde, Level::VeryLight),
        ] {
            assert_eq!((words(code).style, words(code).level), (style, level), "{code}");
        }
        assert_eq!(
            [words("1").professional_level, words("900").professional_level],
            [1, 10]
        );
        for (code, level) in [
            ("1B", 1),
            ("2", 2),
            ("3", 3),
            ("4", 4),
            ("5", 5),
            ("6", 6),
            ("7", 7),
            ("8", 8),
            ("18", 8),
        ] {
            let said = words(code).professional_level;
            assert!(said.abs_diff(level) <= 1, "{code}: {said}");
        }
        for (code, family) in [
            ("Silver", Family::Gray),
            ("Gray", Family::Gray),
            ("Red", Family::Red),
            ("350", Family::Red),
            ("Pink", Family::Pink),
            ("Purple", Family::Violet),
            ("Blue", Family::Blue),
            ("Green", Family::Green),
            ("8", Family::Brown),
            ("613", Family::Blonde),
        ] {
            assert_eq!(words(code).family, family, "{code}");
        }
    }

    #[test]
    fn an_invalid_file_is_reported() {
        let file = |solid: &str, highlighted: &str, rooted: &str| {
            parse(&format!(
                "solid = [{solid}]\nhighlighted = [{highlighted}]\nrooted = [{rooted}]"
            ))
        };
        let one = r##"["1", "Black", "#000"]"##;
        assert!(file(one, "", "").is_ok());
        assert!(
            file(r#"["1", "Black", "000"]"#, "", "")
                .unwrap_err()
                .contains("not a color")
        );
        assert!(
            file(one, r#"["1/2", [60, 40]]"#, "")
                .unwrap_err()
                .contains("2 is no solid shade")
        );
        assert!(
            file(one, r#"["1/1", [60]]"#, "")
                .unwrap_err()
                .contains("1 percentages")
        );
        assert!(
            file(one, "", r#"["1/1", [60, 40]]"#)
                .unwrap_err()
                .contains("no T")
        );
        assert!(
            file(one, "", r#"["1T1", []]"#)
                .unwrap_err()
                .contains("no percentages")
        );
        assert!(parse("solid = 3").is_err());
    }
}
