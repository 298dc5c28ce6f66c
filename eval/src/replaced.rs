//! The scheme that Strand replaces: dominant colors by k-means in RGB, a linear SVM on a network's embedding alone with
//! Platt scaling over five folds, and 0.7 of its probability plus 0.3 of closeness in color.
//!
//! It is rebuilt as scikit-learn runs it (`SVC(kernel="linear", probability=True)`, that is LIBSVM 3): C is 1, classes
//! are not balanced, folds are cut from a random order and may hold no photo of the shade at all.

use strand::color::{Lab, Rgb, ciede2000};
use strand::photo::Photo;
use strand::vision::HairMask;
use strand_tests::render::Random;

use crate::sample::Sample;
use crate::scheme::{Library, Named, Ranked, Scheme, Taught, best};
use crate::shades::shuffle;

/// Clusters of k-means.
const CLUSTERS: usize = 5;
const ROUNDS: usize = 20;
/// k-means sees at most this many pixels.
const PIXELS: usize = 2048;
/// LIBSVM's penalty, its stopping tolerance, and a bound on its steps.
const C: f32 = 1.0;
const TOLERANCE: f32 = 1e-3;
const STEPS: usize = 20_000;
const FOLDS: usize = 5;

/// The main color of the hair: the largest cluster of k-means in RGB, started from seeded pixels.
pub fn main_color(photo: &Photo, mask: &HairMask) -> Lab {
    let hair: Vec<usize> = (0..mask.probability.len())
        .filter(|i| mask.probability[*i] >= HairMask::THRESHOLD)
        .collect();
    let step = hair.len().div_ceil(PIXELS).max(1);
    let pixel = |i: &usize| -> [f32; 3] { std::array::from_fn(|c| f32::from(photo.rgb()[3 * i + c])) };
    let pixels: Vec<[f32; 3]> = hair.iter().step_by(step).map(pixel).collect();
    let mut random = Random::new(0);
    let mut centers: Vec<[f32; 3]> = (0..CLUSTERS)
        .map(|_| pixels[random.below(pixels.len())])
        .collect();
    let mut counts = [0.0_f32; CLUSTERS];
    for _ in 0..ROUNDS {
        let mut sums = [[0.0_f32; 3]; CLUSTERS];
        counts = [0.0; CLUSTERS];
        for pixel in &pixels {
            let distance = |center: &[f32; 3]| (0..3).map(|c| (pixel[c] - center[c]).powi(2)).sum::<f32>();
            let near = (0..CLUSTERS)
                .min_by(|x, y| distance(&centers[*x]).total_cmp(&distance(&centers[*y])))
                .unwrap_or(0);
            counts[near] += 1.0;
            (0..3).for_each(|c| sums[near][c] += pixel[c]);
        }
        for (center, (sum, count)) in centers.iter_mut().zip(sums.iter().zip(counts)) {
            if count > 0.0 {
                *center = sum.map(|total| total / count);
            }
        }
    }
    let largest = (0..CLUSTERS)
        .max_by(|x, y| counts[*x].total_cmp(&counts[*y]))
        .unwrap_or(0);
    let [r, g, b] = centers[largest].map(|v| v.round() as u8);
    Rgb::new(r, g, b).into()
}

/// The replaced scheme.
pub struct Replaced;

impl Scheme for Replaced {
    fn teach(&self, shades: &[Taught]) -> Box<dyn Library> {
        let rows: Vec<(usize, &Sample)> = shades
            .iter()
            .flat_map(|(shade, photos)| photos.iter().map(|photo| (*shade, *photo)))
            .collect();
        let gram = Gram::of(
            &rows
                .iter()
                .map(|(_, photo)| photo.embedding.as_slice())
                .collect::<Vec<_>>(),
        );
        let models = shades.iter().map(|(shade, photos)| {
            let labels: Vec<f32> = rows
                .iter()
                .map(|(of, _)| if of == shade { 1.0 } else { -1.0 })
                .collect();
            let all: Vec<usize> = (0..rows.len()).collect();
            let machine = Machine::fit(&gram, &labels, &all);
            let mut weights = vec![0.0; rows[0].1.embedding.len()];
            for (row, alpha) in &machine.alphas {
                for (weight, x) in weights.iter_mut().zip(&rows[*row].1.embedding) {
                    *weight += alpha * x;
                }
            }
            let held_out = held_out(&gram, &labels, *shade as u64);
            Model {
                shade: *shade,
                weights,
                bias: machine.bias,
                curve: platt(&held_out, &labels),
                colors: photos.iter().map(|photo| photo.main_color).collect(),
            }
        });
        Box::new(Models(models.collect()))
    }
}

struct Model {
    shade: usize,
    weights: Vec<f32>,
    bias: f32,
    curve: (f64, f64),
    colors: Vec<Lab>,
}

struct Models(Vec<Model>);

impl Library for Models {
    fn rank(&self, photo: &Sample) -> Ranked {
        best(self.0.iter().map(|model| {
            let decision = dot(&model.weights, &photo.embedding) + model.bias;
            let probability = 1.0 / (1.0 + (model.curve.0 * f64::from(decision) + model.curve.1).exp());
            let differences = model
                .colors
                .iter()
                .map(|color| ciede2000(*color, photo.main_color));
            let nearest = differences.fold(f32::INFINITY, f32::min);
            Named {
                shade: model.shade,
                score: 0.7 * probability as f32 + 0.3 / (1.0 + nearest / 10.0),
            }
        }))
    }
}

fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (x8, y8) = (x.as_chunks::<8>().0, y.as_chunks::<8>().0);
    for (p, q) in x8.iter().zip(y8) {
        for lane in 0..8 {
            sums[lane] += p[lane] * q[lane];
        }
    }
    let rest = x8.len() * 8;
    sums.iter().sum::<f32>() + x[rest..].iter().zip(&y[rest..]).map(|(p, q)| p * q).sum::<f32>()
}

/// All scalar products of some vectors.
struct Gram {
    count: usize,
    products: Vec<f32>,
}

impl Gram {
    fn of(vectors: &[&[f32]]) -> Self {
        let count = vectors.len();
        let mut products = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..=i {
                let product = dot(vectors[i], vectors[j]);
                products[i * count + j] = product;
                products[j * count + i] = product;
            }
        }
        Self { count, products }
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.products[i * self.count..(i + 1) * self.count]
    }
}

/// A linear SVM in its dual form.
struct Machine {
    /// Row and signed weight of each support vector.
    alphas: Vec<(usize, f32)>,
    bias: f32,
}

impl Machine {
    /// Sequential minimal optimisation over the `rows` of the Gram matrix, each step on the pair that violates the
    /// optimality conditions most (Keerthi et al. 2001).
    fn fit(gram: &Gram, labels: &[f32], rows: &[usize]) -> Self {
        let mut alphas = vec![0.0_f32; rows.len()];
        // The gradient of the dual times the label: y_i − Σ_j α_j y_j K_ij.
        let mut errors: Vec<f32> = rows.iter().map(|row| labels[*row]).collect();
        let mut bias = 0.0;
        for _ in 0..STEPS {
            let (mut up, mut low) = ((usize::MAX, f32::NEG_INFINITY), (usize::MAX, f32::INFINITY));
            for (i, row) in rows.iter().enumerate() {
                let positive = labels[*row] > 0.0;
                let (can_rise, can_fall) = (alphas[i] < C, alphas[i] > 0.0);
                if (if positive { can_rise } else { can_fall }) && errors[i] > up.1 {
                    up = (i, errors[i]);
                }
                if (if positive { can_fall } else { can_rise }) && errors[i] < low.1 {
                    low = (i, errors[i]);
                }
            }
            if up.0 == usize::MAX || low.0 == usize::MAX {
                break;
            }
            bias = f32::midpoint(up.1, low.1);
            if up.1 - low.1 < TOLERANCE {
                break;
            }
            let (i, j) = (up.0, low.0);
            let (row_i, row_j) = (gram.row(rows[i]), gram.row(rows[j]));
            let curvature = (row_i[rows[i]] + row_j[rows[j]] - 2.0 * row_i[rows[j]]).max(1e-9);
            let room = |k: usize, rises: bool| if rises { C - alphas[k] } else { alphas[k] };
            let step = ((up.1 - low.1) / curvature)
                .min(room(i, labels[rows[i]] > 0.0))
                .min(room(j, labels[rows[j]] < 0.0));
            alphas[i] = (alphas[i] + step * labels[rows[i]]).clamp(0.0, C);
            alphas[j] = (alphas[j] - step * labels[rows[j]]).clamp(0.0, C);
            for (error, row) in errors.iter_mut().zip(rows) {
                *error -= step * (row_i[*row] - row_j[*row]);
            }
        }
        let alphas = rows.iter().zip(alphas).filter(|(_, alpha)| *alpha > 0.0);
        Self {
            alphas: alphas.map(|(row, alpha)| (*row, alpha * labels[*row])).collect(),
            bias,
        }
    }

    fn decision(&self, gram: &Gram, row: usize) -> f32 {
        let products = gram.row(row);
        self.alphas
            .iter()
            .map(|(of, alpha)| alpha * products[*of])
            .sum::<f32>()
            + self.bias
    }
}

/// LIBSVM's cross-validated decision values: where a fold leaves only one class to learn from, its sign.
fn held_out(gram: &Gram, labels: &[f32], seed: u64) -> Vec<f32> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    shuffle(&mut order, &mut Random::new(seed));
    let mut decisions = vec![0.0; labels.len()];
    for fold in 0..FOLDS {
        let out = fold * order.len() / FOLDS..(fold + 1) * order.len() / FOLDS;
        let kept: Vec<usize> = (0..order.len())
            .filter(|i| !out.contains(i))
            .map(|i| order[i])
            .collect();
        let positives = kept.iter().filter(|row| labels[**row] > 0.0).count();
        let machine = (positives > 0 && positives < kept.len()).then(|| Machine::fit(gram, labels, &kept));
        for row in &order[out] {
            decisions[*row] = match &machine {
                Some(machine) => machine.decision(gram, *row),
                None if kept.is_empty() => 0.0,
                None if positives > 0 => 1.0,
                None => -1.0,
            };
        }
    }
    decisions
}

/// A and B of P = 1 / (1 + exp(A f + B)), by Newton's method with backtracking (Lin, Lin and Weng, Machine Learning 68,
/// 2007), as LIBSVM has it.
fn platt(decisions: &[f32], labels: &[f32]) -> (f64, f64) {
    let positives = labels.iter().filter(|label| **label > 0.0).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let targets: Vec<f64> = labels
        .iter()
        .map(|label| {
            if *label > 0.0 {
                (positives + 1.0) / (positives + 2.0)
            } else {
                1.0 / (negatives + 2.0)
            }
        })
        .collect();
    let loss = |a: f64, b: f64| -> f64 {
        let terms = decisions.iter().zip(&targets).map(|(f, t)| {
            let z = a * f64::from(*f) + b;
            if z >= 0.0 {
                t * z + (-z).exp().ln_1p()
            } else {
                (t - 1.0) * z + z.exp().ln_1p()
            }
        });
        terms.sum()
    };
    let (mut a, mut b) = (0.0, ((negatives + 1.0) / (positives + 1.0)).ln());
    let mut value = loss(a, b);
    for _ in 0..100 {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for (f, t) in decisions.iter().zip(&targets) {
            let f = f64::from(*f);
            let p = 1.0 / (1.0 + (a * f + b).exp());
            let (d1, d2) = (t - p, p * (1.0 - p));
            h11 += f * f * d2;
            h22 += d2;
            h21 += f * d2;
            g1 += f * d1;
            g2 += d1;
        }
        if g1.abs() < 1e-5 && g2.abs() < 1e-5 {
            break;
        }
        let determinant = h11 * h22 - h21 * h21;
        let (da, db) = (
            -(h22 * g1 - h21 * g2) / determinant,
            -(h11 * g2 - h21 * g1) / determinant,
        );
        let slope = g1 * da + g2 * db;
        let mut step = 1.0;
        while step >= 1e-10 {
            let next = loss(a + step * da, b + step * db);
            if next < value + 1e-4 * step * slope {
                (a, b, value) = (a + step * da, b + step * db, next);
                break;
            }
            step /= 2.0;
        }
        if step < 1e-10 {
            break;
        }
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a line: the widest margin lies half way between 1 and 3, so w is 1 and b is −2.
    #[test]
    fn the_machine_finds_the_widest_margin() {
        let points: [&[f32]; 4] = [&[3.0], &[4.0], &[1.0], &[0.0]];
        let labels = [1.0, 1.0, -1.0, -1.0];
        let machine = Machine::fit(&Gram::of(&points), &labels, &[0, 1, 2, 3]);
        let weight: f32 = machine
            .alphas
            .iter()
            .map(|(row, alpha)| alpha * points[*row][0])
            .sum();
        assert!(
            (weight - 1.0).abs() < 1e-2 && (machine.bias + 2.0).abs() < 1e-2,
            "{weight} {}",
            machine.bias
        );
    }

    #[test]
    fn platt_scaling_rises_with_decisions_that_tell() {
        let decisions: Vec<f32> = (0..40)
            .map(|i| if i < 20 { 1.0 } else { -1.0 } + (i % 5) as f32 * 0.1)
            .collect();
        let labels: Vec<f32> = (0..40).map(|i| if i < 20 { 1.0 } else { -1.0 }).collect();
        let (a, b) = platt(&decisions, &labels);
        let at = |f: f64| 1.0 / (1.0 + (a * f + b).exp());
        assert!(at(1.0) > 0.9 && at(-1.0) < 0.1, "{a} {b}");
    }
}
