//! The facts about each model: file, origin, checksum, license, input and output.
//!
//! The manifest is `models/manifest.toml`, compiled into the binary. A `manifest.toml` in the models directory adds to
//! it and replaces entries of the same name. Its entries come first. The order is the order of preference among
//! parsers. The file explains its fields.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::ManifestError;

/// The manifest of this build.
const BUILTIN: &str = include_str!("../../../models/manifest.toml");

/// The models that this process knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model", default)]
    models: Vec<Model>,
}

/// One model: where its file comes from, and the input and output of its network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The unique name that selects the model and fetches its file.
    pub name: String,
    /// One line about what the model is and what it is good at.
    pub description: String,
    /// The path of the file, relative to the models directory.
    pub file: PathBuf,
    /// Download URLs in the order in which they are tried. Empty if the file cannot be downloaded.
    #[serde(default)]
    pub urls: Vec<String>,
    /// SHA-256 of the file in hex. Only a user's own model lacks it, until the user adds it to the manifest.
    pub sha256: Option<String>,
    /// Length of the file in bytes.
    pub size: Option<u64>,
    /// SPDX id of the license of the weights. Older manifests spell it `licence`.
    #[serde(alias = "licence")]
    pub license: String,
    /// Who made the model, and the exact source of this file.
    pub origin: String,
    /// Whether the file is compiled into the binary.
    #[serde(default)]
    pub embedded: bool,
    /// The input, the output, and how to read them.
    pub network: Network,
}

/// The kinds of network that this build can run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Network {
    /// From an image to probability maps.
    Segmenter(Segmenter),
    /// `YOLOv8`-seg: from an image to boxes, classes, mask coefficients and mask prototypes.
    YoloSeg(YoloSeg),
    /// An `ImageNet` classifier, used for its pooled features.
    Resnet(Resnet),
}

/// The purpose of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The model finds hair.
    Parser,
    /// The model describes hair.
    Backbone,
}

/// A network from one RGB image `[1, 3, height, width]` to maps `[1, channels, h, w]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segmenter {
    /// Width and height of the input in pixels.
    pub input: [u32; 2],
    /// Subtracted from the image scaled to 0..1, per channel.
    pub mean: [f32; 3],
    /// The divisor after that subtraction, per channel.
    pub std: [f32; 3],
    /// How a photo is fitted to the input size.
    pub fit: Fit,
    /// The index of the output channel for hair.
    pub hair_channel: usize,
    /// The index of the output channel for skin; `None` if there is none.
    pub skin_channel: Option<usize>,
    /// The function from an output value to a probability.
    #[serde(default)]
    pub activation: Activation,
}

/// How a photo is fitted to the input size of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Scales both sides independently. No input pixel is wasted; shapes are distorted.
    Stretch,
    /// Scales the photo as a whole, centers it, and fills the rest. Shapes are kept; detail is lost.
    Letterbox,
}

/// The function from an output value to a probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// The output already is a probability.
    #[default]
    None,
    /// The logistic function, for networks exported without it.
    Sigmoid,
}

/// A `YOLOv8`-seg export. Its input is `[1, 3, height, width]`, RGB in 0..1, letterboxed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YoloSeg {
    /// Width and height of the input in pixels.
    pub input: [u32; 2],
    /// Indexes of the classes that count as hair. Empty means all of them.
    pub classes: Vec<usize>,
    /// The minimum score of a detection, 0 to 1.
    pub confidence: f32,
    /// The overlap (intersection over union) from which the weaker of two detections of a class is dropped.
    pub iou: f32,
}

/// A residual network's pooled features.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resnet {
    /// Side of the square input in pixels.
    pub input: u32,
    /// Subtracted from the image scaled to 0..1, per channel.
    pub mean: [f32; 3],
    /// The divisor after that subtraction, per channel.
    pub std: [f32; 3],
    /// Length of the feature vector.
    pub dimension: usize,
    /// The name of the tensor with the features. `None` selects the input of the last fully connected layer or, if the
    /// graph has no such layer, the output.
    pub tensor: Option<String>,
}

impl Manifest {
    /// The manifest in the binary.
    ///
    /// # Errors
    /// [`ManifestError::Invalid`]. A unit test makes sure that this does not happen.
    pub fn builtin() -> Result<Self, ManifestError> {
        Self::parse(BUILTIN, "in the binary")
    }

    /// The manifest in the binary, extended by the one in `models_dir` if there is one.
    ///
    /// # Errors
    /// [`ManifestError::Invalid`] or [`ManifestError::Io`] for the manifest in `models_dir`.
    pub fn load(models_dir: &Path) -> Result<Self, ManifestError> {
        let builtin = Self::builtin()?;
        let path = models_dir.join("manifest.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text, &format!("at {}", path.display()))?.over(builtin)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(builtin),
            Err(e) => Err(ManifestError::Io { path, source: e }),
        }
    }

    /// All models, in the order of preference.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model called `name`.
    ///
    /// # Errors
    /// [`ManifestError::UnknownModel`], which lists the valid names.
    pub fn model(&self, name: &str) -> Result<&Model, ManifestError> {
        self.find(name, "model", |_| true)
    }

    /// The model called `name`, if its role is `role`.
    ///
    /// # Errors
    /// [`ManifestError::UnknownModel`], which lists the names of that role.
    pub fn model_for(&self, role: Role, name: &str) -> Result<&Model, ManifestError> {
        self.find(name, role.word(), |model| model.role() == role)
    }

    fn find(
        &self,
        name: &str,
        role: &'static str,
        fits: impl Fn(&Model) -> bool,
    ) -> Result<&Model, ManifestError> {
        let mut fitting = self.models.iter().filter(|m| fits(m));
        fitting
            .clone()
            .find(|m| m.name == name)
            .ok_or_else(|| ManifestError::UnknownModel {
                role,
                name: name.to_owned(),
                known: join(fitting.by_ref().map(|m| m.name.as_str())),
            })
    }

    fn parse(text: &str, from: &str) -> Result<Self, ManifestError> {
        let invalid = |reason: String| ManifestError::Invalid {
            from: from.to_owned(),
            reason,
        };
        let manifest: Self = toml::from_str(text).map_err(|e| invalid(e.to_string().trim().to_owned()))?;
        for (i, model) in manifest.models.iter().enumerate() {
            let twice = manifest.models[..i].iter().any(|other| other.name == model.name);
            let wrong = if twice {
                Some("it is listed twice")
            } else {
                model.flaw()
            };
            if let Some(flaw) = wrong {
                return Err(invalid(format!("model \"{}\": {flaw}", model.name)));
            }
        }
        Ok(manifest)
    }

    /// These entries, followed by the entries of `base` with other names.
    fn over(mut self, base: Self) -> Self {
        let new = base
            .models
            .into_iter()
            .filter(|m| self.models.iter().all(|own| own.name != m.name));
        let new: Vec<_> = new.collect();
        self.models.extend(new);
        self
    }
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Parser => "parser",
            Self::Backbone => "backbone",
        }
    }
}

impl Model {
    /// The purpose of the model, which follows from its kind of network.
    pub fn role(&self) -> Role {
        match self.network {
            Network::Segmenter(_) | Network::YoloSeg(_) => Role::Parser,
            Network::Resnet(_) => Role::Backbone,
        }
    }

    /// The name and the first eight digits of the checksum. It is short, and different weights have different ids.
    ///
    /// # Errors
    /// [`ManifestError::Invalid`] if the manifest has no checksum for the model.
    pub fn id(&self) -> Result<String, ManifestError> {
        let sum = self.sha256.as_ref().ok_or_else(|| ManifestError::Invalid {
            from: "as merged".to_owned(),
            reason: format!(
                "model \"{}\" needs its sha256 (and size) in the manifest.toml of the models directory before it can \
                 be used; models/README.md shows how",
                self.name
            ),
        })?;
        Ok(format!("{}-{}", self.name, &sum[..8]))
    }

    /// Whether the model can be loaded: it is in the binary, or its file is in `models_dir`.
    pub fn is_present(&self, models_dir: &Path) -> bool {
        self.embedded || self.path(models_dir).is_file()
    }

    /// The path of the model's file in `models_dir`.
    pub fn path(&self, models_dir: &Path) -> PathBuf {
        models_dir.join(&self.file)
    }

    /// What is wrong with the entry; `None` if it is valid.
    fn flaw(&self) -> Option<&'static str> {
        let inside = self.file.components().all(|c| matches!(c, Component::Normal(_)));
        let hex =
            |sum: &String| sum.len() == 64 && sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let checks = [
            (!self.name.is_empty(), "name is empty"),
            (
                inside && self.file.file_name().is_some(),
                "file must be a path below the models directory",
            ),
            (
                self.sha256.as_ref().is_none_or(hex),
                "sha256 must be 64 lower-case hex digits",
            ),
            (
                self.urls.is_empty() || self.sha256.is_some(),
                "what is downloaded needs a sha256",
            ),
            (
                self.network.is_sane(),
                "network has a size of 0 or above 4096, a std of 0, or a share outside 0..1",
            ),
        ];
        checks.into_iter().find(|(fine, _)| !fine).map(|(_, flaw)| flaw)
    }
}

impl Network {
    fn is_sane(&self) -> bool {
        let side = |&n: &u32| (1..=4096).contains(&n);
        let share = |x: f32| (0.0..=1.0).contains(&x);
        match self {
            Self::Segmenter(net) => net.input.iter().all(side) && net.std.iter().all(|&s| s > 0.0),
            Self::YoloSeg(net) => net.input.iter().all(side) && share(net.confidence) && share(net.iou),
            Self::Resnet(net) => side(&net.input) && net.std.iter().all(|&s| s > 0.0) && net.dimension > 0,
        }
    }
}

/// The words as `a, b, c`, for a message.
pub(crate) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Manifest, Network, Role};

    const ENTRY: &str = r#"
        [[model]]
        name = "mine"
        description = "a test"
        file = "mine.onnx"
        license = "MIT"
        origin = "here"
        network = { kind = "yolo-seg", input = [640, 640], classes = [], confidence = 0.5, iou = 0.5 }
    "#;

    #[test]
    fn the_manifest_in_the_binary_is_valid_and_complete() {
        let manifest = Manifest::builtin().expect("valid");
        for model in manifest.models() {
            assert!(
                !model.license.is_empty() && !model.origin.is_empty(),
                "{}",
                model.name
            );
            let fetched = !model.urls.is_empty();
            assert!(
                !fetched || model.size.is_some(),
                "{} is fetched and needs a size",
                model.name
            );
        }
        let pan = manifest.model("hair-parser-pan").expect("known");
        assert_eq!(pan.id().expect("has a checksum"), "hair-parser-pan-324a22a1");
        assert_eq!(pan.role(), Role::Parser);
        let resnet = manifest.model_for(Role::Backbone, "pp-resnet50").expect("known");
        assert_eq!(resnet.size, Some(102_567_035));
        assert!(
            manifest.model("yolov8n-seg").expect("known").urls.is_empty(),
            "AGPL weights are never fetched"
        );
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_names_of_its_role() {
        let manifest = Manifest::builtin().expect("valid");
        let error = manifest
            .model_for(Role::Backbone, "hair-parser-pan")
            .expect_err("a parser")
            .to_string();
        assert!(
            error.contains("backbone named \"hair-parser-pan\"") && error.contains("pp-resnet50"),
            "{error}"
        );
        assert!(!error.contains(", hair-parser-pan"), "{error}");
    }

    #[test]
    fn the_models_directory_overrides_by_name_and_comes_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let text = ENTRY.replace("\"mine\"", "\"yolov8n-seg\"") + ENTRY;
        std::fs::write(dir.path().join("manifest.toml"), text).expect("written");
        let manifest = Manifest::load(dir.path()).expect("valid");
        let names: Vec<_> = manifest.models().iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names[..2], ["yolov8n-seg", "mine"]);
        assert_eq!(names.iter().filter(|&&n| n == "yolov8n-seg").count(), 1);
        assert!(names.contains(&"hair-parser-pan"));
        let Network::YoloSeg(net) = &manifest.model("mine").expect("known").network else {
            panic!("kind")
        };
        assert_eq!(net.input, [640, 640]);
    }

    #[test]
    fn flaws_are_named() {
        let cases = [
            (
                ENTRY.replace("mine.onnx", "../mine.onnx"),
                "below the models directory",
            ),
            (
                ENTRY.replace("mine.onnx", "/mine.onnx"),
                "below the models directory",
            ),
            (
                ENTRY.replace("license = ", "sha256 = \"AB\"\nlicense = "),
                "64 lower-case hex digits",
            ),
            (
                ENTRY.replace("license = ", "urls = [\"http://x\"]\nlicense = "),
                "needs a sha256",
            ),
            (ENTRY.replace("640, 640", "0, 640"), "size of 0"),
            (ENTRY.replace("iou = 0.5", "iou = 5.0"), "outside 0..1"),
            (ENTRY.to_owned() + ENTRY, "twice"),
            (ENTRY.replace("license", "licenses"), "licenses"),
        ];
        for (text, expected) in cases {
            let error = Manifest::parse(&text, "in a test")
                .expect_err(expected)
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_model_without_a_checksum_has_no_id_and_says_what_to_do() {
        let manifest = Manifest::parse(ENTRY, "in a test").expect("valid");
        let error = manifest.models()[0].id().expect_err("no checksum").to_string();
        assert!(error.contains("\"mine\"") && error.contains("sha256") && error.contains("models/README.md"));
    }
}
