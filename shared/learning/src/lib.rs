//! Shade models: one per shade, their calibration and file format, and matching a photo against all of them. Fitting
//! needs a solver, which is behind the trait [`Fit`].

mod calibration;
mod fit;
mod format;
mod model;
mod nearness;
mod negatives;
mod ranking;
mod shade;
mod snapshot;
mod standing;

pub use calibration::Sigmoid;
pub use fit::{Fit, FitError, Fitted};
pub use format::{FORMAT_VERSION, FormatError, pack, unpack};
pub use model::{LeaveOneOut, ModelKind, Reference, ShadeModel};
pub use nearness::color_difference;
pub use negatives::HardNegatives;
pub use ranking::{Basis, Match, Query, Ranking, Together};
pub use shade::SnapshotShade;
pub use snapshot::LibrarySnapshot;
pub use standing::{MistakenPair, PhotoStanding, ShadeStanding, Standing};
