//! Ranks every shade of a library snapshot for a photo's signature.

use crate::ShadeModel;
use crate::nearness::{Near, closeness, rough_difference};
use crate::shade::SnapshotShade;
use crate::snapshot::LibrarySnapshot;
use strand_signature::Signature;

/// The evidence for a trained shade, in units of log-odds: per unit by which the cosine between the photo and the mean
/// of the shade's photos exceeds [`MIDDLE`], and per unit of the SVM's decision value. Both weigh more if the photo is
/// reliable and if the photos of a shade agree as they do in steady light, and less if the shade has only one or two
/// photos.
const PER_COSINE: f32 = 22.45;
const MIDDLE: f32 = 0.826;
const PER_DECISION: f32 = 0.112;
const POWER_OF_TRUST: f32 = 0.87;
const FEW: f32 = 0.351;
const PER_AGREEMENT: f32 = 5.77;
/// The evidence that the hair is of no shade in the library, which trained shades have to exceed. All seven values were
/// fitted by maximum likelihood, then scaled so that scores are right on average
/// (`models/shade-embedding/calibrate.py`).
const FOR_NONE: f32 = -5.11;
/// The evidence for a shade that is known only by its colors, relative to none, when other shades are trained. It
/// equals that of a likely shade if the colors are the same, and is zero at a Lab distance of 5. Chosen by hand.
const AT_NO_DIFFERENCE: f32 = 1.75;
const PER_BARE_DIFFERENCE: f32 = -0.35;
/// The evidence for a shade that was trained on this very photo. It outweighs the measurements, because the user has
/// named the shade.
const FOR_TAUGHT_PHOTO: f32 = 20.0;
/// Without trained shades, only this many of the most promising shades are compared color by color.
const CLOSE_LOOK: usize = 256;

/// The data that a match is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The shade's SVM and its reference photos.
    Model,
    /// Its reference photos only: the model is of another feature space and needs training.
    References,
    /// Its reference swatch only.
    Swatch,
}

/// The scores of one shade for one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The shade's id.
    pub shade_id: u64,
    /// The shade's name.
    pub name: String,
    /// The SVM's probability, 0 to 1; 0 if the match is not based on an SVM.
    pub svm_score: f32,
    /// CIEDE2000 to the closest reference, weighted by the shares of the colors. Lower is closer.
    pub difference: f32,
    /// The probability, 0 to 1, that the photo shows this shade, out of all shades in the library and none of them.
    /// Without trained shades, the closeness of color. Matches are sorted by it.
    pub combined: f32,
    /// The data that the scores are based on.
    pub basis: Basis,
    /// The id of the reference photo that is closest in color; `None` for a swatch.
    pub nearest_photo: Option<u64>,
    /// CIEDE2000 from each dominant color of the photo to the closest color of that reference or swatch.
    pub color_differences: Vec<f32>,
}

/// The score of one shade for several photos of one head.
#[derive(Debug, Clone, PartialEq)]
pub struct JointMatch {
    /// The shade's id.
    pub shade_id: u64,
    /// The shade's name.
    pub name: String,
    /// The probability, 0 to 1, that the head has this shade, out of all shades in the library and none of them. Without
    /// trained shades, the mean closeness of color.
    pub score: f32,
}

/// The result of matching a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The best matches, best first.
    pub matches: Vec<Match>,
    /// The probability, 0 to 1, that the hair is of no shade in the library; 0 if no shade is trained.
    pub none: f32,
    /// Whether the photo itself was taught to a shade.
    pub is_taught: bool,
}

impl Ranking {
    /// The ranking of a photo whose measurements are right with this probability only, 0 to 1, such as that of showing
    /// hair at all. The rest goes to none. A photo that was taught is known, whatever it shows.
    #[must_use]
    pub fn given(mut self, probability: f32) -> Self {
        if self.is_taught {
            return self;
        }
        for found in &mut self.matches {
            found.combined *= probability;
        }
        self.none = 1.0 - probability * (1.0 - self.none);
        self
    }
}

/// A photo to match.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The measurements of its hair.
    pub signature: &'a Signature,
    /// Its feature vector, in the snapshot's feature space.
    pub features: &'a [f32],
    /// SHA-256 of its bytes in hex, if known. A shade that was trained on this very photo ranks first.
    pub sha256: Option<&'a str>,
}

impl LibrarySnapshot {
    /// The best `count` matches for a photo.
    pub fn rank(&self, query: Query<'_>, count: usize) -> Ranking {
        let Query {
            signature, features, ..
        } = query;
        let mut scored = self.evidence_of_all(&[query]);
        let trained = self.is_trained();
        let odds = Odds::of(scored.iter().map(|(_, evidence)| *evidence));
        // Without trained shades the colors decide the ranking. Otherwise the evidence has.
        scored.truncate(if trained { count } else { CLOSE_LOOK.max(count) });
        let mut matches: Vec<Match> = scored
            .into_iter()
            .filter_map(|(shade, evidence)| {
                let near = Near::of(shade, &signature.colors)?;
                let model = self.current_model(shade);
                let combined = if trained {
                    odds.probability(evidence)
                } else {
                    closeness(near.difference)
                };
                Some(Match {
                    shade_id: shade.shade_id,
                    name: shade.name.clone(),
                    svm_score: model.map_or(0.0, |m| m.probability(features)),
                    difference: near.difference,
                    combined,
                    basis: match (model, near.photo) {
                        (Some(_), _) => Basis::Model,
                        (None, Some(_)) => Basis::References,
                        (None, None) => Basis::Swatch,
                    },
                    nearest_photo: near.photo,
                    color_differences: near.color_differences,
                })
            })
            .collect();
        matches.sort_by(|x, y| {
            y.combined
                .total_cmp(&x.combined)
                .then(x.difference.total_cmp(&y.difference))
                .then(x.shade_id.cmp(&y.shade_id))
        });
        matches.truncate(count);
        let models = self.shades.iter().filter_map(|shade| self.current_model(shade));
        Ranking {
            matches,
            is_taught: models.into_iter().any(|model| knows(model, query.sha256)),
            none: if trained { odds.probability(FOR_NONE) } else { 0.0 },
        }
    }

    /// Whether any shade has a model in this feature space.
    fn is_trained(&self) -> bool {
        self.shades
            .iter()
            .any(|shade| self.current_model(shade).is_some())
    }

    /// All shades with the evidence for each, in units of log-odds, most first.
    ///
    /// Photos of one head share its light and its styling, so they err together: the evidence of n photos weighs √n times as
    /// much as that of one, not n times.
    fn evidence_of_all(&self, queries: &[Query<'_>]) -> Vec<(&SnapshotShade, f32)> {
        let steadiness = (PER_AGREEMENT * self.agreement).exp();
        let share = 1.0 / (queries.len() as f32).sqrt();
        let of_shade = |shade| {
            let each = queries
                .iter()
                .map(|query| self.evidence(shade, *query, steadiness));
            (shade, share * each.sum::<f32>())
        };
        let mut scored: Vec<(&SnapshotShade, f32)> = self.shades.iter().map(of_shade).collect();
        scored.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.shade_id.cmp(&y.0.shade_id)));
        scored
    }

    /// The best `count` shades for photos of one head, and the probability that it is none. Nothing without photos.
    pub fn rank_together(&self, queries: &[Query<'_>], count: usize) -> (Vec<JointMatch>, f32) {
        if queries.is_empty() {
            return (Vec::new(), 0.0);
        }
        let trained = self.is_trained();
        let mut scored = self.evidence_of_all(queries);
        let mut none = 0.0;
        if trained {
            let odds = Odds::of(scored.iter().map(|(_, evidence)| *evidence));
            none = odds.probability(FOR_NONE);
            for (_, score) in &mut scored {
                *score = odds.probability(*score);
            }
        } else {
            for (shade, score) in &mut scored {
                let each = queries.iter().map(|query| {
                    Near::of(shade, &query.signature.colors).map_or(0.0, |near| closeness(near.difference))
                });
                *score = each.sum::<f32>() / queries.len() as f32;
            }
            scored.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.shade_id.cmp(&y.0.shade_id)));
        }
        scored.truncate(count);
        let matches = scored.into_iter().map(|(shade, score)| JointMatch {
            shade_id: shade.shade_id,
            name: shade.name.clone(),
            score,
        });
        (matches.collect(), none)
    }

    /// The evidence for a shade, in units of log-odds.
    fn evidence(&self, shade: &SnapshotShade, query: Query<'_>, steadiness: f32) -> f32 {
        let Query {
            signature,
            features,
            sha256,
        } = query;
        let Some(model) = self.current_model(shade) else {
            let difference = rough_difference(shade, signature.mean);
            return FOR_NONE + AT_NO_DIFFERENCE + PER_BARE_DIFFERENCE * difference;
        };
        let likeness = PER_COSINE * (model.similarity(features) - MIDDLE);
        if knows(model, sha256) {
            return FOR_TAUGHT_PHOTO + steadiness * likeness;
        }
        let trust = steadiness * signature.trust().powf(POWER_OF_TRUST);
        trust
            * by_photos(
                likeness + PER_DECISION * model.decision(features),
                model.references.len(),
            )
    }
}

/// The evidence for a shade of so many photos by the cosine alone, before the photo's reliability.
pub(crate) fn likeness(cosine: f32, photos: usize) -> f32 {
    by_photos(PER_COSINE * (cosine - MIDDLE), photos)
}

fn by_photos(evidence: f32, photos: usize) -> f32 {
    evidence * photos as f32 / (photos as f32 + FEW)
}

/// Whether the model was made from the photo with this digest.
fn knows(model: &ShadeModel, sha256: Option<&str>) -> bool {
    let mut digests = model
        .references
        .iter()
        .filter_map(|reference| reference.sha256.as_deref());
    sha256.is_some_and(|sha256| digests.any(|digest| digest == sha256))
}

/// Converts evidence to probabilities: the softmax over all shades and none.
struct Odds {
    most: f32,
    total: f32,
}

impl Odds {
    fn of(evidence: impl Iterator<Item = f32> + Clone) -> Self {
        let all = evidence.chain([FOR_NONE]);
        let most = all.clone().fold(f32::NEG_INFINITY, f32::max);
        Self {
            most,
            total: all.map(|e| (e - most).exp()).sum(),
        }
    }

    fn probability(&self, evidence: f32) -> f32 {
        (evidence - self.most).exp() / self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_hair_goes_to_none() {
        let found = |combined| Match {
            shade_id: 1,
            name: String::new(),
            svm_score: 0.0,
            difference: 0.0,
            combined,
            basis: Basis::Swatch,
            nearest_photo: None,
            color_differences: Vec::new(),
        };
        let sure = Ranking {
            matches: vec![found(0.7), found(0.1)],
            none: 0.2,
            is_taught: false,
        };
        let Ranking { matches, none, .. } = sure.clone().given(0.5);
        let all = [matches[0].combined, matches[1].combined, none];
        assert!(
            all.iter()
                .zip([0.35, 0.05, 0.6])
                .all(|(x, y)| (x - y).abs() < 1e-6),
            "{all:?}"
        );
        let same = sure.clone().given(1.0);
        assert!((same.none - sure.none).abs() < 1e-6 && same.matches == sure.matches);
    }
}
