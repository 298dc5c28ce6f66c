//! Color science: sRGB, CIE Lab, CIEDE2000, the words for a hair color, the industry palette.
//!
//! Everything here is arithmetic on small values: no pixels, no files, no other module of the crate.

mod describe;
mod difference;
mod palette;
mod space;

pub use describe::{Level, Style, Summary, Tone, describe};
pub use difference::ciede2000;
pub use palette::{Blend, Part, Place, Shade, palette};
pub use space::{Lab, ParseRgbError, Rgb, append_labs};

/// Two hairs far from each other, for the tests of what compares colors.
#[cfg(test)]
pub(crate) mod samples {
    use super::Lab;

    pub const BROWN: Lab = Lab {
        l: 30.0,
        a: 9.0,
        b: 14.0,
    };
    pub const BLONDE: Lab = Lab {
        l: 72.0,
        a: 6.0,
        b: 28.0,
    };
}
