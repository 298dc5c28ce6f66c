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
