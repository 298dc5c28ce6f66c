//! The networks, one set per thread: a network works on one photo at a time.

use std::path::PathBuf;
use std::sync::Arc;

use strand::photo::Photo;
use strand::vision::{HairMask, HairParser, Vision, VisionConfig};

/// Long side at which photos are measured, as the library does.
pub const WORKING_SIDE: u32 = 512;

/// Which networks are used.
pub struct Eyes {
    config: VisionConfig,
    parser_id: String,
}

impl Eyes {
    /// The parser that a server would use with the same models directory.
    ///
    /// # Errors
    /// A sentence on what is missing.
    pub fn new(models_dir: PathBuf) -> Result<Self, String> {
        let config = VisionConfig {
            models_dir,
            threads: 1,
            parser: std::env::var("STRAND_PARSER").ok(),
            backbone: None,
        };
        let vision = Vision::new(config.clone()).map_err(|error| error.to_string())?;
        vision.parser().map_err(|error| error.to_string())?;
        Ok(Self {
            parser_id: vision.parser_id().to_owned(),
            config,
        })
    }

    /// The parser's id.
    pub fn parser_id(&self) -> &str {
        &self.parser_id
    }

    /// Loads the networks once more, for another thread.
    ///
    /// # Panics
    /// Where they were there a moment ago and now are not.
    pub fn open(&self) -> Parser {
        let vision = Vision::new(self.config.clone()).expect("the models were there");
        Parser(vision.parser().expect("the parser was there"))
    }
}

/// A thread's own parser.
pub struct Parser(Arc<dyn HairParser>);

impl Parser {
    /// The hair of a photo.
    ///
    /// # Panics
    /// Where the network fails.
    pub fn parse(&self, photo: &Photo) -> HairMask {
        self.0.parse(photo).expect("the network runs")
    }
}
