//! What the tests of this module share, and the tests that span it.
//!
//! ONNX Runtime is expected in `models/onnxruntime/`, where `make test` fetches it first; without it these tests fail
//! with the error that a user would see. The networks in `testdata/` are made by `testdata/make.py`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::runtime::Graph;
use super::{Fetched, HairMask, HairParser, Vision, VisionConfig, fetch};
use crate::photo::{Photo, decode};

/// The repository's root.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A photo whose pixel at x, y is `pixel(x, y)`.
pub(super) fn photo(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Photo {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
    Photo::new(width, height, rgb)
}

/// The picture that `testdata/make.py` draws by the same formula.
pub(super) fn pattern(width: u32, height: u32) -> Photo {
    photo(width, height, |x, y| {
        [
            (x * 255 / (width - 1)) as u8,
            (y * 255 / (height - 1)) as u8,
            ((7 * x + 13 * y) % 256) as u8,
        ]
    })
}

/// A network of `testdata/`, on one thread.
pub(super) fn graph(bytes: &[u8]) -> Graph {
    Graph::open("test", bytes, &root().join("models"), 1).unwrap_or_else(|e| panic!("{e}"))
}

/// Makes the ONNX Runtime of `models/` that of `models_dir`.
pub(super) fn link_runtime(models_dir: &Path) {
    let library = root().join("models/onnxruntime");
    let library = library.canonicalize().unwrap_or(library);
    std::os::unix::fs::symlink(library, models_dir.join("onnxruntime")).expect("linked");
}

#[test]
fn the_fetched_parser_marks_hair_on_portraits() {
    let test = "the_fetched_parser_marks_hair_on_portraits";
    let mirror = root().join("../shared/models");
    if !is_there(test, &mirror.join("hair-parser-pan.onnx")) {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let manifest = Manifest::builtin().expect("valid");
    let model = manifest.model("hair-parser-pan").expect("known");
    let fetched = fetch(model, dir.path(), Some(&mirror), &mut |_, _| ()).expect("fetched");
    assert!(matches!(fetched, Fetched::Mirror(_)), "{fetched:?}");
    let vision = vision(dir.path(), Some("hair-parser-pan"));
    assert_eq!(vision.parser_id(), "hair-parser-pan-324a22a1");
    marks_hair_on_portraits(&vision);
}

#[test]
fn the_embedded_parser_marks_hair_on_portraits() {
    let test = "the_embedded_parser_marks_hair_on_portraits";
    if !is_there(test, &root().join("../shared/data/portraits/index.json")) {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let vision = vision(dir.path(), None);
    assert!(vision.parser_id().starts_with("hair-parser-"));
    marks_hair_on_portraits(&vision);
}

/// Whether a file of `../shared` is there; says by name whether the test runs.
fn is_there(test: &str, path: &Path) -> bool {
    let there = path.is_file();
    let (runs, not) = if there {
        ("runs", "")
    } else {
        ("DID NOT RUN", " not")
    };
    // Written past the test harness, which shows what is printed by macros only for tests that fail.
    let line = format!("{test}: {runs}, {} is{not} there\n", path.display());
    let _ = std::io::stderr().write_all(line.as_bytes());
    there
}

fn vision(models_dir: &Path, parser: Option<&str>) -> Vision {
    link_runtime(models_dir);
    let config = VisionConfig {
        parser: parser.map(Into::into),
        models_dir: models_dir.to_owned(),
        threads: 1,
        ..VisionConfig::default()
    };
    Vision::new(config).expect("valid")
}

fn marks_hair_on_portraits(vision: &Vision) {
    let parser = vision.parser().unwrap_or_else(|e| panic!("{e}"));
    let portraits = root().join("../shared/data/portraits");
    let index = std::fs::read_to_string(portraits.join("index.json")).expect("beside the portraits");
    let (mut haired, mut bald) = (Vec::new(), Vec::new());
    for row in index.split('{').skip(1) {
        let field = |name: &str| {
            row.split(&format!("\"{name}\": \""))
                .nth(1)
                .and_then(|rest| rest.split('"').next())
        };
        let (Some(file), Some(color)) = (field("file"), field("hair_color")) else {
            continue;
        };
        let group = if color == "bald" { &mut bald } else { &mut haired };
        if group.len() < 8 {
            group.push(coverage(&*parser, &portraits.join(file)));
        }
    }
    println!(
        "{}: share of hair on 8 portraits: {haired:.2?}, on bald ones: {bald:.2?}",
        vision.parser_id()
    );
    // A bald man's beard is marked too, which ../shared/README.md names as the fetched parser's weak side.
    assert!(
        haired.len() == 8 && haired.iter().all(|&share| share > 0.15),
        "{haired:?}"
    );
    assert!(
        bald.len() == 8 && bald.iter().all(|&share| share < 0.15),
        "{bald:?}"
    );
}

fn coverage(parser: &dyn HairParser, path: &Path) -> f32 {
    let photo = decode(&std::fs::read(path).expect("a portrait"), 1024).expect("a photo");
    let mask = parser.parse(&photo).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!([mask.width, mask.height], [photo.width(), photo.height()]);
    assert!(mask.skin.is_some());
    mask.coverage(HairMask::THRESHOLD)
}
