//! Trained models: columns of the table `colors`.

use crate::Embedded;
use crate::error::{DiskError, broken};
use crate::{rows, shades};
use async_trait::async_trait;
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use strand_learning::ShadeModel;
use strand_library::ModelInfo;
use strand_library::ports::{Models, NewModel, ShadeWithModel, StoreError};
use strand_library::rows::ModelRow;

#[async_trait]
impl Models for Embedded {
    async fn put_model(&self, shade_id: u64, new: NewModel) -> Result<ModelInfo, StoreError> {
        self.write(move |db, _| {
            let shade = shades::shade(db, shade_id)?;
            let outlasts = |known: &ModelInfo| known.outlasts(&new.model.space, new.photos_revision);
            if let Some(known) = shade.model.filter(outlasts) {
                return Ok(known);
            }
            let version: u64 =
                db.query_row("SELECT models_made + 1 FROM colors WHERE id = ?1", [shade_id], |row| row.get(0))?;
            let info = ModelInfo::of(&new.model, version, new.photos_revision);
            let packed = new.model.pack().map_err(broken)?;
            db.execute(
                "UPDATE colors SET models_made = ?2, model_info = ?3, model = ?4, failed_revision = NULL, failed_space = NULL WHERE id = ?1",
                params![shade_id, version, rows::json(&ModelRow::from(info.clone()))?, packed],
            )?;
            rows::bump_version(db)?;
            Ok(info)
        })
        .await
    }

    async fn library_version(&self) -> Result<String, StoreError> {
        self.read(rows::library_version).await
    }

    async fn models(&self) -> Result<(String, Vec<ShadeWithModel>), StoreError> {
        self.read(|db| Ok((rows::library_version(db)?, models(db)?)))
            .await
    }
}

fn models(db: &Connection) -> Result<Vec<ShadeWithModel>, DiskError> {
    let mut statement = db
        .prepare_cached("SELECT id, name, hex, model, model_info, images_revision FROM colors ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut shades = Vec::new();
    while let Some(row) = rows.next()? {
        let shade_id = row.get(0)?;
        let hex: Option<String> = row.get(2)?;
        let packed: Option<Vec<u8>> = row.get(3)?;
        let info: Option<String> = row.get(4)?;
        let info = info.map(|info| rows::from_json::<ModelRow>(&info).map(ModelInfo::from));
        let revision: u64 = row.get(5)?;
        let mut shade = ShadeWithModel {
            shade_id,
            name: row.get(1)?,
            hex: hex.map(|_| rows::parsed(row, 2)).transpose()?,
            model: packed.and_then(|packed| readable(shade_id, &packed)),
        };
        if info
            .transpose()?
            .is_none_or(|info| info.photos_revision != revision)
        {
            forget_deleted(db, &mut shade)?;
        }
        shades.push(shade);
    }
    complete(db, &mut shades)?;
    Ok(shades)
}

/// Takes the photos that were deleted after the training out of the model.
fn forget_deleted(db: &Connection, shade: &mut ShadeWithModel) -> Result<(), DiskError> {
    let Some(model) = shade.model.take() else {
        return Ok(());
    };
    let mut statement = db.prepare_cached("SELECT id FROM images WHERE color_id = ?1")?;
    let kept = statement.query_map([shade.shade_id], |row| row.get(0))?;
    let kept: HashSet<u64> = kept.collect::<Result<_, _>>()?;
    shade.model = model.without_deleted(|id| kept.contains(&id));
    Ok(())
}

/// A damaged model must not disable the whole library. Its shade has no model until it is trained again.
fn readable(shade_id: u64, packed: &[u8]) -> Option<ShadeModel> {
    let model = ShadeModel::unpack(packed);
    let told = |error: &_| tracing::error!(shade_id, %error, "a model cannot be read; train the shade again");
    model.inspect_err(told).ok()
}

/// Adds the digests of the photos to references from models that were saved without them.
fn complete(db: &Connection, shades: &mut [ShadeWithModel]) -> Result<(), DiskError> {
    let mut without: Vec<_> = shades
        .iter_mut()
        .filter_map(|shade| shade.model.as_mut())
        .flat_map(|model| &mut model.references)
        .filter(|reference| reference.sha256.is_none())
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    let mut statement = db.prepare_cached("SELECT id, sha256 FROM images")?;
    let digests = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut digests = digests.collect::<Result<HashMap<u64, String>, _>>()?;
    for reference in &mut without {
        reference.sha256 = digests.remove(&reference.photo_id);
    }
    Ok(())
}
