//! The donors: what the shade embedding is trained from. They are photos of shades that the benchmark never shows, in
//! portraits that it never uses, as taken and with the light removed. Training adds lights of its own to the latter
//! (`models/shade-embedding`).

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use strand::photo;
use strand::signature::DESCRIPTOR_DIMENSION;

use crate::dump::{self, Row};
use crate::gather::{Wanted, gather};
use crate::networks::{Networks, WORKING_SIDE};
use crate::portraits::{PortraitFolder, Portraits};
use crate::sample::PhotoSource;
use crate::setting::{Kind, Light};
use crate::shades;

/// The benchmark's shades come first and are skipped.
const BENCHMARK: usize = 1000;
/// Photos per shade, and pools of portraits.
const PHOTOS: usize = 5;
/// The least overlap of a portrait's hair before and after dyeing; see `portraits.rs`.
const OVERLAP: f32 = 0.4;
/// One portrait in this many is held out from training, to calibrate with.
const HELD_OUT: usize = 5;
/// Long sides in pixels of the drawn scenes, in turn: the benchmark's two, and one between them.
const SIDES: [u32; 3] = [512, 288, 400];

/// Rows of unchanged portraits, with shade -1. Whatever their hair is, their skin and background tell about a light.
fn grounds(files: &[PathBuf], networks: &Networks) -> Vec<Row> {
    let row = |(i, file): (usize, &PathBuf)| {
        let bytes = fs::read(file).expect("the index names existing files");
        let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
        let mask = networks.parse(&photo);
        let descriptor = vec![0.0; DESCRIPTOR_DIMENSION];
        let ids = [-1, i as i32, Light::Everyday as i32, Kind::Portrait as i32, 1];
        Row::of(ids, &photo, &mask, &descriptor)
    };
    files.par_iter().enumerate().map(row).collect()
}

/// Writes the donor shades `stretch` as .npy files into `to`; with `calibration`, in the held-out portraits.
///
/// # Errors
/// One sentence when a file cannot be written.
pub fn run(
    to: &Path,
    stretch: Range<usize>,
    calibration: bool,
    folder: &PortraitFolder,
) -> Result<(), String> {
    let keep = |portrait: usize| portrait.is_multiple_of(HELD_OUT) == calibration;
    let found = Portraits::others(folder, PHOTOS, OVERLAP, keep);
    let (portraits, others) = found.map_or((None, Vec::new()), |(portraits, names)| {
        let files = names.into_iter().map(|name| folder.path.join(name));
        (Some(portraits), files.collect())
    });
    let source = PhotoSource {
        cache: folder.cache,
        networks: folder.networks,
        portraits: portraits.as_ref(),
    };
    let mut kinds = vec![Kind::Drawn];
    kinds.extend(portraits.is_some().then_some(Kind::Portrait));
    let shades = shades::shades(BENCHMARK + stretch.end);
    let wanted = |_: Kind, shade: usize| Wanted {
        photos: if shade < BENCHMARK + stretch.start {
            0
        } else {
            PHOTOS
        },
        side: SIDES[shade % SIDES.len()],
        lights: &Light::ALL,
        corrected: true,
    };
    // Several stretches need them only once.
    let mut rows = match stretch.start {
        0 => grounds(&others, folder.networks),
        _ => Vec::new(),
    };
    gather(&shades, &kinds, wanted, &source, Some(&mut rows));
    dump::write(to, &rows, &shades, folder.networks).map_err(|error| error.to_string())
}
