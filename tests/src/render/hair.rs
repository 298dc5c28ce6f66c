//! Hair: locks of strands that grow along a guide and are lit strand by strand.
//!
//! A guide gives the position of hair that starts at `across` after `along` of its length. A head and a swatch are two
//! guides. Locks gather strands around a guide line and share their wave and brightness, which makes them look like
//! locks instead of noise. Depth orders the locks, from dark ones underneath to lit ones on top.

use super::canvas::{Canvas, Knot, Light, TONES};
use super::random::{Random, noise};
use super::shade::{Shade, to_light};

/// A point or direction (right, down, toward the camera) in scene units.
pub type Point = [f32; 3];

/// The path of hair.
pub trait Guide {
    /// The position of the hair that starts at `across`, after `along` (0 root, 1 tip) of its length. `lift` is 0 for
    /// hair underneath and 1 for hair on top.
    fn point(&self, across: f32, along: f32, lift: f32) -> Point;

    /// The part of the hair's length that covers the first `share` of the visible area.
    fn reach(&self, share: f32) -> f32;

    /// The length of the hair in scene units.
    fn length(&self) -> f32;

    /// The direction that the surface of the hair faces at that position.
    fn normal(&self, across: f32, along: f32) -> Point;
}

/// How the hair is cut and styled.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The number of locks.
    pub locks: usize,
    /// The number of strands in a lock.
    pub strands: usize,
    /// Half the width of a lock, in the guide's `across`.
    pub spread: f32,
    /// How far strands gather toward the lock's middle at the tip, 0 to 1.
    pub gather: f32,
    /// Sideways swing of the waves in scene units; 0 for straight hair.
    pub wave: f32,
    /// The number of waves from root to tip.
    pub waves: f32,
    /// How far single strands stray, in scene units.
    pub frizz: f32,
    /// Strength of the specular light.
    pub gloss: f32,
    /// How much shorter than the longest lock a lock may be; 0 for a blunt cut.
    pub layers: f32,
    /// The number of strands that stand off.
    pub flyaways: usize,
}

/// Where the light comes from.
#[derive(Clone, Copy, Debug)]
pub struct Lamp {
    /// The direction toward the lamp, of unit length.
    pub direction: Point,
    /// The share of light that comes from all sides, 0 to 1. The rest comes from the lamp.
    pub ambient: f32,
}

/// Everything that determines one head of hair.
pub struct Growth<'a> {
    /// The path of the hair.
    pub guide: &'a dyn Guide,
    /// The cut and style.
    pub style: Style,
    /// The color.
    pub shade: &'a Shade,
    /// The light.
    pub lamp: Lamp,
    /// The seed of slow variations over the whole head.
    pub seed: u32,
    /// The ranges of the guide's `across` in which hair grows.
    pub ranges: &'a [(f32, f32)],
}

struct Lock {
    across: f32,
    start: f32,
    end: f32,
    lift: f32,
    phase: f32,
    swing: f32,
    turns: f32,
    brightness: f32,
    tone_draw: f32,
    seed: u32,
}

/// What distinguishes a strand from its neighbors.
struct Fibre {
    offset: f32,
    /// Whether this is a wide dark band that closes the gaps underneath, instead of a strand.
    band: bool,
    /// Half the width: in scene units for a band, relative to the usual strand for a strand.
    half: f32,
    opacity: f32,
    frizz: [f32; 3],
    light: [Light; TONES],
    tone: usize,
    /// How much contrast the strand shows. Light hair scatters light among its strands, which fills the shadows.
    contrast: f32,
    root_end: f32,
    brightness: f32,
    shift: f32,
    start: f32,
    end: f32,
}

/// The number of corners of a strand's polyline.
const KNOTS: usize = 30;
/// Half the width of the bands underneath, in scene units.
const BAND: f32 = 0.008;
/// How far a lock strays, in multiples of its width. Hair parsers rely on crossing locks.
const WANDER: f32 = 5.0;
/// The length in scene units from which a lock strays that far. Shorter hair strays less.
const LONG: f32 = 0.9;
/// How often a lock of that length changes its course.
const TURNS: f32 = 4.2;

impl Growth<'_> {
    /// Draws the hair: a ground of wide dark locks that leaves no gaps, then the strands from underneath to the top,
    /// then the strands that stand off.
    pub fn draw(&self, canvas: &mut Canvas, random: &mut Random) {
        let root_end = self
            .shade
            .root()
            .map_or(0.0, |(_, share)| self.guide.reach(share));
        let mut locks: Vec<Lock> = (0..self.style.locks).map(|i| self.lock(i, random)).collect();
        locks.sort_by(|a, b| a.lift.total_cmp(&b.lift));
        for _ in 0..self.style.locks * 3 {
            let mut lock = self.lock(random.below(self.style.locks), random);
            (lock.lift, lock.swing) = (0.0, lock.swing * 0.5);
            let mut fibre = self.fibre(&lock, root_end, random);
            (fibre.band, fibre.half, fibre.opacity) = (true, BAND, 1.0);
            // The strands hide the blunt ends of the bands.
            fibre.end *= 0.9;
            self.strand(canvas, &lock, &fibre, 0.3);
        }
        // A larger picture shows finer strands, so it needs more of them.
        let strands = self.style.strands as f32 * (canvas.unit() / 512.0).clamp(1.0, 4.0).sqrt();
        for lock in &locks {
            for _ in 0..strands as usize {
                let fibre = self.fibre(lock, root_end, random);
                self.strand(canvas, lock, &fibre, 0.35 + 0.65 * lock.lift);
            }
        }
        for _ in 0..self.style.flyaways {
            let lock = self.lock(random.below(self.style.locks), random);
            let mut fibre = self.fibre(&lock, root_end, random);
            fibre.frizz = [
                random.normal() * 0.012,
                random.normal() * 0.012,
                random.between(0.0, 6.0),
            ];
            fibre.opacity *= 0.7;
            self.strand(canvas, &lock, &fibre, 1.0);
        }
    }

    fn lock(&self, index: usize, random: &mut Random) -> Lock {
        let total: f32 = self.ranges.iter().map(|(low, high)| high - low).sum();
        // Stratified, so that no part stays bare by chance.
        let mut place = (index as f32 + random.unit()) / self.style.locks as f32 * total;
        let mut across = self.ranges[0].0;
        for (low, high) in self.ranges {
            if place <= high - low {
                across = low + place;
                break;
            }
            place -= high - low;
        }
        let lift = random.unit();
        Lock {
            across,
            start: (1.0 - lift) * random.unit() * 0.22,
            end: 1.0 - self.style.layers * random.unit() * random.unit(),
            lift,
            phase: random.between(0.0, std::f32::consts::TAU),
            swing: random.between(0.5, 1.3),
            turns: self.style.waves * random.between(0.7, 1.3),
            brightness: (1.0 + 0.2 * random.normal()).max(0.45),
            // Dealt evenly (in steps of the golden ratio). Otherwise a few large locks would determine the shares.
            tone_draw: (index as f32 * 0.618_034 + random.unit() * 0.1).fract(),
            seed: random.bits(),
        }
    }

    fn fibre(&self, lock: &Lock, root_end: f32, random: &mut Random) -> Fibre {
        // Neighboring strands tend to share a tone: a colorist takes slices, not single hairs.
        let draw = if random.chance(0.55) {
            lock.tone_draw
        } else {
            random.unit()
        };
        let variation = [
            random.normal() * 4.0,
            random.normal() * 1.2,
            random.normal() * 2.5,
        ];
        let light = std::array::from_fn(|i| {
            let lab = self.shade.tones.get(i).unwrap_or(&self.shade.tones[0]).lab;
            let mixed = [lab.l + variation[0], lab.a + variation[1], lab.b + variation[2]];
            to_light(mixed).map(|v| v.max(0.001))
        });
        let frizz = self.style.frizz;
        let tone = self.shade.strand_tone(draw);
        let contrast = 1.4 - 1.1 * (self.shade.tones[tone].lab.l / 100.0).clamp(0.0, 1.0);
        Fibre {
            offset: random.normal() * 0.5,
            band: false,
            half: random.between(0.7, 1.25),
            opacity: random.between(0.5, 0.95),
            frizz: [
                random.normal() * frizz,
                random.normal() * frizz,
                random.between(2.0, 9.0),
            ],
            light,
            tone,
            contrast,
            root_end: root_end + random.normal() * 0.05 + (lock.tone_draw - 0.5) * 0.1,
            brightness: (1.0 + 0.17 * random.normal()).max(0.4),
            shift: random.normal() * 0.07,
            start: lock.start + random.unit() * 0.03,
            end: lock.end * (1.0 - 0.16 * random.unit() * random.unit()),
        }
    }

    fn strand(&self, canvas: &mut Canvas, lock: &Lock, fibre: &Fibre, depth: f32) {
        let mut points = [[0.0; 3]; KNOTS];
        let along = |i: usize| fibre.start + (fibre.end - fibre.start) * i as f32 / (KNOTS - 1) as f32;
        for (i, point) in points.iter_mut().enumerate() {
            *point = self.place(lock, fibre, along(i));
        }
        let unit = canvas.unit();
        // Strands are about one pixel wide on small pictures. On large pictures they are finer relative to the head.
        let width = 0.35 + unit / 1050.0 / (unit / 512.0).max(1.0).sqrt();
        let mut knots = [Knot {
            x: 0.0,
            y: 0.0,
            half: 0.0,
            opacity: 0.0,
            light: [0.0; 3],
            tones: [0.0; TONES],
        }; KNOTS];
        for (i, knot) in knots.iter_mut().enumerate() {
            let (before, after) = (points[i.saturating_sub(1)], points[(i + 1).min(KNOTS - 1)]);
            let tangent = normalised(sub(after, before));
            let v = along(i);
            let taper = if fibre.band {
                1.0
            } else {
                (8.0 * (1.0 - i as f32 / KNOTS as f32)).min(1.0)
            };
            let half = if fibre.band {
                fibre.half * unit
            } else {
                fibre.half * width * 0.8
            };
            let tones = self.tones(fibre, v);
            knot.x = points[i][0] * unit;
            knot.y = points[i][1] * unit;
            knot.half = half * (0.4 + 0.6 * taper);
            knot.opacity = fibre.opacity;
            knot.tones = tones;
            knot.light = self.light(lock, fibre, v, tangent, depth, &tones);
        }
        canvas.strand(&knots);
    }

    fn place(&self, lock: &Lock, fibre: &Fibre, along: f32) -> Point {
        let gather = 1.0 - self.style.gather * along * along;
        // Locks wander and cross each other on their way down. Perfectly parallel locks would look like corduroy.
        let length = self.guide.length() / LONG;
        let course = noise(lock.seed, along * TURNS * length, 0.5);
        let wander = self.style.spread * WANDER * length.min(1.0) * course * along;
        let across = lock.across + wander + fibre.offset * self.style.spread * gather;
        let mut point = self.guide.point(across, along, lock.lift);
        let angle = lock.phase + along * lock.turns * std::f32::consts::TAU + fibre.offset * 0.5;
        // Hair is held at the root and swings more toward the tip.
        let swing = self.style.wave * lock.swing * (along * 1.6).min(1.0);
        let stray = (along * fibre.frizz[2] + lock.phase).sin() * along.sqrt();
        point[0] += swing * angle.sin() + fibre.frizz[0] * stray;
        point[1] += fibre.frizz[1] * stray;
        point[2] += swing * angle.cos();
        point
    }

    fn tones(&self, fibre: &Fibre, along: f32) -> [f32; TONES] {
        let mut tones = [0.0; TONES];
        let rooted = self.shade.root().map_or(0.0, |(index, _)| {
            let melt = ((fibre.root_end - along) / 0.12 + 0.5).clamp(0.0, 1.0);
            tones[index] = melt;
            melt
        });
        tones[fibre.tone] += 1.0 - rooted;
        tones
    }

    /// The hair model of Kajiya and Kay: light from all sides, light along the strand, and two highlights. The second
    /// one has passed through the hair and has its color.
    fn light(
        &self,
        lock: &Lock,
        fibre: &Fibre,
        along: f32,
        tangent: Point,
        depth: f32,
        tones: &[f32; TONES],
    ) -> Light {
        let lamp = self.lamp.direction;
        let half = normalised([lamp[0], lamp[1], lamp[2] + 1.0]);
        let normal = self
            .guide
            .normal(lock.across + fibre.offset * self.style.spread, along);
        let facing = (0.4 + 0.6 * dot(normal, lamp)).clamp(0.08, 1.0);
        let diffuse = (1.0 - dot(tangent, lamp).powi(2)).max(0.0).sqrt();
        let sheen = |shift: f32, sharp: i32| {
            let cos = dot(tangent, half) + shift;
            (1.0 - cos * cos).max(0.0).sqrt().powi(sharp)
        };
        // The sides of the lock turn away from the lamp, which makes it look round.
        let round = 1.0 - 0.4 * (fibre.offset * fibre.offset * 2.0).min(1.0);
        let ends = 0.86 + 0.26 * along;
        let patch = 1.0 + 0.3 * noise(self.seed, lock.across * 2.0, along * 2.5);
        let body = lock.brightness * fibre.brightness * round * ends * depth * patch;
        let shade =
            (body * (self.lamp.ambient + (1.0 - self.lamp.ambient) * diffuse * facing)).powf(fibre.contrast);
        let gloss = self.style.gloss * fibre.contrast;
        let first = gloss * sheen(fibre.shift - 0.05, 90) * body * facing;
        let second = gloss * 1.8 * sheen(fibre.shift * 2.0 + 0.12, 18) * body * facing;
        std::array::from_fn(|c| {
            let own: f32 = (0..TONES).map(|i| tones[i] * fibre.light[i][c]).sum();
            own * (shade + second) + 0.35 * first + 0.06 * second
        })
    }
}

/// The difference `a` - `b`.
pub fn sub(a: Point, b: Point) -> Point {
    std::array::from_fn(|i| a[i] - b[i])
}

/// The scalar product.
pub fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// `v` scaled to unit length.
pub fn normalised(v: Point) -> Point {
    let length = dot(v, v).sqrt().max(1e-9);
    v.map(|c| c / length)
}
