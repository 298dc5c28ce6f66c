//! How well the shades of a library are told apart: each photo is left out in turn, and all the others name its shade.

use crate::ranking::likeness;
use crate::shade::SnapshotShade;
use crate::snapshot::LibrarySnapshot;
use crate::{Reference, ShadeModel};
use std::collections::{BTreeMap, HashMap};
use strand_color::ciede2000;
use strand_signature::{dot, mean_color};

/// Photos of one shade whose mean colors differ by more than this, CIEDE2000, were taken in very different light, or show
/// different hair. Nine in ten pairs of photos of one shade differ less, in photographs of 27 shades of wigs.
const DIFFERENT_LIGHT: f32 = 12.5;
/// The number of pairs of shades that are named.
const MOST_PAIRS: usize = 10;

/// How well the shades of a library are told apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confusions {
    /// The trained shades, in the order of the library.
    pub shades: Vec<ShadeRecall>,
    /// The pairs of shades that are mistaken for each other most often, at most 10, the worst first.
    pub pairs: Vec<ConfusedPair>,
}

/// How well a shade's photos are recognized.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadeRecall {
    /// The shade's id.
    pub shade_id: u64,
    /// Its name.
    pub name: String,
    /// Its photos that show hair, in the order of their ids.
    pub photos: Vec<LeftOutPhoto>,
}

impl ShadeRecall {
    /// The number of photos that the rest of the library takes for this shade.
    pub fn recognized(&self) -> usize {
        let recognized = |photo: &&LeftOutPhoto| photo.predicted == Some(self.shade_id);
        self.photos.iter().filter(recognized).count()
    }

    /// The share of its photos that are recognized, 0 to 1; `None` if none of them could be left out.
    pub fn recall(&self) -> Option<f32> {
        let judged = self
            .photos
            .iter()
            .filter(|photo| photo.predicted.is_some())
            .count();
        (judged > 0).then(|| self.recognized() as f32 / judged as f32)
    }
}

/// What the rest of the library takes a photo for.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutPhoto {
    /// The photo's id.
    pub photo_id: u64,
    /// The id of the shade that comes first without this photo. `None` if the photo is its shade's only one, so that its
    /// own shade could not come first, or if its vector is not known.
    pub predicted: Option<u64>,
    /// The id of another shade that has the same photo.
    pub same_in: Option<u64>,
    /// Whether it differs much more in color from the shade's other photos than photos of one shade do.
    pub is_apart: bool,
}

/// Two shades that are mistaken for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusedPair {
    /// The ids of the shades; the first has the lower id.
    pub shades: [u64; 2],
    /// The number of photos of either that are taken for the other.
    pub count: usize,
    /// The id of a photo of each shade: one that is mistaken where there is one, otherwise the first.
    pub examples: [u64; 2],
}

/// A shade with a model that can be compared.
struct Known<'a> {
    shade: &'a SnapshotShade,
    model: &'a ShadeModel,
}

impl LibrarySnapshot {
    /// Leaves out each photo in turn, which takes photos · shades scalar products.
    ///
    /// Photos are compared with the mean of each shade's photos. The SVMs take no part, because each has seen all photos.
    /// Shades that wait for training are left out.
    pub fn confusions(&self) -> Confusions {
        let known: Vec<Known> = self
            .shades
            .iter()
            .filter_map(|shade| {
                let model = self.current_model(shade)?;
                Some(Known { shade, model })
            })
            .collect();
        let owners = owners(&known);
        let shades: Vec<ShadeRecall> = known
            .iter()
            .map(|own| ShadeRecall {
                shade_id: own.shade.shade_id,
                name: own.shade.name.clone(),
                photos: own.photos(&known, &owners),
            })
            .collect();
        let pairs = pairs(&shades);
        Confusions { shades, pairs }
    }
}

impl Known<'_> {
    fn photos(&self, all: &[Known], owners: &HashMap<&str, Vec<u64>>) -> Vec<LeftOutPhoto> {
        let mut references: Vec<&Reference> = self.model.references.iter().collect();
        references.sort_unstable_by_key(|reference| reference.photo_id);
        let left_out = |reference: &&Reference| LeftOutPhoto {
            photo_id: reference.photo_id,
            predicted: self.predicted(reference, all),
            same_in: reference
                .sha256
                .as_deref()
                .and_then(|sha256| owners.get(sha256))
                .and_then(|ids| ids.iter().copied().find(|id| *id != self.shade.shade_id)),
            is_apart: self.is_apart(reference),
        };
        references.iter().map(left_out).collect()
    }

    /// The shade with the most evidence for a photo of this shade that the shade has to do without.
    fn predicted(&self, photo: &Reference, all: &[Known]) -> Option<u64> {
        if photo.vector.len() != self.model.prototype.len() || self.model.references.len() < 2 {
            return None;
        }
        let evidence = |other: &Known| {
            let photos = other.model.references.len();
            if other.shade.shade_id == self.shade.shade_id {
                likeness(self.similarity_without(photo), photos - 1)
            } else {
                likeness(other.model.similarity(&photo.vector), photos)
            }
        };
        let most = all
            .iter()
            .map(|other| (evidence(other), other.shade.shade_id))
            .max_by(|x, y| x.0.total_cmp(&y.0).then(y.1.cmp(&x.1)));
        most.map(|(_, shade_id)| shade_id)
    }

    /// The cosine between a photo of this shade and the mean of the others.
    fn similarity_without(&self, photo: &Reference) -> f32 {
        let count = self.model.references.len() as f32;
        let others = self.model.prototype.iter().zip(&photo.vector);
        let others: Vec<f32> = others.map(|(mean, x)| count * mean - x).collect();
        dot(&others, &photo.vector) / dot(&others, &others).sqrt().max(f32::EPSILON)
    }

    /// Whether the photo is farther from the other photos in color than they are from each other.
    fn is_apart(&self, photo: &Reference) -> bool {
        let others = self
            .model
            .references
            .iter()
            .filter(|other| other.photo_id != photo.photo_id);
        let own = mean_color(&photo.colors);
        let mut differences: Vec<f32> = others
            .map(|other| ciede2000(own, mean_color(&other.colors)))
            .collect();
        differences.sort_unstable_by(f32::total_cmp);
        let middle = differences.get(differences.len().saturating_sub(1) / 2);
        middle.is_some_and(|difference| *difference > DIFFERENT_LIGHT)
    }
}

/// The shades that have a photo, by its digest.
fn owners<'a>(known: &[Known<'a>]) -> HashMap<&'a str, Vec<u64>> {
    let mut owners: HashMap<&str, Vec<u64>> = HashMap::new();
    for Known { shade, model } in known {
        for digest in model
            .references
            .iter()
            .filter_map(|photo| photo.sha256.as_deref())
        {
            owners.entry(digest).or_default().push(shade.shade_id);
        }
    }
    owners
}

/// The worst pairs.
fn pairs(shades: &[ShadeRecall]) -> Vec<ConfusedPair> {
    let by_id: HashMap<u64, &ShadeRecall> = shades.iter().map(|shade| (shade.shade_id, shade)).collect();
    let mut mistaken: BTreeMap<[u64; 2], Vec<(u64, u64)>> = BTreeMap::new();
    for shade in shades {
        for photo in &shade.photos {
            if let Some(other) = photo.predicted.filter(|other| *other != shade.shade_id) {
                let pair = [shade.shade_id.min(other), shade.shade_id.max(other)];
                mistaken
                    .entry(pair)
                    .or_default()
                    .push((shade.shade_id, photo.photo_id));
            }
        }
    }
    let example = |shade: u64, photos: &[(u64, u64)]| {
        let mistaken = photos
            .iter()
            .find(|(of, _)| *of == shade)
            .map(|(_, photo)| *photo);
        mistaken.or_else(|| by_id.get(&shade)?.photos.first().map(|photo| photo.photo_id))
    };
    let mut pairs: Vec<ConfusedPair> = mistaken
        .into_iter()
        .filter_map(|(shades, photos)| {
            let [one, other] = shades.map(|shade| example(shade, &photos));
            Some(ConfusedPair {
                shades,
                count: photos.len(),
                examples: [one?, other?],
            })
        })
        .collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.count));
    pairs.truncate(MOST_PAIRS);
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelKind, Sigmoid};
    use strand_color::Lab;
    use strand_color::samples::{BLONDE, BROWN};
    use strand_signature::{DominantColor, mean_vector};

    /// A shade of photos that point to these angles, with digest and color.
    fn shade(shade_id: u64, photos: &[(f32, &str, Lab)]) -> SnapshotShade {
        let vectors: Vec<[f32; 2]> = photos
            .iter()
            .map(|(angle, ..)| [angle.cos(), angle.sin()])
            .collect();
        let views: Vec<&[f32]> = vectors.iter().map(<[f32; 2]>::as_slice).collect();
        let references = photos.iter().zip(&vectors).zip(10 * shade_id..);
        let references = references.map(|(((_, sha256, lab), vector), photo_id)| Reference {
            photo_id,
            sha256: Some((*sha256).to_owned()),
            colors: vec![DominantColor {
                lab: *lab,
                share: 1.0,
            }],
            vector: vector.to_vec(),
        });
        SnapshotShade {
            shade_id,
            name: format!("#{shade_id}"),
            swatch: None,
            model: Some(ShadeModel {
                space: "here".into(),
                kind: ModelKind::LinearSvm,
                weights: vec![0.0; 2],
                bias: 0.0,
                sigmoid: Sigmoid::PRIOR,
                prototype: mean_vector(&views).unwrap(),
                references: references.collect(),
                leave_one_out: None,
            }),
        }
    }

    #[test]
    fn a_photo_that_looks_like_another_shade_is_told_with_the_pair() {
        let one = shade(1, &[(0.0, "a", BROWN), (0.1, "b", BROWN), (1.4, "c", BLONDE)]);
        let two = shade(2, &[(1.5, "d", BLONDE), (1.45, "e", BLONDE)]);
        let alone = shade(3, &[(2.8, "a", BROWN)]);
        let confusions = LibrarySnapshot::new("1", "here", vec![one, two, alone]).confusions();
        let [one, two, alone] = &confusions.shades[..] else {
            panic!("{confusions:?}")
        };
        assert_eq!(
            (one.recognized(), two.recognized(), alone.recognized()),
            (2, 2, 0)
        );
        assert_eq!((two.recall(), alone.recall()), (Some(1.0), None));
        assert_eq!(one.photos[2].predicted, Some(2));
        assert!(one.photos[2].is_apart && !one.photos[0].is_apart);
        assert_eq!((one.photos[0].same_in, one.photos[1].same_in), (Some(3), None));
        assert_eq!(
            (alone.photos[0].predicted, alone.photos[0].same_in),
            (None, Some(1))
        );
        let pair = ConfusedPair {
            shades: [1, 2],
            count: 1,
            examples: [12, 20],
        };
        assert_eq!(confusions.pairs, [pair]);
    }

    #[test]
    fn shades_of_another_space_and_photos_without_vectors_are_not_judged() {
        let mut older = shade(1, &[(0.0, "a", BROWN), (0.1, "b", BROWN)]);
        for reference in &mut older.model.as_mut().unwrap().references {
            reference.vector.clear();
        }
        let snapshot = LibrarySnapshot::new("1", "here", vec![older.clone()]);
        let confusions = snapshot.confusions();
        assert_eq!(confusions.shades[0].recall(), None);
        assert!(
            confusions.shades[0]
                .photos
                .iter()
                .all(|photo| photo.predicted.is_none())
        );
        let elsewhere = LibrarySnapshot::new("1", "there", vec![older]);
        assert_eq!(elsewhere.confusions(), Confusions::default());
    }
}
