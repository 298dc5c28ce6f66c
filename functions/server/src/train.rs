//! `strand-server train`: trains one shade per folder of photos.

use crate::Outcome;
use crate::analyze::read_photo;
use crate::folders::{self, ShadePhotos, Skipped};
use crate::session::{Session, with_library};
use crate::terminal::{bar, cell};
use clap::Args;
use console::style;
use indicatif::ProgressBar;
use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strand::learning::LibrarySnapshot;
use strand::library::{
    Library, LibraryError, Names, NewPhoto, NewShade, PhotoRequest, ShadeChange, Trained, Training, counted,
    inspect_patiently, valid_name,
};

#[derive(Args)]
pub struct Arguments {
    /// A folder with one subfolder of photos per shade; the subfolder's name is the shade's name. A file shades.csv in it
    /// (folder or file, shade, hex, description) names what no folder can be named.
    dir: PathBuf,
    /// Learn from photos with several heads without asking: from the head with the most hair.
    #[arg(long, short)]
    yes: bool,
}

/// The result for one shade.
struct Report {
    name: String,
    added: usize,
    left_out: Skipped,
    result: Result<Trained, String>,
}

pub fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let found = folders::find(&arguments.dir)?;
    with_library("curl -F image=@photo.jpg {}/colors/1/images", async |session| {
        let (training, _) = session.service.training(&session.analyzer);
        let library = &session.service.library;
        let names = Names::of(library).await.map_err(|error| error.to_string())?;
        let files: usize = found.shades.iter().map(|shade| shade.files.len()).sum();
        let mut teacher = Teacher {
            session: &session,
            names,
            progress: bar((files + found.shades.len()) as u64, "steps"),
            skipped: found.skipped,
            is_sure: arguments.yes,
        };
        let mut filled = Vec::new();
        for shade in found.shades {
            filled.extend(teacher.fill(shade).await?);
        }
        let Teacher {
            progress, skipped, ..
        } = teacher;
        // All photos are added before the first training, so that an interrupted command has stored all of them.
        let mut reports = Vec::new();
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
        reports.iter().for_each(show);
        for folder in &found.empty {
            println!(
                "{} {}: no photos, so no shade",
                style("-").dim(),
                folder.display()
            );
        }
        show_skipped(&skipped);
        let is_whole = |report: &Report| report.result.is_ok() && report.left_out.is_empty();
        Ok(if skipped.is_empty() && reports.iter().all(is_whole) {
            Outcome::Complete
        } else {
            Outcome::Partial
        })
    })
}

/// A shade with the photos of its folder.
struct FilledShade {
    shade_id: u64,
    name: String,
    /// The photos' files by the id that the photo has in the library.
    files: HashMap<u64, PathBuf>,
    added: usize,
    left_out: Skipped,
}

/// Adds photos to shades.
struct Teacher<'a> {
    session: &'a Session,
    names: Names<'a>,
    progress: ProgressBar,
    skipped: Skipped,
    /// Whether to learn from photos with several heads without asking.
    is_sure: bool,
}

impl Teacher<'_> {
    /// Adds the photos among the files of a shade, which is created with its first one; `None` if there is none.
    async fn fill(&mut self, photos: ShadePhotos) -> Result<Option<FilledShade>, String> {
        let ShadePhotos {
            mut shade,
            is_named_by_folder,
            files,
        } = photos;
        if is_named_by_folder {
            self.resolve(&mut shade);
        }
        self.progress.set_message(shade.name.clone());
        if let Err(error) = valid_name(&shade.name) {
            let folder = files.first().and_then(|file| file.parent()).map(Path::to_owned);
            self.skipped.push((folder.unwrap_or_default(), error.to_string()));
            self.progress.inc(files.len() as u64);
            return Ok(None);
        }
        let known = self
            .digests(&shade.name)
            .await
            .map_err(|error| error.to_string())?;
        let mut filled: Option<FilledShade> = None;
        let mut left_out = Skipped::new();
        for path in files {
            self.progress.inc(1);
            let photo = match self.taken(&path, &known).await {
                Ok(photo) => photo,
                Err(error) => {
                    left_out.push((path, skippable(error)?));
                    continue;
                }
            };
            let filled = match &mut filled {
                Some(filled) => filled,
                None => filled.insert(self.stored(&shade).await.map_err(|error| error.to_string())?),
            };
            let added = self.library().add_inspected(filled.shade_id, photo).await;
            let (photo, is_new) = added.map_err(|error| error.to_string())?;
            filled.added += usize::from(is_new);
            filled.files.insert(photo.id, path);
        }
        match &mut filled {
            Some(filled) => filled.left_out = left_out,
            None => self.skipped.extend(left_out),
        }
        Ok(filled)
    }

    fn library(&self) -> &Library {
        &self.session.service.library
    }

    /// Gives a shade the name of an existing one that its folder means: Finder shows a colon as a slash.
    fn resolve(&self, shade: &mut NewShade) {
        let slashed = shade.name.replace(':', "/");
        if slashed != shade.name && !self.names.has(&shade.name) {
            let name = shade.name.clone();
            if self.names.has(&slashed) {
                shade.name = slashed;
                self.note(&format!("The folder \"{name}\" is the shade \"{}\".", shade.name));
            } else {
                self.note(&format!(
                    "The folder \"{name}\" becomes a shade of that name. To name it \"{slashed}\", say so in {}.",
                    folders::MANIFEST
                ));
            }
        }
        let slashed = shade.name.replace('_', "/");
        if slashed != shade.name && !self.names.has(&shade.name) && self.names.has(&slashed) {
            self.note(&format!(
                "The folder \"{}\" becomes a shade of its own. To add its photos to \"{slashed}\", say so in {}.",
                shade.name,
                folders::MANIFEST
            ));
        }
    }

    fn note(&self, text: &str) {
        self.progress.suspend(|| eprintln!("{text}"));
    }

    /// A photo to learn from. `known` are the digests of those that the shade has already.
    async fn taken(&self, path: &Path, known: &HashSet<String>) -> Result<NewPhoto, LibraryError> {
        let bytes = read_photo(path)?;
        let inspected = inspect_patiently(self.library(), bytes.clone()).await?;
        if !known.contains(&inspected.sha256) && !self.is_sure {
            self.one_head(path, bytes).await?;
        }
        Ok(inspected)
    }

    /// The shade in the library, with the swatch and description that were given.
    async fn stored(&mut self, wanted: &NewShade) -> Result<FilledShade, LibraryError> {
        let (shade, is_new) = self.names.find_or_create(wanted.clone()).await?;
        if !is_new && (wanted.hex.is_some() || wanted.description.is_some()) {
            let change = ShadeChange {
                name: None,
                description: wanted.description.clone().map(Some),
                hex: wanted.hex.map(Some),
            };
            self.library().update_shade(shade.id, change).await?;
        }
        Ok(FilledShade {
            shade_id: shade.id,
            name: shade.name,
            files: HashMap::new(),
            added: 0,
            left_out: Skipped::new(),
        })
    }

    /// The digests of the photos of the shade with this name.
    async fn digests(&self, name: &str) -> Result<HashSet<String>, LibraryError> {
        let Some(shade) = self.names.find(name).await? else {
            return Ok(HashSet::new());
        };
        let photos = self.library().photos(shade.id).await?;
        Ok(photos.into_iter().map(|photo| photo.sha256).collect())
    }

    /// Makes sure that a photo shows one head, or that the user wants to learn from it anyway.
    async fn one_head(&self, path: &Path, bytes: Vec<u8>) -> Result<(), LibraryError> {
        let matching = &self.session.analyzer.matching;
        let nothing = LibrarySnapshot::default();
        let analyzed = matching.analyze(&nothing, bytes, PhotoRequest::default());
        let heads = match analyzed.await {
            Ok(analysis) => analysis.heads.len(),
            Err(error) if error.is_of_this_machine() => return Err(error),
            // Training says what is wrong with it.
            Err(_) => return Ok(()),
        };
        if heads < 2 {
            return Ok(());
        }
        let question = format!(
            "{} shows {heads} heads. Learn from the one with the most hair?",
            path.display()
        );
        let can_answer = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if can_answer && self.progress.suspend(|| confirmed(&question)) {
            return Ok(());
        }
        Err(LibraryError::Invalid(format!(
            "It shows {heads} heads; crop it to one, or learn from the one with the most hair with --yes."
        )))
    }
}

/// Asks a question on the terminal.
fn confirmed(question: &str) -> bool {
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// What is wrong with one file or one name; a failure that affects every other is an error.
fn skippable(error: LibraryError) -> Result<String, String> {
    match error {
        LibraryError::Photo(_) | LibraryError::Invalid(_) => Ok(error.to_string()),
        machine if machine.is_of_this_machine() => Err(for_the_operator(&machine)),
        other => Err(other.to_string()),
    }
}

fn for_the_operator(error: &LibraryError) -> String {
    format!("{error} Run strand-server doctor for details.")
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
        Err(error) => return Err(for_the_operator(&error)),
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

fn show_skipped(skipped: &Skipped) {
    if skipped.is_empty() {
        return;
    }
    println!("{} skipped:", style("!").yellow());
    for (path, why) in skipped {
        println!("    {}: {why}", path.display());
    }
}
