//! `strand-server export` and `import`: the whole library as one file.

use crate::Outcome;
use crate::session::with_library;
use crate::terminal::{bar, bytes_bar};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strand::archive::{Archive, ArchiveError, Export, ImportProgress, PhotoLeftOut};
use strand::library::counted;
use tokio_stream::StreamExt;

pub fn export(file: &Path) -> Result<Outcome, String> {
    let to_stdout = file == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        return Err("a library file is not for a terminal; name a file, or redirect the output.".into());
    }
    with_library("curl -o library.tar {}/export", async |session| {
        let archive = session.service.archive(&session.analyzer);
        if to_stdout {
            return write(&archive, &mut io::stdout().lock(), "the standard output").await;
        }
        // Writes to a temporary name until the file is complete, so that a partial file never replaces an older export.
        let cannot = |error: io::Error| format!("{} cannot be written: {error}", file.display());
        let mut partial = tempfile::NamedTempFile::new_in(directory_of(file)).map_err(cannot)?;
        let outcome = write(&archive, partial.as_file_mut(), &file.display().to_string()).await?;
        partial.as_file().sync_all().map_err(cannot)?;
        partial.persist(file).map_err(|error| cannot(error.error))?;
        Ok(outcome)
    })
}

fn directory_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

async fn write(archive: &Arc<Archive>, out: &mut dyn Write, to: &str) -> Result<Outcome, String> {
    let Export {
        shades,
        photos,
        mut pieces,
    } = archive.export().await.map_err(|error| error.to_string())?;
    let progress = bar(photos, "photos").with_message("Exporting");
    let (mut done, mut left_out) = (0, 0_usize);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| error.to_string())?;
        out.write_all(&piece.bytes)
            .map_err(|error| format!("{to} cannot be written: {error}"))?;
        done = piece.photos_done;
        progress.set_position(done);
        if let Some(photo) = piece.left_out {
            left_out += 1;
            progress.suspend(|| eprintln!("{}", line(&photo)));
        }
    }
    out.flush()
        .map_err(|error| format!("{to} cannot be written: {error}"))?;
    progress.finish_and_clear();
    eprintln!(
        "Exported {} with {} to {to}.",
        counted(shades, "shade"),
        counted(done, "photo")
    );
    Ok(outcome(left_out))
}

pub fn import(file: &Path) -> Result<Outcome, String> {
    let cannot = |error: io::Error| format!("{} cannot be read: {error}", file.display());
    let from = if file == Path::new("-") {
        let mut kept = tempfile::tempfile().map_err(cannot)?;
        io::copy(&mut io::stdin().lock(), &mut kept).map_err(cannot)?;
        io::Seek::rewind(&mut kept).map_err(cannot)?;
        kept
    } else {
        File::open(file).map_err(cannot)?
    };
    if from.metadata().map_err(cannot)?.is_dir() {
        return Err(format!(
            "{} is a folder; to train shades from folders of photos, use strand-server train.",
            file.display()
        ));
    }
    let instead = "curl -H 'content-type: application/x-tar' -T library.tar -X POST {}/import";
    with_library(instead, async |session| {
        let archive = session.service.archive(&session.analyzer);
        let progress = bytes_bar(from.metadata().map_err(cannot)?.len());
        let shown = progress.clone();
        let show = move |state: ImportProgress| {
            shown.set_message(if state.importing {
                "Importing"
            } else {
                "Checking the file"
            });
            shown.set_position(state.done);
        };
        let imported = archive.import(from, Arc::new(show)).await;
        progress.finish_and_clear();
        let imported = imported.map_err(|error| match error {
            ArchiveError::NotAnArchive => format!("{error} Choose one made with strand-server export."),
            other => other.to_string(),
        })?;
        for photo in &imported.left_out {
            eprintln!("{}", line(photo));
        }
        eprintln!("{imported}");
        Ok(outcome(imported.left_out.len()))
    })
}

fn outcome(left_out: usize) -> Outcome {
    if left_out == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    }
}

fn line(photo: &PhotoLeftOut) -> String {
    format!(
        "Left out: {} of \"{}\": {}",
        photo.photo, photo.shade, photo.reason
    )
}
