//! The background: what is behind and under the hair.

use super::canvas::{Canvas, Light};
use super::random::{Random, fractal};
use super::shade::decode;

/// The kind of background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// One color with a soft fall-off, such as a studio, a wall or a sheet of paper.
    Plain,
    /// Things of all colors, out of focus, behind a head; wood, cloth or marble under a swatch.
    Cluttered,
}

/// The linear light of a color with these encoded values, which are easier to read.
pub fn srgb(r: u8, g: u8, b: u8) -> Light {
    [r, g, b].map(|v| decode(f32::from(v) / 255.0))
}

/// Blends from `a` to `b` as `t` goes from 0 to 1.
pub fn mix(a: Light, b: Light, t: f32) -> Light {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

/// `light` multiplied by `factor`.
pub fn scale(light: Light, factor: f32) -> Light {
    light.map(|v| v * factor)
}

/// Paints a background behind a head.
pub fn behind(canvas: &mut Canvas, ground: Ground, random: &mut Random) {
    wall(canvas, random);
    if ground == Ground::Cluttered {
        for _ in 0..random.below(10) + 8 {
            thing(canvas, random);
        }
        canvas.blur(random.between(0.004, 0.022));
    }
}

/// Paints a surface under a swatch.
pub fn under(canvas: &mut Canvas, ground: Ground, random: &mut Random) {
    wall(canvas, random);
    if ground == Ground::Cluttered {
        match random.below(3) {
            0 => wood(canvas, random),
            1 => cloth(canvas, random),
            _ => marble(canvas, random),
        }
        for _ in 0..random.below(4) {
            thing(canvas, random);
        }
    }
}

const WALLS: [[u8; 3]; 10] = [
    [236, 234, 230],
    [214, 210, 203],
    [190, 196, 202],
    [150, 155, 160],
    [88, 92, 98],
    [42, 43, 47],
    [206, 188, 168],
    [170, 186, 172],
    [222, 200, 200],
    [120, 142, 165],
];

fn wall(canvas: &mut Canvas, random: &mut Random) {
    let [r, g, b] = random.pick(&WALLS);
    let color = srgb(r, g, b);
    let (width, height) = canvas.extent();
    let (x0, y0) = (random.between(0.0, width), random.between(0.0, height * 0.6));
    let (falloff, seed) = (random.between(0.1, 0.5), random.bits());
    canvas.paint(0.0, |x, y| {
        let far = (x - x0).hypot(y - y0);
        let grain = 1.0 + 0.03 * fractal(seed, x * 9.0, y * 9.0, 3);
        (-1.0, scale(color, grain * (1.0 - falloff * (far * 0.8).min(1.0))))
    });
}

/// Paints a thing in the background: a frame, a bottle, a lamp, a plant, a shelf.
fn thing(canvas: &mut Canvas, random: &mut Random) {
    let (width, height) = canvas.extent();
    let (cx, cy) = (random.between(0.0, width), random.between(0.0, height));
    let (rx, ry) = (random.between(0.02, 0.22), random.between(0.02, 0.28));
    let level = random.between(0.02, 0.8);
    let color = std::array::from_fn(|_| level * random.between(0.55, 1.0));
    let second = scale(color, random.between(0.4, 1.3));
    let (round, stripes) = (random.chance(0.4), random.between(8.0, 60.0));
    let striped = random.chance(0.35);
    canvas.paint_within(
        [cx - rx - 0.01, cy - ry - 0.01, cx + rx + 0.01, cy + ry + 0.01],
        0.002,
        |x, y| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            let reach = if round {
                dx.hypot(dy)
            } else {
                dx.abs().max(dy.abs())
            };
            let light = if striped && ((x + y * 0.3) * stripes).sin() > 0.0 {
                second
            } else {
                color
            };
            (
                (reach - 1.0) * rx.min(ry),
                scale(light, 1.0 - 0.3 * dx.clamp(-1.0, 1.0)),
            )
        },
    );
}

fn wood(canvas: &mut Canvas, random: &mut Random) {
    let tones = [
        [168, 122, 78],
        [120, 84, 56],
        [200, 164, 120],
        [84, 62, 48],
        [190, 178, 160],
    ];
    let [r, g, b] = random.pick(&tones);
    let (color, seed, plank) = (srgb(r, g, b), random.bits(), random.between(0.12, 0.35));
    canvas.paint(0.0, |x, y| {
        let board = (x / plank).floor();
        let ring = fractal(seed, x * 26.0 + board * 7.0, y * 1.6 + board * 3.3, 4);
        let seam = if (x / plank - board) < 0.02 { 0.45 } else { 1.0 };
        (-1.0, scale(color, seam * (1.0 + 0.28 * ring)))
    });
}

fn cloth(canvas: &mut Canvas, random: &mut Random) {
    let color: Light = std::array::from_fn(|_| random.between(0.05, 0.75));
    let (seed, thread) = (random.bits(), random.between(260.0, 420.0));
    canvas.paint(0.0, |x, y| {
        let weave = (x * thread).sin() * (y * thread).sin();
        let fold = fractal(seed, x * 2.5, y * 2.5, 3);
        (-1.0, scale(color, 1.0 + 0.06 * weave + 0.25 * fold))
    });
}

fn marble(canvas: &mut Canvas, random: &mut Random) {
    let seed = random.bits();
    let vein = srgb(140, 138, 136);
    canvas.paint(0.0, |x, y| {
        let bend = fractal(seed, x * 3.0, y * 3.0, 4);
        let line = ((x + y * 0.6 + bend * 0.35) * 14.0).sin().abs().powf(0.25);
        (-1.0, mix(vein, srgb(238, 237, 234), line))
    });
}
