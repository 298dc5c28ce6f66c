//! Neural networks.

use strand_mask::HairMask;
use strand_photo::Photo;

/// Why a network could not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The model of this name is not installed.
    #[error("the model \"{0}\" is not installed")]
    ModelMissing(String),
    /// ONNX Runtime is not installed.
    #[error("ONNX Runtime is not installed")]
    RuntimeMissing,
    /// The network failed. The message is for the operator.
    #[error("{0}")]
    Failed(String),
}

/// The networks of this process. Each loads at first use.
pub trait Networks: Send + Sync {
    /// Finds the hair in a photo. A photo without hair gives an empty mask, not an error.
    ///
    /// # Errors
    /// [`NetworkError`] if the parser cannot be loaded or fails.
    fn find_hair(&self, photo: &Photo) -> Result<HairMask, NetworkError>;

    /// The backbone's embedding of the hair in `mask`, which has the size of the photo; `None` if the feature space has
    /// no backbone.
    ///
    /// # Errors
    /// [`NetworkError`] if the backbone cannot be loaded or fails.
    fn embed_hair(&self, photo: &Photo, mask: &HairMask) -> Result<Option<Vec<f32>>, NetworkError>;

    /// The length of the embeddings; 0 without a backbone.
    ///
    /// # Errors
    /// [`NetworkError`] if the backbone is not installed or cannot be loaded.
    fn embedding_length(&self) -> Result<usize, NetworkError>;
}
