//! The ways to name a shade that are compared: Strand's own, and the baselines.

use strand::color::{Lab, ciede2000};
use strand::learning::{Candidate, Fitted, HardNegatives, Reference, Shelf, fit};

use crate::sample::Sample;

/// So many matches are looked at.
pub const TOP: usize = 3;
/// The feature space that the benchmark's vectors live in; only sameness matters.
const SPACE: &str = "eval";

/// A shade with its photos.
pub type Taught<'a> = (usize, Vec<&'a Sample>);

/// One shade named for a photo.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The shade.
    pub shade: usize,
    /// How sure the scheme is, 0 to 1.
    pub score: f32,
}

/// What a scheme says of a photo.
#[derive(Default)]
pub struct Ranked {
    /// The best [`TOP`] shades, best first.
    pub best: Vec<Named>,
    /// How sure it is that the library has the shade at all; only the order of these counts.
    pub known: f32,
}

/// A library of shades that were taught.
pub trait Library: Sync {
    /// The shades that a photo may show.
    fn rank(&self, photo: &Sample) -> Ranked;
}

/// A way to name shades.
pub trait Scheme: Sync {
    /// Learns shades from their photos; each has at least one.
    fn teach(&self, shades: &[Taught]) -> Box<dyn Library>;
}

/// What the product does: the same calls that `library` makes when it trains and matches.
pub struct Strand;

impl Scheme for Strand {
    fn teach(&self, shades: &[Taught]) -> Box<dyn Library> {
        shelf(shades, |own, others| {
            let mut negatives = HardNegatives::new(own).expect("every shade has a photo");
            for photo in others {
                negatives.offer(photo.features.clone());
            }
            fit(own, &negatives.chosen()).expect("the SVM converges")
        })
    }
}

/// The same, but each shade is trained against all photos of all others instead of a sample of them.
pub struct StrandAgainstAll;

impl Scheme for StrandAgainstAll {
    fn teach(&self, shades: &[Taught]) -> Box<dyn Library> {
        shelf(shades, |own, others| {
            let others: Vec<&[f32]> = others.map(|photo| photo.features.as_slice()).collect();
            fit(own, &others).expect("the SVM converges")
        })
    }
}

type Others<'a, 'b> = &'a mut dyn Iterator<Item = &'b Sample>;

fn shelf(shades: &[Taught], fitted: impl Fn(&[&[f32]], Others) -> Fitted) -> Box<dyn Library> {
    let candidates = shades.iter().map(|(shade, photos)| {
        let own: Vec<&[f32]> = photos.iter().map(|photo| photo.features.as_slice()).collect();
        let others = shades.iter().filter(|(other, _)| other != shade);
        let mut others = others.flat_map(|(_, photos)| photos.iter().copied());
        let references = photos.iter().zip(0..).map(|(photo, image_id)| Reference {
            image_id,
            colors: photo.signature.colors.clone(),
        });
        Candidate {
            color_id: *shade as u64,
            name: shade.to_string(),
            swatch: None,
            model: Some(fitted(&own, &mut others).into_model(SPACE, references.collect())),
        }
    });
    Box::new(Shelf::new(SPACE, candidates.collect()))
}

impl Library for Shelf {
    fn rank(&self, photo: &Sample) -> Ranked {
        let ranking = self.rank(&photo.signature, &photo.features, TOP);
        let named = ranking.matches.iter().map(|found| Named {
            shade: found.color_id as usize,
            score: found.combined,
        });
        Ranked {
            best: named.collect(),
            known: 1.0 - ranking.none,
        }
    }
}

/// The mean color of the hair against the mean over each shade's photos, by CIEDE2000.
pub struct MeanColor;

impl Scheme for MeanColor {
    fn teach(&self, shades: &[Taught]) -> Box<dyn Library> {
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
        best(self.0.iter().map(|(shade, mean)| Named {
            shade: *shade,
            score: 1.0 / (1.0 + ciede2000(photo.mean, *mean) / 10.0),
        }))
    }
}

/// The best [`TOP`], by falling score; the first one's score is all there is to reject by.
pub fn best(named: impl Iterator<Item = Named>) -> Ranked {
    let mut best: Vec<Named> = named.collect();
    best.sort_by(|x, y| y.score.total_cmp(&x.score).then(x.shade.cmp(&y.shade)));
    best.truncate(TOP);
    Ranked {
        known: best.first().map_or(0.0, |named| named.score),
        best,
    }
}
