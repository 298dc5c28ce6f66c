//! All photos of a set of shades, measured.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::dump::Row;
use crate::sample::{PhotoSource, Sample};
use crate::scene::Shot;
use crate::setting::{Kind, Light};
use crate::shades::KnownShade;

/// Progress is printed each time this many pictures are done.
const PROGRESS: usize = 200;

/// Which photos to make of one shade.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The number of pictures.
    pub photos: usize,
    /// Long side in pixels of drawn pictures.
    pub side: u32,
    /// The lights; there is one photo of each picture in each light.
    pub lights: &'static [Light],
    /// Whether to measure each photo also with its light removed.
    pub corrected: bool,
}

/// One of the versions in which a picture is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Where the picture comes from.
    pub kind: Kind,
    /// The light that the photo is taken in.
    pub light: Light,
    /// Whether that light is removed, for the reference run with known light.
    pub corrected: bool,
}

/// The measured photos of each version: by shade, then by photo; `None` where no hair was found.
pub struct Photos(HashMap<Version, Vec<Vec<Option<Sample>>>>);

impl Photos {
    /// The photos of one shade; empty when there are none.
    pub fn of(&self, version: Version, shade: usize) -> &[Option<Sample>] {
        self.0
            .get(&version)
            .and_then(|shades| shades.get(shade))
            .map_or(&[], Vec::as_slice)
    }

    /// The number of photos in which no hair was found, and of all photos.
    pub fn without_hair(&self) -> (usize, usize) {
        let all = || self.0.values().flatten().flatten();
        (all().filter(|photo| photo.is_none()).count(), all().count())
    }
}

/// A measured photo of one version, and its row of the dump.
type Measured = (Version, Option<Sample>, Option<Row>);

/// Makes and measures photos of `kinds`. `wanted` says which of each shade. `dump` receives a row for each photo with hair.
pub fn gather(
    shades: &[KnownShade],
    kinds: &[Kind],
    wanted: impl Fn(Kind, usize) -> Wanted,
    source: &PhotoSource,
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
    let (dumping, done) = (dump.is_some(), AtomicUsize::new(0));
    let measure = |(shade, wanted, shot): &(usize, Wanted, Shot)| {
        let photos = versions(*shade, wanted, shot, source, dumping);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(PROGRESS) {
            eprintln!("{done} of {} pictures", shots.len());
        }
        photos
    };
    let measured: Vec<Vec<Measured>> = shots.par_iter().map(measure).collect();
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

/// Measures one picture in all wanted versions.
fn versions(
    shade: usize,
    wanted: &Wanted,
    shot: &Shot,
    source: &PhotoSource,
    dumping: bool,
) -> Vec<Measured> {
    let mut versions = Vec::new();
    let photos = source.photos(shot, wanted.lights);
    for (light, (photo, mask)) in wanted.lights.iter().copied().zip(photos) {
        let mut add = |corrected: bool, photo: &_, mask: &_| {
            let sample = Sample::of(photo, mask);
            let row = sample.as_ref().filter(|_| dumping).map(|sample| {
                let ids = [
                    shade as i32,
                    shot.index as i32,
                    light as i32,
                    shot.kind as i32,
                    corrected.into(),
                ];
                let mut row = Row::of(ids, photo, mask, &sample.signature.descriptor);
                if !corrected {
                    row.embedding = source.embedding(&source.key(shot, light), photo, mask);
                }
                row
            });
            let version = Version {
                kind: shot.kind,
                light,
                corrected,
            };
            versions.push((version, sample, row));
        };
        add(false, &photo, &mask);
        if wanted.corrected {
            let (photo, mask) = source.corrected(shot, light, &photo);
            add(true, &photo, &mask);
        }
    }
    versions
}
