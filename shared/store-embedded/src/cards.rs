//! Cards: small JSON files beside the photos, so that a library can be rebuilt from its photos alone.
//!
//! `photos/<shade>/shade.json` says which shade the photos of a directory belong to, and `photos/<shade>/<photo>.json`
//! what is known of one of them. The database holds the same; the cards are for the day on which it is lost.

use crate::disk::Disk;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The name of a shade's card in the directory of its photos.
pub const SHADE_CARD: &str = "shade.json";

/// A shade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadeCard {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    /// `#rrggbb`.
    pub hex: Option<String>,
    pub created_at: String,
}

/// A photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoCard {
    pub id: u64,
    /// SHA-256 of the photo's bytes, in hex.
    pub sha256: String,
    /// SHA-256 of the bytes that were sent, in hex. Without it, they are the same.
    #[serde(default)]
    pub sent_sha256: Option<String>,
    pub bytes: u64,
    pub created_at: Timestamp,
}

/// The card of the photo in `file`.
pub fn card_of(file: &Path) -> PathBuf {
    file.with_extension("json")
}

/// Reads a card; `None` if there is none that can be read.
pub fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a card. Its directory must be synced before it survives power loss.
pub fn write<T: Serialize>(disk: &Disk, path: &Path, card: &T) -> io::Result<()> {
    disk.replace(path, &serde_json::to_vec(card)?)
}
