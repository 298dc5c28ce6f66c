//! `make eval`: how often the right shade comes first, beside baselines and an oracle that knows the light.
//!
//! The same tree prints the same figures every time: everything is seeded, and no result depends on the threads.

mod cache;
mod donors;
mod dump;
mod gather;
mod labelled;
mod metrics;
mod parallel;
mod plot;
mod portraits;
mod protocol;
mod recolor;
mod rejection;
mod replaced;
mod sample;
mod scale;
mod scene;
mod scheme;
mod series;
mod shades;
mod source;
mod study;
mod vision;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};

use cache::Cache;
use gather::{Wanted, gather};
use portraits::{Archive, Portraits};
use sample::Darkroom;
use scene::{Kind, Light};
use study::{CORE, Column, Study};
use vision::Eyes;

/// Photos of each shade of the core: groups of 2, 3, 4 and 6 divide it, one of 11 fits.
const PHOTOS: usize = 12;
/// Photos of each other shade: one group to teach three from.
const FEW_PHOTOS: usize = 4;
/// Shades of the palette, and long side of their drawn scenes; beyond are invented ones, drawn smaller to save time.
const PALETTE: usize = 118;
const SIDE: u32 = 512;
const SMALL_SIDE: u32 = 288;

/// Shades of which the oracle is asked: the largest library goes without it to save time.
const ORACLE: usize = 200;

/// Measure how well Strand names shades.
#[derive(Parser)]
struct Arguments {
    /// How much to measure
    #[arg(long, value_enum, default_value_t = Part::All)]
    part: Part,
    /// Write per-photo data as .npy files into this folder
    #[arg(long)]
    dump: Option<PathBuf>,
    /// Measure nothing: write what the shade embedding is trained from into this folder
    #[arg(long)]
    donors: Option<PathBuf>,
    /// Which of the donors' shades to write, such as 0..300
    #[arg(long, default_value = "0..300", value_parser = stretch, requires = "donors")]
    stretch: Range<usize>,
    /// Take the portraits that are kept apart to calibrate with
    #[arg(long, requires = "donors")]
    calibration: bool,
    /// Where the portraits are
    #[arg(long, default_value = "../shared/data/portraits")]
    portraits: PathBuf,
    /// Where report and plots are written
    #[arg(long, default_value = "target/eval")]
    out: PathBuf,
    /// Where photos and masks are kept between runs
    #[arg(long, default_value = "target/eval-cache")]
    cache: PathBuf,
    /// Threads to use; they change no figure
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
}

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Part {
    /// What 10,000 shades cost, and what sampled negatives lose
    Scale,
    /// 47 shades, three photos each, one question per photo of four
    Quick,
    /// The same with three times the questions, and rejection
    Core,
    /// Everything
    All,
}

fn stretch(text: &str) -> Result<Range<usize>, String> {
    let ends = text.split_once("..").and_then(|(first, end)| {
        let (first, end) = (first.parse().ok()?, end.parse().ok()?);
        (first < end).then_some(first..end)
    });
    ends.ok_or_else(|| format!("{text:?} is no stretch of shades such as 0..300"))
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
    let start = Instant::now();
    let models = std::env::var_os("STRAND_MODELS_DIR");
    let models = models.map_or_else(|| strand_tests::server::root().join("models"), PathBuf::from);
    let eyes = Eyes::new(models)?;
    let cache = Cache::new(&arguments.cache);
    let (part, threads) = (arguments.part, arguments.threads);
    let archive = Archive {
        folder: &arguments.portraits,
        cache: &cache,
        eyes: &eyes,
        threads,
    };
    if let Some(folder) = &arguments.donors {
        let (stretch, calibration) = (arguments.stretch.clone(), arguments.calibration);
        return donors::run(folder, stretch, calibration, &archive);
    }
    let portraits = Portraits::load(&archive, PHOTOS);
    let darkroom = Darkroom {
        cache: &cache,
        eyes: &eyes,
        portraits: portraits.as_ref(),
    };
    let shades = shades::shades(match part {
        Part::All => 1000,
        Part::Scale => scale::COMPARED,
        Part::Quick | Part::Core => PALETTE,
    });
    let mut kinds = vec![Kind::Drawn];
    kinds.extend(portraits.is_some().then_some(Kind::Portrait));
    let wanted = |kind: Kind, shade: usize| Wanted {
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
        oracle: shade < CORE && part > Part::Scale || part == Part::All && shade < ORACLE,
    };
    let mut rows = Vec::new();
    let dump = arguments.dump.is_some().then_some(&mut rows);
    let photos = gather(&shades, &kinds, wanted, &darkroom, threads, dump);
    if let Some(folder) = &arguments.dump {
        dump::write(folder, &rows, &shades).map_err(|error| error.to_string())?;
    }
    eprintln!(
        "Photos are measured after {:.0} s.",
        start.elapsed().as_secs_f32()
    );

    let mut columns = vec![Column::Strand, Column::Oracle, Column::MeanColor];
    columns.extend(eyes.backbone_id().map(|_| Column::Replaced));
    let mut study = Study::new(&shades, &photos, kinds, columns, threads);
    study.preface(&eyes);
    if part > Part::Scale {
        study.headline();
    }
    if part == Part::All {
        study.by_photos(&[1, 2, 3, 5, 10]);
        study.by_shades(Kind::Drawn, &[5, 20, 47, PALETTE, 200, 1000]);
        if portraits.is_some() {
            study.by_shades(Kind::Portrait, &[5, 20, 47, PALETTE]);
            study.across_kinds();
        }
        labelled::run(&mut study, &arguments.portraits, &darkroom);
    }
    if matches!(part, Part::All | Part::Scale) {
        scale::run(&mut study);
    }
    if part > Part::Scale {
        study.bars();
    }
    study
        .write(&arguments.out)
        .map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    eprintln!(
        "Done after {:.0} s; {} has the report and the plots.",
        start.elapsed().as_secs_f32(),
        arguments.out.display()
    );
    Ok(())
}
