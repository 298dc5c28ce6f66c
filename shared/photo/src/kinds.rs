//! The kinds of file that people send as a photo and that Strand does not decode: how to tell each, and what to do.

use super::PhotoError;
use super::ifd::{Directory, PHOTOMETRIC, Tiff};

/// One row of [`KINDS`].
struct Kind {
    /// The name with its article.
    what: &'static str,
    /// What to do, as an order.
    remedy: &'static str,
    /// Its media types.
    types: &'static [&'static str],
    matches: fn(&File<'_>) -> bool,
}

const SAVE: &str = "save it as a JPEG or PNG and send that";
const RAW: Kind = Kind {
    what: "a raw photo of a camera",
    remedy: "export it as a JPEG from the camera or its app and send that",
    types: &[
        "image/x-adobe-dng",
        "image/x-canon-cr2",
        "image/x-canon-cr3",
        "image/x-nikon-nef",
        "image/x-sony-arw",
    ],
    matches: is_raw,
};

/// What is left of a photo where a gateway takes no media type for binary, or a program reads a file as a string.
const TEXT: PhotoError = PhotoError::Unsupported {
    what: "a photo that was changed to text on its way",
    remedy: "send its bytes as they are, not as a string, and have every gateway pass them as binary",
};

/// In the order in which they are tried: a CR3 has the structure of a video, and a web page may hold an SVG.
const KINDS: [Kind; 11] = [
    RAW,
    Kind {
        what: "a JPEG 2000 image",
        remedy: SAVE,
        types: &["image/jp2"],
        matches: |file| {
            let container = b"\0\0\0\x0cjP  \r\n\x87\n";
            file.bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51]) || file.bytes.starts_with(container)
        },
    },
    Kind {
        what: "a video",
        remedy: "send a photo instead; of a Live Photo, send the still photo",
        types: &["video/mp4", "video/quicktime", "video/webm", "video/3gpp"],
        // Any other ISO base media file, Matroska or WebM, and AVI.
        matches: |file| {
            file.brands().next().is_some()
                || file.bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
                || file.bytes.starts_with(b"RIFF") && file.bytes.get(8..12) == Some(b"AVI ")
        },
    },
    Kind {
        what: "a Photoshop document",
        remedy: "export it as a JPEG or PNG and send that",
        types: &["image/vnd.adobe.photoshop"],
        matches: |file| file.bytes.starts_with(b"8BPS"),
    },
    Kind {
        what: "a PDF document",
        remedy: "send the picture itself as a JPEG or PNG, such as a screenshot of the page",
        types: &["application/pdf"],
        matches: |file| file.bytes.starts_with(b"%PDF-"),
    },
    Kind {
        what: "an icon (ICO)",
        remedy: SAVE,
        types: &["image/x-icon", "image/vnd.microsoft.icon"],
        // A directory of icons or cursors; the reserved byte of its first entry is zero.
        matches: |file| matches!(file.bytes, [0, 0, 1 | 2, 0, count, 0, _, _, _, 0, ..] if *count > 0),
    },
    Kind {
        what: "a web page (HTML)",
        remedy: "save the image itself: press and hold it, or click it with the right button",
        types: &["text/html"],
        matches: |file| {
            ["<!doctype html", "<html"]
                .iter()
                .any(|tag| file.text().contains(tag))
        },
    },
    Kind {
        what: "an SVG drawing",
        remedy: "export it as a JPEG or PNG and send that",
        types: &["image/svg+xml"],
        matches: |file| file.text().contains("<svg"),
    },
    Kind {
        what: "a data URL",
        remedy: "decode its base64 text and send the bytes",
        types: &[],
        matches: |file| file.text().starts_with("data:image/"),
    },
    Kind {
        what: "base64 text",
        remedy: "decode it and send the bytes",
        types: &[],
        matches: |file| is_base64_of_an_image(file.bytes),
    },
    Kind {
        what: "a ZIP archive",
        remedy: "unpack it and send the photos in it",
        types: &["application/zip"],
        matches: |file| file.bytes.starts_with(b"PK\x03\x04"),
    },
];

/// The error that names the kind of a file that has the signature of no format.
pub(super) fn unsupported(bytes: &[u8]) -> PhotoError {
    let file = File { bytes };
    KINDS
        .iter()
        .find(|kind| (kind.matches)(&file))
        .map_or(PhotoError::NotAnImage, Kind::error)
}

/// The error for a file that its media type names as of a kind that is not decoded.
pub fn unsupported_type(media_type: &str) -> Option<PhotoError> {
    KINDS
        .iter()
        .find(|kind| kind.types.contains(&media_type))
        .map(Kind::error)
}

/// Refuses what was a photo before it was changed to text. The signatures of some formats are text, and so still there.
pub(super) fn check_binary(bytes: &[u8]) -> Result<(), PhotoError> {
    if is_text_of_a_photo(bytes) {
        return Err(TEXT);
    }
    Ok(())
}

/// Refuses a TIFF that is a raw photo or that begins with its thumbnail, which would be measured in its place.
///
/// The 64-bit variant of TIFF, which no camera writes, is not looked into.
pub(super) fn check_tiff(bytes: &[u8]) -> Result<(), PhotoError> {
    if is_raw(&File { bytes }) {
        return Err(RAW.error());
    }
    if Tiff::new(bytes).is_some_and(begins_with_thumbnail) {
        return Err(PhotoError::Unsupported {
            what: "a TIFF that begins with its thumbnail",
            remedy: SAVE,
        });
    }
    Ok(())
}

impl Kind {
    fn error(&self) -> PhotoError {
        PhotoError::Unsupported {
            what: self.what,
            remedy: self.remedy,
        }
    }
}

/// A file, as the kinds recognize it.
struct File<'a> {
    bytes: &'a [u8],
}

impl<'a> File<'a> {
    /// The brands of an ISO base media file (ISO/IEC 14496-12, 4.3): the major one, then the compatible ones.
    fn brands(&self) -> impl Iterator<Item = &'a [u8; 4]> {
        let words = match self.bytes.as_chunks::<4>().0 {
            [length, [b'f', b't', b'y', b'p'], words @ ..] => {
                let length = u32::from_be_bytes(*length) as usize / 4;
                &words[..length.saturating_sub(2).clamp(1, 64).min(words.len())]
            }
            _ => &[],
        };
        // The second word is a version.
        let version = 1;
        words
            .iter()
            .enumerate()
            .filter(move |(i, _)| *i != version)
            .map(|(_, brand)| brand)
    }

    fn has_brand(&self, brands: &[&[u8; 4]]) -> bool {
        self.brands().any(|brand| brands.contains(&brand))
    }

    /// The start of the file as lowercase text, without the space in front; empty if it is not text.
    fn text(&self) -> String {
        let start = &self.bytes[..self.bytes.len().min(1024)];
        let start = start
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(start)
            .trim_ascii_start();
        if start.contains(&0) {
            return String::new();
        }
        String::from_utf8_lossy(start).to_ascii_lowercase()
    }
}

/// Magic numbers of raw photos, and where they are.
const RAW_MAGIC: [(usize, &[u8]); 9] = [
    (0, b"FUJIFILMCCD-RAW"),
    (6, b"HEAPCCDR"),
    (0, b"\0MRM"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),
    (0, b"FOVb"),
    // Canon's CR2, a TIFF.
    (8, b"CR\x02"),
];

const NEW_SUBFILE_TYPE: u16 = 0x00fe;
const MAKE: u16 = 0x010f;
const SUB_IFDS: u16 = 0x014a;
const DNG_VERSION: u16 = 0xc612;
/// Samples behind a color filter, and what was computed of them (Adobe DNG, `PhotometricInterpretation`).
const COLOR_FILTER_ARRAY: u32 = 32_803;
const LINEAR_RAW: u32 = 34_892;

fn is_raw(file: &File<'_>) -> bool {
    let starts =
        |&(at, magic): &(usize, &[u8])| file.bytes.get(at..).is_some_and(|bytes| bytes.starts_with(magic));
    if RAW_MAGIC.iter().any(starts) || file.has_brand(&[b"crx "]) {
        return true;
    }
    let Some(tiff) = Tiff::new(file.bytes) else {
        return false;
    };
    tiff.pages().enumerate().any(|(i, page)| {
        // NEF and ARW begin with a thumbnail, and name the camera beside it.
        let camera = i == 0 && is_reduced(&page) && page.has(MAKE);
        camera
            || page.has(DNG_VERSION)
            || is_sensor(&page)
            || page.children(SUB_IFDS).any(|child| is_sensor(&child))
    })
}

fn is_sensor(page: &Directory<'_>) -> bool {
    matches!(page.number(PHOTOMETRIC), Some(COLOR_FILTER_ARRAY | LINEAR_RAW))
}

/// Whether the page says that it is a reduced copy of another one.
fn is_reduced(page: &Directory<'_>) -> bool {
    page.number(NEW_SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1)
}

/// Whether the first page is a reduced copy of another one that the file has.
fn begins_with_thumbnail(file: Tiff<'_>) -> bool {
    let mut pages = file.pages();
    let first = pages.next().filter(is_reduced);
    first.is_some_and(|page| pages.next().is_some() || page.has(SUB_IFDS))
}

/// Whether the file is text in UTF-8 that begins as a photo read as Latin-1, or has characters in place of bytes that were
/// no text, beside the zeros that no text has.
fn is_text_of_a_photo(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // It was cut within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let replaced = text.contains(char::REPLACEMENT_CHARACTER) && text.contains('\0');
    replaced || text.starts_with("\u{ff}\u{d8}\u{ff}") || text.starts_with("\u{89}PNG")
}

/// The base64 text of the signatures of JPEG, PNG, WebP or GIF.
fn is_base64_of_an_image(bytes: &[u8]) -> bool {
    let starts: [&[u8]; 4] = [b"/9j/", b"iVBORw0KGgo", b"UklGR", b"R0lGOD"];
    starts
        .iter()
        .any(|start| bytes.trim_ascii_start().starts_with(start))
}
