//! Photographs with bars around them, and without their colors, as people send them.

use image::imageops::{FilterType, crop_imm, overlay, resize};
use image::{Rgb, RgbImage};
use strand_tests::render::{Camera, Random};

/// What surrounds a photograph.
#[derive(Clone, Copy, Debug)]
pub struct Bars {
    /// The name in the table.
    pub name: &'static str,
    /// The color.
    color: [u8; 3],
    /// The width and height of the file, relative to those of the photograph.
    size: [f32; 2],
    /// Whether the bars have text and icons on them, as those of a screenshot.
    is_written: bool,
}

const BLACK: [u8; 3] = [0; 3];
const WHITE: [u8; 3] = [255; 3];

/// The seven kinds that are measured.
pub const BARS: [Bars; 7] = [
    bars("black above and below", BLACK, [1.0, 1.78]),
    bars("white above and below", WHITE, [1.0, 1.78]),
    bars("black at the sides", BLACK, [1.78, 1.0]),
    bars("white at the sides", WHITE, [1.78, 1.0]),
    bars("black border", BLACK, [1.3, 1.3]),
    bars("white border", WHITE, [1.3, 1.3]),
    Bars {
        is_written: true,
        ..bars("screenshot", [250, 250, 252], [1.0, 2.0])
    },
];

const fn bars(name: &'static str, color: [u8; 3], size: [f32; 2]) -> Bars {
    Bars {
        name,
        color,
        size,
        is_written: false,
    }
}

impl Bars {
    /// The photograph with the bars around it.
    pub fn around(self, photograph: &RgbImage) -> RgbImage {
        let [width, height] = [photograph.width(), photograph.height()];
        let scaled = |side: u32, by: f32| (side as f32 * by) as u32;
        let [wide, high] = [scaled(width, self.size[0]), scaled(height, self.size[1])];
        let mut file = RgbImage::from_pixel(wide, high, Rgb(self.color));
        if self.is_written {
            write_lines(&mut file);
        }
        overlay(
            &mut file,
            photograph,
            i64::from((wide - width) / 2),
            i64::from((high - height) / 2),
        );
        file
    }
}

/// Dark dashes in lines, as small text looks, from an eighth of the width to three eighths.
fn write_lines(file: &mut RgbImage) {
    let (width, height) = file.dimensions();
    let line = (height / 40).max(6);
    for (x, y, pixel) in file.enumerate_pixels_mut() {
        let is_line = y % line >= line / 3 && y % line < line * 2 / 3 && y / line % 3 == 1;
        if is_line && (width / 8..width * 3 / 8).contains(&x) && x % 5 != 0 {
            *pixel = Rgb([40; 3]);
        }
    }
}

/// How photographs stand in a collage.
#[derive(Clone, Copy, Debug)]
pub struct Collage {
    /// The name in the table.
    pub name: &'static str,
    /// Photographs beside each other, and rows of them.
    layout: [u32; 2],
    /// The gap between them, in pixels.
    gap: u32,
}

/// The kinds that are measured.
pub const COLLAGES: [Collage; 4] = [
    collage("two side by side", [2, 1], 0),
    collage("two with a white gap", [2, 1], 12),
    collage("one above the other", [1, 2], 0),
    collage("four", [2, 2], 0),
];

const fn collage(name: &'static str, layout: [u32; 2], gap: u32) -> Collage {
    Collage { name, layout, gap }
}

/// The side, in pixels, of a photograph in a collage.
const COLLAGE_SIDE: u32 = 384;

impl Collage {
    /// The number of photographs.
    pub fn count(self) -> usize {
        (self.layout[0] * self.layout[1]) as usize
    }

    /// The photographs in one picture, each cut to a square from its top.
    pub fn of(self, photographs: &[RgbImage]) -> RgbImage {
        let [columns, rows] = self.layout;
        let pitch = COLLAGE_SIDE + self.gap;
        let size = [columns, rows].map(|count| count * pitch - self.gap);
        let mut file = RgbImage::from_pixel(size[0], size[1], Rgb(WHITE));
        for (place, photograph) in (0..).zip(photographs) {
            let (x, y) = (place % columns * pitch, place / columns * pitch);
            overlay(&mut file, &square(photograph), i64::from(x), i64::from(y));
        }
        file
    }
}

fn square(photograph: &RgbImage) -> RgbImage {
    let side = photograph.width().min(photograph.height());
    let x = (photograph.width() - side) / 2;
    let part = crop_imm(photograph, x, 0, side, side).to_image();
    resize(&part, COLLAGE_SIDE, COLLAGE_SIDE, FilterType::Triangle)
}

/// A name in the table, and what happens to the picture.
pub type Relighting = (&'static str, fn(&RgbImage) -> RgbImage);

/// How the light of photographs goes wrong.
pub const LIGHTS: [Relighting; 10] = [
    ("unchanged", RgbImage::clone),
    ("one stop darker", |picture| lit(picture, -1.0, 6500.0)),
    ("two stops darker", |picture| lit(picture, -2.0, 6500.0)),
    ("one stop brighter", |picture| lit(picture, 1.0, 6500.0)),
    ("one and a half stops brighter", |picture| {
        lit(picture, 1.5, 6500.0)
    }),
    ("2,700 K", |picture| lit(picture, 0.0, 2700.0)),
    ("4,000 K", |picture| lit(picture, 0.0, 4000.0)),
    ("9,000 K", |picture| lit(picture, 0.0, 9000.0)),
    ("behind a veil of a fifth", |picture| veiled(picture, 0.2)),
    ("behind a veil of a third", |picture| veiled(picture, 0.35)),
];

/// The picture with so many stops of light more, in the light of a lamp of so many kelvins, seen by a camera that is set to daylight.
pub fn lit(picture: &RgbImage, exposure: f32, kelvin: f32) -> RgbImage {
    let camera = Camera {
        exposure,
        kelvin,
        ..Camera::default()
    };
    camera.photograph(picture, &mut Random::new(1))
}

/// The picture behind a veil of nearly white light, as of a dirty lens: so much of it hides the picture.
fn veiled(picture: &RgbImage, share: f32) -> RgbImage {
    const VEIL: f32 = 235.0;
    let mut veiled = picture.clone();
    for value in veiled.iter_mut() {
        *value = (f32::from(*value) * (1.0 - share) + VEIL * share).round() as u8;
    }
    veiled
}

/// A name in the table, and what happens to a color.
pub type Recoloring = (&'static str, fn([f32; 3]) -> [f32; 3]);

/// How photographs lose their colors.
pub const RECOLORINGS: [Recoloring; 5] = [
    ("unchanged", |rgb| rgb),
    ("gray", |rgb| [gray(rgb); 3]),
    ("sepia, as photo editors do it", |rgb| {
        let row = |[r, g, b]: [f32; 3]| r * rgb[0] + g * rgb[1] + b * rgb[2];
        [
            [0.393, 0.769, 0.189],
            [0.349, 0.686, 0.168],
            [0.272, 0.534, 0.131],
        ]
        .map(row)
    }),
    ("gray with a warm tone", |rgb| {
        [1.05, 0.98, 0.86].map(|part| part * gray(rgb))
    }),
    ("a quarter of the saturation", |rgb| {
        rgb.map(|v| gray(rgb) + 0.25 * (v - gray(rgb)))
    }),
];

fn gray([r, g, b]: [f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

/// The photograph after a recoloring.
pub fn recolored(photograph: &RgbImage, recoloring: fn([f32; 3]) -> [f32; 3]) -> RgbImage {
    let mut changed = photograph.clone();
    for pixel in changed.pixels_mut() {
        pixel.0 = recoloring(pixel.0.map(f32::from)).map(|v| v.round() as u8);
    }
    changed
}
