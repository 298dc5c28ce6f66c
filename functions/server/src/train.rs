//! `strand-server train`: trains one shade per folder of photos.

use crate::Outcome;
use crate::analyze::read_photo;
use crate::session::with_library;
use crate::terminal::{bar, cell};
use clap::Args;
use console::style;
use indicatif::ProgressBar;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strand::library::{Library, LibraryError, Names, NewShade, Trained, Training, counted};

#[derive(Args)]
pub struct Arguments {
    /// A folder with one subfolder of photos per shade; the subfolder's name is the shade's name.
    dir: PathBuf,
}

/// A folder of photos.
struct ShadeFolder {
    name: String,
    photos: Vec<PathBuf>,
}

/// The result for one folder.
struct Report {
    name: String,
    added: usize,
    left_out: Vec<(PathBuf, String)>,
    result: Result<Trained, String>,
}

pub fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let folders = folders(&arguments.dir)?;
    with_library("curl -F image=@photo.jpg {}/colors/1/images", async |session| {
        let library = &session.service.library;
        let (training, _) = session.service.training(&session.analyzer);
        let photos: usize = folders.iter().map(|folder| folder.photos.len()).sum();
        let progress = bar((photos + folders.len()) as u64, "steps");
        let mut reports = Vec::new();
        let mut names = Names::of(library).await.map_err(|error| error.to_string())?;
        let mut filled = Vec::new();
        for folder in &folders {
            progress.set_message(folder.name.clone());
            filled.push(add_photos(library, &mut names, folder, &progress).await?);
        }
        // All photos are added before the first training, so that an interrupted command has stored all of them.
        for shade in filled {
            progress.set_message(shade.name.clone());
            reports.push(train(&training, shade).await?);
            progress.inc(1);
        }
        progress.finish_and_clear();
        for report in &mut reports {
            // A shade that was trained as the only one is fitted again when the next is.
            if let Ok(trained) = &mut report.result
                && let Ok(shade) = library.shade(trained.shade_id).await
            {
                trained.model = shade.model.unwrap_or_else(|| trained.model.clone());
            }
        }
        let complete = reports.iter().all(|report| report.result.is_ok());
        reports.iter().for_each(show);
        Ok(if complete {
            Outcome::Complete
        } else {
            Outcome::Partial
        })
    })
}

fn folders(dir: &Path) -> Result<Vec<ShadeFolder>, String> {
    let mut folders = Vec::new();
    for folder in entries(dir)?.into_iter().filter(|path| path.is_dir()) {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let photos = entries(&folder)?.into_iter().filter(|path| path.is_file());
        folders.push(ShadeFolder {
            name,
            photos: photos.collect(),
        });
    }
    if folders.is_empty() {
        return Err(format!(
            "{} has no subfolders; create one per shade, named after the shade, with its photos.",
            dir.display()
        ));
    }
    Ok(folders)
}

/// The entries of a folder, sorted by name, without hidden files.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// A shade with the photos of its folder.
struct FilledShade {
    shade_id: u64,
    name: String,
    /// The photos' files by the id that the photo has in the library.
    files: HashMap<u64, PathBuf>,
    added: usize,
    left_out: Vec<(PathBuf, String)>,
}

async fn add_photos(
    library: &Library,
    names: &mut Names<'_>,
    folder: &ShadeFolder,
    progress: &ProgressBar,
) -> Result<FilledShade, String> {
    let named = NewShade {
        name: folder.name.clone(),
        description: None,
        hex: None,
    };
    let (found, _) = names
        .find_or_create(named)
        .await
        .map_err(|error| format!("the folder \"{}\": {error}", folder.name))?;
    let mut shade = FilledShade {
        shade_id: found.id,
        name: found.name,
        files: HashMap::new(),
        added: 0,
        left_out: Vec::new(),
    };
    for path in &folder.photos {
        let added = match read_photo(path) {
            Ok(bytes) => library.add_photo(shade.shade_id, bytes).await,
            Err(error) => Err(error),
        };
        match added {
            Ok((photo, is_new)) => {
                shade.added += usize::from(is_new);
                shade.files.insert(photo.id, path.clone());
            }
            Err(error @ (LibraryError::Photo(_) | LibraryError::Invalid(_))) => {
                shade.left_out.push((path.clone(), error.to_string()));
            }
            Err(error) => return Err(error.to_string()),
        }
        progress.inc(1);
    }
    Ok(shade)
}

async fn train(training: &Arc<Training>, shade: FilledShade) -> Result<Report, String> {
    let FilledShade {
        shade_id,
        name,
        files,
        added,
        mut left_out,
    } = shade;
    let result = match training.train(shade_id).await {
        Ok(trained) => {
            let hairless = trained.left_out.iter().filter_map(|id| files.get(id));
            left_out.extend(hairless.map(|path| (path.clone(), "No hair detected in the image.".into())));
            Ok(trained)
        }
        Err(error @ (LibraryError::NoPhotos(_) | LibraryError::NoHairToTrain { .. })) => {
            Err(error.to_string())
        }
        // A problem with this machine affects every shade.
        Err(error) => return Err(format!("{error} Run strand-server doctor for details.")),
    };
    Ok(Report {
        name,
        added,
        left_out,
        result,
    })
}

fn show(report: &Report) {
    let name = cell(&report.name, 40);
    match &report.result {
        Ok(trained) => {
            let accuracy = match &trained.model.metrics {
                Some(metrics) => format!(
                    "; recognizes {:.0}% of its own photos, rejects {:.0}% of others",
                    100.0 * metrics.recall,
                    100.0 * metrics.specificity
                ),
                None => String::new(),
            };
            println!(
                "{} {name} trained on {} ({} new){accuracy}",
                style("✓").green(),
                counted(trained.model.photo_count, "photo"),
                report.added
            );
        }
        Err(error) => println!("{} {name} {error}", style("✗").red()),
    }
    for (path, reason) in &report.left_out {
        println!("    left out: {}: {reason}", path.display());
    }
}
