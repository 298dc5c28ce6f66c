//! Photos as files.

use crate::library::ports::StoreError;
use crate::photo::Format;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How the names of files begin that are still being written.
pub const TEMPORARY: &str = ".tmp-";

/// The directory of photos.
pub struct Photos {
    root: PathBuf,
}

/// Creates the data directory and takes it for this process.
pub fn lock(directory: &Path) -> Result<File, StoreError> {
    let place = |error: io::Error| StoreError::Failed(format!("{}: {error}", directory.display()));
    fs::create_dir_all(directory).map_err(place)?;
    let file = File::create(directory.join("lock")).map_err(place)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Failed(format!(
            "another process uses {}",
            directory.display()
        ))),
        Err(TryLockError::Error(error)) => Err(place(error)),
    }
}

/// Whether another process uses the data directory. Nothing is created or taken.
pub fn in_use(directory: &Path) -> bool {
    let lock = File::open(directory.join("lock"));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl Photos {
    pub fn open(root: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    fn path(&self, color_id: u64, image_id: u64, format: Format) -> PathBuf {
        self.root
            .join(color_id.to_string())
            .join(format!("{image_id}.{}", format.extension()))
    }

    /// Writes bytes under a temporary name, see [`write_temporary`].
    pub fn write_temporary(&self, bytes: &[u8]) -> Result<NamedTempFile, StoreError> {
        write_temporary(&self.root, bytes)
    }

    /// Gives a temporary file its place for good.
    pub fn keep(
        &self,
        file: NamedTempFile,
        color_id: u64,
        image_id: u64,
        format: Format,
    ) -> Result<(), StoreError> {
        let path = self.path(color_id, image_id, format);
        let directory = self.root.join(color_id.to_string());
        if !directory.exists() {
            fs::create_dir_all(&directory)?;
            sync_directory(&self.root)?;
        }
        file.persist(&path)
            .map_err(|error| StoreError::from(error.error))?;
        sync_directory(&directory)
    }

    pub fn read(&self, color_id: u64, image_id: u64, format: Format) -> Result<Vec<u8>, StoreError> {
        match fs::read(self.path(color_id, image_id, format)) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the file of a deleted photo. Its row is gone, so a failure here is left to the next start.
    pub fn remove(&self, color_id: u64, image_id: u64, format: Format) {
        log_failure(fs::remove_file(self.path(color_id, image_id, format)));
    }

    /// Removes the files of a deleted shade, likewise.
    pub fn remove_color(&self, color_id: u64) {
        log_failure(fs::remove_dir_all(self.root.join(color_id.to_string())));
    }

    /// Removes what an interrupted change left: temporary files, and photos that no row knows. Only names that this
    /// store gives are touched, and nothing at all while the database knows no photo: a lost database must not cost
    /// the photos. Rows that miss their file stay, for a directory that is only not mounted must not cost a library.
    pub fn clear_orphans(&self, known: &[(u64, u64, Format)]) -> Result<(), StoreError> {
        let wanted: HashSet<PathBuf> = known.iter().map(|(c, i, f)| self.path(*c, *i, *f)).collect();
        let missing = wanted.iter().filter(|path| !path.exists()).count();
        if missing > 0 {
            tracing::error!(missing, directory = %self.root.display(), "photos of the library are missing on disk");
        }
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let is_directory = entry.file_type()?.is_dir();
            if !is_directory && name.to_string_lossy().starts_with(TEMPORARY) {
                remove_orphan(&path);
            } else if is_directory && name.to_string_lossy().parse::<u64>().is_ok() {
                Self::clear_color(&path, &wanted)?;
            }
        }
        Ok(())
    }

    fn clear_color(directory: &Path, wanted: &HashSet<PathBuf>) -> Result<(), StoreError> {
        for file in fs::read_dir(directory)? {
            let file = file?.path();
            if wanted.contains(&file) || !is_photo_name(&file) {
                continue;
            }
            if wanted.is_empty() {
                tracing::warn!(file = %file.display(), "a photo that the empty database does not know is left alone");
            } else {
                remove_orphan(&file);
            }
        }
        // Only an empty directory goes.
        let _ = fs::remove_dir(directory);
        Ok(())
    }
}

/// Writes bytes under a temporary name in a directory and syncs them. Dropping the result removes the file.
pub fn write_temporary(directory: &Path, bytes: &[u8]) -> Result<NamedTempFile, StoreError> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// `<number>.<extension of a format>`.
fn is_photo_name(path: &Path) -> bool {
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    part(path.file_stem()).parse::<u64>().is_ok() && Format::from_extension(&part(path.extension())).is_some()
}

fn remove_orphan(path: &Path) {
    tracing::info!(file = %path.display(), "removing a file that an interrupted change left behind");
    log_failure(fs::remove_file(path));
}

fn log_failure(result: io::Result<()>) {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a file could not be removed");
        }
        _ => {}
    }
}

/// Makes a rename or a new directory in `directory` survive a power cut.
fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    Ok(File::open(directory)?.sync_all()?)
}
