//! The whole library as one file, for backups and for moving it to another store. The file is a tar archive that any
//! tar program opens, and `sha256sum -c SHA256SUMS` checks it once it is unpacked.
//!
//! | entries, in this order | content |
//! |---|---|
//! | `strand.json` | the [`Manifest`]: format and version, who wrote it and when, number of shades and photos |
//! | `shades/1/shade.json` | a [`ShadeEntry`]: name, description, swatch; shades are numbered from 1, oldest first |
//! | `shades/1/photos/<sha256>.<extension>` | the shade's photos as they are kept, oldest first, by the SHA-256 of what was sent |
//! | `shades/1/photos/<sha256>.features` | directly after its photo, if it has been measured: [`FeaturesEntry`] |
//! | `shades/1/model` | the shade's model, in any feature space |
//! | `SHA256SUMS` | one line for each entry above, as `sha256sum` writes it |
//!
//! Features and models are packed as everywhere ([`strand_learning::pack`]). A model refers to a photo by its position
//! among the shade's photos, from 1, and to a deleted photo by 0. The file contains no ids of the library; an import
//! assigns new ones. Times of creation and training become those of the import. In version 3, photos
//! are named by what was sent; in versions 1 and 2, both are the same. Version 2 has models of format 3, version 1 of
//! format 2. All can still be read, and what is imported is stripped of metadata.
//!
//! An imported model needs no training if its photos are all the photos that the shade has in the target library, its
//! feature space is the current one, and each of its photos has been measured and is among its references if and only
//! if it shows hair. This is derived from the data; there is no flag that could be wrong.

mod export;
mod import;
mod read;

pub use export::{Export, Exported};
pub use import::{ImportProgress, Imported};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use strand_color::Rgb;
use strand_library::ports::{Measurement, StoreError};
use strand_library::{Library, LibraryError};
use strand_signature::DESCRIPTOR_DIMENSION;

/// The format version that is written, and the newest that can be read.
const VERSION: u32 = 3;
/// The value of `format` in the manifest.
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
    /// The version of Strand that wrote it.
    strand: String,
    /// When it was written.
    exported_at: Timestamp,
    /// Number of shades when the export started.
    shades: u64,
    /// Number of photos when the export started.
    photos: u64,
}

/// The fields of a shade.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ShadeEntry {
    name: String,
    description: Option<String>,
    #[serde(with = "hex")]
    hex: Option<Rgb>,
    created_at: Timestamp,
}

/// A photo's features with their feature space.
#[derive(Debug, Serialize, Deserialize)]
struct FeaturesEntry {
    space: String,
    features: Measurement,
}

/// A photo that was left out of an export or import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoLeftOut {
    /// The name of its shade.
    pub shade: String,
    /// Its SHA-256 and file extension.
    pub photo: String,
    /// The reason, in one sentence.
    pub reason: String,
}

/// Why an export or import failed. If the file is at fault, nothing of it was imported.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArchiveError {
    /// The file is not a Strand library.
    #[error("This isn't a Strand library file.")]
    NotAnArchive,
    /// The end of the file is missing.
    #[error("The library file is cut short, so nothing of it was imported; copy or export it again.")]
    CutShort,
    /// The content does not match its checksums or its format.
    #[error("The library file is damaged ({0}), so nothing of it was imported; copy or export it again.")]
    Damaged(String),
    /// The file was written by a newer version of Strand.
    #[error(
        "The library file was written by a newer Strand (format version {0}, this one reads up to {VERSION}); update \
         this Strand, then import it again."
    )]
    TooNew(u32),
    /// An operation of the library failed.
    #[error(transparent)]
    Library(#[from] LibraryError),
}

impl ArchiveError {
    fn internal(error: impl std::fmt::Display) -> Self {
        LibraryError::internal(error).into()
    }
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        Self::Library(error.into())
    }
}

/// Exports and imports a library.
pub struct Archive {
    library: Arc<Library>,
    /// The length of feature vectors in this feature space; `None` if its backbone is not installed.
    dimension: Option<usize>,
}

impl Archive {
    /// The archive of a library. `embedding_length` is the length of the networks' embeddings, 0 without a backbone,
    /// and `None` if it is unknown because the backbone is not installed.
    pub fn new(library: Arc<Library>, embedding_length: Option<usize>) -> Self {
        Self {
            library,
            dimension: embedding_length.map(|length| DESCRIPTOR_DIMENSION + length),
        }
    }
}

/// A swatch as `#rrggbb`.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use strand_color::Rgb;

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
