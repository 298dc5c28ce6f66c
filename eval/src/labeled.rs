//! The labeled portraits: coarse colors that were not recolored, with each portrait left out in turn.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use strand::photo;

use crate::dump::Row;
use crate::networks::WORKING_SIDE;
use crate::portraits::labeled;
use crate::replaced::{self, quoted};
use crate::sample::{PhotoSource, Sample};
use crate::scheme::{Scheme, TrainingShade};
use crate::study::{Column, Study};

/// The kind of these portraits in a dump; see [`Row::ids`].
const DUMPED_KIND: i32 = 2;

/// A portrait's measurements and the index of its color.
struct Portrait {
    sample: Option<Sample>,
    color: usize,
}

/// All labeled portraits, measured.
pub struct Labeled {
    /// The coarse colors, sorted.
    colors: Vec<String>,
    portraits: Vec<Portrait>,
}

impl Labeled {
    /// Measures the portraits; `None` without an index. `dump` receives a row for each portrait.
    ///
    /// # Panics
    /// When the index names a missing file.
    pub fn measure(folder: &Path, source: &PhotoSource, dump: Option<&mut Vec<Row>>) -> Option<Self> {
        let listed = labeled(folder)?;
        let mut colors: Vec<String> = listed.iter().map(|(_, color)| color.clone()).collect();
        colors.sort_unstable();
        colors.dedup();
        let dumping = dump.is_some();
        let measure = |(i, (file, color)): (usize, &(String, String))| {
            let bytes = fs::read(folder.join(file)).expect("the index names existing files");
            let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
            let key = format!("labeled {file} {}", source.networks.parser_id());
            let mask = source.mask(&key, &photo);
            let color = colors.iter().position(|known| known == color).unwrap_or(0);
            let sample = Sample::of(&photo, &mask);
            let row = dumping.then(|| {
                let ids = [color as i32, i as i32, 0, DUMPED_KIND, 0];
                let Some(sample) = &sample else {
                    return Row::without_hair(ids);
                };
                let mut row = Row::of(ids, &photo, &mask, &sample.signature.descriptor);
                row.embedding = source.embedding(&key, &photo, &mask);
                row
            });
            (Portrait { sample, color }, row)
        };
        let measured: Vec<(Portrait, Option<Row>)> = listed.par_iter().enumerate().map(measure).collect();
        let (portraits, rows): (Vec<Portrait>, Vec<Option<Row>>) = measured.into_iter().unzip();
        if let Some(dump) = dump {
            dump.extend(rows.into_iter().flatten());
        }
        Some(Self { colors, portraits })
    }

    /// Adds the table to the study.
    pub fn report(&self, study: &mut Study) {
        let bald = self.portraits.iter().filter(|portrait| portrait.sample.is_none());
        study.say(&format!(
            "\n### Labeled portraits\n\n{} portraits of {} coarse colors ({}), each left out in turn. No hair was found in {}.\n",
            self.portraits.len(),
            self.colors.len(),
            self.colors.join(", "),
            bald.count()
        ));
        study.say("| | right | mean over the colors |\n|---|---:|---:|");
        for column in [Column::Strand, Column::MeanColor] {
            let right: Vec<bool> = (0..self.portraits.len())
                .into_par_iter()
                .map(|left_out| self.is_named(left_out, column.scheme()))
                .collect();
            let share = |color: Option<usize>| {
                let of = |i: &usize| color.is_none_or(|color| self.portraits[*i].color == color);
                let counted: Vec<usize> = (0..self.portraits.len()).filter(of).collect();
                counted.iter().filter(|i| right[**i]).count() as f32 / counted.len() as f32
            };
            let colors = 0..self.colors.len();
            let mean = colors.map(|color| share(Some(color))).sum::<f32>() / self.colors.len() as f32;
            study.say(&format!("| {} | {:.3} | {mean:.3} |", column.name(), share(None)));
        }
        let quoted = &quoted().labeled;
        study.say(&format!(
            "| {} | {:.3} | {:.3} |",
            replaced::NAME,
            quoted.right,
            quoted.mean
        ));
    }

    /// Whether a library of all other portraits names this portrait's color first.
    fn is_named(&self, left_out: usize, scheme: &dyn Scheme) -> bool {
        let Some(sample) = &self.portraits[left_out].sample else {
            return false;
        };
        let of_color = |color: usize| -> TrainingShade {
            let others = self
                .portraits
                .iter()
                .enumerate()
                .filter(|(i, other)| *i != left_out && other.color == color);
            (
                color,
                others.filter_map(|(_, other)| other.sample.as_ref()).collect(),
            )
        };
        let training: Vec<TrainingShade> = (0..self.colors.len())
            .map(of_color)
            .filter(|(_, photos)| !photos.is_empty())
            .collect();
        let ranked = scheme.train(&training).rank(sample);
        ranked
            .best
            .first()
            .is_some_and(|first| first.shade == self.portraits[left_out].color)
    }
}
