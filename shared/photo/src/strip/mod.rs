//! Takes out of a file what tells about people and places, and keeps what its picture is made of.
//!
//! What stays: the coded pixels as they are, byte for byte, and everything that [`decode`](super::decode) reads: the
//! ICC profile, the chunks of PNG about colors, the EXIF orientation and color space, Adobe's segment of JPEG. What goes: the
//! rest of EXIF (places, serial numbers, names, times), XMP, IPTC, comments, thumbnails, depth and gain maps, and what
//! follows the picture.
//!
//! This is our own, because it has to see the same file as the decoders here do, which read on where a crate for
//! containers gives up; JPEG, WebP, and HEIF are walked by the same code. A BMP has no place for metadata.

mod gif;
mod jpeg;
mod jxl;
mod png;
mod tiff;
mod webp;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::exif::Exif;
use super::{Format, PhotoError, heif};

/// The file without what tells about people and places. It decodes to the same pixels. Stripping the result again
/// changes nothing. It takes the memory of one copy.
///
/// # Errors
/// [`PhotoError`], of a file that does not decode either.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, PhotoError> {
    let format = Format::of(bytes)?;
    let run = || match format {
        Format::Jpeg => Ok(jpeg::strip(bytes)),
        Format::Png => Ok(png::strip(bytes)),
        Format::WebP => Ok(webp::strip(bytes)),
        Format::Gif => Ok(gif::strip(bytes)),
        Format::Bmp => Ok(bytes.to_vec()),
        Format::Tiff => tiff::strip(bytes).ok_or_else(|| PhotoError::damaged(format, &"no directory")),
        Format::Heic | Format::Avif => heif::strip(format, bytes),
        Format::JpegXl => Ok(jxl::strip(bytes)),
    };
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(PhotoError::damaged(format, &"stripping it panicked")))
}

/// EXIF data with what counts of `exif`, as a file of TIFF (CIPA DC-008, 4.6); `None` if nothing does.
fn essential(exif: Exif) -> Option<Vec<u8>> {
    let orientation = exif
        .orientation
        .map(|orientation| [0x0112, 3, 1, u32::from(orientation.to_exif()) << 16]);
    let is_adobe = exif.adobe_rgb == Some(true);
    let count = u32::from(orientation.is_some()) + u32::from(is_adobe);
    if count == 0 {
        return None;
    }
    // Each directory: the number of entries, the entries, and the offset of the next one.
    let colors = 8 + 2 + 12 * count + 4;
    let interoperability = colors + 2 + 12 * 2 + 4;
    let mut data = b"MM\0\x2a\0\0\0\x08".to_vec();
    let mut directory = |entries: &[[u32; 4]]| {
        data.extend((entries.len() as u16).to_be_bytes());
        for [tag, kind, count, value] in entries {
            data.extend((*tag as u16).to_be_bytes());
            data.extend((*kind as u16).to_be_bytes());
            data.extend(count.to_be_bytes());
            data.extend(value.to_be_bytes());
        }
        data.extend([0; 4]);
    };
    if is_adobe {
        let pointer = [0x8769, 4, 1, colors];
        directory(&orientation.into_iter().chain([pointer]).collect::<Vec<_>>());
        // "Uncalibrated", and the index of Adobe RGB.
        directory(&[[0xa001, 3, 1, 0xffff_0000], [0xa005, 4, 1, interoperability]]);
        directory(&[[0x0001, 2, 4, u32::from_be_bytes(*b"R03\0")]]);
    } else {
        directory(orientation.as_slice());
    }
    Some(data)
}

/// Holds every photo that a test decodes against its stripped file.
#[cfg(test)]
pub(super) fn assert_keeps(bytes: &[u8], max_side: u32, photo: &super::Photo) {
    let stripped = strip(bytes).expect("what decodes can be stripped");
    assert!(
        stripped.len() <= bytes.len() + 128,
        "it grows by no more than a header"
    );
    let again = super::decode_only(&stripped, max_side).expect("it decodes still");
    assert!(&again == photo, "stripping changes the pixels");
    assert!(
        strip(&stripped).as_ref() == Ok(&stripped),
        "stripping twice changes something"
    );
}
