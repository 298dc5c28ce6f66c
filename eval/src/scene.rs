//! The photos: each shade drawn by the generator and in recolored portraits, in everyday and in harsh light.

use image::RgbImage;
use image::imageops::{self, FilterType};
use sha2::{Digest, Sha256};
use strand_tests::render::encode::Jpeg;
use strand_tests::render::{Camera, Drawing, Ground, Random, Scene, Shade, View};

use crate::portraits::Portraits;
use crate::recolor::recolored;
use crate::setting::{Kind, Light};
use crate::source::digest_of;

/// A picture of one shade, before light and camera.
#[derive(Clone, Copy, Debug)]
pub struct Shot<'a> {
    /// Where the picture comes from.
    pub kind: Kind,
    /// Its shade.
    pub shade: &'a Shade,
    /// Its index among the photos of that shade.
    pub index: usize,
    /// Long side in pixels of a drawn scene.
    pub side: u32,
}

impl Shot<'_> {
    /// A key that no other shot has.
    pub fn key(&self) -> String {
        let Self {
            kind,
            shade,
            index,
            side,
        } = self;
        format!(
            "{} {kind:?} {} {index} {side} {:?}",
            digest_of(*kind),
            shade.name,
            shade.tones
        )
    }

    /// The camera that takes it in one light.
    pub fn camera(&self, light: Light) -> Camera {
        let mut random = self.random(&format!("{light:?} camera"));
        match light {
            Light::Everyday => Camera::everyday(&mut random),
            Light::Harsh => Camera::harsh(&mut random),
        }
    }

    /// The files that a client would send, one per light.
    ///
    /// # Panics
    /// For a portrait without `portraits`.
    pub fn files(&self, lights: &[Light], portraits: Option<&Portraits>) -> Vec<Vec<u8>> {
        let mut subject = match self.kind {
            Kind::Drawn => Subject::Drawn(Drawing::of(&self.scene())),
            Kind::Portrait => {
                let mut random = self.random("portrait");
                let portrait = portraits
                    .expect("portraits are there")
                    .pick(self.index, &mut random);
                Subject::Portrait(recolored(
                    &portrait.picture,
                    &portrait.mask,
                    self.shade,
                    &mut random,
                ))
            }
        };
        lights
            .iter()
            .map(|light| self.file(*light, &mut subject))
            .collect()
    }

    fn file(&self, light: Light, subject: &mut Subject) -> Vec<u8> {
        let camera = self.camera(light);
        let mut random = self.random(&format!("{light:?} file"));
        let picture = match subject {
            Subject::Drawn(drawing) => drawing.photograph(&camera),
            Subject::Portrait(picture) => camera.photograph(picture, &mut random),
        };
        let (picture, quality) = match light {
            Light::Everyday => (picture, random.between(80.0, 95.99)),
            Light::Harsh => {
                let side = random.between(256.0, 512.0) as u32;
                (shrunk(picture, side), random.between(60.0, 95.99))
            }
        };
        Jpeg {
            quality: quality as u8,
            profile: camera.gamut.profile(),
            ..Jpeg::default()
        }
        .encode(&picture)
    }

    fn scene(&self) -> Scene {
        let mut random = self.random("scene");
        let view = random.pick(&[View::Closeup, View::Swatch, View::Back, View::Figure]);
        let ground = random.pick(&[Ground::Plain, Ground::Cluttered]);
        let short = self.side * 3 / 4;
        let (width, height) = random.pick(&[
            (self.side, self.side),
            (short, self.side),
            (short, self.side),
            (self.side, short),
        ]);
        let seed = (u64::from(random.bits()) << 32) | u64::from(random.bits());
        Scene::new(view, self.shade.clone(), seed)
            .on(ground)
            .sized(width, height)
    }

    /// The random sequence for one purpose, the same in every run.
    fn random(&self, purpose: &str) -> Random {
        let text = format!("{:?} {} {} {purpose}", self.kind, self.shade.name, self.index);
        let hash = Sha256::digest(text);
        let seed = hash
            .iter()
            .take(8)
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        Random::new(seed)
    }
}

/// A picture, ready to be photographed in several lights.
enum Subject {
    Drawn(Drawing),
    Portrait(RgbImage),
}

/// The picture with a long side of at most `side` pixels.
fn shrunk(picture: RgbImage, side: u32) -> RgbImage {
    let long = picture.width().max(picture.height());
    if long <= side {
        return picture;
    }
    let scaled = |length: u32| (length * side / long).max(1);
    imageops::resize(
        &picture,
        scaled(picture.width()),
        scaled(picture.height()),
        FilterType::Triangle,
    )
}
