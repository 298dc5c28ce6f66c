//! `make bench`: measures the release binary over HTTP with one inference thread, and prints the table of
//! `docs/performance.md`.
//!
//! A second table compares an analysis with what it cannot do without.
//!
//! Some figures have a limit. `--check` fails if a figure misses its limit.

mod floors;
mod machine;
mod measure;
mod photos;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use report::Report;

/// Measure the Strand server.
#[derive(Parser)]
struct Arguments {
    /// Fail if a figure misses its limit
    #[arg(long)]
    check: bool,
    /// Number of analyses for the median; use at least 30 for figures that you publish
    #[arg(long, default_value_t = 40)]
    analyses: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("{}", machine::describe());
    println!(
        "Server: {}, STRAND_THREADS=1\n",
        strand_tests::server::binary().display()
    );
    let mut report = Report::default();
    measure::start(&mut report);
    measure::analysis_and_training(&mut report, arguments.analyses).await;
    measure::large_photos(&mut report).await;
    println!("{report}");
    let models_dir = std::env::var_os("STRAND_MODELS_DIR").map_or_else(|| "models".into(), PathBuf::from);
    let work = tempfile::tempdir().expect("a folder for the photos");
    let ratios = floors::measure(&models_dir, work.path()).await;
    println!("{ratios}");
    let missed = report.missed() + ratios.missed();
    if arguments.check && missed > 0 {
        eprintln!("Limits missed: {missed}.");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
