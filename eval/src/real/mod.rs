//! `--part real`: real photographs. Each one is left out in turn, and a library of all the others names its shade. Then
//! each shade is left out, and each photograph is changed in light, in size, and as a file.

mod changes;
mod doubt;
mod folder;
mod matches;
mod stability;
mod together;
mod words;

use std::fmt::Display;
use std::fs;
use std::path::Path;

use image::RgbImage;
use rayon::prelude::*;
use strand::mask::Framed;
use strand::photo;
use strand_tests::render::encode::Jpeg;

use crate::networks::{Networks, WORKING_SIDE};
use crate::sample::Sample;
use crate::scheme::{Histogram, MeanColor, Scheme, Strand, TrainingShade};
use folder::{Listed, list};

/// The long side, in pixels, of photographs before they are changed, and the JPEG quality after.
const SIDE: u32 = 1024;
const QUALITY: u8 = 95;

/// Strand and the baselines, by the names in the tables.
const SCHEMES: [(&str, &dyn Scheme); 3] = [
    ("Strand", &Strand::Current),
    ("nearest mean color", &MeanColor),
    ("nearest color histogram", &Histogram),
];

/// A measured photograph.
struct Photograph {
    file: Vec<u8>,
    /// `None` where no hair was found.
    sample: Option<Sample>,
    /// The index of its shade.
    shade: usize,
}

/// All photographs of a folder.
struct Photographs {
    all: Vec<Photograph>,
    /// The number of shades.
    shades: usize,
}

/// Measures the photographs in `folder` and prints the tables.
///
/// # Errors
/// One sentence when the folder or a photo cannot be read.
pub fn run(folder: &Path, networks: &Networks) -> Result<(), String> {
    let photographs = Photographs::measure(folder, networks)?;
    matches::report(&photographs, networks);
    together::report(&photographs);
    doubt::report(&photographs);
    words::report(&photographs, networks);
    stability::report(&photographs, networks);
    Ok(())
}

impl Photographs {
    fn measure(folder: &Path, networks: &Networks) -> Result<Self, String> {
        let listed = list(folder)?;
        let mut shades: Vec<&str> = Vec::new();
        for Listed { shade, .. } in &listed {
            if !shades.contains(&shade.as_str()) {
                shades.push(shade);
            }
        }
        let measure = |Listed { file, shade }: &Listed| {
            let path = folder.join(file);
            let about = |error: &dyn Display| format!("{}: {error}", path.display());
            let file = fs::read(&path).map_err(|error| about(&error))?;
            Ok(Photograph {
                sample: measured(&file, networks).map_err(|error| about(&error))?,
                shade: shades.iter().position(|known| known == shade).unwrap_or(0),
                file,
            })
        };
        let all: Result<_, String> = listed.par_iter().map(measure).collect();
        Ok(Self {
            all: all?,
            shades: shades.len(),
        })
    }

    /// The photos to train each shade on: those for which `is_in` holds, by index. A shade without photos is left out.
    fn training(&self, is_in: impl Fn(usize) -> bool) -> Vec<TrainingShade<'_>> {
        let photos = |shade: usize| -> TrainingShade {
            let own = (0..self.all.len()).filter(|i| self.all[*i].shade == shade && is_in(*i));
            (shade, own.filter_map(|i| self.all[i].sample.as_ref()).collect())
        };
        let shades = (0..self.shades).map(photos);
        shades.filter(|(_, photos)| !photos.is_empty()).collect()
    }
}

/// What is measured in a file; `None` where no hair was found.
fn measured(file: &[u8], networks: &Networks) -> Result<Option<Sample>, photo::PhotoError> {
    let framed = Framed::decode(file, WORKING_SIDE)?;
    let picture = framed.picture();
    let mask = networks.parse(&picture);
    Ok(Sample::of(&picture, &mask))
}

/// What is measured in a picture that is saved as a JPEG.
fn measured_again(picture: &RgbImage, quality: u8, networks: &Networks) -> Option<Sample> {
    let jpeg = Jpeg {
        quality,
        ..Jpeg::default()
    };
    measured(&jpeg.encode(picture), networks).expect("a JPEG can be read")
}

/// The decoded photograph.
fn picture(photograph: &Photograph) -> RgbImage {
    let photo = photo::decode(&photograph.file, SIDE).expect("it was read before");
    RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec()).expect("three bytes a pixel")
}

fn share(count: usize, of: usize) -> f32 {
    count as f32 / of.max(1) as f32
}

/// The value that this share of `values` does not exceed; 0 without values.
fn percentile(values: &[f32], percent: usize) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(0.0)
}
