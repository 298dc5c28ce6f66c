//! The scheme that Strand replaces: the largest of five k-means clusters in RGB, a linear SVM on a backbone's embedding with
//! Platt scaling, and 0.7 of its probability plus 0.3 of closeness in color.
//!
//! Its figures are quoted. `eval/replaced.py` printed them with scikit-learn from a dump of the same photos;
//! `eval/replaced.toml` has them and the commands.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::metrics::Figures;
use crate::setting::Light;

/// The name in tables.
pub const NAME: &str = "replaced scheme";

static QUOTED: LazyLock<Quoted> =
    LazyLock::new(|| toml::from_str(include_str!("../replaced.toml")).expect("a test reads the same file"));

/// Everything that `eval/replaced.py` printed.
#[derive(Debug, Deserialize)]
pub struct Quoted {
    /// The version of scikit-learn.
    pub scikit_learn: String,
    /// The id of the parser that found the hair.
    pub parser: String,
    /// The id of the backbone.
    pub backbone: String,
    /// The labeled portraits.
    pub labeled: Labeled,
    rows: Vec<Row>,
}

/// The shares of right answers about the labeled portraits.
#[derive(Debug, Deserialize)]
pub struct Labeled {
    /// Of all portraits.
    pub right: f32,
    /// The mean of the shares of each color.
    pub mean: f32,
}

/// A table of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// 47 shades, three photos each. The step is 3.
    Core,
    /// The step is the number of photos per shade.
    ByPhotos,
    /// The step is the number of shades.
    ByShades,
    /// Trained on drawn photos, tested with portraits. The step is 3.
    AcrossKinds,
}

#[derive(Debug, Deserialize)]
struct Row {
    table: Table,
    light: String,
    photos: String,
    step: usize,
    #[serde(flatten)]
    figures: Figures,
}

/// The quoted figures.
pub fn quoted() -> &'static Quoted {
    &QUOTED
}

impl Quoted {
    /// The figures of one row, if they were measured. `photos` names the kind of photos as the tables do.
    pub fn figures(&self, table: Table, light: Light, photos: &str, step: usize) -> Option<Figures> {
        let row = self.rows.iter().find(|row| {
            row.table == table && row.light == light.name() && row.photos == photos && row.step == step
        });
        row.map(|row| row.figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quoted_figures_fill_the_tables() {
        let rows = [
            (Table::Core, "swatches and heads", 3),
            (Table::Core, "portraits", 3),
            (Table::Core, "all", 3),
            (Table::ByPhotos, "all", 10),
            (Table::ByShades, "swatches and heads", 200),
            (Table::ByShades, "portraits", 118),
            (Table::AcrossKinds, "all", 3),
        ];
        for light in Light::ALL {
            for (table, photos, step) in rows {
                let figures = quoted().figures(table, light, photos, step);
                let figures = figures.unwrap_or_else(|| panic!("{table:?}, {light:?}, {photos}, {step}"));
                assert!(
                    figures.low <= figures.top_1 && figures.top_1 <= figures.high.min(figures.top_3),
                    "{figures:?}"
                );
                assert_eq!(figures.rejection.is_some(), table == Table::Core);
            }
        }
        assert!(quoted().figures(Table::Core, Light::Harsh, "all", 4).is_none());
    }
}
