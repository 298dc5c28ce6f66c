//! Several photos of one head: one answer for all of them.

use crate::Analysis;
use crate::matching::BEST_MATCHES;
use strand_learning::{JointMatch, LibrarySnapshot, Query};

/// The answer for several photos of one head.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// The places of the photos that it rests on: those in which hair was found.
    pub photos: Vec<usize>,
    /// The best matches, best first.
    pub matches: Vec<JointMatch>,
    /// The probability that the head has none of the shades.
    pub no_match: f32,
    /// The photos for which another shade comes first: their place, and the id of that shade.
    pub disagreeing: Vec<(usize, u64)>,
    /// What to do about them, one sentence each.
    pub warnings: Vec<String>,
}

impl Consensus {
    /// The answer for analyzed photos, each with its place; `None` without any.
    pub fn of(against: &LibrarySnapshot, photos: &[(usize, Analysis)]) -> Option<Self> {
        let vectors: Vec<Vec<f32>> = photos
            .iter()
            .map(|(_, analysis)| analysis.photo.measurement.vector().unwrap_or_default())
            .collect();
        let queries: Vec<Query> = photos
            .iter()
            .zip(&vectors)
            .filter_map(|((_, analysis), features)| {
                Some(Query {
                    signature: analysis.photo.measurement.signature.as_ref()?,
                    features,
                    sha256: Some(&analysis.photo.sha256),
                })
            })
            .collect();
        if queries.is_empty() {
            return None;
        }
        let (mut matches, none) = against.rank_together(&queries, BEST_MATCHES);
        let sum: f32 = photos
            .iter()
            .map(|(_, analysis)| analysis.photo.reliability)
            .sum();
        let reliability = sum / photos.len() as f32;
        for found in &mut matches {
            found.score *= reliability;
        }
        let (disagreeing, warnings) = disagreements(photos, &matches);
        Some(Self {
            photos: photos.iter().map(|(place, _)| *place).collect(),
            matches,
            no_match: 1.0 - reliability * (1.0 - none),
            disagreeing,
            warnings,
        })
    }
}

/// From so many stops, the light of two photos is very different: from daylight to a lamp, or as much darker.
const LIGHT_APART: f32 = 1.0;

/// How several photos of one call disagree, one sentence each: they may be of one head or not.
pub fn disagreement(photos: &[(usize, Analysis)]) -> Vec<String> {
    let analyses = || photos.iter().map(|(_, analysis)| analysis);
    let mut firsts = analyses().filter_map(|analysis| analysis.matches.first());
    let shade = firsts.next().map(|first| first.shade_id);
    let differs = firsts.any(|first| Some(first.shade_id) != shade);
    let lights: Vec<_> = analyses().map(|analysis| analysis.daylight).collect();
    let is_apart = lights
        .iter()
        .any(|one| lights.iter().any(|other| one.stops_apart(*other) > LIGHT_APART));
    let sentences = [
        (
            differs,
            "The photos disagree about the shade; if they show the same head, send them with together=true.",
        ),
        (
            is_apart,
            "The photos differ in their light; if they show the same head, take them again in one light.",
        ),
    ];
    let found = sentences.into_iter().filter(|(applies, _)| *applies);
    found.map(|(_, sentence)| sentence.to_owned()).collect()
}

/// The photos whose own first match is another shade, and a sentence for each.
fn disagreements(photos: &[(usize, Analysis)], matches: &[JointMatch]) -> (Vec<(usize, u64)>, Vec<String>) {
    let Some(first) = matches.first() else {
        return Default::default();
    };
    let others = photos.iter().filter_map(|(place, analysis)| {
        let own = analysis.matches.first()?;
        (own.shade_id != first.shade_id).then_some((*place, own))
    });
    let others: Vec<_> = others.collect();
    let sentences = others.iter().map(|(place, own)| {
        format!(
            "Photo {place} looks more like \"{}\" than \"{}\"; check that it shows the same head.",
            own.name, first.name
        )
    });
    let sentences = sentences.collect();
    (
        others.iter().map(|(place, own)| (*place, own.shade_id)).collect(),
        sentences,
    )
}
