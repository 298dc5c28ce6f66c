//! Reads and checks an archive from its first byte to its last.

use crate::{ArchiveError, FORMAT, FeaturesEntry, MANIFEST, Manifest, SUMS, ShadeEntry, VERSION};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read};
use strand_learning::{FormatError, ShadeModel, unpack};
use strand_library::ports::Measurement;
use strand_library::{LibraryError, hex_digest, valid_description, valid_name};
use tar::{Archive, Entry, EntryType};

/// Maximum size of a JSON entry. A name and a description take a few kilobytes.
const JSON_LIMIT: u64 = 1 << 20;
/// Maximum size of a packed entry, enough for a model that refers to a few thousand photos.
const PACKED_LIMIT: u64 = 16 << 20;

/// The version since which photos are named by what was sent.
const NAMED_AS_SENT: u32 = 3;

/// A checked item of an archive.
pub(crate) enum Item {
    Shade(ShadeEntry),
    Photo {
        /// Of what was sent.
        sha256: String,
        /// That and the file extension.
        name: String,
        bytes: Vec<u8>,
    },
    /// The features of the preceding photo.
    Features(FeaturesEntry),
    Model(ShadeModel),
}

/// Reads an archive. `visit` receives each item and the position in the file after it, and returns whether to continue.
pub(crate) fn read(file: impl Read, mut visit: impl FnMut(Item, u64) -> bool) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(file);
    // Raw, because this format needs none of tar's extensions, whose sizes are not limited.
    let mut entries = archive.entries().map_err(|error| broken(&error))?.raw(true);
    let mut state = State::default();
    let mut lines = Sha256::new();
    loop {
        let Some(entry) = entries.next() else {
            let started = state.has_manifest;
            return Err(if started {
                ArchiveError::CutShort
            } else {
                ArchiveError::NotAnArchive
            });
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
        if let Some(item) = state.take(&path, bytes, &sum)?
            && !visit(item, end)
        {
            return Ok(());
        }
    }
}

/// A line of [`SUMS`].
pub(crate) fn sum_line(sum: &str, path: &str) -> String {
    let mut line = String::with_capacity(sum.len() + path.len() + 3);
    // Writing to a string cannot fail.
    let _ = writeln!(line, "{sum}  {path}");
    line
}

fn whole(entry: &mut Entry<impl Read>, limit: u64) -> Result<Vec<u8>, ArchiveError> {
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
        Err(ArchiveError::CutShort)
    }
}

/// The messages of `tar` for a file that ends within a header or the padding after an entry. Their error kind is not
/// specific.
const ENDED_EARLY: [&str; 2] = ["failed to read entire block", "unexpected EOF during skip"];

/// Converts an I/O error. `tar` reports a malformed archive as one, too.
fn broken(error: &io::Error) -> ArchiveError {
    match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::CutShort,
        ErrorKind::Other if ENDED_EARLY.contains(&error.to_string().as_str()) => ArchiveError::CutShort,
        ErrorKind::Other | ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            damaged("a header is malformed")
        }
        _ => ArchiveError::internal(error),
    }
}

fn damaged(what: impl Into<String>) -> ArchiveError {
    ArchiveError::Damaged(what.into())
}

/// The position in the prescribed order of entries.
#[derive(Default)]
struct State {
    has_manifest: bool,
    version: u32,
    /// Number of shades so far; the entries of a shade begin with its number.
    shades: u64,
    /// Number of photos of this shade so far.
    photos: u64,
    /// The preceding photo, while its features may follow.
    photo: Option<String>,
    has_model: bool,
}

impl State {
    /// Maximum size of the entry, in bytes.
    fn limit(&self, path: &str) -> Result<u64, ArchiveError> {
        if !self.has_manifest && path != MANIFEST {
            return Err(ArchiveError::NotAnArchive);
        }
        let is = |extension: &str| path.ends_with(extension);
        Ok(if is(".json") {
            JSON_LIMIT
        } else if is(".features") || is("/model") {
            PACKED_LIMIT
        } else {
            strand_photo::MAX_BYTES as u64
        })
    }

    /// The entry as an item; `None` for the manifest.
    fn take(&mut self, path: &str, bytes: Vec<u8>, sum: &str) -> Result<Option<Item>, ArchiveError> {
        if path == MANIFEST && !self.has_manifest {
            self.version = check_manifest(&bytes)?;
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
                let entry: ShadeEntry = json(path, &bytes)?;
                let wrong = |error: LibraryError| damaged(format!("{path}: {error}"));
                valid_name(&entry.name).map_err(wrong)?;
                valid_description(entry.description.clone()).map_err(wrong)?;
                (self.shades, self.photos, self.has_model) = (number, 0, false);
                Ok(Some(Item::Shade(entry)))
            }
            (Some("photos"), Some(name)) if number == self.shades && !self.has_model => {
                let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
                if extension == "features" {
                    if photo_before.as_deref() != Some(stem) {
                        return Err(self.unexpected(path));
                    }
                    let features = unpack(Measurement::PACKED_SINCE, &bytes).map_err(unreadable(path))?;
                    return Ok(Some(Item::Features(features)));
                }
                if stem != sum && self.version < NAMED_AS_SENT {
                    return Err(damaged(format!("{path} has the SHA-256 {sum}")));
                }
                if !is_digest(stem) {
                    return Err(self.unexpected(path));
                }
                self.photos += 1;
                self.photo = Some(stem.to_owned());
                Ok(Some(Item::Photo {
                    sha256: stem.to_owned(),
                    name: name.to_owned(),
                    bytes,
                }))
            }
            (Some("model"), None) if number == self.shades && !self.has_model => {
                let model = ShadeModel::unpack(&bytes).map_err(unreadable(path))?;
                if model.references.iter().any(|r| r.photo_id > self.photos) {
                    return Err(damaged(format!("{path} refers to photos that are not there")));
                }
                self.has_model = true;
                Ok(Some(Item::Model(model)))
            }
            _ => Err(self.unexpected(path)),
        }
    }

    /// Compares the checksums with those of the entries read, and checks that nothing follows.
    fn finish<'a, R: Read + 'a>(
        &self,
        sums: &mut Entry<'_, impl Read>,
        lines: Sha256,
        rest: &mut impl Iterator<Item = io::Result<Entry<'a, R>>>,
    ) -> Result<(), ArchiveError> {
        if !self.has_manifest {
            return Err(ArchiveError::NotAnArchive);
        }
        let size = sums.header().size().map_err(|error| broken(&error))?;
        let mut found = Sha256::new();
        if io::copy(sums, &mut found).map_err(|error| broken(&error))? < size {
            return Err(ArchiveError::CutShort);
        }
        if found.finalize() != lines.finalize() {
            return Err(damaged(format!("{SUMS} does not fit what is in it")));
        }
        match rest.next() {
            None => Ok(()),
            Some(_) => Err(damaged(format!("something follows {SUMS}"))),
        }
    }

    fn unexpected(&self, path: &str) -> ArchiveError {
        if self.has_manifest {
            damaged(format!("\"{}\" does not belong where it is", path.escape_debug()))
        } else {
            ArchiveError::NotAnArchive
        }
    }

    /// Before the manifest, a malformed header means that this is a different kind of file.
    fn refused(&self, error: &io::Error) -> ArchiveError {
        match broken(error) {
            ArchiveError::Library(error) => error.into(),
            _ if !self.has_manifest => ArchiveError::NotAnArchive,
            other => other,
        }
    }
}

/// Whether a text is a SHA-256 as it is written here.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns the version.
fn check_manifest(bytes: &[u8]) -> Result<u32, ArchiveError> {
    /// The fields that every version has.
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| ArchiveError::NotAnArchive)?;
    if head.format != FORMAT {
        return Err(ArchiveError::NotAnArchive);
    }
    if head.version > VERSION {
        return Err(ArchiveError::TooNew(head.version));
    }
    json::<Manifest>(MANIFEST, bytes).map(|manifest| manifest.version)
}

fn json<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, ArchiveError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(format!("{path}: {error}")))
}

fn unreadable(path: &str) -> impl Fn(FormatError) -> ArchiveError {
    move |error| damaged(format!("{path}: {error}"))
}
