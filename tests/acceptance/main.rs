//! The acceptance suite: every statement of the HTTP contract, tested on a real server.
//!
//! `cargo test -p strand-tests` starts the `strand-server` built next to the tests, or the one that `STRAND_SERVER_BIN`
//! names. With `STRAND_BASE_URL` and `--features deployment`, it tests an existing deployment whose library only the
//! tests use. `--features wipe` also runs the tests that empty that library; add `-- --test-threads=1`. Tests that
//! cannot run are reported as ignored, with the reason.

mod analysis;
mod archive;
mod cache;
mod cli;
mod colors;
mod config;
mod confusions;
mod cors;
mod durability;
mod errors;
mod examples;
mod fields;
mod fixtures;
mod heads;
mod hostile;
mod images;
mod keys;
mod legacy;
mod near;
mod once;
mod openapi;
mod overload;
mod page;
mod place;
mod portraits;
mod privacy;
mod service;
mod strangers;
mod stream;
mod together;
mod training;
mod uploads;
mod words;
