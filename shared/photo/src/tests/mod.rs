//! Valid and invalid files of every format, from bytes to photo.

mod colors;
mod formats;
mod heif;
mod hostile;
mod kinds;
mod limits;
mod strip;
mod tiff;

use std::io::Cursor;

use image::codecs::{
    bmp::BmpEncoder, gif::GifEncoder, png::PngEncoder, tiff::TiffEncoder, webp::WebPEncoder,
};
use image::{DynamicImage, ImageEncoder, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};

use super::Format;

/// Reddish brown, green, blue and near white, from upper left to lower right.
const QUADRANTS: [[u8; 3]; 4] = [[150, 80, 40], [40, 140, 60], [50, 60, 160], [230, 220, 200]];

/// The size of [`picture`] in tests that need no other size.
const SIZE: (u32, u32) = (48, 32);

/// A picture of four flat quadrants: turning it is visible, and lossy coding is not.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(QUADRANTS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)])
    })
}

/// The colors in the middle of each quadrant, in the order of [`QUADRANTS`].
fn middles(photo: &super::Photo) -> [[u8; 3]; 4] {
    let (w, h) = (photo.width() as usize, photo.height() as usize);
    [
        (w / 4, h / 4),
        (w - 1 - w / 4, h / 4),
        (w / 4, h - 1 - h / 4),
        (w - 1 - w / 4, h - 1 - h / 4),
    ]
    .map(|(x, y)| photo.rgb().as_chunks::<3>().0[y * w + x])
}

/// Whether each channel of each color is within `tolerance`.
fn near(got: &[[u8; 3]], want: &[[u8; 3]], tolerance: u8) -> bool {
    let pairs = got.as_flattened().iter().zip(want.as_flattened());
    got.len() == want.len() && pairs.into_iter().all(|(x, y)| x.abs_diff(*y) <= tolerance)
}

/// Metadata of a file, in addition to its pixels.
#[derive(Clone, Copy, Default)]
struct Extras<'a> {
    /// The value of the EXIF orientation tag.
    orientation: Option<u16>,
    icc: Option<&'a [u8]>,
}

/// `image` as a file. GIF and BMP omit the metadata.
fn encode(format: Format, image: &DynamicImage, extras: Extras) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    match format {
        Format::Jpeg => return jpeg(&image.to_rgb8(), extras, |_| ()),
        Format::Png => write(PngEncoder::new(&mut out), image, extras),
        Format::WebP => write(WebPEncoder::new_lossless(&mut out), image, extras),
        Format::Bmp => write(BmpEncoder::new(&mut out), image, Extras::default()),
        Format::Tiff => write(TiffEncoder::new(&mut out), image, extras),
        Format::Gif => {
            let image = image.to_rgba8();
            GifEncoder::new(&mut out)
                .encode(
                    &image,
                    image.width(),
                    image.height(),
                    image::ColorType::Rgba8.into(),
                )
                .unwrap();
        }
        Format::Heic | Format::Avif | Format::JpegXl => panic!("nothing here writes {format}"),
    }
    out.into_inner()
}

fn write(mut encoder: impl ImageEncoder, image: &DynamicImage, extras: Extras) {
    if let Some(icc) = extras.icc {
        encoder.set_icc_profile(icc.to_vec()).unwrap();
    }
    if let Some(orientation) = extras.orientation {
        encoder.set_exif_metadata(exif(orientation)).unwrap();
    }
    image.write_with_encoder(encoder).unwrap();
}

/// `image` as a JPEG of quality 95.
fn jpeg(image: &RgbImage, extras: Extras, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    jpeg_of(image, image.dimensions(), ColorType::Rgb, extras, set)
}

fn jpeg_of(
    samples: &[u8],
    (width, height): (u32, u32),
    color: ColorType,
    extras: Extras,
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    if let Some(orientation) = extras.orientation {
        let segment = [b"Exif\0\0", exif(orientation).as_slice()].concat();
        encoder.add_app_segment(1, segment).unwrap();
    }
    if let Some(icc) = extras.icc {
        encoder.add_icc_profile(icc).unwrap();
    }
    set(&mut encoder);
    encoder
        .encode(samples, width as u16, height as u16, color)
        .unwrap();
    bytes
}

/// EXIF data that contains only an orientation: a TIFF header and one entry.
fn exif(orientation: u16) -> Vec<u8> {
    let mut data = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    data.extend(orientation.to_be_bytes());
    data.extend([0; 6]);
    data
}

/// Every format in its simplest form.
fn one_of_each() -> Vec<(Format, Vec<u8>)> {
    let image = DynamicImage::from(picture(SIZE.0, SIZE.1));
    let mut files = [
        Format::Jpeg,
        Format::Png,
        Format::WebP,
        Format::Gif,
        Format::Bmp,
        Format::Tiff,
    ]
    .map(|format| (format, encode(format, &image, Extras::default())))
    .to_vec();
    files.extend([
        (Format::Heic, include_bytes!("files/plain.heic").to_vec()),
        (Format::Avif, include_bytes!("files/plain.avif").to_vec()),
        (Format::JpegXl, include_bytes!("files/plain.jxl").to_vec()),
    ]);
    files
}
