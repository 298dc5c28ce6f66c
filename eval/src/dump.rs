//! Per-photo data as `NumPy` files, to try ideas on outside.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use strand::color::{Lab, append_labs};
use strand::photo::Photo;
use strand::vision::HairMask;
use strand_tests::render::Tone;

use crate::shades::Known;

/// Hair pixels kept of each photo, spread evenly over the hair.
const PIXELS: usize = 1024;
/// A pixel below this probability, 0 to 255, is not hair.
const NOT_HAIR: u8 = 26;

/// What is dumped of one photo.
pub struct Row {
    /// Shade, photo, light (0 everyday, 1 harsh), kind (0 drawn, 1 portrait), whether the light was undone, hair pixels.
    pub ids: [i32; 6],
    /// The descriptor.
    pub descriptor: Vec<f32>,
    /// L\*, a\*, b\*, height (0 top to 1 bottom), probability of [`PIXELS`] hair pixels, repeated where there are fewer.
    pub hair: Vec<f32>,
    /// Means: hair Lab, skin Lab and its share of the photo, everything but hair Lab, the brightest 2 % of it in linear
    /// RGB, linear RGB mean of the whole photo.
    pub means: [f32; 16],
}

impl Row {
    /// The row of a photo in whose mask there is hair.
    pub fn of(ids: [i32; 5], photo: &Photo, mask: &HairMask, descriptor: &[f32]) -> Self {
        let mut labs = Vec::new();
        append_labs(photo.rgb(), &mut labs);
        let hair: Vec<usize> = (0..labs.len())
            .filter(|i| mask.probability[*i] >= HairMask::THRESHOLD)
            .collect();
        let pixels = (0..PIXELS).flat_map(|k| {
            let rank = k * hair.len() / PIXELS;
            let pixel = hair[rank];
            let Lab { l, a, b } = labs[pixel];
            let height = rank as f32 / hair.len() as f32;
            [l, a, b, height, f32::from(mask.probability[pixel]) / 255.0]
        });
        let [shade, index, light, kind, undone] = ids;
        Self {
            ids: [shade, index, light, kind, undone, hair.len() as i32],
            descriptor: descriptor.to_vec(),
            hair: pixels.collect(),
            means: means(photo, mask, &labs, &hair),
        }
    }
}

fn means(photo: &Photo, mask: &HairMask, labs: &[Lab], hair: &[usize]) -> [f32; 16] {
    let ground: Vec<usize> = (0..labs.len())
        .filter(|i| mask.probability[*i] < NOT_HAIR)
        .collect();
    let skin: Vec<usize> = ground
        .iter()
        .copied()
        .filter(|i| skin_at(photo, mask, *i) >= HairMask::THRESHOLD)
        .collect();
    let lab = |pixels: &[usize]| mean(pixels.iter().map(|i| [labs[*i].l, labs[*i].a, labs[*i].b]));
    let light = |pixels: &[usize]| mean(pixels.iter().map(|i| linear(photo, *i)));
    let mut bright = ground.clone();
    bright.sort_unstable_by(|x, y| labs[*y].l.total_cmp(&labs[*x].l).then(x.cmp(y)));
    bright.truncate((ground.len() / 50).max(1));
    let all: Vec<usize> = (0..labs.len()).collect();
    let share = skin.len() as f32 / labs.len() as f32;
    let parts = [
        &lab(hair)[..],
        &lab(&skin),
        &[share],
        &lab(&ground),
        &light(&bright),
        &light(&all),
    ]
    .concat();
    parts.try_into().expect("sixteen figures")
}

fn skin_at(photo: &Photo, mask: &HairMask, pixel: usize) -> u8 {
    let Some(skin) = &mask.skin else { return 0 };
    let (x, y) = (pixel as u32 % photo.width(), pixel as u32 / photo.width());
    let (column, row) = (x * skin.width / photo.width(), y * skin.height / photo.height());
    skin.probability[(row * skin.width + column) as usize]
}

fn linear(photo: &Photo, pixel: usize) -> [f32; 3] {
    std::array::from_fn(|c| {
        let v = f32::from(photo.rgb()[3 * pixel + c]) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn mean(values: impl Iterator<Item = [f32; 3]>) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0_f64; 3], 0.0);
    for value in values {
        for (total, v) in sum.iter_mut().zip(value) {
            *total += f64::from(v);
        }
        count += 1.0;
    }
    sum.map(|total| (total / f64::max(count, 1.0)) as f32)
}

/// Writes `ids.npy`, `descriptor.npy`, `hair.npy`, `means.npy` into `folder`, and `shades.tsv`: number, name, then
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
        &[rows.len(), PIXELS, 5],
        &floats(|row| &row.hair),
    )?;
    npy(
        &folder.join("means.npy"),
        "<f4",
        &[rows.len(), 16],
        &floats(|row| &row.means),
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
