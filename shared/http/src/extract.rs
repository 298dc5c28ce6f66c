//! Extractors for paths and queries, with Strand's errors.

use crate::ApiError;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::IntoParams;

/// The parameters in a path.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(ApiError))]
pub struct InPath<T>(pub T);

/// The parameters in a query.
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

/// Describes path parameters in the OpenAPI document. Ids go up to 2^53 - 1, which every client can represent exactly.
macro_rules! in_path {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),+ })+) => {$(
        $(#[$doc])*
        #[derive(IntoParams)]
        #[into_params(parameter_in = Path)]
        #[expect(dead_code, reason = "it only documents the path")]
        pub struct $name { $($(#[$field_doc])* $field: $kind),+ }
    )+};
}

in_path! {
    /// Path parameters of a shade.
    ShadeInPath {
        /// Color id.
        #[param(example = 7, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        id: u64
    }
    /// Path parameters of a photo.
    PhotoInPath {
        /// Color id.
        #[param(example = 7, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        id: u64,
        /// Image id.
        #[param(example = 12, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        image_id: u64
    }
    /// Path parameters of a photo's file.
    FileInPath {
        /// Color id.
        #[param(example = 7, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        id: u64,
        /// File name from `image_path`.
        #[param(example = "12.jpg")]
        file: String
    }
    /// Path parameters of a job.
    JobInPath {
        /// Job id.
        #[param(example = 3, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        id: u64
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
