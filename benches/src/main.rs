//! `make bench`: the figures of the README, taken from the release binary over HTTP with one inference thread.
//!
//! Every figure stands beside its bar, where it has one. `--check` ends with an error where a bar is missed.

mod machine;
mod measure;
mod photos;
mod report;

use std::process::ExitCode;

use clap::Parser;
use report::Report;

/// Measure Strand.
#[derive(Parser)]
struct Arguments {
    /// End with an error where a bar is missed
    #[arg(long)]
    check: bool,
    /// Analyses to take the median of, at least 30 for a figure to quote
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
    if arguments.check && report.missed() > 0 {
        eprintln!("{} of the bars are missed.", report.missed());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
