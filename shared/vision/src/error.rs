//! Errors in finding, fetching, loading and running a model.

use std::path::PathBuf;
use strand_models::ManifestError;

/// The error type of this crate. Messages are whole sentences for an operator's log or terminal. They name files, so do
/// not put them in a response body. Whoever shows a message adds what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// The manifest is not valid, or it has no checksum for a model.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest has the model, but its file is not in the models directory.
    #[error("The model \"{name}\" is not at {}.", path.display())]
    MissingModel {
        /// The model's name in the manifest.
        name: String,
        /// The path where the file was expected.
        path: PathBuf,
    },
    /// The fetch step has no source for the model's file.
    #[error(
        "The model \"{name}\" ({file}) is neither in the models directory nor in the mirror, and {reason}"
    )]
    NoSource {
        /// The model's name in the manifest.
        name: String,
        /// The model's file name.
        file: String,
        /// Why it cannot be downloaded, worded as the end of a sentence.
        reason: String,
    },
    /// A file's length differs from the manifest.
    #[error("{from} has {found} bytes, but the manifest says {expected}; it was not installed.")]
    WrongSize {
        /// The file's path or URL.
        from: String,
        /// The length in the manifest, in bytes.
        expected: u64,
        /// The length found, in bytes. For an interrupted download, the bytes received.
        found: u64,
    },
    /// A file's SHA-256 differs from the manifest.
    #[error("{from} has the SHA-256 {found}, but the manifest says {expected}; it was not installed.")]
    WrongChecksum {
        /// The file's path or URL.
        from: String,
        /// The hex digest in the manifest.
        expected: String,
        /// The hex digest found.
        found: String,
    },
    /// The download failed.
    #[error("Could not download {url}: {reason}.")]
    Download {
        /// The URL that was tried.
        url: String,
        /// The HTTP client's error.
        reason: String,
    },
    /// No ONNX Runtime library was found in any of the usual places.
    #[error("ONNX Runtime was not found (looked at {tried}).")]
    RuntimeMissing {
        /// The paths that were searched, separated by commas.
        tried: String,
    },
    /// A library was found but could not be loaded.
    #[error("ONNX Runtime at {} does not load: {reason}.", path.display())]
    RuntimeBroken {
        /// The library's path.
        path: PathBuf,
        /// The loader's error.
        reason: String,
    },
    /// ONNX Runtime rejects the model, or the model's inputs and outputs do not match its kind.
    #[error("The model \"{name}\" cannot be used: {reason}.")]
    BadModel {
        /// The model's name in the manifest.
        name: String,
        /// What is wrong with the model.
        reason: String,
    },
    /// A run of the network failed.
    #[error("The model \"{name}\" failed on a photo: {reason}.")]
    Inference {
        /// The model's name in the manifest.
        name: String,
        /// The error from ONNX Runtime.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}.", path.display())]
    Io {
        /// The path of the file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

impl VisionError {
    /// For `map_err` on a file operation.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// For `map_err` when a model turns out to be unusable.
    pub(super) fn bad_model(name: &str, reason: impl Into<String>) -> Self {
        Self::BadModel {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
