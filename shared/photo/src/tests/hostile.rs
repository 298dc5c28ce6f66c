//! Truncated, changed and random bytes give an error or a whole photo. They never panic and never give part of a photo.

use proptest::prelude::*;

use super::super::{ErrorKind, PhotoError, decode, decode_only, strip};
use super::{Extras, jpeg, jpeg_of, one_of_each, picture};

/// The files that the tests truncate and change.
fn files() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = one_of_each().into_iter().map(|(_, bytes)| bytes).collect();
    files.push(jpeg(
        &picture(48, 32),
        Extras {
            orientation: Some(6),
            icc: None,
        },
        |encoder| {
            encoder.set_progressive(true);
        },
    ));
    files.push(include_bytes!("data/interlaced.png").to_vec());
    files.push(include_bytes!("data/lossy.webp").to_vec());
    files.push(include_bytes!("data/animated.webp").to_vec());
    files
}

fn panicked(error: &PhotoError) -> bool {
    matches!(error, PhotoError::Damaged { reason, .. } if reason.contains("panicked"))
}

#[test]
fn a_file_that_ends_early_is_never_part_of_a_photo() {
    for file in files() {
        let whole = decode(&file, 64).unwrap();
        for length in 0..file.len() {
            match decode(&file[..length], 64) {
                // Only data after the pixels may be missing: checksums and the end chunk of a PNG.
                Ok(photo) => assert!(
                    photo == whole && length + 24 > file.len(),
                    "{length} of {}",
                    file.len()
                ),
                Err(error) => assert!(!panicked(&error), "{error:?} at {length} of {}", file.len()),
            }
        }
    }
}

#[test]
fn a_cut_jpeg_is_not_half_a_photo() {
    let file = jpeg(&picture(200, 200), Extras::default(), |_| ());
    for length in [file.len() / 2, file.len() * 9 / 10] {
        let error = decode(&file[..length], 64).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(
            error.to_string(),
            "The JPEG image is damaged or cut off; send the complete file."
        );
    }
}

#[test]
fn changed_files_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        // Xorshift64, Marsaglia 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for file in files() {
        for _ in 0..400 {
            let mut bytes = file.clone();
            for _ in 0..=random() % 3 {
                let at = random() % bytes.len();
                match random() % 4 {
                    0 => bytes[at] ^= 1 << (random() % 8),
                    1 => bytes[at] = random() as u8,
                    2 => bytes[at] = [0, 0xff, 0x7f, 0x80][random() % 4],
                    _ => drop(bytes.drain(at..(at + 1 + random() % 16).min(file.len().min(bytes.len())))),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let _ = decode_only(&bytes, 20);
            // What is kept of a file that breaks the rules need not decode: then it is refused.
            if let Ok(stripped) = strip(&bytes) {
                let _ = decode_only(&stripped, 20);
            }
        }
    }
}

#[test]
fn a_jpeg_of_more_lines_than_libjpeg_decodes() {
    let gray = vec![90; 8 * 65_535];
    let color = jpeg_encoder::ColorType::Luma;
    let file = jpeg_of(&gray, (8, 65_535), color, Extras::default(), |_| ());
    assert_eq!(decode(&file, 512).unwrap_err().kind(), ErrorKind::Unsupported);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), magic in 0usize..11) {
        let magics: [&[u8]; 11] = [
            b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\0\0WEBPVP8 ", b"RIFF\xff\xff\0\0WEBPVP8L",
            b"GIF89a", b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", b"II\x2a\0\x08\0\0\0", b"MM\0\x2a\0\0\0\x08",
            b"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0", b"\0\0\0\x18ftyp",
        ];
        let file = [magics[magic], &bytes].concat();
        let _ = decode_only(&file, 16);
        let _ = strip(&file);
    }
}
