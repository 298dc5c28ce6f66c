//! Implementations of the library's ports.

#[cfg(test)]
#[macro_use]
mod contract;

pub mod aws;
pub mod embedded;
