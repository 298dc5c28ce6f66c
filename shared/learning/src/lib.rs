//! Shade models: one per shade, their calibration and file format, and matching a photo against all of them. Fitting
//! needs a solver, which is behind the trait [`Fit`].

mod calibration;
mod confusions;
mod fit;
mod format;
mod model;
mod nearness;
mod negatives;
mod ranking;
mod shade;
mod snapshot;

pub use calibration::Sigmoid;
pub use confusions::{ConfusedPair, Confusions, LeftOutPhoto, ShadeRecall};
pub use fit::{Fit, FitError, Fitted};
pub use format::{FORMAT_VERSION, FormatError, pack, unpack};
pub use model::{LeaveOneOut, ModelKind, Reference, ShadeModel, are_colors, is_mild};
pub use nearness::color_difference;
pub use negatives::HardNegatives;
pub use ranking::{Basis, JointMatch, Match, Query, Ranking};
pub use shade::SnapshotShade;
pub use snapshot::LibrarySnapshot;
