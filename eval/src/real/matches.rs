//! Which shade comes first for a photograph that the library does not have.

use rayon::prelude::*;

use super::{Photograph, Photographs, SCHEMES};
use crate::metrics::{Answer, calibration_error, interval, share};
use crate::networks::Networks;
use crate::scheme::{Scheme, Strand};

/// Prints the table.
pub fn report(photographs: &Photographs, networks: &Networks) {
    let Photographs { all, shades } = photographs;
    let bald = all.iter().filter(|photo| photo.sample.is_none()).count();
    let photos_of = |shade: usize| all.iter().filter(|photo| photo.shade == shade).count();
    let alone = (0..*shades).filter(|shade| photos_of(*shade) == 1).count();
    println!(
        "### {} real photographs of {shades} shades, each left out in turn\n",
        all.len()
    );
    println!(
        "Parser {}. No hair was found in {bald} photographs; {alone} shades have only one. Both count as answered wrongly.\n",
        networks.parser_id()
    );
    println!("| | top-1 (95% interval) | top-3 | calibration error |\n|---|---|---:|---:|");
    let without_svm: (&str, &dyn Scheme) = ("Strand without its SVM", &Strand::WithoutSvm);
    for (name, scheme) in SCHEMES.iter().chain([&without_svm]) {
        let answers = answers(photographs, *scheme);
        let top = interval(&answers, |answers| share(answers, |answer| answer.first));
        println!(
            "| {name} | {:.3} ({:.3} to {:.3}) | {:.3} | {:.3} |",
            top.value,
            top.low,
            top.high,
            share(&answers, |answer| answer.among_three),
            calibration_error(&answers)
        );
    }
}

/// The answer to each photograph, of a library trained on all the others.
pub fn answers(photographs: &Photographs, scheme: &dyn Scheme) -> Vec<Answer> {
    let answer = |left_out: usize| {
        let Photograph { sample, shade, .. } = &photographs.all[left_out];
        let ranked = sample.as_ref().map(|sample| {
            let training = photographs.training(|i| i != left_out);
            scheme.train(&training).rank(sample)
        });
        let ranked = ranked.unwrap_or_default();
        let first = ranked.best.first();
        Answer {
            shade: *shade,
            first: first.is_some_and(|first| first.shade == *shade),
            among_three: ranked.best.iter().any(|scored| scored.shade == *shade),
            // The true color of the hair is unknown.
            difference: f32::NAN,
            score: first.map_or(0.0, |first| first.score),
            in_library: ranked.in_library,
        }
    };
    (0..photographs.all.len()).into_par_iter().map(answer).collect()
}
