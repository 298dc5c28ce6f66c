//! The schemes that are compared: Strand itself, variants of how it uses its SVMs, and the nearest mean color.

use rayon::prelude::*;
use strand::color::{Lab, ciede2000};
use strand::learning::{
    Fit, Fitted, HardNegatives, LibrarySnapshot, ModelKind, Query, Reference, SnapshotShade,
};
use strand::signature::{Signature, dot, mean_vector};
use strand::training::LinearSvm;

use crate::sample::Sample;

/// The number of matches that are looked at.
pub const TOP: usize = 3;
/// The feature space of the benchmark's vectors. All of them have the same, so any name will do.
const SPACE: &str = "eval";

/// A shade and the photos to train it on.
pub type TrainingShade<'a> = (usize, Vec<&'a Sample>);

/// A shade and its score for one photo.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// The shade.
    pub shade: usize,
    /// The score, 0 to 1.
    pub score: f32,
}

/// The answer to one photo.
#[derive(Default)]
pub struct Ranked {
    /// The best [`TOP`] shades, best first.
    pub best: Vec<Scored>,
    /// The confidence that the library has the shade. Only the order of these values counts.
    pub in_library: f32,
}

/// A library of trained shades.
pub trait Library: Sync {
    /// Ranks the shades for a photo.
    fn rank(&self, photo: &Sample) -> Ranked;
}

/// A way to tell shades apart.
pub trait Scheme: Sync {
    /// Trains shades on their photos. Each shade has at least one.
    fn train(&self, shades: &[TrainingShade]) -> Box<dyn Library>;
}

/// Which SVMs a library has. All variants make the calls that `library` makes when it trains and matches.
#[derive(Clone, Copy, Debug)]
pub enum Strand {
    /// Every shade's SVM is fitted to all shades, as if each shade had been trained again at the end.
    Current,
    /// Shades are trained in order, each against the shades before it. Each training then fits again as many of the earlier
    /// shades as given, those most like the new one. The first shade, which had no others, is always fitted again.
    InOrder { neighbors: usize },
    /// Like [`Self::Current`], but against the photos of all other shades instead of the hardest ones.
    AgainstAll,
    /// The SVM's decision value is always 0, so that it has no part in the evidence.
    WithoutSvm,
}

impl Scheme for Strand {
    fn train(&self, shades: &[TrainingShade]) -> Box<dyn Library> {
        Box::new(self.library(shades))
    }
}

impl Strand {
    /// A library of these shades.
    pub fn library(self, shades: &[TrainingShade]) -> LibrarySnapshot {
        let fitted: Vec<Fitted> = match self {
            Self::Current => each(shades.len(), |k| against(shades, k).0),
            Self::InOrder { neighbors } => in_order(shades, neighbors),
            Self::AgainstAll => each(shades.len(), |k| against_all(shades, k)),
            Self::WithoutSvm => shades.iter().map(|(_, photos)| without_svm(photos)).collect(),
        };
        let trained = shades.iter().zip(fitted).map(|((shade, photos), fitted)| {
            let references = photos.iter().zip(0..).map(|(photo, photo_id)| Reference {
                photo_id,
                sha256: None,
                colors: photo.signature.colors.clone(),
                vector: photo.features.clone(),
            });
            SnapshotShade {
                shade_id: *shade as u64,
                name: shade.to_string(),
                swatch: None,
                model: Some(fitted.into_model(SPACE, references.collect())),
            }
        });
        LibrarySnapshot::new("eval", SPACE, trained.collect())
    }
}

fn each(count: usize, fit: impl Fn(usize) -> Fitted + Sync + Send) -> Vec<Fitted> {
    (0..count).into_par_iter().map(fit).collect()
}

fn views<'a>(photos: &[&'a Sample]) -> Vec<&'a [f32]> {
    photos.iter().map(|photo| photo.features.as_slice()).collect()
}

/// Fits the shade at `own` against the hardest photos of the others. Also returns how like it each other shade is.
fn against(shades: &[TrainingShade], own: usize) -> (Fitted, Vec<(usize, f32)>) {
    let vectors = views(&shades[own].1);
    let mut negatives = HardNegatives::new(&vectors).expect("every shade has a photo");
    let mut likeness = Vec::new();
    for (other, (_, photos)) in shades.iter().enumerate().filter(|(other, _)| *other != own) {
        let of_photos = photos.iter().map(|photo| negatives.offer(photo.features.clone()));
        likeness.extend(of_photos.reduce(f32::max).map(|most| (other, most)));
    }
    let fitted = LinearSvm
        .fit(&vectors, &negatives.chosen())
        .expect("the SVM converges");
    (fitted, likeness)
}

fn against_all(shades: &[TrainingShade], own: usize) -> Fitted {
    let others = shades.iter().enumerate().filter(|(other, _)| *other != own);
    let others: Vec<&[f32]> = others.flat_map(|(_, (_, photos))| views(photos)).collect();
    LinearSvm
        .fit(&views(&shades[own].1), &others)
        .expect("the SVM converges")
}

fn in_order(shades: &[TrainingShade], neighbors: usize) -> Vec<Fitted> {
    let mut models: Vec<Fitted> = Vec::new();
    for new in 0..shades.len() {
        let (fitted, mut likeness) = against(&shades[..=new], new);
        models.push(fitted);
        likeness.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        for (rank, (other, _)) in likeness.into_iter().enumerate() {
            if rank < neighbors || models[other].kind == ModelKind::Similarity {
                models[other] = against(&shades[..=new], other).0;
            }
        }
    }
    models
}

/// The prototype of a shade with a decision value of 0 for every photo.
fn without_svm(photos: &[&Sample]) -> Fitted {
    let mut fitted = LinearSvm
        .fit(&views(photos), &[])
        .expect("every shade has a photo");
    fitted.weights.fill(0.0);
    fitted.bias = 0.0;
    fitted
}

/// No test photo was trained on, so none needs a digest.
pub fn query<'a>(signature: &'a Signature, features: &'a [f32]) -> Query<'a> {
    Query {
        signature,
        features,
        sha256: None,
    }
}

impl Library for LibrarySnapshot {
    fn rank(&self, photo: &Sample) -> Ranked {
        let ranking = self.rank(query(&photo.signature, &photo.features), TOP);
        let scored = ranking.matches.iter().map(|found| Scored {
            shade: found.shade_id as usize,
            score: found.combined,
        });
        Ranked {
            best: scored.collect(),
            in_library: 1.0 - ranking.none,
        }
    }
}

/// CIEDE2000 between the mean color of the hair and the mean over each shade's photos.
pub struct MeanColor;

impl Scheme for MeanColor {
    fn train(&self, shades: &[TrainingShade]) -> Box<dyn Library> {
        let means = shades.iter().map(|(shade, photos)| {
            let part = |of: fn(&Lab) -> f32| {
                photos.iter().map(|photo| of(&photo.mean)).sum::<f32>() / photos.len() as f32
            };
            let mean = Lab {
                l: part(|lab| lab.l),
                a: part(|lab| lab.a),
                b: part(|lab| lab.b),
            };
            (*shade, mean)
        });
        Box::new(Means(means.collect()))
    }
}

struct Means(Vec<(usize, Lab)>);

impl Library for Means {
    fn rank(&self, photo: &Sample) -> Ranked {
        let scored = self.0.iter().map(|(shade, mean)| Scored {
            shade: *shade,
            score: 1.0 / (1.0 + ciede2000(photo.mean, *mean) / 10.0),
        });
        nearest(scored.collect())
    }
}

/// The cosine between the square root of the histogram of the hair's colors and the mean over each shade's photos. That is
/// the Bhattacharyya coefficient (Jebara, Kondor, Howard, JMLR 2004) if a shade has one photo.
pub struct Histogram;

impl Scheme for Histogram {
    fn train(&self, shades: &[TrainingShade]) -> Box<dyn Library> {
        let means = shades.iter().map(|(shade, photos)| {
            let histograms: Vec<&[f32]> = photos.iter().map(|photo| photo.histogram.as_slice()).collect();
            let mean = mean_vector(&histograms).expect("every shade has a photo");
            (*shade, mean)
        });
        Box::new(Histograms(means.collect()))
    }
}

struct Histograms(Vec<(usize, Vec<f32>)>);

impl Library for Histograms {
    fn rank(&self, photo: &Sample) -> Ranked {
        let scored = self.0.iter().map(|(shade, mean)| Scored {
            shade: *shade,
            score: dot(mean, &photo.histogram) / dot(mean, mean).sqrt().max(f32::EPSILON),
        });
        nearest(scored.collect())
    }
}

/// The best [`TOP`] shades of a baseline. The score of the first one is all there is to reject by.
fn nearest(mut scored: Vec<Scored>) -> Ranked {
    scored.sort_by(|x, y| y.score.total_cmp(&x.score).then(x.shade.cmp(&y.shade)));
    scored.truncate(TOP);
    Ranked {
        in_library: scored.first().map_or(0.0, |first| first.score),
        best: scored,
    }
}

#[cfg(test)]
mod tests {
    use strand::color::describe;
    use strand::signature::{DESCRIPTOR_DIMENSION, DominantColor, Signature};
    use strand_tests::render::Random;

    use super::*;

    /// Photos of `shades` shades, around random directions.
    fn photos(shades: usize, each: usize) -> Vec<Vec<Sample>> {
        let mut random = Random::new(3);
        let mut vector = |near: &[f32], spread: f32| -> Vec<f32> {
            let moved: Vec<f32> = near.iter().map(|x| x + spread * random.normal()).collect();
            let length = moved.iter().map(|x| x * x).sum::<f32>().sqrt();
            moved.iter().map(|x| x / length).collect()
        };
        let centers: Vec<Vec<f32>> = (0..shades)
            .map(|_| vector(&[0.0; DESCRIPTOR_DIMENSION], 1.0))
            .collect();
        let of_shade = |center: &Vec<f32>| (0..each).map(|_| sample(vector(center, 0.1))).collect();
        centers.iter().map(of_shade).collect()
    }

    fn sample(features: Vec<f32>) -> Sample {
        let mean = Lab {
            l: 40.0 + 20.0 * features[0],
            a: 20.0 * features[1],
            b: 20.0 * features[2],
        };
        let signature = Signature {
            colors: vec![DominantColor {
                lab: mean,
                share: 1.0,
            }],
            mean,
            descriptor: features.clone(),
            coverage: 0.3,
            confidence: 0.9,
        };
        Sample {
            histogram: signature.descriptor.clone(),
            summary: describe(mean),
            signature,
            features,
            mean,
        }
    }

    /// The first match and its score for the first photo of each shade, after training on the other photos.
    fn answers(scheme: &dyn Scheme, photos: &[Vec<Sample>]) -> Vec<(usize, f32)> {
        let shades: Vec<TrainingShade> = photos
            .iter()
            .map(|photos| photos[1..].iter().collect())
            .enumerate()
            .collect();
        let library = scheme.train(&shades);
        let first = |photos: &Vec<Sample>| library.rank(&photos[0]).best[0];
        photos
            .iter()
            .map(first)
            .map(|first| (first.shade, first.score))
            .collect()
    }

    #[test]
    fn training_in_order_catches_up_when_every_neighbor_is_fitted_again() {
        let photos = photos(9, 4);
        let current = answers(&Strand::Current, &photos);
        assert_eq!(answers(&Strand::InOrder { neighbors: 8 }, &photos), current);
        assert_ne!(answers(&Strand::InOrder { neighbors: 0 }, &photos), current);
    }

    #[test]
    fn the_svm_takes_part_in_the_score_until_it_is_left_out() {
        let photos = photos(9, 4);
        let (with, without) = (
            answers(&Strand::Current, &photos),
            answers(&Strand::WithoutSvm, &photos),
        );
        assert_ne!(with, without);
        assert!(
            without
                .iter()
                .enumerate()
                .all(|(shade, (first, _))| *first == shade)
        );
    }

    #[test]
    fn the_nearest_histogram_is_that_of_the_same_shade() {
        let photos = photos(9, 4);
        for (shade, (first, score)) in answers(&Histogram, &photos).into_iter().enumerate() {
            assert!(
                first == shade && score > 0.4 && score < 1.001,
                "{shade} {first} {score}"
            );
        }
    }
}
