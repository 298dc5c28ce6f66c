//! Trained models: an object each, named by the row of the shade.

use super::Aws;
use super::bucket::When;
use super::error::broken;
use super::garbage::GarbageRow;
use super::rows::{ColorRow, PendingRow, random};
use super::write::{Refused, Write};
use crate::learning::{ShadeModel, pack, unpack};
use crate::library::ports::{NewModel, StoreError};
use crate::library::types::ModelInfo;
use jiff::Timestamp;

/// So often a model is saved again as the successor of one that came between.
const TRIES: usize = 8;

impl Aws {
    pub(super) async fn save_model(&self, color_id: u64, new: NewModel) -> Result<ModelInfo, StoreError> {
        if let Some(known) = outdated(&self.color_row(color_id).await?, &new) {
            return Ok(known);
        }
        let key = format!("models/{color_id}/{}", random());
        let garbage = GarbageRow::unless_kept(&key);
        self.table.write(Write::put(&garbage)?).await?;
        let bytes = pack(&new.model).map_err(broken)?;
        self.bucket
            .put(&key, bytes, "application/octet-stream", When::New)
            .await?;
        for _ in 0..TRIES {
            let row = match self.color_row(color_id).await {
                Err(StoreError::NotFound) => {
                    self.clear_now(&garbage).await;
                    return Err(StoreError::NotFound);
                }
                row => row?,
            };
            if row.model_key.as_ref() == Some(&key) {
                // An earlier try happened, and its answer was lost.
                return row.model.ok_or(StoreError::NotFound);
            }
            if let Some(known) = outdated(&row, &new) {
                self.clear_now(&garbage).await;
                return Ok(known);
            }
            let info = next_model(&row, &new);
            let saved = "SET #model = :model, #model_key = :key, #models_made = :version REMOVE #failure";
            let mut writes = vec![
                Write::update(row.key, saved)
                    .when("#models_made = :known")
                    .with(":known", row.models_made)?
                    .with(":version", info.version)?
                    .with(":model", &info)?
                    .with(":key", &key)?,
                garbage.kept(),
                Write::put(&PendingRow::new(color_id))?,
            ];
            if let Some(former) = &row.model_key {
                writes.push(Write::put(&GarbageRow::when_unread(former))?);
            }
            match self.table.transact(&writes).await {
                Ok(()) => return Ok(info),
                // Trained or deleted meanwhile.
                Err(Refused::Condition(0)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Busy.into())
    }

    /// A shade's model; `None` where it is damaged, which must not take the whole library out of service, and
    /// [`StoreError::NotFound`] where another has come in its place.
    pub(super) async fn model(&self, color_id: u64, key: &str) -> Result<Option<ShadeModel>, StoreError> {
        let object = self.bucket.get(key).await?.ok_or(StoreError::NotFound)?;
        let model = unpack(&object.bytes);
        Ok(model
            .inspect_err(
                |error| tracing::error!(color_id, %error, "a model cannot be read; train the shade again"),
            )
            .ok())
    }
}

/// The model that stays: a slower training of earlier photos must not take back what a later one has learnt.
fn outdated(row: &ColorRow, new: &NewModel) -> Option<ModelInfo> {
    let later =
        |known: &&ModelInfo| known.space == new.model.space && known.images_revision > new.images_revision;
    row.model.as_ref().filter(later).cloned()
}

fn next_model(row: &ColorRow, new: &NewModel) -> ModelInfo {
    let (kind, num_images, metrics) = new.facts();
    ModelInfo {
        version: row.models_made + 1,
        kind,
        trained_at: Timestamp::now(),
        num_images,
        metrics,
        space: new.model.space.clone(),
        images_revision: new.images_revision,
    }
}
