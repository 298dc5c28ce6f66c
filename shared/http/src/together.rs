//! How the HTTP contract represents the answer for several photos of one head.

use crate::views::rounded;
use serde::Serialize;
use strand_library::Consensus;
use utoipa::ToSchema;

/// One answer for photos of one head.
#[derive(Serialize, ToSchema)]
#[schema(as = Together, example = json!({
    "images": [1, 2, 3],
    "best_matches": [
        {"color_id": 7, "name": "#6/27 Brown / Strawberry Blonde", "combined_score": 0.91},
        {"color_id": 9, "name": "#8", "combined_score": 0.05}
    ],
    "no_match_score": 0.02,
    "disagreeing": [{"image_index": 3, "color_id": 9}],
    "warnings": ["Photo 3 looks more like \"#8\" than \"#6/27 Brown / Strawberry Blonde\"; check that it shows the same head."]
}))]
pub struct TogetherView {
    /// The photos that it rests on, by `image_index`: those in which hair was found.
    images: Vec<usize>,
    /// The best matches, highest score first.
    best_matches: Vec<TogetherMatchView>,
    /// Probability, 0 to 1, that the head has none of the colors; 0 if no color is trained and all photos show hair.
    no_match_score: f32,
    /// The photos that match another color best.
    disagreeing: Vec<DisagreementView>,
    /// What to do about them, one sentence each.
    warnings: Vec<String>,
}

/// A match of all photos.
#[derive(Serialize, ToSchema)]
#[schema(as = TogetherMatch)]
struct TogetherMatchView {
    #[schema(example = 7)]
    color_id: u64,
    name: String,
    /// Probability, 0 to 1, that the head has this color, among all colors of the library and no match; if no color is
    /// trained, mean closeness in color.
    #[schema(example = 0.91)]
    combined_score: f32,
}

/// A photo that matches another color best.
#[derive(Serialize, ToSchema)]
#[schema(as = Disagreement)]
struct DisagreementView {
    /// Position of the photo in the call, from 1.
    image_index: usize,
    /// The color that it matches best.
    color_id: u64,
}

impl From<&Consensus> for TogetherView {
    fn from(consensus: &Consensus) -> Self {
        let matches = consensus.matches.iter().map(|found| TogetherMatchView {
            color_id: found.shade_id,
            name: found.name.clone(),
            combined_score: rounded(found.score, 4),
        });
        let disagreeing = consensus.disagreeing.iter();
        let disagreeing = disagreeing.map(|(image_index, color_id)| DisagreementView {
            image_index: *image_index,
            color_id: *color_id,
        });
        Self {
            images: consensus.photos.clone(),
            best_matches: matches.collect(),
            no_match_score: rounded(consensus.no_match, 4),
            disagreeing: disagreeing.collect(),
            warnings: consensus.warnings.clone(),
        }
    }
}
