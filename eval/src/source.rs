//! Digests of the source code that decides what the photos look like. They are part of the cache's keys: changed code
//! makes new photos, and nobody has to remember to empty the cache.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::cache::hex;
use crate::setting::Kind;

const GENERATOR: &[&str] = &[
    include_str!("../../tests/src/render/canvas.rs"),
    include_str!("../../tests/src/render/encode.rs"),
    include_str!("../../tests/src/render/gamut.rs"),
    include_str!("../../tests/src/render/ground.rs"),
    include_str!("../../tests/src/render/guide.rs"),
    include_str!("../../tests/src/render/hair.rs"),
    include_str!("../../tests/src/render/light.rs"),
    include_str!("../../tests/src/render/mod.rs"),
    include_str!("../../tests/src/render/person.rs"),
    include_str!("../../tests/src/render/random.rs"),
    include_str!("../../tests/src/render/shade.rs"),
    include_str!("../../tests/src/render/view.rs"),
    include_str!("setting.rs"),
    include_str!("scene.rs"),
];
const PORTRAITS: &[&str] = &[
    include_str!("recolor.rs"),
    include_str!("portraits.rs"),
    include_str!("../portraits.txt"),
];

static DRAWN: LazyLock<String> = LazyLock::new(|| digest(GENERATOR));
static RECOLORED: LazyLock<String> = LazyLock::new(|| digest(&[GENERATOR, PORTRAITS].concat()));

/// The digest of the code behind photos of one kind.
pub fn digest_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Drawn => &DRAWN,
        Kind::Portrait => &RECOLORED,
    }
}

fn digest(sources: &[&str]) -> String {
    hex(&Sha256::digest(sources.concat())[..8])
}
