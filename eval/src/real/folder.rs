//! Which photographs a folder has, and of which shades.
//!
//! The folder has either a `photos.json`, a list of objects with `file` and `shade`, or one subfolder of photos per shade.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A photograph and its shade, as `photos.json` lists them.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct Listed {
    /// The path in the folder.
    pub file: PathBuf,
    /// The name of the shade.
    pub shade: String,
}

/// The photographs in a folder, in a fixed order.
///
/// # Errors
/// One sentence if the folder cannot be read or has no photographs.
pub fn list(folder: &Path) -> Result<Vec<Listed>, String> {
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
