//! What the shade embedding is trained from: photos of shades that the benchmark never shows, with portraits that it
//! never uses, in light that was undone. Training puts a light of its own on every one (`models/shade-embedding`).

use std::path::Path;

use crate::PHOTOS;
use crate::cache::Cache;
use crate::dump;
use crate::gather::{Wanted, gather};
use crate::portraits::Portraits;
use crate::sample::Darkroom;
use crate::scene::{Kind, Light};
use crate::shades;
use crate::vision::Eyes;

/// The benchmark's shades come first.
const BENCHMARK: usize = 1000;
const SHADES: usize = 300;
/// Photos of each shade, and pools of portraits.
const EACH: usize = 5;
const SIDE: u32 = 448;

/// Writes hair pixels and surroundings of each photo as .npy files into `folder`.
pub fn run(
    folder: &Path,
    portraits: &Path,
    cache: &Cache,
    eyes: &Eyes,
    threads: usize,
) -> Result<(), String> {
    let portraits = Portraits::load(portraits, PHOTOS, EACH, cache, eyes, threads);
    let darkroom = Darkroom {
        cache,
        eyes,
        portraits: portraits.as_ref(),
    };
    let mut kinds = vec![Kind::Drawn];
    kinds.extend(portraits.is_some().then_some(Kind::Portrait));
    let shades = shades::shades(BENCHMARK + SHADES);
    let wanted = |_: Kind, shade: usize| Wanted {
        photos: if shade < BENCHMARK { 0 } else { EACH },
        side: SIDE,
        lights: &[Light::Everyday],
        oracle: true,
    };
    let mut rows = Vec::new();
    gather(&shades, &kinds, wanted, &darkroom, threads, Some(&mut rows));
    dump::write(folder, &rows, &shades).map_err(|error| error.to_string())
}
