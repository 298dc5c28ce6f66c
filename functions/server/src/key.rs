//! `strand-server key`: makes a key, and its entry for the list of keys.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use strand::library::hex_digest;
use uuid::Uuid;

#[derive(Args)]
pub struct Arguments {
    /// Whose key it is, such as "front desk".
    name: String,
    /// What it opens: everything, or only matching.
    #[arg(long, value_enum, default_value_t = Scope::Full)]
    scope: Scope,
    /// When it ends, such as 2027-01-01T00:00:00Z.
    #[arg(long)]
    expires: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Scope {
    Full,
    Match,
}

/// Prints the entry to standard output, for the file, and the key to standard error, for its owner.
pub fn run(arguments: &Arguments) -> Result<(), String> {
    let name = arguments.name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("the name of the key is blank; say whose it is".to_owned());
    }
    let key = format!("strand-{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let scope = match arguments.scope {
        Scope::Full => "full",
        Scope::Match => "match",
    };
    println!("[[keys]]");
    println!("name = \"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    println!("scope = \"{scope}\"");
    println!("sha256 = \"{}\"", hex_digest(key.as_bytes()));
    if let Some(expires) = arguments.expires {
        println!("expires = \"{expires}\"");
    }
    eprintln!("The key of {name}, which is shown only now: {key}");
    Ok(())
}
