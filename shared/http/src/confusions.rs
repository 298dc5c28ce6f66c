//! `/confusions`: which shades are mistaken for each other, and what would help.

use crate::ApiError;
use crate::analysis::AnalysisState;
use crate::problems::{Guarded, Stored};
use crate::views::{rounded, wire_enum};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::HashMap;
use strand_learning::{ConfusedPair, ShadeRecall};
use strand_library::{Advice, AdviceKind, Health};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<AnalysisState> {
    OpenApiRouter::new().routes(routes!(confusions))
}

/// Which shades are mistaken for each other.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "library_version": "d4ad6fc7-14", "images": 8, "recognized": 6,
    "pairs": [{
        "images": 2,
        "colors": [{"color_id": 7, "name": "#6", "image_id": 12}, {"color_id": 9, "name": "#8", "image_id": 31}]
    }],
    "colors": [{
        "color_id": 7, "name": "#6", "images": 4, "recognized": 2, "recall": 0.5,
        "advice": [{
            "kind": "looks_like", "image_id": 12, "other_color_id": 9,
            "detail": "Photo 3 looks like \"#8\"; compare the two, or take it again."
        }]
    }]
}))]
pub struct ConfusionsView {
    /// Changes whenever the library changes.
    library_version: String,
    /// Number of images of trained colors that show hair.
    images: usize,
    /// How many of them the library recognizes without having them.
    recognized: usize,
    /// The pairs of colors that are mistaken for each other most often, at most 10, the worst first.
    #[schema(max_items = 10)]
    pairs: Vec<PairView>,
    /// The trained colors, by id.
    colors: Vec<ColorRecallView>,
}

/// Two colors that are mistaken for each other.
#[derive(Serialize, ToSchema)]
struct PairView {
    /// Number of images of either that are taken for the other.
    images: usize,
    /// The two colors.
    #[schema(min_items = 2, max_items = 2)]
    colors: Vec<SideView>,
}

/// One color of a pair.
#[derive(Serialize, ToSchema)]
struct SideView {
    color_id: u64,
    name: String,
    /// An image to compare: one that is mistaken, where the color has one.
    image_id: u64,
}

/// How well the images of one color are recognized.
#[derive(Serialize, ToSchema)]
struct ColorRecallView {
    color_id: u64,
    name: String,
    /// Number of its images that show hair.
    images: usize,
    /// How many of them are recognized by all the others.
    recognized: usize,
    /// The share that is recognized, 0 to 1; null if there is only one image, or if it has to be trained again to tell.
    recall: Option<f32>,
    /// What would help; empty where nothing is wrong.
    advice: Vec<AdviceView>,
}

/// What would help a color.
#[derive(Serialize, ToSchema)]
struct AdviceView {
    kind: AdviceKindView,
    /// The image that it is about; null if it is about the color.
    image_id: Option<u64>,
    /// The other color that it is about, or null.
    other_color_id: Option<u64>,
    /// One sentence for people. Images are numbered from the oldest, from 1.
    detail: String,
}

wire_enum! {
    /// The kind of advice.
    AdviceKindView of AdviceKind as "snake_case" {
        /// An image looks like another color.
        LooksLike,
        /// Another color has the same image.
        SamePhoto,
        /// An image was taken in very different light, or shows different hair.
        DifferentLight,
        /// An image shows no hair.
        NoHair,
        /// There is only one image that shows hair.
        OnlyPhoto,
    }
}

/// Which colors are mistaken for each other, and what would help.
///
/// Each image is left out in turn, and all the others name its color. Colors that wait for training are left out.
#[utoipa::path(get, path = "/confusions", operation_id = "list_confusions", tag = "analysis",
    responses((status = 200, body = ConfusionsView, description = "The pairs, and each trained color"), Guarded, Stored),
    security((), ("api_key" = []), ("bearer" = [])))]
async fn confusions(State(app): State<AnalysisState>) -> Result<Json<ConfusionsView>, ApiError> {
    let health = app.matching.health(&app.library).await?;
    Ok(Json(ConfusionsView::from(&*health)))
}

impl From<&Health> for ConfusionsView {
    fn from(health: &Health) -> Self {
        let shades = &health.confusions.shades;
        let names: HashMap<u64, &str> = shades
            .iter()
            .map(|shade| (shade.shade_id, shade.name.as_str()))
            .collect();
        Self {
            library_version: health.version.clone(),
            images: shades.iter().map(|shade| shade.photos.len()).sum(),
            recognized: shades.iter().map(ShadeRecall::recognized).sum(),
            pairs: health
                .confusions
                .pairs
                .iter()
                .map(|pair| PairView::new(pair, &names))
                .collect(),
            colors: shades
                .iter()
                .map(|shade| ColorRecallView::new(shade, health))
                .collect(),
        }
    }
}

impl PairView {
    fn new(pair: &ConfusedPair, names: &HashMap<u64, &str>) -> Self {
        let sides = pair.shades.iter().zip(pair.examples);
        let side = |(color_id, image_id): (&u64, u64)| SideView {
            color_id: *color_id,
            name: names.get(color_id).copied().unwrap_or_default().to_owned(),
            image_id,
        };
        Self {
            images: pair.count,
            colors: sides.map(side).collect(),
        }
    }
}

impl ColorRecallView {
    fn new(shade: &ShadeRecall, health: &Health) -> Self {
        let (images, recognized) = (shade.photos.len(), shade.recognized());
        let advice = health.advice.get(&shade.shade_id);
        Self {
            color_id: shade.shade_id,
            name: shade.name.clone(),
            images,
            recognized,
            recall: shade.recall().map(|recall| rounded(recall, 3)),
            advice: advice.into_iter().flatten().map(AdviceView::from).collect(),
        }
    }
}

impl From<&Advice> for AdviceView {
    fn from(advice: &Advice) -> Self {
        Self {
            kind: advice.kind.into(),
            image_id: advice.photo_id,
            other_color_id: advice.other,
            detail: advice.sentence.clone(),
        }
    }
}
