//! What keeps a process from using a data directory, each as one sentence: the path, the user, the cause, and the remedy.

use crate::DATABASE;
use crate::disk::{TEMPORARY, entries};
use crate::error::DiskError;
use rustix::fs::Access;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use strand_library::ports::StoreError;

/// The directory of photos, in that of a store.
const PHOTOS: &str = "photos";
/// The directories of a store in which files are written, besides its own.
const DIRECTORIES: [&str; 3] = [PHOTOS, "uploads", "backups"];
/// The files of a store that are written in place.
const FILES: [&str; 3] = [DATABASE, "strand.db-wal", "strand.db-ids"];
/// The magic numbers of network file systems, from statfs(2) and linux/magic.h.
#[cfg(target_os = "linux")]
const NETWORKS: [(u32, &str); 6] = [
    (0x6969, "NFS"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x517b, "SMB"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
];

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the lock.
    #[error("another process uses {}; stop it first", .0.display())]
    InUse(PathBuf),
    /// The disk does not allow what the store needs. The sentence names the path, the user, the cause, and the remedy.
    #[error("{0}")]
    Obstacle(String),
    /// The disk is full. The sentence says where.
    #[error("{0}")]
    Full(String),
    /// A newer version wrote the database.
    #[error(
        "{} was written by a newer Strand (schema {found}, this one knows {known}); update this Strand",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// The newest schema of this version.
        known: usize,
    },
    /// The disk or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DiskError> for OpenError {
    fn from(DiskError(error): DiskError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        DiskError::from(error).into()
    }
}

/// The user of this process.
fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The sentence for a path that cannot be, for example, "written".
pub fn blocked(path: &Path, done: &str, error: &io::Error) -> OpenError {
    let uid = uid();
    let cause = match error.kind() {
        ErrorKind::PermissionDenied => permission(path, uid),
        ErrorKind::ReadOnlyFilesystem => {
            "its file system is mounted read-only; mount it so that it can be written".into()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full; free some space there".into(),
        ErrorKind::Unsupported => unlockable(path),
        _ if error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) => unlockable(path),
        _ => format!("{error}; choose a directory that can be created and written"),
    };
    let sentence = format!(
        "{} cannot be {done} by the user with the UID {uid}: {cause}",
        path.display()
    );
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::Full(sentence),
        _ => OpenError::Obstacle(sentence),
    }
}

fn permission(path: &Path, uid: u32) -> String {
    // The nearest that can be looked at: the path itself may not exist.
    let found = path
        .ancestors()
        .find_map(|path| Some((path, fs::metadata(path).ok()?)));
    match found {
        Some((at, about)) if about.uid() != uid => {
            let (at, owner) = (at.display(), about.uid());
            format!("{at} belongs to the UID {owner}; make the UID {uid} its owner")
        }
        Some((at, about)) => {
            let mode = about.permissions().mode() & 0o7777;
            format!(
                "the permissions of {} are {mode:04o}; let its owner read, write, and enter it",
                at.display()
            )
        }
        None => "permission is denied; let it read and write there".into(),
    }
}

fn unlockable(path: &Path) -> String {
    let kind = network(path).map_or_else(|| "its".to_owned(), |name| format!("the {name}"));
    format!("{kind} file system gives no locks; mount it with locking, or use a directory on a local disk")
}

/// The name of the network file system that a directory is on, if it is on one.
pub fn network(path: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    {
        let kind = rustix::fs::statfs(path).ok()?.f_type as u32;
        NETWORKS
            .iter()
            .find(|(magic, _)| *magic == kind)
            .map(|(_, name)| *name)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

/// How many bytes this user can still write to the disk of a directory.
pub fn free(directory: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(directory).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

/// A store's directory, and those in it in which files are written.
fn places(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let inner = DIRECTORIES.iter().map(|name| directory.join(name));
    std::iter::once(directory.to_owned()).chain(inner)
}

/// Creates the directories of a store.
pub fn create_all(directory: &Path) -> Result<(), OpenError> {
    for place in places(directory) {
        fs::create_dir_all(&place).map_err(|error| blocked(&place, "created", &error))?;
    }
    Ok(())
}

/// Tries what the work needs in each directory of a store that exists: a file is created, written, synced, renamed, locked,
/// and removed. Of the database, the permissions are checked.
pub fn try_all(directory: &Path) -> Result<(), OpenError> {
    // A sync takes milliseconds, and tells of the whole file system.
    let mut synced = HashSet::new();
    for place in places(directory).filter(|place| place.exists()) {
        let device = fs::metadata(&place).map(|about| about.dev());
        let device = device.map_err(|error| blocked(&place, "read", &error))?;
        try_one(&place, synced.insert(device))?;
    }
    // The database is not opened: closing it would end the locks that this process has on it.
    for file in FILES {
        check_access(&directory.join(file), Access::READ_OK | Access::WRITE_OK)?;
    }
    Ok(())
}

/// Checks the permissions on the directories of shades. Without them, the rest of a store works.
pub fn check_shades(directory: &Path) -> Result<(), OpenError> {
    let photos = directory.join(PHOTOS);
    let found = entries(&photos).map_err(|error| blocked(&photos, "read", &error))?;
    let is_directory = |entry: &&fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    for shade in found.iter().filter(is_directory) {
        check_access(
            &shade.path(),
            Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
        )?;
    }
    Ok(())
}

/// Whether this process has the permissions on a file or directory, if there is one.
fn check_access(path: &Path, wanted: Access) -> Result<(), OpenError> {
    match rustix::fs::access(path, wanted).map_err(io::Error::from) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(blocked(path, "read and written", &error)),
        _ => Ok(()),
    }
}

fn try_one(place: &Path, syncs: bool) -> Result<(), OpenError> {
    // Another process may try the same place.
    let id = std::process::id();
    let (first, second) = (
        place.join(format!("{TEMPORARY}try-{id}")),
        place.join(format!("{TEMPORARY}tried-{id}")),
    );
    let written = File::create(&first)
        .and_then(|mut file| {
            file.write_all(b"tried")?;
            if syncs { file.sync_data() } else { Ok(()) }
        })
        .and_then(|()| fs::rename(&first, &second));
    if let Err(error) = written {
        let _ = fs::remove_file(&first);
        return Err(blocked(place, "written", &error));
    }
    let locked = File::open(&second).map(|file| file.try_lock());
    let removed = fs::remove_file(&second);
    match locked {
        Ok(Ok(()) | Err(TryLockError::WouldBlock)) => {}
        Ok(Err(TryLockError::Error(error))) | Err(error) => return Err(blocked(place, "locked", &error)),
    }
    removed.map_err(|error| blocked(place, "written", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: ErrorKind, path: &Path) -> String {
        blocked(path, "written", &kind.into()).to_string()
    }

    #[test]
    fn each_obstacle_is_one_sentence_with_its_remedy() {
        let place = tempfile::tempdir().unwrap();
        let at = place.path().display().to_string();
        for (kind, remedy) in [
            (ErrorKind::PermissionDenied, "let its owner"),
            (
                ErrorKind::ReadOnlyFilesystem,
                "mount it so that it can be written",
            ),
            (ErrorKind::StorageFull, "free some space"),
            (ErrorKind::Unsupported, "local disk"),
        ] {
            let sentence = said(kind, place.path());
            assert!(sentence.starts_with(&format!("{at} cannot be written by the user with the UID ")));
            assert!(
                sentence.contains(remedy) && !sentence.contains('\n'),
                "{sentence}"
            );
        }
        let nolck = io::Error::from_raw_os_error(rustix::io::Errno::NOLCK.raw_os_error());
        let sentence = blocked(place.path(), "locked", &nolck).to_string();
        assert!(sentence.contains("gives no locks"), "{sentence}");
    }

    #[test]
    fn a_foreign_owner_is_named() {
        // The root of the file system belongs to root; a test that runs as root looks for another one's file.
        let foreign = if uid() == 0 {
            let place = tempfile::tempdir().unwrap();
            std::os::unix::fs::chown(place.path(), Some(65_534), None).unwrap();
            place.keep()
        } else {
            PathBuf::from("/")
        };
        let owner = fs::metadata(&foreign).unwrap().uid();
        let sentence = said(ErrorKind::PermissionDenied, &foreign.join("missing"));
        let wanted = format!("belongs to the UID {owner}; make the UID {} its owner", uid());
        assert!(sentence.contains(&wanted), "{sentence}");
        if uid() == 0 {
            fs::remove_dir(foreign).unwrap();
        }
    }

    #[test]
    fn trying_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        create_all(place.path()).unwrap();
        try_all(place.path()).unwrap();
        for place in places(place.path()) {
            let files = entries(&place).unwrap();
            assert!(files.iter().all(|entry| entry.path().is_dir()), "{files:?}");
        }
        assert!(free(place.path()).unwrap() > 0);
    }

    #[test]
    fn what_belongs_to_another_is_named_wherever_it_is() {
        // Root may do anything with any file. A thread has a user of its own, and this one ends with the test.
        if uid() == 0 {
            let nobody = rustix::process::Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        }
        let place = tempfile::tempdir().unwrap();
        create_all(place.path()).unwrap();
        fs::create_dir(place.path().join("photos/1")).unwrap();
        fs::write(place.path().join(DATABASE), b"").unwrap();
        for name in ["photos/1", DATABASE] {
            let path = place.path().join(name);
            let before = fs::metadata(&path).unwrap().permissions();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
            let tried = try_all(place.path()).and_then(|()| check_shades(place.path()));
            let sentence = tried.unwrap_err().to_string();
            assert!(
                sentence.starts_with(&format!("{} cannot be", path.display())),
                "{sentence}"
            );
            fs::set_permissions(&path, before).unwrap();
        }
        try_all(place.path()).unwrap();
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_is_named() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("photos"), b"x").unwrap();
        let sentence = create_all(place.path()).unwrap_err().to_string();
        assert!(sentence.contains("photos cannot be created"), "{sentence}");
    }
}
