//! Loads the selected models at first use.

use crate::fetch::check;
use crate::resnet::ResnetBackbone;
use crate::runtime::Graph;
use crate::segmenter::SegmenterParser;
use crate::yolo::YoloParser;
use crate::{Backbone, HairParser, VisionError, embedded, onnx};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;
use strand_models::{Model, Network, Selection};

/// The networks of this process. It is cheap to make: it reads nothing before first use.
pub struct Vision {
    selection: Selection,
    models_dir: PathBuf,
    threads: usize,
    parser: Slot<dyn HairParser>,
    backbone: Slot<dyn Backbone>,
}

impl Vision {
    /// The networks of `selection` with their files in `models_dir`. One inference uses `threads` threads (0 counts as
    /// 1). Loads nothing.
    pub fn new(selection: Selection, models_dir: impl Into<PathBuf>, threads: usize) -> Self {
        Self {
            selection,
            models_dir: models_dir.into(),
            threads,
            parser: Slot::default(),
            backbone: Slot::default(),
        }
    }

    /// The models that this process uses.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// One [`VisionError::MissingModel`] for each selected model whose file is missing, to report at startup.
    pub fn missing(&self) -> Vec<VisionError> {
        let selected = [Some(self.selection.parser()), self.selection.backbone()];
        let absent = |model: &&Model| !model.is_present(&self.models_dir);
        let missing = selected.into_iter().flatten().filter(absent);
        missing.map(|model| self.absent(model)).collect()
    }

    /// The parser, loaded by the first call.
    ///
    /// # Errors
    /// [`VisionError::MissingModel`], [`VisionError::RuntimeMissing`] and similar errors. The next call tries again.
    pub fn parser(&self) -> Result<Arc<dyn HairParser>, VisionError> {
        self.parser.get(|| self.open_parser())
    }

    /// The backbone, loaded by the first call; `None` if none is configured.
    ///
    /// # Errors
    /// The errors of [`Vision::parser`].
    pub fn backbone(&self) -> Result<Option<Arc<dyn Backbone>>, VisionError> {
        let open = |model| self.backbone.get(|| self.open_backbone(model));
        self.selection.backbone().map(open).transpose()
    }

    /// Loads the selected models now instead of at first use.
    ///
    /// # Errors
    /// The errors of [`Vision::parser`].
    pub fn preload(&self) -> Result<(), VisionError> {
        self.parser()?;
        self.backbone()?;
        Ok(())
    }

    /// The ids of the loaded models. It never waits for a load in progress.
    pub fn loaded(&self) -> Vec<String> {
        let parser = self.parser.loaded.get().map(|parser| parser.id().to_owned());
        let backbone = self
            .backbone
            .loaded
            .get()
            .map(|backbone| backbone.id().to_owned());
        parser.into_iter().chain(backbone).collect()
    }

    fn open_parser(&self) -> Result<Arc<dyn HairParser>, VisionError> {
        let model = self.selection.parser();
        let id = self.selection.parser_id().to_owned();
        let graph = || self.graph(model, &self.bytes(model)?);
        match &model.network {
            Network::Segmenter(spec) => Ok(Arc::new(SegmenterParser::new(id, graph()?, spec.clone())?)),
            Network::YoloSeg(spec) => Ok(Arc::new(YoloParser::new(id, graph()?, spec.clone())?)),
            Network::Resnet(_) => Err(VisionError::bad_model(
                &model.name,
                "it is a backbone and not a parser",
            )),
        }
    }

    fn open_backbone(&self, model: &Model) -> Result<Arc<dyn Backbone>, VisionError> {
        let Network::Resnet(spec) = &model.network else {
            return Err(VisionError::bad_model(
                &model.name,
                "it is a parser and not a backbone",
            ));
        };
        let mut bytes = self.bytes(model)?;
        let output = onnx::expose(bytes.to_mut(), spec.tensor.as_deref());
        let output = output.map_err(|reason| VisionError::bad_model(&model.name, reason))?;
        let graph = self.graph(model, &bytes)?;
        let id = self.selection.backbone_id().unwrap_or_default().to_owned();
        Ok(Arc::new(ResnetBackbone::new(id, graph, spec.clone(), output)?))
    }

    fn graph(&self, model: &Model, bytes: &[u8]) -> Result<Graph, VisionError> {
        let start = Instant::now();
        onnx::check(bytes).map_err(|reason| VisionError::bad_model(&model.name, reason))?;
        let graph = Graph::open(&model.name, bytes, &self.models_dir, self.threads)?;
        tracing::info!(model = %model.name, ms = start.elapsed().as_millis(), "loaded a model");
        Ok(graph)
    }

    /// The model's bytes, after checking them.
    fn bytes(&self, model: &Model) -> Result<Cow<'static, [u8]>, VisionError> {
        if let Some(bytes) = model.embedded.then(|| embedded::bytes(&model.name)).flatten() {
            check(model, "this program", bytes)?;
            return Ok(Cow::Borrowed(bytes));
        }
        let path = model.path(&self.models_dir);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(self.absent(model)),
            Err(e) => return Err(VisionError::io(path)(e)),
        };
        check(model, &path.display().to_string(), &bytes)?;
        Ok(Cow::Owned(bytes))
    }

    fn absent(&self, model: &Model) -> VisionError {
        VisionError::MissingModel {
            path: model.path(&self.models_dir),
            name: model.name.clone(),
        }
    }
}

/// A model that its first user loads, once.
struct Slot<T: ?Sized> {
    loading: Mutex<()>,
    loaded: OnceLock<Arc<T>>,
}

impl<T: ?Sized> Default for Slot<T> {
    fn default() -> Self {
        Self {
            loading: Mutex::default(),
            loaded: OnceLock::new(),
        }
    }
}

impl<T: ?Sized> Slot<T> {
    /// Returns the loaded model, or loads it with `open`. Of simultaneous calls, one loads and the others wait. After a
    /// failure, the next call tries again.
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

    use super::{Slot, Vision};
    use crate::VisionError;
    use crate::tests::{link_runtime, pattern, photo};
    use strand_mask::HairMask;
    use strand_models::{ModelsConfig, Selection};

    fn vision(config: &ModelsConfig) -> Vision {
        Vision::new(Selection::new(config).expect("valid"), &config.models_dir, 1)
    }

    /// A manifest of the test networks in `testdata/`, which are copied into `dir`.
    fn stand_ins(dir: &Path) -> ModelsConfig {
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
                "[[model]]\nname = \"{name}\"\ndescription = \"\"\nfile = \"{name}.onnx\"\nlicense = \"\"\norigin = \"\"\n\
                 sha256 = \"{sum}\"\nsize = {size}\nnetwork = {network}\n"
            );
            manifest.push_str(&entry);
            std::fs::write(dir.join(format!("{name}.onnx")), bytes).expect("written");
        }
        std::fs::write(dir.join("manifest.toml"), manifest).expect("written");
        link_runtime(dir);
        ModelsConfig {
            models_dir: dir.to_owned(),
            ..ModelsConfig::default()
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
        let config = ModelsConfig {
            backbone: Some("resnet".into()),
            ..stand_ins(dir.path())
        };
        let vision = vision(&config);
        assert!(
            vision.selection().parser_id().starts_with("segmenter-")
                && vision.selection().parser_id().len() == 18
        );
        assert!(vision.loaded().is_empty() && vision.missing().is_empty());
        let parser = vision.parser().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(vision.loaded(), [vision.selection().parser_id()]);
        vision.preload().expect("loads the rest");
        let backbone = vision.backbone().expect("loaded").expect("configured");
        assert_eq!(vision.loaded(), [parser.id(), backbone.id()]);
        assert_eq!(Some(backbone.id()), vision.selection().backbone_id());
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
        let vision = vision(&ModelsConfig {
            parser: Some("yolo".into()),
            ..config.clone()
        });
        assert!(
            vision
                .parser()
                .unwrap_or_else(|e| panic!("{e}"))
                .id()
                .starts_with("yolo-")
        );
        for wrong in ["resnet", "nonsense"] {
            let config = ModelsConfig {
                parser: Some(wrong.into()),
                ..config.clone()
            };
            let error = Selection::new(&config).expect_err("not a parser").to_string();
            assert!(
                error.contains(wrong) && error.contains("yolo, segmenter"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_missing_model_is_named_and_can_be_fetched_without_a_restart() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = ModelsConfig {
            parser: Some("segmenter".into()),
            ..stand_ins(dir.path())
        };
        let (file, aside) = (dir.path().join("segmenter.onnx"), dir.path().join("aside"));
        std::fs::rename(&file, &aside).expect("moved");
        let vision = vision(&config);
        assert_eq!(vision.missing().len(), 1);
        let error = vision.parser().map(|_| ()).expect_err("missing");
        assert!(
            matches!(&error, VisionError::MissingModel { name, .. } if name == "segmenter"),
            "{error}"
        );
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
        let vision = vision(&config);
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
        let config = ModelsConfig {
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
            let error = vision(&config).preload().expect_err(complaint).to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    #[test]
    fn with_nothing_fetched_the_embedded_parser_is_used() {
        let dir = tempfile::tempdir().expect("a directory");
        link_runtime(dir.path());
        let config = ModelsConfig {
            models_dir: dir.path().to_owned(),
            ..ModelsConfig::default()
        };
        let vision = vision(&config);
        assert!(vision.selection().parser_id().starts_with("hair-parser-") && vision.missing().is_empty());
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
    fn without_any_parser_the_error_names_the_preferred_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = ModelsConfig {
            models_dir: dir.path().to_owned(),
            ..ModelsConfig::default()
        };
        // The manifest of a build that embeds no model.
        let text = include_str!("../../../models/manifest.toml").replace("embedded = true", "");
        std::fs::write(dir.path().join("manifest.toml"), text).expect("written");
        let vision = vision(&config);
        assert_eq!(vision.missing().len(), 1);
        let error = vision.parser().map(|_| ()).expect_err("none");
        assert!(
            matches!(&error, VisionError::MissingModel { name, .. } if name == "hair-parser"),
            "{error}"
        );
    }

    #[test]
    fn first_calls_at_the_same_time_load_once_and_a_failure_is_tried_again() {
        let slot = Slot::<u32>::default();
        let failure = slot.get(|| Err(VisionError::bad_model("x", "broken")));
        assert!(failure.is_err() && slot.loaded.get().is_none());
        let (calls, loads) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let open = || {
                        while calls.load(Ordering::SeqCst) < 8 {
                            std::thread::yield_now();
                        }
                        Ok(Arc::new(loads.fetch_add(1, Ordering::SeqCst)))
                    };
                    calls.fetch_add(1, Ordering::SeqCst);
                    assert_eq!(*slot.get(open).expect("opens"), 0);
                });
            }
        });
        assert_eq!(loads.into_inner(), 1);
    }

    /// Runs in its own process, because the other tests load ONNX Runtime into this one.
    #[test]
    fn nothing_of_onnx_is_loaded_before_the_first_use() {
        let this = std::env::current_exe().expect("a path");
        let name = "loader::tests::look_for_onnx_runtime_in_this_process";
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
        // This is for Linux. On other systems the file does not exist, and nothing is asserted.
        let is_mapped =
            || std::fs::read_to_string("/proc/self/maps").is_ok_and(|maps| maps.contains("onnxruntime"));
        let vision = vision(&stand_ins(dir.path()));
        let _ = (vision.selection().parser_id(), vision.loaded(), vision.missing());
        assert!(!is_mapped(), "ONNX Runtime was loaded at the start");
        vision.parser().unwrap_or_else(|e| panic!("{e}"));
        assert!(
            is_mapped() || !cfg!(target_os = "linux"),
            "this test would not see ONNX Runtime"
        );
    }
}
