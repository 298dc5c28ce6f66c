//! What a start did not know or could not read: `lost/<date>/`. Nothing in there is erased except by a deletion that names it.
//!
//! ```text
//! lost/<date>/<shade>/<photo>.<ext>   photos that no row names, with their cards
//! lost/<date>/rows/<table>-<id>.json  rows that could not be read
//! lost/<date>/strand.db               a damaged database; what could be read of it is in the new one
//! ```

use crate::DATABASE;
use crate::cards::{self, SHADE_CARD, card_of};
use crate::disk::{Disk, entries, number};
use crate::error::DiskError;
use crate::marks::Ids;
use crate::photo_files::photo_of;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The directory of rows.
const ROWS: &str = "rows";

/// The directory of what was set aside.
pub struct Lost {
    root: PathBuf,
    disk: Disk,
}

/// A photo that was set aside.
pub struct LostPhoto {
    pub file: PathBuf,
    /// The id that it had.
    pub id: u64,
    pub format: strand_photo::Format,
}

/// What was set aside and is still there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetAside {
    /// How many photos.
    pub photos: usize,
    /// How many shades without photos.
    pub shades: usize,
    /// How many rows of the database that could not be read.
    pub rows: usize,
    /// How many damaged databases.
    pub databases: usize,
}

impl Lost {
    pub fn open(directory: &Path, disk: Disk) -> Self {
        Self {
            root: directory.join("lost"),
            disk,
        }
    }

    /// Removes files that are not complete.
    pub fn clear_temporary(&self) -> Result<(), DiskError> {
        for day in self.days() {
            for place in entries(&day)?
                .iter()
                .map(fs::DirEntry::path)
                .filter(|path| path.is_dir())
            {
                self.disk.clear_temporary(&place)?;
            }
        }
        Ok(())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The first place of today in which nothing has this name.
    fn place(&self, name: &Path) -> PathBuf {
        let today = today();
        let mut place = self.root.join(&today).join(name);
        let mut round = 1;
        while place.exists() {
            round += 1;
            place = self.root.join(format!("{today}-{round}")).join(name);
        }
        place
    }

    /// Moves a photo of a shade here, with its card and that of its shade.
    pub fn photo(&self, file: &Path, shade_id: u64) -> Result<(), DiskError> {
        let name = file.file_name().unwrap_or_default();
        let place = self.place(&Path::new(&shade_id.to_string()).join(name));
        let directory = place.parent().unwrap_or(&self.root);
        self.disk.create(directory)?;
        let shade_card = file.with_file_name(SHADE_CARD);
        if !directory.join(SHADE_CARD).exists()
            && let Ok(card) = fs::read(&shade_card)
        {
            self.disk.replace(&directory.join(SHADE_CARD), &card)?;
        }
        if let Err(error) = self.disk.rename(&card_of(file), &card_of(&place))
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error.into());
        }
        self.disk.rename(file, &place)?;
        Ok(self.disk.sync(directory)?)
    }

    /// Moves the card of a shade here, unless it is here already with photos of the shade.
    pub fn shade_card(&self, card: &Path, shade_id: u64) -> Result<(), DiskError> {
        if !card.exists() {
            return Ok(());
        }
        let name = Path::new(&shade_id.to_string()).join(SHADE_CARD);
        let content = fs::read(card)?;
        let is_here = |day: &PathBuf| fs::read(day.join(&name)).is_ok_and(|here| here == content);
        if self.days().iter().any(is_here) {
            self.disk.remove(card)?;
            return Ok(());
        }
        let place = self.place(&name);
        let directory = place.parent().unwrap_or(&self.root);
        self.disk.create(directory)?;
        self.disk.rename(card, &place)?;
        Ok(self.disk.sync(directory)?)
    }

    /// Moves the files of the database here.
    pub fn database(&self, directory: &Path) -> Result<(), DiskError> {
        let place = self.place(Path::new(DATABASE));
        let here = place.parent().unwrap_or(&self.root);
        self.disk.create(here)?;
        for suffix in ["-wal", "-shm", "-journal", ""] {
            let file = directory.join(format!("{DATABASE}{suffix}"));
            if file.exists() {
                self.disk
                    .rename(&file, &here.join(format!("{DATABASE}{suffix}")))?;
            }
        }
        self.disk.sync(here)?;
        Ok(self.disk.sync(directory)?)
    }

    /// Writes a row here that cannot be used.
    pub fn row(&self, table: &str, id: &str, row: &Value) -> Result<(), DiskError> {
        let place = self.place(&Path::new(ROWS).join(format!("{table}-{id}.json")));
        let directory = place.parent().unwrap_or(&self.root);
        self.disk.create(directory)?;
        cards::write(&self.disk, &place, &json!({ "table": table, "row": row }))?;
        Ok(self.disk.sync(directory)?)
    }

    /// The directories of days.
    fn days(&self) -> Vec<PathBuf> {
        let days = entries(&self.root).unwrap_or_default();
        let days = days.into_iter().map(|entry| entry.path());
        days.filter(|path| path.is_dir()).collect()
    }

    /// The directories of shades, with the ids that these had, in order of day.
    pub fn shades(&self) -> Vec<(u64, PathBuf)> {
        let directories = self
            .days()
            .into_iter()
            .flat_map(|day| entries(&day).unwrap_or_default());
        directories
            .filter_map(|entry| Some((number(&entry.file_name())?, entry.path())))
            .collect()
    }

    /// Every photo that was set aside, in order of day and ids.
    pub fn photos(&self) -> Vec<LostPhoto> {
        let mut photos = Vec::new();
        for (_, directory) in self.shades() {
            let files = entries(&directory).unwrap_or_default();
            photos.extend(files.into_iter().filter_map(|file| {
                let (id, format) = photo_of(&file.path())?;
                Some(LostPhoto {
                    file: file.path(),
                    id,
                    format,
                })
            }));
        }
        photos
    }

    /// The highest ids of what is here.
    pub fn ids(&self) -> Ids {
        let shades = self.shades().into_iter().map(|(id, _)| Ids::shade(id));
        let photos = self.photos().into_iter().map(|photo| Ids::photo(photo.id));
        shades.chain(photos).fold(Ids::default(), Ids::max)
    }

    pub fn summary(&self) -> SetAside {
        let count = |name: &str| -> usize {
            let places = self.days().into_iter().map(|day| day.join(name));
            places
                .map(|place| {
                    if place.is_dir() {
                        entries(&place).unwrap_or_default().len()
                    } else {
                        usize::from(place.exists())
                    }
                })
                .sum()
        };
        let is_empty = |directory: &Path| {
            let files = entries(directory).unwrap_or_default();
            files.iter().all(|file| photo_of(&file.path()).is_none())
        };
        SetAside {
            photos: self.photos().len(),
            shades: self
                .shades()
                .iter()
                .filter(|(_, directory)| is_empty(directory))
                .count(),
            rows: count(ROWS),
            databases: count(DATABASE),
        }
    }

    /// Removes a photo that was brought back, and the directories that this empties.
    pub fn remove(&self, photo: &LostPhoto) -> Result<(), DiskError> {
        self.disk.remove(&photo.file)?;
        self.disk.remove(&card_of(&photo.file))?;
        self.tidy(photo.file.parent().unwrap_or(&self.root))
    }

    /// Removes a shade's directory in which no photo is left, and then its day.
    pub fn tidy(&self, directory: &Path) -> Result<(), DiskError> {
        let files = entries(directory)?;
        let is_card = |file: &fs::DirEntry| file.path().extension().is_some_and(|end| end == "json");
        if files.iter().all(is_card) {
            for card in files {
                self.disk.remove(&card.path())?;
            }
            self.disk.remove_if_empty(directory)?;
            if let Some(day) = directory.parent() {
                self.disk.remove_if_empty(day)?;
            }
            self.disk.remove_if_empty(&self.root)?;
        }
        Ok(())
    }

    /// Erases everything of a deleted shade: its directories, and rows that name it.
    pub fn forget_shade(&self, shade_id: u64, name: &str) -> Result<(), DiskError> {
        for day in self.days() {
            let directory = day.join(shade_id.to_string());
            for file in entries(&directory)? {
                self.disk.remove(&file.path())?;
            }
            self.disk.remove_if_empty(&directory)?;
            let rows = day.join(ROWS);
            for file in entries(&rows)? {
                let text = fs::read_to_string(file.path())?;
                let table = file.file_name().to_string_lossy().into_owned();
                let is_shade = table == format!("colors-{shade_id}.json");
                let is_photo = text.contains(&format!("\"color_id\":{shade_id},"));
                if is_shade || is_photo || (table.starts_with("jobs-") && text.contains(name)) {
                    self.disk.remove(&file.path())?;
                }
            }
            self.disk.remove_if_empty(&rows)?;
            self.disk.remove_if_empty(&day)?;
        }
        Ok(self.disk.remove_if_empty(&self.root)?)
    }

    /// Erases every copy of deleted photos, which are known by their size and SHA-256.
    pub fn forget_photos(&self, digests: &[(String, u64)]) -> Result<(), DiskError> {
        for photo in self.photos() {
            if is_one_of(&photo.file, digests)? {
                self.remove(&photo)?;
            }
        }
        Ok(())
    }

    /// Erases damaged databases: they cannot be searched for what was deleted.
    pub fn forget_databases(&self) -> Result<(), DiskError> {
        for day in self.days() {
            for file in entries(&day)? {
                if file.file_name().to_string_lossy().starts_with(DATABASE) {
                    tracing::warn!(file = %file.path().display(), "a damaged database is erased, because it may hold what was deleted");
                    self.disk.remove(&file.path())?;
                }
            }
            self.disk.remove_if_empty(&day)?;
        }
        Ok(self.disk.remove_if_empty(&self.root)?)
    }
}

/// Whether a file has one of these SHA-256 digests and sizes.
fn is_one_of(file: &Path, digests: &[(String, u64)]) -> Result<bool, DiskError> {
    let size = fs::metadata(file)?.len();
    if digests.iter().all(|(_, bytes)| *bytes != size) {
        return Ok(false);
    }
    let digest = strand_library::hex_digest(&fs::read(file)?);
    Ok(digests.iter().any(|(sha256, _)| *sha256 == digest))
}

/// Today, in UTC, such as `2026-11-30`.
pub fn today() -> String {
    Timestamp::now().to_string().chars().take(10).collect()
}
