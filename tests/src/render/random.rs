//! The random numbers of the drawn photos. Every fixture depends on them, so the same seed gives the same sequence with
//! every toolchain and every release of the crate behind it; the tests hold it to literal values.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// PCG-XSH-RR 64/32 (O'Neill 2014), on the default stream of its reference implementation.
#[derive(Clone, Debug)]
pub struct Random(Pcg32);

/// The stream of PCG's default increment, 1442695040888963407.
const STREAM: u64 = 1_442_695_040_888_963_407 >> 1;

impl Random {
    /// The sequence of `seed`. Seeds that are close to each other give unrelated sequences.
    pub fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
        let mut generator = Pcg32::from_state(state, STREAM);
        generator.advance(4);
        Self(generator)
    }

    /// An independent sequence: one part of a picture may then draw more numbers without changing the other parts.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new((u64::from(self.bits()) << 32) | u64::from(self.bits()))
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform between `low` and `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Close to a standard normal, within ±3.5. It is a sum of uniforms, because `ln` and `cos` differ between platforms.
    pub fn normal(&mut self) -> f32 {
        let sum: f32 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 1.732
    }

    /// True with this probability, 0 to 1.
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

/// Smooth noise over the plane, about -1 to 1. The same seed and place give the same value.
pub fn noise(seed: u32, x: f32, y: f32) -> f32 {
    let (cell_x, cell_y) = (x.floor(), y.floor());
    let (fx, fy) = (ease(x - cell_x), ease(y - cell_y));
    let corner = |dx: i32, dy: i32| lattice(seed, cell_x as i32 + dx, cell_y as i32 + dy);
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * fx;
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * fx;
    top + (bottom - top) * fy
}

/// The sum of `octaves` layers of noise, each half as wide and half as strong as the one before.
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

    /// What the C reference implementation's `pcg32-demo` prints for state 42 and stream 54 (pcg-random.org).
    #[test]
    fn the_generator_behind_it_is_the_published_one() {
        let mut generator = Pcg32::new(42, 54);
        let drawn: [u32; 6] = std::array::from_fn(|_| generator.next_u32());
        let published = [
            0xa15c_02b7,
            0x7b47_f409,
            0xba1d_3330,
            0x83d2_f293,
            0xbfa4_784b,
            0xcbed_606e,
        ];
        assert_eq!(drawn, published);
    }

    #[test]
    fn the_sequence_is_pinned() {
        let mut random = Random::new(7);
        let drawn: [u32; 6] = std::array::from_fn(|_| random.bits());
        let pinned = [
            0x48a3_4703,
            0x3218_c58e,
            0x8bb4_d0bc,
            0xf8be_0bd0,
            0x9449_6098,
            0x09e6_4e79,
        ];
        assert_eq!(drawn, pinned);
        assert_ne!(drawn[0], Random::new(8).bits());
        let mut fork = Random::new(7).fork();
        let drawn: [u32; 3] = std::array::from_fn(|_| fork.bits());
        assert_eq!(drawn, [0x5685_05c4, 0xb6ee_e0d9, 0xf41c_eb20]);
    }

    /// To the last bit: these are sums and products of few floats, which every platform rounds alike.
    #[test]
    fn what_is_drawn_from_it_is_pinned() {
        let mut random = Random::new(7);
        let drawn = [random.unit(), random.between(-2.0, 3.0), random.normal()];
        assert_eq!(
            drawn.map(f32::to_bits),
            [0.283_741_4_f32, -1.021_547_8, 0.234_326_66].map(f32::to_bits)
        );
        assert_eq!((random.below(1000), random.chance(0.5)), (413, true));
        let noises = [noise(3, 1.25, -7.5), fractal(3, 1.25, -7.5, 3)];
        assert_eq!(
            noises.map(f32::to_bits),
            [0.645_085_16_f32, 0.853_126_65].map(f32::to_bits)
        );
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
