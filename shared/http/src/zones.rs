//! How the HTTP contract represents roots, lengths, and ends.

use crate::summary::ToneView;
use crate::views::rounded;
use serde::Serialize;
use strand_color::Summary;
use strand_signature::{ZONE_COUNT, Zone};
use utoipa::ToSchema;

/// A part of the hair, as it would look in neutral light of usual strength.
#[derive(Serialize, ToSchema)]
#[schema(as = HairZone)]
pub struct ZoneView {
    #[schema(example = "roots")]
    zone: ZoneNameView,
    /// Share of the hair, 0 to 100.
    #[schema(example = 30.2)]
    percentage: f32,
    #[schema(example = "Neutral")]
    estimated_tone: ToneView,
    /// Professional level, 1 (black) to 10 (lightest blonde).
    #[schema(example = 6, minimum = 1, maximum = 10)]
    professional_level: u8,
    /// The color of its lighter two thirds; the rest is shadow between strands.
    #[schema(example = "#8a6a4c")]
    hex: String,
}

/// Where a zone lies.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HairZoneName)]
enum ZoneNameView {
    /// The upper third.
    Roots,
    /// The middle third.
    Lengths,
    /// The lower third.
    Ends,
}

impl ZoneView {
    /// The zones from top to bottom.
    pub fn all(zones: [(Summary, Zone); ZONE_COUNT]) -> Vec<Self> {
        let names = [ZoneNameView::Roots, ZoneNameView::Lengths, ZoneNameView::Ends];
        let all = names.into_iter().zip(zones);
        let view = all.map(|(zone, (words, Zone { share, lit }))| Self {
            zone,
            percentage: rounded(100.0 * share, 1),
            estimated_tone: words.tone.into(),
            professional_level: words.professional_level,
            hex: lit.to_rgb().to_string(),
        });
        view.collect()
    }
}
