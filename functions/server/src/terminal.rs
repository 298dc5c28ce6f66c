//! Terminal output of the commands: progress bars, swatches, aligned names.

use console::{Alignment, pad_str, style};
use indicatif::{ProgressBar, ProgressStyle};
use strand::color::Rgb;

/// A progress bar for `total` units of `what`. It is hidden when output is not a terminal.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let template = format!("{{msg:28!}} {{wide_bar}} {{pos}}/{{len}} {what} {{eta}}");
    styled(total, &template)
}

/// A progress bar for bytes.
pub fn bytes_bar(total: u64) -> ProgressBar {
    styled(total, "{msg:28!} {wide_bar} {bytes}/{total_bytes} {eta}")
}

fn styled(total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// A patch of a color; blank without a color or if the terminal shows no colors.
pub fn swatch(color: Option<Rgb>) -> String {
    match color {
        Some(Rgb { r, g, b }) => style("    ").on_true_color(r, g, b).to_string(),
        None => "    ".to_owned(),
    }
}

/// A text padded or cut to a width, for a column.
pub fn cell(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, Some("…")).into_owned()
}
