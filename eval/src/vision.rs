//! The networks, one set per thread: a network works on one photo at a time.

use std::path::PathBuf;
use std::sync::Arc;

use strand::photo::Photo;
use strand::vision::{Backbone, HairMask, HairParser, Vision, VisionConfig};

/// Long side at which photos are measured, as the library does.
pub const WORKING_SIDE: u32 = 512;

/// The backbone of the replaced scheme: its `ResNet50` in TensorFlow's weights is in no registry.
pub const BACKBONE: &str = "efficientnet-lite0";

/// Which networks are used.
pub struct Eyes {
    config: VisionConfig,
    parser_id: String,
    backbone_id: Option<String>,
}

impl Eyes {
    /// The parser that a server would use with the same models directory.
    ///
    /// # Errors
    /// A sentence on what is missing.
    pub fn new(models_dir: PathBuf) -> Result<Self, String> {
        let mut config = VisionConfig {
            models_dir,
            threads: 1,
            parser: std::env::var("STRAND_PARSER").ok(),
            backbone: Some(BACKBONE.to_owned()),
        };
        let open = |config: &VisionConfig| {
            let vision = Vision::new(config.clone())?;
            vision.preload().map(|()| vision)
        };
        let mut vision = open(&config);
        if vision.is_err() {
            config.backbone = None;
            vision = open(&config);
        }
        let vision = vision.map_err(|error| error.to_string())?;
        Ok(Self {
            parser_id: vision.parser_id().to_owned(),
            backbone_id: vision.backbone_id().map(str::to_owned),
            config,
        })
    }

    /// The backbone's id; `None` where it is not there.
    pub fn backbone_id(&self) -> Option<&str> {
        self.backbone_id.as_deref()
    }

    /// The parser's id.
    pub fn parser_id(&self) -> &str {
        &self.parser_id
    }

    /// Loads the networks once more, for another thread.
    ///
    /// # Panics
    /// Where they were there a moment ago and now are not.
    pub fn open(&self) -> Networks {
        let vision = Vision::new(self.config.clone()).expect("the models were there");
        Networks {
            parser: vision.parser().expect("the parser was there"),
            backbone: vision.backbone().expect("the backbone was there"),
        }
    }
}

/// A thread's own networks.
pub struct Networks {
    parser: Arc<dyn HairParser>,
    backbone: Option<Arc<dyn Backbone>>,
}

impl Networks {
    /// The hair of a photo.
    ///
    /// # Panics
    /// Where the network fails.
    pub fn parse(&self, photo: &Photo) -> HairMask {
        self.parser.parse(photo).expect("the network runs")
    }

    /// The embedding of that hair; empty without a backbone.
    ///
    /// # Panics
    /// Where the network fails.
    pub fn embed(&self, photo: &Photo, mask: &HairMask) -> Vec<f32> {
        let embed = |backbone: &Arc<dyn Backbone>| backbone.embed(photo, mask);
        self.backbone
            .as_ref()
            .map(embed)
            .transpose()
            .expect("the network runs")
            .unwrap_or_default()
    }
}
