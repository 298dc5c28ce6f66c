//! Per-photo data as `NumPy` files, to try ideas on outside.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use strand::color::{Lab, append_labs};
use strand::photo::Photo;
use strand::vision::HairMask;
use strand_tests::render::Tone;

use crate::shades::Known;

/// Pixels kept of each photo's hair, spread evenly over it, and as many of what surely is no hair.
const PIXELS: usize = 512;
/// Figures of each: of hair and of what surrounds it.
const OF_HAIR: usize = 7;
const OF_GROUND: usize = 6;
/// A pixel below this probability, 0 to 255, is not hair.
const NOT_HAIR: u8 = 26;

/// What is dumped of one photo.
pub struct Row {
    /// Shade, photo, light (0 everyday, 1 harsh), kind (0 drawn, 1 portrait), whether the light was undone, hair pixels.
    pub ids: [i32; 6],
    /// The descriptor.
    pub descriptor: Vec<f32>,
    /// L\*, a\*, b\*, height (0 top to 1 bottom), probability, x and y (in units of the photo's shorter side) of
    /// [`PIXELS`] hair pixels, repeated where there are fewer.
    pub hair: Vec<f32>,
    /// L\*, a\*, b\*, probability of skin, x and y of as many others.
    pub ground: Vec<f32>,
}

impl Row {
    /// The row of a photo; figures of hair and of ground are zeros where there is none.
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
        };
        row.hair.resize(PIXELS * OF_HAIR, 0.0);
        row.ground.resize(PIXELS * OF_GROUND, 0.0);
        row
    }
}

/// [`PIXELS`] of the pixels, each with the share of them before it.
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

/// Writes `ids.npy`, `descriptor.npy`, `hair.npy`, `ground.npy` into `folder`, and `shades.tsv`: number, name, then
/// L\*, a\*, b\*, share and place of each tone.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write(folder: &Path, rows: &[Row], shades: &[Known]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
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
    fs::write(folder.join("shades.tsv"), table)?;
    let ids: Vec<u8> = rows
        .iter()
        .flat_map(|row| row.ids)
        .flat_map(i32::to_le_bytes)
        .collect();
    npy(&folder.join("ids.npy"), "<i4", &[rows.len(), 6], &ids)?;
    let floats = |of: fn(&Row) -> &[f32]| -> Vec<u8> {
        rows.iter().flat_map(of).flat_map(|v| v.to_le_bytes()).collect()
    };
    let width = rows.first().map_or(0, |row| row.descriptor.len());
    npy(
        &folder.join("descriptor.npy"),
        "<f4",
        &[rows.len(), width],
        &floats(|row| &row.descriptor),
    )?;
    npy(
        &folder.join("hair.npy"),
        "<f4",
        &[rows.len(), PIXELS, OF_HAIR],
        &floats(|row| &row.hair),
    )?;
    npy(
        &folder.join("ground.npy"),
        "<f4",
        &[rows.len(), PIXELS, OF_GROUND],
        &floats(|row| &row.ground),
    )
}

/// The NPY format, version 1.0, of `NumPy`'s documentation.
fn npy(path: &Path, kind: &str, shape: &[usize], data: &[u8]) -> std::io::Result<()> {
    let sizes: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!(
        "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}",
        sizes.join(" ")
    );
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.into_bytes());
    file.extend(data);
    fs::write(path, file)
}
