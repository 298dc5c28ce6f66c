//! `/palette`: the built-in shades of the trade.

use super::Shared;
use crate::color::{Blend, Place, Shade, palette};
use crate::signature::{DominantColor, mean_color};
use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A shade of the built-in palette.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 76, "code": "6/27", "name": "#6/27 Chestnut Brown / Strawberry Blonde", "hex": "#865f3f",
    "blend": "highlighted",
    "parts": [
        {"place": "throughout", "hex": "#674a33", "percentage": 60.0},
        {"place": "throughout", "hex": "#b88a5c", "percentage": 40.0}
    ]
}))]
struct PaletteShade {
    /// Its place in the palette, from 1: the `color_id` of `/analyze-legacy`.
    #[schema(example = 76)]
    id: u64,
    /// The trade's code.
    #[schema(example = "6/27")]
    code: &'static str,
    /// Code and plain name.
    #[schema(example = "#6/27 Chestnut Brown / Strawberry Blonde")]
    name: &'static str,
    /// The mean of its parts.
    #[schema(example = "#865f3f")]
    hex: String,
    /// How its parts lie together.
    #[schema(example = "highlighted", value_type = String, pattern = "^(solid|highlighted|rooted)$")]
    blend: Blend,
    /// One to three colors; from root to tips where the shade is rooted, otherwise the largest first.
    parts: Vec<PalettePart>,
}

/// One color of a palette shade.
#[derive(Serialize, ToSchema)]
struct PalettePart {
    /// Where on the hair it lies.
    #[schema(example = "throughout", value_type = String, pattern = "^(throughout|root|tips)$")]
    place: Place,
    #[schema(example = "#674a33")]
    hex: String,
    /// Share of the hair, 0 to 100.
    #[schema(example = 60.0)]
    percentage: f32,
}

impl From<(u64, &'static Shade)> for PaletteShade {
    fn from((id, shade): (u64, &'static Shade)) -> Self {
        let colors: Vec<DominantColor> = shade
            .parts
            .iter()
            .map(|part| DominantColor {
                lab: part.lab,
                share: part.share,
            })
            .collect();
        let parts = shade.parts.iter().map(|part| PalettePart {
            place: part.place,
            hex: part.rgb.to_string(),
            percentage: super::views::rounded(100.0 * part.share, 1),
        });
        Self {
            id,
            code: &shade.code,
            name: &shade.name,
            hex: mean_color(&colors).to_rgb().to_string(),
            blend: shade.blend,
            parts: parts.collect(),
        }
    }
}

/// List the shades of the built-in palette.
///
/// They are what `/analyze-legacy` matches against, and names and swatches to start a library with.
#[utoipa::path(get, path = "/palette", tag = "colors",
    responses((status = 200, body = [PaletteShade], description = "The shades: solid, then highlighted, then rooted")))]
async fn list() -> impl IntoResponse {
    let shades: Vec<PaletteShade> = (1..).zip(palette()).map(PaletteShade::from).collect();
    // It changes with the version of Strand only.
    ([(header::CACHE_CONTROL, "public, max-age=3600")], Json(shades))
}
