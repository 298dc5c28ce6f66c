//! Files of several kinds, whole, cut, and with bytes that do not belong there.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::markers::{SOS, Segment, Segments};
use crate::{Channels, Error, Jpeg, Picture, entropy, libjpeg};

const SIDE: u16 = 256;
const ENOUGH: u64 = 160 * 1024 * 1024;

/// A photo's worth of variety: gradients, and noise of a fixed sequence.
fn samples(count: u32) -> Vec<u8> {
    let mut noise = 1_u32;
    (0..u32::from(SIDE).pow(2) * count)
        .map(|i| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((i / 700) % 200 + (noise >> 27)) as u8
        })
        .collect()
}

fn encoded(set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    set(&mut encoder);
    encoder.encode(&samples(3), SIDE, SIDE, ColorType::Rgb).unwrap();
    bytes
}

/// The kinds of coding: sequential, with restarts, with subsampling, without, and progressive.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("sequential", encoded(|_| ())),
        ("restarts", encoded(|encoder| encoder.set_restart_interval(4))),
        (
            "optimized",
            encoded(|encoder| encoder.set_optimized_huffman_tables(true)),
        ),
        (
            "no subsampling",
            encoded(|encoder| encoder.set_sampling_factor(SamplingFactor::F_1_1)),
        ),
        ("progressive", encoded(|encoder| encoder.set_progressive(true))),
        (
            "progressive restarts",
            encoded(|encoder| {
                encoder.set_progressive(true);
                encoder.set_restart_interval(7);
            }),
        ),
    ]
}

fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    Jpeg::open(bytes)?.decode(64, ENOUGH)
}

fn is_damaged(bytes: &[u8]) -> bool {
    matches!(decode(bytes), Err(Error::Damaged(_)))
}

fn scans(bytes: &[u8]) -> Vec<Segment<'_>> {
    Segments::new(bytes)
        .filter(|segment| segment.marker == SOS)
        .collect()
}

/// The offset behind `percent` of the data of a scan, not between the bytes of a marker.
fn within(scan: &Segment<'_>, percent: usize) -> usize {
    let left = scan.coded.len() * (100 - percent) / 100;
    let at = scan.end - left;
    let offset = scan.coded.len() - left;
    if scan.coded[offset - 1] == 0xff {
        at + 1
    } else {
        at
    }
}

#[test]
fn scales() {
    let file = encoded(|_| ());
    let jpeg = Jpeg::open(&file).unwrap();
    assert_eq!(jpeg.size(), (256, 256));
    for (max_side, side) in [(1, 32), (32, 32), (33, 64), (128, 128), (129, 256), (9000, 256)] {
        let picture = jpeg.decode(max_side, ENOUGH).unwrap();
        assert_eq!(
            (picture.width, picture.height, picture.channels),
            (side, side, Channels::Rgb)
        );
        assert_eq!(picture.data.len(), (side * side * 3) as usize);
    }
}

#[test]
fn every_kind_is_followed_to_its_end() {
    for (kind, file) in kinds() {
        let jpeg = Jpeg::open(&file).unwrap();
        assert_eq!(
            entropy::check(&jpeg.frame, jpeg.bytes, jpeg.is_closed),
            Ok(()),
            "{kind}"
        );
        assert!(decode(&file).is_ok(), "{kind}");
    }
}

#[test]
fn markers_at_the_end_do_not_matter() {
    for (kind, file) in kinds() {
        let whole = decode(&file).unwrap();
        let body = &file[..file.len() - 2];
        let mut noise = 7_u32;
        let mut random = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        let noise: Vec<_> = (0..50_000).map(|_| random()).collect();
        let tails: [&[u8]; 8] = [
            b"",
            b"\xff",
            b"\xff\xff\xff\xd9",
            b"\xff\xd0\xff\xd9",
            b"\x12\x34\xff\xd9",
            b"\xff\0\xff\xd9",
            b"SEFH\xff\xc3\0\x08\x08",
            &noise,
        ];
        for tail in tails {
            let found = decode(&[body, tail].concat());
            assert_eq!(
                found.as_ref(),
                Ok(&whole),
                "{kind}, then {:?}",
                &tail[..tail.len().min(9)]
            );
        }
    }
}

#[test]
fn a_scan_that_ends_early_is_damaged() {
    for (kind, file) in kinds() {
        let last = scans(&file).pop().unwrap();
        for percent in [10, 30, 60, 90, 97] {
            let start = &file[..within(&last, percent)];
            for tail in [&b""[..], b"\xff\xd9", b"SEFH\xff\xc3\0\x08\x08"] {
                assert!(
                    is_damaged(&[start, tail].concat()),
                    "{kind}, {percent} % of the last scan"
                );
            }
        }
    }
}

#[test]
fn the_last_hundredth_may_be_missing() {
    // The last scan of a progressive file is too short for so small a part.
    for (kind, file) in kinds()
        .into_iter()
        .filter(|(kind, _)| !kind.contains("progressive"))
    {
        let scan = scans(&file).pop().unwrap();
        let picture = decode(&file[..scan.end - 4]);
        assert!(picture.is_ok(), "{kind}: {picture:?}");
        assert!(is_damaged(&file[..within(&scan, 98)]), "{kind}");
    }
}

#[test]
fn a_progressive_file_may_lack_refinements_alone() {
    let file = encoded(|encoder| encoder.set_progressive(true));
    let found = scans(&file);
    let ends: Vec<_> = found.iter().map(|scan| scan.end).collect();
    let accepted: Vec<_> = ends.iter().map(|&end| decode(&file[..end]).is_ok()).collect();
    assert!(!accepted[0], "the first scan alone is a blur");
    assert!(*accepted.last().unwrap());
    assert!(accepted.is_sorted());
}

#[test]
fn wrong_restarts_are_damage_at_their_place() {
    let file = encoded(|encoder| encoder.set_restart_interval(4));
    let at: Vec<_> = (0..file.len() - 1)
        .filter(|&i| file[i] == 0xff && (0xd0..=0xd7).contains(&file[i + 1]))
        .collect();
    let middle = at[at.len() / 2];
    let mut other = file.clone();
    other[middle + 1] ^= 3;
    assert!(is_damaged(&other));
    let gone = [&file[..middle], &file[middle + 2..]].concat();
    assert!(is_damaged(&gone));
    let filled = [&file[..middle], b"\xff\xff", &file[middle..]].concat();
    assert_eq!(decode(&filled), decode(&file));
}

#[test]
fn bytes_between_segments_are_passed_over() {
    let file = encoded(|_| ());
    let header = scans(&file)[0];
    let start = header.end - header.coded.len() - header.content.len() - 4;
    let stuffed = [&file[..start], &[0; 100], &file[start..]].concat();
    assert_eq!(decode(&stuffed), decode(&file));
}

#[test]
fn a_flipped_bit_is_found_or_harmless() {
    for (kind, file) in kinds() {
        let whole = decode(&file).unwrap();
        let mut found = 0;
        for scan in scans(&file) {
            let start = scan.end - scan.coded.len();
            for step in 0..40 {
                let mut bytes = file.clone();
                bytes[start + scan.coded.len() * step / 40] ^= 1 << (step % 8);
                found += usize::from(decode(&bytes) != Ok(whole.clone()));
            }
        }
        assert!(found > 20, "{kind}: {found}");
    }
}

#[test]
fn nothing_is_measured_that_libjpeg_warned_of() {
    let mean = |picture: &Picture| {
        picture.data.iter().map(|&sample| f64::from(sample)).sum::<f64>() / picture.data.len() as f64
    };
    let file = encoded(|_| ());
    let whole = mean(&decode(&file).unwrap());
    let scan = scans(&file)[0];
    let mut refused = 0;
    for step in 0..400 {
        let mut bytes = file.clone();
        bytes[scan.end - scan.coded.len() + scan.coded.len() * step / 400] ^= 1 << (step % 8);
        let Ok(jpeg) = Jpeg::open(&bytes) else { continue };
        let Ok((_, warned)) = libjpeg::decode(jpeg.bytes, 2) else {
            continue;
        };
        match decode(&bytes) {
            Ok(picture) => assert!(
                !warned || (mean(&picture) - whole).abs() < 3.0,
                "byte {step} of 400"
            ),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn what_is_behind_the_headers_never_panics() {
    for (_, file) in kinds() {
        for step in 1..400 {
            let mut bytes = file.clone();
            let place = 2 + (file.len() - 2) * step / 400;
            bytes[place] = bytes[place].wrapping_add(step as u8);
            let _ = decode(&bytes);
            if let Ok(jpeg) = Jpeg::open(&bytes) {
                let _ = entropy::check(&jpeg.frame, jpeg.bytes, jpeg.is_closed);
            }
        }
    }
}

#[test]
fn memory_is_asked_for_first() {
    let mut file = encoded(|encoder| encoder.set_progressive(true));
    let frame = file.windows(2).position(|marker| marker == [0xff, 0xc2]).unwrap();
    // 9,000 x 9,000 pixels.
    file[frame + 5..frame + 9].copy_from_slice(&[35, 40, 35, 40]);
    assert_eq!(decode(&file), Err(Error::TooMuchMemory));
}

#[test]
fn scans_are_bounded() {
    let file = encoded(|encoder| encoder.set_progressive(true));
    let all = scans(&file);
    let last = all.last().unwrap();
    let start = last.end - last.coded.len() - last.content.len() - 4;
    let bomb = [&file[..start], &file[start..last.end].repeat(100)].concat();
    assert!(is_damaged(&bomb));
}
