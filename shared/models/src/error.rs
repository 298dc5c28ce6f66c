//! Errors in a manifest, and in names that are looked up in it.

use std::path::PathBuf;

/// Why a model is not known. Messages are whole sentences for an operator's log or terminal.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The manifest has no model with this name, or the model has another role.
    #[error("There is no {role} named \"{name}\"; the manifest has: {known}.")]
    UnknownModel {
        /// The expected role: `parser`, `backbone` or `model`.
        role: &'static str,
        /// The requested name.
        name: String,
        /// The valid names, separated by commas.
        known: String,
    },
    /// The manifest contradicts itself or cannot be parsed.
    #[error("The model manifest {from} is not valid: {reason}.")]
    Invalid {
        /// The path, or "in the binary".
        from: String,
        /// What is wrong with the manifest.
        reason: String,
    },
    /// The manifest cannot be read.
    #[error("{}: {source}.", path.display())]
    Io {
        /// The file's path.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}
