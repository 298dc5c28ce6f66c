//! The lock of a data directory: one process at a time uses it.
//!
//! The directory itself is locked, and a file in it, which earlier versions lock. A file can be deleted and created again,
//! and then be locked a second time; the directory cannot.

use crate::obstacle::{self, OpenError};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a lock is tried while another process holds it.
const AGAIN: Duration = Duration::from_millis(50);

/// Held while a process uses the directory. Never read: closing it gives the directory to another process.
pub struct Lock {
    _directory: File,
    _file: File,
}

fn lock_file(directory: &Path) -> PathBuf {
    directory.join("lock")
}

/// Locks a directory for this process. If another process holds it, waits for it up to `patience`, and calls `waits` once.
pub fn take(directory: &Path, patience: Duration, waits: impl FnOnce()) -> Result<Lock, OpenError> {
    let deadline = Instant::now() + patience;
    let mut waits = Some(waits);
    loop {
        match try_take(directory) {
            Err(OpenError::InUse(_)) if Instant::now() < deadline => {
                if let Some(waits) = waits.take() {
                    waits();
                }
                std::thread::sleep(AGAIN);
            }
            lock => return lock,
        }
    }
}

fn try_take(directory: &Path) -> Result<Lock, OpenError> {
    let blocked = |path: &Path, error: io::Error| obstacle::blocked(path, "locked", &error);
    let opened = File::open(directory).map_err(|error| obstacle::blocked(directory, "read", &error))?;
    match opened.try_lock() {
        // Some network file systems lock no directories.
        Ok(()) | Err(TryLockError::Error(_)) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory.to_owned())),
    }
    let path = lock_file(directory);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| obstacle::blocked(&path, "written", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock {
            _directory: opened,
            _file: file,
        }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(blocked(&path, error)),
    }
}

/// Whether another process uses the directory. Creates and locks nothing.
pub fn in_use(directory: &Path) -> bool {
    [directory.to_owned(), lock_file(directory)].iter().any(|path| {
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    })
}
