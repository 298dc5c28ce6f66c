//! `strand-server store`: the table and the bucket of the store on AWS, for emulators and for deployments without the
//! template.

use clap::Subcommand;
use strand::settings::aws_config;
use strand::store::aws::create;

#[derive(Subcommand)]
pub enum StoreCommand {
    /// Create the table and the bucket if they are missing, and set the bucket's rules.
    Create,
}

pub fn run(command: &StoreCommand) -> Result<(), String> {
    let StoreCommand::Create = command;
    let config = aws_config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime does not start: {error}"))?;
    runtime
        .block_on(create(&config))
        .map_err(|error| error.to_string())?;
    println!(
        "The table {} and the bucket {} exist.",
        config.table, config.bucket
    );
    Ok(())
}
