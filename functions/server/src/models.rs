//! `strand-server models`: lists and fetches networks.

use clap::Subcommand;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use strand::models::{Manifest, Model};
use strand::settings::{models_dir, text};
use strand::vision::{Fetched, fetch};

#[derive(Subcommand)]
pub enum ModelsCommand {
    /// List the networks of the manifest.
    List,
    /// Fetch a network into the models directory, from the mirror if one is set, otherwise from its URL.
    Fetch {
        /// The network's name in the manifest.
        name: String,
    },
}

pub fn run(command: ModelsCommand) -> Result<(), String> {
    let directory = models_dir()?;
    let manifest = Manifest::load(&directory).map_err(|error| error.to_string())?;
    match command {
        ModelsCommand::List => {
            for model in manifest.models() {
                let there = if model.is_present(&directory) {
                    "present"
                } else {
                    "not fetched"
                };
                println!(
                    "{:<18} {:<12} {:<10} {}",
                    model.name, there, model.license, model.description
                );
            }
            Ok(())
        }
        ModelsCommand::Fetch { name } => {
            let model = manifest.model(&name).map_err(|error| error.to_string())?;
            fetch_one(model, &directory)
        }
    }
}

fn fetch_one(model: &Model, directory: &Path) -> Result<(), String> {
    let mirror = text("STRAND_MODELS_MIRROR")?.map(PathBuf::from);
    let at_terminal = std::io::stderr().is_terminal();
    let mut progress = |received: u64, total: Option<u64>| {
        if at_terminal && let Some(total) = total {
            eprint!("\r{}: {} of {} kB", model.name, received / 1024, total / 1024);
            let _ = std::io::stderr().flush();
        }
    };
    let fetched = fetch(model, directory, mirror.as_deref(), &mut progress);
    if at_terminal {
        eprint!("\r");
    }
    let from = match fetched.map_err(|error| error.to_string())? {
        Fetched::Embedded => "part of this binary".to_owned(),
        Fetched::Present(path) => format!("already at {}", path.display()),
        Fetched::Mirror(path) => format!("taken from {}", path.display()),
        Fetched::Downloaded(url) => format!("downloaded from {url}"),
    };
    println!("{}: {from}, checksum verified.", model.name);
    Ok(())
}
