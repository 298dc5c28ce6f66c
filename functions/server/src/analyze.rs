//! `strand-server analyze`: prints the colors and matches of photos, as tables or as JSON.

use crate::Outcome;
use crate::session::{Session, with_library, with_settings};
use crate::terminal::{cell, swatch};
use clap::Args;
use console::style;
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use strand::color::{Rgb, palette};
use strand::http::{AnalysisView, Row, code_of};
use strand::learning::{Basis, LibrarySnapshot};
use strand::library::{Analysis, Library, LibraryError, Matching, PhotoRequest, standard_palette};
use strand::photo::{MAX_BYTES, PhotoError};
use strand::settings::{Settings, StoreSettings};
use strand::store::embedded::Embedded;

#[derive(Args)]
pub struct Arguments {
    /// The photos: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL.
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// Print JSON as POST /analyze returns it; the default when output is not a terminal.
    #[arg(long)]
    json: bool,
    /// Print the table even when output is not a terminal.
    #[arg(long, conflicts_with = "json")]
    table: bool,
    /// Match against the standard palette instead of the library.
    #[arg(long)]
    palette: bool,
}

pub fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let mut settings = Settings::from_env()?.quiet();
    // If there is no library, analyzing a photo must not create an empty one.
    let nowhere = settings.store.data_dir().is_some_and(|dir| !Embedded::is_at(dir));
    if !(arguments.palette || nowhere) {
        return with_library("curl -F images=@photo.jpg {}/analyze", async |session| {
            analyze(&session, arguments).await
        });
    }
    let scratch = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    settings.store = StoreSettings::Embedded {
        data_dir: scratch.path().to_owned(),
    };
    with_settings(settings, async |session| analyze(&session, arguments).await)
}

async fn analyze(session: &Session, arguments: &Arguments) -> Result<Outcome, String> {
    let (library, matching) = (&session.service.library, &session.analyzer.matching);
    let snapshot = matching.snapshot().await.map_err(|error| error.to_string())?;
    let by_palette = arguments.palette || snapshot.is_empty();
    let against = if by_palette { standard_palette() } else { snapshot };
    let as_json = arguments.json || !(arguments.table || std::io::stdout().is_terminal());
    let swatches = if as_json {
        HashMap::new()
    } else {
        swatches(library, by_palette).await?
    };
    if by_palette && !arguments.palette {
        eprintln!("The library has no shade to match against yet, so we compared with standard shades.");
    }
    let (mut rows, mut failed) = (Vec::new(), false);
    for (index, path) in arguments.photos.iter().enumerate() {
        let name = path.display().to_string();
        match answer(matching, &against, path).await {
            Ok(analysis) if as_json => rows.push(Row::found(index + 1, name, &analysis)),
            Ok(analysis) => show(&name, &analysis, &swatches),
            // A problem with this machine affects every photo.
            Err(error) if error.is_of_this_machine() => {
                return Err(format!("{error} Run strand-server doctor for details."));
            }
            Err(error) => {
                failed = true;
                if as_json {
                    rows.push(Row::failed(index + 1, name, code_of(&error), error.to_string()));
                } else {
                    println!("{}\n  {} {error}\n", style(name).bold(), style("✗").red());
                }
            }
        }
    }
    if as_json {
        // Files named on a command line are of any heads, so that they differ says nothing.
        let json = serde_json::to_string_pretty(&AnalysisView::new(&against, rows, Vec::new()))
            .map_err(|error| error.to_string())?;
        // The reader of a pipe may have closed it.
        let _ = writeln!(std::io::stdout(), "{json}");
    }
    Ok(if failed {
        Outcome::Partial
    } else {
        Outcome::Complete
    })
}

async fn answer(
    matching: &Matching,
    against: &LibrarySnapshot,
    path: &Path,
) -> Result<Analysis, LibraryError> {
    let bytes = read_photo(path)?;
    matching.analyze(against, bytes, PhotoRequest::default()).await
}

/// Reads a photo's file, up to the maximum size of a photo.
pub fn read_photo(path: &Path) -> Result<Vec<u8>, LibraryError> {
    let unreadable =
        |error: std::io::Error| LibraryError::Invalid(format!("The file cannot be read: {error}."));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_BYTES as u64 {
        return Err(PhotoError::TooManyBytes { bytes: size as usize }.into());
    }
    std::fs::read(path).map_err(unreadable)
}

/// The colors to show next to the names of matches, by the id of the shade.
async fn swatches(library: &Library, by_palette: bool) -> Result<HashMap<u64, Rgb>, String> {
    if by_palette {
        let main = |shade: &strand::color::PaletteShade| shade.parts.first().map(|part| part.lab.to_rgb());
        return Ok((1..)
            .zip(palette())
            .filter_map(|(id, shade)| Some((id, main(shade)?)))
            .collect());
    }
    let shades = library
        .shades(None, usize::MAX)
        .await
        .map_err(|error| error.to_string())?;
    Ok(shades
        .into_iter()
        .filter_map(|shade| Some((shade.id, shade.hex?)))
        .collect())
}

fn show(name: &str, analysis: &Analysis, swatches: &HashMap<u64, Rgb>) {
    let summary = &analysis.summary;
    println!(
        "{}   {}, {}, {}, level {} of 10   hair covers {:.0}% of the photo, {:.0}% sure",
        style(name).bold(),
        summary.tone,
        summary.level,
        summary.style,
        summary.professional_level,
        100.0 * analysis.coverage,
        100.0 * analysis.confidence,
    );
    for color in &analysis.colors {
        let rgb = color.lab.to_rgb();
        println!(
            "  {} {rgb} {:5.1}%   L* {:5.1}  a* {:5.1}  b* {:5.1}",
            swatch(Some(rgb)),
            100.0 * color.share,
            color.lab.l,
            color.lab.a,
            color.lab.b
        );
    }
    for (place, found) in (1..).zip(&analysis.matches) {
        println!(
            "  {place}. {} {} {:3.0}%   ΔE {:4.1}{}",
            swatch(swatches.get(&found.shade_id).copied()),
            cell(&found.name, 40),
            100.0 * found.combined,
            found.difference,
            match found.basis {
                Basis::Model => format!("   SVM {:.2}", found.svm_score),
                Basis::References => "   (train it again)".to_owned(),
                Basis::Swatch => String::new(),
            }
        );
    }
    if analysis.matches.is_empty() {
        println!("  No shade to match against: train some with strand-server train, or use --palette.");
    }
    for warning in &analysis.warnings {
        println!("  {} {warning}", style("!").yellow());
    }
    println!();
}
