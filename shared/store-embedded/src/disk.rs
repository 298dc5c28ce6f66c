//! Every change of a file goes through here, so that each can be made to fail in a test.

use crate::error::DiskError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::Arc;

/// The prefix of files that are still being written. Nothing has been acknowledged because of them.
pub const TEMPORARY: &str = ".tmp-";

/// Where a change can fail, or the process can die: each of these stands before a step of the disk or the database. Tests
/// let every one of them fail in turn, and look at what a process that died there leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A file is created and written.
    Write,
    /// A file's content is synced.
    Sync,
    /// A file gets its permanent name, or is moved.
    Rename,
    /// A file or an empty directory is removed.
    Remove,
    /// A directory is created.
    CreateDirectory,
    /// A directory's entries are synced.
    SyncDirectory,
    /// A transaction is committed.
    Commit,
    /// The write-ahead log is copied into the database and emptied.
    Checkpoint,
    /// A backup of the database is made.
    Backup,
}

#[cfg(test)]
type Hook = Arc<dyn Fn(Point) -> io::Result<()> + Send + Sync>;

/// The disk. In tests, it fails where it is told to.
#[derive(Clone, Default)]
pub struct Disk {
    #[cfg(test)]
    pub hook: Option<Hook>,
}

impl Disk {
    /// Stands before each step that can fail.
    #[cfg_attr(
        not(test),
        expect(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "only tests let it fail"
        )
    )]
    pub fn reach(&self, point: Point) -> io::Result<()> {
        #[cfg(test)]
        if let Some(hook) = &self.hook {
            return hook(point);
        }
        let _ = point;
        Ok(())
    }

    /// Writes a file and syncs it.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.reach(Point::Write)?;
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        self.reach(Point::Sync)?;
        file.sync_all()
    }

    /// Writes a file under a temporary name, and renames it when it is complete. The directory must be synced before the
    /// name survives power loss.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = temporary(path);
        let written = self
            .write(&temporary, bytes)
            .and_then(|()| self.rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Renames a file or directory.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.reach(Point::Rename)?;
        fs::rename(from, to)
    }

    /// Removes a file; `false` if there was none.
    pub fn remove(&self, path: &Path) -> io::Result<bool> {
        self.reach(Point::Remove)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    /// Removes a directory if it is empty.
    pub fn remove_if_empty(&self, directory: &Path) -> io::Result<()> {
        self.reach(Point::Remove)?;
        match fs::remove_dir(directory) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Removes the files of a directory that are not complete.
    pub fn clear_temporary(&self, directory: &Path) -> io::Result<()> {
        for entry in entries(directory)? {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                self.remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Creates a directory and its parents. New entries of the parent are synced.
    pub fn create(&self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        self.reach(Point::CreateDirectory)?;
        fs::create_dir_all(directory)?;
        directory.parent().map_or(Ok(()), |parent| self.sync(parent))
    }

    /// Syncs a directory, so that what was renamed, created, or removed in it survives power loss.
    pub fn sync(&self, directory: &Path) -> io::Result<()> {
        self.reach(Point::SyncDirectory)?;
        // An empty path is the current directory.
        let directory = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        File::open(directory)?.sync_all()
    }
}

/// A name next to `path` that says that the file is not complete.
pub fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{TEMPORARY}{name}"))
}

/// Creates an empty file that only its owner can read and write, unless there is one; its permissions become so.
pub fn create_private(path: &Path) -> Result<(), DiskError> {
    use std::os::unix::fs::PermissionsExt;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The entries of a directory, by name; none if it does not exist.
pub fn entries(directory: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut found = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?.collect::<Result<Vec<_>, _>>()?,
    };
    found.sort_by_key(fs::DirEntry::file_name);
    Ok(found)
}

/// The number that is a whole file or directory name, such as `7`.
pub fn number(name: &std::ffi::OsStr) -> Option<u64> {
    let text = name.to_str()?;
    (!text.starts_with('+')).then(|| text.parse().ok()).flatten()
}
