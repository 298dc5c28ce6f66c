//! What is expensive and does not depend on the matcher is kept on disk: photos, and what the parser found in them.
//!
//! A key names all that the content depends on: the source of the generator, the network's id, and the scene. Everything
//! behind the parser is computed anew in every run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use strand::vision::{HairMask, SoftMap};

/// A folder of records by key.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The record of `key`, if there is one that can be read.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        postcard::from_bytes(&fs::read(self.path(key)).ok()?).ok()
    }

    /// Keeps a record.
    ///
    /// # Panics
    /// Where the disk does not take it.
    pub fn put<T: Serialize>(&self, key: &str, record: &T) {
        let path = self.path(key);
        let folder = path.parent().expect("records lie in folders");
        fs::create_dir_all(folder).expect("the cache can be written");
        let bytes = postcard::to_stdvec(record).expect("records can be serialised");
        // Renamed when whole, so that an interrupted run leaves no half record.
        let file = tempfile::NamedTempFile::new_in(folder).expect("the cache can be written");
        fs::write(file.path(), bytes).expect("the cache can be written");
        file.persist(path).expect("the cache can be written");
    }

    fn path(&self, key: &str) -> PathBuf {
        let hash = Sha256::digest(key);
        let name = hex(&hash[..16]);
        self.folder.join(&name[..2]).join(&name[2..])
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a parser found, packed as PNGs.
#[derive(Serialize, Deserialize)]
pub struct PackedMask {
    hair: Vec<u8>,
    skin: Option<Vec<u8>>,
}

impl PackedMask {
    /// Packs a mask.
    pub fn of(mask: &HairMask) -> Self {
        Self {
            hair: png(&mask.probability, mask.width, mask.height),
            skin: mask
                .skin
                .as_ref()
                .map(|skin| png(&skin.probability, skin.width, skin.height)),
        }
    }

    /// The mask again.
    pub fn unpack(&self) -> HairMask {
        let (width, height, probability) = gray(&self.hair);
        let mut mask = HairMask::new(width, height, probability);
        mask.skin = self.skin.as_deref().map(|skin| {
            let (width, height, probability) = gray(skin);
            SoftMap {
                width,
                height,
                probability,
            }
        });
        mask
    }
}

fn png(bytes: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up)
        .write_image(bytes, width, height, ExtendedColorType::L8)
        .expect("memory is writable");
    file
}

fn gray(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let image = image::load_from_memory_with_format(png, ImageFormat::Png)
        .expect("the cache holds what was written")
        .into_luma8();
    (image.width(), image.height(), image.into_raw())
}
