//! Chooses the photos of other shades that a shade is fitted against.

use strand_signature::{dot, mean_vector};

/// The maximum number of the most similar photos of other shades that are kept, and of the rest.
const MOST_SIMILAR: usize = 120;
const SPREAD: usize = 40;

/// The photos of other shades that a shade is fitted against (hard negatives). They are chosen as a stream, so that
/// memory is bounded for a library of any size. The most similar photos determine the boundary; from the rest, an even
/// spread is kept.
#[derive(Debug)]
pub struct HardNegatives {
    center: Vec<f32>,
    /// The most similar photos so far, by falling similarity.
    most_similar: Vec<(f32, Vec<f32>)>,
    /// Every `stride`-th of the other photos.
    spread: Vec<Vec<f32>>,
    stride: usize,
    skipped: usize,
}

impl HardNegatives {
    /// Negatives for a shade with these photos; `None` without photos.
    pub fn new(own: &[&[f32]]) -> Option<Self> {
        Some(Self {
            center: mean_vector(own)?,
            most_similar: Vec::new(),
            spread: Vec::new(),
            stride: 1,
            skipped: 0,
        })
    }

    /// Offers one photo of another shade, and returns its similarity to the shade (the scalar product with its mean).
    pub fn offer(&mut self, features: Vec<f32>) -> f32 {
        let similarity = dot(&self.center, &features);
        let place = self.most_similar.partition_point(|(kept, _)| *kept >= similarity);
        if place < MOST_SIMILAR {
            self.most_similar.insert(place, (similarity, features));
            if self.most_similar.len() > MOST_SIMILAR {
                let (_, ousted) = self.most_similar.remove(MOST_SIMILAR);
                self.skip(ousted);
            }
        } else {
            self.skip(features);
        }
        similarity
    }

    /// Keeps every `stride`-th photo. When the spread is full, every second photo is dropped and the stride doubles.
    fn skip(&mut self, features: Vec<f32>) {
        if self.skipped.is_multiple_of(self.stride) {
            if self.spread.len() == SPREAD {
                let mut keep = false;
                self.spread.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
            self.spread.push(features);
        }
        self.skipped += 1;
    }

    /// The chosen photos: the most similar, then the spread.
    pub fn chosen(&self) -> Vec<&[f32]> {
        self.most_similar
            .iter()
            .map(|(_, x)| x)
            .chain(&self.spread)
            .map(Vec::as_slice)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors around a direction, slightly different from each other.
    fn cloud(direction: usize, count: usize) -> Vec<Vec<f32>> {
        (0..count)
            .map(|k| {
                let mut x = [0.05; 24];
                x[direction] = 1.0;
                x[(direction + 1 + k) % 24] += 0.2;
                let norm = x.iter().map(|v| v * v).sum::<f32>().sqrt();
                x.iter().map(|v| v / norm).collect()
            })
            .collect()
    }

    #[test]
    fn memory_is_bounded_with_thousands_of_others() {
        let own = cloud(0, 3);
        let mut negatives = HardNegatives::new(&own.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let mut most_similar = f32::NEG_INFINITY;
        for x in (1..24).flat_map(|d| cloud(d, 100)) {
            most_similar = most_similar.max(negatives.offer(x));
        }
        let chosen = negatives.chosen();
        assert!(
            (MOST_SIMILAR + SPREAD / 2..=MOST_SIMILAR + SPREAD).contains(&chosen.len()),
            "{}",
            chosen.len()
        );
        assert!(chosen.iter().any(|x| dot(&negatives.center, x) >= most_similar));
        let directions: std::collections::HashSet<_> = chosen
            .iter()
            .map(|x| (0..24).max_by(|p, q| x[*p].total_cmp(&x[*q])))
            .collect();
        assert!(
            directions.len() > 12,
            "the spread covers {} of 23 directions",
            directions.len()
        );
    }
}
