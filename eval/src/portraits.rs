//! The portraits of `../shared`, whose hair is recolored: real variety of heads, grounds and light.

use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use serde_json::Value;
use strand::photo;
use strand_tests::render::Random;

use crate::cache::{Cache, PackedMask};
use crate::parallel;
use crate::shades::shuffle;
use crate::vision::{Eyes, WORKING_SIDE};

/// Portraits in each pool; no two photos of a shade come from the same pool.
const POOL: usize = 20;
/// So many times the portraits that are needed are looked at: not all show enough hair.
const LOOKED_AT: usize = 3;
/// The least width in pixels: the others are cut from smaller figures.
const LEAST_WIDTH: u64 = 319;
/// What a head of hair covers of a portrait, and how sure the parser must be of it. Less is a hat or short hair.
const COVERAGE: (f32, f32) = (0.10, 0.60);
const CONFIDENCE: f32 = 0.85;

/// A portrait with the mask of its hair.
pub struct Portrait {
    /// Its pixels.
    pub picture: RgbImage,
    /// 0 to 255 for each pixel.
    pub mask: Vec<u8>,
}

/// A portrait whose hair color somebody has named.
pub struct Labelled {
    /// Its file.
    pub path: PathBuf,
    /// A coarse color such as `brown`.
    pub color: String,
}

/// The portraits, in pools.
pub struct Portraits(Vec<Vec<Portrait>>);

impl Portraits {
    /// Chooses portraits for `pools` pools from `folder`; `None` where it has no index.
    ///
    /// # Panics
    /// Where the index names files that are not there, or shows too few heads of hair.
    pub fn load(folder: &Path, pools: usize, cache: &Cache, eyes: &Eyes, threads: usize) -> Option<Self> {
        let mut names: Vec<String> = index(folder)?
            .iter()
            .filter(|row| {
                row["hair_color"].as_str() != Some("bald") && row["width"].as_u64() >= Some(LEAST_WIDTH)
            })
            .filter_map(|row| Some(row["file"].as_str()?.to_owned()))
            .collect();
        shuffle(&mut names, &mut Random::new(5));
        names.truncate(pools * POOL * LOOKED_AT);
        let looked_at = parallel::map_with(
            names.len(),
            threads,
            || eyes.open(),
            |parser, i| {
                let bytes = fs::read(folder.join(&names[i])).expect("the index names files that are there");
                let photo = photo::decode(&bytes, WORKING_SIDE).expect("portraits are photos");
                let key = format!("portrait {} {}", names[i], eyes.parser_id());
                let packed = cache.get(&key).unwrap_or_else(|| {
                    let packed = PackedMask::of(&parser.parse(&photo));
                    cache.put(&key, &packed);
                    packed
                });
                let mask = packed.unpack();
                let fits = (COVERAGE.0..COVERAGE.1).contains(&mask.coverage(128))
                    && mask.confidence(128) >= CONFIDENCE;
                let picture = RgbImage::from_raw(photo.width(), photo.height(), photo.into_rgb());
                fits.then(|| Portrait {
                    picture: picture.expect("three bytes a pixel"),
                    mask: mask.probability,
                })
            },
        );
        let mut chosen = looked_at.into_iter().flatten();
        let pools: Vec<Vec<Portrait>> = (0..pools).map(|_| chosen.by_ref().take(POOL).collect()).collect();
        assert!(
            pools.iter().all(|pool| pool.len() == POOL),
            "too few of the portraits show a head of hair"
        );
        Some(Self(pools))
    }

    /// A portrait of one pool.
    pub fn pick(&self, pool: usize, random: &mut Random) -> &Portrait {
        let pool = &self.0[pool % self.0.len()];
        &pool[random.below(pool.len())]
    }
}

/// The labelled portraits that have hair.
pub fn labelled(folder: &Path) -> Option<Vec<Labelled>> {
    let rows = index(folder)?;
    let labelled = rows.iter().filter_map(|row| {
        let color = row["hair_color"].as_str().filter(|color| *color != "bald")?;
        Some(Labelled {
            path: folder.join(row["file"].as_str()?),
            color: color.to_owned(),
        })
    });
    Some(labelled.collect())
}

fn index(folder: &Path) -> Option<Vec<Value>> {
    let text = fs::read_to_string(folder.join("index.json")).ok()?;
    Some(serde_json::from_str(&text).expect("the index is JSON"))
}
