//! The two guides for hair: a head, seen from any side, and a swatch.

use std::f32::consts::FRAC_PI_2;

use super::hair::{Guide, Point, normalised};

/// A head of hair. Hair starts at the pole (the crown from behind, the parting from the front), follows the meridians
/// of an egg-shaped dome, and falls straight down from the equator. `across` is the longitude in radians: 0 toward the
/// camera, positive to the right.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The dome's center in scene units.
    pub centre: (f32, f32),
    /// Half the dome's width in scene units.
    pub radius: f32,
    /// How far the pole leans toward the camera, in radians.
    pub tilt: f32,
    /// How far the pole leans to the side, in radians.
    pub roll: f32,
    /// How far the hair falls below the equator, in scene units.
    pub fall: f32,
    /// How much wider than the dome the fall is at its end. Negative values make it narrower.
    pub flare: f32,
    /// How much shorter the sides are than the middle, 0 to 1 (a V cut). Negative values make them longer.
    pub v_cut: f32,
}

impl Head {
    /// The ratio of the dome's height to its width.
    const TALL: f32 = 1.12;

    /// The part of the hair's length that is on the dome.
    fn dome_share(&self, fall: f32) -> f32 {
        let dome = self.radius * FRAC_PI_2;
        dome / (dome + fall)
    }

    fn fall_at(&self, across: f32) -> f32 {
        let side = across.sin().abs();
        self.fall * (1.0 - self.v_cut * side * side)
    }

    fn on_dome(&self, across: f32, polar: f32, radius: f32) -> Point {
        let (x, y, z) = (
            polar.sin() * across.sin(),
            -polar.cos() * Self::TALL,
            polar.sin() * across.cos(),
        );
        let (y, z) = (
            y * self.tilt.cos() + z * self.tilt.sin() * 0.6,
            z * self.tilt.cos() - y * self.tilt.sin(),
        );
        // The roll moves the pole. The equator stays; otherwise one side of the fall would start above the other.
        let rolled = x + self.roll * polar.cos();
        [rolled * radius, y * radius, z * radius]
    }
}

impl Guide for Head {
    fn length(&self) -> f32 {
        self.radius * FRAC_PI_2 + self.fall
    }

    fn reach(&self, share: f32) -> f32 {
        // The dome is narrow at the pole and seen from above, so little of the area is there. The loop adds it up.
        const STEPS: usize = 48;
        let row = |i: usize| {
            let along = i as f32 / STEPS as f32;
            (
                self.point(0.0, along, 1.0)[1],
                self.point(FRAC_PI_2, along, 1.0)[0] - self.centre.0,
            )
        };
        let bands: Vec<f32> = (0..STEPS)
            .map(|i| (row(i + 1).0 - row(i).0).max(0.0) * row(i + 1).1)
            .collect();
        let wanted = share * bands.iter().sum::<f32>();
        let mut covered = 0.0;
        let within = |band: &&f32| {
            covered += **band;
            covered <= wanted
        };
        bands.iter().take_while(within).count() as f32 / STEPS as f32
    }

    fn point(&self, across: f32, along: f32, lift: f32) -> Point {
        let radius = self.radius * (0.93 + 0.07 * lift);
        let fall = self.fall_at(across);
        let dome = self.dome_share(fall);
        let [mut x, mut y, mut z] = self.on_dome(across, FRAC_PI_2 * (along / dome).min(1.0), radius);
        if along > dome {
            let down = (along - dome) / (1.0 - dome).max(1e-3);
            let fallen = down * fall;
            let settled = (fallen / (2.0 * self.radius)).min(1.0);
            x *= 1.0 + self.flare * settled * settled * (3.0 - 2.0 * settled);
            y += fallen;
            z *= 1.0 - 0.35 * settled;
        }
        [self.centre.0 + x, self.centre.1 + y, z]
    }

    fn normal(&self, across: f32, along: f32) -> Point {
        let dome = self.dome_share(self.fall_at(across));
        let polar = FRAC_PI_2 * (along / dome).min(1.0);
        let [x, y, z] = self.on_dome(across, polar, 1.0);
        // Below the equator, hair hangs like a curtain that faces the camera more the further it falls.
        let fallen = ((along - dome) / (1.0 - dome).max(1e-3)).max(0.0);
        normalised([x, y - 0.3 * fallen, z + 0.6 * fallen])
    }
}

/// A bundle of hair tied at one end, such as a weft or a swatch on a color ring. `across` runs from -1 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Swatch {
    /// The position where it is tied, in scene units.
    pub top: (f32, f32),
    /// Half the width in scene units.
    pub half: f32,
    /// The length in scene units.
    pub length: f32,
    /// The direction in which it hangs, in radians from straight down.
    pub angle: f32,
    /// How much narrower the end is. Negative values make it wider.
    pub taper: f32,
    /// How strongly it bulges toward the camera, which moves the shine along it.
    pub bulge: f32,
    /// Where the bulge begins along the length, in radians.
    pub phase: f32,
    /// How far it bends sideways, in scene units.
    pub bend: f32,
}

impl Guide for Swatch {
    fn length(&self) -> f32 {
        self.length
    }

    fn reach(&self, share: f32) -> f32 {
        share
    }

    fn point(&self, across: f32, along: f32, lift: f32) -> Point {
        let width = self.half * (1.0 - self.taper * along * along);
        let arch = (along * std::f32::consts::PI * 1.3 + self.phase).sin();
        let x = across * width + self.bend * (along * 3.0).sin();
        let y = along * self.length;
        let z = self.half * 0.4 * (1.0 - across * across).max(0.0).sqrt() * (0.8 + 0.2 * lift)
            + self.bulge * arch;
        let (sin, cos) = self.angle.sin_cos();
        [self.top.0 + x * cos - y * sin, self.top.1 + x * sin + y * cos, z]
    }

    fn normal(&self, across: f32, _along: f32) -> Point {
        let side = (across * 0.8).clamp(-0.95, 0.95);
        let (sin, cos) = self.angle.sin_cos();
        [side * cos, side * sin - 0.15, (1.0 - side * side).sqrt()]
    }
}
