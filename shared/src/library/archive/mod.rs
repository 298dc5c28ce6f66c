//! The whole library as one file, to keep or to move it from one store to another: a tar archive that any tar program
//! opens, and that `sha256sum -c SHA256SUMS` checks once it is unpacked.
//!
//! | entries, in this order | content |
//! |---|---|
//! | `strand.json` | the [`Manifest`]: format and version, who wrote it and when, how much is in it |
//! | `shades/1/shade.json` | a [`Card`]: name, description, swatch; shades are numbered from 1, the oldest first |
//! | `shades/1/photos/<sha256>.<extension>` | a photo as it was uploaded, then; the oldest first |
//! | `shades/1/photos/<sha256>.features` | after its photo, where it is measured: [`Measured`] |
//! | `shades/1/model` | the shade's model, whatever its feature space; the photos it refers to are given by their place among the shade's photos, from 1, and 0 is one that is gone |
//! | `SHA256SUMS` | one line for each entry above, as `sha256sum` writes it |
//!
//! Features and models are packed as everywhere ([`crate::learning::pack`]). Nothing of a library's ids is in it: an
//! import gives new ones. Times of creation and training become those of the import.
//!
//! A model needs no training where it lands if its photos are all the photos that the shade has there, its feature
//! space is the one in use, and each of its photos is measured and stands among its references exactly if it shows
//! hair. The data says so itself; no flag that could lie is needed.

mod export;
mod import;
mod read;

pub use export::{Export, Exported};
pub use import::{ImportProgress, Imported};

use super::ports::Features;
use crate::color::Rgb;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the format that is written, and the newest that is read.
const VERSION: u32 = 1;
/// What `format` says in the manifest.
const FORMAT: &str = "strand-library";
const MANIFEST: &str = "strand.json";
const SUMS: &str = "SHA256SUMS";

/// The first entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    /// [`FORMAT`].
    format: String,
    /// [`VERSION`].
    version: u32,
    /// The Strand that wrote it.
    strand: String,
    /// When.
    exported_at: Timestamp,
    /// How many shades there were at the start of the export.
    shades: u64,
    /// How many photos there were then.
    photos: u64,
}

/// What is known of a shade besides its photos and model.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Card {
    name: String,
    description: Option<String>,
    #[serde(with = "hex")]
    hex: Option<Rgb>,
    created_at: Timestamp,
}

/// A photo's features with their feature space.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    space: String,
    features: Features,
}

/// A photo that did not make it into the file, or out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoLeftOut {
    /// The name of its shade.
    pub color: String,
    /// Its SHA-256 and extension.
    pub photo: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// Why a file cannot be imported. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Something else.
    #[error(
        "This is no library file of Strand; give one that `strand-server export` or GET /export has written."
    )]
    NotOne,
    /// Its end is missing.
    #[error("The library file is cut short, so nothing of it was imported; copy or export it again.")]
    CutShort,
    /// A byte is not what it was.
    #[error("The library file is damaged ({0}), so nothing of it was imported; copy or export it again.")]
    Damaged(String),
    /// Written by a newer Strand.
    #[error(
        "The library file was written by a newer Strand (format version {0}, this one reads up to {VERSION}); update \
         this Strand, then import it again."
    )]
    Newer(u32),
}

/// A swatch as `#rrggbb`.
mod hex {
    use crate::color::Rgb;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    pub fn serialize<S: Serializer>(hex: &Option<Rgb>, serializer: S) -> Result<S::Ok, S::Error> {
        match hex {
            Some(hex) => serializer.collect_str(hex),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rgb>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests;
