//! Embedded profiles are converted where they matter, and ignored where they are sRGB or damaged.

use image::{GrayImage, Rgb, RgbImage};
use moxcms::ColorProfile;

use super::super::{ColorSpace, Format, decode};
use super::{Extras, encode, jpeg, picture};
use strand_color::{Lab, Rgb as Srgb, ciede2000};

/// Linear light to XYZ under D65, from the primaries of Display P3 (SMPTE EG 432-1) and of Adobe RGB (1998), 4.3.4.
const P3: [[f64; 3]; 3] = [
    [0.486_570_95, 0.265_667_69, 0.198_217_29],
    [0.228_974_56, 0.691_738_52, 0.079_286_91],
    [0.0, 0.045_113_38, 1.043_944_37],
];
const ADOBE: [[f64; 3]; 3] = [
    [0.576_67, 0.185_56, 0.188_23],
    [0.297_34, 0.627_36, 0.075_29],
    [0.027_03, 0.070_69, 0.991_34],
];

/// Hair shades in the file's encoding, well inside sRGB so that no value is clipped.
const SHADES: [[u8; 3]; 5] = [
    [190, 140, 100],
    [90, 62, 45],
    [160, 90, 60],
    [222, 200, 170],
    [120, 120, 120],
];

fn srgb_curve(v: f64) -> f64 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// The color computed directly from the definitions.
fn lab(rgb: [u8; 3], matrix: [[f64; 3]; 3], curve: fn(f64) -> f64) -> Lab {
    let light = rgb.map(|v| curve(f64::from(v) / 255.0));
    let f = matrix.map(|row| {
        let white: f64 = row.iter().sum();
        let t = row.iter().zip(light).map(|(m, v)| m * v).sum::<f64>() / white;
        if t > 216.0 / 24389.0 {
            t.cbrt()
        } else {
            (24389.0 / 27.0 * t + 16.0) / 116.0
        }
    });
    let [l, a, b] = [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])];
    Lab {
        l: l as f32,
        a: a as f32,
        b: b as f32,
    }
}

fn flat(color: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(24, 24, Rgb(color))
}

fn first_pixel(bytes: &[u8]) -> (Lab, bool) {
    let photo = decode(bytes, 16).unwrap();
    let [r, g, b] = photo.rgb().as_chunks::<3>().0[0];
    (
        Srgb { r, g, b }.into(),
        photo.source().color_space == ColorSpace::Icc,
    )
}

fn assert_converted(profile: &ColorProfile, matrix: [[f64; 3]; 3], curve: fn(f64) -> f64) {
    let icc = profile.encode().unwrap();
    for shade in SHADES {
        for format in [Format::Png, Format::Jpeg, Format::WebP, Format::Tiff] {
            let bytes = encode(
                format,
                &flat(shade).into(),
                Extras {
                    orientation: None,
                    icc: Some(&icc),
                },
            );
            let (got, converted) = first_pixel(&bytes);
            let want = lab(shade, matrix, curve);
            // JPEG adds one more rounding, to YCbCr.
            let tolerance = if format == Format::Jpeg { 1.0 } else { 0.5 };
            let difference = ciede2000(got, want);
            assert!(
                converted && difference < tolerance,
                "{format} {shade:?}: {got:?}, not {want:?}"
            );
        }
    }
}

#[test]
fn display_p3_as_from_an_iphone() {
    assert_converted(&ColorProfile::new_display_p3(), P3, srgb_curve);
    let ignored = ciede2000(
        lab(SHADES[2], P3, srgb_curve),
        Lab::from(Srgb { r: 160, g: 90, b: 60 }),
    );
    assert!(ignored > 2.0, "the conversion matters: {ignored}");
}

#[test]
fn adobe_rgb_as_from_a_camera() {
    assert_converted(&ColorProfile::new_adobe_rgb(), ADOBE, |v| v.powf(563.0 / 256.0));
}

#[test]
fn gray_profiles() {
    let icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let image = GrayImage::from_pixel(8, 8, image::Luma([128]));
    let (got, converted) = first_pixel(&encode(
        Format::Png,
        &image.into(),
        Extras {
            orientation: None,
            icc: Some(&icc),
        },
    ));
    // Half of the light is L* 76.
    assert!(
        converted && (got.l - 76.2).abs() < 0.5 && got.chroma() < 0.5,
        "{got:?}"
    );
}

#[test]
fn srgb_itself_changes_nothing() {
    let icc = ColorProfile::new_srgb().encode().unwrap();
    let image = picture(20, 20);
    let bytes = encode(
        Format::Png,
        &image.clone().into(),
        Extras {
            orientation: None,
            icc: Some(&icc),
        },
    );
    let photo = decode(&bytes, 64).unwrap();
    assert_eq!(photo.source().color_space, ColorSpace::Srgb);
    assert_eq!(photo.rgb(), image.as_raw().as_slice());
}

#[test]
fn a_broken_or_unfitting_profile_is_ignored() {
    let whole = ColorProfile::new_display_p3().encode().unwrap();
    let gray = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
    let image = picture(20, 20);
    for icc in [&whole[..whole.len() / 2], b"no profile at all", &[0; 200], &gray] {
        let bytes = encode(
            Format::Png,
            &image.clone().into(),
            Extras {
                orientation: None,
                icc: Some(icc),
            },
        );
        let photo = decode(&bytes, 64).unwrap();
        assert_eq!(photo.source().color_space, ColorSpace::Srgb);
        assert_eq!(photo.rgb(), image.as_raw().as_slice());
    }
}

/// `image` as a PNG with chunks before its pixels.
fn png_with(image: &RgbImage, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    for (name, data) in chunks {
        writer.write_chunk(png::chunk::ChunkType(**name), data).unwrap();
    }
    writer.write_image_data(image.as_raw()).unwrap();
    writer.finish().unwrap();
    bytes
}

/// The color of a PNG of one color with these chunks, and what its color space is called.
fn color_with(color: [u8; 3], chunks: &[(&[u8; 4], &[u8])]) -> (Lab, ColorSpace) {
    let photo = decode(&png_with(&flat(color), chunks), 16).unwrap();
    let [r, g, b] = photo.rgb().as_chunks::<3>().0[0];
    (Srgb { r, g, b }.into(), photo.source().color_space)
}

/// The chunks `gAMA` and `cHRM` from their values.
fn scaled(values: &[f64]) -> Vec<u8> {
    let scale = |v: &f64| ((v * 100_000.0).round() as u32).to_be_bytes();
    values.iter().flat_map(scale).collect()
}

const P3_CHROMATICITIES: [f64; 8] = [0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060];
const SRGB_CHROMATICITIES: [f64; 8] = [0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060];

#[test]
fn code_points_of_a_png() {
    for shade in SHADES {
        let (got, name) = color_with(shade, &[(b"cICP", &[12, 13, 0, 1])]);
        let want = lab(shade, P3, srgb_curve);
        assert!(ciede2000(got, want) < 0.5, "{shade:?}: {got:?}, not {want:?}");
        // Gray is the same in both.
        let is_gray = shade[0] == shade[1] && shade[1] == shade[2];
        assert!(name == ColorSpace::CodePoints || is_gray, "{name:?}");
    }
    let (srgb, name) = color_with(SHADES[0], &[(b"cICP", &[1, 13, 0, 1])]);
    assert_eq!((srgb, name), color_with(SHADES[0], &[]));
}

/// The sample of PQ for the reference white is 0.58, of HLG 0.75 (ITU-R BT.2408, table 1).
#[test]
fn the_reference_white_of_hdr_is_white() {
    for (transfer, white) in [(16, 148), (18, 191)] {
        let (got, name) = color_with([white; 3], &[(b"cICP", &[9, transfer, 0, 1])]);
        assert_eq!(name, ColorSpace::CodePoints);
        assert!(
            (got.l - 100.0).abs() < 0.8 && got.chroma() < 1.0,
            "{transfer}: {got:?}"
        );
        // Highlights above it are clipped, and half of the signal is far below it.
        let (above, _) = color_with([250; 3], &[(b"cICP", &[9, transfer, 0, 1])]);
        let (below, _) = color_with([white / 2; 3], &[(b"cICP", &[9, transfer, 0, 1])]);
        assert!(
            (above.l - 100.0).abs() < 0.1 && below.l < 60.0,
            "{transfer}: {above:?} {below:?}"
        );
    }
}

#[test]
fn gamma_and_primaries_of_a_png() {
    let gamma = |v: f64| v.powf(1.8);
    for shade in SHADES {
        let chunks: [(&[u8; 4], &[u8]); 2] = [
            (b"gAMA", &scaled(&[1.0 / 1.8])),
            (b"cHRM", &scaled(&P3_CHROMATICITIES)),
        ];
        let (got, name) = color_with(shade, &chunks);
        let want = lab(shade, P3, gamma);
        assert!(ciede2000(got, want) < 0.6, "{shade:?}: {got:?}, not {want:?}");
        assert_eq!(name, ColorSpace::GammaAndPrimaries);
    }
    // What most writers say of sRGB changes nothing.
    let usual: [(&[u8; 4], &[u8]); 2] = [
        (b"gAMA", &scaled(&[0.45455])),
        (b"cHRM", &scaled(&SRGB_CHROMATICITIES)),
    ];
    let image = picture(20, 20);
    let photo = decode(&png_with(&image, &usual), 64).unwrap();
    assert_eq!(photo.source().color_space, ColorSpace::Srgb);
    assert_eq!(photo.rgb(), image.as_raw().as_slice());
    // The gamma of 1/2.2 is that of sRGB only with its primaries.
    let (wide, _) = color_with(
        SHADES[1],
        &[
            (b"gAMA", &scaled(&[0.45455])),
            (b"cHRM", &scaled(&P3_CHROMATICITIES)),
        ],
    );
    assert!(
        ciede2000(wide, lab(SHADES[1], P3, |v| v.powf(2.2))) < 0.6,
        "{wide:?}"
    );
    // Impossible primaries are ignored, without the gamma beside them.
    let linear = color_with(SHADES[0], &[(b"gAMA", &scaled(&[1.0]))]);
    let beside = [(b"gAMA", &scaled(&[1.0])[..]), (b"cHRM", &scaled(&[0.0; 8]))];
    assert_eq!(color_with(SHADES[0], &beside), linear);
    let flat = [0.3127, 0.3290, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06];
    assert_eq!(
        color_with(SHADES[0], &[(b"cHRM", &scaled(&flat))]),
        color_with(SHADES[0], &[])
    );
    // XYZ is no RGB.
    assert_eq!(
        color_with(SHADES[0], &[(b"cICP", &[10, 13, 0, 1])]),
        color_with(SHADES[0], &[])
    );
    let broken: [(&[u8; 4], &[u8]); 1] = [(b"cHRM", &scaled(&[0.3, 0.3, 0.9, 0.9, 0.0, 0.0, 0.1, 0.1]))];
    assert_eq!(color_with(SHADES[0], &broken), color_with(SHADES[0], &[]));
}

#[test]
fn the_first_claim_of_a_png_counts() {
    let linear = scaled(&[1.0]);
    let plain = color_with(SHADES[1], &[]);
    let by_gamma = color_with(SHADES[1], &[(b"gAMA", &linear)]);
    assert!(by_gamma.0.l > plain.0.l + 20.0);
    let by_srgb = color_with(SHADES[1], &[(b"sRGB", &[0]), (b"gAMA", &linear)]);
    assert_eq!(by_srgb, plain);
    let by_points = color_with(SHADES[1], &[(b"cICP", &[12, 13, 0, 1]), (b"sRGB", &[0])]);
    assert_eq!(by_points.1, ColorSpace::CodePoints);
    // Code points that name no space of RGB are passed over.
    let unknown = color_with(SHADES[1], &[(b"cICP", &[2, 2, 0, 1]), (b"gAMA", &linear)]);
    assert_eq!(unknown, by_gamma);
}

/// EXIF data with a color space and the index of interoperability.
fn exif_color_space(space: u16, index: [u8; 4]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [
            &tag.to_be_bytes()[..],
            &kind.to_be_bytes(),
            &count.to_be_bytes(),
            &value,
        ]
        .concat()
    };
    let [high, low] = space.to_be_bytes();
    [
        b"MM\0\x2a\0\0\0\x08".to_vec(),
        // The directory of the picture at 8, of EXIF at 26, of interoperability at 56.
        [0, 1].to_vec(),
        entry(0x8769, 4, 1, [0, 0, 0, 26]),
        vec![0; 4],
        [0, 2].to_vec(),
        entry(0xa001, 3, 1, [high, low, 0, 0]),
        entry(0xa005, 4, 1, [0, 0, 0, 56]),
        vec![0; 4],
        [0, 1].to_vec(),
        entry(0x0001, 2, 4, index),
        vec![0; 4],
    ]
    .concat()
}

#[test]
fn adobe_rgb_that_only_exif_names() {
    let of_jpeg = |exif: &[u8]| {
        let segment = [b"Exif\0\0", exif].concat();
        let bytes = jpeg(&flat(SHADES[2]), Extras::default(), |encoder| {
            encoder.add_app_segment(1, segment.clone()).unwrap();
        });
        decode(&bytes, 16).unwrap()
    };
    let of_png = |exif: &[u8]| decode(&png_with(&flat(SHADES[2]), &[(b"eXIf", exif)]), 16).unwrap();
    let adobe = lab(SHADES[2], ADOBE, |v| v.powf(563.0 / 256.0));
    for (space, index, is_adobe) in [
        (0xffff, b"R03\0", true),
        (2, b"R98\0", true),
        (0xffff, b"R98\0", false),
        (1, b"R98\0", false),
    ] {
        let exif = exif_color_space(space, *index);
        for photo in [of_jpeg(&exif), of_png(&exif)] {
            let [r, g, b] = photo.rgb().as_chunks::<3>().0[0];
            let difference = ciede2000(Srgb { r, g, b }.into(), adobe);
            assert_eq!(difference < 1.0, is_adobe, "{space} {index:?}: {difference}");
            assert_eq!(photo.source().color_space == ColorSpace::AdobeRgb, is_adobe);
        }
    }
}

#[test]
fn the_parts_of_a_profile_in_a_jpeg() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let (first, second) = icc.split_at(icc.len() / 2);
    let spaces = |parts: &[(u8, u8, &[u8])]| {
        let bytes = jpeg(&flat(SHADES[2]), Extras::default(), |encoder| {
            for (number, count, part) in parts {
                let segment = [b"ICC_PROFILE\0", [*number, *count].as_slice(), part].concat();
                encoder.add_app_segment(2, segment).unwrap();
            }
        });
        decode(&bytes, 16).unwrap().source().color_space
    };
    for whole in [
        [(1, 2, first), (2, 2, second)],
        [(0, 2, first), (1, 2, second)],
        [(2, 2, second), (1, 2, first)],
    ] {
        assert_eq!(spaces(&whole), ColorSpace::Icc);
    }
    assert_eq!(spaces(&[(1, 3, first), (3, 3, second)]), ColorSpace::Srgb);
    assert_eq!(spaces(&[(1, 2, first)]), ColorSpace::Srgb);
}

#[test]
fn gray_profiles_of_lightness() {
    let mut icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    // The connection space in the header, ICC.1, 7.2.
    icc[20..24].copy_from_slice(b"Lab ");
    let image = GrayImage::from_pixel(8, 8, image::Luma([128]));
    let bytes = encode(
        Format::Png,
        &image.into(),
        Extras {
            orientation: None,
            icc: Some(&icc),
        },
    );
    let (got, converted) = first_pixel(&bytes);
    // Half of the lightness.
    assert!(converted && (got.l - 50.2).abs() < 0.5, "{got:?}");
}
