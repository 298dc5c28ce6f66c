//! Trained models: one object each. The shade's row names the current one.

use crate::AwsStore;
use crate::bucket::When;
use crate::error::broken;
use crate::garbage::GarbageRow;
use crate::retry::Attempts;
use crate::rows::{PendingRow, PhotoRow, ShadeRow, random};
use crate::write::{Refused, Write};
use async_trait::async_trait;
use std::collections::HashMap;
use strand_learning::ShadeModel;
use strand_library::ModelInfo;
use strand_library::ports::{Models, NewModel, ShadeWithModel, StoreError};
use strand_library::rows::ModelRow;

/// Maximum attempts to save a model when others are saved meanwhile.
const ATTEMPTS: usize = 8;

#[async_trait]
impl Models for AwsStore {
    async fn library_version(&self) -> Result<String, StoreError> {
        self.version().await
    }

    async fn models(&self) -> Result<(String, Vec<ShadeWithModel>), StoreError> {
        self.all_shades().await
    }

    async fn put_model(&self, shade_id: u64, new: NewModel) -> Result<ModelInfo, StoreError> {
        if let Some(known) = outdated(&self.shade_row(shade_id).await?, &new) {
            return Ok(known);
        }
        let key = format!("models/{shade_id}/{}", random());
        let garbage = GarbageRow::unless_kept(&key);
        self.table.write(Write::put(&garbage)?).await?;
        let bytes = new.model.pack().map_err(broken)?;
        self.bucket
            .put(&key, bytes, "application/octet-stream", When::New)
            .await?;
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let row = match self.shade_row(shade_id).await {
                Err(StoreError::NotFound) => {
                    self.clear_now(&garbage).await;
                    return Err(StoreError::NotFound);
                }
                row => row?,
            };
            if row.model_key.as_ref() == Some(&key) {
                // An earlier attempt succeeded, but its response was lost.
                return row.model.map(ModelInfo::from).ok_or(StoreError::NotFound);
            }
            if let Some(known) = outdated(&row, &new) {
                self.clear_now(&garbage).await;
                return Ok(known);
            }
            let info = ModelInfo::of(&new.model, row.models_made + 1, new.photos_revision);
            let saved = "SET #model = :model, #model_key = :key, #models_made = :version REMOVE #failure";
            let mut writes = vec![
                Write::update(row.key, saved)
                    .when("#models_made = :known")
                    .with(":known", row.models_made)?
                    .with(":version", info.version)?
                    .with(":model", ModelRow::from(info.clone()))?
                    .with(":key", &key)?,
                garbage.kept(),
                Write::put(&PendingRow::new(shade_id))?,
            ];
            if let Some(former) = &row.model_key {
                writes.push(Write::put(&GarbageRow::when_unread(former))?);
            }
            match self.table.transact(&writes).await {
                Ok(()) => return Ok(info),
                // The shade was trained or deleted meanwhile.
                Err(Refused::Condition(0)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Busy.into())
    }
}

impl AwsStore {
    /// A shade's model; `None` if it is damaged, which must not disable the whole library, and [`StoreError::NotFound`]
    /// if another model has replaced it.
    pub(crate) async fn model(&self, shade_id: u64, key: &str) -> Result<Option<ShadeModel>, StoreError> {
        let object = self.bucket.get(key).await?.ok_or(StoreError::NotFound)?;
        match ShadeModel::unpack(&object.bytes) {
            Ok(model) => self.complete(shade_id, model).await.map(Some),
            Err(error) => {
                tracing::error!(shade_id, %error, "a model cannot be read; train the shade again");
                Ok(None)
            }
        }
    }

    /// Adds the digests of the photos to references from models that were saved without them.
    async fn complete(&self, shade_id: u64, mut model: ShadeModel) -> Result<ShadeModel, StoreError> {
        if model
            .references
            .iter()
            .all(|reference| reference.sha256.is_some())
        {
            return Ok(model);
        }
        let rows: Vec<PhotoRow> = self.photo_rows(shade_id).await?;
        let mut digests: HashMap<u64, String> = rows.into_iter().map(|row| (row.id, row.sha256)).collect();
        let without = model
            .references
            .iter_mut()
            .filter(|reference| reference.sha256.is_none());
        for reference in without {
            reference.sha256 = digests.remove(&reference.photo_id);
        }
        Ok(model)
    }
}

/// The stored model, if it outlasts the new one.
fn outdated(row: &ShadeRow, new: &NewModel) -> Option<ModelInfo> {
    let known = row.model.clone().map(ModelInfo::from);
    known.filter(|known| known.outlasts(&new.model.space, new.photos_revision))
}
