//! The colors of a photograph that arrives again as another file.

use rayon::prelude::*;
use strand::color::ciede2000;

use super::changes::COPIES;
use super::{Photographs, measured_again, percentile, picture, share};
use crate::networks::Networks;
use crate::sample::Sample;

/// How the colors of a copy differ from those of the photograph.
struct Change {
    /// Whether the number of colors is another.
    counts_others: bool,
    /// CIEDE2000 between the first colors.
    first: f32,
    /// CIEDE2000 between the mean colors.
    mean: f32,
}

impl Change {
    fn between(one: &Sample, other: &Sample) -> Self {
        let (one, other) = (&one.signature, &other.signature);
        Self {
            counts_others: one.colors.len() != other.colors.len(),
            first: ciede2000(one.colors[0].lab, other.colors[0].lab),
            mean: ciede2000(one.mean, other.mean),
        }
    }
}

/// Prints the table.
pub fn report(photographs: &Photographs, networks: &Networks) {
    println!("\n### Dominant colors of the same picture as another file\n");
    println!(
        "| | files | other number of colors | first color, median | first color, p90 | first color, most | mean color, p90 |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    let changed: Vec<Vec<Option<Change>>> = photographs
        .all
        .par_iter()
        .filter_map(|photo| {
            let sample = photo.sample.as_ref()?;
            let picture = picture(photo);
            let copies = COPIES.iter().map(|(_, quality, copy)| {
                let copied = measured_again(&copy(&picture), *quality, networks)?;
                Some(Change::between(sample, &copied))
            });
            Some(copies.collect())
        })
        .collect();
    for (k, (name, ..)) in COPIES.iter().enumerate() {
        say(name, changed.iter().filter_map(|changes| changes[k].as_ref()));
    }
    say("all", changed.iter().flatten().flatten());
    let number = photographs
        .all
        .iter()
        .filter_map(|photo| photo.sample.as_ref())
        .map(|sample| sample.signature.colors.len() as f32);
    let number: Vec<f32> = number.collect();
    println!(
        "\nA photograph has {:.2} colors on average.",
        number.iter().sum::<f32>() / number.len().max(1) as f32
    );
}

fn say<'a>(name: &str, changes: impl Iterator<Item = &'a Change>) {
    let changes: Vec<&Change> = changes.collect();
    let first: Vec<f32> = changes.iter().map(|change| change.first).collect();
    let mean: Vec<f32> = changes.iter().map(|change| change.mean).collect();
    println!(
        "| {name} | {} | {:.3} | {:.2} | {:.2} | {:.2} | {:.2} |",
        changes.len(),
        share(
            changes.iter().filter(|change| change.counts_others).count(),
            changes.len()
        ),
        percentile(&first, 50),
        percentile(&first, 90),
        percentile(&first, 100),
        percentile(&mean, 90),
    );
}
