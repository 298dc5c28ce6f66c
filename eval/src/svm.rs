//! What the SVMs add to a match, and what fitting them again adds: the same photos with and without.

use crate::protocol::{Outcome, Split};
use crate::scheme::{MeanColor, Scheme, Strand};
use crate::setting::Light;
use crate::study::{CORE, PHOTOS, Study};

/// The number of similar shades that earlier versions fitted again after each training.
const NEIGHBORS: usize = 12;

/// The compared schemes, by the names in the tables.
const VARIANTS: [(&str, &dyn Scheme); 5] = [
    ("every SVM up to date", &Strand::Current),
    (
        "trained in order, 12 neighbors fitted again",
        &Strand::InOrder { neighbors: NEIGHBORS },
    ),
    (
        "trained in order, no neighbor fitted again",
        &Strand::InOrder { neighbors: 0 },
    ),
    ("no SVM", &Strand::WithoutSvm),
    ("nearest mean color", &MeanColor),
];

/// Adds the table to the study.
pub fn run(study: &mut Study) {
    let members: Vec<usize> = (0..CORE).collect();
    let unknown: Vec<usize> = (CORE..study.shades.len().min(118)).collect();
    let split = Split {
        members: &members,
        photos: PHOTOS,
        groups: usize::MAX,
        tests: usize::MAX,
        unknown: &unknown,
    };
    study.say(&format!(
        "\n### What the SVM adds: {CORE} shades, {PHOTOS} photos each, all photos\n"
    ));
    study.say(
        "| light | | top-1 (95% interval) | top-3 | calibration error | rejection AUROC | test photos |\n|---|---|---|---:|---:|---:|---:|",
    );
    for light in Light::ALL {
        for (name, scheme) in VARIANTS {
            let mut whole = Outcome::default();
            for kind in &study.kinds {
                whole.join(study.run_scheme(scheme, split, *kind, light));
            }
            let figures = whole.figures();
            let rejection = figures
                .rejection
                .map_or_else(String::new, |area| format!("{area:.3}"));
            study.say(&format!(
                "| {} | {name} | {:.3} ({:.3} to {:.3}) | {:.3} | {:.3} | {rejection} | {} |",
                light.name(),
                figures.top_1,
                figures.low,
                figures.high,
                figures.top_3,
                figures.calibration_error,
                figures.tests
            ));
        }
    }
}
