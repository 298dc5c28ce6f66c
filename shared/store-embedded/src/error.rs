//! Disk errors, and their conversion to errors of the ports.

use rusqlite::ErrorCode;
use std::io::ErrorKind;
use strand_library::ports::StoreError;

/// An error in code that uses files and the database.
#[derive(Debug)]
pub struct DiskError(pub StoreError);

impl From<StoreError> for DiskError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<DiskError> for StoreError {
    fn from(DiskError(error): DiskError) -> Self {
        error
    }
}

impl From<rusqlite::Error> for DiskError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        Self(match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::NoRoom(text),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::NotWritable(text)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Unavailable(text),
            _ => StoreError::Failed(text),
        })
    }
}

impl From<std::io::Error> for DiskError {
    fn from(error: std::io::Error) -> Self {
        let text = error.to_string();
        Self(match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::NoRoom(text),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable(text),
            _ => StoreError::Failed(text),
        })
    }
}

/// An error of serializing or parsing.
pub fn broken(error: impl std::fmt::Display) -> DiskError {
    DiskError(StoreError::Failed(error.to_string()))
}

impl std::fmt::Display for DiskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
