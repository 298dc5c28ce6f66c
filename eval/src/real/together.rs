//! Several photographs of one shade at a time: is the answer for all of them right more often than that for one?

use rayon::prelude::*;
use strand::learning::Query;

use super::{Photographs, share};
use crate::metrics::{Answer, calibration_error};
use crate::sample::Sample;
use crate::scheme::{Strand, query};

/// The most photographs in one question.
const MOST: usize = 3;

/// Prints the table.
pub fn report(photographs: &Photographs) {
    println!("\n### Several photographs of one shade together\n");
    println!("| photographs | questions | top-1 | top-3 | calibration error |\n|---|---:|---:|---:|---:|");
    for count in 1..=MOST {
        let answers = answers(photographs, count);
        let right = |holds: fn(&Answer) -> bool| {
            share(
                answers.iter().filter(|answer| holds(answer)).count(),
                answers.len(),
            )
        };
        println!(
            "| {count} | {} | {:.3} | {:.3} | {:.3} |",
            answers.len(),
            right(|answer| answer.first),
            right(|answer| answer.among_three),
            calibration_error(&answers)
        );
    }
}

/// The answer to every run of `count` photographs of a shade that has more, by a library without them.
fn answers(photographs: &Photographs, count: usize) -> Vec<Answer> {
    let mut questions: Vec<(usize, Vec<usize>)> = Vec::new();
    for shade in 0..photographs.shades {
        let own = photographs.all.iter().enumerate();
        let own = own.filter(|(_, photo)| photo.shade == shade && photo.sample.is_some());
        let own: Vec<usize> = own.map(|(i, _)| i).collect();
        if own.len() > count {
            let run = |start: usize| (0..count).map(|k| own[(start + k) % own.len()]).collect();
            questions.extend((0..own.len()).map(|start| (shade, run(start))));
        }
    }
    let answer = |(shade, asked): &(usize, Vec<usize>)| {
        let library = Strand::Current.library(&photographs.training(|i| !asked.contains(&i)));
        let samples = asked.iter().filter_map(|i| photographs.all[*i].sample.as_ref());
        let samples: Vec<&Sample> = samples.collect();
        let queries = samples
            .iter()
            .map(|sample| query(&sample.signature, &sample.features));
        let (matches, none) = library.rank_together(&queries.collect::<Vec<Query>>(), MOST);
        let is_own = |found: &strand::learning::JointMatch| found.shade_id == *shade as u64;
        Answer {
            shade: *shade,
            first: matches.first().is_some_and(is_own),
            among_three: matches.iter().any(is_own),
            difference: f32::NAN,
            score: matches.first().map_or(0.0, |first| first.score),
            in_library: 1.0 - none,
        }
    };
    questions.par_iter().map(answer).collect()
}
