//! A shade in the form that matching needs.

use crate::model::ShadeModel;
use strand_signature::DominantColor;

/// A shade to match against. A shade with neither model nor swatch takes no part.
#[derive(Debug, Clone)]
pub struct SnapshotShade {
    /// The shade's id.
    pub shade_id: u64,
    /// The shade's name.
    pub name: String,
    /// The reference swatch: one color, or the colors of a highlighted or rooted shade by share.
    pub swatch: Option<Vec<DominantColor>>,
    /// The trained model, of any feature space.
    pub model: Option<ShadeModel>,
}
