//! Embedded profiles are converted where they matter, and ignored where they are sRGB or damaged.

use image::{GrayImage, Rgb, RgbImage};
use moxcms::ColorProfile;

use super::super::{Format, decode};
use super::{Extras, encode, picture};
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
    (Srgb { r, g, b }.into(), photo.source().icc_converted)
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
    assert!(!photo.source().icc_converted);
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
        assert!(!photo.source().icc_converted);
        assert_eq!(photo.rgb(), image.as_raw().as_slice());
    }
}
