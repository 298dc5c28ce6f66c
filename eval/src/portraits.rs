//! The portraits in `../shared`, whose hair is recolored. They bring a variety of heads, backgrounds and light.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use image::RgbImage;
use rayon::prelude::*;
use serde_json::Value;
use strand::mask::HairMask;
use strand::photo::{self, Photo};
use strand_tests::render::{Random, Shade};

use crate::cache::{Cache, PackedMask};
use crate::networks::{Networks, WORKING_SIDE};
use crate::recolor::recolored;
use crate::setting::Kind;
use crate::source::digest_of;

/// The files that the benchmark recolors. The embedding and the parser's training on dyed hair exclude them; the parser's
/// earlier training stages saw 90% of them undyed. They were selected once from 1,200 portraits of at least 319 pixels:
/// those whose hair the parser of that time found best again after dyeing.
const BENCHMARK: &str = include_str!("../portraits.txt");
/// The share of a portrait that hair covers. Less means a hat or short hair, more means a wrong mask.
const COVERAGE: (f32, f32) = (0.10, 0.55);
/// The least share of the hair that must be one connected patch, and the least share of possible hair pixels that must be
/// certain.
const TOGETHER: f32 = 0.93;
const SURE: f32 = 0.65;
/// The middle of the hair must lie above this share of the picture's height. Lower down it is a beard.
const MIDDLE: f32 = 0.55;
/// The shades that test a portrait: dyed light or dark, the same hair should be found again. Where old hair remains next to
/// the new, a photo would not show the shade that it is labeled with, so portraits with little overlap (intersection over
/// union) are excluded.
const PROBES: [&str; 2] = ["22", "2"];

/// A portrait and the mask of its hair.
pub struct Portrait {
    /// The portrait.
    pub picture: RgbImage,
    /// The probability of hair, 0 to 255, of each pixel.
    pub mask: Vec<u8>,
}

/// A folder of portraits, and the means to find their hair.
#[derive(Clone, Copy)]
pub struct PortraitFolder<'a> {
    /// The folder, which has an `index.json`.
    pub path: &'a Path,
    /// Masks from earlier runs.
    pub cache: &'a Cache,
    /// The networks.
    pub networks: &'a Networks,
}

/// Portraits in pools.
pub struct Portraits(Vec<Vec<Portrait>>);

impl Portraits {
    /// The benchmark's portraits in `pools` pools; `None` when the folder has no index. No two photos of a shade come from
    /// the same pool.
    ///
    /// # Panics
    /// When the folder lacks one of the benchmark's files.
    pub fn load(folder: &PortraitFolder, pools: usize) -> Option<Self> {
        index(folder.path)?;
        let names: Vec<String> = BENCHMARK.lines().map(str::to_owned).collect();
        let screened = folder.screened(&names).into_iter();
        Some(Self::pooled(screened.map(|screened| screened.portrait), pools))
    }

    /// The portraits that the benchmark does not use, in `pools` pools: of those whose dyed hair overlaps by at least
    /// `least`, the ones whose index satisfies `keep`. Also returns the file names of all portraits that the benchmark does
    /// not use, whatever they show.
    ///
    /// # Panics
    /// When the index names a missing file.
    pub fn others(
        folder: &PortraitFolder,
        pools: usize,
        least: f32,
        keep: impl Fn(usize) -> bool,
    ) -> Option<(Self, Vec<String>)> {
        let rows = index(folder.path)?;
        let hairy = rows
            .iter()
            .filter(|row| row["hair_color"].as_str() != Some("bald"));
        let names = hairy.filter_map(|row| Some(row["file"].as_str()?.to_owned()));
        let taken: HashSet<&str> = BENCHMARK.lines().collect();
        let names: Vec<String> = names.filter(|name| !taken.contains(name.as_str())).collect();
        let screened = folder.screened(&names).into_iter();
        let good = screened.filter(|screened| screened.overlap.is_some_and(|overlap| overlap >= least));
        let kept = good.enumerate().filter(|(i, _)| keep(*i));
        let portraits = Self::pooled(kept.map(|(_, screened)| screened.portrait), pools);
        Some((portraits, names))
    }

    fn pooled(portraits: impl Iterator<Item = Portrait>, count: usize) -> Self {
        let mut pools: Vec<Vec<Portrait>> = (0..count).map(|_| Vec::new()).collect();
        for (i, portrait) in portraits.enumerate() {
            pools[i % count].push(portrait);
        }
        eprintln!("{} portraits.", pools.iter().map(Vec::len).sum::<usize>());
        Self(pools)
    }

    /// A random portrait from one pool.
    pub fn pick(&self, pool: usize, random: &mut Random) -> &Portrait {
        let pool = &self.0[pool % self.0.len()];
        &pool[random.below(pool.len())]
    }
}

/// A portrait after the test of its mask.
struct Screened {
    /// How well its hair is found again in another color; `None` when it shows no head of hair.
    overlap: Option<f32>,
    portrait: Portrait,
}

impl PortraitFolder<'_> {
    fn screened(&self, names: &[String]) -> Vec<Screened> {
        let source = digest_of(Kind::Portrait);
        let screen = |name: &String| {
            let bytes = fs::read(self.path.join(name)).expect("the index names existing files");
            let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
            let key = format!("{source} portrait {name} {}", self.networks.parser_id());
            let (overlap, mask): (Option<f32>, PackedMask) = self.cache.get(&key).unwrap_or_else(|| {
                let mask = self.networks.parse(&photo);
                let known = (found_again(&photo, &mask, self.networks), PackedMask::of(&mask));
                self.cache.put(&key, &known);
                known
            });
            let portrait = Portrait {
                mask: mask.unpack().probability,
                picture: picture(&photo),
            };
            Screened { overlap, portrait }
        };
        names.par_iter().map(screen).collect()
    }
}

/// The intersection over union of the hair before and after dyeing; `None` when the photo shows no head of hair.
fn found_again(photo: &Photo, mask: &HairMask, networks: &Networks) -> Option<f32> {
    let count = |least: u8| mask.probability.iter().filter(|p| **p >= least).count() as f32;
    let hair = count(128);
    let rows = mask.probability.chunks_exact(mask.width as usize).enumerate();
    let heights = rows.map(|(y, row)| y * row.iter().filter(|p| **p >= 128).count());
    let middle = heights.sum::<usize>() as f32 / hair.max(1.0) / mask.height as f32;
    let shows_hair = (COVERAGE.0..COVERAGE.1).contains(&mask.coverage(128))
        && middle < MIDDLE
        && count(230) >= SURE * count(40)
        && largest_patch(mask) as f32 >= TOGETHER * hair;
    let overlaps = PROBES.map(|code| {
        if !shows_hair {
            return 0.0;
        }
        let shade = Shade::of_palette(code);
        let dyed = recolored(&picture(photo), &mask.probability, &shade, &mut Random::new(1));
        let found = networks.parse(&Photo::new(dyed.width(), dyed.height(), dyed.into_raw()));
        overlap(mask, &found)
    });
    shows_hair.then_some(overlaps[0].min(overlaps[1]))
}

fn picture(photo: &Photo) -> RgbImage {
    RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec()).expect("three bytes a pixel")
}

fn overlap(one: &HairMask, other: &HairMask) -> f32 {
    let pairs = || {
        one.probability
            .iter()
            .zip(&other.probability)
            .map(|(x, y)| (*x >= 128, *y >= 128))
    };
    let both = pairs().filter(|(x, y)| *x && *y).count();
    both as f32 / pairs().filter(|(x, y)| *x || *y).count().max(1) as f32
}

/// The number of pixels in the largest connected patch of hair.
fn largest_patch(mask: &HairMask) -> usize {
    let width = mask.width as usize;
    let mut left: Vec<bool> = mask.probability.iter().map(|p| *p >= 128).collect();
    let mut largest = 0;
    for start in 0..left.len() {
        let (mut open, mut size) = (vec![start], 0);
        while let Some(pixel) = open.pop() {
            if !std::mem::take(&mut left[pixel]) {
                continue;
            }
            size += 1;
            let column = pixel % width;
            let sides = [
                (column > 0).then(|| pixel - 1),
                (column + 1 < width).then_some(pixel + 1),
                pixel.checked_sub(width),
                (pixel + width < left.len()).then_some(pixel + width),
            ];
            open.extend(sides.into_iter().flatten().filter(|side| left[*side]));
        }
        largest = largest.max(size);
    }
    largest
}

/// File names and coarse colors, such as `brown`, of the labeled portraits that have hair.
pub fn labeled(folder: &Path) -> Option<Vec<(String, String)>> {
    let rows = index(folder)?;
    let labeled = rows.iter().filter_map(|row| {
        let color = row["hair_color"].as_str().filter(|color| *color != "bald")?;
        Some((row["file"].as_str()?.to_owned(), color.to_owned()))
    });
    Some(labeled.collect())
}

fn index(folder: &Path) -> Option<Vec<Value>> {
    let text = fs::read_to_string(folder.join("index.json")).ok()?;
    Some(serde_json::from_str(&text).expect("the index is JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: [&str; 3]) -> HairMask {
        let bytes = rows
            .concat()
            .bytes()
            .map(|c| if c == b'#' { 255 } else { 0 })
            .collect();
        HairMask::new(5, 3, bytes)
    }

    #[test]
    fn patches_connect_by_their_sides() {
        assert_eq!(largest_patch(&mask(["##..#", ".#.##", "....."])), 3);
        assert_eq!(largest_patch(&mask(["#.#.#", ".#.#.", "#####"])), 7);
        assert_eq!(largest_patch(&mask([".....", ".....", "....."])), 0);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        let (one, other) = (
            mask(["###..", ".....", "....."]),
            mask(["..###", ".....", "....."]),
        );
        assert!((overlap(&one, &other) - 0.2).abs() < 1e-6 && (overlap(&one, &one) - 1.0).abs() < 1e-6);
    }
}
