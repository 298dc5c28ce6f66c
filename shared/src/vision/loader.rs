//! Which models this process uses, and their loading at first use.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::fetch::check;
use super::manifest::{Manifest, Model, Network, Role};
use super::resnet::ResnetBackbone;
use super::runtime::Graph;
use super::segmenter::SegmenterParser;
use super::yolo::YoloParser;
use super::{Backbone, HairParser, VisionError, embedded, onnx};

/// Up to this length a model's checksum is verified whenever it is loaded: it costs less than 20 ms. Larger files
/// were verified when they were fetched, and only their length is looked at again.
const HASHED_AT_LOAD: u64 = 8 << 20;

/// What [`Vision`] needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisionConfig {
    /// Where the model files and a `manifest.toml` of the user's may lie (`STRAND_MODELS_DIR`).
    pub models_dir: PathBuf,
    /// Threads of one inference (`STRAND_THREADS`); 0 counts as 1.
    pub threads: usize,
    /// The parser to use (`STRAND_PARSER`). Without: the first segmenter of the manifest that is there.
    pub parser: Option<String>,
    /// The backbone to use (`STRAND_BACKBONE`). Without: none.
    pub backbone: Option<String>,
}

/// The models of this process. Cheap to make: it reads the manifest and looks which files are there. Which models it
/// stands for, and so their ids, does not change afterwards: a model fetched later is used from the next start on.
pub struct Vision {
    config: VisionConfig,
    parser: Slot<dyn HairParser>,
    backbone: Option<Slot<dyn Backbone>>,
}

impl Vision {
    /// Chooses the models; loads nothing.
    ///
    /// # Errors
    /// [`VisionError::Manifest`] or [`VisionError::Io`] for an invalid `manifest.toml` in the models directory,
    /// [`VisionError::UnknownModel`] for a name that it does not have. A file that is missing is no error here: see
    /// [`Vision::missing`].
    pub fn new(config: VisionConfig) -> Result<Self, VisionError> {
        let manifest = Manifest::load(&config.models_dir)?;
        let parser = match &config.parser {
            Some(name) => manifest.model_for(Role::Parser, name)?,
            None => best_parser(&manifest, &config)?,
        };
        let backbone = config
            .backbone
            .as_ref()
            .map(|name| manifest.model_for(Role::Backbone, name))
            .transpose()?;
        Ok(Self {
            parser: Slot::new(parser.clone())?,
            backbone: backbone.cloned().map(Slot::new).transpose()?,
            config,
        })
    }

    /// The parser's id, without loading it.
    pub fn parser_id(&self) -> &str {
        &self.parser.id
    }

    /// The backbone's id, without loading it.
    pub fn backbone_id(&self) -> Option<&str> {
        self.backbone.as_ref().map(|slot| slot.id.as_str())
    }

    /// One [`VisionError::MissingModel`] or [`VisionError::NoParser`] for each chosen model whose file is not there,
    /// for a line at the start.
    pub fn missing(&self) -> Vec<VisionError> {
        let chosen = [
            Some(&self.parser.model),
            self.backbone.as_ref().map(|slot| &slot.model),
        ];
        chosen
            .into_iter()
            .flatten()
            .filter(|model| !is_there(model, &self.config))
            .map(|m| self.absent(m))
            .collect()
    }

    /// The parser, loaded by the first call.
    ///
    /// # Errors
    /// [`VisionError::MissingModel`], [`VisionError::RuntimeMissing`] and the like; the next call tries again.
    pub fn parser(&self) -> Result<Arc<dyn HairParser>, VisionError> {
        self.parser.get(|| self.open_parser())
    }

    /// The backbone, where one is configured, loaded by the first call.
    ///
    /// # Errors
    /// As for [`Vision::parser`].
    pub fn backbone(&self) -> Result<Option<Arc<dyn Backbone>>, VisionError> {
        self.backbone
            .as_ref()
            .map(|slot| slot.get(|| self.open_backbone(slot)))
            .transpose()
    }

    /// Loads what is chosen now rather than at first use.
    ///
    /// # Errors
    /// As for [`Vision::parser`].
    pub fn preload(&self) -> Result<(), VisionError> {
        self.parser()?;
        self.backbone()?;
        Ok(())
    }

    /// The ids of the models that are loaded. Never waits for a load in progress.
    pub fn loaded(&self) -> Vec<String> {
        let parser = self.parser.loaded.get().map(|_| self.parser.id.clone());
        let backbone = self.backbone.as_ref().filter(|slot| slot.loaded.get().is_some());
        parser
            .into_iter()
            .chain(backbone.map(|slot| slot.id.clone()))
            .collect()
    }

    fn open_parser(&self) -> Result<Arc<dyn HairParser>, VisionError> {
        let Slot { model, id, .. } = &self.parser;
        let graph = || self.graph(model, &self.bytes(model)?);
        match &model.network {
            Network::Segmenter(spec) => Ok(Arc::new(SegmenterParser::new(
                id.clone(),
                graph()?,
                spec.clone(),
            )?)),
            Network::YoloSeg(spec) => Ok(Arc::new(YoloParser::new(id.clone(), graph()?, spec.clone())?)),
            Network::Resnet(_) => Err(VisionError::bad_model(
                &model.name,
                "it is a backbone and no parser",
            )),
        }
    }

    fn open_backbone(&self, slot: &Slot<dyn Backbone>) -> Result<Arc<dyn Backbone>, VisionError> {
        let Slot { model, id, .. } = slot;
        let Network::Resnet(spec) = &model.network else {
            return Err(VisionError::bad_model(
                &model.name,
                "it is a parser and no backbone",
            ));
        };
        let mut bytes = self.bytes(model)?;
        let output = onnx::expose(bytes.to_mut(), spec.tensor.as_deref());
        let output = output.map_err(|reason| VisionError::bad_model(&model.name, reason))?;
        let graph = self.graph(model, &bytes)?;
        Ok(Arc::new(ResnetBackbone::new(
            id.clone(),
            graph,
            spec.clone(),
            output,
        )?))
    }

    fn graph(&self, model: &Model, bytes: &[u8]) -> Result<Graph, VisionError> {
        let start = Instant::now();
        let graph = Graph::open(&model.name, bytes, &self.config.models_dir, self.config.threads)?;
        tracing::info!(model = %model.name, ms = start.elapsed().as_millis(), "loaded a model");
        Ok(graph)
    }

    /// The model's bytes, checked.
    fn bytes(&self, model: &Model) -> Result<Cow<'static, [u8]>, VisionError> {
        if let Some(bytes) = model.embedded.then(|| embedded::bytes(&model.name)).flatten() {
            return Ok(Cow::Borrowed(bytes));
        }
        let path = model.path(&self.config.models_dir);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(self.absent(model)),
            Err(e) => return Err(VisionError::io(path)(e)),
        };
        check(
            model,
            &path.display().to_string(),
            &bytes,
            bytes.len() as u64 <= HASHED_AT_LOAD,
        )?;
        Ok(Cow::Owned(bytes))
    }

    fn absent(&self, model: &Model) -> VisionError {
        let (name, models_dir) = (model.name.clone(), &self.config.models_dir);
        if model.role() == Role::Parser && self.config.parser.is_none() {
            return VisionError::NoParser {
                models_dir: models_dir.clone(),
                fetch: name,
            };
        }
        VisionError::MissingModel {
            path: model.path(models_dir),
            name,
        }
    }
}

fn is_there(model: &Model, config: &VisionConfig) -> bool {
    let embedded = model.embedded && embedded::bytes(&model.name).is_some();
    embedded || model.path(&config.models_dir).is_file()
}

/// The first segmenter that is there; where none is, the first one, so that the error names it.
fn best_parser<'a>(manifest: &'a Manifest, config: &VisionConfig) -> Result<&'a Model, VisionError> {
    let segmenters = || {
        manifest
            .models()
            .iter()
            .filter(|m| matches!(m.network, Network::Segmenter(_)))
    };
    let best = segmenters().next().ok_or_else(|| VisionError::Manifest {
        from: "as it stands".to_owned(),
        reason: "it has no segmenter".to_owned(),
    })?;
    let chosen = segmenters().find(|model| is_there(model, config)).unwrap_or(best);
    if chosen.name != best.name {
        tracing::info!(
            "Using the hair parser \"{}\": \"{}\", which is preferred, has not been fetched \
             (`strand-server models fetch {}`).",
            chosen.name,
            best.name,
            best.name
        );
    }
    Ok(chosen)
}

/// A model that is loaded once, by whoever needs it first.
struct Slot<T: ?Sized> {
    model: Model,
    id: String,
    loading: Mutex<()>,
    loaded: OnceLock<Arc<T>>,
}

impl<T: ?Sized> Slot<T> {
    fn new(model: Model) -> Result<Self, VisionError> {
        Ok(Self {
            id: model.id()?,
            model,
            loading: Mutex::new(()),
            loaded: OnceLock::new(),
        })
    }

    /// What is loaded, or what `open` makes. Of calls at the same time one opens and the others wait for it; after a
    /// failure the next one tries again.
    fn get(&self, open: impl FnOnce() -> Result<Arc<T>, VisionError>) -> Result<Arc<T>, VisionError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(Arc::clone(loaded));
        }
        let _turn = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = self.loaded.get() {
            return Ok(Arc::clone(loaded));
        }
        let opened = open()?;
        Ok(Arc::clone(self.loaded.get_or_init(|| opened)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::{Manifest, Slot, Vision, VisionConfig};
    use crate::vision::tests::{link_runtime, pattern, photo};
    use crate::vision::{HairMask, VisionError};

    /// A manifest of the stand-ins in `testdata/`, which are put into `dir`.
    fn stand_ins(dir: &Path) -> VisionConfig {
        let data = [
            ("yolo", include_bytes!("testdata/yolo.onnx").as_slice(), YOLO),
            ("resnet", include_bytes!("testdata/resnet.onnx"), RESNET),
            ("segmenter", include_bytes!("testdata/segmenter.onnx"), SEGMENTER),
        ];
        let mut manifest = String::new();
        for (name, bytes, network) in data {
            use sha2::Digest;
            let (sum, size) = (format!("{:x}", sha2::Sha256::digest(bytes)), bytes.len());
            let entry = format!(
                "[[model]]\nname = \"{name}\"\ndescription = \"\"\nfile = \"{name}.onnx\"\nlicence = \"\"\norigin = \"\"\n\
                 sha256 = \"{sum}\"\nsize = {size}\nnetwork = {network}\n"
            );
            manifest.push_str(&entry);
            std::fs::write(dir.join(format!("{name}.onnx")), bytes).expect("written");
        }
        std::fs::write(dir.join("manifest.toml"), manifest).expect("written");
        link_runtime(dir);
        VisionConfig {
            models_dir: dir.to_owned(),
            threads: 1,
            ..VisionConfig::default()
        }
    }

    const YOLO: &str =
        r#"{ kind = "yolo-seg", input = [640, 640], classes = [], confidence = 0.25, iou = 0.7 }"#;
    const RESNET: &str =
        r#"{ kind = "resnet", input = 224, mean = [0, 0, 0], std = [1, 1, 1], dimension = 16 }"#;
    const SEGMENTER: &str = r#"{ kind = "segmenter", input = [64, 64], mean = [0, 0, 0], std = [1, 1, 1], fit = "stretch", hair_channel = 0 }"#;

    #[test]
    fn models_are_known_at_once_and_loaded_at_first_use() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = VisionConfig {
            backbone: Some("resnet".into()),
            ..stand_ins(dir.path())
        };
        let vision = Vision::new(config).expect("valid");
        assert!(vision.parser_id().starts_with("segmenter-") && vision.parser_id().len() == 18);
        assert!(vision.loaded().is_empty() && vision.missing().is_empty());
        let parser = vision.parser().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(vision.loaded(), [vision.parser_id()]);
        vision.preload().expect("loads the rest");
        let backbone = vision.backbone().expect("loaded").expect("configured");
        assert_eq!(vision.loaded(), [parser.id(), backbone.id()]);
        assert_eq!(Some(backbone.id()), vision.backbone_id());
        let photo = pattern(100, 80);
        assert_eq!(parser.parse(&photo).expect("parsed").width, 100);
        let mask = HairMask::new(100, 80, vec![255; 8000]);
        let features = backbone.embed(&photo, &mask).expect("embedded");
        assert_eq!(features.len(), backbone.dimension());
        let small = HairMask::new(1, 1, vec![255]);
        assert!(matches!(
            backbone.embed(&photo, &small),
            Err(VisionError::Inference { .. })
        ));
    }

    #[test]
    fn a_parser_is_used_by_name_and_yolo_only_so() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = stand_ins(dir.path());
        let vision = Vision::new(VisionConfig {
            parser: Some("yolo".into()),
            ..config.clone()
        })
        .expect("valid");
        assert!(
            vision
                .parser()
                .unwrap_or_else(|e| panic!("{e}"))
                .id()
                .starts_with("yolo-")
        );
        for wrong in ["resnet", "nonsense"] {
            let config = VisionConfig {
                parser: Some(wrong.into()),
                ..config.clone()
            };
            let error = Vision::new(config)
                .map(|_| ())
                .expect_err("no parser")
                .to_string();
            assert!(
                error.contains(wrong) && error.contains("yolo, segmenter"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_missing_model_names_the_command_and_can_be_fetched_without_a_restart() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = VisionConfig {
            parser: Some("segmenter".into()),
            ..stand_ins(dir.path())
        };
        let (file, aside) = (dir.path().join("segmenter.onnx"), dir.path().join("aside"));
        std::fs::rename(&file, &aside).expect("moved");
        let vision = Vision::new(config).expect("valid");
        assert_eq!(vision.missing().len(), 1);
        let error = vision.parser().map(|_| ()).expect_err("missing").to_string();
        assert!(error.contains("strand-server models fetch segmenter"), "{error}");
        std::fs::rename(&aside, &file).expect("moved back");
        vision.parser().unwrap_or_else(|e| panic!("{e}"));
    }

    #[test]
    fn a_file_that_is_not_the_manifests_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = stand_ins(dir.path());
        let file = dir.path().join("segmenter.onnx");
        let mut bytes = std::fs::read(&file).expect("there");
        bytes[100] ^= 1;
        std::fs::write(&file, &bytes).expect("written");
        let vision = Vision::new(config).expect("valid");
        assert!(matches!(vision.parser(), Err(VisionError::WrongChecksum { .. })));
        std::fs::write(&file, &bytes[..50]).expect("written");
        assert!(matches!(
            vision.parser(),
            Err(VisionError::WrongSize { found: 50, .. })
        ));
    }

    #[test]
    fn a_network_that_is_not_what_the_manifest_says_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = VisionConfig {
            backbone: Some("resnet".into()),
            ..stand_ins(dir.path())
        };
        let manifest = dir.path().join("manifest.toml");
        let text = std::fs::read_to_string(&manifest).expect("there");
        for (right, wrong, complaint) in [
            ("hair_channel = 0", "hair_channel = 3", "without a channel 3"),
            (
                "[64, 64]",
                "[64, 32]",
                "its input is [1, 3, 64, 64] and not [1, 3, 32, 64]",
            ),
            ("dimension = 16", "dimension = 17", "not of length 17"),
            (
                "dimension = 16",
                "dimension = 16, tensor = \"nowhere\"",
                "no tensor named \"nowhere\"",
            ),
        ] {
            std::fs::write(&manifest, text.replace(right, wrong)).expect("written");
            let error = Vision::new(config.clone())
                .expect("valid")
                .preload()
                .expect_err(complaint)
                .to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    #[test]
    fn with_nothing_fetched_the_embedded_parser_is_used() {
        let dir = tempfile::tempdir().expect("a directory");
        link_runtime(dir.path());
        let config = VisionConfig {
            models_dir: dir.path().to_owned(),
            threads: 1,
            ..VisionConfig::default()
        };
        let vision = Vision::new(config).expect("valid");
        assert!(vision.parser_id().starts_with("hair-parser-") && vision.missing().is_empty());
        let parser = vision.parser().unwrap_or_else(|e| panic!("{e}"));
        let wall = photo(300, 400, |x, _| [180 + (x / 20) as u8, 170, 160]);
        let mask = parser.parse(&wall).expect("parsed");
        assert!(
            mask.coverage(HairMask::THRESHOLD) < 0.02,
            "a bare wall has no hair"
        );
        assert!(mask.skin.is_some());
    }

    #[test]
    fn without_any_parser_the_error_says_which_to_fetch() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = VisionConfig {
            models_dir: dir.path().to_owned(),
            ..VisionConfig::default()
        };
        // As in a build whose manifest embeds nothing.
        let text = include_str!("../../../models/manifest.toml").replace("embedded = true", "");
        std::fs::write(dir.path().join("manifest.toml"), text).expect("written");
        let vision = Vision::new(config).expect("valid");
        assert_eq!(vision.missing().len(), 1);
        let error = vision.parser().map(|_| ()).expect_err("none").to_string();
        assert!(error.contains("models fetch hair-parser"), "{error}");
    }

    #[test]
    fn first_calls_at_the_same_time_load_once_and_a_failure_is_tried_again() {
        let model = Manifest::builtin()
            .expect("valid")
            .model("hair-parser-pan")
            .expect("known")
            .clone();
        let slot: Slot<u32> = Slot::new(model).expect("has a checksum");
        let failure = slot.get(|| Err(VisionError::bad_model("x", "broken")));
        assert!(failure.is_err() && slot.loaded.get().is_none());
        let loads = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let open = || {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        Ok(Arc::new(loads.fetch_add(1, Ordering::SeqCst)))
                    };
                    assert_eq!(*slot.get(open).expect("opens"), 0);
                });
            }
        });
        assert_eq!(loads.into_inner(), 1);
    }

    /// In a process of its own, because the other tests load ONNX Runtime into this one.
    #[test]
    fn nothing_of_onnx_is_loaded_before_the_first_use() {
        let this = std::env::current_exe().expect("a path");
        let name = "vision::loader::tests::look_for_onnx_runtime_in_this_process";
        let child = Command::new(this)
            .args(["--exact", name, "--ignored", "--nocapture"])
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    #[ignore = "started by nothing_of_onnx_is_loaded_before_the_first_use in a process of its own"]
    fn look_for_onnx_runtime_in_this_process() {
        let dir = tempfile::tempdir().expect("a directory");
        // Linux only; elsewhere the file is not there and nothing is asserted.
        let is_mapped =
            || std::fs::read_to_string("/proc/self/maps").is_ok_and(|maps| maps.contains("onnxruntime"));
        let vision = Vision::new(stand_ins(dir.path())).expect("valid");
        let _ = (vision.parser_id(), vision.loaded(), vision.missing());
        assert!(!is_mapped(), "ONNX Runtime was loaded at the start");
        vision.parser().unwrap_or_else(|e| panic!("{e}"));
        assert!(
            is_mapped() || !cfg!(target_os = "linux"),
            "this test would not see ONNX Runtime"
        );
    }
}
