//! Cross-validation: which photos a library is trained on, and which ones test it.
//!
//! With `n` photos per shade, each shade's photos are cut into groups of `n + 1`. In turn, each photo of a group is the
//! test photo and the other `n` train its shade, for all shades at once. Every photo is tested once, and never by a library
//! that was trained on it.

use rayon::prelude::*;

use crate::gather::{Photos, Version};
use crate::metrics::{Answer, Figures, auroc, calibration_error, interval, median_difference, share};
use crate::scheme::{Library, Ranked, Scheme, Scored, TrainingShade};
use crate::shades::KnownShade;

/// The photos at hand.
pub struct Trial<'a> {
    /// All shades.
    pub shades: &'a [KnownShade],
    /// All photos.
    pub photos: &'a Photos,
}

/// The answers of a library.
#[derive(Default)]
pub struct Outcome {
    /// To test photos of its shades.
    pub known: Vec<Answer>,
    /// For photos of shades that it lacks: the shade, and the confidence that the library has it.
    pub unknown: Vec<(usize, f32)>,
}

/// Which shades and photos to train on and to test.
#[derive(Clone, Copy)]
pub struct Split<'a> {
    /// The shades of the library.
    pub members: &'a [usize],
    /// Training photos per shade.
    pub photos: usize,
    /// Upper limit on the groups of `photos + 1`.
    pub groups: usize,
    /// Upper limit on the test photos per shade.
    pub tests: usize,
    /// Shades that the library lacks. One photo of each is tested too.
    pub unknown: &'a [usize],
}

impl Trial<'_> {
    /// Trains on photos of the version `training` and tests those of the version `testing`.
    pub fn run(&self, scheme: &dyn Scheme, split: Split, training: Version, testing: Version) -> Outcome {
        let photos = |shade: &usize| {
            let (training, testing) = (self.photos.of(training, *shade), self.photos.of(testing, *shade));
            training.len().min(testing.len())
        };
        let (n, least) = (split.photos, split.members.iter().map(photos).min().unwrap_or(0));
        let folds = (split.groups.min(least / (n + 1)) * (n + 1)).min(split.tests);
        let fold = |left_out: usize| {
            let start = left_out / (n + 1) * (n + 1);
            let shades: Vec<TrainingShade> = split
                .members
                .iter()
                .map(|shade| {
                    let group = self.photos.of(training, *shade)[start..=start + n]
                        .iter()
                        .enumerate();
                    let kept = group.filter(|(i, _)| start + i != left_out);
                    (*shade, kept.filter_map(|(_, photo)| photo.as_ref()).collect())
                })
                .filter(|(_, photos): &TrainingShade| !photos.is_empty())
                .collect();
            let library = scheme.train(&shades);
            let known = split.members.iter();
            let unknown = split.unknown.iter().filter_map(|shade| {
                let photos = self.photos.of(testing, *shade);
                let photo = photos.get(left_out % photos.len().max(1))?.as_ref()?;
                Some((*shade, library.rank(photo).in_library))
            });
            Outcome {
                known: known
                    .map(|shade| self.test(&*library, testing, *shade, left_out))
                    .collect(),
                unknown: unknown.collect(),
            }
        };
        let outcomes: Vec<Outcome> = (0..folds).into_par_iter().map(fold).collect();
        let mut whole = Outcome::default();
        for outcome in outcomes {
            whole.join(outcome);
        }
        whole
    }

    fn test(&self, library: &dyn Library, version: Version, shade: usize, photo: usize) -> Answer {
        let photo = self.photos.of(version, shade)[photo].as_ref();
        let Ranked { best, in_library } = photo.map(|photo| library.rank(photo)).unwrap_or_default();
        let first = best.first();
        let difference = |first: &Scored| self.shades[shade].difference(&self.shades[first.shade]);
        Answer {
            shade,
            first: first.is_some_and(|first| first.shade == shade),
            among_three: best.iter().any(|scored| scored.shade == shade),
            difference: first.map_or(f32::INFINITY, difference),
            score: first.map_or(0.0, |first| first.score),
            in_library,
        }
    }
}

impl Outcome {
    /// Adds the answers of another outcome.
    pub fn join(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
    }

    /// How often the confidence is higher for a photo of a known shade than for one of an unknown shade that satisfies
    /// `keep`; `None` without such photos.
    pub fn rejection(&self, keep: impl Fn(usize) -> bool) -> Option<f32> {
        let known: Vec<f32> = self.known.iter().map(|answer| answer.in_library).collect();
        let unknown = self.unknown.iter().filter(|(shade, _)| keep(*shade));
        let unknown: Vec<f32> = unknown.map(|(_, score)| *score).collect();
        (!unknown.is_empty()).then(|| auroc(&known, &unknown))
    }

    /// The figures of the main tables.
    pub fn figures(&self) -> Figures {
        let answers = &self.known;
        let top = interval(answers, |answers| share(answers, |answer| answer.first));
        Figures {
            top_1: top.value,
            low: top.low,
            high: top.high,
            top_3: share(answers, |answer| answer.among_three),
            difference: median_difference(answers),
            calibration_error: calibration_error(answers),
            rejection: self.rejection(|_| true),
            tests: answers.len(),
        }
    }
}
