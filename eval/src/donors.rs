//! What the shade embedding is trained from: photos of shades that the benchmark never shows, with portraits that it
//! never uses, as they are taken and in undone light. Training puts lights of its own on the undone ones
//! (`models/shade-embedding`).

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use strand::photo;
use strand::signature::DESCRIPTOR_DIMENSION;

use crate::dump::{self, Row};
use crate::gather::{Wanted, gather};
use crate::parallel;
use crate::portraits::{Archive, Portraits};
use crate::sample::Darkroom;
use crate::scene::{Kind, Light};
use crate::shades;
use crate::vision::WORKING_SIDE;

/// The benchmark's shades come first.
const BENCHMARK: usize = 1000;
/// Photos of each shade, and pools of portraits.
const EACH: usize = 5;
/// What the dyed hair of a portrait must overlap by: see `portraits.rs`.
const OVERLAP: f32 = 0.4;
/// One portrait in so many is never trained from: what the network says of them is calibrated with.
const KEPT_APART: usize = 5;
/// Long side of the drawn scenes, alternating: the benchmark's two, and one between.
const SIDES: [u32; 3] = [512, 288, 400];

/// Rows of portraits as they are, shade -1: whatever their hair is, skin and ground tell of a light.
fn grounds(files: &[PathBuf], archive: &Archive) -> Vec<Row> {
    parallel::map_with(
        files.len(),
        archive.threads,
        || archive.eyes.open(),
        |networks, i| {
            let bytes = fs::read(&files[i]).expect("the index names files that are there");
            let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
            let mask = networks.parse(&photo);
            let descriptor = vec![0.0; DESCRIPTOR_DIMENSION];
            let ids = [-1, i as i32, Light::Everyday as i32, Kind::Portrait as i32, 1];
            Row::of(ids, &photo, &mask, &descriptor)
        },
    )
}

/// Writes hair pixels and surroundings of each photo of the donor shades `stretch` as .npy files into `folder`; for
/// `calibration` with the portraits that are kept apart.
pub fn run(folder: &Path, stretch: Range<usize>, calibration: bool, archive: &Archive) -> Result<(), String> {
    let keep = |portrait: usize| portrait.is_multiple_of(KEPT_APART) == calibration;
    let found = Portraits::others(archive, EACH, OVERLAP, keep);
    let (portraits, others) = found.map_or((None, Vec::new()), |(portraits, names)| {
        let files = names.into_iter().map(|name| archive.folder.join(name));
        (Some(portraits), files.collect())
    });
    let darkroom = Darkroom {
        cache: archive.cache,
        eyes: archive.eyes,
        portraits: portraits.as_ref(),
    };
    let mut kinds = vec![Kind::Drawn];
    kinds.extend(portraits.is_some().then_some(Kind::Portrait));
    let shades = shades::shades(BENCHMARK + stretch.end);
    let wanted = |_: Kind, shade: usize| Wanted {
        photos: if shade < BENCHMARK + stretch.start {
            0
        } else {
            EACH
        },
        side: SIDES[shade % SIDES.len()],
        lights: &Light::ALL,
        oracle: true,
    };
    // Once is enough where several stretches are made.
    let mut rows = match stretch.start {
        0 => grounds(&others, archive),
        _ => Vec::new(),
    };
    gather(
        &shades,
        &kinds,
        wanted,
        &darkroom,
        archive.threads,
        Some(&mut rows),
    );
    dump::write(folder, &rows, &shades).map_err(|error| error.to_string())
}
