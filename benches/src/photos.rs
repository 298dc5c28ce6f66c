//! The test photos: drawn, so that every machine measures the same ones.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use strand_tests::render::{Camera, Ground, Random, Scene, Shade, View, draw, encode::Jpeg};

/// Codes of standard shades, dark to light.
const SHADES: [&str; 6] = ["1B", "4", "6/27", "130", "24", "60"];

/// `count` different photos of 1,024 px. Scenes repeat, but files never do, because the cache goes by content.
pub fn of_1024_px(count: usize) -> Vec<Vec<u8>> {
    let scenes: Vec<RgbImage> = (0..12).map(|i| scene(i, 1024, 1024)).collect();
    let photo = |i: usize| {
        Jpeg {
            quality: 80 + (i / scenes.len()) as u8,
            ..Jpeg::default()
        }
        .encode(&scenes[i % 12])
    };
    (0..count).map(photo).collect()
}

fn scene(index: usize, width: u32, height: u32) -> RgbImage {
    let view = [View::Back, View::Figure, View::Swatch][index % 3];
    let ground = [Ground::Plain, Ground::Cluttered][index % 2];
    let shade = Shade::of_palette(SHADES[index % SHADES.len()]);
    let scene = Scene::new(view, shade, index as u64)
        .on(ground)
        .sized(width, height);
    let camera = Camera::everyday(&mut Random::new(index as u64));
    draw(&scene.lit(camera)).rgb
}

/// A photo like a phone's: drawn small, enlarged, with grain that makes the file as large as a real one.
pub fn of_phone(width: u32, height: u32) -> RgbImage {
    let small = scene(0, width / 4, height / 4);
    let mut large = imageops::resize(&small, width, height, FilterType::Triangle);
    let mut random = Random::new(48);
    for Rgb(pixel) in large.pixels_mut() {
        let grain = ((random.bits() & 0xff) as i16 - 128) / 9;
        *pixel = pixel.map(|v| (i16::from(v) + grain).clamp(0, 255) as u8);
    }
    large
}
