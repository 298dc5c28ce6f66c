//! The soft mask that marks the hair in a photo, and arithmetic on it. What is no photo, such as bars, is found first.

mod cores;
mod frame;
mod heads;
mod seams;

pub use cores::keep_cores;
pub use frame::Framed;
pub use heads::{Head, Heads};

/// A soft mask: the probability of hair for each pixel of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct HairMask {
    /// The photo's width in pixels.
    pub width: u32,
    /// The photo's height in pixels.
    pub height: u32,
    /// The probability of hair, 0 (none) to 255 (certain), row-major, one byte per pixel. No parser is more precise
    /// than a byte, which takes a quarter of the memory of a float.
    pub probability: Vec<u8>,
    /// The probability of bare skin; `None` if the parser does not report skin.
    pub skin: Option<SoftMap>,
    /// The probability, 0 to 1, that what is marked is hair of a head, and not fur, cloth, or a thing; `None` if the
    /// parser does not judge it.
    pub presence: Option<f32>,
    /// The probability, 0 to 1, that a hat, a scarf, or a hood covers the head, so that some of it may be marked; `None` if
    /// the parser does not judge it.
    pub covered: Option<f32>,
}

/// A soft map of the whole photo at its own resolution. The skin map keeps the network's resolution: its users only
/// average over it, and resizing it would cost every analysis a millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftMap {
    /// Width in cells.
    pub width: u32,
    /// Height in cells.
    pub height: u32,
    /// 0 to 255, row-major, one byte per cell.
    pub probability: Vec<u8>,
}

/// A rectangle of pixels. It is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge in pixels.
    pub x: u32,
    /// Top edge in pixels.
    pub y: u32,
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
}

impl HairMask {
    /// The probability from which a pixel counts as hair in a yes-or-no decision: one half.
    pub const THRESHOLD: u8 = 128;

    /// The least presence of a photo that is said to show hair. Chosen on the pictures that the judgment of the project's
    /// own parser was fitted to (`models/hair-parser/presence.py`).
    pub const LEAST_PRESENCE: f32 = 0.5;

    /// Makes a mask without a skin map and without a judgment.
    ///
    /// # Panics
    /// Unless `probability` holds `width * height` bytes.
    pub fn new(width: u32, height: u32, probability: Vec<u8>) -> Self {
        assert_eq!(
            probability.len(),
            width as usize * height as usize,
            "one byte a pixel"
        );
        Self {
            width,
            height,
            probability,
            skin: None,
            presence: None,
            covered: None,
        }
    }

    /// Without a judgment, the least share of the photo that must be marked. Stray marks on walls and fabric are smaller
    /// than this; useful hair is larger.
    const LEAST_UNJUDGED: f32 = 0.002;

    /// From this probability on, a head counts as covered. Of held-out portraits and crops of them, six in ten with a covering
    /// reach it, and four in a hundred without.
    const COVERED: f32 = 0.8;
    /// How far a match can be trusted then: often, cloth is marked beside the hair, or in its place.
    const COVERED_TRUST: f32 = 0.5;

    /// Whether a hat, a scarf, or a hood seems to cover the head.
    pub fn is_covered(&self) -> bool {
        self.covered.is_some_and(|covered| covered >= Self::COVERED)
    }

    /// How far a match of what is marked can be trusted, 0 to 1: how probable it is that it is hair of a head.
    pub fn trust(&self) -> f32 {
        let uncovered = if self.is_covered() {
            Self::COVERED_TRUST
        } else {
            1.0
        };
        self.presence.unwrap_or(1.0) * uncovered
    }

    /// Whether the photo shows hair of a head.
    pub fn shows_hair(&self) -> bool {
        match self.presence {
            Some(presence) => presence >= Self::LEAST_PRESENCE,
            None => self.coverage(Self::THRESHOLD) >= Self::LEAST_UNJUDGED,
        }
    }

    /// Multiplies the probability by how opaque each pixel is: at a soft edge of a cut-out, the color is mixed with white.
    ///
    /// # Panics
    /// Unless `opacity` has one byte per pixel.
    pub fn see_through(&mut self, opacity: &[u8]) {
        assert_eq!(opacity.len(), self.probability.len(), "one byte a pixel");
        for (probability, opacity) in self.probability.iter_mut().zip(opacity) {
            *probability = ((u16::from(*probability) * u16::from(*opacity) + 127) / 255) as u8;
        }
    }

    /// Whether the skin map shows skin at a pixel.
    pub fn shows_skin(&self, x: usize, y: usize) -> bool {
        self.skin.as_ref().is_some_and(|skin| {
            // Both sides of a photo have at most 16 bits, and dividing 32 bits takes half the time of 64.
            let column = x as u32 * skin.width / self.width;
            let row = y as u32 * skin.height / self.height;
            skin.probability[(row * skin.width + column) as usize] >= Self::THRESHOLD
        })
    }

    /// The share of all pixels, 0 to 1, whose probability is at least `threshold`.
    pub fn coverage(&self, threshold: u8) -> f32 {
        let inside = self.probability.iter().filter(|&&p| p >= threshold).count();
        inside as f32 / self.probability.len().max(1) as f32
    }

    /// The mean probability, 0 to 1, of the pixels from `threshold` on; 0 if there are no such pixels.
    pub fn confidence(&self, threshold: u8) -> f32 {
        // Row by row, so that the sums fit into 32 bits, which is four times as fast.
        let rows = self.probability.chunks(self.width.max(1) as usize);
        let (sum, count) = rows.fold((0_u64, 0_u64), |(sum, count), row| {
            let inside = |p: u8| if p >= threshold { (u32::from(p), 1) } else { (0, 0) };
            let (here, pixels) = row.iter().fold((0_u32, 0_u32), |(here, pixels), p| {
                let (p, one) = inside(*p);
                (here + p, pixels + one)
            });
            (sum + u64::from(here), count + u64::from(pixels))
        });
        if count == 0 {
            0.0
        } else {
            (sum as f64 / count as f64 / 255.0) as f32
        }
    }

    /// The smallest rectangle that contains every pixel from `threshold` on; `None` if there are no such pixels.
    pub fn bounding_box(&self, threshold: u8) -> Option<Region> {
        let mut rows = self
            .probability
            .chunks_exact(self.width.max(1) as usize)
            .enumerate();
        let (mut left, mut right) = (usize::MAX, 0);
        let (mut top, mut bottom) = (usize::MAX, 0);
        let is_hair = |p: &u8| *p >= threshold;
        for (y, row) in &mut rows {
            let Some(first) = row.iter().position(is_hair) else {
                continue;
            };
            let last = row.iter().rposition(is_hair).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
        (top != usize::MAX).then(|| Region {
            x: left as u32,
            y: top as u32,
            width: (right - left + 1) as u32,
            height: (bottom - top + 1) as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{HairMask, Region};

    fn mask() -> HairMask {
        HairMask::new(4, 3, vec![0, 0, 0, 0, 0, 200, 0, 100, 0, 0, 255, 0])
    }

    #[test]
    fn figures_of_a_small_mask() {
        let mask = mask();
        assert!((mask.coverage(128) - 2.0 / 12.0).abs() < 1e-6);
        assert!((mask.confidence(128) - 227.5 / 255.0).abs() < 1e-6);
        assert_eq!(
            mask.bounding_box(128),
            Some(Region {
                x: 1,
                y: 1,
                width: 2,
                height: 2
            })
        );
        assert_eq!(
            mask.bounding_box(50),
            Some(Region {
                x: 1,
                y: 1,
                width: 3,
                height: 2
            })
        );
    }

    #[test]
    fn the_judgment_decides_whether_there_is_hair_and_without_one_the_coverage() {
        let mut mask = HairMask::new(100, 100, vec![0; 10_000]);
        mask.probability[..10].fill(255);
        assert!(!mask.shows_hair());
        mask.presence = Some(0.9);
        assert!(mask.shows_hair());
        mask.probability.fill(255);
        mask.presence = Some(0.4);
        assert!(!mask.shows_hair());
        mask.presence = None;
        assert!(mask.shows_hair());
    }

    #[test]
    fn where_a_photo_is_transparent_there_is_less_hair() {
        let mut mask = HairMask::new(4, 1, vec![255, 255, 200, 10]);
        mask.see_through(&[255, 128, 0, 255]);
        assert_eq!(mask.probability, [255, 128, 0, 10]);
    }

    #[test]
    fn a_mask_without_hair_has_no_box_and_no_confidence() {
        let empty = HairMask::new(2, 2, vec![0; 4]);
        assert_eq!(empty.bounding_box(1), None);
        assert!(empty.confidence(1).abs() < f32::EPSILON);
        assert!(empty.coverage(1).abs() < f32::EPSILON);
    }
}
