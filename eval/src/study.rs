//! What is measured, and the tables of it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use strand::signature::DESCRIPTOR_ID;

use crate::gather::{Photos, Version};
use crate::metrics::{Answer, bins, calibration_error, interval, median_difference, share};
use crate::plot;
use crate::protocol::{Class, Outcome, Trial};
use crate::replaced::Replaced;
use crate::scene::{Kind, Light};
use crate::scheme::{MeanColor, Scheme, Strand};
use crate::shades::Known;
use crate::vision::{BACKBONE, Eyes};

/// Shades of the core.
pub const CORE: usize = 47;
/// Photos that a shade is taught from where nothing else is said.
pub const PHOTOS: usize = 3;

/// The columns: what names the shade.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The product.
    Strand,
    /// The product on photos whose light was taken off again by one who knows it: the ceiling.
    Oracle,
    /// The nearest mean color.
    MeanColor,
    /// The scheme that Strand replaces.
    Replaced,
}

impl Column {
    /// As the tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strand => "Strand",
            Self::Oracle => "Strand, light known",
            Self::MeanColor => "nearest mean color",
            Self::Replaced => "replaced scheme",
        }
    }

    /// What names the shades.
    pub fn scheme(self) -> &'static dyn Scheme {
        match self {
            Self::Strand | Self::Oracle => &Strand,
            Self::MeanColor => &MeanColor,
            Self::Replaced => &Replaced,
        }
    }
}

/// A study of photos at hand.
pub struct Study<'a> {
    /// All shades.
    pub shades: &'a [Known],
    photos: &'a Photos,
    kinds: Vec<Kind>,
    /// What is compared, Strand first.
    pub columns: Vec<Column>,
    /// Threads to use.
    pub threads: usize,
    /// The report so far, Markdown.
    report: String,
    /// Plots by file name.
    pub plots: Vec<(String, String)>,
    /// What is said of each bar at the end.
    bars: Vec<String>,
}

impl<'a> Study<'a> {
    /// A study with an empty report.
    pub fn new(
        shades: &'a [Known],
        photos: &'a Photos,
        kinds: Vec<Kind>,
        columns: Vec<Column>,
        threads: usize,
    ) -> Self {
        Self {
            shades,
            photos,
            kinds,
            columns,
            threads,
            report: String::new(),
            plots: Vec::new(),
            bars: Vec::new(),
        }
    }

    /// Prints a line of the report and keeps it.
    pub fn say(&mut self, line: &str) {
        println!("{line}");
        self.report.push_str(line);
        self.report.push('\n');
    }

    /// What was measured with what; parts that cannot run are named.
    pub fn preface(&mut self, eyes: &Eyes) {
        self.say(&format!(
            "Parser {}, descriptor {DESCRIPTOR_ID}.",
            eyes.parser_id()
        ));
        match eyes.backbone_id() {
            Some(backbone) => self.say(&format!(
                "The replaced scheme has the embedding of {backbone}, trained on ImageNet as its ResNet50 was, whose weights are in no \
                 package registry."
            )),
            None => self.say(&format!("NOT RUN: the replaced scheme, for {BACKBONE} is not there (models/fetch-efficientnet-lite0).")),
        }
        if !self.kinds.contains(&Kind::Portrait) {
            self.say("NOT RUN: everything on portraits, for their folder has no index.json (--portraits).");
        }
        let (without, all) = self.photos.without_hair();
        self.say(&format!(
            "In {without} of {all} photos no hair was found; a question that shows none is answered wrongly."
        ));
        self.distances(&[CORE, 118, 200, 1000]);
    }

    /// Writes the report and the plots.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.md"), &self.report)?;
        for (file, svg) in &self.plots {
            fs::write(folder.join(file), svg)?;
        }
        Ok(())
    }

    /// Teaches a class by some scheme, in one light, and asks it.
    pub fn ask(&self, scheme: &dyn Scheme, class: Class, kind: Kind, light: Light) -> Vec<Answer> {
        let version = Version {
            kind,
            light,
            undone: false,
        };
        self.trial().run(scheme, class, version, version).known
    }

    /// Teaches a class and asks it in one light.
    pub fn run(&self, column: Column, class: Class, kind: Kind, light: Light) -> Outcome {
        let version = Version {
            kind,
            light,
            undone: column == Column::Oracle,
        };
        self.trial().run(column.scheme(), class, version, version)
    }

    /// A trial of the photos at hand.
    pub fn trial(&self) -> Trial<'a> {
        Trial {
            shades: self.shades,
            photos: self.photos,
            threads: self.threads,
        }
    }

    /// The answers of all kinds together.
    pub fn pooled(&self, column: Column, class: Class, light: Light) -> Vec<Answer> {
        let of_kind = |kind: &Kind| self.run(column, class, *kind, light).known;
        self.kinds.iter().flat_map(of_kind).collect()
    }

    /// The table that the bars are read from: 47 shades, three photos each.
    pub fn headline(&mut self) {
        let members: Vec<usize> = (0..CORE).collect();
        let strangers: Vec<usize> = (CORE..self.shades.len().min(118)).collect();
        let class = Class {
            members: &members,
            photos: PHOTOS,
            groups: usize::MAX,
            questions: usize::MAX,
            strangers: &strangers,
        };
        self.say(&format!("\n### {CORE} shades, {PHOTOS} photos each\n"));
        self.say("| light | photos | | top-1 (95 % interval) | top-3 | median ΔE | calibration error | rejection AUROC | questions |");
        self.say("|---|---|---|---|---:|---:|---:|---:|---:|");
        let mut reliability = Vec::new();
        let mut rejections: Vec<(Light, Outcome)> = Vec::new();
        for light in Light::ALL {
            let mut together: Vec<(Column, Outcome)> = self
                .columns
                .iter()
                .map(|column| (*column, Outcome::default()))
                .collect();
            for kind in self.kinds.clone() {
                for (column, whole) in &mut together {
                    let outcome = self.run(*column, class, kind, light);
                    self.say(&row(light, kind.name(), *column, &outcome));
                    whole.join(outcome);
                }
            }
            if self.kinds.len() > 1 {
                for (column, whole) in &together {
                    self.say(&row(light, "all", *column, whole));
                }
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

    fn judge(&mut self, light: Light, together: &[(Column, Outcome)]) {
        let of = |column: Column| {
            together
                .iter()
                .find(|(c, _)| *c == column)
                .map(|(_, outcome)| outcome)
        };
        let top = |outcome: &Outcome| share(&outcome.known, |answer| answer.first);
        let Some(strand) = of(Column::Strand) else { return };
        let mut bar = |what: &str, value: f32, least: f32, higher: bool| {
            let met = if higher { value >= least } else { value <= least };
            let (relation, verdict) = (
                if higher { "at least" } else { "at most" },
                if met { "met" } else { "MISSED" },
            );
            self.bars.push(format!(
                "| {}, {what} | {value:.3} | {relation} {least} | {verdict} |",
                light.name()
            ));
        };
        if light == Light::Everyday {
            bar("top-1", top(strand), 0.8, true);
            bar(
                "top-3",
                share(&strand.known, |answer| answer.among_three),
                0.95,
                true,
            );
        } else if let Some(oracle) = of(Column::Oracle) {
            bar("top-1 below the oracle", top(oracle) - top(strand), 0.1, false);
        }
        if let Some(replaced) = of(Column::Replaced) {
            bar(
                "top-1 above the replaced scheme",
                top(strand) - top(replaced),
                0.15,
                true,
            );
        }
        bar("calibration error", calibration_error(&strand.known), 0.05, false);
        if let Some(rejection) = strand.rejection(|_| true) {
            bar("rejection AUROC", rejection, 0.9, true);
        }
    }

    /// What the bars say of the pooled photos.
    pub fn bars(&mut self) {
        self.say("\n### Bars\n\n| 47 shades, 3 photos, all photos together | measured | bar | |\n|---|---:|---:|---|");
        for line in std::mem::take(&mut self.bars) {
            self.say(&line);
        }
    }

    /// How far apart the shades are.
    fn distances(&mut self, sizes: &[usize]) {
        let mut line =
            "Shades in a library of so many, CIEDE2000 to the nearest other, least and median:".to_owned();
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
        self.say(line.trim_end_matches(';'));
    }
}

fn row(light: Light, photos: &str, column: Column, outcome: &Outcome) -> String {
    let answers = &outcome.known;
    let top = interval(answers, |answers| share(answers, |answer| answer.first));
    let rejection = outcome
        .rejection(|_| true)
        .map_or_else(String::new, |area| format!("{area:.3}"));
    format!(
        "| {} | {photos} | {} | {:.3} ({:.3} to {:.3}) | {:.3} | {:.1} | {:.3} | {} | {} |",
        light.name(),
        column.name(),
        top.value,
        top.low,
        top.high,
        share(answers, |answer| answer.among_three),
        median_difference(answers),
        calibration_error(answers),
        rejection,
        answers.len()
    )
}
