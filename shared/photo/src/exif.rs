//! What the EXIF data of a photo says about its picture, read the same way for every format (CIPA DC-008, 4.6).

use image::metadata::Orientation;

use super::declared::Declared;
use super::ifd::Tiff;
use super::profile::Claim;

const ORIENTATION: u16 = 0x0112;
const EXIF_DIRECTORY: u16 = 0x8769;
const INTEROPERABILITY_DIRECTORY: u16 = 0xa005;
const COLOR_SPACE: u16 = 0xa001;
const INTEROPERABILITY_INDEX: u16 = 0x0001;

/// The tags that change how a picture is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exif {
    /// How to turn the picture upright.
    pub orientation: Option<Orientation>,
    /// Whether the samples are in Adobe RGB; `None` if it says nothing about colors.
    pub adobe_rgb: Option<bool>,
}

impl Exif {
    /// Reads EXIF data, with or without the prefix of JPEG in front. Data that cannot be read says nothing.
    pub fn read(data: &[u8]) -> Self {
        let data = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
        let Some(page) = Tiff::new(data).and_then(|file| file.pages().next()) else {
            return Self::default();
        };
        let orientation = page
            .number(ORIENTATION)
            .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?));
        let exif = page.child(EXIF_DIRECTORY);
        // DCF 2.0 has no value for Adobe RGB: it is "uncalibrated", and the index says R03. Some cameras write 2.
        let adobe_rgb = exif.and_then(|exif| match exif.number(COLOR_SPACE)? {
            2 => Some(true),
            0xffff => {
                let directory = exif.child(INTEROPERABILITY_DIRECTORY);
                let index = directory.and_then(|directory| directory.text(INTEROPERABILITY_INDEX));
                Some(index == Some(b"R03"))
            }
            _ => Some(false),
        });
        Self {
            orientation,
            adobe_rgb,
        }
    }

    /// Fills in from `other` what this does not say.
    pub fn or(self, other: Self) -> Self {
        Self {
            orientation: self.orientation.or(other.orientation),
            adobe_rgb: self.adobe_rgb.or(other.adobe_rgb),
        }
    }

    /// What it says about colors.
    pub fn claim(self) -> Option<Claim> {
        (self.adobe_rgb == Some(true)).then(|| Claim::Declared(Declared::adobe_rgb()))
    }
}
