//! The networks. A network works on one photo at a time, so every thread loads its own.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use strand::mask::{HairMask, Heads};
use strand::models::{ModelsConfig, Selection};
use strand::photo::Photo;
use strand::vision::{Backbone, HairParser, Vision, VisionError};

/// Long side in pixels at which photos are measured, as in the library.
pub const WORKING_SIDE: u32 = 512;

/// The backbone of the replaced scheme. That scheme had `ResNet50` with TensorFlow's weights, which no package registry has.
const BACKBONE: &str = "efficientnet-lite0";

/// The hair parser and, where installed, the backbone.
pub struct Networks {
    models_dir: PathBuf,
    selection: Selection,
    /// One set per thread of the pool, and one for all other threads.
    sets: Vec<OnceLock<Set>>,
}

/// One thread's networks.
struct Set {
    parser: Arc<dyn HairParser>,
    backbone: Option<Arc<dyn Backbone>>,
}

impl Networks {
    /// The parser that a server would use with the same models directory.
    ///
    /// # Errors
    /// One sentence about what is missing.
    pub fn load(models_dir: PathBuf) -> Result<Self, String> {
        let mut config = ModelsConfig {
            models_dir,
            parser: std::env::var("STRAND_PARSER").ok(),
            backbone: Some(BACKBONE.to_owned()),
        };
        let open = |config: &ModelsConfig| {
            let selection = Selection::new(config)?;
            Vision::new(selection.clone(), &config.models_dir, 1).preload()?;
            Ok::<_, VisionError>(selection)
        };
        let mut selection = open(&config);
        if selection.is_err() {
            config.backbone = None;
            selection = open(&config);
        }
        Ok(Self {
            selection: selection.map_err(|error| error.to_string())?,
            models_dir: config.models_dir,
            sets: (0..=rayon::current_num_threads())
                .map(|_| OnceLock::new())
                .collect(),
        })
    }

    /// The backbone's id; `None` where it is not installed.
    pub fn backbone_id(&self) -> Option<&str> {
        self.selection.backbone_id()
    }

    /// The parser's id.
    pub fn parser_id(&self) -> &str {
        self.selection.parser_id()
    }

    /// The hair of the largest head in a photo, which is what the library measures.
    ///
    /// # Panics
    /// When the network fails.
    pub fn parse(&self, photo: &Photo) -> HairMask {
        self.parse_heads(photo).0
    }

    /// The same, and the number of heads.
    ///
    /// # Panics
    /// When the network fails.
    pub fn parse_heads(&self, photo: &Photo) -> (HairMask, usize) {
        let mut mask = self.set().parser.parse(photo).expect("the network runs");
        let heads = Heads::find(photo, &mask);
        heads.keep(0, &mut mask);
        (mask, heads.list().len())
    }

    /// The backbone's embedding of that hair; empty without a backbone.
    ///
    /// # Panics
    /// When the network fails.
    pub fn embed(&self, photo: &Photo, mask: &HairMask) -> Vec<f32> {
        let backbone = self.set().backbone.as_ref();
        backbone.map_or_else(Vec::new, |backbone| {
            backbone.embed(photo, mask).expect("the network runs")
        })
    }

    fn set(&self) -> &Set {
        let others = self.sets.len() - 1;
        let thread = rayon::current_thread_index().unwrap_or(others);
        self.sets[thread].get_or_init(|| {
            let vision = Vision::new(self.selection.clone(), &self.models_dir, 1);
            Set {
                parser: vision.parser().expect("the parser was there"),
                backbone: vision.backbone().expect("the backbone was there"),
            }
        })
    }
}
