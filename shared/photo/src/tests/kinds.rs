//! Files that are not decoded are named, whatever their first bytes resemble.

use super::super::{ErrorKind, Format, PhotoError, decode};
use super::one_of_each;

/// An ISO base media file that contains only its brands.
fn media(major: [u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
    let length = (16 + 4 * compatible.len()) as u32;
    let compatible: Vec<u8> = compatible.iter().flat_map(|brand| **brand).collect();
    [
        &length.to_be_bytes()[..],
        b"ftyp",
        &major,
        &[0; 4],
        &compatible,
        &[0; 40],
    ]
    .concat()
}

fn assert_named(bytes: &[u8], what: &str) {
    let error = decode(bytes, 64).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let sentence = error.to_string();
    assert!(
        sentence.starts_with(&format!("The file is {what}, which cannot be read; ")),
        "{sentence}"
    );
}

#[test]
fn media_files_are_told_by_all_their_brands() {
    for (major, compatible, format) in [
        (b"heic", vec![b"mif1", b"heic"], Format::Heic),
        (b"mif1", vec![b"mif1", b"heic"], Format::Heic),
        (b"mif2", vec![b"mif1", b"heic"], Format::Heic),
        (b"miaf", vec![b"mif1"], Format::Heic),
        (b"msf1", vec![b"hevc"], Format::Heic),
        (b"avif", vec![b"mif1", b"miaf"], Format::Avif),
        (b"mif1", vec![b"avif", b"miaf"], Format::Avif),
        (b"mif1", vec![b"mif1", b"avif"], Format::Avif),
    ] {
        assert_eq!(Format::of(&media(*major, &compatible)), Ok(format));
    }
    for (major, compatible, what) in [
        (b"crx ", vec![b"crx ", b"isom"], "a raw photo of a camera"),
        (b"mp42", vec![b"isom"], "a video"),
        (b"qt  ", vec![], "a video"),
        (b"3gp4", vec![b"isom"], "a video"),
    ] {
        assert_named(&media(*major, &compatible), what);
    }
}

#[test]
fn a_photo_that_was_changed_to_text_is_named() {
    let what = "a photo that was changed to text on its way";
    for (format, bytes) in one_of_each() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_ne!(text.as_bytes(), bytes, "{format} has a byte that is no text");
        assert_named(text.as_bytes(), what);
    }
    for format in [Format::Jpeg, Format::Png] {
        let all = one_of_each();
        let (_, bytes) = all.iter().find(|(other, _)| *other == format).unwrap();
        let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert_named(latin.as_bytes(), what);
    }
    // Text with such a character is no photo.
    assert_eq!(
        decode("\u{fffd} is no photo".as_bytes(), 64),
        Err(PhotoError::NotAnImage)
    );
}

#[test]
fn the_coding_of_the_picture_counts_more_than_the_brands() {
    let mut file = include_bytes!("files/plain.avif").to_vec();
    let brand = b"mif1";
    file[8..12].copy_from_slice(brand);
    for word in file[16..28].as_chunks_mut::<4>().0 {
        *word = *brand;
    }
    assert_eq!(Format::of(&file), Ok(Format::Avif));
}

#[test]
fn other_kinds_are_told_by_their_start() {
    let files: [(&[u8], &str); 16] = [
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
        (b"\x1a\x45\xdf\xa3\x01", "a video"),
        (b"RIFF\x10\0\0\0AVI LIST", "a video"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0 \0", "an icon (ICO)"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "an SVG drawing"),
        (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", "an SVG drawing"),
        (
            b"\n<!DOCTYPE html><html><body><svg/></body></html>",
            "a web page (HTML)",
        ),
        (b"data:image/jpeg;base64,/9j/4AAQ", "a data URL"),
        (b"/9j/4AAQSkZJRgABAQ==", "base64 text"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"FUJIFILMCCD-RAW 0201FF129502", "a raw photo of a camera"),
        (b"II\x1a\0\0\0HEAPCCDR", "a raw photo of a camera"),
        (b"IIRO\x08\0\0\0", "a raw photo of a camera"),
        (b"II\x2a\0\x10\0\0\0CR\x02\0", "a raw photo of a camera"),
    ];
    for (bytes, what) in files {
        assert_named(bytes, what);
    }
    for unknown in [&b"hello, hair"[..], b"\0\0\0\0", b"ftyp", b"RIFF\0\0\0\0WAVE"] {
        let sentence = decode(unknown, 64).unwrap_err().to_string();
        assert!(sentence.starts_with("The file is not an image"), "{sentence}");
    }
}

/// A tag and its one number, or the text that follows the directories.
type Entry = (u16, u16, u32);

/// A little-endian TIFF of one 16 x 16 gray page per list of further entries.
fn tiff(pages: &[&[Entry]]) -> Vec<u8> {
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    for (i, more) in pages.iter().enumerate() {
        let mut entries = vec![
            (0x0100, 3, 16),
            (0x0101, 3, 16),
            (0x0102, 3, 8),
            (0x0103, 3, 1),
            (0x0111, 4, 0),
            (0x0115, 3, 1),
            (0x0116, 3, 16),
            (0x0117, 4, 256),
        ];
        entries.extend_from_slice(more);
        if entries.iter().all(|(tag, ..)| *tag != 0x0106) {
            entries.push((0x0106, 3, 1));
        }
        entries.sort_unstable();
        let end = bytes.len() + 2 + 12 * entries.len() + 4;
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            let value = if tag == 0x0111 { end as u32 } else { value };
            bytes.extend(
                [
                    &tag.to_le_bytes()[..],
                    &kind.to_le_bytes(),
                    &[1, 0, 0, 0],
                    &value.to_le_bytes(),
                ]
                .concat(),
            );
        }
        let next = if i + 1 < pages.len() { end + 256 } else { 0 };
        bytes.extend((next as u32).to_le_bytes());
        bytes.extend([90; 256]);
    }
    bytes
}

#[test]
fn raw_photos_that_begin_as_a_tiff() {
    const RAW: &str = "a raw photo of a camera";
    const THUMBNAIL: Entry = (0x00fe, 4, 1);
    const CAMERA: Entry = (0x010f, 2, 0);
    const DNG: Entry = (0xc612, 4, 0x0401);
    const FILTER: Entry = (0x0106, 3, 32_803);
    assert_named(&tiff(&[&[THUMBNAIL, DNG]]), RAW);
    assert_named(&tiff(&[&[FILTER]]), RAW);
    assert_named(&tiff(&[&[], &[FILTER]]), RAW);
    assert_named(&tiff(&[&[THUMBNAIL, CAMERA]]), RAW);
    assert_named(
        &tiff(&[&[THUMBNAIL], &[]]),
        "a TIFF that begins with its thumbnail",
    );
    // The directory of the sensor is below that of the thumbnail; here it is the one after it.
    let sensor = tiff(&[&[(0x014a, 4, 0)], &[FILTER]]);
    let second = u32::from_le_bytes(sensor[8 + 2 + 12 * 10..][..4].try_into().unwrap());
    let mut below = tiff(&[&[(0x014a, 4, second)], &[FILTER]]);
    below[8 + 2 + 12 * 10..][..4].fill(0);
    assert_named(&below, RAW);
    // Ordinary TIFFs, also with a camera's name and with a thumbnail as the second page.
    let ordinary: [&[&[Entry]]; 4] = [&[&[]], &[&[CAMERA]], &[&[], &[THUMBNAIL]], &[&[THUMBNAIL]]];
    for pages in ordinary {
        let photo = decode(&tiff(pages), 64).unwrap();
        assert_eq!((photo.width(), photo.rgb()[0]), (16, 90));
    }
    // A chain of directories that leads back to itself ends.
    let mut looped = tiff(&[&[]]);
    looped[8 + 2 + 12 * 9..][..4].copy_from_slice(&8_u32.to_le_bytes());
    let kind = decode(&looped, 64).map_err(|error| error.kind());
    assert!(kind.is_ok() || kind == Err(ErrorKind::Malformed), "{kind:?}");
}

#[test]
fn brands_alone_are_no_picture() {
    assert_named(&media(*b"avif", &[b"mif1"]), "an AVIF image without a picture");
    assert_named(&media(*b"mif1", &[b"heic"]), "a HEIC photo without a picture");
    let sentence = decode(&media(*b"heic", &[]), 64).unwrap_err().to_string();
    assert!(sentence.contains("Most Compatible"), "{sentence}");
}
