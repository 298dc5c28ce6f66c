//! The portraits of `../shared`, whose hair is recolored: real variety of heads, grounds and light.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use image::RgbImage;
use serde_json::Value;
use strand::photo::{self, Photo};
use strand::vision::HairMask;
use strand_tests::render::{Random, Shade};

use crate::cache::{Cache, PackedMask};
use crate::parallel;
use crate::recolor::recolored;
use crate::scene::Kind;
use crate::source::digest_of;
use crate::vision::{Eyes, Networks, WORKING_SIDE};

/// The files that the benchmark recolors. The embedding and the parser's training on dyed hair leave them out; the parser's
/// earlier stages saw nine in ten of them as they are. They were chosen once: of 1,200 portraits of at least 319 pixels
/// those whose hair the parser of then found best again when it was dyed.
const BENCHMARK: &str = include_str!("../portraits.txt");
/// What a head of hair covers of a portrait: less is a hat or short hair, more a mistake.
const COVERAGE: (f32, f32) = (0.10, 0.55);
/// The share of the hair that must hang together, and of all that might be hair the share that must surely be.
const TOGETHER: f32 = 0.93;
const SURE: f32 = 0.65;
/// The middle of the hair lies in this upper part of the picture: below it is a beard.
const MIDDLE: f32 = 0.55;
/// Dyed light and dark, the same hair should be found again. Where old hair was left beside the new, the photo would not
/// show the shade that it is said to show, so portraits with little overlap (intersection over union) are left out.
const PROBES: [&str; 2] = ["22", "2"];

/// A portrait with the mask of its hair.
pub struct Portrait {
    /// Its pixels.
    pub picture: RgbImage,
    /// 0 to 255 for each pixel.
    pub mask: Vec<u8>,
}

/// Where portraits are, and what finds their hair.
#[derive(Clone, Copy)]
pub struct Archive<'a> {
    /// The folder, with its index.
    pub folder: &'a Path,
    /// What was found before.
    pub cache: &'a Cache,
    /// The networks.
    pub eyes: &'a Eyes,
    /// Threads to use.
    pub threads: usize,
}

/// The portraits, in pools.
pub struct Portraits(Vec<Vec<Portrait>>);

impl Portraits {
    /// The benchmark's portraits in `pools` pools; `None` where the archive has no index. No two photos of a shade come
    /// from the same pool.
    ///
    /// # Panics
    /// Where the archive lacks one of them.
    pub fn load(archive: &Archive, pools: usize) -> Option<Self> {
        index(archive.folder)?;
        let names: Vec<String> = BENCHMARK.lines().map(str::to_owned).collect();
        let heads = archive.looked_at(&names).into_iter();
        Some(Self::dealt(heads.map(|look| look.portrait), pools))
    }

    /// In `pools` pools the portraits that the benchmark does not take and whose dyed hair overlaps by `least`, of these
    /// the ones whose number is to `keep`; and the files of all that it does not take, whatever they show.
    ///
    /// # Panics
    /// Where the index names files that are not there.
    pub fn others(
        archive: &Archive,
        pools: usize,
        least: f32,
        keep: impl Fn(usize) -> bool,
    ) -> Option<(Self, Vec<String>)> {
        let rows = index(archive.folder)?;
        let hairy = rows
            .iter()
            .filter(|row| row["hair_color"].as_str() != Some("bald"));
        let names = hairy.filter_map(|row| Some(row["file"].as_str()?.to_owned()));
        let taken: HashSet<&str> = BENCHMARK.lines().collect();
        let names: Vec<String> = names.filter(|name| !taken.contains(name.as_str())).collect();
        let looks = archive.looked_at(&names).into_iter();
        let good = looks.filter(|look| look.overlap.is_some_and(|overlap| overlap >= least));
        let kept = good.enumerate().filter(|(i, _)| keep(*i));
        let portraits = Self::dealt(kept.map(|(_, look)| look.portrait), pools);
        Some((portraits, names))
    }

    fn dealt(portraits: impl Iterator<Item = Portrait>, pools: usize) -> Self {
        let mut dealt: Vec<Vec<Portrait>> = (0..pools).map(|_| Vec::new()).collect();
        for (i, portrait) in portraits.enumerate() {
            dealt[i % pools].push(portrait);
        }
        eprintln!("{} portraits.", dealt.iter().map(Vec::len).sum::<usize>());
        Self(dealt)
    }

    /// A portrait of one pool.
    pub fn pick(&self, pool: usize, random: &mut Random) -> &Portrait {
        let pool = &self.0[pool % self.0.len()];
        &pool[random.below(pool.len())]
    }
}

/// A portrait, looked at.
struct Look {
    /// How well its hair is found again in another color; `None` where it shows no head of hair.
    overlap: Option<f32>,
    portrait: Portrait,
}

impl Archive<'_> {
    fn looked_at(&self, names: &[String]) -> Vec<Look> {
        let Self {
            folder,
            cache,
            eyes,
            threads,
        } = *self;
        let source = digest_of(Kind::Portrait);
        parallel::map_with(
            names.len(),
            threads,
            || eyes.open(),
            |networks, i| {
                let bytes = fs::read(folder.join(&names[i])).expect("the index names files that are there");
                let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
                let key = format!("{source} portrait {} {}", names[i], eyes.parser_id());
                let (overlap, mask): (Option<f32>, PackedMask) = cache.get(&key).unwrap_or_else(|| {
                    let mask = networks.parse(&photo);
                    let known = (found_again(&photo, &mask, networks), PackedMask::of(&mask));
                    cache.put(&key, &known);
                    known
                });
                let portrait = Portrait {
                    mask: mask.unpack().probability,
                    picture: picture(&photo),
                };
                Look { overlap, portrait }
            },
        )
    }
}

/// How well the hair is found again in another color, where the photo shows a head of hair.
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

/// The pixels of the largest patch of hair that hangs together.
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

/// The labelled portraits that have hair: their file names and coarse colors such as `brown`.
pub fn labelled(folder: &Path) -> Option<Vec<(String, String)>> {
    let rows = index(folder)?;
    let labelled = rows.iter().filter_map(|row| {
        let color = row["hair_color"].as_str().filter(|color| *color != "bald")?;
        Some((row["file"].as_str()?.to_owned(), color.to_owned()))
    });
    Some(labelled.collect())
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
    fn patches_hang_together_by_their_sides() {
        assert_eq!(largest_patch(&mask(["##..#", ".#.##", "....."])), 3);
        assert_eq!(largest_patch(&mask(["#.#.#", ".#.#.", "#####"])), 7);
        assert_eq!(largest_patch(&mask([".....", ".....", "....."])), 0);
    }

    #[test]
    fn overlap_is_of_both_over_either() {
        let (one, other) = (
            mask(["###..", ".....", "....."]),
            mask(["..###", ".....", "....."]),
        );
        assert!((overlap(&one, &other) - 0.2).abs() < 1e-6 && (overlap(&one, &one) - 1.0).abs() < 1e-6);
    }
}
