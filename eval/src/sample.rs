//! What is measured in each photo, by Strand's own code and for the nearest mean color.

use image::RgbImage;
use strand::color::{Lab, Summary, append_labs};
use strand::mask::{Framed, HairMask};
use strand::photo::Photo;
use strand::signature::{Signature, WhiteBalance, feature_vector, measure};

use crate::cache::{Cache, PackedMask};
use crate::networks::{Networks, WORKING_SIDE};
use crate::portraits::Portraits;
use crate::scene::Shot;
use crate::setting::{Kind, Light};

/// The measurements of one photo.
pub struct Sample {
    /// What Strand measures.
    pub signature: Signature,
    /// The feature vector that Strand's shade models are trained on.
    pub features: Vec<f32>,
    /// The plain mean color of the hair.
    pub mean: Lab,
    /// The words that Strand says.
    pub summary: Summary,
    /// The square root of the share of the hair in each cell of CIE Lab.
    pub histogram: Vec<f32>,
}

/// Photos and their masks, from the cache or newly made.
pub struct PhotoSource<'a> {
    /// Photos and masks from earlier runs.
    pub cache: &'a Cache,
    /// The networks.
    pub networks: &'a Networks,
    /// The portraits to recolor; `None` when there are none.
    pub portraits: Option<&'a Portraits>,
}

impl PhotoSource<'_> {
    /// The decoded photo of a shot in each light, with its mask.
    pub fn photos(&self, shot: &Shot, lights: &[Light]) -> Vec<(Photo, HairMask)> {
        let keys: Vec<String> = lights.iter().map(|light| self.file_key(shot, *light)).collect();
        let known: Option<Vec<Vec<u8>>> = keys.iter().map(|key| self.cache.get(key)).collect();
        let files = known.unwrap_or_else(|| {
            let files = shot.files(lights, self.portraits);
            for (file, key) in files.iter().zip(&keys) {
                self.cache.put(key, file);
            }
            files
        });
        let photos = files.iter().zip(lights).map(|(file, light)| {
            let framed = Framed::decode(file, WORKING_SIDE).expect("the generator writes photos");
            let photo = framed.picture().into_owned();
            let mask = self.mask(&self.key(shot, *light), &photo);
            (photo, mask)
        });
        photos.collect()
    }

    /// The same photo with its known light and camera removed, and its mask.
    pub fn corrected(&self, shot: &Shot, light: Light, photo: &Photo) -> (Photo, HairMask) {
        let picture = RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec());
        let corrected = shot.camera(light).undo(&picture.expect("three bytes a pixel"));
        let photo = Photo::new(corrected.width(), corrected.height(), corrected.into_raw());
        let mask = self.mask(&format!("{} undone", self.key(shot, light)), &photo);
        (photo, mask)
    }

    /// The mask of the photo that `key` names.
    pub fn mask(&self, key: &str, photo: &Photo) -> HairMask {
        let packed = self.cache.get(key).unwrap_or_else(|| {
            let packed = PackedMask::of(&self.networks.parse(photo));
            self.cache.put(key, &packed);
            packed
        });
        packed.unpack()
    }

    /// The backbone's embedding of the photo that `key` names; empty without a backbone.
    pub fn embedding(&self, key: &str, photo: &Photo, mask: &HairMask) -> Vec<f32> {
        let Some(backbone) = self.networks.backbone_id() else {
            return Vec::new();
        };
        let key = format!("{key} {backbone}");
        self.cache.get(&key).unwrap_or_else(|| {
            let embedding = self.networks.embed(photo, mask);
            self.cache.put(&key, &embedding);
            embedding
        })
    }

    /// The cache key of a photo's mask. The key of its embedding begins with it.
    pub fn key(&self, shot: &Shot, light: Light) -> String {
        format!(
            "{} {light:?} {} framed mask",
            shot.key(),
            self.networks.parser_id()
        )
    }

    /// The cache key of a photo's file. Recolored hair depends on the parser.
    fn file_key(&self, shot: &Shot, light: Light) -> String {
        let parser = match shot.kind {
            Kind::Drawn => "",
            Kind::Portrait => self.networks.parser_id(),
        };
        format!("{} {light:?} {parser} file", shot.key())
    }
}

impl Sample {
    /// Measures a photo; `None` when it shows too little hair.
    pub fn of(photo: &Photo, mask: &HairMask) -> Option<Self> {
        let (signature, appearance) = measure(photo, mask, WhiteBalance::Auto)?;
        let hair = hair(photo, mask);
        Some(Self {
            features: feature_vector(&signature.descriptor, None),
            mean: mean(&hair),
            histogram: histogram(&hair),
            summary: appearance.summary(),
            signature,
        })
    }
}

/// All pixels that are more likely hair than not.
fn hair(photo: &Photo, mask: &HairMask) -> Vec<Lab> {
    let mut labs = Vec::new();
    append_labs(photo.rgb(), &mut labs);
    let hair = labs
        .iter()
        .zip(&mask.probability)
        .filter(|(_, p)| **p >= HairMask::THRESHOLD);
    hair.map(|(lab, _)| *lab).collect()
}

fn mean(hair: &[Lab]) -> Lab {
    let (mut sum, mut count) = ([0.0_f64; 3], 0.0);
    for lab in hair {
        for (total, value) in sum.iter_mut().zip([lab.l, lab.a, lab.b]) {
            *total += f64::from(value);
        }
        count += 1.0;
    }
    let [l, a, b] = sum.map(|total| (total / f64::max(count, 1.0)) as f32);
    Lab { l, a, b }
}

/// The width of a histogram's cells in Lab units, and the number of cells on each axis.
const CELL: f32 = 8.0;
const CELLS: [usize; 3] = [13, 16, 16];

/// A plain histogram: each pixel is split between the cells next to it.
fn histogram(hair: &[Lab]) -> Vec<f32> {
    let mut cells = vec![0.0_f32; CELLS.iter().product()];
    for Lab { l, a, b } in hair {
        let places = [l / CELL, a / CELL + 6.0, b / CELL + 6.0];
        let split: [(usize, f32); 3] = std::array::from_fn(|axis| {
            let place = places[axis].clamp(0.0, CELLS[axis] as f32 - 1.001);
            (place as usize, place.fract())
        });
        for corner in 0..8_usize {
            let (mut index, mut weight) = (0, 1.0);
            for (axis, (low, part)) in split.iter().enumerate() {
                let upper = corner >> axis & 1;
                index = index * CELLS[axis] + low + upper;
                weight *= if upper == 1 { *part } else { 1.0 - part };
            }
            cells[index] += weight;
        }
    }
    let count = hair.len().max(1) as f32;
    cells.into_iter().map(|cell| (cell / count).sqrt()).collect()
}
