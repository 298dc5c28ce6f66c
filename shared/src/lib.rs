//! Strand matches photos of hair to a library of shades.
//!
//! A photo passes through these layers: bytes, pixels ([`photo`]), mask ([`mask`], found by [`vision`]), [`signature`],
//! ranking ([`learning`]), answer ([`library`], over [`http`]). Each layer is a crate, and its manifest lists the
//! layers that it depends on. This crate re-exports them behind features, so that a process links only what it serves.
//! The rest is composition: [`settings`] reads the environment, and [`compose`] builds what a process serves.

pub use strand_color as color;
pub use strand_learning as learning;
pub use strand_library as library;
pub use strand_mask as mask;
pub use strand_models as models;
pub use strand_photo as photo;
pub use strand_signature as signature;

#[cfg(feature = "archive")]
pub use strand_archive as archive;
#[cfg(feature = "http")]
pub use strand_http as http;
#[cfg(feature = "training")]
pub use strand_training as training;
#[cfg(feature = "vision")]
pub use strand_vision as vision;

/// Stores.
pub mod store {
    #[cfg(feature = "aws")]
    pub use strand_store_aws as aws;
    #[cfg(feature = "embedded")]
    pub use strand_store_embedded as embedded;
}

#[cfg(feature = "http")]
pub mod compose;
#[cfg(all(feature = "http", feature = "vision"))]
mod networks;
#[cfg(feature = "http")]
pub mod settings;
