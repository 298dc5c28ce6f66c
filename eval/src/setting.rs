//! The two kinds of pictures and the two kinds of light that photos are made with.

/// Where a picture comes from. The variants' names are part of every seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Swatches, close-ups, backs of heads and figures from the generator.
    Drawn,
    /// Recolored portraits.
    Portrait,
}

impl Kind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drawn => "swatches and heads",
            Self::Portrait => "portraits",
        }
    }
}

/// The light and camera. The variants' names are part of every seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// ±0.5 stop, 5,000 to 6,500 K, JPEG quality 80 to 95, full size.
    Everyday,
    /// ±1 stop, 3,000 to 7,500 K, color casts, shadow, tone curves, JPEG quality 60 to 95, down to 256 px, Display P3.
    Harsh,
}

impl Light {
    /// Both, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Everyday, Self::Harsh];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everyday => "everyday",
            Self::Harsh => "harsh",
        }
    }
}
