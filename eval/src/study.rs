//! What is measured, and the report of it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use strand::signature::DESCRIPTOR_ID;

use crate::gather::{Photos, Version};
use crate::metrics::{Answer, Figures, bins};
use crate::networks::Networks;
use crate::plot;
use crate::protocol::{Outcome, Split, Trial};
use crate::replaced::{self, Table, quoted};
use crate::scheme::{MeanColor, Scheme, Strand};
use crate::setting::{Kind, Light};
use crate::shades::KnownShade;

/// Shades of the core.
pub const CORE: usize = 47;
/// Training photos per shade, where nothing else is stated.
pub const PHOTOS: usize = 3;

/// What is measured in each table. The replaced scheme, which is quoted, follows as one more column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The product.
    Strand,
    /// The product on photos whose known light was removed: a ceiling.
    KnownLight,
    /// The nearest mean color.
    MeanColor,
}

impl Column {
    /// All, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Strand, Self::KnownLight, Self::MeanColor];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strand => "Strand",
            Self::KnownLight => "Strand, known light",
            Self::MeanColor => "nearest mean color",
        }
    }

    /// The scheme behind it.
    pub fn scheme(self) -> &'static dyn Scheme {
        match self {
            Self::Strand | Self::KnownLight => &Strand::Current,
            Self::MeanColor => &MeanColor,
        }
    }
}

/// A study of the photos at hand.
pub struct Study<'a> {
    /// All shades.
    pub shades: &'a [KnownShade],
    photos: &'a Photos,
    /// The kinds of photos at hand.
    pub kinds: Vec<Kind>,
    /// The report so far, in Markdown.
    report: String,
    /// Plots by file name.
    pub plots: Vec<(String, String)>,
    /// Rows of the table of targets.
    targets: Vec<String>,
}

impl<'a> Study<'a> {
    /// A study with an empty report.
    pub fn new(shades: &'a [KnownShade], photos: &'a Photos, kinds: Vec<Kind>) -> Self {
        Self {
            shades,
            photos,
            kinds,
            report: String::new(),
            plots: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Prints a line and adds it to the report.
    pub fn say(&mut self, line: &str) {
        println!("{line}");
        self.report.push_str(line);
        self.report.push('\n');
    }

    /// States what is measured, and what could not run.
    pub fn preface(&mut self, networks: &Networks) {
        self.say(&format!(
            "Parser {}, descriptor {DESCRIPTOR_ID}.",
            networks.parser_id()
        ));
        let quoted = quoted();
        self.say(&format!(
            "The figures of the replaced scheme are quoted from eval/replaced.toml: scikit-learn {}, hair found by {}, embedding of \
             {}. Its own ResNet50 is in no package registry; both were trained on ImageNet.",
            quoted.scikit_learn, quoted.parser, quoted.backbone
        ));
        if !self.kinds.contains(&Kind::Portrait) {
            self.say("NOT RUN: everything on portraits. Their folder has no index.json (--portraits).");
        }
        let (without, all) = self.photos.without_hair();
        self.say(&format!(
            "No hair was found in {without} of {all} photos. A test photo without hair counts as answered wrongly."
        ));
        self.distances(&[CORE, 118, 200, 1000]);
    }

    /// Writes the report and the plots.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.md"), &self.report)?;
        for (file, svg) in &self.plots {
            fs::write(folder.join(file), svg)?;
        }
        Ok(())
    }

    /// Trains and tests a scheme in one light.
    pub fn run_scheme(&self, scheme: &dyn Scheme, split: Split, kind: Kind, light: Light) -> Outcome {
        let version = Version {
            kind,
            light,
            corrected: false,
        };
        self.trial().run(scheme, split, version, version)
    }

    /// Trains and tests a column in one light.
    pub fn run(&self, column: Column, split: Split, kind: Kind, light: Light) -> Outcome {
        let version = Version {
            kind,
            light,
            corrected: column == Column::KnownLight,
        };
        self.trial().run(column.scheme(), split, version, version)
    }

    /// A trial of the photos at hand.
    pub fn trial(&self) -> Trial<'a> {
        Trial {
            shades: self.shades,
            photos: self.photos,
        }
    }

    /// The answers about photos of all kinds.
    pub fn pooled(&self, column: Column, split: Split, light: Light) -> Vec<Answer> {
        let of_kind = |kind: &Kind| self.run(column, split, *kind, light).known;
        self.kinds.iter().flat_map(of_kind).collect()
    }

    /// The name of the photos of all kinds at hand.
    pub fn all_photos(&self) -> &'static str {
        match self.kinds.as_slice() {
            [kind] => kind.name(),
            _ => "all",
        }
    }

    /// The table behind the targets: 47 shades, three photos each.
    pub fn core(&mut self) {
        let members: Vec<usize> = (0..CORE).collect();
        let unknown: Vec<usize> = (CORE..self.shades.len().min(118)).collect();
        let split = Split {
            members: &members,
            photos: PHOTOS,
            groups: usize::MAX,
            tests: usize::MAX,
            unknown: &unknown,
        };
        self.say(&format!("\n### {CORE} shades, {PHOTOS} photos each\n"));
        self.say(
            "| light | photos | | top-1 (95% interval) | top-3 | median ΔE | calibration error | rejection AUROC | test photos |",
        );
        self.say("|---|---|---|---|---:|---:|---:|---:|---:|");
        let mut reliability = Vec::new();
        let mut rejections: Vec<(Light, Outcome)> = Vec::new();
        for light in Light::ALL {
            let mut together: Vec<(Column, Outcome)> =
                Column::ALL.map(|column| (column, Outcome::default())).into();
            for kind in self.kinds.clone() {
                for (column, whole) in &mut together {
                    let outcome = self.run(*column, split, kind, light);
                    self.say(&row(light, kind.name(), column.name(), &outcome.figures()));
                    whole.join(outcome);
                }
                self.core_quoted(light, kind.name());
            }
            if self.kinds.len() > 1 {
                for (column, whole) in &together {
                    self.say(&row(light, "all", column.name(), &whole.figures()));
                }
                self.core_quoted(light, "all");
            }
            self.judge(light, &together);
            let strand = together.swap_remove(0).1;
            reliability.push((light.name().to_owned(), bins(&strand.known)));
            rejections.push((light, strand));
        }
        self.plots
            .push(("reliability.svg".to_owned(), plot::reliability(&reliability)));
        self.rejection(&rejections, &members);
    }

    fn core_quoted(&mut self, light: Light, photos: &str) {
        if let Some(figures) = quoted().figures(Table::Core, light, photos, PHOTOS) {
            self.say(&row(light, photos, replaced::NAME, &figures));
        }
    }

    fn judge(&mut self, light: Light, together: &[(Column, Outcome)]) {
        let of = |column: Column| {
            let found = together.iter().find(|(c, _)| *c == column);
            found.map(|(_, outcome)| outcome.figures())
        };
        let Some(strand) = of(Column::Strand) else { return };
        let replaced = quoted().figures(Table::Core, light, self.all_photos(), PHOTOS);
        let mut target = |what: &str, value: f32, bound: f32, higher: bool| {
            let met = if higher { value >= bound } else { value <= bound };
            let (relation, verdict) = (
                if higher { "at least" } else { "at most" },
                if met { "met" } else { "MISSED" },
            );
            self.targets.push(format!(
                "| {}, {what} | {value:.3} | {relation} {bound} | {verdict} |",
                light.name()
            ));
        };
        if light == Light::Everyday {
            target("top-1", strand.top_1, 0.8, true);
            target("top-3", strand.top_3, 0.95, true);
        } else if let Some(known) = of(Column::KnownLight) {
            target(
                "top-1 below the run with known light",
                known.top_1 - strand.top_1,
                0.1,
                false,
            );
        }
        if let Some(replaced) = replaced {
            let ahead = strand.top_1 - replaced.top_1;
            target("top-1 above the replaced scheme", ahead, 0.15, true);
        }
        target("calibration error", strand.calibration_error, 0.05, false);
        if let Some(rejection) = strand.rejection {
            target("rejection AUROC", rejection, 0.9, true);
        }
    }

    /// Compares the core's figures with the targets.
    pub fn targets(&mut self) {
        self.say("\n### Targets\n\n| 47 shades, 3 photos each, all photos | measured | target | |\n|---|---:|---:|---|");
        for line in std::mem::take(&mut self.targets) {
            self.say(&line);
        }
    }

    /// States how far apart the shades are.
    fn distances(&mut self, sizes: &[usize]) {
        let mut line =
            "CIEDE2000 to the nearest other shade, least and median, by the number of shades:".to_owned();
        for size in sizes.iter().filter(|size| **size <= self.shades.len()) {
            let members = &self.shades[..*size];
            let nearest = |i: usize| {
                let others = members.iter().enumerate().filter(|(j, _)| *j != i);
                others
                    .map(|(_, other)| members[i].difference(other))
                    .fold(f32::INFINITY, f32::min)
            };
            let mut all: Vec<f32> = (0..*size).map(nearest).collect();
            all.sort_unstable_by(f32::total_cmp);
            let _ = write!(line, " {size}: {:.1} and {:.1};", all[0], all[size / 2]);
        }
        self.say(&format!("{}.", line.trim_end_matches(';')));
    }
}

fn row(light: Light, photos: &str, name: &str, figures: &Figures) -> String {
    let rejection = figures
        .rejection
        .map_or_else(String::new, |area| format!("{area:.3}"));
    format!(
        "| {} | {photos} | {name} | {:.3} ({:.3} to {:.3}) | {:.3} | {:.1} | {:.3} | {rejection} | {} |",
        light.name(),
        figures.top_1,
        figures.low,
        figures.high,
        figures.top_3,
        figures.difference,
        figures.calibration_error,
        figures.tests
    )
}
