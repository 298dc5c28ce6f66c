//! How the HTTP contract represents the words for hair.

use crate::views::{rounded, wire_enum};
use crate::zones::ZoneView;
use serde::Serialize;
use strand_color::{Family, Level, Style, Tone, Undertone};
use strand_library::Analysis;
use strand_signature::Technique;
use utoipa::ToSchema;

/// The hair in a colorist's terms, as it would look in neutral light of usual strength (`lab_daylight`).
#[derive(Serialize, ToSchema)]
pub struct SummaryView {
    #[schema(example = "Golden/Yellow")]
    estimated_tone: ToneView,
    #[schema(example = "Light")]
    estimated_level: LevelView,
    #[schema(example = "Blonde")]
    estimated_style: StyleView,
    /// Professional level, 1 (black) to 10 (lightest blonde).
    #[schema(example = 8, minimum = 1, maximum = 10)]
    professional_level: u8,
    /// The professional level at the roots, where hair that was not colored shows first.
    #[schema(example = 6, minimum = 1, maximum = 10)]
    natural_level: u8,
    #[schema(example = "warm")]
    undertone: UndertoneView,
    /// Color family, with gray hair and fashion colors.
    #[schema(example = "blonde")]
    family: FamilyView,
    #[schema(example = "rooted")]
    technique: TechniqueView,
    /// Share of the hair that is gray or white, 0 to 100.
    #[schema(example = 2.1)]
    gray_percentage: f32,
    /// Roots, lengths, and ends: the upper, middle, and lower third of hair that hangs down.
    #[schema(min_items = 3, max_items = 3)]
    zones: Vec<ZoneView>,
}

impl From<&Analysis> for SummaryView {
    fn from(analysis: &Analysis) -> Self {
        let words = analysis.summary;
        let [(roots, _), ..] = analysis.zones;
        Self {
            estimated_tone: words.tone.into(),
            estimated_level: words.level.into(),
            estimated_style: words.style.into(),
            professional_level: words.professional_level,
            natural_level: roots.professional_level,
            undertone: words.tone.undertone().into(),
            family: words.family.into(),
            technique: analysis.technique.into(),
            gray_percentage: rounded(100.0 * analysis.gray, 1),
            zones: ZoneView::all(analysis.zones),
        }
    }
}

wire_enum! {
    /// Tone of the hair.
    ToneView of Tone as "PascalCase" {
        /// As warm as natural hair of the same lightness.
        Neutral,
        /// Auburn, copper, burgundy, or pink.
        #[serde(rename = "Warm/Red")]
        WarmRed,
        /// Matte, olive, or dyed green.
        #[serde(rename = "Cool/Green")]
        CoolGreen,
        /// Yellower than natural hair of the same lightness.
        #[serde(rename = "Golden/Yellow")]
        GoldenYellow,
        /// Less yellow than natural hair of the same lightness.
        #[serde(rename = "Ash/Blue")]
        AshBlue,
    }
}

wire_enum! {
    /// Lightness in four steps.
    LevelView of Level as "PascalCase" {
        /// Professional levels 1 to 3.
        Dark,
        /// Professional levels 4 to 6.
        Medium,
        /// Professional levels 7 and 8.
        Light,
        /// Professional levels 9 and 10.
        #[serde(rename = "Very Light")]
        VeryLight,
    }
}

wire_enum! {
    /// Color family of the hair, in three words.
    StyleView of Style as "PascalCase" {
        /// Levels 1 and 2: dark, without visible warmth.
        Black,
        /// Level 3 and up, between black and blonde.
        Brown,
        /// Level 8 and up, and from level 6 on hair with the yellow hue of a blonde.
        Blonde,
    }
}

wire_enum! {
    /// Color family of the hair, with gray hair and fashion colors: `black`, `brown`, `blonde`, `red`, `gray`, `pink`,
    /// `blue`, `green`, or `violet`.
    FamilyView of Family as "snake_case" {
        /// As dark as levels 1 and 2.
        Black,
        /// Between black and blonde.
        Brown,
        /// Blonde.
        Blonde,
        /// Auburn, copper, ginger, red.
        Red,
        /// Gray, silver, white.
        Gray,
        /// Pink, magenta, wine.
        Pink,
        /// Blue, turquoise.
        Blue,
        /// Green, lime.
        Green,
        /// Violet, purple.
        Violet,
    }
}

wire_enum! {
    /// Whether the hair is warm.
    UndertoneView of Undertone as "snake_case" {
        /// Red or golden.
        Warm,
        /// As natural hair of the same lightness.
        Neutral,
        /// Ash, matte, blue, or violet.
        Cool,
    }
}

wire_enum! {
    /// How the hair seems to be colored, by how its lightness runs from roots to ends: `solid`, `rooted`, or `balayage`.
    TechniqueView of Technique as "snake_case" {
        /// Of one lightness from roots to ends.
        Solid,
        /// At least two levels darker at the roots alone.
        Rooted,
        /// Lighter and lighter toward the ends, by at least two levels.
        Balayage,
    }
}
