//! What large libraries cost: time, memory, and the accuracy that sampled negatives lose.

use std::fs;
use std::time::{Duration, Instant};

use strand::color::Lab;
use strand::learning::{Candidate, HardNegatives, Reference, Shelf, fit};
use strand::signature::{DESCRIPTOR_DIMENSION, DominantColor, Signature};
use strand_tests::render::Random;

use crate::metrics::{Answer, share};
use crate::protocol::Class;
use crate::scene::{Kind, Light};
use crate::scheme::{Scheme, Strand, StrandAgainstAll};
use crate::study::{PHOTOS, Study};

const SHADES: usize = 10_000;
/// The feature space of the made-up vectors.
const SPACE: &str = "scale";
const QUESTIONS: usize = 101;
/// Shades of the library whose accuracy is compared.
pub const COMPARED: usize = 200;

/// Adds both tables to the study: made-up vectors for time and memory, photos for accuracy.
pub fn run(study: &mut Study) {
    study.say(&format!(
        "\n### {} shades\n\n| | measured | bar |\n|---|---:|---:|",
        thousands(SHADES)
    ));
    let mut random = Random::new(9);
    let centers: Vec<Vec<f32>> = (0..SHADES).map(|_| unit(&mut random)).collect();
    let shelf = shelf(&centers, &mut random);
    let mut times: Vec<Duration> = (0..QUESTIONS)
        .map(|k| {
            let features = near(&centers[k * SHADES / QUESTIONS], &mut random);
            let signature = Signature {
                colors: vec![color(&mut random)],
                mean: color(&mut random).lab,
                descriptor: features.clone(),
                coverage: 0.3,
                confidence: 0.9,
            };
            let start = Instant::now();
            let ranking = shelf.rank(&signature, &features, 5);
            let time = start.elapsed();
            assert!(!ranking.matches.is_empty(), "every shade takes part");
            time
        })
        .collect();
    times.sort_unstable();
    study.say(&format!(
        "| matching one photo, median of {QUESTIONS} | {:.1} ms | 5 ms |",
        times[QUESTIONS / 2].as_secs_f32() * 1e3
    ));
    drop(shelf);
    let (before, start) = (resident(), Instant::now());
    let own: Vec<Vec<f32>> = (0..PHOTOS).map(|_| near(&centers[0], &mut random)).collect();
    let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
    let mut negatives = HardNegatives::new(&own).expect("the shade has photos");
    for center in &centers[1..] {
        for _ in 0..PHOTOS {
            negatives.offer(near(center, &mut random));
        }
    }
    fit(&own, &negatives.chosen()).expect("the SVM converges");
    let seconds = start.elapsed().as_secs_f32();
    study.say(&format!(
        "| training one shade, {PHOTOS} photos each, once features are at hand | {seconds:.2} s | 2 s |"
    ));
    if let (Some(before), Some(after)) = (before, resident()) {
        study.say(&format!(
            "| memory that it adds | {:.1} MB | 200 MB |",
            after.saturating_sub(before) as f32 / 1024.0
        ));
    }
    lost(study);
}

/// The SVM against the chosen negatives, and against all.
fn lost(study: &mut Study) {
    if study.shades.len() < COMPARED {
        return;
    }
    study.say(&format!(
        "\n{COMPARED} shades, {PHOTOS} photos each, swatches and heads: trained against the negatives that Strand samples, and against all {}.\n",
        (COMPARED - 1) * PHOTOS
    ));
    study.say(
        "| light | sampled: top-1 | top-3 | all: top-1 | top-3 | questions |\n|---|---:|---:|---:|---:|---:|",
    );
    let members: Vec<usize> = (0..COMPARED).collect();
    let class = Class {
        members: &members,
        photos: PHOTOS,
        groups: 1,
        questions: usize::MAX,
        strangers: &[],
    };
    for light in Light::ALL {
        let answers = |scheme: &dyn Scheme| study.ask(scheme, class, Kind::Drawn, light);
        let cells = |answers: &[Answer]| {
            let (first, three) = (share(answers, |a| a.first), share(answers, |a| a.among_three));
            format!("{first:.3} | {three:.3}")
        };
        let (sampled, all) = (answers(&Strand), answers(&StrandAgainstAll));
        let row = format!(
            "| {} | {} | {} | {} |",
            light.name(),
            cells(&sampled),
            cells(&all),
            all.len()
        );
        study.say(&row);
    }
}

/// A library of made-up shades. One fit serves for all: what it costs to match does not depend on the numbers.
fn shelf(centers: &[Vec<f32>], random: &mut Random) -> Shelf {
    let fitted = fit(&[&centers[0]], &[&centers[1]]).expect("the SVM converges");
    let candidates = centers.iter().enumerate().map(|(number, center)| {
        let references = (0..PHOTOS as u64).map(|image_id| Reference {
            image_id,
            colors: (0..3).map(|_| color(random)).collect(),
        });
        let mut model = fitted.clone().into_model(SPACE, references.collect());
        model.weights.clone_from(center);
        model.prototype.clone_from(center);
        Candidate {
            color_id: number as u64,
            name: number.to_string(),
            swatch: None,
            model: Some(model),
        }
    });
    Shelf::new(SPACE, candidates.collect())
}

fn unit(random: &mut Random) -> Vec<f32> {
    normalized((0..DESCRIPTOR_DIMENSION).map(|_| random.normal()).collect())
}

/// Another photo of a shade.
fn near(center: &[f32], random: &mut Random) -> Vec<f32> {
    normalized(center.iter().map(|x| x + 0.05 * random.normal()).collect())
}

fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for x in &mut vector {
        *x /= length;
    }
    vector
}

fn color(random: &mut Random) -> DominantColor {
    DominantColor {
        lab: Lab {
            l: random.between(10.0, 90.0),
            a: random.between(-5.0, 25.0),
            b: random.between(-5.0, 40.0),
        },
        share: 1.0 / 3.0,
    }
}

/// Resident memory in KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn thousands(count: usize) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}
