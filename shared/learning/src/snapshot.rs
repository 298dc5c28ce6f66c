//! The shades of a library at one moment, in the form that matching needs.

use crate::model::{ModelKind, ShadeModel};
use crate::nearness::rough_difference;
use crate::shade::SnapshotShade;
use strand_color::Lab;

/// The assumed agreement of photos in a library without evidence of it, and the number of shades that this assumption
/// counts as.
const USUAL_AGREEMENT: f32 = 0.8;
const PRIOR_SHADES: f32 = 2.0;

/// All shades of a library at one moment.
#[derive(Debug, Default)]
pub struct LibrarySnapshot {
    pub(crate) space: String,
    pub(crate) shades: Vec<SnapshotShade>,
    version: String,
    /// How far the agreement of a shade's photos exceeds the usual one, in units of mean cosine.
    pub(crate) agreement: f32,
}

impl LibrarySnapshot {
    /// The shades of the library version `version`, for matching features of the feature space `space`.
    pub fn new(version: impl Into<String>, space: impl Into<String>, mut shades: Vec<SnapshotShade>) -> Self {
        let space = space.into();
        shades.retain(|shade| shade.swatch.is_some() || shade.model.is_some());
        let models = shades.iter().filter_map(|shade| shade.model.as_ref());
        let agreements = models
            .filter(|model| model.space == space)
            .filter_map(ShadeModel::agreement);
        let (mut sum, mut count) = (PRIOR_SHADES * USUAL_AGREEMENT, PRIOR_SHADES);
        for agreement in agreements {
            (sum, count) = (sum + agreement, count + 1.0);
        }
        Self {
            space,
            shades,
            version: version.into(),
            agreement: sum / count - USUAL_AGREEMENT,
        }
    }

    /// The version of the library that the snapshot shows.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The number of shades that take part in matching.
    pub fn len(&self) -> usize {
        self.shades.len()
    }

    /// Whether there are no shades to match against.
    pub fn is_empty(&self) -> bool {
        self.shades.is_empty()
    }

    /// The names of the shades whose model is of another feature space and needs training.
    pub fn of_other_spaces(&self) -> impl Iterator<Item = &str> {
        let waits = |shade: &&SnapshotShade| shade.model.as_ref().is_some_and(|m| m.space != self.space);
        self.shades.iter().filter(waits).map(|shade| shade.name.as_str())
    }

    /// Ids of the trained shades, ordered by how close the mean color of any of their photos is to any of `colors`.
    pub fn trained_by_nearness(&self, colors: &[Lab]) -> Vec<u64> {
        let trained = self.shades.iter().filter(|shade| shade.model.is_some());
        let nearest = |shade| {
            let differences = colors.iter().map(|color| rough_difference(shade, *color));
            differences.fold(f32::INFINITY, f32::min)
        };
        let mut ranked: Vec<(f32, u64)> = trained.map(|shade| (nearest(shade), shade.shade_id)).collect();
        ranked.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        ranked.into_iter().map(|(_, id)| id).collect()
    }

    /// Ids of the shades whose model was fitted against no other shade, although there are others now.
    pub fn fitted_alone(&self) -> Vec<u64> {
        let models = self.shades.iter();
        let models: Vec<_> = models
            .filter_map(|shade| Some((shade.shade_id, self.current_model(shade)?)))
            .collect();
        if models.len() < 2 {
            return Vec::new();
        }
        let alone = models
            .iter()
            .filter(|(_, model)| matches!(model.kind, ModelKind::Similarity));
        alone.map(|(id, _)| *id).collect()
    }

    /// The shade's model; `None` if it is of another feature space.
    pub(crate) fn current_model<'a>(&self, shade: &'a SnapshotShade) -> Option<&'a ShadeModel> {
        shade.model.as_ref().filter(|model| model.space == self.space)
    }
}
