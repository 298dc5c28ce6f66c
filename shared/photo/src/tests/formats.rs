//! Every format and variant gives back the original picture, upright and at the requested size.

use image::{DynamicImage, GrayAlphaImage, ImageBuffer, LumaA, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, SamplingFactor};

use super::super::{ColorSpace, Format, decode};
use super::{Extras, QUADRANTS, SIZE, encode, jpeg, jpeg_of, middles, near, one_of_each, picture};

fn assert_is_the_picture(bytes: &[u8], what: &str) {
    let photo = decode(bytes, 512).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert_eq!((photo.width(), photo.height()), SIZE, "{what}");
    assert!(
        near(&middles(&photo), &QUADRANTS, 4),
        "{what}: {:?}",
        middles(&photo)
    );
    assert!(
        [ColorSpace::Srgb, ColorSpace::Cmyk].contains(&photo.source().color_space),
        "{what}"
    );
}

#[test]
fn every_format_gives_the_picture_back() {
    for (format, bytes) in one_of_each() {
        assert_is_the_picture(&bytes, &format.to_string());
        let source = decode(&bytes, 512).unwrap().source();
        assert_eq!((source.format, (source.width, source.height)), (format, SIZE));
    }
}

#[test]
fn lossless_formats_lose_nothing() {
    let image = RgbImage::from_fn(37, 21, |x, y| Rgb([(x * 6) as u8, (y * 11) as u8, (x * y) as u8]));
    for format in [Format::Png, Format::WebP, Format::Bmp, Format::Tiff] {
        let bytes = encode(format, &image.clone().into(), Extras::default());
        assert_eq!(
            decode(&bytes, 64).unwrap().into_rgb(),
            image.as_raw().clone(),
            "{format}"
        );
    }
}

#[test]
fn names_of_the_formats() {
    let names: Vec<_> = one_of_each()
        .iter()
        .map(|(format, _)| (format.media_type(), format.extension()))
        .collect();
    assert_eq!(
        names[..3],
        [
            ("image/jpeg", "jpg"),
            ("image/png", "png"),
            ("image/webp", "webp")
        ]
    );
    assert_eq!(
        names[3..6],
        [("image/gif", "gif"), ("image/bmp", "bmp"), ("image/tiff", "tiff")]
    );
    assert_eq!(
        names[6..],
        [
            ("image/heic", "heic"),
            ("image/avif", "avif"),
            ("image/jxl", "jxl")
        ]
    );
}

#[test]
fn variants_of_jpeg() {
    let image = picture(SIZE.0, SIZE.1);
    let none = Extras::default();
    for factor in [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
    ] {
        for progressive in [false, true] {
            let bytes = jpeg(&image, none, |encoder| {
                encoder.set_sampling_factor(factor);
                encoder.set_progressive(progressive);
            });
            assert_is_the_picture(&bytes, &format!("{factor:?}, progressive: {progressive}"));
        }
    }
    assert_is_the_picture(
        &jpeg(&image, none, |encoder| encoder.set_restart_interval(3)),
        "restarts",
    );
    let mut tail = jpeg(&image, none, |_| ());
    tail.extend([0xff, 0xd8, 0xff, 0xe1, 7, 7, 7]);
    assert_is_the_picture(&tail, "a second image at the end, like the gain maps of phones");
}

#[test]
fn cmyk_and_gray_jpegs() {
    // Jpeg-encoder takes amounts of light per ink, as Adobe stores them: 255 means no ink.
    let light: Vec<u8> = picture(SIZE.0, SIZE.1)
        .pixels()
        .flat_map(|p| [p[0], p[1], p[2], 255])
        .collect();
    for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let ink: Vec<u8> = light.iter().map(|v| 255 - v).collect();
        assert_is_the_picture(&jpeg_of(&ink, SIZE, color, Extras::default(), |_| ()), "ink");
    }
    let gray: Vec<u8> = picture(SIZE.0, SIZE.1).pixels().map(|p| p[0]).collect();
    let photo = decode(
        &jpeg_of(&gray, SIZE, ColorType::Luma, Extras::default(), |_| ()),
        512,
    )
    .unwrap();
    assert!(
        near(&middles(&photo), &QUADRANTS.map(|[r, ..]| [r; 3]), 3),
        "{:?}",
        middles(&photo)
    );
}

#[test]
fn a_scaled_jpeg_keeps_its_colors() {
    let image = picture(1600, 1200);
    for progressive in [false, true] {
        let bytes = jpeg(&image, Extras::default(), |encoder| {
            encoder.set_progressive(progressive);
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
        });
        for side in [1600, 800, 512, 400, 200, 100, 64, 8] {
            let photo = decode(&bytes, side).unwrap();
            assert_eq!((photo.width(), photo.height()), (side, side * 3 / 4));
            assert!(
                near(&middles(&photo), &QUADRANTS, 4),
                "{side}: {:?}",
                middles(&photo)
            );
        }
    }
}

#[test]
fn variants_of_png_and_tiff() {
    let image = DynamicImage::from(picture(SIZE.0, SIZE.1));
    let variants: [DynamicImage; 3] = [
        image.to_rgba8().into(),
        image.to_rgb16().into(),
        image.to_rgba16().into(),
    ];
    for variant in variants {
        for format in [Format::Png, Format::Tiff] {
            let bytes = encode(format, &variant, Extras::default());
            assert_is_the_picture(&bytes, &format!("{format} of {:?}", variant.color()));
        }
    }
    let gray = DynamicImage::from(image.to_luma8());
    let want = decode(&encode(Format::Png, &gray, Extras::default()), 512).unwrap();
    for variant in [image.to_luma16().into(), image.to_luma_alpha8().into(), gray] {
        for format in [Format::Png, Format::Tiff] {
            let bytes = encode_if_it_can(format, &variant);
            if bytes.is_empty() {
                continue;
            }
            let photo = decode(&bytes, 512).unwrap();
            assert!(
                near(&middles(&photo), &middles(&want), 1),
                "{format} of {:?}",
                variant.color()
            );
        }
    }
}

/// Encodes the image; the result is empty if the encoder does not support the color type, such as TIFF's gray with
/// alpha.
fn encode_if_it_can(format: Format, image: &DynamicImage) -> Vec<u8> {
    match (format, image) {
        (Format::Tiff, DynamicImage::ImageLumaA8(_)) => Vec::new(),
        _ => encode(format, image, Extras::default()),
    }
}

#[test]
fn files_from_other_encoders() {
    assert_is_the_picture(include_bytes!("data/interlaced.png"), "an interlaced PNG");
    assert_is_the_picture(include_bytes!("data/lossy.webp"), "a lossy WebP");
    assert_is_the_picture(include_bytes!("data/animated.webp"), "an animated WebP");
}

#[test]
fn an_interlaced_png_shrinks_as_a_plain_one() {
    let plain = encode(Format::Png, &picture(SIZE.0, SIZE.1).into(), Extras::default());
    for side in [47, 24, 16, 11, 5, 1] {
        let [one, other] =
            [&include_bytes!("data/interlaced.png")[..], &plain].map(|bytes| decode(bytes, side).unwrap());
        assert_eq!(one, other);
    }
}

#[test]
fn transparency_becomes_white() {
    let half = Rgba([200, 100, 0, 128]);
    let image = RgbaImage::from_fn(2, 1, |x, _| if x == 0 { Rgba([9, 9, 9, 0]) } else { half });
    for format in [Format::Png, Format::WebP, Format::Tiff] {
        let photo = decode(&encode(format, &image.clone().into(), Extras::default()), 8).unwrap();
        assert_eq!(photo.rgb(), [255, 255, 255, 227, 177, 127], "{format}");
        assert_eq!(photo.opacity(), Some([0, 128].as_slice()), "{format}");
    }
    let gray = GrayAlphaImage::from_fn(2, 1, |x, _| LumaA([0, if x == 0 { 0 } else { 255 }]));
    let photo = decode(&encode(Format::Png, &gray.into(), Extras::default()), 8).unwrap();
    assert_eq!(photo.rgb(), [255, 255, 255, 0, 0, 0]);
    let gif = decode(&encode(Format::Gif, &image.into(), Extras::default()), 8).unwrap();
    assert_eq!(gif.rgb()[..3], [255, 255, 255]);
}

#[test]
fn opacity_is_reduced_and_turned_with_the_picture() {
    let right_half = |x: u32| Rgba([0, 0, 0, if x < 30 { 0 } else { 255 }]);
    let image = RgbaImage::from_fn(60, 40, |x, _| right_half(x)).into();
    let turned = Extras {
        orientation: Some(6),
        icc: None,
    };
    for format in [Format::Png, Format::WebP] {
        let photo = decode(&encode(format, &image, turned), 30).unwrap();
        assert_eq!((photo.width(), photo.height()), (20, 30), "{format}");
        let opacity = photo.opacity().expect("a part is transparent");
        assert!(opacity[..14 * 20].iter().all(|alpha| *alpha == 0), "{format}");
        assert!(opacity[16 * 20..].iter().all(|alpha| *alpha == 255), "{format}");
    }
    let opaque = RgbaImage::from_pixel(3, 3, Rgba([1, 2, 3, 255])).into();
    let photo = decode(&encode(Format::Png, &opaque, Extras::default()), 30).unwrap();
    assert_eq!(photo.opacity(), None);
}

/// The picture as a camera would store it so that `orientation` applies. EXIF 2.32, 4.6.4 defines an orientation by the
/// sides of the scene that the file's first row and first column show.
fn stored_as(orientation: u16, upright: &RgbImage) -> RgbImage {
    let (w, h) = upright.dimensions();
    let (width, height) = if orientation < 5 { (w, h) } else { (h, w) };
    ImageBuffer::from_fn(width, height, |column, row| {
        let (x, y) = match orientation {
            1 => (column, row),
            2 => (w - 1 - column, row),
            3 => (w - 1 - column, h - 1 - row),
            4 => (column, h - 1 - row),
            5 => (row, column),
            6 => (w - 1 - row, column),
            7 => (w - 1 - row, h - 1 - column),
            _ => (row, h - 1 - column),
        };
        *upright.get_pixel(x, y)
    })
}

#[test]
fn all_eight_orientations() {
    let upright = picture(SIZE.0, SIZE.1);
    for orientation in 1..=8 {
        let stored = DynamicImage::from(stored_as(orientation, &upright));
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let bytes = encode(
                format,
                &stored,
                Extras {
                    orientation: Some(orientation),
                    icc: None,
                },
            );
            assert_is_the_picture(&bytes, &format!("{format} {orientation}"));
            let source = decode(&bytes, 10).unwrap().source();
            assert_eq!((source.width, source.height), SIZE);
        }
    }
}

#[test]
fn a_tiff_is_turned_by_its_own_tag() {
    let stored = stored_as(6, &picture(SIZE.0, SIZE.1));
    let mut bytes = encode(Format::Tiff, &stored.into(), Extras::default());
    // The encoder writes no orientation. The test rewrites the tag of the planar configuration, which has the same
    // type.
    let tag = bytes.windows(4).rposition(|entry| entry == [0x1c, 1, 3, 0]);
    match tag {
        Some(at) => {
            bytes[at..at + 2].copy_from_slice(&[0x12, 1]);
            bytes[at + 8] = 6;
        }
        None => add_orientation(&mut bytes, 6),
    }
    assert_is_the_picture(&bytes, "TIFF 6");
}

/// Moves the directory of a little-endian TIFF to the end of the file, with an orientation inserted in tag order.
fn add_orientation(bytes: &mut Vec<u8>, orientation: u8) {
    let at = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let count = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let mut entries: Vec<[u8; 12]> = bytes[at + 2..].as_chunks::<12>().0[..usize::from(count)].to_vec();
    entries.push([0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    entries.sort_by_key(|entry| u16::from_le_bytes([entry[0], entry[1]]));
    let moved = (bytes.len() as u32).to_le_bytes();
    bytes[4..8].copy_from_slice(&moved);
    bytes.extend((count + 1).to_le_bytes());
    bytes.extend(entries.as_flattened());
    bytes.extend([0; 4]);
}

#[test]
fn an_orientation_that_does_not_exist_is_none() {
    for orientation in [0, 9, 300] {
        let image = picture(SIZE.0, SIZE.1).into();
        let bytes = encode(
            Format::Jpeg,
            &image,
            Extras {
                orientation: Some(orientation),
                icc: None,
            },
        );
        assert_is_the_picture(&bytes, "no such orientation");
    }
}

#[test]
fn one_pixel_is_a_photo() {
    for format in [
        Format::Jpeg,
        Format::Png,
        Format::WebP,
        Format::Gif,
        Format::Bmp,
        Format::Tiff,
    ] {
        let image = RgbImage::from_pixel(1, 1, Rgb([120, 90, 60]));
        let photo = decode(&encode(format, &image.into(), Extras::default()), 512).unwrap();
        assert_eq!((photo.width(), photo.height()), (1, 1));
        assert!(
            near(&[[120, 90, 60]], photo.rgb().as_chunks().0, 3),
            "{format}: {:?}",
            photo.rgb()
        );
    }
}

#[test]
fn photos_are_shrunk_never_enlarged_and_keep_their_shape() {
    for (width, height, side, want) in [
        (300, 200, 150, (150, 100)),
        (200, 300, 150, (100, 150)),
        (300, 200, 512, (300, 200)),
        (300, 200, 300, (300, 200)),
        (301, 199, 100, (100, 66)),
        (900, 2, 100, (100, 1)),
        (2, 900, 100, (1, 100)),
        (30, 20, 0, (1, 1)),
    ] {
        for format in [Format::Jpeg, Format::Png, Format::Bmp] {
            let photo = decode(
                &encode(format, &picture(width, height).into(), Extras::default()),
                side,
            )
            .unwrap();
            assert_eq!(
                (photo.width(), photo.height()),
                want,
                "{format} {width} x {height} to {side}"
            );
        }
    }
}

#[test]
fn shrinking_averages() {
    // A checkerboard of two browns: at every scale and in every format, the result is their mean.
    let board = RgbImage::from_fn(640, 640, |x, y| {
        if (x + y) % 2 == 0 {
            Rgb([100, 60, 20])
        } else {
            Rgb([140, 100, 60])
        }
    });
    for format in [Format::Jpeg, Format::Png, Format::Bmp] {
        let bytes = encode(format, &board.clone().into(), Extras::default());
        for side in [320, 200, 80, 7] {
            let photo = decode(&bytes, side).unwrap();
            // The last row and column average fewer pixels.
            let rows = photo
                .rgb()
                .chunks_exact(side as usize * 3)
                .take(side as usize - 1);
            let inner = rows.flat_map(|row| &row.as_chunks::<3>().0[..side as usize - 1]);
            assert!(
                inner.copied().all(|pixel| near(&[pixel], &[[120, 80, 40]], 5)),
                "{format} {side}"
            );
        }
    }
}

/// The fourth channel of ink is black, not alpha: where there is none, a resize must not lose the other three.
#[test]
fn ink_keeps_its_colors_at_every_size() {
    let size = (1000, 750);
    let ink: Vec<u8> = picture(size.0, size.1)
        .pixels()
        .flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0])
        .collect();
    let jpeg = jpeg_of(&ink, size, ColorType::Cmyk, Extras::default(), |_| ());
    for side in [1000, 999, 512, 500, 300, 64] {
        let photo = decode(&jpeg, side).unwrap();
        assert!(
            near(&middles(&photo), &QUADRANTS, 4),
            "{side}: {:?}",
            middles(&photo)
        );
        assert_eq!(photo.source().color_space, ColorSpace::Cmyk);
    }
}

/// The chunks of a WebP in a new file.
fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, data) in chunks {
        body.extend_from_slice(*name);
        body.extend((data.len() as u32).to_le_bytes());
        body.extend_from_slice(data);
        body.extend(vec![0; data.len() % 2]);
    }
    [b"RIFF", (body.len() as u32).to_le_bytes().as_slice(), &body].concat()
}

#[test]
fn exif_of_a_webp_in_every_form() {
    let plain = encode(Format::WebP, &picture(48, 32).into(), Extras::default());
    let picture = &plain[20..];
    let extended = |flags: u8| [flags, 0, 0, 0, 47, 0, 0, 31, 0, 0];
    let exif = super::exif(6);
    let prefixed = [b"Exif\0\0", exif.as_slice()].concat();
    for data in [&exif, &prefixed] {
        for flags in [8, 0] {
            let header = extended(flags);
            let chunks: [(&[u8; 4], &[u8]); 4] = [
                (b"VP8X", &header),
                (b"PSAI", b"odd"),
                (b"VP8L", picture),
                (b"EXIF", data),
            ];
            let photo = decode(&riff(&chunks), 64).unwrap();
            assert_eq!((photo.width(), photo.height()), (32, 48), "flags {flags}");
        }
    }
    // Metadata that is promised and missing is not missed.
    let promised: [(&[u8; 4], &[u8]); 2] = [(b"VP8X", &extended(8 | 4)), (b"VP8L", picture)];
    assert_is_the_picture(&riff(&promised), "a WebP without its metadata");
}

#[test]
fn exif_of_a_png_with_the_prefix_of_jpeg() {
    for prefix in [&b""[..], b"Exif\0\0"] {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 48, 32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().unwrap();
        let exif = [prefix, &super::exif(6)].concat();
        writer
            .write_chunk(png::chunk::ChunkType(*b"eXIf"), &exif)
            .unwrap();
        writer.write_image_data(picture(48, 32).as_raw()).unwrap();
        writer.finish().unwrap();
        let photo = decode(&bytes, 64).unwrap();
        assert_eq!((photo.width(), photo.height()), (32, 48), "{prefix:?}");
    }
}

/// A BMP of 32 bits whose header of version 4 has a mask for alpha.
fn bmp_with_alpha(alpha: impl Fn(u32) -> u8) -> Vec<u8> {
    let picture = picture(SIZE.0, SIZE.1);
    let rows = picture.rows().rev().flat_map(Iterator::enumerate);
    let pixels: Vec<u8> = rows
        .flat_map(|(x, p)| [p[2], p[1], p[0], alpha(x as u32)])
        .collect();
    let numbers = |all: &[u32]| all.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let header = [
        numbers(&[108, SIZE.0, SIZE.1, 1 | 32 << 16, 3, 0, 2835, 2835, 0, 0]),
        numbers(&[0x00ff_0000, 0xff00, 0xff, 0xff00_0000]),
        b"BGRs".to_vec(),
        vec![0; 48],
    ]
    .concat();
    let start = 14 + header.len() as u32;
    let size = start + pixels.len() as u32;
    [b"BM".to_vec(), numbers(&[size, 0, start]), header, pixels].concat()
}

#[test]
fn a_bmp_without_any_alpha_is_opaque() {
    assert_is_the_picture(&bmp_with_alpha(|_| 0), "all zero");
    assert_is_the_picture(&bmp_with_alpha(|_| 255), "all full");
    // Where some of it is used, the rest is transparent: white.
    let half = decode(&bmp_with_alpha(|x| if x < 24 { 255 } else { 0 }), 64).unwrap();
    let white = [255; 3];
    assert!(near(
        &middles(&half),
        &[QUADRANTS[0], white, QUADRANTS[2], white],
        4
    ));
}
