//! `--part sight`: what Strand takes for hair, and for a photo, on real photographs and on changed ones.
//!
//! The photographs are read from `../shared/data`. They are for measuring only. A table whose photographs are missing is
//! skipped, and the output says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use rayon::prelude::*;
use serde::Deserialize;
use strand::color::{append_labs, ciede2000};
use strand::library::{Coloring, Light};
use strand::mask::Framed;
use strand::photo;
use strand::signature::{WhiteBalance, measure};
use strand_tests::render::encode::Jpeg;

use crate::altered::{BARS, COLLAGES, LIGHTS, RECOLORINGS, recolored};
use crate::networks::{Networks, WORKING_SIDE};
use crate::portraits::labeled;
use crate::sample::Sample;
use crate::scheme::{Library, Scheme, Strand, TrainingShade};

/// The long side, in pixels, of photographs before they are changed.
const SIDE: u32 = 1024;
/// Every n-th photograph and every n-th labeled portrait is changed, to save time.
const EVERY_WIG: usize = 2;
const EVERY_PORTRAIT: usize = 6;
/// The color difference, CIEDE2000, up to which a color counts as the same.
const SAME_COLOR: f32 = 2.0;
/// A match above this is a confident one.
const CONFIDENT: f32 = 0.5;

/// A photograph in a `photos.json`.
#[derive(Deserialize)]
struct Listed {
    file: PathBuf,
    /// The kind of thing, or the shade.
    #[serde(alias = "shade")]
    kind: String,
}

/// A measured photograph.
struct Seen {
    /// `None` where no hair was found.
    sample: Option<Sample>,
    /// How far a match can be trusted, by what is marked and by its coloring.
    trust: f32,
    coloring: Coloring,
    /// The number of heads.
    heads: usize,
}

impl Seen {
    fn of(bytes: &[u8], networks: &Networks) -> Self {
        let framed = Framed::decode(bytes, WORKING_SIDE).expect("photographs can be read");
        let picture = framed.picture();
        let (mask, heads) = networks.parse_heads(&picture);
        let mut labs = Vec::new();
        append_labs(picture.rgb(), &mut labs);
        let coloring = Coloring::of(&labs, &mask, 1);
        Self {
            sample: Sample::of(&picture, &mask),
            trust: mask.trust() * coloring.trust(),
            coloring,
            heads,
        }
    }

    /// The first match and its score.
    fn first(&self, library: &dyn Library) -> Option<(usize, f32)> {
        let ranked = library.rank(self.sample.as_ref()?);
        let first = ranked.best.first()?;
        Some((first.shade, first.score * self.trust))
    }

    fn is_confident(&self, library: &dyn Library) -> bool {
        self.first(library).is_some_and(|(_, score)| score > CONFIDENT)
    }
}

/// The photographs of wigs, measured, with the index of the shade of each.
struct Wigs {
    files: Vec<Vec<u8>>,
    seen: Vec<Seen>,
    shades: Vec<usize>,
}

impl Wigs {
    /// A library of all wigs but one.
    fn library(&self, left_out: Option<usize>) -> Box<dyn Library> {
        let mut shades: BTreeMap<usize, Vec<&Sample>> = BTreeMap::new();
        for (i, (seen, shade)) in self.seen.iter().zip(&self.shades).enumerate() {
            if let (Some(sample), true) = (&seen.sample, left_out != Some(i)) {
                shades.entry(*shade).or_default().push(sample);
            }
        }
        let training: Vec<TrainingShade> = shades.into_iter().collect();
        Strand::Current.train(&training)
    }
}

/// Measures the photographs below `data` and prints the tables.
///
/// # Errors
/// One sentence when a list or a photograph cannot be read.
pub fn run(data: &Path, networks: &Networks) -> Result<(), String> {
    println!("### Sight, parser {}\n", networks.parser_id());
    let Some(wigs) = wigs(&data.join("wigs"), networks)? else {
        println!("Skipped: the photographs of wigs are not in {}.", data.display());
        return Ok(());
    };
    let library = wigs.library(None);
    println!("| photographs | number | answered | matched above {CONFIDENT} |\n|---|---:|---:|---:|");
    hairless(&data.join("hairless"), &*library, networks)?;
    say_answers(
        "with hair: wigs",
        &wigs.seen.iter().collect::<Vec<_>>(),
        &*library,
    );
    let portraits = portraits(&data.join("portraits"))?;
    let seen: Vec<Seen> = portraits
        .par_iter()
        .map(|file| Seen::of(file, networks))
        .collect();
    say_answers(
        "with hair: labeled portraits",
        &seen.iter().collect::<Vec<_>>(),
        &*library,
    );
    println!(
        "\n| heads | photographs | number right | one color within {SAME_COLOR} |\n|---|---:|---:|---:|"
    );
    say_one_head("wigs, one each", &wigs.seen);
    say_one_head("labeled portraits, one each", &seen);
    collages("portraits", &portraits, networks);
    collages("wigs", &wigs.files, networks);
    bars(&wigs, networks);
    let sources = wigs.files.iter().step_by(EVERY_WIG);
    let sources: Vec<&Vec<u8>> = sources.chain(portraits.iter().step_by(EVERY_PORTRAIT)).collect();
    colors(&sources, &*library, networks);
    light(&sources, networks);
    Ok(())
}

fn listed(folder: &Path) -> Result<Option<Vec<Listed>>, String> {
    let index = folder.join("photos.json");
    let Ok(text) = fs::read_to_string(&index) else {
        return Ok(None);
    };
    let listed = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", index.display()))?;
    Ok(Some(listed))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn wigs(folder: &Path, networks: &Networks) -> Result<Option<Wigs>, String> {
    let Some(listed) = listed(folder)? else {
        return Ok(None);
    };
    let names: Vec<&str> = listed.iter().map(|wig| wig.kind.as_str()).collect();
    let position = |name: &&str| names.iter().position(|known| known == name).unwrap_or(0);
    let files = listed.iter().map(|wig| read(&folder.join(&wig.file)));
    let files: Vec<Vec<u8>> = files.collect::<Result<_, _>>()?;
    Ok(Some(Wigs {
        seen: files.par_iter().map(|file| Seen::of(file, networks)).collect(),
        shades: names.iter().map(position).collect(),
        files,
    }))
}

/// The labeled portraits that have hair; none without an index.
fn portraits(folder: &Path) -> Result<Vec<Vec<u8>>, String> {
    let listed = labeled(folder).unwrap_or_default();
    listed.iter().map(|(file, _)| read(&folder.join(file))).collect()
}

fn hairless(folder: &Path, library: &dyn Library, networks: &Networks) -> Result<(), String> {
    let Some(listed) = listed(folder)? else {
        println!(
            "| skipped: no photographs without hair in {} | | | |",
            folder.display()
        );
        return Ok(());
    };
    let files: Vec<Vec<u8>> = listed
        .iter()
        .map(|photo| read(&folder.join(&photo.file)))
        .collect::<Result<_, _>>()?;
    let seen: Vec<Seen> = files.par_iter().map(|file| Seen::of(file, networks)).collect();
    let mut kinds: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for (photo, seen) in listed.iter().zip(&seen) {
        kinds.entry(&photo.kind).or_default().push(seen);
    }
    for (kind, seen) in &kinds {
        say_answers(&format!("without hair: {kind}"), seen, library);
    }
    say_answers(
        "without hair: all (bars 0.05, 0.01)",
        &seen.iter().collect::<Vec<_>>(),
        library,
    );
    Ok(())
}

fn say_answers(name: &str, seen: &[&Seen], library: &dyn Library) {
    let share = |count: usize| count as f32 / seen.len().max(1) as f32;
    println!(
        "| {name} | {} | {:.3} | {:.3} |",
        seen.len(),
        share(seen.iter().filter(|seen| seen.sample.is_some()).count()),
        share(seen.iter().filter(|seen| seen.is_confident(library)).count()),
    );
}

fn picture(file: &[u8]) -> RgbImage {
    let photo = photo::decode(file, SIDE).expect("photographs can be read");
    RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec()).expect("three bytes a pixel")
}

/// Photographs of wigs with and without bars. A library of all other wigs names the shade.
fn bars(wigs: &Wigs, networks: &Networks) {
    println!(
        "\n| bars | wigs | same first match (bar: all) | colors within {SAME_COLOR} (bar 0.95) |\n|---|---:|---:|---:|"
    );
    let chosen: Vec<usize> = (0..wigs.files.len()).step_by(EVERY_WIG).collect();
    let outcomes: Vec<[(bool, bool); BARS.len()]> = chosen
        .par_iter()
        .map(|wig| {
            let (library, picture) = (wigs.library(Some(*wig)), picture(&wigs.files[*wig]));
            let see = |picture: &RgbImage| {
                Seen::of(
                    &Jpeg {
                        quality: 95,
                        ..Jpeg::default()
                    }
                    .encode(picture),
                    networks,
                )
            };
            let bare = see(&picture);
            BARS.map(|bars| {
                let framed = see(&bars.around(&picture));
                let shade = |seen: &Seen| seen.first(&*library).map(|(shade, _)| shade);
                (shade(&bare) == shade(&framed), has_same_color(&bare, &framed))
            })
        })
        .collect();
    for (kind, bars) in BARS.iter().enumerate() {
        let of_kind = || outcomes.iter().map(|outcome| outcome[kind]);
        println!(
            "| {} | {} | {} | {:.3} |",
            bars.name,
            chosen.len(),
            of_kind().filter(|(kept, _)| *kept).count(),
            of_kind().filter(|(_, same)| *same).count() as f32 / chosen.len() as f32,
        );
    }
}

fn say_one_head(name: &str, seen: &[Seen]) {
    let seen: Vec<&Seen> = seen.iter().filter(|seen| seen.sample.is_some()).collect();
    let right = seen.iter().filter(|seen| seen.heads == 1).count();
    println!(
        "| {name} | {} | {:.3} | |",
        seen.len(),
        right as f32 / seen.len().max(1) as f32
    );
}

/// Collages of photographs that follow each other: whether their heads are counted right, and whether the color of the
/// largest one is that of one of the photographs alone.
fn collages(what: &str, files: &[Vec<u8>], networks: &Networks) {
    let encode = |picture: &RgbImage| {
        Jpeg {
            quality: 90,
            ..Jpeg::default()
        }
        .encode(picture)
    };
    for collage in COLLAGES {
        let outcomes: Vec<(bool, bool)> = files
            .par_chunks_exact(collage.count())
            .filter_map(|files| {
                let alone: Vec<Seen> = files.iter().map(|file| Seen::of(file, networks)).collect();
                if alone.iter().any(|seen| seen.sample.is_none()) {
                    return None;
                }
                let pictures: Vec<RgbImage> = files.iter().map(|file| picture(file)).collect();
                let together = Seen::of(&encode(&collage.of(&pictures)), networks);
                let same = alone.iter().any(|alone| has_same_color(alone, &together));
                Some((together.heads == collage.count(), same))
            })
            .collect();
        let share = |count: usize| count as f32 / outcomes.len().max(1) as f32;
        println!(
            "| {what}, {} | {} | {:.3} | {:.3} |",
            collage.name,
            outcomes.len(),
            share(outcomes.iter().filter(|(right, _)| *right).count()),
            share(outcomes.iter().filter(|(_, same)| *same).count()),
        );
    }
}

fn has_same_color(one: &Seen, other: &Seen) -> bool {
    match (&one.sample, &other.sample) {
        (Some(one), Some(other)) => ciede2000(one.signature.mean, other.signature.mean) <= SAME_COLOR,
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Photographs that lost their colors.
fn colors(files: &[&Vec<u8>], library: &dyn Library, networks: &Networks) {
    println!(
        "\n| colors | photographs | warned (bar: 1, unchanged 0.01) | matched above {CONFIDENT} (bar: 0) |\n|---|---:|---:|---:|"
    );
    for (name, recoloring) in RECOLORINGS {
        let see = |file: &&Vec<u8>| {
            let changed = recolored(&picture(file), recoloring);
            Seen::of(
                &Jpeg {
                    quality: 90,
                    ..Jpeg::default()
                }
                .encode(&changed),
                networks,
            )
        };
        let seen: Vec<Seen> = files
            .par_iter()
            .map(see)
            .filter(|seen| seen.sample.is_some())
            .collect();
        let share = |count: usize| count as f32 / seen.len().max(1) as f32;
        println!(
            "| {name} | {} | {:.3} | {:.3} |",
            seen.len(),
            share(seen.iter().filter(|seen| seen.coloring != Coloring::Full).count()),
            share(seen.iter().filter(|seen| seen.is_confident(library)).count()),
        );
    }
}

/// How often the warnings of [`Light`] are given, when the light changes.
fn light(files: &[&Vec<u8>], networks: &Networks) {
    println!(
        "\n| light | photographs | dark | overexposed | hazy | colored |\n|---|---:|---:|---:|---:|---:|"
    );
    for (name, change) in LIGHTS {
        let warnings: Vec<Vec<&str>> = files
            .par_iter()
            .filter_map(|file| light_warnings(&change(&picture(file)), networks))
            .collect();
        let share = |word: &str| {
            let warned = warnings
                .iter()
                .filter(|all| all.iter().any(|text| text.contains(word)));
            warned.count() as f32 / warnings.len().max(1) as f32
        };
        let shares = ["dark", "overexposed", "hazy", "colored"].map(|word| format!("{:.3}", share(word)));
        println!("| {name} | {} | {} |", warnings.len(), shares.join(" | "));
    }
}

/// What is said about the light of a picture; `None` where no hair was found.
fn light_warnings(picture: &RgbImage, networks: &Networks) -> Option<Vec<&'static str>> {
    let file = Jpeg {
        quality: 92,
        ..Jpeg::default()
    }
    .encode(picture);
    let framed = Framed::decode(&file, WORKING_SIDE).expect("a JPEG");
    let picture = framed.picture();
    let mask = networks.parse(&picture);
    let (_, appearance) = measure(&picture, &mask, WhiteBalance::Auto)?;
    let mut labs = Vec::new();
    append_labs(picture.rgb(), &mut labs);
    Some(
        Light::of(&labs, 1, &picture, &mask, appearance.daylight)
            .warnings()
            .collect(),
    )
}
