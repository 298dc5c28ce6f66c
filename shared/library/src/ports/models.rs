//! Trained models, and the library in the form that matching reads.

use super::StoreError;
use crate::ModelInfo;
use async_trait::async_trait;
use strand_color::Rgb;
use strand_learning::ShadeModel;

/// A model to save.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// The model.
    pub model: ShadeModel,
    /// The revision of the shade's photos that the model was trained on.
    pub photos_revision: u64,
}

/// A shade with its model, in the form that matching reads.
#[derive(Debug, Clone)]
pub struct ShadeWithModel {
    /// The shade's id.
    pub shade_id: u64,
    /// Its name.
    pub name: String,
    /// Its reference swatch.
    pub hex: Option<Rgb>,
    /// Its model, in any feature space; `None` also if it cannot be read.
    pub model: Option<ShadeModel>,
}

/// Stores trained models.
#[async_trait]
pub trait Models: Send + Sync {
    /// Saves a model as the shade's next version, unless the stored model [outlasts](ModelInfo::outlasts) it.
    /// [`StoreError::NotFound`] if the shade no longer exists.
    async fn put_model(&self, shade_id: u64, model: NewModel) -> Result<ModelInfo, StoreError>;
    /// Changes with everything that can change a match: models, names, swatches, and deletions, also of photos.
    async fn library_version(&self) -> Result<String, StoreError>;
    /// The library version, and every shade with its model as of that version. A photo that was deleted since the shade
    /// was trained no longer counts; see [`ShadeModel::without_deleted`].
    async fn models(&self) -> Result<(String, Vec<ShadeWithModel>), StoreError>;
}
