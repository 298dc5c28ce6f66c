//! Implements the library's port for networks with [`vision`](crate::vision).

use std::sync::Arc;
use strand_library::ports::{NetworkError, Networks};
use strand_mask::HairMask;
use strand_photo::Photo;
use strand_vision::{Vision, VisionError};

/// [`Vision`] as an implementation of the port.
pub struct VisionNetworks(pub Arc<Vision>);

impl Networks for VisionNetworks {
    fn find_hair(&self, photo: &Photo) -> Result<HairMask, NetworkError> {
        let parser = self.0.parser().map_err(error)?;
        parser.parse(photo).map_err(error)
    }

    fn embed_hair(&self, photo: &Photo, mask: &HairMask) -> Result<Option<Vec<f32>>, NetworkError> {
        let backbone = self.0.backbone().map_err(error)?;
        let embed = |backbone: Arc<dyn strand_vision::Backbone>| backbone.embed(photo, mask);
        backbone.map(embed).transpose().map_err(error)
    }

    fn embedding_length(&self) -> Result<usize, NetworkError> {
        let backbone = self.0.backbone().map_err(error)?;
        Ok(backbone.map_or(0, |backbone| backbone.dimension()))
    }
}

fn error(error: VisionError) -> NetworkError {
    match error {
        VisionError::MissingModel { name, .. } => NetworkError::ModelMissing(name),
        VisionError::RuntimeMissing { .. } => NetworkError::RuntimeMissing,
        other => NetworkError::Failed(other.to_string()),
    }
}
