//! The keys that open routes: whose they are, what they open, and until when. Only their hashes are kept.

use axum::http::header;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

/// How often the file is looked at. A key that is taken out of it opens nothing after that.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest name of a key, in characters.
const NAME_LIMIT: usize = 64;

pub(crate) type Hash = [u8; 32];

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything.
    Full,
    /// Matching, and the shades and the palette that it needs.
    Match,
}

/// The SHA-256 of a key's text.
#[derive(Clone, Copy)]
pub struct ApiKey(Hash);

impl ApiKey {
    /// The key given as text; `None` if no header can carry it. Blanks and line ends around it do not count, because
    /// headers carry none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        (is_printable && !text.is_empty()).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    pub(crate) fn hash(self) -> Hash {
        self.0
    }
}

/// A key that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose it is, for the log.
    pub name: String,
    /// What it opens.
    pub scope: Scope,
    expires: Option<Timestamp>,
    hash: Hash,
}

impl Key {
    /// Whether it opens nothing any more.
    pub fn has_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= Timestamp::now())
    }
}

/// Why a list of keys is refused, in a sentence without a full stop.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeysError(String);

/// All keys of a process. None, if none is set.
#[derive(Clone, Default)]
pub struct Keys(Arc<Sources>);

#[derive(Default)]
struct Sources {
    fixed: Vec<Key>,
    file: Option<KeysFile>,
}

struct KeysFile {
    path: PathBuf,
    read: RwLock<Read>,
}

struct Read {
    keys: Vec<Key>,
    version: Option<(SystemTime, u64)>,
    /// The version that could not be read.
    refused: Option<Option<(SystemTime, u64)>>,
    looked: Instant,
}

impl Keys {
    /// One key of full scope, a list, and a list in a file that is read again when it changes; each may be missing.
    ///
    /// # Errors
    /// [`KeysError`], if a list is not one of keys.
    pub fn new(key: Option<ApiKey>, list: Option<&str>, file: Option<PathBuf>) -> Result<Self, KeysError> {
        let own = key.map(|ApiKey(hash)| Key {
            name: "STRAND_API_KEY".to_owned(),
            scope: Scope::Full,
            expires: None,
            hash,
        });
        let mut fixed = list.map(parse).transpose()?.unwrap_or_default();
        fixed.extend(own);
        let file = file.map(KeysFile::open).transpose()?;
        Ok(Self(Arc::new(Sources { fixed, file })))
    }

    /// Whether there is any, expired or not.
    pub fn are_set(&self) -> bool {
        !self.0.fixed.is_empty() || self.0.file.is_some()
    }

    /// The key with this text.
    pub fn find(&self, text: &str) -> Option<Key> {
        let ApiKey(hash) = ApiKey::new(text)?;
        let is_it = |key: &&Key| key.hash == hash;
        let fixed = self.0.fixed.iter().find(is_it).cloned();
        fixed.or_else(|| {
            self.0
                .file
                .as_ref()?
                .with(|keys| keys.iter().find(is_it).cloned())
        })
    }

    /// A secret that only who knows a key of full scope, or the list of hashes, can work out; `None` without such a key. It is
    /// the same in every process with the same keys.
    pub(crate) fn secret(&self) -> Option<Hash> {
        let mut secret = Sha256::new_with_prefix(b"strand: secret of all keys\n");
        let mut count = 0;
        let mut add = |keys: &[Key]| {
            let full = |key: &&Key| key.scope == Scope::Full && !key.has_expired();
            for key in keys.iter().filter(full) {
                secret.update(key.hash);
                count += 1;
            }
        };
        add(&self.0.fixed);
        if let Some(file) = &self.0.file {
            file.with(add);
        }
        (count > 0).then(|| secret.finalize().into())
    }
}

impl KeysFile {
    fn open(path: PathBuf) -> Result<Self, KeysError> {
        let (version, keys) = (version(&path), read(&path)?);
        let looked = Instant::now();
        let read = RwLock::new(Read {
            keys,
            version,
            refused: None,
            looked,
        });
        Ok(Self { path, read })
    }

    fn with<T>(&self, work: impl FnOnce(&[Key]) -> T) -> T {
        let mut read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        if read.looked.elapsed() >= LOOK_EVERY {
            drop(read);
            self.look();
            read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        }
        work(&read.keys)
    }

    /// Reads the file again if it has changed. What cannot be read changes nothing.
    fn look(&self) {
        let mut known = self.read.write().unwrap_or_else(PoisonError::into_inner);
        known.looked = Instant::now();
        let now = version(&self.path);
        if now == known.version {
            return;
        }
        match read(&self.path) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "The keys were read again.");
                known.keys = keys;
                known.version = now;
            }
            // It is tried again each time, and said once.
            Err(error) if known.refused.replace(now) != Some(now) => {
                tracing::error!(%error, "The keys cannot be read again; those from before still count.");
            }
            Err(_) => {}
        }
    }
}

fn version(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn read(path: &Path) -> Result<Vec<Key>, KeysError> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| KeysError(format!("{}: {error}", path.display())))?;
    parse(&text).map_err(|KeysError(error)| KeysError(format!("{}: {error}", path.display())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    keys: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    scope: Scope,
    sha256: String,
    expires: Option<Timestamp>,
}

/// Reads a list of keys. Blank ones are errors, and an empty list too: it would open nothing, or everything, and a file is empty
/// while it is written.
fn parse(text: &str) -> Result<Vec<Key>, KeysError> {
    let list: List = toml::from_str(text).map_err(|error| KeysError(error.message().to_owned()))?;
    if list.keys.is_empty() {
        return Err(KeysError(
            "there is no key; write one with `strand-server key`".to_owned(),
        ));
    }
    let (mut names, mut hashes) = (HashSet::new(), HashSet::new());
    list.keys.into_iter().map(|listed| {
        let Listed { name, scope, sha256, expires } = listed;
        let is_name = (1..=NAME_LIMIT).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
        if !is_name || !names.insert(name.clone()) {
            return Err(KeysError(format!(
                "the name of each key must be one of its own, of 1 to {NAME_LIMIT} characters, which \"{}\" is not",
                name.escape_debug()
            )));
        }
        let hash = hash(&sha256).filter(|hash| *hash != Hash::from(Sha256::digest(b"")) && hashes.insert(*hash));
        let hash = hash.ok_or_else(|| KeysError(format!(
            "the sha256 of the key \"{name}\" must be that of a key of its own that is not blank, in 64 hex digits"
        )))?;
        Ok(Key { name, scope, expires, hash })
    }).collect()
}

pub(crate) fn hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes().as_chunks::<2>().0;
    let mut hash = Hash::default();
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// The key that a request has in its headers. A blank one is none.
pub fn in_headers(headers: &axum::http::HeaderMap) -> Option<String> {
    let value = |text: &str| Some(text.trim().to_owned()).filter(|value| !value.is_empty());
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = header("x-api-key").and_then(value) {
        return Some(key);
    }
    let (scheme, token) = header(header::AUTHORIZATION.as_str())?.trim().split_once(' ')?;
    value(token).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;

    fn listed(name: &str, text: &str, rest: &str) -> String {
        let hash = strand_library::hex_digest(text.as_bytes());
        format!("[[keys]]\nname = \"{name}\"\nscope = \"match\"\nsha256 = \"{hash}\"\n{rest}\n")
    }

    #[test]
    fn a_key_is_what_a_header_can_carry() {
        let keys = |text| Keys::new(ApiKey::new(text), None, None).unwrap();
        for written in ["secret", " secret", "secret\n", "secret\r\n"] {
            assert_eq!(
                keys(written).find("secret").unwrap().scope,
                Scope::Full,
                "{written:?}"
            );
        }
        assert_eq!(keys("secret").find("Secret"), None);
        for wrong in ["", "  ", "\n", "cl\u{e9}", "two\nlines"] {
            assert!(ApiKey::new(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_list_names_scopes_and_ends() {
        let list = listed("kiosk", "one", "") + &listed("fair", "two", "expires = \"2020-01-01T00:00:00Z\"");
        let keys = Keys::new(ApiKey::new("own"), Some(&list), None).unwrap();
        let kiosk = keys.find("one").unwrap();
        assert_eq!(
            (kiosk.name.as_str(), kiosk.scope, kiosk.has_expired()),
            ("kiosk", Scope::Match, false)
        );
        assert!(keys.find("two").unwrap().has_expired());
        assert_eq!(keys.find("own").unwrap().scope, Scope::Full);
        assert_eq!(keys.find("three"), None);
    }

    #[test]
    fn blank_and_doubtful_lists_are_refused() {
        let one = listed("a", "one", "");
        for wrong in [
            String::new(),
            "keys = []".to_owned(),
            listed("a", "", ""),
            listed("", "one", ""),
            listed("a", "one", "secret = \"one\""),
            listed("a", "one", "expires = \"tomorrow\""),
            format!("{one}{}", listed("b", "one", "")),
            format!("{one}{}", listed("a", "two", "")),
            one.replace("match", "all"),
            one.replace("sha256 = \"", "sha256 = \"0"),
        ] {
            assert!(Keys::new(None, Some(&wrong), None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_keys_of_full_scope_make_the_secret() {
        let secret = |list: &str| Keys::new(ApiKey::new("own"), Some(list), None).unwrap().secret();
        let (one, two) = (listed("a", "one", ""), listed("a", "two", ""));
        assert_eq!(secret(&one), secret(&two));
        assert_ne!(secret(&one), secret(&one.replace("match", "full")));
    }

    #[test]
    fn a_blank_header_is_no_key() {
        for (headers, expected) in [
            (&[("x-api-key", " a ")][..], Some("a")),
            (&[("x-api-key", "")], None),
            (&[("x-api-key", ""), ("authorization", "Bearer b")], Some("b")),
            (&[("x-api-key", "a"), ("authorization", "Bearer b")], Some("a")),
            (&[("authorization", "bearer  b ")], Some("b")),
            (&[("authorization", "Bearer")], None),
            (&[("authorization", "Basic Yg==")], None),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<Vec<(axum::http::HeaderName, _)>>()
                .into_iter()
                .collect();
            assert_eq!(in_headers(&map).as_deref(), expected, "{headers:?}");
        }
    }
}
