//! `make eval`: how often the right shade comes first, beside baselines and an oracle that knows the light.
//!
//! The same tree prints the same figures every time: everything is seeded, and no result depends on the threads.

mod cache;
mod dump;
mod gather;
mod metrics;
mod parallel;
mod portraits;
mod protocol;
mod recolor;
mod sample;
mod scene;
mod scheme;
mod shades;
mod vision;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use cache::Cache;
use gather::{Version, Wanted, gather};
use portraits::Portraits;
use protocol::Trial;
use sample::Darkroom;
use scene::{Kind, Light};
use scheme::{MeanColor, Scheme, Strand};
use vision::Eyes;

/// Photos of each shade of the core: groups of 2, 3, 4 and 6 divide it.
const PHOTOS: usize = 12;

/// Measure how well Strand names shades.
#[derive(Parser)]
struct Arguments {
    /// Only 47 shades from three photos each
    #[arg(long)]
    quick: bool,
    /// Write per-photo data as NumPy files into this folder
    #[arg(long)]
    dump: Option<PathBuf>,
    /// Where the portraits are
    #[arg(long, default_value = "../shared/data/portraits")]
    portraits: PathBuf,
    /// Where photos and masks are kept between runs
    #[arg(long, default_value = "target/eval-cache")]
    cache: PathBuf,
    /// Threads to use
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
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
    let models = std::env::var_os("STRAND_MODELS_DIR")
        .map_or_else(|| strand_tests::server::root().join("models"), PathBuf::from);
    let eyes = Eyes::new(models)?;
    let cache = Cache::new(&arguments.cache);
    let portraits = Portraits::load(&arguments.portraits, PHOTOS, &cache, &eyes, arguments.threads);
    let mut kinds = vec![Kind::Drawn];
    if portraits.is_some() {
        kinds.push(Kind::Portrait);
    } else {
        println!(
            "Not run: everything on portraits, for {} has no index.json.",
            arguments.portraits.display()
        );
    }
    let darkroom = Darkroom {
        cache: &cache,
        eyes: &eyes,
        portraits: portraits.as_ref(),
    };
    let shades = shades::shades(118);
    let members: Vec<usize> = (0..47).collect();
    let strangers: Vec<usize> = (47..118).collect();
    let wanted = |_: Kind, shade: usize| Wanted {
        photos: match (shade < 47, arguments.quick) {
            (true, false) => PHOTOS,
            (true, true) | (false, false) => 4,
            (false, true) => 0,
        },
        side: 512,
        oracle: shade < 47 && !arguments.quick,
    };
    let mut rows = Vec::new();
    let dump = arguments.dump.is_some().then_some(&mut rows);
    let photos = gather(&shades, &kinds, wanted, &darkroom, arguments.threads, dump);
    if let Some(folder) = &arguments.dump {
        dump::write(folder, &rows).map_err(|error| error.to_string())?;
    }
    eprintln!("measured after {:.0} s", start.elapsed().as_secs_f32());
    let trial = Trial {
        shades: &shades,
        photos: &photos,
        threads: arguments.threads,
    };
    println!("no hair found in {:?}", photos.without_hair());
    println!("| photos | light | scheme | top-1 | top-3 | median dE | ECE | AUROC | n |");
    for kind in &kinds {
        for light in Light::ALL {
            for (scheme, undone) in [
                (&Strand as &dyn Scheme, false),
                (&Strand, true),
                (&MeanColor, false),
            ] {
                let version = Version {
                    kind: *kind,
                    light,
                    undone,
                };
                let outcome = trial.run(
                    scheme,
                    version,
                    &members,
                    3,
                    3,
                    if undone { &[] } else { &strangers },
                );
                let answers = &outcome.known;
                let known: Vec<f32> = answers.iter().map(|answer| answer.score).collect();
                let strange: Vec<f32> = outcome.strange.iter().map(|(_, score)| *score).collect();
                let top = metrics::interval(answers, |a| metrics::share(a, |x| x.first));
                println!(
                    "| {} | {} | {}{} | {:.3} ({:.3}..{:.3}) | {:.3} | {:.2} | {:.3} | {:.3} | {} |",
                    kind.name(),
                    light.name(),
                    scheme.name(),
                    if undone { ", light known" } else { "" },
                    top.value,
                    top.low,
                    top.high,
                    metrics::share(answers, |x| x.among_three),
                    metrics::median_difference(answers),
                    metrics::calibration_error(answers),
                    metrics::auroc(&known, &strange),
                    answers.len()
                );
            }
        }
    }
    eprintln!("{:.0} s", start.elapsed().as_secs_f32());
    Ok(())
}
