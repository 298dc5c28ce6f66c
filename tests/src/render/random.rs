//! The generator's own random numbers: the same seed draws the same picture with every toolchain and every release
//! of every crate, which a general-purpose crate does not promise.

/// PCG-XSH-RR 64/32 (O'Neill 2014): small, fast, and fully specified by the few lines below.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
const INCREMENT: u64 = 1_442_695_040_888_963_407;

impl Random {
    /// The sequence of `seed`; near seeds give unrelated sequences.
    pub fn new(seed: u64) -> Self {
        let mut random = Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d,
        };
        for _ in 0..4 {
            random.bits();
        }
        random
    }

    /// A sequence of its own, so that one part of a picture may draw more numbers without changing the others.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new((u64::from(self.bits()) << 32) | u64::from(self.bits()))
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let mixed = (((old >> 18) ^ old) >> 27) as u32;
        mixed.rotate_right((old >> 59) as u32)
    }

    /// Uniform in 0 up to, not including, 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform between `low` and `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Near a standard normal, within ±3.5: a sum of uniforms, since `ln` and `cos` differ between platforms.
    pub fn normal(&mut self) -> f32 {
        let sum: f32 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 1.732
    }

    /// True in a share `probability` of the draws.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A whole number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f32) as usize).min(count.saturating_sub(1))
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Smooth noise in about -1..1 over the plane, the same for the same `seed` and place.
pub fn noise(seed: u32, x: f32, y: f32) -> f32 {
    let (cell_x, cell_y) = (x.floor(), y.floor());
    let (fx, fy) = (ease(x - cell_x), ease(y - cell_y));
    let corner = |dx: i32, dy: i32| lattice(seed, cell_x as i32 + dx, cell_y as i32 + dy);
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * fx;
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * fx;
    top + (bottom - top) * fy
}

/// Noise with finer and weaker noise on top, `octaves` times.
pub fn fractal(seed: u32, x: f32, y: f32, octaves: u32) -> f32 {
    let octave = |i: u32| {
        let scale = (1u32 << i) as f32;
        noise(seed.wrapping_add(i), x * scale, y * scale) / scale
    };
    (0..octaves).map(octave).sum()
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn lattice(seed: u32, x: i32, y: i32) -> f32 {
    let mut h = seed ^ (x as u32).wrapping_mul(0x8da6_b343) ^ (y as u32).wrapping_mul(0xd816_3841);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^= h >> 15;
    (h >> 8) as f32 / 8_388_608.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_pinned() {
        let mut random = Random::new(7);
        let drawn: Vec<u32> = (0..3).map(|_| random.bits()).collect();
        let again: Vec<u32> = {
            let mut random = Random::new(7);
            (0..3).map(|_| random.bits()).collect()
        };
        assert_eq!(drawn, again);
        assert_ne!(drawn[0], Random::new(8).bits());
    }

    #[test]
    fn draws_cover_their_range() {
        let mut random = Random::new(1);
        let drawn: Vec<f32> = (0..10_000).map(|_| random.between(2.0, 3.0)).collect();
        assert!(drawn.iter().all(|v| (2.0..=3.0).contains(v)));
        let mean = drawn.iter().sum::<f32>() / drawn.len() as f32;
        assert!((mean - 2.5).abs() < 0.01, "{mean}");
    }
}
