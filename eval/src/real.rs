//! Real photographs: each one is left out in turn, and a library of all the others names its shade.
//!
//! The folder has either a `photos.json`, a list of objects with `file` and `shade`, or one subfolder of photos per shade.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;
use strand::mask::Framed;

use crate::metrics::{Answer, calibration_error, interval, share};
use crate::networks::{Networks, WORKING_SIDE};
use crate::sample::Sample;
use crate::scheme::{Scheme, TrainingShade};
use crate::svm::VARIANTS;

/// A photograph and its shade, as `photos.json` lists them.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Listed {
    file: PathBuf,
    shade: String,
}

/// A measured photograph.
struct Photograph {
    /// `None` where no hair was found.
    sample: Option<Sample>,
    /// The index of its shade.
    shade: usize,
}

/// Measures the photographs in `folder` and prints the table.
///
/// # Errors
/// One sentence when the folder or a photo cannot be read.
pub fn run(folder: &Path, networks: &Networks) -> Result<(), String> {
    let listed = list(folder)?;
    let mut shades: Vec<&str> = Vec::new();
    for Listed { shade, .. } in &listed {
        if !shades.contains(&shade.as_str()) {
            shades.push(shade);
        }
    }
    let photographs = measured(folder, &listed, &shades, networks)?;
    let (bald, alone) = (
        photographs.iter().filter(|photo| photo.sample.is_none()).count(),
        (0..shades.len())
            .filter(|shade| photographs.iter().filter(|photo| photo.shade == *shade).count() == 1)
            .count(),
    );
    println!(
        "### {} real photographs of {} shades, each left out in turn\n",
        photographs.len(),
        shades.len()
    );
    println!(
        "Parser {}. No hair was found in {bald} photographs; {alone} shades have only one. Both count as answered wrongly.\n",
        networks.parser_id()
    );
    println!("| | top-1 (95% interval) | top-3 | calibration error |\n|---|---|---:|---:|");
    for (name, scheme) in VARIANTS {
        let answers: Vec<Answer> = (0..photographs.len())
            .into_par_iter()
            .map(|left_out| answer(&photographs, left_out, scheme, shades.len()))
            .collect();
        let top = interval(&answers, |answers| share(answers, |answer| answer.first));
        println!(
            "| {name} | {:.3} ({:.3} to {:.3}) | {:.3} | {:.3} |",
            top.value,
            top.low,
            top.high,
            share(&answers, |answer| answer.among_three),
            calibration_error(&answers)
        );
    }
    Ok(())
}

fn measured(
    folder: &Path,
    listed: &[Listed],
    shades: &[&str],
    networks: &Networks,
) -> Result<Vec<Photograph>, String> {
    let measure = |Listed { file, shade }: &Listed| {
        let path = folder.join(file);
        let about = |error: &dyn Display| format!("{}: {error}", path.display());
        let bytes = fs::read(&path).map_err(|error| about(&error))?;
        let framed = Framed::decode(&bytes, WORKING_SIDE).map_err(|error| about(&error))?;
        let photo = framed.picture();
        let mask = networks.parse(&photo);
        Ok(Photograph {
            sample: Sample::of(&photo, &mask),
            shade: shades.iter().position(|known| known == shade).unwrap_or(0),
        })
    };
    listed.par_iter().map(measure).collect()
}

/// The answer of a library trained on all photographs but one to that one.
fn answer(photographs: &[Photograph], left_out: usize, scheme: &dyn Scheme, shades: usize) -> Answer {
    let of_shade = |shade: usize| -> TrainingShade {
        let others = photographs
            .iter()
            .enumerate()
            .filter(|(i, other)| *i != left_out && other.shade == shade);
        (
            shade,
            others.filter_map(|(_, other)| other.sample.as_ref()).collect(),
        )
    };
    let training: Vec<TrainingShade> = (0..shades)
        .map(of_shade)
        .filter(|(_, photos)| !photos.is_empty())
        .collect();
    let Photograph { sample, shade } = &photographs[left_out];
    let ranked = sample
        .as_ref()
        .map(|sample| scheme.train(&training).rank(sample))
        .unwrap_or_default();
    let first = ranked.best.first();
    Answer {
        shade: *shade,
        first: first.is_some_and(|first| first.shade == *shade),
        among_three: ranked.best.iter().any(|scored| scored.shade == *shade),
        // The true color of the hair is unknown.
        difference: f32::NAN,
        score: first.map_or(0.0, |first| first.score),
        in_library: ranked.in_library,
    }
}

/// The photographs in a folder, in a fixed order.
fn list(folder: &Path) -> Result<Vec<Listed>, String> {
    let index = folder.join("photos.json");
    let about = |path: &Path, error: &dyn Display| format!("{}: {error}", path.display());
    if index.exists() {
        let text = fs::read_to_string(&index).map_err(|error| about(&index, &error))?;
        return serde_json::from_str(&text).map_err(|error| about(&index, &error));
    }
    let mut listed = Vec::new();
    for shade in names(folder)?
        .into_iter()
        .filter(|name| folder.join(name).is_dir())
    {
        for file in names(&folder.join(&shade))? {
            listed.push(Listed {
                file: Path::new(&shade).join(file),
                shade: shade.clone(),
            });
        }
    }
    if listed.is_empty() {
        return Err(format!(
            "{} has neither a photos.json nor a subfolder with photos.",
            folder.display()
        ));
    }
    Ok(listed)
}

/// The names in a folder that do not start with a dot, sorted.
fn names(folder: &Path) -> Result<Vec<String>, String> {
    let about = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(about)? {
        let name = entry.map_err(about)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(file: &str, shade: &str) -> Listed {
        Listed {
            file: file.into(),
            shade: shade.into(),
        }
    }

    #[test]
    fn photos_are_listed_by_subfolder_or_by_index() {
        let folder = tempfile::tempdir().unwrap();
        assert!(list(folder.path()).is_err());
        for file in ["b/2.jpg", "b/.hidden", "a/1.jpg"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(
            list(folder.path()).unwrap(),
            [listed("a/1.jpg", "a"), listed("b/2.jpg", "b")]
        );
        let index = r#"[{"file": "x.jpg", "shade": "27", "note": "more fields are ignored"}]"#;
        fs::write(folder.path().join("photos.json"), index).unwrap();
        assert_eq!(list(folder.path()).unwrap(), [listed("x.jpg", "27")]);
    }
}
