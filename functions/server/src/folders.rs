//! Folders of photos: which shades they hold, and what in them is skipped.
//!
//! A folder is a shade, named after the folder. A file `shades.csv` in the main folder names what no folder can be named,
//! and adds swatches and descriptions. What devices and archivers leave behind is passed over in silence.

use csv::{ReaderBuilder, StringRecord, Trim};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use strand::color::Rgb;
use strand::library::NewShade;

/// The file in the main folder that names shades.
pub const MANIFEST: &str = "shades.csv";
/// What macOS, Windows, and network storage leave behind, in lower case. Names that begin with a dot are hidden, too.
const LEFT_BEHIND: [&str; 13] = [
    "$recycle.bin",
    "#recycle",
    "#snapshot",
    "@eadir",
    "@recycle",
    "@sharebin",
    "__macosx",
    "desktop.ini",
    "ehthumbs.db",
    "icon\r",
    "lost+found",
    "system volume information",
    "thumbs.db",
];
/// The words for the first column of a manifest, in its first line.
const HEADINGS: [&str; 4] = ["folder", "file", "folder or file", "path"];

/// The photos of a shade.
pub struct ShadePhotos {
    /// The shade.
    pub shade: NewShade,
    /// Whether it has the name of its folder.
    pub is_named_by_folder: bool,
    /// The files, which may or may not be photos.
    pub files: Vec<PathBuf>,
}

/// What is skipped, and why.
pub type Skipped = Vec<(PathBuf, String)>;

/// What a main folder holds.
#[derive(Default)]
pub struct Found {
    /// The shades with files.
    pub shades: Vec<ShadePhotos>,
    /// What is skipped.
    pub skipped: Skipped,
    /// Folders without any file, which make no shade.
    pub empty: Vec<PathBuf>,
}

/// Looks through a main folder.
///
/// # Errors
/// One line, if it cannot be read or has neither folders nor a manifest.
pub fn find(dir: &Path) -> Result<Found, String> {
    let mut found = Found::default();
    let mut named = HashSet::new();
    if dir.join(MANIFEST).is_file() {
        manifest(dir, &mut found, &mut named)?;
    }
    let mut is_any = !named.is_empty();
    for path in entries(dir)? {
        if named.contains(&path) || path.file_name().is_some_and(|name| name == MANIFEST) {
            continue;
        }
        match Kind::of(&path) {
            Kind::Folder => {
                is_any = true;
                let shade = new_shade(&name_of(&path));
                let files = files_in(&path, &named, &mut found.skipped)?;
                if files.is_empty() {
                    found.empty.push(path);
                } else {
                    found.shades.push(ShadePhotos {
                        shade,
                        is_named_by_folder: true,
                        files,
                    });
                }
            }
            Kind::File => found.skip(path, "It is in no shade's folder."),
            Kind::Link => found.skip(path, LINK),
        }
    }
    if is_any {
        return Ok(found);
    }
    Err(format!(
        "{} has no subfolders; create one per shade, named after the shade, with its photos.",
        dir.display()
    ))
}

const LINK: &str = "It is a link; put the files themselves there.";

impl Found {
    fn skip(&mut self, path: PathBuf, why: impl Into<String>) {
        self.skipped.push((path, why.into()));
    }
}

/// A shade with this name and nothing else.
fn new_shade(name: &str) -> NewShade {
    NewShade {
        name: name.to_owned(),
        description: None,
        hex: None,
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What a path is, links not followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Link,
}

impl Kind {
    fn of(path: &Path) -> Self {
        match path.symlink_metadata() {
            Ok(about) if about.is_symlink() => Self::Link,
            Ok(about) if about.is_dir() => Self::Folder,
            _ => Self::File,
        }
    }
}

/// The files of a shade's folder, without those that the manifest names.
fn files_in(folder: &Path, named: &HashSet<PathBuf>, skipped: &mut Skipped) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in entries(folder)?.into_iter().filter(|path| !named.contains(path)) {
        match Kind::of(&path) {
            Kind::File => files.push(path),
            Kind::Folder => skipped.push((path, "Folders within a shade's folder are not read.".into())),
            Kind::Link => skipped.push((path, LINK.into())),
        }
    }
    Ok(files)
}

/// The entries of a folder, sorted by name, without what is hidden or left behind.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if !(name.starts_with('.') || LEFT_BEHIND.contains(&&*name)) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads the manifest: one row per folder or file, with shade, hex, and description. A row that is wrong is skipped.
fn manifest(dir: &Path, found: &mut Found, named: &mut HashSet<PathBuf>) -> Result<(), String> {
    let path = dir.join(MANIFEST);
    let bytes =
        std::fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("{} is not in UTF-8; save it as CSV in UTF-8.", path.display()))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut wanted = Vec::new();
    for (at, record) in rows(text).into_iter().enumerate() {
        let row = record.map_err(|error| error.to_string()).and_then(|row| {
            let is_heading = at == 0 && HEADINGS.contains(&&*row[0].to_lowercase());
            if is_heading {
                Ok(None)
            } else {
                Row::read(dir, &row).map(Some)
            }
        });
        match row {
            Ok(None) => {}
            Ok(Some(row)) if named.insert(row.path.clone()) => wanted.push(row),
            Ok(Some(_)) => found.skip(
                path.clone(),
                format!("Line {}: an earlier line names the same.", at + 1),
            ),
            Err(why) => found.skip(path.clone(), format!("Line {}: {why}", at + 1)),
        }
    }
    // Only now is it known which files of a folder have rows of their own.
    wanted.into_iter().try_for_each(|row| row.add(found, named))
}

/// The rows of a table that spreadsheets write with commas, semicolons, or tabs.
fn rows(text: &str) -> Vec<Result<StringRecord, csv::Error>> {
    let first = text.lines().next().unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|found| *found == byte).count();
    let delimiter = *b",;\t"
        .iter()
        .rev()
        .max_by_key(|byte| count(**byte))
        .unwrap_or(&b',');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let rows = reader.records().filter(|row| {
        row.as_ref()
            .map_or(true, |row| row.iter().any(|cell| !cell.is_empty()))
    });
    rows.collect()
}

/// A row of the manifest.
struct Row {
    path: PathBuf,
    shade: NewShade,
}

impl Row {
    fn read(dir: &Path, row: &StringRecord) -> Result<Self, String> {
        let cell = |at: usize| row.get(at).filter(|cell| !cell.is_empty());
        let place = cell(0).ok_or("it names no folder or file.")?;
        let path = located(dir, place)?;
        let hex = cell(2).map(str::parse::<Rgb>).transpose();
        let name = cell(1).map_or_else(|| name_of(&path), str::to_owned);
        Ok(Self {
            shade: NewShade {
                description: cell(3).map(str::to_owned),
                hex: hex.map_err(|error| error.to_string())?,
                ..new_shade(&name)
            },
            path,
        })
    }

    fn add(self, found: &mut Found, named: &HashSet<PathBuf>) -> Result<(), String> {
        let files = if Kind::of(&self.path) == Kind::Folder {
            files_in(&self.path, named, &mut found.skipped)?
        } else {
            vec![self.path.clone()]
        };
        let same = found
            .shades
            .iter_mut()
            .find(|known| known.shade.name == self.shade.name);
        match same {
            Some(known) => {
                known.files.extend(files);
                known.shade.hex = known.shade.hex.or(self.shade.hex);
                known.shade.description = known.shade.description.take().or(self.shade.description);
            }
            None if files.is_empty() => found.empty.push(self.path),
            None => found.shades.push(ShadePhotos {
                shade: self.shade,
                is_named_by_folder: false,
                files,
            }),
        }
        Ok(())
    }
}

/// The folder or file that a manifest names, which lies in `dir`. Finder shows a colon as a slash.
fn located(dir: &Path, place: &str) -> Result<PathBuf, String> {
    let relative = Path::new(place);
    let is_inside = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_inside {
        return Err(format!("\"{place}\" does not lie in this folder."));
    }
    // Collected again, so that it equals the path of the folder's entry.
    let plain: PathBuf = relative
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let shown = dir.join(place.replace('/', ":"));
    let path = [dir.join(plain), shown]
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok());
    let path = path.ok_or_else(|| format!("there is no folder or file \"{place}\"."))?;
    if Kind::of(&path) == Kind::Link {
        return Err(format!("\"{place}\" is a link; put the files themselves there."));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        place
    }

    fn told(place: &Path, found: &Found) -> Vec<(String, Vec<String>)> {
        let name = |path: &PathBuf| path.strip_prefix(place).unwrap().display().to_string();
        let shades = found.shades.iter();
        shades
            .map(|shade| (shade.shade.name.clone(), shade.files.iter().map(name).collect()))
            .collect()
    }

    #[test]
    fn what_devices_leave_behind_is_passed_over() {
        let place = tree(&[
            ("Ash/1.jpg", ""),
            ("Ash/.DS_Store", ""),
            ("Ash/Thumbs.db", ""),
            ("Ash/@eaDir/1.jpg/thumb.jpg", ""),
            ("__MACOSX/Ash/._1.jpg", ""),
            ("#recycle/old.jpg", ""),
            (".hidden/1.jpg", ""),
        ]);
        std::fs::create_dir(place.path().join("Empty")).unwrap();
        let found = find(place.path()).unwrap();
        assert_eq!(
            told(place.path(), &found),
            [("Ash".into(), vec!["Ash/1.jpg".into()])]
        );
        assert!(found.skipped.is_empty(), "{:?}", found.skipped);
        assert_eq!(found.empty, [place.path().join("Empty")]);
    }

    #[test]
    fn what_is_skipped_is_listed() {
        let place = tree(&[("Ash/1.jpg", ""), ("Ash/more/2.jpg", ""), ("loose.jpg", "")]);
        std::os::unix::fs::symlink("/nowhere", place.path().join("Ash/link.jpg")).unwrap();
        std::os::unix::fs::symlink("/nowhere", place.path().join("Link")).unwrap();
        let found = find(place.path()).unwrap();
        let skipped: Vec<String> = found.skipped.iter().map(|(path, _)| name_of(path)).collect();
        assert_eq!(skipped, ["link.jpg", "more", "Link", "loose.jpg"]);
        let only_photos = tree(&[("1.jpg", "")]);
        assert!(find(only_photos.path()).is_err_and(|error| error.contains("no subfolders")));
    }

    #[test]
    fn a_file_with_a_row_of_its_own_is_not_in_its_folders_shade() {
        let table = "Odd,A\nOdd/1.jpg,B\nOdd,C\n";
        let place = tree(&[("Odd/1.jpg", ""), ("Odd/2.jpg", ""), (MANIFEST, table)]);
        let found = find(place.path()).unwrap();
        let shades = [
            ("A".to_owned(), vec!["Odd/2.jpg".to_owned()]),
            ("B".to_owned(), vec!["Odd/1.jpg".to_owned()]),
        ];
        assert_eq!(told(place.path(), &found), shades);
        assert_eq!(found.skipped[0].1, "Line 3: an earlier line names the same.");
    }

    #[test]
    fn a_manifest_names_what_no_folder_can_be_named() {
        for separator in [",", ";", "\t"] {
            let row = |cells: &[&str]| cells.join(separator);
            let table = [
                row(&["folder", "shade", "hex", "description"]),
                row(&["#6:27", "#6/27 Brown", "#a9714b", "\"warm, \"\"red\"\"; six\""]),
                row(&["Odd/1.jpg", "Cendré", "", ""]),
                row(&["Odd/3.jpg", " Cendré ", "#123", ""]),
                row(&["Finder/Name", "", "", ""]),
                row(&["../out", "Out", "", ""]),
                row(&["none", "None", "", ""]),
                row(&["Odd/2.jpg", "Wrong", "red", ""]),
            ];
            let place = tree(&[
                ("shades.csv", &format!("\u{feff}{}\r\n", table.join("\r\n"))),
                ("#6:27/1.jpg", ""),
                ("Finder:Name/1.jpg", ""),
                ("Odd/1.jpg", ""),
                ("Odd/2.jpg", ""),
                ("Odd/3.jpg", ""),
            ]);
            let found = find(place.path()).unwrap();
            let expected = [
                ("#6/27 Brown", &["#6:27/1.jpg"][..]),
                ("Cendré", &["Odd/1.jpg", "Odd/3.jpg"]),
                ("Finder:Name", &["Finder:Name/1.jpg"]),
                ("Odd", &["Odd/2.jpg"]),
            ];
            let expected = expected.map(|(name, files)| {
                let files = files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
                (name.to_owned(), files)
            });
            assert_eq!(told(place.path(), &found), expected, "{separator:?}");
            let first = &found.shades[0].shade;
            assert_eq!(first.description.as_deref(), Some("warm, \"red\"; six"));
            assert_eq!(first.hex, Some("#a9714b".parse().unwrap()));
            assert_eq!(found.shades[1].shade.hex, Some("#112233".parse().unwrap()));
            let lines: Vec<&str> = found.skipped.iter().map(|(_, why)| &why[..7]).collect();
            assert_eq!(lines, ["Line 6:", "Line 7:", "Line 8:"], "{:?}", found.skipped);
        }
    }
}
