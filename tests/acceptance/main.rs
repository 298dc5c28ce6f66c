//! The acceptance suite: every statement of the HTTP contract, tried on a real server.
//!
//! `cargo test -p strand-tests` starts the `strand-server` that lies beside the tests (or the one that
//! `STRAND_SERVER_BIN` names). With `STRAND_BASE_URL` it drives an existing deployment instead, whose library must be
//! its own; run it with `-- --test-threads=1` then, and with `STRAND_TEST_WIPE=1` where that library may be emptied.
//! Tests that need more than they have say so by name: `NOT RUN …`.

mod analysis;
mod archive;
mod cache;
mod cli;
mod colors;
mod config;
mod cors;
mod durability;
mod errors;
mod fixtures;
mod images;
mod legacy;
mod openapi;
mod overload;
mod page;
mod portraits;
mod service;
mod stream;
mod training;
mod uploads;
