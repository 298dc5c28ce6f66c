//! Rejection: how well photos of shades that the library lacks are recognized as such.

use crate::protocol::Outcome;
use crate::setting::Light;
use crate::study::{CORE, Study};

/// Upper bounds of the bands of unknown shades, in CIEDE2000 to the nearest shade of the library.
const BANDS: [f32; 3] = [3.0, 6.0, f32::INFINITY];

impl Study<'_> {
    /// Adds the table of rejection by the distance of the unknown shades from the library.
    pub fn rejection(&mut self, outcomes: &[(Light, Outcome)], members: &[usize]) {
        let nearest = |shade: usize| {
            let differences = members
                .iter()
                .map(|member| self.shades[shade].difference(&self.shades[*member]));
            differences.fold(f32::INFINITY, f32::min)
        };
        let bands: Vec<(f32, f32)> = BANDS
            .iter()
            .scan(0.0, |low, high| Some((std::mem::replace(low, *high), *high)))
            .collect();
        let mut lines = vec![
            "\n### Rejection of the other 71 shades of the palette, by CIEDE2000 to the nearest of the 47\n"
                .to_owned(),
            "| light | below 3 | 3 to 6 | 6 and more | all |\n|---|---:|---:|---:|---:|".to_owned(),
        ];
        for (light, outcome) in outcomes {
            if outcome.unknown.is_empty() {
                return;
            }
            let cell = |area: Option<f32>| area.map_or_else(String::new, |area| format!("{area:.3}"));
            let cells: Vec<String> = bands
                .iter()
                .map(|(low, high)| cell(outcome.rejection(|shade| (*low..*high).contains(&nearest(shade)))))
                .collect();
            lines.push(format!(
                "| {} | {} | {} |",
                light.name(),
                cells.join(" | "),
                cell(outcome.rejection(|_| true))
            ));
        }
        let counts: Vec<String> = bands
            .iter()
            .map(|(low, high)| {
                (CORE..118)
                    .filter(|shade| (*low..*high).contains(&nearest(*shade)))
                    .count()
                    .to_string()
            })
            .collect();
        lines.push(format!("| shades | {} | 71 |", counts.join(" | ")));
        for line in lines {
            self.say(&line);
        }
    }
}
