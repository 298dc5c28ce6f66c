//! Finds ONNX Runtime and opens sessions with it.
//!
//! The shared library (35 MB) is opened together with the first model, not at startup, so that a server that only
//! serves the library does not pay for it. It is searched in this order:
//!
//! 1. the path in `ORT_DYLIB_PATH`, and then nowhere else;
//! 2. `<models_dir>/onnxruntime/`, where `models/fetch-onnxruntime` puts it;
//! 3. `lib/` next to the binary, for images and Lambda packages;
//! 4. the directories that the operating system's loader searches.
//!
//! The session options were chosen by measurement: 64 runs of the 512-px parser with one inference thread, called from
//! one thread, and from eight threads in turn as a server's thread pool does (ONNX Runtime 1.32, glibc 2.36). The table
//! has the process's peak resident memory, of which 45 MB were used before the first run, and the CPU time per run:
//!
//! | memory arena, pattern       | from one thread | from eight | CPU      |
//! |-----------------------------|-----------------|------------|----------|
//! | **arena, no pattern**       | 81 MB           | 104 MB     | 34-41 ms |
//! | arena, pattern              | 99 MB           | 121 MB     | 33-38 ms |
//! | arena shrunk after each run | 136-159 MB      | 763 MB     | 39-43 ms |
//! | no arena, no pattern        | 92-102 MB       | 448 MB     | 39-42 ms |
//!
//! Without the arena, the heap of every calling thread keeps the memory of a run. A run takes 40 ms with all graph
//! optimizations, and 53 ms or more with fewer. Prepacked weights make no difference. Threads that spin while they wait
//! almost double the CPU time on two threads (79 ms instead of 46 ms), and are slower on a busy machine.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionOutputs};
use ort::value::{TensorRef, ValueType};

use crate::VisionError;
use sha2::{Digest, Sha256};

/// The environment of ONNX Runtime, which allows only one per process. It is not a `OnceLock`: if the library is
/// missing, fetching it must be enough, without a restart.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// A network that is ready to run. Calls take turns: `ort` cannot run an ONNX Runtime session twice at the same time
/// safely, and one inference at a time with all threads also needs the least memory.
pub(super) struct Graph {
    name: String,
    session: Mutex<Session>,
}

/// One output of a run.
pub(super) struct Output<'a> {
    /// The dimensions.
    pub shape: &'a [i64],
    /// The values, row-major.
    pub values: &'a [f32],
}

impl Graph {
    /// Opens a session for the model called `name`.
    pub fn open(name: &str, model: &[u8], models_dir: &Path, threads: usize) -> Result<Self, VisionError> {
        let environment = environment(models_dir)?;
        let session =
            session(&environment, model, threads).map_err(|e| VisionError::bad_model(name, e.to_string()))?;
        Ok(Self {
            name: name.to_owned(),
            session: Mutex::new(session),
        })
    }

    /// Fails unless the graph has exactly one input and that input takes `shape`.
    pub fn expect_input(&self, shape: [i64; 4]) -> Result<(), VisionError> {
        let session = self.lock();
        let [input] = session.inputs() else {
            return Err(self.unfit(format!("it has {} inputs and not one", session.inputs().len())));
        };
        let declared = dimensions(input.dtype()).unwrap_or_default();
        let fits = declared.len() == 4 && declared.iter().zip(shape).all(|(&d, s)| d == s || d < 0);
        fits.then_some(())
            .ok_or_else(|| self.unfit(format!("its input is {declared:?} and not {shape:?} of floats")))
    }

    /// The declared dimensions of every output, in order. A dimension that is not fixed is -1.
    pub fn output_shapes(&self) -> Vec<Vec<i64>> {
        let session = self.lock();
        session
            .outputs()
            .iter()
            .map(|o| dimensions(o.dtype()).unwrap_or_default())
            .collect()
    }

    /// Runs the network on `input` of dimensions `shape`, and reads its outputs, in order, with `read`.
    pub fn run<T>(
        &self,
        input: &[f32],
        shape: [i64; 4],
        read: impl FnOnce(&[Output<'_>]) -> Result<T, String>,
    ) -> Result<T, VisionError> {
        let input = TensorRef::from_array_view((shape, input)).map_err(|e| self.failed(e.to_string()))?;
        let mut session = self.lock();
        let outputs = session
            .run(ort::inputs![input])
            .map_err(|e| self.failed(e.to_string()))?;
        let outputs = views(&outputs).map_err(|e| self.failed(e.to_string()))?;
        read(&outputs).map_err(|e| self.failed(e))
    }

    /// The error for a graph that does not match the manifest.
    pub fn unfit(&self, reason: String) -> VisionError {
        VisionError::bad_model(&self.name, reason)
    }

    /// The error for a photo on which the steps around the network fail.
    pub fn failed(&self, reason: String) -> VisionError {
        VisionError::Inference {
            name: self.name.clone(),
            reason,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Session> {
        // A panic while an output is read leaves the session intact.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn dimensions(value: &ValueType) -> Option<Vec<i64>> {
    match value {
        ValueType::Tensor { shape, .. } => Some(shape.to_vec()),
        _ => None,
    }
}

fn views<'a>(outputs: &'a SessionOutputs<'_>) -> ort::Result<Vec<Output<'a>>> {
    let view = |position: usize| {
        let (shape, values) = outputs[position].try_extract_tensor::<f32>()?;
        Ok(Output { shape, values })
    };
    (0..outputs.len()).map(view).collect()
}

/// A session with the options that the measurements above selected.
fn session(environment: &Environment, model: &[u8], threads: usize) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(threads.max(1))?
        .with_intra_op_spinning(false)?
        .with_memory_pattern(false)?
        .with_execution_providers([ort::ep::CPU::default().with_arena_allocator(true).build()])?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .commit_from_memory(model)
}

/// The environment, made from the first library that exists.
fn environment(models_dir: &Path) -> Result<Environment, VisionError> {
    let mut current = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*current {
        return Ok(environment.clone());
    }
    let environment = load(models_dir)?;
    *current = Some(environment.clone());
    Ok(environment)
}

/// The path of the library, or its bare name if the operating system's loader has to find it. Opens nothing.
pub fn locate(models_dir: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return named.into();
    }
    let found = candidates(models_dir).into_iter().find(|path| path.is_file());
    found.unwrap_or_else(library_name)
}

fn load(models_dir: &Path) -> Result<Environment, VisionError> {
    let path = locate(models_dir);
    let broken = |reason: String| VisionError::RuntimeBroken {
        path: path.clone(),
        reason,
    };
    // The operating system's loader searches for a bare name.
    if path != library_name() && !path.exists() {
        return Err(broken("there is no such file".into()));
    }
    #[cfg(target_os = "linux")]
    if path.is_file() {
        crate::elf::check(&path).map_err(broken)?;
    }
    check_sum(&path).map_err(broken)?;
    let builder = ort::init_from(&path).map_err(|e| match e {
        ort::LoadDynamicError::Dlopen { .. } if path == library_name() => missing(models_dir),
        other => broken(other.to_string()),
    })?;
    tracing::info!(library = %path.display(), "opened ONNX Runtime");
    builder
        .with_telemetry(false)
        .build()
        .map_err(|e| broken(e.to_string()))
}

/// The checksums of the libraries in the pinned wheels, and their platforms.
const PINNED: &str = include_str!("../../../models/onnxruntime.sha256");
const VERSIONS: &str = include_str!("../../../models/onnxruntime.txt");

/// Compares a library with the pinned ones. Another one is used with a warning, unless it lies where `fetch-onnxruntime` put
/// a pinned one: then it is damaged.
fn check_sum(path: &Path) -> Result<(), String> {
    let Ok(mut file) = std::fs::File::open(path) else {
        // The operating system's loader finds it, or says why not.
        tracing::warn!(library = %path.display(), "this ONNX Runtime is not the pinned one");
        return Ok(());
    };
    let mut sum = Sha256::new();
    std::io::copy(&mut file, &mut sum).map_err(|error| error.to_string())?;
    let sum = format!("{:x}", sum.finalize());
    if PINNED.lines().any(|line| line.starts_with(&sum)) {
        return Ok(());
    }
    let pinned = VERSIONS
        .lines()
        .find_map(|line| line.strip_prefix("onnxruntime=="));
    let pinned = pinned.and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let stamp = std::fs::read_to_string(path.with_file_name("VERSION")).unwrap_or_default();
    if stamp.split(' ').next() == Some(pinned) {
        return Err(format!(
            "it is damaged: it has the SHA-256 {sum}, which no library of version {pinned} has"
        ));
    }
    tracing::warn!(library = %path.display(), sha256 = sum, "this ONNX Runtime is not the pinned one");
    Ok(())
}

/// The file name of the library on this operating system.
fn library_name() -> PathBuf {
    PathBuf::from(format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}"))
}

/// The paths that are searched before the operating system's own directories.
fn candidates(models_dir: &Path) -> Vec<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("lib")));
    let dirs = [Some(models_dir.join("onnxruntime")), beside];
    dirs.into_iter()
        .flatten()
        .map(|dir| dir.join(library_name()))
        .collect()
}

fn missing(models_dir: &Path) -> VisionError {
    let tried: Vec<_> = candidates(models_dir)
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let tried = tried.iter().map(String::as_str).chain(["the system's libraries"]);
    VisionError::RuntimeMissing {
        tried: tried.collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::{candidates, check_sum, library_name, missing};
    use std::path::Path;

    #[test]
    fn the_models_directory_comes_before_the_binary() {
        let paths = candidates(Path::new("/m"));
        assert!(paths[0].starts_with("/m/onnxruntime"), "{paths:?}");
        assert_eq!(
            paths[1].parent().and_then(Path::file_name).expect("a directory"),
            "lib"
        );
    }

    #[test]
    fn a_damaged_library_is_told_from_another_one() {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../models/onnxruntime")
            .join(library_name());
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join(library_name());
        std::fs::copy(&installed, &copy).unwrap();
        assert_eq!(check_sum(&copy), Ok(()));
        let mut bytes = std::fs::read(&copy).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&copy, bytes).unwrap();
        assert_eq!(check_sum(&copy), Ok(()), "another one is used");
        std::fs::copy(installed.with_file_name("VERSION"), folder.path().join("VERSION")).unwrap();
        assert!(
            check_sum(&copy).unwrap_err().contains("damaged"),
            "this is where the pinned one was"
        );
    }

    #[test]
    fn a_missing_library_names_the_places() {
        let message = missing(Path::new("/m")).to_string();
        assert!(message.contains("/m/onnxruntime/"), "{message}");
    }
}
