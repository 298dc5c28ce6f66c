//! The labelled portraits: coarse colors that nobody recolored, each portrait left out in turn.

use std::fs;
use std::path::Path;

use strand::photo;

use crate::parallel;
use crate::portraits::labelled;
use crate::sample::{Darkroom, Sample};
use crate::scheme::Taught;
use crate::study::{Column, Study};
use crate::vision::WORKING_SIDE;

/// A portrait, what was measured of it, and the number of its color.
struct Portrait {
    sample: Option<Sample>,
    color: usize,
}

/// Adds the table to the study.
///
/// # Panics
/// Where the index of the portraits names files that are not there.
pub fn run(study: &mut Study, folder: &Path, darkroom: &Darkroom) {
    let Some(rows) = labelled(folder) else { return };
    let mut colors: Vec<&str> = rows.iter().map(|(_, color)| color.as_str()).collect();
    colors.sort_unstable();
    colors.dedup();
    let portraits = parallel::map_with(
        rows.len(),
        study.threads,
        || darkroom.eyes.open(),
        |networks, i| {
            let (file, color) = &rows[i];
            let bytes = fs::read(folder.join(file)).expect("the index names files that are there");
            let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
            let key = format!("labelled {file} {}", darkroom.eyes.parser_id());
            let mask = darkroom.mask(&key, &photo, networks);
            Portrait {
                sample: darkroom.sample(&key, &photo, &mask, networks),
                color: colors.iter().position(|known| known == color).unwrap_or(0),
            }
        },
    );
    let unseen = portraits
        .iter()
        .filter(|portrait| portrait.sample.is_none())
        .count();
    study.say(&format!(
        "\n### Labelled portraits\n\n{} portraits of {} coarse colors ({}), each left out in turn; in {unseen} no hair was found.\n",
        portraits.len(),
        colors.len(),
        colors.join(", ")
    ));
    study.say("| | right | mean over the colors |\n|---|---:|---:|");
    for column in study
        .columns
        .clone()
        .into_iter()
        .filter(|column| *column != Column::Oracle)
    {
        let right = parallel::map(portraits.len(), study.threads, |left_out| {
            is_named(&portraits, left_out, column, colors.len())
        });
        let share = |color: Option<usize>| {
            let of = |i: &usize| color.is_none_or(|color| portraits[*i].color == color);
            let asked: Vec<usize> = (0..portraits.len()).filter(of).collect();
            asked.iter().filter(|i| right[**i]).count() as f32 / asked.len() as f32
        };
        let mean = (0..colors.len()).map(|color| share(Some(color))).sum::<f32>() / colors.len() as f32;
        study.say(&format!("| {} | {:.3} | {mean:.3} |", column.name(), share(None)));
    }
}

/// Whether the portrait's color is named first by a library of all the others.
fn is_named(portraits: &[Portrait], left_out: usize, column: Column, colors: usize) -> bool {
    let Some(asked) = &portraits[left_out].sample else {
        return false;
    };
    let lesson = |color: usize| -> Taught {
        let others = portraits
            .iter()
            .enumerate()
            .filter(|(i, other)| *i != left_out && other.color == color);
        (
            color,
            others.filter_map(|(_, other)| other.sample.as_ref()).collect(),
        )
    };
    let lessons: Vec<Taught> = (0..colors)
        .map(lesson)
        .filter(|(_, photos)| !photos.is_empty())
        .collect();
    let ranked = column.scheme().teach(&lessons).rank(asked);
    ranked
        .best
        .first()
        .is_some_and(|named| named.shade == portraits[left_out].color)
}
