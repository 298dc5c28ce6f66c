//! What the contract shows of analyzed photos.

use super::views::rounded;
use crate::color::{Level, Rgb, Style, Tone};
use crate::learning::{Basis, Match};
use crate::library::{Analysis, Snapshot};
use crate::signature::DominantColor;
use base64::Engine;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer for all photos.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "num_images": 2, "library_version": "d4ad6fc7-14",
    "results": [row_example(), {"image_index": 2, "filename": "b.txt", "error": "The file is not an image that can be read; send a JPEG, PNG, \
        WebP, GIF, BMP or TIFF."}]
}))]
pub struct AnalysisView {
    /// How many photos were sent.
    #[schema(example = 1)]
    num_images: usize,
    /// Changes whenever the library does.
    library_version: String,
    /// One row per photo, in upload order.
    results: Vec<Row>,
}

impl AnalysisView {
    /// The rows of photos that were matched against `snapshot`.
    pub fn new(snapshot: &Snapshot, rows: Vec<Row>) -> Self {
        Self {
            num_images: rows.len(),
            library_version: snapshot.version().to_owned(),
            results: rows,
        }
    }
}

/// The answer for one photo.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(row_example()))]
pub struct Row {
    /// From 1.
    #[schema(example = 1)]
    image_index: usize,
    #[schema(example = "a.jpg")]
    filename: String,
    #[serde(flatten)]
    answer: Answer,
}

impl Row {
    /// What was found in the photo at `image_index`, counted from 1.
    pub fn found(image_index: usize, filename: String, analysis: &Analysis, cached: bool) -> Self {
        Self {
            image_index,
            filename,
            answer: Answer::Found(Box::new(Found::new(analysis, cached))),
        }
    }

    /// What was wrong with it, in a sentence.
    pub fn failed(image_index: usize, filename: String, error: String) -> Self {
        Self {
            image_index,
            filename,
            answer: Answer::Error { error },
        }
    }
}

fn row_example() -> serde_json::Value {
    serde_json::json!({
        "image_index": 1, "filename": "a.jpg", "cached": false,
        "analysis_summary": {
            "estimated_tone": "Golden/Yellow", "estimated_level": "Light", "estimated_style": "Blonde",
            "professional_level": 8
        },
        "dominant_hair_colors": [
            {"hex": "#c69c6d", "rgb": [198, 156, 109], "percentage": 61.4, "lab": [66.8, 9.7, 31.2]},
            {"hex": "#a57a4f", "rgb": [165, 122, 79], "percentage": 38.6, "lab": [54.2, 11.9, 29.8]}
        ],
        "best_matches": [{
            "color_id": 7, "name": "#6/27 Brown / Strawberry Blonde", "svm_score": 0.91,
            "lab_difference_score": 3.2, "combined_score": 0.88, "basis": "model", "nearest_image_id": 12,
            "color_differences": [2.1, 4.8]
        }],
        "no_match_score": 0.02, "hair": {"coverage": 0.31, "confidence": 0.97}, "warnings": []
    })
}

/// Either what was found or what was wrong.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Answer {
    Found(Box<Found>),
    Error {
        /// One sentence.
        #[schema(example = "No hair detected in the image.")]
        error: String,
    },
}

/// What was found in a photo.
#[derive(Serialize, ToSchema)]
struct Found {
    /// Whether the answer came from the cache.
    cached: bool,
    analysis_summary: SummaryView,
    /// By falling share.
    dominant_hair_colors: Vec<ColorShare>,
    /// By falling combined score.
    best_matches: Vec<MatchView>,
    /// Probability, 0 to 1, that the hair is of no shade of the library; 0 where no shade is trained.
    #[schema(example = 0.02)]
    no_match_score: f32,
    hair: HairView,
    /// What to know before trusting the answer.
    warnings: Vec<String>,
    /// Where it was asked for, a data URL of a PNG: the photo with all but the hair dimmed, or the mask as gray, white
    /// where there is hair.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<String>,
}

/// The hair in a colorist's words.
#[derive(Serialize, ToSchema)]
struct SummaryView {
    #[schema(value_type = String, example = "Golden/Yellow")]
    estimated_tone: Tone,
    #[schema(value_type = String, example = "Light")]
    estimated_level: Level,
    #[schema(value_type = String, example = "Blonde")]
    estimated_style: Style,
    /// 1 (black) to 10 (lightest blonde).
    #[schema(example = 8, minimum = 1, maximum = 10)]
    professional_level: u8,
}

/// One dominant color.
#[derive(Serialize, ToSchema)]
struct ColorShare {
    #[schema(example = "#c69c6d")]
    hex: String,
    #[schema(example = json!([198, 156, 109]))]
    rgb: [u8; 3],
    /// Share of the hair, 0 to 100.
    #[schema(example = 61.4)]
    percentage: f32,
    /// CIE L*a*b*, D65.
    #[schema(example = json!([66.8, 9.7, 31.2]))]
    lab: [f32; 3],
}

/// One matching shade.
#[derive(Serialize, ToSchema)]
struct MatchView {
    #[schema(example = 7)]
    color_id: u64,
    name: String,
    /// The SVM's probability, 0 to 1; 0 where the match rests on none.
    #[schema(example = 0.91)]
    svm_score: f32,
    /// CIEDE2000, lower is nearer.
    #[schema(example = 3.2)]
    lab_difference_score: f32,
    /// Probability, 0 to 1, that it is this shade of all in the library, or none of them; without any trained shade,
    /// closeness of color. The order of the matches.
    #[schema(example = 0.88)]
    combined_score: f32,
    /// What the scores rest on: `model`, `references` or `swatch`.
    #[schema(value_type = String, example = "model")]
    basis: Basis,
    /// The nearest photo of the shade.
    nearest_image_id: Option<u64>,
    /// CIEDE2000 of each of `dominant_hair_colors`, in their order, to the nearest color of that photo or of the swatch.
    #[schema(example = json!([2.1, 4.8]))]
    color_differences: Vec<f32>,
}

/// How much hair, and how sure.
#[derive(Serialize, ToSchema)]
struct HairView {
    /// Share of the photo, 0 to 1.
    #[schema(example = 0.31)]
    coverage: f32,
    /// Mean probability of the pixels taken for hair, 0.5 to 1.
    #[schema(example = 0.97)]
    confidence: f32,
}

impl Found {
    fn new(analysis: &Analysis, cached: bool) -> Self {
        let overlay = analysis.overlay.as_ref().map(|png| {
            format!(
                "data:image/png;base64,{}",
                base64::engine::general_purpose::STANDARD.encode(png)
            )
        });
        Self {
            cached,
            analysis_summary: SummaryView {
                estimated_tone: analysis.summary.tone,
                estimated_level: analysis.summary.level,
                estimated_style: analysis.summary.style,
                professional_level: analysis.summary.professional_level,
            },
            dominant_hair_colors: analysis.colors.iter().map(ColorShare::from).collect(),
            best_matches: analysis.matches.iter().map(MatchView::from).collect(),
            no_match_score: rounded(analysis.no_match, 4),
            hair: HairView {
                coverage: rounded(analysis.coverage, 4),
                confidence: rounded(analysis.confidence, 4),
            },
            warnings: analysis.warnings.clone(),
            overlay,
        }
    }
}

impl From<&DominantColor> for ColorShare {
    fn from(color: &DominantColor) -> Self {
        let rgb: Rgb = color.lab.to_rgb();
        Self {
            hex: rgb.to_string(),
            rgb: [rgb.r, rgb.g, rgb.b],
            percentage: rounded(100.0 * color.share, 1),
            lab: [color.lab.l, color.lab.a, color.lab.b].map(|value| rounded(value, 1)),
        }
    }
}

impl From<&Match> for MatchView {
    fn from(m: &Match) -> Self {
        Self {
            color_id: m.color_id,
            name: m.name.clone(),
            svm_score: rounded(m.svm_score, 4),
            lab_difference_score: rounded(m.difference, 2),
            combined_score: rounded(m.combined, 4),
            basis: m.basis,
            nearest_image_id: m.nearest_image,
            color_differences: m.color_differences.iter().map(|d| rounded(*d, 1)).collect(),
        }
    }
}
