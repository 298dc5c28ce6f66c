//! Room that is kept on the disk, so that a full disk still takes deletions.

use crate::obstacle;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name of the file in the data directory.
const FILE: &str = "strand.db-room";
/// A deletion writes each page of the database that it changes once to the log: 4 MiB are those of some 400 photos.
const BYTES: u64 = 4 << 20;

/// The file whose removal makes room.
pub struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub fn open(directory: &Path) -> Self {
        Self {
            path: directory.join(FILE),
        }
    }

    /// Takes the room again, unless it is taken or there is none.
    pub fn fill(&self) {
        if fs::metadata(&self.path).is_ok_and(|about| about.len() == BYTES) {
            return;
        }
        let parent = self.path.parent().unwrap_or(Path::new("."));
        // Leaves as much to others.
        let is_room = obstacle::free(parent).is_none_or(|free| free > 2 * BYTES);
        if !is_room || self.take().is_err() {
            self.release();
        }
    }

    fn take(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        match fallocate(&file, FallocateFlags::empty(), 0, BYTES) {
            Ok(()) => Ok(()),
            // Not every file system can allocate without writing.
            Err(_) => file.write_all(&vec![0; BYTES as usize]),
        }
    }

    /// Gives the room to a deletion.
    pub fn release(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Whether the room is kept. If not, the disk is full.
    pub fn is_filled(&self) -> bool {
        self.path.exists()
    }
}
