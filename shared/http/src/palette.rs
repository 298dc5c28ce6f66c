//! `/palette`: the built-in standard palette.

use crate::Shared;
use crate::problems::Guarded;
use crate::views::{rounded, wire_enum};
use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use strand_color::{Blend, PaletteShade, Place, palette};
use strand_signature::{DominantColor, mean_color};
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
struct PaletteShadeView {
    /// Its position in the palette, from 1; the `color_id` in answers of `/analyze-legacy`.
    #[schema(example = 76)]
    id: u64,
    /// Standard shade code.
    #[schema(example = "6/27")]
    code: &'static str,
    /// Code and descriptive name.
    #[schema(example = "#6/27 Chestnut Brown / Strawberry Blonde")]
    name: &'static str,
    /// The average color of its parts.
    #[schema(example = "#865f3f")]
    hex: String,
    /// How its parts are distributed.
    #[schema(example = "highlighted")]
    blend: BlendView,
    /// One to three colors. A rooted shade lists them from root to tips, any other shade by share, largest first.
    parts: Vec<PalettePartView>,
}

/// One color of a palette shade.
#[derive(Serialize, ToSchema)]
struct PalettePartView {
    /// Where on the hair it is.
    #[schema(example = "throughout")]
    place: PlaceView,
    #[schema(example = "#674a33")]
    hex: String,
    /// Share of the hair, 0 to 100.
    #[schema(example = 60.0)]
    percentage: f32,
}

impl From<(u64, &'static PaletteShade)> for PaletteShadeView {
    fn from((id, shade): (u64, &'static PaletteShade)) -> Self {
        let colors: Vec<DominantColor> = shade
            .parts
            .iter()
            .map(|part| DominantColor {
                lab: part.lab,
                share: part.share,
            })
            .collect();
        let parts = shade.parts.iter().map(|part| PalettePartView {
            place: part.place.into(),
            hex: part.rgb.to_string(),
            percentage: rounded(100.0 * part.share, 1),
        });
        Self {
            id,
            code: &shade.code,
            name: &shade.name,
            hex: mean_color(&colors).to_rgb().to_string(),
            blend: shade.blend.into(),
            parts: parts.collect(),
        }
    }
}

/// List the shades of the built-in palette.
///
/// `/analyze-legacy` matches against them. You can also start your own library with their names and swatches.
#[utoipa::path(get, path = "/palette", operation_id = "list_palette", tag = "colors",
    responses((status = 200, body = [PaletteShadeView], description = "The shades: solid, then highlighted, then rooted"), Guarded),
    security((), ("api_key" = []), ("bearer" = [])))]
async fn list() -> impl IntoResponse {
    let shades: Vec<PaletteShadeView> = (1..).zip(palette()).map(PaletteShadeView::from).collect();
    // The palette changes only with the version of Strand.
    ([(header::CACHE_CONTROL, "public, max-age=3600")], Json(shades))
}

wire_enum! {
    /// How the parts of a palette shade are distributed.
    BlendView of Blend as "snake_case" {
        /// A single color.
        Solid,
        /// Several colors throughout the hair.
        Highlighted,
        /// Different colors at the root and at the tips.
        Rooted,
    }
}

wire_enum! {
    /// Where on the hair a part of a palette shade is.
    PlaceView of Place as "snake_case" {
        /// All over the hair.
        Throughout,
        /// At the root.
        Root,
        /// At the tips.
        Tips,
    }
}
