//! What the commands show: progress bars, swatches, aligned names.

use console::{Alignment, pad_str, style};
use indicatif::{ProgressBar, ProgressStyle};
use strand::color::Rgb;

/// A bar on the terminal for so many `what`; without a terminal it shows nothing.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let template = format!("{{msg:28!}} {{wide_bar}} {{pos}}/{{len}} {what} {{eta}}");
    styled(total, &template)
}

/// The same for bytes.
pub fn bytes_bar(total: u64) -> ProgressBar {
    styled(total, "{msg:28!} {wide_bar} {bytes}/{total_bytes} {eta}")
}

fn styled(total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// A patch of a color, where the terminal shows colors.
pub fn swatch(color: Option<Rgb>) -> String {
    match color {
        Some(Rgb { r, g, b }) => style("    ").on_true_color(r, g, b).to_string(),
        None => "    ".to_owned(),
    }
}

/// A text brought to a width, for a column.
pub fn cell(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, Some("…")).into_owned()
}
