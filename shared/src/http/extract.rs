//! Paths and queries, with errors of ours.

use super::ApiError;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use serde::{Deserialize, Deserializer, de::Error};

/// The parameters of a path.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(ApiError))]
pub struct InPath<T>(pub T);

/// The parameters of a query.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(ApiError))]
pub struct InQuery<T>(pub T);

/// An id in a path.
#[derive(Clone, Copy)]
pub struct Id(pub u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = u64::deserialize(deserializer)?;
        // Stores keep ids as signed 64-bit integers.
        if (1..=i64::MAX as u64).contains(&id) {
            Ok(Self(id))
        } else {
            Err(D::Error::custom("out of range"))
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::Malformed("The path does not fit this route; ids are positive whole numbers.".into())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(_: QueryRejection) -> Self {
        Self::Malformed(
            "The query cannot be read; write it as name=value, each name once, joined by &.".into(),
        )
    }
}
