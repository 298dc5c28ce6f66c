//! `strand-server train`: one shade per folder of photos.

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
use strand::library::ports::NewColor;
use strand::library::{Library, LibraryError, Names, Trained};

#[derive(Args)]
pub struct Arguments {
    /// A folder that holds one folder of photos per shade; the folder's name is the shade's.
    dir: PathBuf,
}

/// A folder of photos.
struct Lesson {
    name: String,
    photos: Vec<PathBuf>,
}

/// What came of a folder.
struct Report {
    name: String,
    added: usize,
    left_out: Vec<(PathBuf, String)>,
    result: Result<Trained, String>,
}

pub fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let lessons = lessons(&arguments.dir)?;
    with_library("curl -F image=@photo.jpg {}/colors/1/images", async |library| {
        let photos: usize = lessons.iter().map(|lesson| lesson.photos.len()).sum();
        let progress = bar((photos + lessons.len()) as u64, "steps");
        let mut reports = Vec::new();
        let mut names = Names::of(&library).await.map_err(|error| error.to_string())?;
        let mut pupils = Vec::new();
        for lesson in &lessons {
            progress.set_message(lesson.name.clone());
            pupils.push(add_photos(&library, &mut names, lesson, &progress).await?);
        }
        // All photos are there before the first training, so that each shade learns against all the others.
        for pupil in pupils {
            progress.set_message(pupil.name.clone());
            reports.push(train(&library, pupil).await?);
            progress.inc(1);
        }
        progress.finish_and_clear();
        for report in &mut reports {
            // A shade that was trained early has been fitted again when its neighbours came.
            if let Ok(trained) = &mut report.result
                && let Ok(color) = library.color(trained.color_id).await
            {
                trained.model = color.model.unwrap_or_else(|| trained.model.clone());
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

fn lessons(dir: &Path) -> Result<Vec<Lesson>, String> {
    let mut lessons = Vec::new();
    for folder in entries(dir)?.into_iter().filter(|path| path.is_dir()) {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let photos = entries(&folder)?.into_iter().filter(|path| path.is_file());
        lessons.push(Lesson {
            name,
            photos: photos.collect(),
        });
    }
    if lessons.is_empty() {
        return Err(format!(
            "{} holds no folders; give a folder with one folder of photos per shade, named as the shade is.",
            dir.display()
        ));
    }
    Ok(lessons)
}

/// What is in a folder by name, hidden files aside.
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
struct Pupil {
    color_id: u64,
    name: String,
    /// The files by the id that their photo has in the library.
    files: HashMap<u64, PathBuf>,
    added: usize,
    left_out: Vec<(PathBuf, String)>,
}

async fn add_photos(
    library: &Library,
    names: &mut Names<'_>,
    lesson: &Lesson,
    progress: &ProgressBar,
) -> Result<Pupil, String> {
    let color = NewColor {
        name: lesson.name.clone(),
        description: None,
        hex: None,
    };
    let (color, _) = names
        .find_or_create(color)
        .await
        .map_err(|error| format!("the folder \"{}\": {error}", lesson.name))?;
    let mut pupil = Pupil {
        color_id: color.id,
        name: color.name,
        files: HashMap::new(),
        added: 0,
        left_out: Vec::new(),
    };
    for path in &lesson.photos {
        let added = match read_photo(path) {
            Ok(bytes) => library.add_image(color.id, bytes).await,
            Err(error) => Err(error),
        };
        match added {
            Ok((image, is_new)) => {
                pupil.added += usize::from(is_new);
                pupil.files.insert(image.id, path.clone());
            }
            Err(error @ (LibraryError::Photo(_) | LibraryError::Invalid(_))) => {
                pupil.left_out.push((path.clone(), error.to_string()));
            }
            Err(error) => return Err(error.to_string()),
        }
        progress.inc(1);
    }
    Ok(pupil)
}

async fn train(library: &Arc<Library>, pupil: Pupil) -> Result<Report, String> {
    let Pupil {
        color_id,
        name,
        files,
        added,
        mut left_out,
    } = pupil;
    let result = match library.train(color_id).await {
        Ok(trained) => {
            let hairless = trained.left_out.iter().filter_map(|id| files.get(id));
            left_out.extend(hairless.map(|path| (path.clone(), "No hair detected in the image.".into())));
            Ok(trained)
        }
        Err(error @ (LibraryError::NoImages(_) | LibraryError::NoHairToTrain { .. })) => {
            Err(error.to_string())
        }
        // What is wrong with this machine is wrong for all shades.
        Err(error) => return Err(format!("{error} strand-server doctor says more.")),
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
                    ", recognises {:.0} % of its own and turns away {:.0} % of others",
                    100.0 * metrics.recall,
                    100.0 * metrics.specificity
                ),
                None => String::new(),
            };
            println!(
                "{} {name} trained on {} photo(s), {} of them new{accuracy}",
                style("✓").green(),
                trained.model.num_images,
                report.added
            );
        }
        Err(error) => println!("{} {name} {error}", style("✗").red()),
    }
    for (path, reason) in &report.left_out {
        println!("    left out: {}: {reason}", path.display());
    }
}
