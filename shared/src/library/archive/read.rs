//! Reading an archive from its first byte to its last, with every check there is.

use super::{ArchiveError, Card, FORMAT, MANIFEST, Manifest, Measured, SUMS, VERSION};
use crate::learning::{self, ShadeModel};
use crate::library::LibraryError;
use crate::library::colors::{hex_digest, valid_description, valid_name};
use crate::photo;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read};
use tar::{Archive, Entry, EntryType};

/// Largest JSON entry: a name and a description are a few kilobytes.
const JSON_LIMIT: u64 = 1 << 20;
/// Largest packed entry: a model that refers to a few thousand photos.
const PACKED_LIMIT: u64 = 16 << 20;

/// One thing that an archive holds, checked.
pub(super) enum Item {
    Shade(Card),
    Photo {
        sha256: String,
        /// Its SHA-256 and extension.
        name: String,
        bytes: Vec<u8>,
    },
    /// Of the photo before.
    Features(Measured),
    Model(ShadeModel),
}

/// Reads an archive. `visit` gets each item with the position in the file behind it, and says whether to go on.
pub(super) fn read(file: impl Read, mut visit: impl FnMut(Item, u64) -> bool) -> Result<(), LibraryError> {
    let mut archive = Archive::new(file);
    // Raw: this format needs none of tar's extensions, whose sizes are not limited.
    let mut entries = archive.entries().map_err(|error| broken(&error))?.raw(true);
    let mut state = State::default();
    let mut lines = Sha256::new();
    loop {
        let Some(entry) = entries.next() else {
            let started = state.has_manifest;
            return Err(if started {
                ArchiveError::CutShort
            } else {
                ArchiveError::NotOne
            }
            .into());
        };
        let mut entry = entry.map_err(|error| state.refused(&error))?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !matches!(
            entry.header().entry_type(),
            EntryType::Regular | EntryType::Continuous
        ) {
            return Err(state.unexpected(&path));
        }
        if path == SUMS {
            return state.finish(&mut entry, lines, &mut entries);
        }
        let bytes = whole(&mut entry, state.limit(&path)?)?;
        let sum = hex_digest(&bytes);
        lines.update(sum_line(&sum, &path));
        let end = entry.raw_file_position() + bytes.len() as u64;
        if let Some(item) = state.take(&path, bytes, sum)?
            && !visit(item, end)
        {
            return Ok(());
        }
    }
}

/// A line of [`SUMS`].
pub(super) fn sum_line(sum: &str, path: &str) -> String {
    let mut line = String::with_capacity(sum.len() + path.len() + 3);
    // Writing to a string cannot fail.
    let _ = writeln!(line, "{sum}  {path}");
    line
}

fn whole(entry: &mut Entry<impl Read>, limit: u64) -> Result<Vec<u8>, LibraryError> {
    let size = entry.header().size().map_err(|error| broken(&error))?;
    if size > limit {
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        return Err(damaged(format!(
            "{path} has {size} bytes where at most {limit} are right"
        )));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    entry.read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    if bytes.len() as u64 == size {
        Ok(bytes)
    } else {
        Err(ArchiveError::CutShort.into())
    }
}

/// What `tar` says of a file that ends amid a header or the padding after an entry; it has no kind for that.
const ENDED_EARLY: [&str; 2] = ["failed to read entire block", "unexpected EOF during skip"];

/// What an I/O error means: `tar` tells a malformed archive by one, too.
fn broken(error: &io::Error) -> LibraryError {
    match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::CutShort.into(),
        ErrorKind::Other if ENDED_EARLY.contains(&error.to_string().as_str()) => {
            ArchiveError::CutShort.into()
        }
        ErrorKind::Other | ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            damaged("a header is malformed")
        }
        _ => LibraryError::Internal(error.to_string()),
    }
}

fn damaged(what: impl Into<String>) -> LibraryError {
    ArchiveError::Damaged(what.into()).into()
}

/// Where in the order of entries a reading is.
#[derive(Default)]
struct State {
    has_manifest: bool,
    /// Shades so far; the entries of one begin with its number.
    shades: u64,
    /// Photos of this shade so far.
    photos: u64,
    /// The photo before, as long as its features may follow.
    photo: Option<String>,
    has_model: bool,
}

impl State {
    /// The most bytes of the entry.
    fn limit(&self, path: &str) -> Result<u64, LibraryError> {
        if !self.has_manifest && path != MANIFEST {
            return Err(ArchiveError::NotOne.into());
        }
        let is = |extension: &str| path.ends_with(extension);
        Ok(if is(".json") {
            JSON_LIMIT
        } else if is(".features") || is("/model") {
            PACKED_LIMIT
        } else {
            photo::MAX_BYTES as u64
        })
    }

    /// The entry as an item; the manifest is none.
    fn take(&mut self, path: &str, bytes: Vec<u8>, sum: String) -> Result<Option<Item>, LibraryError> {
        if path == MANIFEST && !self.has_manifest {
            check_manifest(&bytes)?;
            self.has_manifest = true;
            return Ok(None);
        }
        let mut parts = path.split('/');
        let (top, number) = (parts.next(), parts.next().and_then(|n| n.parse::<u64>().ok()));
        let (kind, name, rest) = (parts.next(), parts.next(), parts.next());
        let (Some("shades"), Some(number), None) = (top, number, rest) else {
            return Err(self.unexpected(path));
        };
        let photo_before = self.photo.take();
        match (kind, name) {
            (Some("shade.json"), None) if number == self.shades + 1 => {
                let card: Card = json(path, &bytes)?;
                let wrong = |error: LibraryError| damaged(format!("{path}: {error}"));
                valid_name(&card.name).map_err(wrong)?;
                valid_description(card.description.clone()).map_err(wrong)?;
                (self.shades, self.photos, self.has_model) = (number, 0, false);
                Ok(Some(Item::Shade(card)))
            }
            (Some("photos"), Some(name)) if number == self.shades && !self.has_model => {
                let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
                if extension == "features" {
                    if photo_before.as_deref() != Some(stem) {
                        return Err(self.unexpected(path));
                    }
                    return Ok(Some(Item::Features(unpacked(path, &bytes)?)));
                }
                if stem != sum {
                    return Err(damaged(format!("{path} has the SHA-256 {sum}")));
                }
                self.photos += 1;
                self.photo = Some(sum.clone());
                Ok(Some(Item::Photo {
                    sha256: sum,
                    name: name.to_owned(),
                    bytes,
                }))
            }
            (Some("model"), None) if number == self.shades && !self.has_model => {
                let model: ShadeModel = unpacked(path, &bytes)?;
                if model.references.iter().any(|r| r.image_id > self.photos) {
                    return Err(damaged(format!("{path} refers to photos that are not there")));
                }
                self.has_model = true;
                Ok(Some(Item::Model(model)))
            }
            _ => Err(self.unexpected(path)),
        }
    }

    /// Holds the sums against those of the entries read, and the end to be the end.
    fn finish<'a, R: Read + 'a>(
        &self,
        sums: &mut Entry<'_, impl Read>,
        lines: Sha256,
        rest: &mut impl Iterator<Item = io::Result<Entry<'a, R>>>,
    ) -> Result<(), LibraryError> {
        if !self.has_manifest {
            return Err(ArchiveError::NotOne.into());
        }
        let size = sums.header().size().map_err(|error| broken(&error))?;
        let mut found = Sha256::new();
        if io::copy(sums, &mut found).map_err(|error| broken(&error))? < size {
            return Err(ArchiveError::CutShort.into());
        }
        if found.finalize() != lines.finalize() {
            return Err(damaged(format!("{SUMS} does not fit what is in it")));
        }
        match rest.next() {
            None => Ok(()),
            Some(_) => Err(damaged(format!("something follows {SUMS}"))),
        }
    }

    fn unexpected(&self, path: &str) -> LibraryError {
        if self.has_manifest {
            damaged(format!("\"{}\" does not belong where it is", path.escape_debug()))
        } else {
            ArchiveError::NotOne.into()
        }
    }

    /// Before the manifest a malformed header means that this is another kind of file.
    fn refused(&self, error: &io::Error) -> LibraryError {
        match broken(error) {
            LibraryError::Archive(_) if !self.has_manifest => ArchiveError::NotOne.into(),
            other => other,
        }
    }
}

fn check_manifest(bytes: &[u8]) -> Result<(), LibraryError> {
    /// What every version has.
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| ArchiveError::NotOne)?;
    if head.format != FORMAT {
        return Err(ArchiveError::NotOne.into());
    }
    if head.version > VERSION {
        return Err(ArchiveError::Newer(head.version).into());
    }
    json::<Manifest>(MANIFEST, bytes).map(|_| ())
}

fn json<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, LibraryError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(format!("{path}: {error}")))
}

fn unpacked<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, LibraryError> {
    learning::unpack(bytes).map_err(|error| damaged(format!("{path}: {error}")))
}
