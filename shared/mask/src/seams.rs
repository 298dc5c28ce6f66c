//! Finds the straight seams of a collage.
//!
//! Along a seam, nearly every pixel differs from its neighbor on the other side, and hardly any from the next pixels on
//! its own side. The edges of things in a photo are neither as straight nor as sharp along a whole line. Of 300 portraits
//! and 120 photos of wigs, none has such a line; of 210 collages of portraits, 209 have theirs found.

use crate::Region;
use strand_photo::Photo;

/// A pixel jumps if it differs by at least this many levels of 255 in a channel, and by this many times more than the
/// pixels two lines further do from theirs. Reducing a photo spreads a seam over two lines.
const LEAST_JUMP: u8 = 12;
const SHARPER: u8 = 3;
const APART: usize = 2;
/// The share of a line that jumps at a seam.
const JUMPING: f32 = 0.6;
/// A picture in a collage has at least this share of the side.
const LEAST_SHARE: f32 = 0.08;
/// Every n-th pixel of a line is looked at.
const STEP: usize = 4;
/// Pictures may lie within pictures, such as two small ones beside a large one.
const DEPTH: usize = 3;

/// The pictures of a collage: the parts between its seams, or the whole photo.
pub fn pictures(photo: &Photo) -> Vec<Region> {
    let whole = Region {
        x: 0,
        y: 0,
        width: photo.width(),
        height: photo.height(),
    };
    divided(photo, whole, DEPTH)
}

fn divided(photo: &Photo, region: Region, depth: usize) -> Vec<Region> {
    let (columns, rows) = (seams(photo, region, true), seams(photo, region, false));
    if depth == 0 || (columns.is_empty() && rows.is_empty()) {
        return vec![region];
    }
    let across = spans(region.x, region.width, &columns);
    let down = spans(region.y, region.height, &rows);
    let cells = down.iter().flat_map(|&(y, height)| {
        across
            .iter()
            .map(move |&(x, width)| Region { x, y, width, height })
    });
    cells.flat_map(|cell| divided(photo, cell, depth - 1)).collect()
}

/// Start and length of the spans between cuts.
fn spans(start: u32, length: u32, cuts: &[u32]) -> Vec<(u32, u32)> {
    let mut edges = vec![start];
    edges.extend(cuts);
    edges.push(start + length);
    let pairs = edges.windows(2).map(|pair| (pair[0], pair[1] - pair[0]));
    pairs.filter(|(_, length)| *length > 0).collect()
}

/// The places, in pixels of the photo, before which a seam lies. With `columns`, seams run from top to bottom.
fn seams(photo: &Photo, region: Region, columns: bool) -> Vec<u32> {
    let (start, lines) = if columns {
        (region.x, region.width)
    } else {
        (region.y, region.height)
    };
    let (jumping, looked_at) = if columns {
        jumping_columns(photo, region)
    } else {
        jumping_rows(photo, region)
    };
    let margin = (LEAST_SHARE * lines as f32) as usize;
    let is_seam = |line: &usize| jumping[*line] as f32 >= JUMPING * looked_at as f32;
    let inner = margin..jumping.len().saturating_sub(margin);
    inner
        .filter(is_seam)
        .map(|line| start + line as u32 + 1)
        .collect()
}

/// Whether a difference is a jump between those [`APART`] before and after it.
fn is_jump(here: u8, before: u8, after: u8) -> bool {
    here >= LEAST_JUMP && here >= before.max(after).saturating_mul(SHARPER)
}

/// The largest difference of a channel.
fn difference(one: [u8; 3], other: [u8; 3]) -> u8 {
    let [r, g, b] = [0, 1, 2].map(|channel| one[channel].abs_diff(other[channel]));
    r.max(g).max(b)
}

/// A row of a region.
fn row(photo: &Photo, region: Region, index: usize) -> &[[u8; 3]] {
    let start = (region.y as usize + index) * photo.width() as usize + region.x as usize;
    &photo.rgb().as_chunks().0[start..][..region.width as usize]
}

/// For each column, in how many of some rows its right edge jumps; and the number of those rows.
fn jumping_columns(photo: &Photo, region: Region) -> (Vec<u32>, usize) {
    let rows = (0..region.height as usize).step_by(STEP);
    let mut counts = vec![0; region.width.saturating_sub(1) as usize];
    for index in rows.clone() {
        let row = row(photo, region, index);
        let differences: Vec<u8> = row.windows(2).map(|pair| difference(pair[0], pair[1])).collect();
        let windows = differences.windows(2 * APART + 1);
        for (count, around) in counts.iter_mut().skip(APART).zip(windows) {
            *count += u32::from(is_jump(around[APART], around[0], around[2 * APART]));
        }
    }
    (counts, rows.len())
}

/// For each row, in how many of some columns its lower edge jumps; and the number of those columns.
fn jumping_rows(photo: &Photo, region: Region) -> (Vec<u32>, usize) {
    let height = region.height as usize;
    let between = |index: usize| -> Vec<u8> {
        let pairs = row(photo, region, index)
            .iter()
            .zip(row(photo, region, index + 1));
        pairs
            .step_by(STEP)
            .map(|(one, other)| difference(*one, *other))
            .collect()
    };
    let differences: Vec<Vec<u8>> = (0..height.saturating_sub(1)).map(between).collect();
    let mut counts = vec![0; differences.len()];
    let windows = differences.windows(2 * APART + 1);
    for (count, around) in counts.iter_mut().skip(APART).zip(windows) {
        let sides = around[0].iter().zip(&around[2 * APART]);
        let jumps = around[APART].iter().zip(sides);
        *count = jumps
            .map(|(here, (before, after))| u32::from(is_jump(*here, *before, *after)))
            .sum();
    }
    (counts, (region.width as usize).div_ceil(STEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose tone is smooth, with some noise.
    fn scene(x: u32, y: u32, tone: u8) -> [u8; 3] {
        let noise = (x * 7 + y * 13) % 4;
        [tone, tone / 2 + 30, 200 - tone / 2].map(|c| c + noise as u8 + ((x + y) / 16) as u8)
    }

    fn photo(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Photo {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Photo::new(width, height, places.flat_map(|(x, y)| pixel(x, y)).collect())
    }

    #[test]
    fn a_photo_is_one_picture() {
        assert_eq!(pictures(&photo(200, 150, |x, y| scene(x, y, 90))).len(), 1);
        assert_eq!(pictures(&photo(1, 1, |_, _| [0; 3])).len(), 1);
        // The edge of a thing is as sharp, but not as long.
        let thing = |x: u32, y: u32| scene(x, y, if (40..160).contains(&x) && y > 90 { 20 } else { 120 });
        assert_eq!(pictures(&photo(200, 150, thing)).len(), 1);
    }

    #[test]
    fn pictures_side_by_side_are_told_apart() {
        let tones = |x: u32, y: u32| {
            scene(
                x,
                y,
                match (x < 80, y < 70) {
                    (true, _) => 20,
                    (false, true) => 80,
                    (false, false) => 140,
                },
            )
        };
        let found = pictures(&photo(200, 150, tones));
        let expected = [[0, 0, 80, 150], [80, 0, 120, 70], [80, 70, 120, 80]];
        let found: Vec<[u32; 4]> = found.iter().map(|r| [r.x, r.y, r.width, r.height]).collect();
        assert_eq!(found, expected);
    }
}
