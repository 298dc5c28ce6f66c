//! The domain: shades, their photos and models, and the use cases.
//!
//! [`ports`] declares what the domain needs from a store, from neural networks, and from a solver. The use cases are
//! four types, each with only the ports that it needs: [`Library`] stores shades and photos, [`Matching`] matches
//! photos, [`Training`] trains shades, and [`JobQueue`](jobs::JobQueue) trains in the background. There is no HTTP,
//! SQL, or AWS here, and no message names a route, a command, or a variable: the outer layers say what to do about an
//! error.

mod answers;
mod cache;
mod catalog;
mod coloring;
mod error;
mod health;
mod hold;
mod job;
pub mod jobs;
mod library;
mod light;
mod matching;
mod measuring;
mod memory;
mod names;
mod overlay;
mod photo;
mod photos;
mod plural;
pub mod ports;
mod quotas;
pub mod rows;
mod shade;
mod shades;
mod stages;
mod together;
pub mod training;
mod upload;
mod uploads;
mod warnings;
mod workers;

pub use answers::{Acting, Once};
pub use cache::CacheStats;
pub use catalog::Catalog;
pub use coloring::Coloring;
pub use error::{LibraryError, Thing, UploadError};
pub use health::{Advice, AdviceKind, Health};
pub use job::{Job, JobFailure, JobState, Joins, NewJob};
pub use jobs::JobQueue;
pub use library::Library;
pub use light::Light;
pub use matching::{Analysis, Matching, standard_palette};
pub use measuring::{HeadPlace, MeasuredPhoto, Measuring, PhotoRequest};
pub use memory::{Budget, MEMORY, Memory};
pub use names::Names;
pub use overlay::Overlay;
pub use photo::{NewPhoto, StoredPhoto, hex_digest};
pub use photos::{PhotoFile, inspect_patiently};
pub use plural::counted;
pub use quotas::{Quotas, Usage};
pub use shade::{ModelInfo, NewShade, Shade, ShadeChange, ShadeStatus, TrainingFailure, name_key};
pub use shades::{DESCRIPTION_LIMIT, NAME_LIMIT, valid_description, valid_name};
pub use stages::StageTimes;
pub use together::{Consensus, disagreement};
pub use training::{Phase, Progress, Trained, Training};
pub use upload::{NewUpload, Received, Upload, UploadTarget, UploadTerms};
pub use uploads::FILENAME_LIMIT;
pub use workers::Workers;
