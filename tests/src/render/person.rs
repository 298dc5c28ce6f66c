//! The person with the hair: shoulders, neck and face, simple but with realistic positions and colors.

use super::canvas::{Canvas, Light};
use super::ground::{mix, scale, srgb};
use super::random::{Random, fractal};

/// The position and appearance of the person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The center of the head in scene units.
    pub centre: (f32, f32),
    /// Half the width of the head in scene units.
    pub radius: f32,
    /// The color of the skin in even light.
    pub skin: Light,
    /// The color of the clothes in even light.
    pub cloth: Light,
    /// The color of the iris in even light.
    pub iris: Light,
    /// How bare the shoulders are, 0 to 1.
    pub neckline: f32,
    seed: u32,
}

const SKINS: [[u8; 3]; 7] = [
    [244, 214, 195],
    [232, 194, 170],
    [220, 176, 146],
    [196, 146, 114],
    [160, 110, 80],
    [118, 78, 56],
    [84, 56, 42],
];

impl Person {
    /// A random person whose head has its center at `centre`.
    pub fn new(centre: (f32, f32), radius: f32, random: &mut Random) -> Self {
        let [r, g, b] = random.pick(&SKINS);
        let level = random.between(0.02, 0.85);
        Self {
            centre,
            radius,
            skin: srgb(r, g, b),
            cloth: std::array::from_fn(|_| level * random.between(0.6, 1.0)),
            iris: random.pick(&[srgb(70, 50, 36), srgb(90, 120, 140), srgb(96, 110, 74)]),
            neckline: random.unit(),
            seed: random.bits(),
        }
    }

    fn shoulder_line(&self, x: f32) -> f32 {
        let across = ((x - self.centre.0) / (2.15 * self.radius)).abs();
        let slope = (1.0 - across.min(1.0).powf(2.4)).powf(0.42);
        let below = (across - 1.0).max(0.0) * 9.0;
        self.centre.1 + self.radius * (2.9 - 1.15 * slope + below)
    }

    /// Paints shoulders and neck; `back` if the person is turned away.
    pub fn body(&self, canvas: &mut Canvas, back: bool) {
        let ((cx, cy), r) = (self.centre, self.radius);
        let seed = self.seed;
        canvas.paint(0.004, |x, y| {
            let side = (x - cx) / (2.2 * r);
            let folds = 1.0 + 0.16 * fractal(seed, x * 7.0, y * 4.0, 3);
            let round = 1.0 - 0.4 * side * side;
            (
                (self.shoulder_line(x) - y) * 0.7,
                scale(self.cloth, folds * round),
            )
        });
        let neck_half = 0.5 * r;
        canvas.paint(0.006, |x, y| {
            let flare = ((y - cy) / r - 1.2).max(0.0);
            let half = neck_half * (1.0 + 0.75 * flare * flare);
            let side = (x - cx) / half;
            let bottom = cy
                + r * if back {
                    1.75
                } else {
                    2.0 + 0.55 * self.neckline - 0.25 * side * side
                };
            let shadow = 0.55 + 0.45 * (((y - cy) / r - 1.05) / 0.7).clamp(0.0, 1.0);
            let outside = ((x - cx).abs() - half).max(y - bottom).max(cy - y);
            (outside, scale(self.skin, shadow * (1.0 - 0.25 * side * side)))
        });
    }

    /// Paints the face, seen from the front.
    pub fn face(&self, canvas: &mut Canvas, brow: Light) {
        self.oval(canvas);
        let r = self.radius;
        for side in [-1.0, 1.0] {
            self.eye(canvas, side);
            self.spot(
                canvas,
                (side * 0.32, -0.17),
                (0.19, 0.032),
                0.02 * r,
                mix(brow, self.skin, 0.25),
            );
            self.spot(
                canvas,
                (side * 0.42, 0.38),
                (0.2, 0.14),
                0.16 * r,
                mix(self.skin, srgb(220, 110, 100), 0.2),
            );
            self.spot(
                canvas,
                (side * 0.085, 0.42),
                (0.035, 0.022),
                0.02 * r,
                scale(self.skin, 0.4),
            );
        }
        self.spot(
            canvas,
            (0.05, 0.2),
            (0.035, 0.24),
            0.09 * r,
            scale(self.skin, 0.8),
        );
        self.spot(
            canvas,
            (-0.02, 0.28),
            (0.04, 0.12),
            0.06 * r,
            scale(self.skin, 1.15),
        );
        self.spot(
            canvas,
            (0.0, 0.46),
            (0.12, 0.02),
            0.05 * r,
            scale(self.skin, 0.72),
        );
        let lip = mix(self.skin, srgb(170, 50, 60), 0.55);
        self.spot(canvas, (0.0, 0.66), (0.23, 0.065), 0.02 * r, lip);
        self.spot(canvas, (0.0, 0.655), (0.22, 0.008), 0.015 * r, scale(lip, 0.35));
        self.spot(canvas, (0.0, 0.8), (0.14, 0.03), 0.08 * r, scale(self.skin, 0.82));
    }

    fn oval(&self, canvas: &mut Canvas) {
        let ((cx, cy), r) = (self.centre, self.radius);
        let seed = self.seed;
        canvas.paint(0.004, |x, y| {
            let (dx, dy) = ((x - cx) / r, (y - cy) / r);
            // The jaw narrows below the cheeks.
            let half = 0.8 - 0.3 * (dy - 0.1).clamp(0.0, 1.0).powi(2);
            let (u, v) = (dx / half, (dy - 0.02) / 1.06);
            let reach = u.hypot(v);
            let round = (1.0 - (reach * reach).min(1.0)).sqrt();
            let light = 0.62 + 0.42 * round - 0.08 * dx - 0.06 * dy;
            let mottled = 1.0 + 0.03 * fractal(seed, dx * 6.0, dy * 6.0, 3);
            ((reach - 1.0) * half * r, scale(self.skin, light * mottled))
        });
    }

    fn eye(&self, canvas: &mut Canvas, side: f32) {
        let r = self.radius;
        let at = (side * 0.32, 0.02);
        self.spot(
            canvas,
            (at.0, at.1 - 0.02),
            (0.21, 0.13),
            0.1 * r,
            scale(self.skin, 0.78),
        );
        self.spot(canvas, at, (0.145, 0.062), 0.012 * r, srgb(225, 222, 220));
        self.spot(canvas, at, (0.062, 0.062), 0.012 * r, self.iris);
        self.spot(canvas, at, (0.03, 0.03), 0.01 * r, [0.004; 3]);
        self.spot(
            canvas,
            (at.0 + 0.02, at.1 - 0.02),
            (0.012, 0.012),
            0.01 * r,
            [0.95; 3],
        );
        self.spot(canvas, (at.0, at.1 - 0.06), (0.16, 0.018), 0.02 * r, [0.01; 3]);
    }

    /// Paints an ellipse on the face. `at` and `size` are relative to the head's radius; `soft` is in scene units.
    fn spot(&self, canvas: &mut Canvas, at: (f32, f32), size: (f32, f32), soft: f32, color: Light) {
        let (cx, cy) = (
            self.centre.0 + at.0 * self.radius,
            self.centre.1 + at.1 * self.radius,
        );
        let (rx, ry) = (size.0 * self.radius, size.1 * self.radius);
        // On its long axis, an ellipse blurs further, in proportion.
        let grown = 1.0 + (soft + 0.01) / rx.min(ry);
        let (wide, tall) = (rx * grown, ry * grown);
        canvas.paint_within([cx - wide, cy - tall, cx + wide, cy + tall], soft, |x, y| {
            let reach = ((x - cx) / rx).hypot((y - cy) / ry);
            ((reach - 1.0) * rx.min(ry), color)
        });
    }
}
