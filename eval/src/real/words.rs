//! The words for a photograph in another light, and for two photographs of one shade.

use rayon::prelude::*;
use strand::color::Summary;

use super::changes::{LIGHTS, in_light};
use super::{Photograph, Photographs, QUALITY, measured_again, picture, share};
use crate::networks::Networks;

/// How two summaries differ.
struct Change {
    /// By how many professional levels.
    level: f32,
    has_same_tone: bool,
    has_same_style: bool,
}

impl Change {
    fn between(one: Summary, other: Summary) -> Self {
        Self {
            level: f32::from(one.professional_level.abs_diff(other.professional_level)),
            has_same_tone: one.tone == other.tone,
            has_same_style: one.style == other.style,
        }
    }
}

/// Prints the table.
pub fn report(photographs: &Photographs, networks: &Networks) {
    println!("\n### Words, when the light changes and from photo to photo\n");
    println!(
        "| | compared | level off by | level off by at most 1 | same level | same tone | same style |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    let changed: Vec<Vec<Change>> = photographs
        .all
        .par_iter()
        .filter_map(|photo| changes(photo, networks))
        .collect();
    for (k, (name, ..)) in LIGHTS.iter().enumerate() {
        say(name, changed.iter().filter_map(|changes| changes.get(k)));
    }
    say("all lights", changed.iter().flatten());
    say("two photos of one shade", between_photos(photographs).iter());
}

/// How the words change in each light; `None` where no hair was found.
fn changes(photo: &Photograph, networks: &Networks) -> Option<Vec<Change>> {
    let usual = photo.sample.as_ref()?.summary;
    let picture = picture(photo);
    let in_each = LIGHTS.iter().filter_map(|light| {
        let sample = measured_again(&in_light(&picture, *light), QUALITY, networks)?;
        Some(Change::between(usual, sample.summary))
    });
    Some(in_each.collect())
}

/// Every two photographs of a shade.
fn between_photos(photographs: &Photographs) -> Vec<Change> {
    let mut changes = Vec::new();
    for (_, photos) in photographs.training(|_| true) {
        let words: Vec<Summary> = photos.iter().map(|photo| photo.summary).collect();
        for (i, one) in words.iter().enumerate() {
            changes.extend(words[i + 1..].iter().map(|other| Change::between(*one, *other)));
        }
    }
    changes
}

fn say<'a>(name: &str, changes: impl Iterator<Item = &'a Change>) {
    let changes: Vec<&Change> = changes.collect();
    let of = |holds: &dyn Fn(&Change) -> bool| {
        share(
            changes.iter().filter(|change| holds(change)).count(),
            changes.len(),
        )
    };
    let level = changes.iter().map(|change| change.level).sum::<f32>() / changes.len().max(1) as f32;
    println!(
        "| {name} | {} | {level:.2} | {:.3} | {:.3} | {:.3} | {:.3} |",
        changes.len(),
        of(&|change| change.level <= 1.0),
        of(&|change| change.level < 0.5),
        of(&|change| change.has_same_tone),
        of(&|change| change.has_same_style),
    );
}
