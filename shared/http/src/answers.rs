//! How the HTTP contract represents analyzed photos.

use crate::summary::SummaryView;
use crate::together::TogetherView;
use crate::views::{rounded, wire_enum};
use base64::Engine;
use serde::Serialize;
use strand_color::{Lab, Rgb};
use strand_learning::{Basis, LibrarySnapshot, Match};
use strand_library::{Analysis, Consensus, HeadPlace};
use strand_photo::ColorSpace;
use strand_signature::{Daylight, DominantColor};
use utoipa::ToSchema;

/// The results for all photos.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "num_images": 2, "library_version": "d4ad6fc7-14", "warnings": [],
    "results": [row_example(), failed_example()]
}))]
pub struct AnalysisView {
    /// Number of photos in the call.
    #[schema(example = 2)]
    num_images: usize,
    /// Changes whenever the library changes.
    library_version: String,
    /// How several photos of the call disagree, one sentence each.
    #[schema(example = json!(["The photos disagree about the shade; if they show the same head, send them with together=true."]))]
    warnings: Vec<String>,
    /// One row per photo, in upload order.
    results: Vec<Row>,
    /// With `together=true`, one answer for all photos; null if no hair was found in any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TogetherView>, required = false)]
    together: Option<Option<TogetherView>>,
}

impl AnalysisView {
    /// The results of photos that were matched against `snapshot`.
    pub fn new(snapshot: &LibrarySnapshot, rows: Vec<Row>, warnings: Vec<String>) -> Self {
        Self {
            num_images: rows.len(),
            library_version: snapshot.version().to_owned(),
            warnings,
            results: rows,
            together: None,
        }
    }

    /// Adds the answer for all photos; `None` if no hair was found in any.
    #[must_use]
    pub fn and(mut self, together: Option<&Consensus>) -> Self {
        self.together = Some(together.map(TogetherView::from));
        self
    }
}

/// The result for one photo: `status` says which of the two it is.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(
    example = json!(row_example()),
    discriminator(property_name = "status", mapping(
        ("found" = "#/components/schemas/FoundRow"),
        ("failed" = "#/components/schemas/FailedRow"),
    ))
)]
pub enum Row {
    /// The photo was analyzed.
    Found(Box<FoundRow>),
    /// It could not be.
    Failed(FailedRow),
}

impl Row {
    /// The row of an analyzed photo; `image_index` counts from 1.
    pub fn found(image_index: usize, filename: String, analysis: &Analysis) -> Self {
        Self::Found(Box::new(FoundRow::new(image_index, filename, analysis)))
    }

    /// The row of a photo that could not be analyzed, with the code of the error and one sentence that says why.
    pub fn failed(image_index: usize, filename: String, code: &'static str, error: String) -> Self {
        Self::Failed(FailedRow {
            image_index,
            filename,
            status: FailedStatus::Failed,
            code,
            error,
        })
    }
}

fn failed_example() -> serde_json::Value {
    serde_json::json!({
        "image_index": 2, "filename": "b.txt", "status": "failed", "code": "not_an_image",
        "error": "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL."
    })
}

fn row_example() -> serde_json::Value {
    serde_json::json!({
        "image_index": 1, "filename": "a.jpg", "status": "found", "cached": false,
        "analysis_summary": {
            "estimated_tone": "Golden/Yellow", "estimated_level": "Light", "estimated_style": "Blonde",
            "professional_level": 8, "natural_level": 6, "undertone": "warm", "family": "blonde", "technique": "rooted",
            "gray_percentage": 2.1,
            "zones": [
                {"zone": "roots", "percentage": 30.2, "estimated_tone": "Neutral", "professional_level": 6, "hex": "#8a6a4c"},
                {"zone": "lengths", "percentage": 41.7, "estimated_tone": "Golden/Yellow", "professional_level": 8, "hex": "#c49a6b"},
                {"zone": "ends", "percentage": 28.1, "estimated_tone": "Golden/Yellow", "professional_level": 8, "hex": "#cba274"}
            ]
        },
        "dominant_hair_colors": [
            {"hex": "#c69c6d", "rgb": [198, 156, 109], "percentage": 61.4, "lab": [66.8, 9.7, 31.2],
                "lab_daylight": [68.1, 8.9, 29.0]},
            {"hex": "#a57a4f", "rgb": [165, 122, 79], "percentage": 38.6, "lab": [54.2, 11.9, 29.8],
                "lab_daylight": [55.6, 11.1, 27.7]}
        ],
        "best_matches": [{
            "color_id": 7, "name": "#6/27 Brown / Strawberry Blonde", "svm_score": 0.91,
            "lab_difference_score": 3.2, "combined_score": 0.88, "basis": "model", "nearest_image_id": 12,
            "color_differences": [2.1, 4.8]
        }],
        "no_match_score": 0.02, "hair": {
            "presence": 0.99, "covered": 0.01, "coverage": 0.31, "confidence": 0.97,
            "heads": [{"box": {"x": 0.25, "y": 0.1, "width": 0.5, "height": 0.6}, "share": 1.0}], "head": 1
        },
        "photo": {"color_space": "srgb", "daylight_error": 4.1}, "warnings": []
    })
}

/// A photo that could not be analyzed.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(failed_example()))]
pub struct FailedRow {
    /// Position of the photo in the call, from 1.
    #[schema(example = 2)]
    image_index: usize,
    #[schema(example = "b.txt")]
    filename: String,
    status: FailedStatus,
    /// A stable code for this kind of error, as in a problem.
    #[schema(example = "no_hair")]
    code: &'static str,
    /// What is wrong with the photo, in one sentence.
    #[schema(example = "No hair detected in the image.")]
    error: String,
}

/// The status of a photo that could not be analyzed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FailedStatus {
    /// `error` says why.
    Failed,
}

/// The status of an analyzed photo.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FoundStatus {
    /// Hair was found and measured.
    Found,
}

/// The analysis of a photo.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(row_example()))]
pub struct FoundRow {
    /// Position of the photo in the call, from 1.
    #[schema(example = 1)]
    image_index: usize,
    #[schema(example = "a.jpg")]
    filename: String,
    status: FoundStatus,
    /// Whether the measurement came from the cache, so that no network ran.
    cached: bool,
    analysis_summary: SummaryView,
    /// The dominant colors of the hair, largest share first.
    dominant_hair_colors: Vec<ColorShare>,
    /// The best matches, highest combined score first.
    best_matches: Vec<MatchView>,
    /// Probability, 0 to 1, that the photo shows no hair, or hair of no color in the library. If no color is trained,
    /// only the former.
    #[schema(example = 0.02)]
    no_match_score: f32,
    hair: HairView,
    photo: PhotoSourceView,
    /// Warnings that affect how far to trust the result, one sentence each.
    warnings: Vec<String>,
    /// The overlay as a data URL of a PNG, if requested: the photo with everything but the hair dimmed, or the mask in
    /// gray, white where there is hair.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<String>,
}

/// A dominant color of the hair.
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
    /// The same in neutral light of usual strength, as judged from the hair, skin and background. With
    /// `white_balance=off`, it is `lab`.
    #[schema(example = json!([68.1, 8.9, 29.0]))]
    lab_daylight: [f32; 3],
}

/// A match.
#[derive(Serialize, ToSchema)]
struct MatchView {
    #[schema(example = 7)]
    color_id: u64,
    name: String,
    /// Probability by the SVM, 0 to 1; 0 if the match does not use one.
    #[schema(example = 0.91)]
    svm_score: f32,
    /// CIEDE2000 color difference; lower is closer.
    #[schema(example = 3.2)]
    lab_difference_score: f32,
    /// Probability, 0 to 1, that the photo shows hair of this color, among all colors of the library and no match; if no
    /// color is trained, closeness in color times `hair.presence`. Matches are sorted by this score.
    #[schema(example = 0.88)]
    combined_score: f32,
    /// What the scores are based on: `model`, `references`, or `swatch`.
    #[schema(example = "model")]
    basis: BasisView,
    /// The id of the color's closest image.
    nearest_image_id: Option<u64>,
    /// The CIEDE2000 difference of each of `dominant_hair_colors`, in that order, from the closest color of that image
    /// or of the swatch.
    #[schema(example = json!([2.1, 4.8]))]
    color_differences: Vec<f32>,
}

/// Whether the photo shows hair, how much of it, and the confidence of the hair parser.
#[derive(Serialize, ToSchema)]
struct HairView {
    /// Probability that the photo shows hair of a head, 0 to 1. Below 0.5, the row is an error. It is 1 if the hair
    /// parser does not judge it.
    #[schema(example = 0.99)]
    presence: f32,
    /// Probability that a hat, a scarf, or a hood covers the head, 0 to 1. It is 0 if the hair parser does not judge it.
    #[schema(example = 0.01)]
    covered: f32,
    /// Share of the photo that is hair of this head, 0 to 1.
    #[schema(example = 0.31)]
    coverage: f32,
    /// Mean probability of the hair pixels, 0.5 to 1.
    #[schema(example = 0.97)]
    confidence: f32,
    /// The heads in the photo, the largest first: people, pictures of a collage, or swatches of a chart.
    heads: Vec<HeadView>,
    /// The place in `heads`, from 1, of the head that this answer is about.
    #[schema(example = 1)]
    head: usize,
}

/// A head in a photo.
#[derive(Serialize, ToSchema)]
#[schema(as = Head)]
struct HeadView {
    /// The box around its hair, in shares of the upright photo.
    #[serde(rename = "box")]
    place: BoxView,
    /// Its share of the hair of all heads, 0 to 1.
    #[schema(example = 1.0)]
    share: f32,
}

/// A rectangle, in shares of the upright photo, 0 to 1.
#[derive(Serialize, ToSchema)]
#[schema(as = Box)]
struct BoxView {
    /// Left edge.
    #[schema(example = 0.25)]
    x: f32,
    /// Top edge.
    #[schema(example = 0.1)]
    y: f32,
    /// Width.
    #[schema(example = 0.5)]
    width: f32,
    /// Height.
    #[schema(example = 0.6)]
    height: f32,
}

impl From<&HeadPlace> for HeadView {
    fn from(head: &HeadPlace) -> Self {
        let [x, y, width, height] = head.place.map(|share| rounded(share, 4));
        Self {
            place: BoxView { x, y, width, height },
            share: rounded(head.share, 4),
        }
    }
}

/// What the file says about itself, and how well the light of the photo is known.
#[derive(Serialize, ToSchema)]
struct PhotoSourceView {
    /// The color space of the file, from which it was converted to sRGB.
    #[schema(example = "srgb")]
    color_space: ColorSpaceView,
    /// By how much `lab_daylight` is off on average, as a distance in CIE Lab; 0 with `white_balance=off`.
    #[schema(example = 4.1)]
    daylight_error: f32,
}

impl FoundRow {
    fn new(image_index: usize, filename: String, analysis: &Analysis) -> Self {
        let overlay = analysis.overlay.as_ref().map(|png| {
            format!(
                "data:image/png;base64,{}",
                base64::engine::general_purpose::STANDARD.encode(png)
            )
        });
        let colors = analysis.colors.iter();
        let colors = colors.map(|color| ColorShare::new(color, analysis.daylight));
        Self {
            image_index,
            filename,
            status: FoundStatus::Found,
            cached: analysis.cached,
            analysis_summary: SummaryView::from(analysis),
            dominant_hair_colors: colors.collect(),
            best_matches: analysis.matches.iter().map(MatchView::from).collect(),
            no_match_score: rounded(analysis.no_match, 4),
            hair: HairView {
                presence: rounded(analysis.presence, 4),
                covered: rounded(analysis.covered, 4),
                coverage: rounded(analysis.coverage, 4),
                confidence: rounded(analysis.confidence, 4),
                heads: analysis.heads.iter().map(HeadView::from).collect(),
                head: analysis.head + 1,
            },
            photo: PhotoSourceView {
                color_space: analysis.color_space.into(),
                daylight_error: rounded(analysis.daylight.error, 1),
            },
            warnings: analysis.warnings.clone(),
            overlay,
        }
    }
}

impl ColorShare {
    fn new(color: &DominantColor, daylight: Daylight) -> Self {
        let rgb: Rgb = color.lab.to_rgb();
        let rounded_lab = |lab: Lab| [lab.l, lab.a, lab.b].map(|value| rounded(value, 1));
        Self {
            hex: rgb.to_string(),
            rgb: [rgb.r, rgb.g, rgb.b],
            percentage: rounded(100.0 * color.share, 1),
            lab: rounded_lab(color.lab),
            lab_daylight: rounded_lab(daylight.correct(color.lab)),
        }
    }
}

impl From<&Match> for MatchView {
    fn from(m: &Match) -> Self {
        Self {
            color_id: m.shade_id,
            name: m.name.clone(),
            svm_score: rounded(m.svm_score, 4),
            lab_difference_score: rounded(m.difference, 2),
            combined_score: rounded(m.combined, 4),
            basis: m.basis.into(),
            nearest_image_id: m.nearest_photo,
            color_differences: m.color_differences.iter().map(|d| rounded(*d, 1)).collect(),
        }
    }
}

wire_enum! {
    /// What the scores of a match are based on.
    BasisView of Basis as "snake_case" {
        /// The color's SVM and its images.
        Model,
        /// Only the colors of its images: the model belongs to another feature space and waits for training.
        References,
        /// Only its reference swatch.
        Swatch,
    }
}

wire_enum! {
    /// The color space of a file: `srgb`, also if the file says nothing; `adobe_rgb`, named in EXIF; `icc`, an embedded
    /// profile; `code_points` of ITU-T H.273, such as Display P3, PQ, and HLG; `gamma_and_primaries` of a PNG; `cmyk`, ink
    /// without a profile.
    ColorSpaceView of ColorSpace as "snake_case" {
        /// sRGB, also if the file says nothing.
        Srgb,
        /// Adobe RGB (1998), named in EXIF.
        AdobeRgb,
        /// That of an embedded ICC profile.
        Icc,
        /// That of code points of ITU-T H.273, such as Display P3, PQ, and HLG.
        CodePoints,
        /// That of the gamma and the primaries in a PNG.
        GammaAndPrimaries,
        /// Ink without a profile.
        Cmyk,
    }
}
