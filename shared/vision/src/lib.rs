//! Neural networks: hair parsers and feature backbones behind two traits.
//!
//! Start with [`Vision`]. It is built from the selected models and loads them at first use.
//!
//! - `fetch` gets a model's file, `embedded` has the one in the binary, and `loader` loads the selected models.
//! - `runtime` finds ONNX Runtime and runs networks; `onnx` turns an inner tensor into an output.
//! - `input` converts photos to tensors and maps back to photos; `segmenter`, `yolo` and `resnet` are the kinds of
//!   network.

#[cfg(target_os = "linux")]
mod elf;
mod embedded;
mod error;
mod fetch;
mod input;
mod loader;
mod onnx;
mod resnet;
mod runtime;
mod segmenter;
mod yolo;

pub use error::VisionError;
pub use fetch::{Fetched, fetch};
pub use loader::Vision;
pub use runtime::locate as locate_runtime;

use strand_mask::HairMask;
use strand_photo::Photo;

/// Finds the hair in a photo.
pub trait HairParser: Send + Sync {
    /// A short stable id of the network and its weights, such as `hair-parser-pan-324a22a1`. It is part of the id of
    /// every feature space, because a different parser finds different hair.
    fn id(&self) -> &str;

    /// The soft hair mask of `photo`, with the size of `photo`.
    ///
    /// # Errors
    /// [`VisionError::Inference`] if the network fails. A photo without hair is not an error; it gives an empty mask.
    fn parse(&self, photo: &Photo) -> Result<HairMask, VisionError>;
}

/// Describes the hair in a photo with a vector that shade models can train on.
pub trait Backbone: Send + Sync {
    /// A short stable id of the network and its weights. Vectors from networks with different ids are not comparable.
    fn id(&self) -> &str;

    /// The length of the vectors.
    fn dimension(&self) -> usize;

    /// The embedding of the hair that `mask` (of the size of `photo`) marks. It is not normalized.
    ///
    /// # Errors
    /// [`VisionError::Inference`] if the network fails, or if `mask` and `photo` differ in size.
    fn embed(&self, photo: &Photo, mask: &HairMask) -> Result<Vec<f32>, VisionError>;
}

#[cfg(test)]
mod tests;
