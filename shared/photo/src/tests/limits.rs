//! Files that are rejected, and that the header is enough to reject them.

use super::super::{ErrorKind, Format, MAX_BYTES, MAX_MEMORY, PhotoError, decode, memory};
use super::{Extras, encode, jpeg, picture};

/// The CRC of a PNG chunk, PNG specification, annex D.
fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&name[..], data].concat();
    [
        &(data.len() as u32).to_be_bytes()[..],
        &named,
        &crc(&named).to_be_bytes(),
    ]
    .concat()
}

/// A PNG whose header claims a size, followed by 100 kB of zeros.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = chunk(*b"IHDR", &[&size[..], &[8, 2, 0, 0, 0]].concat());
    [
        b"\x89PNG\r\n\x1a\n",
        &header[..],
        &chunk(*b"IDAT", &vec![0; 100_000]),
        &chunk(*b"IEND", &[]),
    ]
    .concat()
}

#[test]
fn a_pixel_bomb_is_refused_by_its_header() {
    let bomb = png_claiming(30_000, 30_000);
    // The second file ends after the head of its first IDAT chunk: it has no pixels to decode.
    for file in [&bomb[..], &bomb[..41]] {
        let error = decode(file, 512).unwrap_err();
        assert_eq!(
            error,
            PhotoError::TooManyPixels {
                width: 30_000,
                height: 30_000
            }
        );
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(
            error.to_string(),
            "The image has 30000 x 30000 pixels; send one of at most 50 megapixels."
        );
    }
}

#[test]
fn the_largest_sensors_pass() {
    let kind = |height| decode(&png_claiming(8192, height), 512).unwrap_err().kind();
    // Its rows are missing.
    assert_eq!(kind(6144), ErrorKind::Malformed);
    assert_eq!(kind(6500), ErrorKind::TooLarge);
}

#[test]
fn other_formats_check_their_headers_too() {
    // The logical screen of a GIF, the header of a BMP, and the frame of a JPEG, each at 65500 x 65500 or more.
    let mut gif = encode(Format::Gif, &picture(8, 8).into(), Extras::default());
    gif[6..10].copy_from_slice(&[0xdc, 0xff, 0xdc, 0xff]);
    let mut bmp = encode(Format::Bmp, &picture(8, 8).into(), Extras::default());
    bmp[18..26].copy_from_slice(&[0xdc, 0xff, 0, 0, 0xdc, 0xff, 0, 0]);
    let mut jpeg = jpeg(&picture(8, 8), Extras::default(), |_| ());
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    for bytes in [gif, bmp, jpeg] {
        let error = decode(&bytes, 512).unwrap_err();
        assert_eq!(
            error,
            PhotoError::TooManyPixels {
                width: 65_500,
                height: 65_500
            }
        );
    }
}

#[test]
fn too_many_bytes() {
    let mut bytes = jpeg(&picture(8, 8), Extras::default(), |_| ());
    bytes.resize(MAX_BYTES, 0);
    assert!(decode(&bytes, 512).is_ok());
    bytes.push(0);
    let error = decode(&bytes, 512).unwrap_err();
    assert_eq!(error, PhotoError::TooManyBytes { bytes: MAX_BYTES + 1 });
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "The image has 21 MB; at most 20 MB can be sent."
    );
}

#[test]
fn a_scan_bomb_is_refused() {
    let photo = jpeg(&picture(64, 64), Extras::default(), |encoder| {
        encoder.set_progressive(true);
    });
    let scan = photo
        .windows(2)
        .rposition(|marker| marker == [0xff, 0xda])
        .unwrap();
    let (head, tail) = photo.split_at(scan);
    let scans = tail[..tail.len() - 2].repeat(500);
    let bytes = [head, &scans, &[0xff, 0xd9]].concat();
    assert_eq!(decode(&bytes, 512).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn a_progressive_photo_that_needs_too_much_memory_is_refused() {
    // Without subsampling, 7000 x 7000 pixels would need 294 MB of coefficients.
    let mut bytes = jpeg(&picture(8, 8), Extras::default(), |encoder| {
        encoder.set_progressive(true);
    });
    let frame = bytes
        .windows(2)
        .position(|marker| marker == [0xff, 0xc2])
        .unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[27, 88, 27, 88]);
    let error = decode(&bytes, 512).unwrap_err();
    assert_eq!(error, PhotoError::TooMuchMemory { format: Format::Jpeg });
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn files_that_are_not_images() {
    for bytes in [
        &b"just a text, named b.jpg"[..],
        b"BM is how this text begins",
        b"GIF89",
        b"\0",
        b"RIFF\0\0\0\0WAVE",
    ] {
        let error = decode(bytes, 512).unwrap_err();
        assert_eq!(
            (&error, error.kind()),
            (&PhotoError::NotAnImage, ErrorKind::Unsupported)
        );
    }
    assert_eq!(decode(b"", 512), Err(PhotoError::Empty));
    assert_eq!(PhotoError::Empty.kind(), ErrorKind::Malformed);
}

#[test]
fn kinds_of_jpeg_that_are_not_decoded() {
    let whole = jpeg(&picture(8, 8), Extras::default(), |_| ());
    let frame = whole
        .windows(2)
        .position(|marker| marker == [0xff, 0xc0])
        .unwrap();
    for (offset, value) in [(1, 0xc3), (1, 0xc9), (4, 12)] {
        let mut bytes = whole.clone();
        bytes[frame + offset] = value;
        assert_eq!(decode(&bytes, 512).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn rows_are_bounded_in_length_and_number() {
    for (width, height) in [(13_107_200, 4), (1, 50_000_000), (65_536, 2), (2, 65_536)] {
        let error = decode(&png_claiming(width, height), 512).unwrap_err();
        assert_eq!(error, PhotoError::TooLong { width, height });
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
    assert_eq!(
        PhotoError::TooLong {
            width: 13_107_200,
            height: 4
        }
        .to_string(),
        "The image has 13107200 x 4 pixels; crop it to at most 65535 pixels a side."
    );
    // Its rows are missing.
    let longest = decode(&png_claiming(65_535, 800), 512).unwrap_err();
    assert_eq!(longest.kind(), ErrorKind::Malformed);
}

#[test]
fn scans_times_blocks_are_bounded() {
    // 8192 x 6144 pixels without subsampling: 2.4 million blocks in each of 20 scans.
    let photo = jpeg(&picture(8, 8), Extras::default(), |encoder| {
        encoder.set_progressive(true);
    });
    let frame = photo
        .windows(2)
        .position(|marker| marker == [0xff, 0xc2])
        .unwrap();
    let scan = photo
        .windows(2)
        .rposition(|marker| marker == [0xff, 0xda])
        .unwrap();
    let mut bytes = [&photo[..scan], &photo[scan..photo.len() - 2].repeat(60)].concat();
    bytes[frame + 5..frame + 9].copy_from_slice(&[24, 0, 32, 0]);
    assert_eq!(decode(&bytes, 512).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn the_memory_of_a_photo_is_known_from_its_header() {
    const MEGABYTE: u64 = 1024 * 1024;
    let megabytes = |bytes: &[u8]| memory(bytes, 512).unwrap() / MEGABYTE;
    assert!((16..20).contains(&megabytes(&png_claiming(8192, 6144))));
    let claiming = |photo: Vec<u8>, marker: u8| {
        let mut bytes = photo;
        let frame = bytes.windows(2).position(|at| at == [0xff, marker]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[24, 0, 32, 0]);
        bytes
    };
    let sequential = jpeg(&picture(8, 8), Extras::default(), |_| ());
    assert!(megabytes(&claiming(sequential, 0xc0)) < 4);
    let progressive = jpeg(&picture(8, 8), Extras::default(), |encoder| {
        encoder.set_progressive(true);
    });
    // It is refused, and the budget for decoding is never asked for more.
    assert_eq!(memory(&claiming(progressive, 0xc2), 512), Ok(MAX_MEMORY));
    let mut gif = encode(Format::Gif, &picture(8, 8).into(), Extras::default());
    gif[6..10].copy_from_slice(&[0, 16, 0, 16]);
    assert!((64..90).contains(&megabytes(&gif)));
}
