//! What can go wrong between a model's name and its answer.

use std::path::PathBuf;

/// Every failure of this module. The messages are whole sentences for an operator's log or terminal: they name the
/// file and the command that helps, and are therefore not meant for a response body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// A model was asked for by a name that the manifest does not have, or as something that it is not.
    #[error("There is no {role} named \"{name}\"; the manifest has: {known}.")]
    UnknownModel {
        /// `parser`, `backbone` or `model`.
        role: &'static str,
        /// The name as given.
        name: String,
        /// The names that would be right, comma-separated.
        known: String,
    },
    /// The model is known, but its file is not in the models directory.
    #[error("The model \"{name}\" is not at {}. Fetch it with `STRAND_MODELS_DIR={} strand-server models fetch {name}`.", path.display(), path.parent().unwrap_or(path).display())]
    MissingModel {
        /// The model's name in the manifest.
        name: String,
        /// Where its file was expected.
        path: PathBuf,
    },
    /// No parser was named and none is there.
    #[error("No hair parser is in {}. Fetch one with `STRAND_MODELS_DIR={} strand-server models fetch {fetch}`.", models_dir.display(), models_dir.display())]
    NoParser {
        /// The models directory that was looked through.
        models_dir: PathBuf,
        /// The name of the parser to fetch.
        fetch: String,
    },
    /// The model's file can come from no place that the fetch step knows.
    #[error(
        "The model \"{name}\" ({file}) is neither in the models directory nor in the mirror, and {reason}"
    )]
    NoSource {
        /// The model's name in the manifest.
        name: String,
        /// Its file name.
        file: String,
        /// Why the network does not help: a sentence's end.
        reason: String,
    },
    /// A file has another length than the manifest says.
    #[error("{from} has {found} bytes where the manifest says {expected}; it was not taken.")]
    WrongSize {
        /// The path or URL.
        from: String,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes found (for a download that was cut off: up to there).
        found: u64,
    },
    /// A file has another SHA-256 than the manifest says.
    #[error("{from} has the SHA-256 {found} where the manifest says {expected}; it was not taken.")]
    WrongChecksum {
        /// The path or URL.
        from: String,
        /// Hex digest by the manifest.
        expected: String,
        /// Hex digest found.
        found: String,
    },
    /// The network did not deliver.
    #[error("Could not download {url}: {reason}.")]
    Download {
        /// The URL.
        url: String,
        /// What the HTTP client said.
        reason: String,
    },
    /// The manifest cannot be read or contradicts itself.
    #[error("The model manifest {from} is not valid: {reason}.")]
    Manifest {
        /// The path, or "in the binary".
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No ONNX Runtime library was found in any of the places it may be.
    #[error(
        "ONNX Runtime was not found (looked at {tried}). Run `make setup` or `models/fetch-onnxruntime`, or set \
         ORT_DYLIB_PATH to a libonnxruntime."
    )]
    RuntimeMissing {
        /// The paths looked at, comma-separated.
        tried: String,
    },
    /// A library was found and does not work.
    #[error(
        "ONNX Runtime at {} does not load: {reason}. Run `models/fetch-onnxruntime` to replace it, or set \
         ORT_DYLIB_PATH to another.",
        path.display()
    )]
    RuntimeBroken {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// ONNX Runtime does not take the model, or the model does not have the inputs and outputs of its kind.
    #[error("The model \"{name}\" cannot be used: {reason}.")]
    BadModel {
        /// The model's name in the manifest.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A run of the network failed.
    #[error("The model \"{name}\" failed on a photo: {reason}.")]
    Inference {
        /// The model's name in the manifest.
        name: String,
        /// What ONNX Runtime said.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}.", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl VisionError {
    /// For `map_err` on a file operation.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// For `map_err` where a model turns out unusable.
    pub(super) fn bad_model(name: &str, reason: impl Into<String>) -> Self {
        Self::BadModel {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
