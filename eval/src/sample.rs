//! What is measured of each photo, by Strand's own path and for the baselines.

use image::RgbImage;
use strand::color::{Lab, append_labs};
use strand::photo::{self, Photo};
use strand::signature::{Signature, WhiteBalance, feature_vector, measure};
use strand::vision::HairMask;

use crate::cache::{Cache, PackedMask};
use crate::portraits::Portraits;
use crate::replaced::main_color;
use crate::scene::{Kind, Light, Shot};
use crate::vision::{Eyes, Networks, WORKING_SIDE};

/// A photo as Strand sees it, with what the baselines need beside it.
pub struct Sample {
    /// What Strand measures.
    pub signature: Signature,
    /// What its shade models train on.
    pub features: Vec<f32>,
    /// The plain mean color of the hair.
    pub mean: Lab,
    /// The replaced scheme's main color.
    pub main_color: Lab,
    /// The replaced scheme's embedding; empty where it was not asked for or there is no backbone.
    pub embedding: Vec<f32>,
}

/// Photos with the parser's masks, from the cache or made anew.
pub struct Darkroom<'a> {
    /// What was made before.
    pub cache: &'a Cache,
    /// The networks.
    pub eyes: &'a Eyes,
    /// Where portraits come from.
    pub portraits: Option<&'a Portraits>,
}

impl Darkroom<'_> {
    /// The decoded photo of a shot in each light, with its mask.
    pub fn photos(&self, shot: &Shot, lights: &[Light], networks: &Networks) -> Vec<(Photo, HairMask)> {
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
            let photo = decoded(file);
            let mask = self.mask(&self.key(shot, *light), &photo, networks);
            (photo, mask)
        });
        photos.collect()
    }

    /// The same photo for one who knows its light: its camera undone, and the hair found anew.
    pub fn undone(&self, shot: &Shot, light: Light, photo: &Photo, networks: &Networks) -> (Photo, HairMask) {
        let picture = RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec());
        let undone = shot.camera(light).undo(&picture.expect("three bytes a pixel"));
        let photo = Photo::new(undone.width(), undone.height(), undone.into_raw());
        let mask = self.mask(&format!("{} undone", self.key(shot, light)), &photo, networks);
        (photo, mask)
    }

    /// Where the hair of some photo is.
    pub fn mask(&self, key: &str, photo: &Photo, networks: &Networks) -> HairMask {
        let packed = self.cache.get(key).unwrap_or_else(|| {
            let packed = PackedMask::of(&networks.parse(photo));
            self.cache.put(key, &packed);
            packed
        });
        packed.unpack()
    }

    /// The key of a photo's mask, and of what else is measured of it.
    pub fn key(&self, shot: &Shot, light: Light) -> String {
        format!("{} {light:?} {} mask", shot.key(), self.eyes.parser_id())
    }

    /// The key of a photo's file. Where hair is recolored, the parser has said where it is.
    fn file_key(&self, shot: &Shot, light: Light) -> String {
        let parser = match shot.kind {
            Kind::Drawn => "",
            Kind::Portrait => self.eyes.parser_id(),
        };
        format!("{} {light:?} {parser} file", shot.key())
    }

    /// Measures the photo of a key, with its embedding where there is a backbone; `None` where no hair is found.
    pub fn sample(&self, key: &str, photo: &Photo, mask: &HairMask, networks: &Networks) -> Option<Sample> {
        let mut sample = Sample::of(photo, mask)?;
        if let Some(backbone) = self.eyes.backbone_id() {
            let key = format!("{key} {backbone}");
            sample.embedding = self.cache.get(&key).unwrap_or_else(|| {
                let embedding = networks.embed(photo, mask);
                self.cache.put(&key, &embedding);
                embedding
            });
        }
        Some(sample)
    }
}

fn decoded(file: &[u8]) -> Photo {
    photo::decode(file, WORKING_SIDE).expect("the generator writes photos")
}

impl Sample {
    /// Measures a photo; `None` where no hair is found.
    pub fn of(photo: &Photo, mask: &HairMask) -> Option<Self> {
        let signature = measure(photo, mask, WhiteBalance::Auto)?;
        Some(Self {
            features: feature_vector(&signature.descriptor, None),
            mean: mean(photo, mask),
            main_color: main_color(photo, mask),
            embedding: Vec::new(),
            signature,
        })
    }
}

/// The mean of all pixels that are more likely hair than not.
fn mean(photo: &Photo, mask: &HairMask) -> Lab {
    let mut labs = Vec::new();
    append_labs(photo.rgb(), &mut labs);
    let hair = labs
        .iter()
        .zip(&mask.probability)
        .filter(|(_, p)| **p >= HairMask::THRESHOLD);
    let (mut sum, mut count) = ([0.0_f64; 3], 0.0);
    for (lab, _) in hair {
        for (total, value) in sum.iter_mut().zip([lab.l, lab.a, lab.b]) {
            *total += f64::from(value);
        }
        count += 1.0;
    }
    let [l, a, b] = sum.map(|total| (total / f64::max(count, 1.0)) as f32);
    Lab { l, a, b }
}
