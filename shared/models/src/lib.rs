//! The known networks, the ones that a process uses, and the names of the feature spaces.
//!
//! This crate loads no network. A process that only reports a shade as `stale` needs nothing else.

mod error;
mod manifest;
mod selection;
mod space;

pub use error::ManifestError;
pub use manifest::{Activation, Fit, Manifest, Model, Network, Resnet, Role, Segmenter, YoloSeg};
pub use selection::{ModelsConfig, Selection};
pub use space::FeatureSpace;
