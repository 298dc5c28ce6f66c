//! All photos of a set of shades, measured.

use std::collections::HashMap;

use crate::dump::Row;
use crate::parallel;
use crate::sample::{Darkroom, Sample};
use crate::scene::{Kind, Light, Shot};
use crate::shades::Known;

/// What photos are wanted of one shade.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// How many.
    pub photos: usize,
    /// Long side of the drawn ones.
    pub side: u32,
    /// In which lights.
    pub lights: &'static [Light],
    /// Whether to measure them in undone light too.
    pub oracle: bool,
}

/// Which version of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Where the picture comes from.
    pub kind: Kind,
    /// The light it is taken in.
    pub light: Light,
    /// Whether that light is undone: what the oracle sees.
    pub undone: bool,
}

/// The measured photos of each version: by shade, then by photo; `None` where no hair was found.
pub struct Photos(HashMap<Version, Vec<Vec<Option<Sample>>>>);

impl Photos {
    /// The photos of one shade; empty where there are none.
    pub fn of(&self, version: Version, shade: usize) -> &[Option<Sample>] {
        self.0
            .get(&version)
            .and_then(|shades| shades.get(shade))
            .map_or(&[], Vec::as_slice)
    }

    /// Photos in which no hair was found, and all photos.
    pub fn without_hair(&self) -> (usize, usize) {
        let all = || self.0.values().flatten().flatten();
        (all().filter(|photo| photo.is_none()).count(), all().count())
    }
}

/// Makes and measures photos of `kinds`. `wanted` says what of each shade; `dump` takes a row of each.
pub fn gather(
    shades: &[Known],
    kinds: &[Kind],
    wanted: impl Fn(Kind, usize) -> Wanted,
    darkroom: &Darkroom,
    threads: usize,
    dump: Option<&mut Vec<Row>>,
) -> Photos {
    let shots: Vec<(usize, Wanted, Shot)> = kinds
        .iter()
        .flat_map(|kind| (0..shades.len()).map(move |shade| (*kind, shade)))
        .flat_map(|(kind, shade)| {
            let wanted = wanted(kind, shade);
            let known = &shades[shade].shade;
            (0..wanted.photos).map(move |index| {
                let shot = Shot {
                    kind,
                    shade: known,
                    index,
                    side: wanted.side,
                };
                (shade, wanted, shot)
            })
        })
        .collect();
    let dumping = dump.is_some();
    let measured = parallel::map_with(
        shots.len(),
        threads,
        || darkroom.eyes.open(),
        |networks, i| {
            let (shade, Wanted { lights, oracle, .. }, shot) = &shots[i];
            let photos = darkroom.photos(shot, lights, networks);
            let mut samples = Vec::new();
            for (light, (photo, mask)) in lights.iter().copied().zip(photos) {
                let version = |undone: bool| Version {
                    kind: shot.kind,
                    light,
                    undone,
                };
                let row = |undone: bool, photo: &_, mask: &_, sample: &Option<Sample>| {
                    let sample = sample.as_ref().filter(|_| dumping)?;
                    let ids = [
                        *shade as i32,
                        shot.index as i32,
                        light as i32,
                        shot.kind as i32,
                        undone.into(),
                    ];
                    Some(Row::of(ids, photo, mask, &sample.signature.descriptor))
                };
                let key = darkroom.key(shot, light);
                let sample = darkroom.sample(&key, &photo, &mask, networks);
                let known = row(false, &photo, &mask, &sample);
                samples.push((version(false), sample, known));
                if *oracle {
                    let (photo, mask) = darkroom.undone(shot, light, &photo, networks);
                    let sample = Sample::of(&photo, &mask);
                    let known = row(true, &photo, &mask, &sample);
                    samples.push((version(true), sample, known));
                }
            }
            if i % 200 == 199 {
                eprintln!("{} of {} pictures", i + 1, shots.len());
            }
            samples
        },
    );
    let mut photos: HashMap<Version, Vec<Vec<Option<Sample>>>> = HashMap::new();
    let mut rows = Vec::new();
    for ((shade, _, _), samples) in shots.iter().zip(measured) {
        for (version, sample, row) in samples {
            let of_version = photos.entry(version).or_default();
            of_version.resize_with(shades.len().max(of_version.len()), Vec::new);
            of_version[*shade].push(sample);
            rows.extend(row);
        }
    }
    if let Some(dump) = dump {
        dump.append(&mut rows);
    }
    Photos(photos)
}
