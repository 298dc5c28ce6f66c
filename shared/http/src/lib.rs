//! The HTTP contract: one router per resource, combined by [`Routes`]. Every deployment uses the same handlers.
//!
//! On the wire a shade is a `color` and its photo an `image`, as the first clients called them; see `shades`.

mod analysis;
mod answers;
#[cfg(feature = "archive")]
mod archive;
mod auth;
mod body;
mod confusions;
mod cors;
mod disposition;
mod document;
mod drain;
mod error;
#[cfg(feature = "page")]
mod error_pages;
mod extract;
mod jobs;
mod keys;
mod limits;
mod multipart;
mod near;
mod observe;
mod once;
mod origin;
mod pace;
#[cfg(feature = "page")]
mod page;
mod pages;
mod palette;
mod photos;
mod place;
mod problems;
mod ready;
mod received;
mod routes;
mod secure;
mod service;
mod shades;
mod signed;
mod summary;
mod tickets;
mod timing;
mod together;
mod training;
mod uploads;
mod views;
mod zones;

pub use answers::{AnalysisView, Row};
pub use auth::Access;
pub use cors::{AllowedOrigins, ParseOriginsError};
pub use document::OPENAPI;
pub use error::{code_of, library_detail};
pub use keys::{ApiKey, Keys, KeysError, Scope};
#[cfg(feature = "metrics")]
pub use observe::install_metrics;
pub use place::{BasePath, TrustedProxies};
pub use routes::{HttpConfig, Routes};

use error::ApiError;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use strand_library::Library;

/// The state that all routes share.
struct App {
    library: Arc<Library>,
    config: HttpConfig,
    limits: limits::Limits,
    /// Whether this process exports and imports.
    has_archive: AtomicBool,
    started: Instant,
}

type Shared = Arc<App>;
