//! What each model is: file, origin, checksum, licence, input and output.
//!
//! The manifest is `models/manifest.toml`, compiled into the binary. A `manifest.toml` in the models directory adds to
//! it and replaces entries of the same name; its entries come first. The order is the order of preference among
//! parsers. The file explains its own fields.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::VisionError;

/// The manifest as of this build.
const BUILTIN: &str = include_str!("../../../models/manifest.toml");

/// The models that this process knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model", default)]
    models: Vec<Model>,
}

/// One model: where its file comes from and what the network in it takes and gives.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name by which it is chosen and fetched.
    pub name: String,
    /// One line: what it is and what it is good at.
    pub description: String,
    /// The file, relative to the models directory.
    pub file: PathBuf,
    /// Where it can be downloaded, tried in this order. Empty: nowhere.
    #[serde(default)]
    pub urls: Vec<String>,
    /// SHA-256 of the file in hex. Only a file that the user makes himself lacks it, until he writes it down.
    pub sha256: Option<String>,
    /// Length of the file in bytes.
    pub size: Option<u64>,
    /// SPDX id of the weights' licence.
    pub licence: String,
    /// Who made it, and where exactly this file is from.
    pub origin: String,
    /// Whether the file is compiled into the binary.
    #[serde(default)]
    pub embedded: bool,
    /// Input, output and how to read them.
    pub network: Network,
}

/// The kinds of network that this build can run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Network {
    /// Image in, maps of probabilities out.
    Segmenter(Segmenter),
    /// `YOLOv8`-seg: boxes, classes, mask coefficients and mask prototypes out.
    YoloSeg(YoloSeg),
    /// An `ImageNet` classifier whose pooled features are wanted.
    Resnet(Resnet),
}

/// What a model is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It finds hair.
    Parser,
    /// It describes hair.
    Backbone,
}

/// A network from one RGB image `[1, 3, height, width]` to maps `[1, channels, h, w]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segmenter {
    /// Width and height of the input.
    pub input: [u32; 2],
    /// Per channel, subtracted from the image scaled to 0..1.
    pub mean: [f32; 3],
    /// Per channel, dividing what is left.
    pub std: [f32; 3],
    /// How a photo of another shape is brought to the input's.
    pub fit: Fit,
    /// The output channel of hair.
    pub hair_channel: usize,
    /// The output channel of skin, where there is one.
    pub skin_channel: Option<usize>,
    /// What turns an output value into a probability.
    #[serde(default)]
    pub activation: Activation,
}

/// How a photo is brought to the input size of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Both sides scaled independently: no input pixel is wasted, shapes are distorted.
    Stretch,
    /// Scaled as a whole and centred, the rest filled: shapes stay, detail is lost.
    Letterbox,
}

/// What turns an output value into a probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// It is one already.
    #[default]
    None,
    /// The logistic function, for networks exported without it.
    Sigmoid,
}

/// A `YOLOv8`-seg export; its input is `[1, 3, height, width]`, RGB in 0..1, letterboxed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YoloSeg {
    /// Width and height of the input.
    pub input: [u32; 2],
    /// The classes that count as hair, by index. Empty: all of them.
    pub classes: Vec<usize>,
    /// The least score of a detection.
    pub confidence: f32,
    /// The overlap (intersection over union) from which of two detections of a class the weaker is dropped.
    pub iou: f32,
}

/// A residual network's pooled features.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resnet {
    /// Side of the square input.
    pub input: u32,
    /// Per channel, subtracted from the image scaled to 0..1.
    pub mean: [f32; 3],
    /// Per channel, dividing what is left.
    pub std: [f32; 3],
    /// Length of the feature vector.
    pub dimension: usize,
    /// The tensor that holds it. Without: what goes into the last fully connected layer, or, where the graph has no
    /// such layer, its output.
    pub tensor: Option<String>,
}

impl Manifest {
    /// The manifest in the binary.
    ///
    /// # Errors
    /// [`VisionError::Manifest`]; a unit test keeps that from happening.
    pub fn builtin() -> Result<Self, VisionError> {
        Self::parse(BUILTIN, "in the binary")
    }

    /// The manifest in the binary with that of `models_dir`, if there is one, over it.
    ///
    /// # Errors
    /// [`VisionError::Manifest`] or [`VisionError::Io`] for the one in `models_dir`.
    pub fn load(models_dir: &Path) -> Result<Self, VisionError> {
        let builtin = Self::builtin()?;
        let path = models_dir.join("manifest.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text, &format!("at {}", path.display()))?.over(builtin)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(builtin),
            Err(e) => Err(VisionError::io(path)(e)),
        }
    }

    /// All models, in the order of preference.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model called `name`.
    ///
    /// # Errors
    /// [`VisionError::UnknownModel`], which lists the names there are.
    pub fn model(&self, name: &str) -> Result<&Model, VisionError> {
        self.find(name, "model", |_| true)
    }

    /// The model called `name`, if it is used for `role`.
    ///
    /// # Errors
    /// [`VisionError::UnknownModel`], which lists the names of that role.
    pub fn model_for(&self, role: Role, name: &str) -> Result<&Model, VisionError> {
        self.find(name, role.word(), |model| model.role() == role)
    }

    fn find(
        &self,
        name: &str,
        role: &'static str,
        fits: impl Fn(&Model) -> bool,
    ) -> Result<&Model, VisionError> {
        let mut fitting = self.models.iter().filter(|m| fits(m));
        fitting
            .clone()
            .find(|m| m.name == name)
            .ok_or_else(|| VisionError::UnknownModel {
                role,
                name: name.to_owned(),
                known: join(fitting.by_ref().map(|m| m.name.as_str())),
            })
    }

    fn parse(text: &str, from: &str) -> Result<Self, VisionError> {
        let invalid = |reason: String| VisionError::Manifest {
            from: from.to_owned(),
            reason,
        };
        let manifest: Self = toml::from_str(text).map_err(|e| invalid(e.to_string().trim().to_owned()))?;
        for (i, model) in manifest.models.iter().enumerate() {
            let twice = manifest.models[..i].iter().any(|other| other.name == model.name);
            let wrong = if twice {
                Some("it stands there twice")
            } else {
                model.flaw()
            };
            if let Some(flaw) = wrong {
                return Err(invalid(format!("model \"{}\": {flaw}", model.name)));
            }
        }
        Ok(manifest)
    }

    /// These entries, then those of `base` whose names are new.
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
    /// What it is used for.
    pub fn role(&self) -> Role {
        match self.network {
            Network::Segmenter(_) | Network::YoloSeg(_) => Role::Parser,
            Network::Resnet(_) => Role::Backbone,
        }
    }

    /// Name and the first eight digits of the checksum: short, and another for other weights.
    ///
    /// # Errors
    /// [`VisionError::Manifest`] where the manifest has no checksum for it.
    pub fn id(&self) -> Result<String, VisionError> {
        let sum = self.sha256.as_ref().ok_or_else(|| VisionError::Manifest {
            from: "as it stands".to_owned(),
            reason: format!(
                "model \"{}\" needs its sha256 (and size) in the manifest.toml of the models directory before it can \
                 be used; models/README.md shows how",
                self.name
            ),
        })?;
        Ok(format!("{}-{}", self.name, &sum[..8]))
    }

    /// Where its file lies in `models_dir`.
    pub fn path(&self, models_dir: &Path) -> PathBuf {
        models_dir.join(&self.file)
    }

    /// What is wrong with the entry, if anything is.
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

/// `a, b, c` for a message.
pub(super) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
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
        licence = "MIT"
        origin = "here"
        network = { kind = "yolo-seg", input = [640, 640], classes = [], confidence = 0.5, iou = 0.5 }
    "#;

    #[test]
    fn the_manifest_in_the_binary_is_valid_and_complete() {
        let manifest = Manifest::builtin().expect("valid");
        for model in manifest.models() {
            assert!(
                !model.licence.is_empty() && !model.origin.is_empty(),
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
    fn an_unknown_name_is_told_the_names_of_its_role() {
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
                ENTRY.replace("licence = ", "sha256 = \"AB\"\nlicence = "),
                "64 lower-case hex digits",
            ),
            (
                ENTRY.replace("licence = ", "urls = [\"http://x\"]\nlicence = "),
                "needs a sha256",
            ),
            (ENTRY.replace("640, 640", "0, 640"), "size of 0"),
            (ENTRY.replace("iou = 0.5", "iou = 5.0"), "outside 0..1"),
            (ENTRY.to_owned() + ENTRY, "twice"),
            (ENTRY.replace("licence", "license"), "license"),
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
