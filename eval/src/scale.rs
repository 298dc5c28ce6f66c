//! The cost of large libraries: time, memory, and the accuracy lost by training against a sample of the other photos.

use std::fs;
use std::time::{Duration, Instant};

use strand::color::Lab;
use strand::learning::{Fit, HardNegatives, LibrarySnapshot, Reference, SnapshotShade};
use strand::signature::{DESCRIPTOR_DIMENSION, DominantColor, Signature};
use strand::training::LinearSvm;
use strand_tests::render::Random;

use crate::metrics::{Answer, share};
use crate::protocol::Split;
use crate::scheme::query;
use crate::scheme::{Scheme, Strand};
use crate::setting::{Kind, Light};
use crate::study::{PHOTOS, Study};

const SHADES: usize = 10_000;
/// The feature space of the synthetic vectors.
const SPACE: &str = "scale";
const TESTS: usize = 101;
/// Shades of the library whose accuracy is compared.
pub const COMPARED: usize = 200;

/// Adds both tables to the study: synthetic vectors for time and memory, photos for accuracy.
pub fn run(study: &mut Study) {
    study.say(&format!(
        "\n### {} shades\n\n| | measured | target |\n|---|---:|---:|",
        thousands(SHADES)
    ));
    let mut random = Random::new(9);
    let centers: Vec<Vec<f32>> = (0..SHADES).map(|_| unit(&mut random)).collect();
    let library = library(&centers, &mut random);
    let mut times: Vec<Duration> = (0..TESTS)
        .map(|k| {
            let features = near(&centers[k * SHADES / TESTS], &mut random);
            let signature = Signature {
                colors: vec![color(&mut random)],
                mean: color(&mut random).lab,
                descriptor: features.clone(),
                coverage: 0.3,
                confidence: 0.9,
            };
            let start = Instant::now();
            let ranking = library.rank(query(&signature, &features), 5);
            let time = start.elapsed();
            assert!(!ranking.matches.is_empty(), "every shade takes part");
            time
        })
        .collect();
    times.sort_unstable();
    study.say(&format!(
        "| matching one photo, median of {TESTS} | {:.1} ms | 5 ms |",
        times[TESTS / 2].as_secs_f32() * 1e3
    ));
    drop(library);
    let (before, start) = (resident(), Instant::now());
    let own: Vec<Vec<f32>> = (0..PHOTOS).map(|_| near(&centers[0], &mut random)).collect();
    let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
    let mut negatives = HardNegatives::new(&own).expect("the shade has photos");
    for center in &centers[1..] {
        for _ in 0..PHOTOS {
            negatives.offer(near(center, &mut random));
        }
    }
    let fitting = Instant::now();
    LinearSvm
        .fit(&own, &negatives.chosen())
        .expect("the SVM converges");
    let (seconds, fitting) = (start.elapsed().as_secs_f32(), fitting.elapsed().as_secs_f32());
    study.say(&format!(
        "| training one shade, {PHOTOS} photos each, from stored features | {seconds:.2} s | 2 s |\n\
         | of this, fitting the SVM | {:.1} ms | |",
        1e3 * fitting
    ));
    if let (Some(before), Some(after)) = (before, resident()) {
        study.say(&format!(
            "| memory added by training | {:.1} MB | 200 MB |",
            after.saturating_sub(before) as f32 / 1024.0
        ));
    }
    sampled(study);
}

/// SVMs trained against the chosen negatives, and against all.
fn sampled(study: &mut Study) {
    if study.shades.len() < COMPARED {
        return;
    }
    study.say(&format!(
        "\n{COMPARED} shades, {PHOTOS} photos each, swatches and heads: trained against the negatives that Strand chooses, and against all {}.\n",
        (COMPARED - 1) * PHOTOS
    ));
    study.say(
        "| light | chosen: top-1 | top-3 | all: top-1 | top-3 | test photos |\n|---|---:|---:|---:|---:|---:|",
    );
    let members: Vec<usize> = (0..COMPARED).collect();
    let split = Split {
        members: &members,
        photos: PHOTOS,
        groups: 1,
        tests: usize::MAX,
        unknown: &[],
    };
    for light in Light::ALL {
        let answers = |scheme: &dyn Scheme| study.run_scheme(scheme, split, Kind::Drawn, light).known;
        let cells = |answers: &[Answer]| {
            let (first, three) = (share(answers, |a| a.first), share(answers, |a| a.among_three));
            format!("{first:.3} | {three:.3}")
        };
        let (chosen, all) = (answers(&Strand::Current), answers(&Strand::AgainstAll));
        let row = format!(
            "| {} | {} | {} | {} |",
            light.name(),
            cells(&chosen),
            cells(&all),
            all.len()
        );
        study.say(&row);
    }
}

/// A library of synthetic shades. They share one fitted model, because the time to match does not depend on the weights.
fn library(centers: &[Vec<f32>], random: &mut Random) -> LibrarySnapshot {
    let fitted = LinearSvm
        .fit(&[&centers[0]], &[&centers[1]])
        .expect("the SVM converges");
    let shades = centers.iter().enumerate().map(|(number, center)| {
        let references = (0..PHOTOS as u64).map(|photo_id| Reference {
            photo_id,
            sha256: None,
            colors: (0..3).map(|_| color(random)).collect(),
            vector: center.clone(),
        });
        let mut model = fitted.clone().into_model(SPACE, references.collect());
        model.weights.clone_from(center);
        model.prototype.clone_from(center);
        SnapshotShade {
            shade_id: number as u64,
            name: number.to_string(),
            swatch: None,
            model: Some(model),
        }
    });
    LibrarySnapshot::new("eval", SPACE, shades.collect())
}

fn unit(random: &mut Random) -> Vec<f32> {
    normalized((0..DESCRIPTOR_DIMENSION).map(|_| random.normal()).collect())
}

/// The vector of another photo of the shade at `center`.
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

/// Resident memory in KiB; `None` on systems without `/proc`.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn thousands(count: usize) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}
