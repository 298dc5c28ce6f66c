//! All of Strand in one process: every route of the contract over either store.

mod models;
mod serve;
mod store;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use strand::settings;

/// Hair-shade matching: teach it shades from photos, match any photo of hair against them.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings come from the environment; README.md lists them."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP on PORT (the default).
    Serve,
    /// Answer whether a server on PORT is healthy, for a container's health check.
    Healthcheck,
    /// The networks that Strand can use.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// The table and the bucket of the store on AWS.
    #[command(subcommand)]
    Store(store::StoreCommand),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(),
        Command::Healthcheck => settings::port().and_then(serve::check_health),
        Command::Models(command) => models::run(command),
        Command::Store(command) => store::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("strand-server: {message}");
            ExitCode::FAILURE
        }
    }
}
