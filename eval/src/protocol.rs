//! Who is taught what and asked what.
//!
//! For `n` photos a shade, each shade's photos are cut into groups of `n + 1`. In turn each photo of a group is the
//! question and the other `n` are what its shade is taught from, for all shades at once: every photo is asked once, and
//! never of a library that has seen it.

use crate::gather::{Photos, Version};
use crate::metrics::{Answer, auroc};
use crate::parallel;
use crate::scheme::{Library, Named, Ranked, Scheme, Taught};
use crate::shades::Known;

/// A way to measure one library.
pub struct Trial<'a> {
    /// All shades.
    pub shades: &'a [Known],
    /// All photos.
    pub photos: &'a Photos,
    /// Threads to use.
    pub threads: usize,
}

/// Answers of a library: to photos of its shades, and how sure it is to have the shades that it does not have.
#[derive(Default)]
pub struct Outcome {
    /// To photos of its shades.
    pub known: Vec<Answer>,
    /// Shade of photos of other shades, and how sure the library is to have it.
    pub strange: Vec<(usize, f32)>,
}

/// Who is taught and asked.
#[derive(Clone, Copy)]
pub struct Class<'a> {
    /// The shades of the library.
    pub members: &'a [usize],
    /// Photos that each is taught from.
    pub photos: usize,
    /// At most so many groups of `photos + 1` are gone through.
    pub groups: usize,
    /// At most so many photos of each shade are asked.
    pub questions: usize,
    /// Shades that the library does not have; one photo of each is asked too.
    pub strangers: &'a [usize],
}

impl Trial<'_> {
    /// Teaches a class from photos of the version `taught` and asks those of the version `asked`.
    pub fn run(&self, scheme: &dyn Scheme, class: Class, taught: Version, asked: Version) -> Outcome {
        let photos = |shade: &usize| {
            self.photos
                .of(taught, *shade)
                .len()
                .min(self.photos.of(asked, *shade).len())
        };
        let (n, least) = (class.photos, class.members.iter().map(photos).min().unwrap_or(0));
        let folds = (class.groups.min(least / (n + 1)) * (n + 1)).min(class.questions);
        let outcomes = parallel::map(folds, self.threads, |left_out| {
            let start = left_out / (n + 1) * (n + 1);
            let lessons: Vec<Taught> = class
                .members
                .iter()
                .map(|shade| {
                    let group = self.photos.of(taught, *shade)[start..=start + n]
                        .iter()
                        .enumerate();
                    let kept = group.filter(|(i, _)| start + i != left_out);
                    (*shade, kept.filter_map(|(_, photo)| photo.as_ref()).collect())
                })
                .filter(|(_, photos): &Taught| !photos.is_empty())
                .collect();
            let library = scheme.teach(&lessons);
            let known = class.members.iter();
            let strange = class.strangers.iter().filter_map(|shade| {
                let photos = self.photos.of(asked, *shade);
                let photo = photos.get(left_out % photos.len().max(1))?.as_ref()?;
                Some((*shade, library.rank(photo).known))
            });
            Outcome {
                known: known
                    .map(|shade| self.ask(&*library, asked, *shade, left_out))
                    .collect(),
                strange: strange.collect(),
            }
        });
        let mut whole = Outcome::default();
        for outcome in outcomes {
            whole.join(outcome);
        }
        whole
    }

    fn ask(&self, library: &dyn Library, version: Version, shade: usize, photo: usize) -> Answer {
        let photo = self.photos.of(version, shade)[photo].as_ref();
        let Ranked { best, known } = photo.map(|photo| library.rank(photo)).unwrap_or_default();
        let first = best.first();
        let difference = |named: &Named| self.shades[shade].difference(&self.shades[named.shade]);
        Answer {
            shade,
            first: first.is_some_and(|named| named.shade == shade),
            among_three: best.iter().any(|named| named.shade == shade),
            difference: first.map_or(f32::INFINITY, difference),
            score: first.map_or(0.0, |named| named.score),
            known,
        }
    }
}

impl Outcome {
    /// Adds the answers of another.
    pub fn join(&mut self, other: Self) {
        self.known.extend(other.known);
        self.strange.extend(other.strange);
    }

    /// How often the library is surer to have the shade of a photo that it has than one that it has not, of those in `keep`.
    pub fn rejection(&self, keep: impl Fn(usize) -> bool) -> Option<f32> {
        let known: Vec<f32> = self.known.iter().map(|answer| answer.known).collect();
        let strange = self.strange.iter().filter(|(shade, _)| keep(*shade));
        let strange: Vec<f32> = strange.map(|(_, score)| *score).collect();
        (!strange.is_empty()).then(|| auroc(&known, &strange))
    }
}
