//! TIFFs that the decoder reads only with help: their samples are interpreted here.

use image::RgbImage;
use jpeg_encoder::SamplingFactor;

use super::super::tiff::prepared;
use super::super::{ColorSpace, ErrorKind, Photo, decode};
use super::{Extras, QUADRANTS, jpeg, middles, near, picture};

/// A tag with its numbers, 16 bits each.
pub(super) type Tag = (u16, Vec<u16>);

/// A little-endian TIFF of one strip.
pub(super) fn tiff(size: (u32, u32), tags: &[Tag], strip: &[u8]) -> Vec<u8> {
    let short = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let mut entries: Vec<(u16, u16, u32, Vec<u8>)> = tags
        .iter()
        .map(|(tag, numbers)| (*tag, 3, numbers.len() as u32, short(numbers)))
        .collect();
    let mut long = |tag: u16, number: u32| entries.push((tag, 4, 1, number.to_le_bytes().to_vec()));
    long(0x0100, size.0);
    long(0x0101, size.1);
    long(0x0111, 8);
    long(0x0116, size.1);
    long(0x0117, strip.len() as u32);
    entries.sort_unstable();
    let directory = 8 + strip.len().next_multiple_of(2);
    let mut more = directory + 2 + 12 * entries.len() + 4;
    let mut bytes = [b"II\x2a\0", (directory as u32).to_le_bytes().as_slice(), strip].concat();
    bytes.resize(directory, 0);
    bytes.extend((entries.len() as u16).to_le_bytes());
    let mut data = Vec::new();
    for (tag, kind, count, mut value) in entries {
        bytes.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes()].concat());
        if value.len() > 4 {
            bytes.extend((more as u32).to_le_bytes());
            more += value.len();
            data.append(&mut value);
        } else {
            value.resize(4, 0);
            bytes.append(&mut value);
        }
    }
    bytes.extend([0; 4]);
    [bytes, data].concat()
}

/// The usual tags: bits, compression, interpretation, samples.
pub(super) fn tags(bits: &[u16], compression: u16, photometric: u16) -> Vec<Tag> {
    vec![
        (0x0102, bits.to_vec()),
        (0x0103, vec![compression]),
        (0x0106, vec![photometric]),
        (0x0115, vec![bits.len() as u16]),
    ]
}

fn assert_is_the_picture(photo: &Photo, what: &str) {
    assert!(
        near(&middles(photo), &QUADRANTS, 4),
        "{what}: {:?}",
        middles(photo)
    );
}

fn ycbcr(image: &RgbImage) -> Vec<u8> {
    let convert = |p: &image::Rgb<u8>| {
        let [r, g, b] = p.0.map(f32::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402].map(|v| v.round() as u8)
    };
    image.pixels().flat_map(convert).collect()
}

#[test]
fn luma_and_chroma() {
    let image = picture(48, 32);
    let mut plain = tags(&[8, 8, 8], 1, 6);
    plain.push((0x0212, vec![1, 1]));
    let photo = decode(&tiff((48, 32), &plain, &ycbcr(&image)), 64).unwrap();
    assert_is_the_picture(&photo, "plain");
    for (factor, shares) in [
        (SamplingFactor::F_1_1, [1, 1]),
        (SamplingFactor::F_2_1, [2, 1]),
        (SamplingFactor::F_2_2, [2, 2]),
    ] {
        let strip = jpeg(&image, Extras::default(), |encoder| {
            encoder.set_sampling_factor(factor);
        });
        let mut compressed = tags(&[8, 8, 8], 7, 6);
        compressed.push((0x0212, shares.to_vec()));
        let photo = decode(&tiff((48, 32), &compressed, &strip), 64).unwrap();
        assert_is_the_picture(&photo, "JPEG");
    }
}

#[test]
fn palettes() {
    let image = picture(48, 32);
    let index = |p: &image::Rgb<u8>| QUADRANTS.iter().position(|color| *color == p.0).unwrap() as u8;
    let mut map = vec![0; 768];
    for (i, color) in QUADRANTS.iter().enumerate() {
        for (c, value) in color.iter().enumerate() {
            map[c * 256 + i] = u16::from(*value) * 257;
        }
    }
    let indices: Vec<u8> = image.pixels().map(index).collect();
    let with = |map: Vec<u16>| [tags(&[8], 1, 3), vec![(0x0140, map)]].concat();
    let photo = decode(&tiff((48, 32), &with(map.clone()), &indices), 64).unwrap();
    assert_is_the_picture(&photo, "16 bits");
    let small = map.iter().map(|value| value >> 8).collect();
    let photo = decode(&tiff((48, 32), &with(small), &indices), 64).unwrap();
    assert_is_the_picture(&photo, "8 bits");
    // One bit: the left half is the first color.
    let map = [QUADRANTS[0], QUADRANTS[1]];
    let map = (0..3)
        .flat_map(|c| map.map(|color| u16::from(color[c]) * 257))
        .collect();
    let one = [tags(&[1], 1, 3), vec![(0x0140, map)]].concat();
    let photo = decode(&tiff((16, 4), &one, &[0x00, 0xff].repeat(4)), 64).unwrap();
    let [left, right, ..] = middles(&photo);
    assert_eq!([left, right], [QUADRANTS[0], QUADRANTS[1]]);
    // A palette that is cut off is not guessed.
    let short = [tags(&[8], 1, 3), vec![(0x0140, vec![0; 30])]].concat();
    let error = decode(&tiff((48, 32), &short, &indices), 64).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn ink_at_every_size() {
    let size = (1000, 750);
    let ink: Vec<u8> = picture(size.0, size.1)
        .pixels()
        .flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0])
        .collect();
    let bytes = tiff(size, &tags(&[8; 4], 1, 5), &ink);
    for side in [1000, 999, 512, 64] {
        let photo = decode(&bytes, side).unwrap();
        assert_is_the_picture(&photo, "ink");
        assert_eq!(photo.source().color_space, ColorSpace::Cmyk);
    }
}

#[test]
fn bits_in_reversed_order() {
    let image = picture(48, 32);
    let strip: Vec<u8> = image.as_raw().iter().map(|byte| byte.reverse_bits()).collect();
    let mut reversed = tags(&[8, 8, 8], 1, 2);
    reversed.push((0x010a, vec![2]));
    let photo = decode(&tiff((48, 32), &reversed, &strip), 64).unwrap();
    assert_is_the_picture(&photo, "reversed");
    // Strips that overlap, as only an attacker writes them, are not turned again and again.
    let count = 2_001;
    reversed.push((0x0144, vec![8; count]));
    reversed.push((0x0145, vec![u16::MAX; count]));
    let hostile = tiff((48, 32), &reversed, &[]);
    assert!(*prepared(&hostile).0 == *hostile);
}
