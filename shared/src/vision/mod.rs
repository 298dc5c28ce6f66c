//! Neural networks: hair parsers and feature backbones behind two traits.
//!
//! [`Vision`] is the door: built from a [`VisionConfig`], it knows which parser and backbone this process uses
//! (their ids are known at once) and loads them at first use.
//!
//! - `manifest` says what each model is; `fetch` brings its file, `embedded` has the one in the binary, `loader`
//!   chooses and loads;
//! - `runtime` finds ONNX Runtime and runs networks, `onnx` makes an inner tensor of one an output;
//! - `input` turns photos into tensors and maps back into photos; `segmenter`, `yolo` and `resnet` are the kinds of
//!   network, `mask` is what they are for.

mod embedded;
mod error;
mod fetch;
mod input;
mod loader;
mod manifest;
mod mask;
mod onnx;
mod refine;
mod resnet;
mod runtime;
mod segmenter;
mod yolo;

pub use error::VisionError;
pub use fetch::{Fetched, fetch};
pub use loader::{Vision, VisionConfig};
pub use manifest::{Manifest, Model, Network, Role};
pub use mask::{HairMask, Region, SoftMap};
pub use runtime::locate as locate_runtime;

use crate::photo::Photo;

/// Finds the hair in a photo.
pub trait HairParser: Send + Sync {
    /// A short stable id of the network and its weights, such as `hair-parser-pan-324a22a1`: part of the id of every
    /// feature space, because another parser sees other hair.
    fn id(&self) -> &str;

    /// The soft hair mask of `photo`, of its size.
    ///
    /// # Errors
    /// [`VisionError::Inference`] where the network fails; a photo without hair is no error but an empty mask.
    fn parse(&self, photo: &Photo) -> Result<HairMask, VisionError>;
}

/// Describes the hair of a photo by a vector on which shade models can train.
pub trait Backbone: Send + Sync {
    /// A short stable id of the network and its weights; vectors of two ids cannot be compared.
    fn id(&self) -> &str;

    /// The length of the vectors.
    fn dimension(&self) -> usize;

    /// The embedding of the hair that `mask` (of the size of `photo`) marks, as the network gives it: not normalised.
    ///
    /// # Errors
    /// [`VisionError::Inference`] where the network fails or `mask` has another size than `photo`.
    fn embed(&self, photo: &Photo, mask: &HairMask) -> Result<Vec<f32>, VisionError>;
}

#[cfg(test)]
mod tests;
