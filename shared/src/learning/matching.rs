//! A photo's signature against every shade of the library.

use super::model::ShadeModel;
use super::nearness::{Near, closeness, rough_difference};
use crate::color::Lab;
use crate::signature::{DominantColor, Signature};
use serde::Serialize;

/// How much speaks for a trained shade, in units of log-odds: so much per unit that the cosine between the photo and the
/// mean of the shade's photos lies above [`MIDDLE`], and per unit of the SVM's decision value. Both count for more where
/// the photo can be trusted and where the photos of a shade agree as they do in steady light, and for less where the shade
/// has but one photo or two.
const PER_COSINE: f32 = 22.45;
const MIDDLE: f32 = 0.826;
const PER_DECISION: f32 = 0.112;
const POWER_OF_TRUST: f32 = 0.87;
const FEW: f32 = 0.351;
const PER_AGREEMENT: f32 = 5.77;
/// How much speaks for the hair being of no shade of the library: what trained shades have to outweigh. All seven were
/// fitted by maximum likelihood, then scaled so that scores are right on average (`models/shade-embedding/calibrate.py`).
const FOR_NONE: f32 = -5.11;
/// The agreement of photos in a library that tells nothing of it, and for how many shades' worth of photos that counts.
const USUAL_AGREEMENT: f32 = 0.8;
const PRIOR_SHADES: f32 = 2.0;
/// How much more speaks for a shade known by its colors alone, beside trained ones, than for none: as much as for a
/// likely one where the colors are the same, nothing at a Lab distance of 5. Chosen by hand.
const AT_NO_DIFFERENCE: f32 = 1.75;
const PER_BARE_DIFFERENCE: f32 = -0.35;
/// How much more speaks for a shade that was taught this very photo: whatever it looks like, the user has said what it is.
const FOR_BEING_TOLD: f32 = 20.0;
/// Lab units and shares closer than this are the same figure.
const SAME: f32 = 1e-3;
/// Where nothing is trained, past this many shades only the most promising are compared color by color.
const CLOSE_LOOK: usize = 256;

/// What a match rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The shade's SVM and its reference photos.
    Model,
    /// Its reference photos alone: the model belongs to another feature space and waits for training.
    References,
    /// Its reference swatch alone.
    Swatch,
}

/// A shade to match against. One that has neither model nor swatch takes no part.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Id of the shade.
    pub color_id: u64,
    /// Its name.
    pub name: String,
    /// The reference swatch: one color, or the colors of a highlighted or rooted shade by share.
    pub swatch: Option<Vec<DominantColor>>,
    /// The trained model, of whatever feature space.
    pub model: Option<ShadeModel>,
}

/// One shade's scores for one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Id of the shade.
    pub color_id: u64,
    /// Its name.
    pub name: String,
    /// The SVM's probability, 0 to 1; 0 where the match rests on no SVM.
    pub svm_score: f32,
    /// CIEDE2000 to the nearest reference, by share of the colors; lower is nearer.
    pub difference: f32,
    /// Probability, 0 to 1, that it is this shade of all in the library, or none of them; without any trained shade,
    /// closeness of color. The order of matches.
    pub combined: f32,
    /// What the scores rest on.
    pub basis: Basis,
    /// The reference photo that is nearest in color.
    pub nearest_image: Option<u64>,
    /// CIEDE2000 of each dominant color of the photo to the nearest color of that reference, or of the swatch.
    pub color_differences: Vec<f32>,
}

/// What a library makes of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The best matches, best first.
    pub matches: Vec<Match>,
    /// Probability, 0 to 1, that the hair is of no shade of the library; 0 where no shade is trained.
    pub none: f32,
}

/// All shades of a library at one moment, ready to match against.
#[derive(Debug, Default)]
pub struct Shelf {
    space: String,
    candidates: Vec<Candidate>,
    /// The factor by which evidence counts for how well the photos of its shades agree.
    steadiness: f32,
}

impl Shelf {
    /// Shades to match features of the feature space `space` against.
    pub fn new(space: impl Into<String>, mut candidates: Vec<Candidate>) -> Self {
        let space = space.into();
        candidates.retain(|c| c.swatch.is_some() || c.model.is_some());
        let models = candidates.iter().filter_map(|c| c.model.as_ref());
        let agreements = models
            .filter(|m| m.space == space)
            .filter_map(ShadeModel::agreement);
        let (mut sum, mut count) = (PRIOR_SHADES * USUAL_AGREEMENT, PRIOR_SHADES);
        for agreement in agreements {
            (sum, count) = (sum + agreement, count + 1.0);
        }
        Self {
            space,
            candidates,
            steadiness: (PER_AGREEMENT * (sum / count - USUAL_AGREEMENT)).exp(),
        }
    }

    /// How many shades take part.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is nothing to match against.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Names of the shades whose model waits for training in this feature space.
    pub fn of_other_spaces(&self) -> impl Iterator<Item = &str> {
        let waits = |c: &&Candidate| c.model.as_ref().is_some_and(|m| m.space != self.space);
        self.candidates.iter().filter(waits).map(|c| c.name.as_str())
    }

    /// Ids of the trained shades, from the one with a photo whose mean color comes nearest to one of `colors`.
    pub fn trained_by_nearness(&self, colors: &[Lab]) -> Vec<u64> {
        let trained = self.candidates.iter().filter(|c| c.model.is_some());
        let nearest = |c| {
            let differences = colors.iter().map(|color| rough_difference(c, *color));
            differences.fold(f32::INFINITY, f32::min)
        };
        let mut ranked: Vec<(f32, u64)> = trained.map(|c| (nearest(c), c.color_id)).collect();
        ranked.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        ranked.into_iter().map(|(_, id)| id).collect()
    }

    /// The best `count` matches. `features` is the photo's feature vector in the shelf's space.
    pub fn rank(&self, signature: &Signature, features: &[f32], count: usize) -> Ranking {
        let trust = self.steadiness * signature.trust().powf(POWER_OF_TRUST);
        let mut scored: Vec<(&Candidate, f32)> = self
            .candidates
            .iter()
            .map(|c| (c, self.evidence(c, features, signature, trust)))
            .collect();
        scored.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.color_id.cmp(&y.0.color_id)));
        let trained = self.candidates.iter().any(|c| self.model(c).is_some());
        let odds = Odds::of(scored.iter().map(|(_, evidence)| *evidence));
        // Where nothing is trained the colors themselves decide, else the evidence has.
        scored.truncate(if trained { count } else { CLOSE_LOOK.max(count) });
        let mut matches: Vec<Match> = scored
            .into_iter()
            .filter_map(|(candidate, evidence)| {
                let near = Near::of(candidate, &signature.colors)?;
                let model = self.model(candidate);
                let combined = if trained {
                    odds.probability(evidence)
                } else {
                    closeness(near.difference)
                };
                Some(Match {
                    color_id: candidate.color_id,
                    name: candidate.name.clone(),
                    svm_score: model.map_or(0.0, |m| m.probability(features)),
                    difference: near.difference,
                    combined,
                    basis: match (model, near.image) {
                        (Some(_), _) => Basis::Model,
                        (None, Some(_)) => Basis::References,
                        (None, None) => Basis::Swatch,
                    },
                    nearest_image: near.image,
                    color_differences: near.color_differences,
                })
            })
            .collect();
        matches.sort_by(|x, y| {
            y.combined
                .total_cmp(&x.combined)
                .then(x.difference.total_cmp(&y.difference))
                .then(x.color_id.cmp(&y.color_id))
        });
        matches.truncate(count);
        Ranking {
            matches,
            none: if trained { odds.probability(FOR_NONE) } else { 0.0 },
        }
    }

    /// The candidate's model, where it is of this space.
    fn model<'a>(&self, candidate: &'a Candidate) -> Option<&'a ShadeModel> {
        candidate.model.as_ref().filter(|m| m.space == self.space)
    }

    /// What speaks for a shade, in units of log-odds.
    fn evidence(&self, candidate: &Candidate, features: &[f32], signature: &Signature, trust: f32) -> f32 {
        let Some(model) = self.model(candidate) else {
            let difference = rough_difference(candidate, signature.mean);
            return FOR_NONE + AT_NO_DIFFERENCE + PER_BARE_DIFFERENCE * difference;
        };
        if model
            .references
            .iter()
            .any(|r| same(&r.colors, &signature.colors))
        {
            return FOR_BEING_TOLD + self.steadiness * PER_COSINE * (model.likeness(features) - MIDDLE);
        }
        let photos = model.references.len() as f32;
        let evidence =
            PER_COSINE * (model.likeness(features) - MIDDLE) + PER_DECISION * model.decision(features);
        trust * evidence * photos / (photos + FEW)
    }
}

/// Whether two photos have the same dominant colors to the last digit, as only the same pixels have.
fn same(these: &[DominantColor], those: &[DominantColor]) -> bool {
    let figures = |c: &DominantColor| [c.lab.l, c.lab.a, c.lab.b, c.share];
    let alike = |(x, y): (&DominantColor, &DominantColor)| {
        let mut pairs = figures(x).into_iter().zip(figures(y));
        pairs.all(|(x, y)| (x - y).abs() < SAME)
    };
    these.len() == those.len() && these.iter().zip(those).all(alike)
}

/// Evidence to probabilities: the softmax over all shades and none.
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
    use crate::color::samples::{BLONDE, BROWN};
    use crate::learning::{Reference, fit};
    use crate::signature::mean_color;

    fn colors(shares: &[(Lab, f32)]) -> Vec<DominantColor> {
        shares
            .iter()
            .map(|(lab, share)| DominantColor {
                lab: *lab,
                share: *share,
            })
            .collect()
    }

    fn signature(shares: &[(Lab, f32)]) -> Signature {
        let colors = colors(shares);
        let mean = mean_color(&colors);
        Signature {
            colors,
            mean,
            descriptor: vec![1.0],
            coverage: 0.5,
            confidence: 0.9,
        }
    }

    /// Brown hair, of which no shade was taught this very photo.
    fn another_brown() -> Signature {
        let lab = Lab {
            l: BROWN.l + 0.05,
            ..BROWN
        };
        signature(&[(lab, 1.0)])
    }

    fn model(space: &str, own: &[f32], other: &[f32], lab: Lab) -> ShadeModel {
        let fitted = fit(&[own], &[other]).unwrap();
        fitted.into_model(
            space,
            vec![Reference {
                image_id: 3,
                colors: colors(&[(lab, 1.0)]),
            }],
        )
    }

    #[test]
    fn ranks_by_model_references_and_swatch() {
        let (x, y) = ([1.0, 0.0], [0.0, 1.0]);
        let candidate = |color_id, swatch, model| Candidate {
            color_id,
            name: format!("#{color_id}"),
            swatch,
            model,
        };
        let shelf = Shelf::new(
            "here",
            vec![
                candidate(1, None, Some(model("here", &x, &y, BROWN))),
                candidate(2, None, Some(model("here", &y, &x, BLONDE))),
                candidate(3, None, Some(model("elsewhere", &x, &y, BROWN))),
                candidate(4, Some(colors(&[(BLONDE, 1.0)])), None),
                candidate(5, None, None),
            ],
        );
        assert_eq!(shelf.len(), 4);
        assert_eq!(shelf.of_other_spaces().collect::<Vec<_>>(), ["#3"]);
        let Ranking { matches, none } = shelf.rank(&another_brown(), &x, 9);
        assert!(
            matches
                .windows(2)
                .all(|pair| pair[0].combined >= pair[1].combined)
        );
        let by_id = |id| matches.iter().find(|m| m.color_id == id).unwrap();
        assert_eq!(
            (by_id(1).basis, by_id(3).basis, by_id(4).basis),
            (Basis::Model, Basis::References, Basis::Swatch)
        );
        assert!(by_id(1).combined > 0.6 && by_id(1).nearest_image == Some(3));
        assert!(by_id(2).combined < 0.01 && by_id(4).combined < 0.01);
        assert!(by_id(1).color_differences[0] < 0.1 && by_id(4).color_differences[0] > 20.0);
        let total: f32 = none + matches.iter().map(|m| m.combined).sum::<f32>();
        assert!((total - 1.0).abs() < 1e-4, "{total}");
    }

    #[test]
    fn hair_unlike_every_shade_is_most_likely_of_none() {
        let (x, y, far) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
        let candidate = |color_id, own: &[f32], other: &[f32], lab| Candidate {
            color_id,
            name: format!("#{color_id}"),
            swatch: None,
            model: Some(model("here", own, other, lab)),
        };
        let shelf = Shelf::new(
            "here",
            vec![candidate(1, &x, &y, BROWN), candidate(2, &y, &x, BLONDE)],
        );
        let unlike = shelf.rank(&another_brown(), &far, 2);
        let like = shelf.rank(&another_brown(), &x, 2);
        assert!(unlike.none > 0.9 && like.none < 0.1, "{unlike:?} {like:?}");
    }

    #[test]
    fn photos_that_agree_make_the_library_surer() {
        let (x, y) = ([1.0_f32, 0.0, 0.0], [0.0, 1.0, 0.0]);
        let photos = |turn: f32| [[turn.cos(), 0.0, turn.sin()], [turn.cos(), 0.0, -turn.sin()]];
        let score = |turn: f32| {
            let own = photos(turn);
            let reference = |image_id| Reference {
                image_id,
                colors: colors(&[(BROWN, 1.0)]),
            };
            let fitted = fit(&[&own[0], &own[1]], &[&y]).unwrap();
            let taught = fitted.into_model("here", vec![reference(1), reference(2)]);
            let agreement = taught.agreement().unwrap();
            assert!((agreement - (2.0 * turn).cos()).abs() < 1e-3, "{agreement}");
            let candidate = Candidate {
                color_id: 1,
                name: "#1".to_owned(),
                swatch: None,
                model: Some(taught),
            };
            let other = Candidate {
                color_id: 2,
                name: "#2".to_owned(),
                swatch: None,
                model: Some(model("here", &y, &x, BLONDE)),
            };
            let shelf = Shelf::new("here", vec![candidate, other]);
            shelf.rank(&another_brown(), &x, 1).matches[0].combined
        };
        assert!(score(0.1) > score(0.6), "{} {}", score(0.1), score(0.6));
    }

    #[test]
    fn a_photo_that_was_taught_is_of_the_shade_that_it_was_taught_as() {
        let (x, y) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        let seen = signature(&[(BROWN, 0.7), (BLONDE, 0.3)]);
        let reference = |image_id, colors: &[DominantColor]| Reference {
            image_id,
            colors: colors.to_vec(),
        };
        let candidate = |color_id, own: &[&[f32]], other: &[f32], references| Candidate {
            color_id,
            name: format!("#{color_id}"),
            swatch: None,
            model: Some(fit(own, &[other]).unwrap().into_model("here", references)),
        };
        let brown = || candidate(1, &[&x], &y, vec![reference(1, &colors(&[(BROWN, 1.0)]))]);
        // The second shade's own photos point elsewhere; one was taught that looks like the first.
        let blonde = |taught: &[DominantColor]| {
            let references = [&colors(&[(BLONDE, 1.0)]), &colors(&[(BLONDE, 1.0)]), taught];
            let references = (2..).zip(references).map(|(id, colors)| reference(id, colors));
            candidate(2, &[&y, &y, &x], &x, references.collect())
        };
        let first = |taught: &[DominantColor]| {
            let shelf = Shelf::new("here", vec![brown(), blonde(taught)]);
            let best = shelf.rank(&seen, &x, 2).matches.swap_remove(0);
            (best.color_id, best.combined)
        };
        let mut other = seen.colors.clone();
        other[0].lab.l += 0.1;
        assert_eq!(first(&other).0, 1);
        let (color_id, score) = first(&seen.colors);
        assert!(color_id == 2 && score > 0.99, "{color_id} {score}");
    }

    #[test]
    fn the_right_one_among_thousands_is_not_lost() {
        let lab = |k: u64| Lab {
            l: 5.0 + (k % 90) as f32,
            a: (k / 90 % 8) as f32 * 5.0,
            b: (k / 720) as f32 * 6.0,
        };
        let shades = (0..5_000_u64).map(|k| Candidate {
            color_id: k,
            name: k.to_string(),
            swatch: Some(colors(&[(lab(k), 1.0)])),
            model: None,
        });
        let shelf = Shelf::new("here", shades.collect());
        for k in [0_u64, 1_234, 4_999] {
            assert_eq!(
                shelf.rank(&signature(&[(lab(k), 1.0)]), &[], 3).matches[0].color_id,
                k
            );
        }
    }
}
