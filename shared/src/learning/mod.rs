//! One linear SVM per shade, its calibration, its file format, and matching a photo against all of them.

mod calibration;
mod format;
mod matching;
mod model;
mod train;

pub use format::{FORMAT_VERSION, FormatError, pack, unpack};
pub use matching::{Basis, Candidate, Match, Ranking, Shelf, color_difference};
pub use model::{LeaveOneOut, ModelKind, Reference, ShadeModel};
pub use train::{Fitted, HardNegatives, TrainError, fit};
