//! Implementations of the library's ports.

pub mod embedded;
