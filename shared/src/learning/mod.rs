//! One linear SVM per shade, its calibration, its file format, and matching a photo against all of them.

mod calibration;
mod format;
mod matching;
mod model;
mod nearness;
mod train;

pub use format::{FORMAT_VERSION, FormatError, pack, unpack};
pub use matching::{Basis, Candidate, Match, Ranking, Shelf};
pub use model::{LeaveOneOut, ModelKind, Reference, ShadeModel};
pub use nearness::color_difference;
pub use train::{Fitted, HardNegatives, TrainError, fit};
