//! Photographs of a shade that the library lacks: is that told, and how sure is the first match?

use rayon::prelude::*;
use strand::color::{Lab, ciede2000};

use super::matches::answers;
use super::{Photographs, SCHEMES, share};
use crate::metrics::auroc;
use crate::scheme::Scheme;

/// A shade is far from a library if the mean color of its photos differs by at least this, CIEDE2000, from that of every
/// other shade's.
const FAR: f32 = 6.0;
/// A first score above this is a sure one.
const SURE: f32 = 0.9;

/// What a library without the shade of a photograph answers.
struct Unknown {
    shade: usize,
    in_library: f32,
    first_score: f32,
}

/// Prints the table.
pub fn report(photographs: &Photographs) {
    let is_far: Vec<bool> = far(photographs);
    let count = is_far.iter().filter(|far| **far).count();
    println!("\n### Photographs whose shade is missing from the library\n");
    println!(
        "{count} of {} shades are far from all others: their mean color differs by at least {FAR} CIEDE2000.\n",
        photographs.shades
    );
    println!(
        "| | AUROC, far | AUROC, near | doubt above 0.5 | first score above {SURE} |\n|---|---:|---:|---:|---:|"
    );
    for (name, scheme) in SCHEMES {
        let known: Vec<f32> = answers(photographs, scheme)
            .iter()
            .filter(|answer| answer.score > 0.0)
            .map(|answer| answer.in_library)
            .collect();
        let unknown = unknown(photographs, scheme);
        let area = |far: bool| {
            let of_kind = unknown.iter().filter(|answer| is_far[answer.shade] == far);
            let of_kind: Vec<f32> = of_kind.map(|answer| answer.in_library).collect();
            auroc(&known, &of_kind)
        };
        let count = |holds: &dyn Fn(&Unknown) -> bool| {
            share(
                unknown.iter().filter(|answer| holds(answer)).count(),
                unknown.len(),
            )
        };
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.3} |",
            area(true),
            area(false),
            count(&|answer| answer.in_library < 0.5),
            count(&|answer| answer.first_score > SURE),
        );
    }
}

/// The answers to the photographs of each shade by a library of all other shades.
fn unknown(photographs: &Photographs, scheme: &dyn Scheme) -> Vec<Unknown> {
    let of_shade = |shade: usize| {
        let training = photographs.training(|i| photographs.all[i].shade != shade);
        let library = scheme.train(&training);
        let own = photographs.all.iter().filter(|photo| photo.shade == shade);
        let answers = own.filter_map(|photo| photo.sample.as_ref()).map(|sample| {
            let ranked = library.rank(sample);
            Unknown {
                shade,
                in_library: ranked.in_library,
                first_score: ranked.best.first().map_or(0.0, |first| first.score),
            }
        });
        answers.collect::<Vec<_>>()
    };
    (0..photographs.shades)
        .into_par_iter()
        .flat_map_iter(of_shade)
        .collect()
}

/// Whether each shade is far from all others.
fn far(photographs: &Photographs) -> Vec<bool> {
    let mut means = vec![None; photographs.shades];
    for (shade, photos) in photographs.training(|_| true) {
        let part = |of: fn(&Lab) -> f32| {
            photos.iter().map(|photo| of(&photo.mean)).sum::<f32>() / photos.len() as f32
        };
        means[shade] = Some(Lab {
            l: part(|lab| lab.l),
            a: part(|lab| lab.a),
            b: part(|lab| lab.b),
        });
    }
    let is_far = |(own, mean): (usize, &Option<Lab>)| {
        let Some(mean) = mean else { return false };
        let mut others = means
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != own)
            .filter_map(|(_, other)| *other);
        others.all(|other| ciede2000(*mean, other) >= FAR)
    };
    means.iter().enumerate().map(is_far).collect()
}
