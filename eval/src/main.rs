//! `make eval`: how often the right shade comes first, compared with baselines and with a reference run with known light.
//!
//! The same source code prints the same figures every time. All randomness is seeded, and no result depends on the number of
//! threads.

mod altered;
mod cache;
mod donors;
mod dump;
mod gather;
mod labeled;
mod metrics;
mod networks;
mod plot;
mod portraits;
mod protocol;
mod real;
mod recolor;
mod rejection;
mod replaced;
mod sample;
mod scale;
mod scene;
mod scheme;
mod series;
mod setting;
mod shades;
mod sight;
mod source;
mod study;
mod svm;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use rayon::ThreadPoolBuilder;

use cache::Cache;
use dump::Row;
use gather::{Wanted, gather};
use labeled::Labeled;
use networks::Networks;
use portraits::{PortraitFolder, Portraits};
use sample::PhotoSource;
use setting::{Kind, Light};
use study::{CORE, Study};

/// Photos of each shade of the core. Groups of 2, 3, 4 and 6 divide it; one group of 11 fits.
const PHOTOS: usize = 12;
/// Photos of each other shade: one group, with three to train on.
const FEW_PHOTOS: usize = 4;
/// Shades of the palette. Shades beyond it are invented.
const PALETTE: usize = 118;
/// Long side in pixels of drawn scenes, and of those of invented shades, which are smaller to save time.
const SIDE: u32 = 512;
const SMALL_SIDE: u32 = 288;
/// The number of shades in the reference run with known light. The largest library is left out to save time.
const KNOWN_LIGHT: usize = 200;

/// Measure how well Strand names shades.
#[derive(Parser)]
struct Arguments {
    /// What to measure
    #[arg(long, value_enum, default_value_t = Part::All)]
    part: Part,
    /// Folder of real photographs for `--part real`: with a photos.json, or with one subfolder per shade
    #[arg(long, default_value = "../shared/data/wigs")]
    photos: PathBuf,
    /// Write the data of each photo as .npy files into this folder
    #[arg(long)]
    dump: Option<PathBuf>,
    /// Measure nothing; write the training data of the shade embedding into this folder
    #[arg(long)]
    donors: Option<PathBuf>,
    /// The donor shades to write, such as 0..300
    #[arg(long, default_value = "0..300", value_parser = stretch, requires = "donors")]
    stretch: Range<usize>,
    /// Use the portraits that are held out for calibration
    #[arg(long, requires = "donors")]
    calibration: bool,
    /// Folder of the portraits
    #[arg(long, default_value = "../shared/data/portraits")]
    portraits: PathBuf,
    /// Folder for the report and the plots
    #[arg(long, default_value = "target/eval")]
    out: PathBuf,
    /// Folder that keeps photos and masks between runs
    #[arg(long, default_value = "target/eval-cache")]
    cache: PathBuf,
    /// Number of threads; it changes no figure
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
}

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Part {
    /// What is taken for hair and for a photo: pictures without hair, with bars, and without color
    Sight,
    /// Real photographs: matches, doubt, words, and whether the colors are stable
    Real,
    /// What 10,000 shades cost, and what training against a sample of the other photos loses
    Scale,
    /// 47 shades, three photos each, one test photo in four
    Quick,
    /// The same with three times the test photos, rejection, and what the SVM adds
    Core,
    /// Everything on drawn photos and portraits
    All,
}

fn stretch(text: &str) -> Result<Range<usize>, String> {
    let ends = text.split_once("..").and_then(|(first, end)| {
        let (first, end) = (first.parse().ok()?, end.parse().ok()?);
        (first < end).then_some(first..end)
    });
    ends.ok_or_else(|| format!("{text:?} is not a range of shades such as 0..300"))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let pool = ThreadPoolBuilder::new().num_threads(arguments.threads);
    pool.build_global().map_err(|error| error.to_string())?;
    let models = std::env::var_os("STRAND_MODELS_DIR");
    let models = models.map_or_else(|| strand_tests::server::root().join("models"), PathBuf::from);
    let networks = Networks::load(models)?;
    if arguments.part == Part::Real {
        return real::run(&arguments.photos, &networks);
    }
    if arguments.part == Part::Sight {
        let data = arguments.portraits.parent().unwrap_or(&arguments.portraits);
        return sight::run(data, &networks);
    }
    let cache = Cache::new(&arguments.cache);
    let folder = PortraitFolder {
        path: &arguments.portraits,
        cache: &cache,
        networks: &networks,
    };
    if let Some(to) = &arguments.donors {
        return donors::run(to, arguments.stretch.clone(), arguments.calibration, &folder);
    }
    benchmark(arguments, &folder)
}

/// The photos that a part wants of one shade.
fn wanted(part: Part, kind: Kind, shade: usize) -> Wanted {
    Wanted {
        photos: match shade {
            _ if part == Part::Scale => FEW_PHOTOS * usize::from(kind == Kind::Drawn),
            0..CORE if part > Part::Quick => PHOTOS,
            0..CORE => FEW_PHOTOS,
            CORE..PALETTE if part > Part::Quick => FEW_PHOTOS,
            PALETTE.. if part == Part::All && kind == Kind::Drawn => FEW_PHOTOS,
            _ => 0,
        },
        side: if shade < PALETTE { SIDE } else { SMALL_SIDE },
        lights: &Light::ALL,
        corrected: shade < CORE && part > Part::Scale || part == Part::All && shade < KNOWN_LIGHT,
    }
}

fn benchmark(arguments: &Arguments, folder: &PortraitFolder) -> Result<(), String> {
    let (start, part) = (Instant::now(), arguments.part);
    let portraits = Portraits::load(folder, PHOTOS);
    let source = PhotoSource {
        cache: folder.cache,
        networks: folder.networks,
        portraits: portraits.as_ref(),
    };
    let shades = shades::shades(match part {
        Part::All => 1000,
        Part::Scale => scale::COMPARED,
        Part::Quick | Part::Core | Part::Real | Part::Sight => PALETTE,
    });
    let mut kinds = vec![Kind::Drawn];
    kinds.extend(portraits.is_some().then_some(Kind::Portrait));
    let mut rows: Vec<Row> = Vec::new();
    let mut dump = arguments.dump.is_some().then_some(&mut rows);
    let of_shade = |kind: Kind, shade: usize| wanted(part, kind, shade);
    let photos = gather(&shades, &kinds, of_shade, &source, dump.as_deref_mut());
    let labeled = (part == Part::All).then(|| Labeled::measure(folder.path, &source, dump));
    if let Some(to) = &arguments.dump {
        let written = dump::write(to, &rows, &shades, folder.networks);
        written.map_err(|error| format!("{}: {error}", to.display()))?;
    }
    eprintln!(
        "The photos are measured after {:.0} s.",
        start.elapsed().as_secs_f32()
    );

    let mut study = Study::new(&shades, &photos, kinds);
    study.preface(folder.networks);
    measure(&mut study, part, labeled.flatten().as_ref());
    study
        .write(&arguments.out)
        .map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    eprintln!(
        "Done after {:.0} s. The report and the plots are in {}.",
        start.elapsed().as_secs_f32(),
        arguments.out.display()
    );
    Ok(())
}

/// Adds the tables of a part to the study.
fn measure(study: &mut Study, part: Part, labeled: Option<&Labeled>) {
    if part > Part::Scale {
        study.core();
    }
    if part > Part::Quick {
        svm::run(study);
    }
    if part == Part::All {
        study.by_photos(&[1, 2, 3, 5, 10]);
        study.by_shades(Kind::Drawn, &[5, 20, 47, PALETTE, 200, 1000]);
        if study.kinds.contains(&Kind::Portrait) {
            study.by_shades(Kind::Portrait, &[5, 20, 47, PALETTE]);
            study.across_kinds();
        }
        if let Some(labeled) = labeled {
            labeled.report(study);
        }
    }
    if matches!(part, Part::All | Part::Scale) {
        scale::run(study);
    }
    if part > Part::Scale {
        study.targets();
    }
}
