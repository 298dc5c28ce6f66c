//! The library's photos, as files.

use crate::error::DiskError;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use strand_library::ports::StoreError;
use strand_photo::Format;
use tempfile::NamedTempFile;

/// The prefix of files that are still being written.
pub const TEMPORARY: &str = ".tmp-";

/// The directory of photos.
pub struct PhotoFiles {
    root: PathBuf,
}

/// Creates the data directory and locks it for this process.
pub fn lock(directory: &Path) -> Result<File, DiskError> {
    let place = |error: io::Error| DiskError(StoreError::Failed(format!("{}: {error}", directory.display())));
    fs::create_dir_all(directory).map_err(place)?;
    let file = File::create(directory.join("lock")).map_err(place)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DiskError(StoreError::Failed(format!(
            "another process uses {}",
            directory.display()
        )))),
        Err(TryLockError::Error(error)) => Err(place(error)),
    }
}

/// Whether another process uses the data directory. Creates and locks nothing.
pub fn in_use(directory: &Path) -> bool {
    let lock = File::open(directory.join("lock"));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl PhotoFiles {
    pub fn open(root: PathBuf) -> Result<Self, DiskError> {
        fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    fn path(&self, shade_id: u64, photo_id: u64, format: Format) -> PathBuf {
        self.root
            .join(shade_id.to_string())
            .join(format!("{photo_id}.{}", format.extension()))
    }

    /// Writes bytes under a temporary name; see [`write_temporary`].
    pub fn write_temporary(&self, bytes: &[u8]) -> Result<NamedTempFile, DiskError> {
        write_temporary(&self.root, bytes)
    }

    /// Moves a temporary file to its permanent place.
    pub fn keep(
        &self,
        file: NamedTempFile,
        shade_id: u64,
        photo_id: u64,
        format: Format,
    ) -> Result<(), DiskError> {
        let path = self.path(shade_id, photo_id, format);
        let directory = self.root.join(shade_id.to_string());
        if !directory.exists() {
            fs::create_dir_all(&directory)?;
            sync_directory(&self.root)?;
        }
        file.persist(&path)
            .map_err(|error| DiskError::from(error.error))?;
        sync_directory(&directory)
    }

    pub fn read(&self, shade_id: u64, photo_id: u64, format: Format) -> Result<Vec<u8>, DiskError> {
        match fs::read(self.path(shade_id, photo_id, format)) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NotFound.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the file of a deleted photo. If this fails, the next start removes it, because its row is gone.
    pub fn remove(&self, shade_id: u64, photo_id: u64, format: Format) {
        log_failure(fs::remove_file(self.path(shade_id, photo_id, format)));
    }

    /// Removes the files of a deleted shade, in the same way.
    pub fn remove_shade(&self, shade_id: u64) {
        log_failure(fs::remove_dir_all(self.root.join(shade_id.to_string())));
    }

    /// Removes what an interrupted change has left: temporary files, and photos without a row. Only files with names
    /// that this store assigns are removed, and none at all if the database has no photos: a lost database must not
    /// cost the photos. Rows without a file stay, because the directory may just not be mounted.
    pub fn clear_orphans(&self, known: &[(u64, u64, Format)]) -> Result<(), DiskError> {
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
                Self::clear_shade(&path, &wanted)?;
            }
        }
        Ok(())
    }

    fn clear_shade(directory: &Path, wanted: &HashSet<PathBuf>) -> Result<(), DiskError> {
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
        // Removes only an empty directory.
        let _ = fs::remove_dir(directory);
        Ok(())
    }
}

/// Writes bytes to a temporary file in a directory and syncs it. Dropping the result removes the file.
pub fn write_temporary(directory: &Path, bytes: &[u8]) -> Result<NamedTempFile, DiskError> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Whether the name is `<number>.<extension of a format>`.
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

/// Syncs `directory`, so that a rename or a new directory in it survives power loss.
fn sync_directory(directory: &Path) -> Result<(), DiskError> {
    Ok(File::open(directory)?.sync_all()?)
}
