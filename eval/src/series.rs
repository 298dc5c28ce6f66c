//! Tables and plots along a series: by photos per shade, by number of shades, and across kinds of photos.

use crate::gather::Version;
use crate::metrics::{Answer, calibration_error, median_difference, share};
use crate::plot;
use crate::protocol::Split;
use crate::replaced::{self, Table, quoted};
use crate::setting::{Kind, Light};
use crate::study::{CORE, Column, PHOTOS, Study};

/// From this size on, one test photo per shade is enough.
const LARGE: usize = 1000;

/// One row of a table.
struct Row<'a> {
    table: Table,
    light: Light,
    /// The kind of photos, as the tables name it.
    photos: &'a str,
    /// The position in the series; see [`Table`].
    step: usize,
}

impl Study<'_> {
    /// 47 shades, with one to ten photos each.
    pub fn by_photos(&mut self, counts: &[usize]) {
        let members: Vec<usize> = (0..CORE).collect();
        self.say(&format!("\n### {CORE} shades, by photos per shade\n"));
        self.begin_series("photos");
        let mut series = Vec::new();
        for light in Light::ALL {
            for photos in counts {
                let split = Split {
                    members: &members,
                    photos: *photos,
                    groups: usize::MAX,
                    tests: usize::MAX,
                    unknown: &[],
                };
                let answers = Column::ALL.map(|column| self.pooled(column, split, light));
                let row = Row {
                    table: Table::ByPhotos,
                    light,
                    photos: self.all_photos(),
                    step: *photos,
                };
                series.push(self.series_row(&row, &photos.to_string(), &answers));
            }
        }
        plot_series(
            self,
            "photos.svg",
            "Top-1 by photos",
            "photos per shade, 47 shades",
            counts,
            &series,
        );
    }

    /// Libraries of several sizes, with three photos per shade.
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
                let answers = Column::ALL.map(|column| {
                    let of_library = |members: &Vec<usize>| {
                        let split = Split {
                            members,
                            photos: PHOTOS,
                            groups: 1,
                            tests: if *size < LARGE { usize::MAX } else { 1 },
                            unknown: &[],
                        };
                        self.run(column, split, kind, light).known
                    };
                    libraries.iter().flat_map(of_library).collect()
                });
                let row = Row {
                    table: Table::ByShades,
                    light,
                    photos: kind.name(),
                    step: *size,
                };
                series.push(self.series_row(&row, &size.to_string(), &answers));
            }
        }
        let file = match kind {
            Kind::Drawn => "shades.svg",
            Kind::Portrait => "shades-portraits.svg",
        };
        plot_series(
            self,
            file,
            "Top-1 by number of shades",
            "shades in the library",
            sizes,
            &series,
        );
    }

    /// Trained on one kind of photos, tested with the other.
    pub fn across_kinds(&mut self) {
        let members: Vec<usize> = (0..CORE).collect();
        let split = Split {
            members: &members,
            photos: PHOTOS,
            groups: usize::MAX,
            tests: usize::MAX,
            unknown: &[],
        };
        self.say(&format!(
            "\n### {CORE} shades, {PHOTOS} photos each: trained on swatches and heads, tested with portraits\n"
        ));
        self.begin_series("");
        for light in Light::ALL {
            let answers = Column::ALL.map(|column| {
                let version = |kind: Kind| Version {
                    kind,
                    light,
                    corrected: column == Column::KnownLight,
                };
                let (training, testing) = (version(Kind::Drawn), version(Kind::Portrait));
                self.trial().run(column.scheme(), split, training, testing).known
            });
            let row = Row {
                table: Table::AcrossKinds,
                light,
                photos: "all",
                step: PHOTOS,
            };
            self.series_row(&row, "", &answers);
        }
    }

    fn begin_series(&mut self, what: &str) {
        self.say(&format!(
            "| light | {what} | {} | ahead of the better baseline | median ΔE | calibration error | test photos |",
            names().join(" | ")
        ));
        self.say(&format!(
            "|---|---:|{}---:|---:|---:|---:|",
            "---|".repeat(names().len())
        ));
    }

    /// Prints one row, with top-1 / top-3 by column. Returns the top-1 figures; NaN where there is none.
    fn series_row(&mut self, row: &Row, step: &str, answers: &[Vec<Answer>]) -> Vec<f32> {
        let measured = answers.iter().map(|answers| {
            let top_1 = share(answers, |answer| answer.first);
            let top_3 = share(answers, |answer| answer.among_three);
            (!answers.is_empty()).then_some((top_1, top_3))
        });
        let replaced = quoted().figures(row.table, row.light, row.photos, row.step);
        let replaced = replaced.map(|figures| (figures.top_1, figures.top_3));
        let figures: Vec<Option<(f32, f32)>> = measured.chain([replaced]).collect();
        let cells: Vec<String> = figures
            .iter()
            .map(|figures| {
                figures.map_or_else(String::new, |(top_1, top_3)| format!("{top_1:.2} / {top_3:.2}"))
            })
            .collect();
        let tops: Vec<f32> = figures
            .iter()
            .map(|figures| figures.map_or(f32::NAN, |(top_1, _)| top_1))
            .collect();
        // The baselines are the last two columns; `max` ignores NaN.
        let best = tops[tops.len() - 2..].iter().copied().fold(0.0, f32::max);
        let strand = &answers[0];
        self.say(&format!(
            "| {} | {step} | {} | {:+.0} points | {:.1} | {:.3} | {} |",
            row.light.name(),
            cells.join(" | "),
            100.0 * (tops[0] - best),
            median_difference(strand),
            calibration_error(strand),
            strand.len()
        ));
        tops
    }
}

/// The columns of these tables.
fn names() -> Vec<&'static str> {
    let measured = Column::ALL.iter().map(|column| column.name());
    measured.chain([replaced::NAME]).collect()
}

fn plot_series(
    study: &mut Study,
    file: &str,
    title: &str,
    across: &str,
    steps: &[usize],
    series: &[Vec<f32>],
) {
    let words: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let mut lines = Vec::new();
    for (index, light) in Light::ALL.into_iter().enumerate() {
        let rows = &series[index * steps.len()..(index + 1) * steps.len()];
        for (column, name) in names().into_iter().enumerate() {
            let values = rows.iter().map(|row| row[column]).collect();
            lines.push((format!("{name}, {}", light.name()), values));
        }
    }
    study
        .plots
        .push((file.to_owned(), plot::steps(title, across, &words, &lines)));
}
