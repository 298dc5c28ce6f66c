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
        Self(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull) => {
                StoreError::Unavailable(error.to_string())
            }
            _ => StoreError::Failed(error.to_string()),
        })
    }
}

impl From<std::io::Error> for DiskError {
    fn from(error: std::io::Error) -> Self {
        Self(match error.kind() {
            ErrorKind::StorageFull => StoreError::Unavailable(error.to_string()),
            _ => StoreError::Failed(error.to_string()),
        })
    }
}

/// An error of serializing or parsing.
pub fn broken(error: impl std::fmt::Display) -> DiskError {
    DiskError(StoreError::Failed(error.to_string()))
}
