//! An on-disk cache of what is expensive and does not depend on matching: photos and the parser's masks.
//!
//! A key names everything that its content depends on: the generator's source code, the network's id and the scene. All
//! later steps are computed in every run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use strand::mask::{HairMask, SoftMap};

/// A folder of records, one per key.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in `folder`, which is created on the first write.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The record of `key`; `None` when it is missing or unreadable.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        postcard::from_bytes(&fs::read(self.path(key)).ok()?).ok()
    }

    /// Stores a record.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn put<T: Serialize>(&self, key: &str, record: &T) {
        let path = self.path(key);
        let folder = path.parent().expect("records are in folders");
        fs::create_dir_all(folder).expect("the cache can be written");
        let bytes = postcard::to_stdvec(record).expect("records can be serialized");
        // The complete file is renamed, so an interrupted run leaves no partial record.
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

/// A parser's mask, compressed as PNG.
#[derive(Serialize, Deserialize)]
pub struct PackedMask {
    hair: Vec<u8>,
    skin: Option<Vec<u8>>,
    presence: Option<f32>,
    covered: Option<f32>,
}

impl PackedMask {
    /// Compresses a mask.
    pub fn of(mask: &HairMask) -> Self {
        Self {
            hair: png(&mask.probability, mask.width, mask.height),
            skin: mask
                .skin
                .as_ref()
                .map(|skin| png(&skin.probability, skin.width, skin.height)),
            presence: mask.presence,
            covered: mask.covered,
        }
    }

    /// The mask.
    pub fn unpack(&self) -> HairMask {
        let (width, height, probability) = gray(&self.hair);
        let mut mask = HairMask::new(width, height, probability);
        mask.presence = self.presence;
        mask.covered = self.covered;
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
