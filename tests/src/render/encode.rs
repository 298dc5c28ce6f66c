//! Pictures as files that a client would send.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

/// A JPEG with the metadata that a camera would write.
#[derive(Clone, Debug, Default)]
pub struct Jpeg {
    /// The quality, 1 to 100; 0 stands for the usual 88.
    pub quality: u8,
    /// The EXIF orientation, 1 to 8; 0 writes none.
    pub orientation: u8,
    /// The ICC profile; `None` writes none.
    pub profile: Option<Vec<u8>>,
}

impl Jpeg {
    /// Encodes the file.
    ///
    /// # Panics
    /// If the picture is larger than a JPEG can be.
    pub fn encode(&self, picture: &RgbImage) -> Vec<u8> {
        let mut file = Vec::new();
        let quality = if self.quality == 0 { 88 } else { self.quality };
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality);
        if self.orientation > 0 {
            encoder
                .add_app_segment(1, exif(self.orientation))
                .expect("a short segment fits");
        }
        if let Some(profile) = &self.profile {
            encoder.add_icc_profile(profile).expect("a profile fits");
        }
        let (width, height) = (side(picture.width()), side(picture.height()));
        encoder
            .encode(picture, width, height, jpeg_encoder::ColorType::Rgb)
            .expect("memory is writable");
        file
    }
}

/// A plain JPEG of the usual quality.
pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    Jpeg::default().encode(picture)
}

/// The picture in one of the formats that the `image` crate writes.
///
/// # Panics
/// If it does not write this format.
pub fn file(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .expect("the format is compiled in");
    bytes.into_inner()
}

/// An EXIF segment that contains only an orientation: a TIFF header and one entry (tag 0x0112, one SHORT).
fn exif(orientation: u8) -> Vec<u8> {
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    segment
}

fn side(pixels: u32) -> u16 {
    u16::try_from(pixels).expect("a JPEG has at most 65,535 pixels a side")
}
