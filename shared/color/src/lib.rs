//! Color science: sRGB, CIE Lab, CIEDE2000, words for hair colors, and the standard palette.
//!
//! This crate is arithmetic on small values. It handles no pixels and no files, and depends on no other crate of
//! Strand.

mod describe;
mod difference;
mod palette;
mod space;

pub use describe::{Family, Level, Style, Summary, Tone, Undertone, describe, level_position, lit_mean};
pub use difference::ciede2000;
pub use palette::{Blend, PaletteShade, Part, Place, palette};
pub use space::{Lab, ParseRgbError, Rgb, append_labs, labs};

/// Two hair colors that differ strongly, for tests and examples.
pub mod samples {
    use super::Lab;

    /// A medium brown.
    pub const BROWN: Lab = Lab {
        l: 30.0,
        a: 9.0,
        b: 14.0,
    };
    /// A golden blonde.
    pub const BLONDE: Lab = Lab {
        l: 72.0,
        a: 6.0,
        b: 28.0,
    };
}
