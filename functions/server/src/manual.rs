//! `strand-server completions` and `strand-server man`: what shells and `man` know of the command line.

use crate::Cli;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// The name of the program, as it is typed.
const PROGRAM: &str = "strand-server";

/// Prints a script for a shell.
pub fn completions(shell: Shell) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    print(&script)
}

/// Prints the manual page, with a section for each command.
pub fn page() -> Result<(), String> {
    let command = Cli::command().name(PROGRAM);
    let mut page = Vec::new();
    let cannot = |error: std::io::Error| error.to_string();
    clap_mangen::Man::new(command).render(&mut page).map_err(cannot)?;
    print(&page)
}

/// Prints a text. The reader of a pipe may have closed it.
fn print(text: &[u8]) -> Result<(), String> {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
