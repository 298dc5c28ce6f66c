//! All of Strand in one process: an HTTP server with every route, and a command line for the same library.

mod analyze;
mod doctor;
mod folders;
mod key;
mod listen;
mod manual;
mod models;
mod recover;
mod serve;
mod session;
mod store;
mod terminal;
mod train;
mod transfer;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use std::process::ExitCode;
use strand::settings;

const EXAMPLES: &str = "\
Examples:
  strand-server                            serve http://localhost:8000 (--port 80 for another port)
  strand-server analyze photo.jpg          the colors, tone and level of a photo, and the shades that match
  strand-server analyze --json *.jpg       the same as JSON, in the format of POST /analyze
  strand-server train shades/              train one shade per folder in shades/, named after the folder
  strand-server export library.tar         the whole library in one file
  strand-server import library.tar         import it here, or into another machine or store
  strand-server models fetch hair-parser-pan
  strand-server key kiosk --scope match >> keys.toml
  strand-server doctor                     check the installation, and the whole library
  strand-server recover                    bring back photos that were set aside

The commands work on the library in --data-dir, or that the environment names: STRAND_DATA_DIR (./data) and the other
variables of the README. One process at a time can use such a library, so stop the server first, or use its HTTP API: /docs lists
every route.

Exit status: 0 for success, 1 for a failure or a partial result, 2 for a usage error.";

const PORT_HELP: &str = "The port to listen on, 0 for any free one [variable: PORT] [default: 8000]";
const DATA_HELP: &str = "The folder of the library [variable: STRAND_DATA_DIR] [default: data]";
const MODELS_HELP: &str = "The folder of ONNX Runtime and the networks [variable: STRAND_MODELS_DIR] [default: models beside \
                           the program or in its checkout]";

/// Hair-shade matching: teach it shades from photos, match any photo of hair against them.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[arg(long, global = true, value_name = "PORT", help = PORT_HELP)]
    port: Option<u16>,
    #[arg(long, global = true, value_name = "DIR", help = DATA_HELP)]
    data_dir: Option<String>,
    #[arg(long, global = true, value_name = "DIR", help = MODELS_HELP)]
    models_dir: Option<String>,
}

impl Cli {
    /// What the options say instead of variables.
    fn settings(&self) -> Vec<settings::Said> {
        let port = self.port.map(|port| port.to_string());
        [
            ("PORT", "--port", port),
            ("STRAND_DATA_DIR", "--data-dir", self.data_dir.clone()),
            ("STRAND_MODELS_DIR", "--models-dir", self.models_dir.clone()),
        ]
        .into_iter()
        .filter_map(|(variable, option, value)| Some((variable, option, value?)))
        .collect()
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP on PORT (the default).
    Serve,
    /// Show the colors of photos and the shades that match best.
    Analyze(analyze::Arguments),
    /// Teach shades from photos: one folder per shade.
    Train(train::Arguments),
    /// Write the whole library to one file.
    Export {
        /// The file to write; - for standard output.
        file: PathBuf,
    },
    /// Import a library file. If the import is interrupted, run it again to continue.
    Import {
        /// The file to read; - for standard input.
        file: PathBuf,
    },
    /// List and fetch the networks that Strand can use.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Set up the table and the bucket of the store on AWS.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Check the installation and the whole library: what works, what is missing, and what to do.
    Doctor,
    /// Make an API key: its entry for a list of keys goes to standard output.
    Key(key::Arguments),
    /// Bring back photos that the library did not know at a start and set aside.
    Recover,
    /// Check whether a server on PORT is healthy, for a container's health check.
    Healthcheck,
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    /// Something was left out, and a message said so.
    Partial,
}

fn main() -> ExitCode {
    strand_heap::settle();
    let complete = |()| Outcome::Complete;
    let cli = Cli::parse();
    settings::take_over(cli.settings());
    let result = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve().map(complete),
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Export { file } => transfer::export(&file),
        Command::Import { file } => transfer::import(&file),
        Command::Models(command) => models::run(command).map(complete),
        Command::Store(command) => store::run(&command).map(complete),
        Command::Doctor => Ok(doctor::run()),
        Command::Key(arguments) => key::run(&arguments).map(complete),
        Command::Recover => recover::run(),
        Command::Healthcheck => settings::port().and_then(serve::check_health).map(complete),
        Command::Completions { shell } => manual::completions(shell).map(complete),
        Command::Man => manual::page().map(complete),
    };
    match result {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::Partial) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("strand-server: {message}");
            ExitCode::FAILURE
        }
    }
}
