//! Who is taught what and asked what.
//!
//! For `n` photos a shade, each shade's photos are cut into groups of `n + 1`. In turn each photo of a group is the
//! question and the other `n` are what its shade is taught from, for all shades at once: every photo is asked once, and
//! never of a library that has seen it.

use crate::gather::{Photos, Version};
use crate::metrics::Answer;
use crate::parallel;
use crate::scheme::{Scheme, Taught};
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

/// Answers of a library: to photos of its shades, and the top scores for photos of shades that it does not have.
#[derive(Default)]
pub struct Outcome {
    /// To photos of its shades.
    pub known: Vec<Answer>,
    /// Shade and top score of photos of other shades.
    pub strange: Vec<(usize, f32)>,
}

impl Trial<'_> {
    /// Teaches the shades `members` from `n` photos each and asks the remaining ones, at most `groups` groups of them;
    /// `strangers` are shades whose first photos are asked too.
    pub fn run(
        &self,
        scheme: &dyn Scheme,
        version: Version,
        members: &[usize],
        n: usize,
        groups: usize,
        strangers: &[usize],
    ) -> Outcome {
        let least = members
            .iter()
            .map(|shade| self.photos.of(version, *shade).len())
            .min();
        let groups = groups.min(least.unwrap_or(0) / (n + 1));
        let folds: Vec<(usize, usize)> = (0..groups)
            .flat_map(|group| (0..=n).map(move |left_out| (group * (n + 1), group * (n + 1) + left_out)))
            .collect();
        let outcomes = parallel::map(folds.len(), self.threads, |fold| {
            let (start, left_out) = folds[fold];
            let taught: Vec<Taught> = members
                .iter()
                .map(|shade| {
                    let photos = self.photos.of(version, *shade)[start..=start + n]
                        .iter()
                        .enumerate();
                    let kept = photos.filter(|(i, _)| start + i != left_out);
                    (*shade, kept.filter_map(|(_, photo)| photo.as_ref()).collect())
                })
                .filter(|(_, photos): &Taught| !photos.is_empty())
                .collect();
            let library = scheme.teach(&taught);
            let mut outcome = Outcome::default();
            for shade in members {
                outcome.known.push(self.ask(&*library, version, *shade, left_out));
            }
            for shade in strangers {
                let asked = self.photos.of(version, *shade);
                let photo = asked.get(left_out % asked.len().max(1)).and_then(Option::as_ref);
                if let Some(photo) = photo {
                    let best = library.rank(photo).first().map_or(0.0, |named| named.score);
                    outcome.strange.push((*shade, best));
                }
            }
            outcome
        });
        let mut whole = Outcome::default();
        for outcome in outcomes {
            whole.known.extend(outcome.known);
            whole.strange.extend(outcome.strange);
        }
        whole
    }

    fn ask(
        &self,
        library: &dyn crate::scheme::Library,
        version: Version,
        shade: usize,
        photo: usize,
    ) -> Answer {
        let ranked = self.photos.of(version, shade)[photo]
            .as_ref()
            .map(|photo| library.rank(photo))
            .unwrap_or_default();
        let first = ranked.first();
        Answer {
            shade,
            first: first.is_some_and(|named| named.shade == shade),
            among_three: ranked.iter().any(|named| named.shade == shade),
            difference: first.map_or(f32::INFINITY, |named| {
                self.shades[shade].difference(&self.shades[named.shade])
            }),
            score: first.map_or(0.0, |named| named.score),
        }
    }
}
