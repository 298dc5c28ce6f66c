//! The soft hair mask, and the few figures that others need of it.

/// Where the hair of a photo is: a probability per pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HairMask {
    /// Width in pixels, the photo's.
    pub width: u32,
    /// Height in pixels, the photo's.
    pub height: u32,
    /// Probability of hair, 0 (none) to 255 (certain), row-major, one byte a pixel. A byte is finer than any parser
    /// is right, and a quarter of the memory of a float.
    pub probability: Vec<u8>,
    /// Probability of bare skin, where the parser tells.
    pub skin: Option<SoftMap>,
}

/// A soft map over the whole photo at a resolution of its own. The skin map keeps the network's: who uses it only
/// averages over it, and resizing it would cost every analysis a millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftMap {
    /// Width in cells.
    pub width: u32,
    /// Height in cells.
    pub height: u32,
    /// 0 to 255, row-major.
    pub probability: Vec<u8>,
}

/// A rectangle of pixels. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl HairMask {
    /// The probability from which on a pixel counts as hair where a yes or no is needed: one half.
    pub const THRESHOLD: u8 = 128;

    /// A mask without a skin map.
    ///
    /// # Panics
    /// Where `probability` does not hold `width * height` bytes.
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
        }
    }

    /// The share of all pixels, 0 to 1, whose probability is at least `threshold`.
    pub fn coverage(&self, threshold: u8) -> f32 {
        let inside = self.probability.iter().filter(|&&p| p >= threshold).count();
        inside as f32 / self.probability.len().max(1) as f32
    }

    /// The mean probability, 0 to 1, of the pixels from `threshold` on; 0 where there is none.
    pub fn confidence(&self, threshold: u8) -> f32 {
        let inside = self.probability.iter().filter(|&&p| p >= threshold);
        let (sum, count) = inside.fold((0u64, 0u64), |(sum, count), &p| (sum + u64::from(p), count + 1));
        if count == 0 {
            0.0
        } else {
            (sum as f64 / count as f64 / 255.0) as f32
        }
    }

    /// The smallest rectangle that holds every pixel from `threshold` on, or none where there is no such pixel.
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
    fn a_mask_without_hair_has_no_box_and_no_confidence() {
        let empty = HairMask::new(2, 2, vec![0; 4]);
        assert_eq!(empty.bounding_box(1), None);
        assert!(empty.confidence(1).abs() < f32::EPSILON);
        assert!(empty.coverage(1).abs() < f32::EPSILON);
    }
}
