//! Tables along a series: by photos, by shades, taught from one kind of photos and asked with the other.

use crate::gather::Version;
use crate::metrics::{Answer, calibration_error, median_difference, share};
use crate::plot;
use crate::protocol::Class;
use crate::scene::{Kind, Light};
use crate::study::{CORE, Column, PHOTOS, Study};

/// A library of so many shades is large.
const MANY: usize = 1000;

impl Study<'_> {
    /// 47 shades from one to ten photos.
    pub fn by_photos(&mut self, counts: &[usize]) {
        let members: Vec<usize> = (0..CORE).collect();
        self.say(&format!("\n### {CORE} shades, by photos of each\n"));
        self.begin_series("photos");
        let mut series = Vec::new();
        for light in Light::ALL {
            for photos in counts {
                let class = Class {
                    members: &members,
                    photos: *photos,
                    groups: usize::MAX,
                    questions: usize::MAX,
                    strangers: &[],
                };
                let answers: Vec<Vec<Answer>> = self
                    .columns
                    .clone()
                    .iter()
                    .map(|column| self.pooled(*column, class, light))
                    .collect();
                series.push(self.series_row(light, &photos.to_string(), &answers));
            }
        }
        self.plot_series(
            "photos.svg",
            "Top-1 by photos",
            "photos of each of 47 shades",
            counts,
            &series,
        );
    }

    /// Libraries of several sizes, three photos of each shade.
    pub fn by_shades(&mut self, kind: Kind, sizes: &[usize]) {
        self.say(&format!(
            "\n### {PHOTOS} photos each, by number of shades: {}\n",
            kind.name()
        ));
        self.begin_series("shades");
        let mut series = Vec::new();
        for light in Light::ALL {
            for size in sizes {
                let all = (*size).max(118);
                let libraries: Vec<Vec<usize>> = (0..all / size)
                    .map(|k| (k * size..(k + 1) * size).collect())
                    .collect();
                let answers: Vec<Vec<Answer>> = self
                    .columns
                    .iter()
                    .map(|column| {
                        let of_library = |members: &Vec<usize>| {
                            let class = Class {
                                members,
                                photos: PHOTOS,
                                groups: 1,
                                // A large library is asked enough by one photo of each shade.
                                questions: if *size < MANY { usize::MAX } else { 1 },
                                strangers: &[],
                            };
                            self.run(*column, class, kind, light).known
                        };
                        libraries.iter().flat_map(of_library).collect()
                    })
                    .collect();
                series.push(self.series_row(light, &size.to_string(), &answers));
            }
        }
        let file = match kind {
            Kind::Drawn => "shades.svg",
            Kind::Portrait => "shades-portraits.svg",
        };
        self.plot_series(
            file,
            "Top-1 by number of shades",
            "shades in the library",
            sizes,
            &series,
        );
    }

    /// Taught from one kind of photos, asked with the other.
    pub fn across_kinds(&mut self) {
        let members: Vec<usize> = (0..CORE).collect();
        let class = Class {
            members: &members,
            photos: PHOTOS,
            groups: usize::MAX,
            questions: usize::MAX,
            strangers: &[],
        };
        self.say(&format!("\n### {CORE} shades, {PHOTOS} photos each: taught from swatches and heads, asked with portraits\n"));
        self.begin_series("");
        for light in Light::ALL {
            let answers: Vec<Vec<Answer>> = self
                .columns
                .iter()
                .map(|column| {
                    let version = |kind: Kind| Version {
                        kind,
                        light,
                        undone: *column == Column::Oracle,
                    };
                    let (taught, asked) = (version(Kind::Drawn), version(Kind::Portrait));
                    self.trial().run(column.scheme(), class, taught, asked).known
                })
                .collect();
            self.series_row(light, "", &answers);
        }
    }

    fn begin_series(&mut self, what: &str) {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        self.say(&format!(
            "| light | {what} | {} | ahead of the better baseline | median ΔE | calibration error | questions |",
            names.join(" | ")
        ));
        self.say(&format!(
            "|---|---:|{}---:|---:|---:|---:|",
            "---|".repeat(names.len())
        ));
    }

    /// One row of top-1 / top-3 by column; returns the top-1 figures.
    fn series_row(&mut self, light: Light, what: &str, answers: &[Vec<Answer>]) -> Vec<f32> {
        let tops: Vec<f32> = answers
            .iter()
            .map(|answers| {
                if answers.is_empty() {
                    f32::NAN
                } else {
                    share(answers, |answer| answer.first)
                }
            })
            .collect();
        let cells: Vec<String> = answers
            .iter()
            .zip(&tops)
            .map(|(answers, top)| {
                if answers.is_empty() {
                    String::new()
                } else {
                    format!("{top:.2} / {:.2}", share(answers, |answer| answer.among_three))
                }
            })
            .collect();
        let baselines = self
            .columns
            .iter()
            .zip(&tops)
            .filter(|(c, _)| matches!(c, Column::MeanColor | Column::Replaced));
        let best = baselines.map(|(_, top)| *top).fold(0.0, f32::max);
        let strand = &answers[0];
        self.say(&format!(
            "| {} | {what} | {} | {:+.0} points | {:.1} | {:.3} | {} |",
            light.name(),
            cells.join(" | "),
            100.0 * (tops[0] - best),
            median_difference(strand),
            calibration_error(strand),
            strand.len()
        ));
        tops
    }

    fn plot_series(&mut self, file: &str, title: &str, across: &str, steps: &[usize], series: &[Vec<f32>]) {
        let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let mut lines = Vec::new();
        for (index, light) in Light::ALL.into_iter().enumerate() {
            let rows = &series[index * steps.len()..(index + 1) * steps.len()];
            for (column, of) in self.columns.iter().enumerate() {
                let values = rows.iter().map(|row| row[column]).collect();
                lines.push((format!("{}, {}", of.name(), light.name()), values));
            }
        }
        self.plots
            .push((file.to_owned(), plot::steps(title, across, &names, &lines)));
    }
}
