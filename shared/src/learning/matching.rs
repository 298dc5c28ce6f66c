//! A photo's signature against every shade of the library.

use super::model::ShadeModel;
use crate::color::{Lab, ciede2000};
use crate::signature::{DominantColor, Signature, mean_color};
use serde::Serialize;

/// CIEDE2000 at which closeness falls to one half: photos of one shade under everyday light differ by up to about it.
const HALF_CLOSENESS: f32 = 8.0;
/// The SVM's part of the combined score, the rest is closeness of color. Both judge the same colors in their own
/// way: the SVM the whole distribution against the other shades, closeness the main colors against this shade alone.
const SVM_PART: f32 = 0.5;
/// Past this many shades only the most promising are compared color by color.
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
    /// 0 to 1; the order of matches.
    pub combined: f32,
    /// What the scores rest on.
    pub basis: Basis,
    /// The reference photo that is nearest in color.
    pub nearest_image: Option<u64>,
}

/// All shades of a library at one moment, ready to match against.
#[derive(Debug, Default)]
pub struct Shelf {
    space: String,
    candidates: Vec<Candidate>,
}

impl Shelf {
    /// Shades to match features of the feature space `space` against.
    pub fn new(space: impl Into<String>, candidates: Vec<Candidate>) -> Self {
        let takes_part = |c: &Candidate| c.swatch.is_some() || c.model.is_some();
        Self {
            space: space.into(),
            candidates: candidates.into_iter().filter(takes_part).collect(),
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

    /// The best `count` matches, best first. `features` is the photo's feature vector in the shelf's space.
    pub fn rank(&self, signature: &Signature, features: &[f32], count: usize) -> Vec<Match> {
        let mut scored: Vec<(&Candidate, Option<f32>)> = self
            .candidates
            .iter()
            .map(|c| (c, self.probability(c, features)))
            .collect();
        if scored.len() > CLOSE_LOOK {
            let promise = |(candidate, svm): &(&Candidate, Option<f32>)| {
                blend(*svm, closeness(rough_difference(candidate, signature.mean)))
            };
            scored.sort_by_cached_key(|row| std::cmp::Reverse(ordered(promise(row))));
            scored.truncate(CLOSE_LOOK.max(count));
        }
        let mut matches: Vec<Match> = scored
            .into_iter()
            .filter_map(|(candidate, svm)| score(candidate, svm, &signature.colors))
            .collect();
        matches.sort_by(|x, y| {
            y.combined
                .total_cmp(&x.combined)
                .then(x.difference.total_cmp(&y.difference))
                .then(x.color_id.cmp(&y.color_id))
        });
        matches.truncate(count);
        matches
    }

    fn probability(&self, candidate: &Candidate, features: &[f32]) -> Option<f32> {
        let model = candidate.model.as_ref().filter(|m| m.space == self.space)?;
        Some(model.probability(features))
    }
}

fn score(candidate: &Candidate, svm: Option<f32>, colors: &[DominantColor]) -> Option<Match> {
    let references = candidate.model.iter().flat_map(|m| &m.references);
    let nearest = references
        .map(|r| (color_difference(colors, &r.colors), r.image_id))
        .min_by(|x, y| x.0.total_cmp(&y.0));
    let (difference, nearest_image, basis) = match (nearest, &candidate.swatch) {
        (Some((difference, image)), _) => (
            difference,
            Some(image),
            if svm.is_some() {
                Basis::Model
            } else {
                Basis::References
            },
        ),
        (None, Some(swatch)) => (color_difference(colors, swatch), None, Basis::Swatch),
        (None, None) => return None,
    };
    Some(Match {
        color_id: candidate.color_id,
        name: candidate.name.clone(),
        svm_score: svm.unwrap_or(0.0),
        difference,
        combined: blend(svm, closeness(difference)),
        basis,
        nearest_image,
    })
}

fn blend(svm: Option<f32>, closeness: f32) -> f32 {
    svm.map_or(closeness, |p| SVM_PART * p + (1.0 - SVM_PART) * closeness)
}

/// 1 for the same color, one half at [`HALF_CLOSENESS`], falling towards 0.
fn closeness(difference: f32) -> f32 {
    1.0 / (1.0 + (difference / HALF_CLOSENESS).powi(2))
}

/// Euclidean Lab distance of the mean color to the nearest reference's mean: a cheap stand-in for CIEDE2000.
fn rough_difference(candidate: &Candidate, mean: Lab) -> f32 {
    let references = candidate
        .model
        .iter()
        .flat_map(|m| &m.references)
        .map(|r| &r.colors);
    references
        .chain(&candidate.swatch)
        .map(|colors| mean_color(colors))
        .map(|lab| ((lab.l - mean.l).powi(2) + (lab.a - mean.a).powi(2) + (lab.b - mean.b).powi(2)).sqrt())
        .fold(f32::INFINITY, f32::min)
}

/// A float as a key that sorts.
fn ordered(x: f32) -> i64 {
    (f64::from(x) * 1e12) as i64
}

/// CIEDE2000 between two sets of colors, each color by its share: the mass of one set is moved onto the other, nearest
/// pairs first, and the mean cost is what it took (a greedy earth mover's distance, exact where one side is one color).
pub fn color_difference(these: &[DominantColor], those: &[DominantColor]) -> f32 {
    let mut pairs = Vec::with_capacity(these.len() * those.len());
    for (i, x) in these.iter().enumerate() {
        pairs.extend(
            those
                .iter()
                .enumerate()
                .map(|(j, y)| (ciede2000(x.lab, y.lab), i, j)),
        );
    }
    pairs.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
    let mut left: Vec<f32> = these.iter().map(|c| c.share).collect();
    let mut room: Vec<f32> = those.iter().map(|c| c.share).collect();
    let (mut cost, mut moved) = (0.0, 0.0);
    for (difference, i, j) in pairs {
        let mass = left[i].min(room[j]);
        left[i] -= mass;
        room[j] -= mass;
        cost += difference * mass;
        moved += mass;
    }
    if moved > 0.0 { cost / moved } else { f32::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::{Reference, fit};

    const BROWN: Lab = Lab {
        l: 30.0,
        a: 9.0,
        b: 14.0,
    };
    const BLONDE: Lab = Lab {
        l: 72.0,
        a: 6.0,
        b: 28.0,
    };

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
            descriptor: vec![],
            coverage: 0.5,
            confidence: 0.9,
        }
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
    fn difference_of_sets() {
        let solid = colors(&[(BROWN, 1.0)]);
        let mixed = colors(&[(BROWN, 0.6), (BLONDE, 0.4)]);
        assert!(color_difference(&mixed, &mixed) < 1e-4);
        let expected = 0.4 * ciede2000(BROWN, BLONDE);
        assert!((color_difference(&solid, &mixed) - expected).abs() < 1e-3);
        assert!((color_difference(&mixed, &solid) - expected).abs() < 1e-3);
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
        let matches = shelf.rank(&signature(&[(BROWN, 1.0)]), &x, 9);
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
        assert!(by_id(1).combined > 0.8 && by_id(1).nearest_image == Some(3));
        assert!(by_id(2).combined < 0.4 && by_id(4).combined < 0.2);
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
            assert_eq!(shelf.rank(&signature(&[(lab(k), 1.0)]), &[], 3)[0].color_id, k);
        }
    }
}
