//! HEIC, AVIF and JPEG XL: the files that `files/draw.py` draws.

use super::super::{ColorSpace, ErrorKind, Format, Photo, decode, to_jpeg};
use super::{QUADRANTS, SIZE, middles, near, one_of_each};

/// The bytes of a file in `files/`.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("files/", $name)).as_slice()
    };
}

/// How much a channel may differ after lossy coding.
const TOLERANCE: u8 = 6;

fn open(bytes: &[u8], what: &str) -> Photo {
    decode(bytes, 512).unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

fn assert_is_the_picture(bytes: &[u8], what: &str) {
    let photo = open(bytes, what);
    let got = middles(&photo);
    assert!(near(&got, &QUADRANTS, TOLERANCE), "{what}: {got:?}");
}

#[test]
fn subsampling_turns_and_tiles() {
    for (what, bytes, size) in [
        ("fine.heic", file!("fine.heic"), SIZE),
        ("fine.avif", file!("fine.avif"), SIZE),
        ("mirrored.heic", file!("mirrored.heic"), SIZE),
        ("mirrored.avif", file!("mirrored.avif"), SIZE),
        ("turned.heic", file!("turned.heic"), SIZE),
        ("turned.avif", file!("turned.avif"), SIZE),
        ("grid.heic", file!("grid.heic"), (160, 96)),
        ("thumbnail.heic", file!("thumbnail.heic"), (96, 64)),
    ] {
        let photo = open(bytes, what);
        assert_eq!((photo.width(), photo.height()), size, "{what}");
        assert_eq!(photo.source().color_space, ColorSpace::Srgb, "{what}");
        assert_is_the_picture(bytes, what);
    }
}

#[test]
fn tiles_are_reduced_together() {
    for side in [10, 33, 64, 159] {
        let photo = decode(file!("grid.heic"), side).unwrap();
        assert_eq!(photo.width(), side);
        let got = middles(&photo);
        assert!(near(&got, &QUADRANTS, TOLERANCE), "{side}: {got:?}");
    }
}

#[test]
fn gray_pictures() {
    for (what, bytes) in [
        ("gray.heic", file!("gray.heic")),
        ("gray.avif", file!("gray.avif")),
        ("gray.jxl", file!("gray.jxl")),
    ] {
        let [first, ..] = middles(&open(bytes, what));
        // 0.299 of red, 0.587 of green, 0.114 of blue.
        assert!(near(&[first], &[[96; 3]], 2), "{what}: {first:?}");
    }
}

#[test]
fn what_is_transparent_is_white() {
    for (what, bytes) in [
        ("transparent.heic", file!("transparent.heic")),
        ("transparent.avif", file!("transparent.avif")),
        ("transparent.jxl", file!("transparent.jxl")),
    ] {
        let got = middles(&open(bytes, what));
        let want = [QUADRANTS[0], QUADRANTS[1], [255; 3], [255; 3]];
        assert!(near(&got, &want, TOLERANCE), "{what}: {got:?}");
    }
}

#[test]
fn display_p3_by_code_points() {
    // The brown of the picture, if its samples are Display P3.
    let want = [158, 76, 28];
    for (what, bytes) in [("p3.heic", file!("p3.heic")), ("p3.avif", file!("p3.avif"))] {
        let photo = open(bytes, what);
        assert_eq!(photo.source().color_space, ColorSpace::CodePoints, "{what}");
        let [brown, ..] = middles(&photo);
        assert!(near(&[brown], &[want], TOLERANCE), "{what}: {brown:?}");
    }
}

#[test]
fn a_part_of_a_file_is_damaged() {
    for (format, bytes) in one_of_each() {
        if ![Format::Heic, Format::Avif, Format::JpegXl].contains(&format) {
            continue;
        }
        for length in 40..bytes.len() {
            let error = decode(&bytes[..length], 64).expect_err("a part is no photo");
            assert_eq!(
                error.kind(),
                ErrorKind::Malformed,
                "{format}, {length} bytes: {error:?}"
            );
        }
    }
}

#[test]
fn what_browsers_do_not_show_becomes_a_jpeg() {
    for (format, bytes) in one_of_each() {
        let jpeg = to_jpeg(&bytes, 40).unwrap();
        assert_eq!(Format::of(&jpeg), Ok(Format::Jpeg));
        let photo = open(&jpeg, "a JPEG");
        assert_eq!((photo.width(), photo.height()), (40, 27), "{format}");
        assert_is_the_picture(&jpeg, &format.to_string());
    }
}
