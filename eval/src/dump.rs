//! Writes the data of each photo as `NumPy` files, for the Python that trains from them and for experiments.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use ndarray::{Array, Array2, Array3, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt};
use strand::color::{Lab, append_labs};
use strand::mask::HairMask;
use strand::photo::Photo;
use strand::signature::{DESCRIPTOR_DIMENSION, DESCRIPTOR_ID};
use strand_tests::render::Tone;

use crate::networks::Networks;
use crate::shades::KnownShade;

/// The number of hair pixels per photo, spread evenly over the hair, and of pixels that are certainly not hair.
const PIXELS: usize = 512;
/// Values per pixel of hair, and per pixel of its surroundings.
const OF_HAIR: usize = 7;
const OF_GROUND: usize = 6;
/// A pixel below this probability, 0 to 255, is certainly not hair.
const NOT_HAIR: u8 = 26;

/// The data of one photo.
pub struct Row {
    /// Shade, photo, light (0 everyday, 1 harsh), kind (0 drawn, 1 recolored portrait, 2 labeled portrait), whether the light
    /// was removed (0 or 1), number of hair pixels.
    pub ids: [i32; 6],
    /// The descriptor, of length [`DESCRIPTOR_DIMENSION`].
    pub descriptor: Vec<f32>,
    /// [`PIXELS`] hair pixels, repeated when there are fewer: L\*, a\*, b\*, rank from top to bottom (0 to 1),
    /// probability (0 to 1), x and y in units of the photo's shorter side.
    pub hair: Vec<f32>,
    /// As many other pixels: L\*, a\*, b\*, probability of skin (0 to 1), x and y.
    pub ground: Vec<f32>,
    /// The backbone's embedding; empty when it was not computed.
    pub embedding: Vec<f32>,
}

impl Row {
    /// The row of a photo, without an embedding. Values of hair and surroundings are zeros when there are no such pixels.
    pub fn of(ids: [i32; 5], photo: &Photo, mask: &HairMask, descriptor: &[f32]) -> Self {
        let mut labs = Vec::new();
        append_labs(photo.rgb(), &mut labs);
        let hair: Vec<usize> = (0..labs.len())
            .filter(|i| mask.probability[*i] >= HairMask::THRESHOLD)
            .collect();
        let unit = photo.width().min(photo.height()) as f32;
        let place = |pixel: usize| {
            let width = photo.width() as usize;
            [(pixel % width) as f32 / unit, (pixel / width) as f32 / unit]
        };
        let pixels = spread(&hair).flat_map(|(height, pixel)| {
            let ([x, y], Lab { l, a, b }) = (place(pixel), labs[pixel]);
            [l, a, b, height, f32::from(mask.probability[pixel]) / 255.0, x, y]
        });
        let others: Vec<usize> = (0..labs.len())
            .filter(|i| mask.probability[*i] < NOT_HAIR)
            .collect();
        let ground = spread(&others).flat_map(|(_, pixel)| {
            let ([x, y], Lab { l, a, b }) = (place(pixel), labs[pixel]);
            [l, a, b, f32::from(skin_at(photo, mask, pixel)) / 255.0, x, y]
        });
        let [shade, index, light, kind, undone] = ids;
        let mut row = Self {
            ids: [shade, index, light, kind, undone, hair.len() as i32],
            descriptor: descriptor.to_vec(),
            hair: pixels.collect(),
            ground: ground.collect(),
            embedding: Vec::new(),
        };
        row.hair.resize(PIXELS * OF_HAIR, 0.0);
        row.ground.resize(PIXELS * OF_GROUND, 0.0);
        row
    }
}

impl Row {
    /// The row of a photo in which no hair was found: all values are zeros.
    pub fn without_hair(ids: [i32; 5]) -> Self {
        let [shade, index, light, kind, corrected] = ids;
        Self {
            ids: [shade, index, light, kind, corrected, 0],
            descriptor: vec![0.0; DESCRIPTOR_DIMENSION],
            hair: vec![0.0; PIXELS * OF_HAIR],
            ground: vec![0.0; PIXELS * OF_GROUND],
            embedding: Vec::new(),
        }
    }
}

/// [`PIXELS`] of the given pixels, each with the share of pixels before it.
fn spread(pixels: &[usize]) -> impl Iterator<Item = (f32, usize)> {
    let count = if pixels.is_empty() { 0 } else { PIXELS };
    (0..count).map(|k| {
        let rank = k * pixels.len() / PIXELS;
        (rank as f32 / pixels.len() as f32, pixels[rank])
    })
}

fn skin_at(photo: &Photo, mask: &HairMask, pixel: usize) -> u8 {
    let Some(skin) = &mask.skin else { return 0 };
    let (x, y) = (pixel as u32 % photo.width(), pixel as u32 / photo.width());
    let (column, row) = (x * skin.width / photo.width(), y * skin.height / photo.height());
    skin.probability[(row * skin.width + column) as usize]
}

/// Writes one file for each field of [`Row`] into `folder`, with one row per photo: `ids.npy`, `descriptor.npy`,
/// `hair.npy`, `ground.npy` and, where any photo has one, `embedding.npy`. Other files:
///
/// - `shades.tsv`: index and name of each shade, then L\*, a\*, b\*, share and place of each tone;
/// - `differences.npy`: CIEDE2000 between every two shades;
/// - `networks.toml`: ids of the descriptor and the networks.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, rows: &[Row], shades: &[KnownShade], networks: &Networks) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("shades.tsv"), table(shades))?;
    fs::write(
        folder.join("networks.toml"),
        format!(
            "descriptor = \"{DESCRIPTOR_ID}\"\nparser = \"{}\"\nbackbone = \"{}\"\n",
            networks.parser_id(),
            networks.backbone_id().unwrap_or_default()
        ),
    )?;
    let differences = Array2::from_shape_fn((shades.len(), shades.len()), |(i, j)| {
        shades[i].difference(&shades[j])
    });
    npy(&folder.join("differences.npy"), &differences)?;
    let count = rows.len();
    let ids = Array2::from_shape_fn((count, 6), |(row, i)| rows[row].ids[i]);
    npy(&folder.join("ids.npy"), &ids)?;
    let pixels = |of: fn(&Row) -> &[f32], values: usize| {
        Array3::from_shape_fn((count, PIXELS, values), |(row, pixel, i)| {
            of(&rows[row])[pixel * values + i]
        })
    };
    npy(
        &folder.join("descriptor.npy"),
        &vectors(rows, |row| &row.descriptor, DESCRIPTOR_DIMENSION),
    )?;
    npy(&folder.join("hair.npy"), &pixels(|row| &row.hair, OF_HAIR))?;
    npy(&folder.join("ground.npy"), &pixels(|row| &row.ground, OF_GROUND))?;
    match rows.iter().map(|row| row.embedding.len()).max() {
        None | Some(0) => Ok(()),
        Some(length) => npy(
            &folder.join("embedding.npy"),
            &vectors(rows, |row| &row.embedding, length),
        ),
    }
}

/// One vector per photo; zeros where a photo has none.
fn vectors(rows: &[Row], of: fn(&Row) -> &[f32], length: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows.len(), length), |(row, i)| {
        of(&rows[row]).get(i).copied().unwrap_or_default()
    })
}

fn table(shades: &[KnownShade]) -> String {
    let mut table = String::new();
    for (number, known) in shades.iter().enumerate() {
        let _ = write!(table, "{number}\t{}", known.shade.name);
        for Tone { lab, share, place } in &known.shade.tones {
            let _ = write!(
                table,
                "\t{:.2} {:.2} {:.2} {share:.2} {place:?}",
                lab.l, lab.a, lab.b
            );
        }
        table.push('\n');
    }
    table
}

fn npy<T: WritableElement, D: Dimension>(path: &Path, array: &Array<T, D>) -> io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    array.write_npy(file).map_err(io::Error::other)
}
