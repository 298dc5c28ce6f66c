//! Test support for Strand: pictures of hair in known shades, and a harness that drives a real server over HTTP.

pub mod client;
pub mod power_cut;
pub mod proxy;
pub mod raw;
pub mod render;
pub mod server;
