//! Trained models, and the library in the form that matching reads.

use super::{Measurement, StoreError};
use crate::ModelInfo;
use async_trait::async_trait;
use std::collections::HashSet;
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

impl ShadeWithModel {
    /// Takes deleted photos out of the model: only the photos in `kept` count. `features` are the measurements of the
    /// shade's photos in the model's feature space.
    pub fn forget_deleted(&mut self, kept: &HashSet<u64>, features: &[(u64, Measurement)]) {
        let measured = features.iter();
        let measured: Vec<(u64, Vec<f32>)> = measured
            .filter_map(|(id, found)| Some((*id, found.vector()?)))
            .collect();
        let model = self.model.take();
        self.model = model.and_then(|model| model.without_deleted(|id| kept.contains(&id), &measured));
    }
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
    /// was trained no longer counts; see [`ShadeWithModel::forget_deleted`].
    async fn models(&self) -> Result<(String, Vec<ShadeWithModel>), StoreError>;
}
