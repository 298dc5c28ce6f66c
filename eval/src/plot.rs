//! Plots as SVG. A few lines and labels need no library.

use std::fmt::Write;

use crate::metrics::Bin;

const SIDE: f32 = 360.0;
const MARGIN: f32 = 52.0;
const COLORS: [&str; 4] = ["#1b6e49", "#8a8d91", "#c38c58", "#7d3d28"];

/// A plot with a vertical axis from 0 to 1.
struct Plot {
    svg: String,
    width: f32,
}

impl Plot {
    fn new(title: &str, across: &str, up: &str) -> Self {
        let (width, height) = (SIDE + 2.0 * MARGIN + 150.0, SIDE + 2.0 * MARGIN);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
        );
        let middle = MARGIN + SIDE / 2.0;
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"28\" font-size=\"15\">{title}</text>"
        );
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{across}</text>",
            height - 12.0
        );
        let _ = writeln!(
            svg,
            "<text transform=\"translate(14 {middle}) rotate(-90)\" text-anchor=\"middle\">{up}</text>"
        );
        let mut plot = Self { svg, width };
        for tick in 0..=5 {
            let value = tick as f32 / 5.0;
            let y = Plot::place(0.0, value).1;
            plot.line(&[(0.0, value), (1.0, value)], "#e2e2e2", "");
            let _ = writeln!(
                plot.svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value:.1}</text>",
                MARGIN - 6.0,
                y + 4.0
            );
        }
        plot
    }

    fn place(x: f32, y: f32) -> (f32, f32) {
        (MARGIN + x * SIDE, MARGIN + (1.0 - y) * SIDE)
    }

    fn tick(&mut self, x: f32, word: &str) {
        let (x, y) = Self::place(x, 0.0);
        let _ = writeln!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{word}</text>",
            y + 18.0
        );
    }

    fn line(&mut self, points: &[(f32, f32)], color: &str, dash: &str) {
        let places: Vec<String> = points
            .iter()
            .map(|(x, y)| Self::place(*x, *y))
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            self.svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
            places.join(" ")
        );
    }

    fn dots(&mut self, points: &[(f32, f32)], color: &str) {
        for (x, y) in points {
            let (x, y) = Self::place(*x, *y);
            let _ = writeln!(
                self.svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>"
            );
        }
    }

    fn legend(&mut self, row: usize, color: &str, dash: &str, word: &str) {
        let (x, y) = (
            self.width - 150.0 - MARGIN / 2.0,
            MARGIN + 8.0 + 20.0 * row as f32,
        );
        let _ = writeln!(
            self.svg,
            "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\n\
             <text x=\"{}\" y=\"{}\">{word}</text>",
            x + 22.0,
            x + 28.0,
            y + 4.0
        );
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }
}

/// The share of right first matches by their score, one line per name.
pub fn reliability(lines: &[(String, Vec<Bin>)]) -> String {
    let mut plot = Plot::new(
        "Reliability of the combined score",
        "combined score of the first match",
        "share of right matches",
    );
    for tick in 0..=5 {
        let value = tick as f32 / 5.0;
        plot.tick(value, &format!("{value:.1}"));
    }
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], "#b0b0b0", "4 4");
    for (row, (name, bins)) in lines.iter().enumerate() {
        let points: Vec<(f32, f32)> = bins.iter().map(|bin| (bin.score, bin.right)).collect();
        plot.line(&points, COLORS[row % 4], "");
        plot.dots(&points, COLORS[row % 4]);
        plot.legend(row, COLORS[row % 4], "", name);
    }
    plot.end()
}

/// A figure of several schemes along named steps, one line per scheme.
pub fn steps(title: &str, across: &str, names: &[String], lines: &[(String, Vec<f32>)]) -> String {
    let mut plot = Plot::new(title, across, "top-1");
    let x = |step: usize| (step as f32 + 0.5) / names.len() as f32;
    for (step, name) in names.iter().enumerate() {
        plot.tick(x(step), name);
    }
    for (row, (name, values)) in lines.iter().enumerate() {
        let points: Vec<(f32, f32)> = values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
            .map(|(step, value)| (x(step), *value))
            .collect();
        let (color, dash) = (COLORS[row % 4], if row < 4 { "" } else { "6 4" });
        plot.line(&points, color, dash);
        plot.dots(&points, color);
        plot.legend(row, color, dash, name);
    }
    plot.end()
}
