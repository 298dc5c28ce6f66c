//! Finds the picture in a file that shows more than a picture: bars, borders, the text and icons of a screenshot, and
//! the flat canvas around a product.
//!
//! All of them are drawn, so they begin at an edge of the file in one flat color. No camera leaves a whole line within
//! a few levels of one color, because walls have shadows and sensors have noise. From each side, lines of that color
//! are dropped. So are lines with text and icons on it, if a flat line and then a straight edge follow. Where the
//! picture begins with a straight edge, it is cut exactly. Where it has no straight edge, as a product on a white
//! canvas has none, it keeps a margin, because parsers were trained on hair with room around it.

use crate::{HairMask, Region};
use std::borrow::Cow;
use strand_photo::{Photo, PhotoError, decode};

/// A pixel this close to the color of a bar, in levels of 255 per channel, belongs to the bar. JPEG moves them by less.
const TOLERANCE: u8 = 5;
/// The share of a line that must have the color of the bar: of the outermost line, of a flat line, and of a line with
/// text or icons on it.
const OUTERMOST: f32 = 0.9;
const FLAT: f32 = 0.98;
const WRITTEN: f32 = 0.6;
/// Where a picture begins with a straight edge, at most this share of a line still has the color of the bar, within
/// this many lines.
const STRAIGHT: f32 = 0.5;
const EDGE_LINES: usize = 3;
/// Text and icons take at most this share of what is left of the file, on one side.
const MOST_WRITTEN: f32 = 0.6;
/// The margin around a picture without straight edges, as a share of its longer side.
const MARGIN: f32 = 0.04;
/// No picture is smaller than this many pixels in either direction.
const LEAST_SIDE: usize = 16;
/// Bars may lie within bars, such as those of a video within a screenshot.
const ROUNDS: usize = 3;
/// A file is decoded again at a larger size, up to this side in pixels, if bars leave less than this share of the
/// requested size to the picture.
const MOST_SIDE: u32 = 2048;
const SMALL_PICTURE: f32 = 0.9;

/// A decoded file and the part of it that is a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// The whole file.
    pub whole: Photo,
    /// The part that is a picture, in pixels of `whole`.
    pub region: Region,
}

impl Framed {
    /// Decodes a file so that the longer side of its picture has about `side` pixels, or fewer if the file has no more.
    ///
    /// # Errors
    /// Those of [`decode`].
    pub fn decode(bytes: &[u8], side: u32) -> Result<Self, PhotoError> {
        let framed = Self::new(decode(bytes, side)?);
        let found = framed.region.width.max(framed.region.height);
        let long = framed.whole.width().max(framed.whole.height());
        let source = framed.whole.source();
        let is_reduced = source.width.max(source.height) > long;
        if !is_reduced || found as f32 > SMALL_PICTURE * side as f32 {
            return Ok(framed);
        }
        let larger = (u64::from(side) * u64::from(long) / u64::from(found)).min(u64::from(MOST_SIDE));
        Ok(Self::new(decode(bytes, larger as u32)?))
    }

    /// The memory that [`decode`](Self::decode) takes at most, in bytes.
    ///
    /// # Errors
    /// Those of [`decode`] that the header is enough for.
    pub fn memory(bytes: &[u8], side: u32) -> Result<u64, PhotoError> {
        strand_photo::memory(bytes, side.max(MOST_SIDE))
    }

    /// Finds the picture in a decoded file.
    pub fn new(whole: Photo) -> Self {
        let region = picture(&whole);
        Self { whole, region }
    }

    /// The picture alone.
    pub fn picture(&self) -> Cow<'_, Photo> {
        let Region { x, y, width, height } = self.region;
        if [width, height] == [self.whole.width(), self.whole.height()] {
            return Cow::Borrowed(&self.whole);
        }
        let rows = self
            .whole
            .rgb()
            .chunks_exact(3 * self.whole.width() as usize)
            .skip(y as usize)
            .take(height as usize);
        let (start, length) = (3 * x as usize, 3 * width as usize);
        let rgb = rows.flat_map(|row| &row[start..start + length]).copied();
        let opacity = self.whole.opacity().map(|opacity| {
            let rows = opacity.chunks_exact(self.whole.width() as usize);
            let rows = rows.skip(y as usize).take(height as usize);
            let inside = rows.flat_map(|row| &row[x as usize..][..width as usize]);
            inside.copied().collect()
        });
        Cow::Owned(Photo::new(width, height, rgb.collect()).with_opacity(opacity))
    }

    /// The mask of the whole file, without a skin map, from the mask of its picture.
    ///
    /// # Panics
    /// Unless `mask` has the size of the picture.
    pub fn whole_mask(&self, mask: &HairMask) -> HairMask {
        let Region { x, y, width, height } = self.region;
        assert_eq!(
            [mask.width, mask.height],
            [width, height],
            "the mask is not of this picture"
        );
        let across = self.whole.width() as usize;
        let mut probability = vec![0; across * self.whole.height() as usize];
        let rows = probability.chunks_exact_mut(across).skip(y as usize);
        for (to, from) in rows.zip(mask.probability.chunks_exact(width as usize)) {
            to[x as usize..][..width as usize].copy_from_slice(from);
        }
        HairMask::new(self.whole.width(), self.whole.height(), probability)
    }
}

/// A side of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Top,
    Bottom,
    Left,
    Right,
}

const SIDES: [Side; 4] = [Side::Top, Side::Bottom, Side::Left, Side::Right];

/// What is left of a file. The edges are in pixels, the right and lower ones past the last pixel.
struct Remainder<'a> {
    photo: &'a Photo,
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// The lines to drop on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    lines: usize,
    /// Whether the picture begins with a straight edge.
    is_straight: bool,
}

/// The part of a file that is a picture.
fn picture(photo: &Photo) -> Region {
    let mut left_over = Remainder {
        photo,
        left: 0,
        top: 0,
        right: photo.width() as usize,
        bottom: photo.height() as usize,
    };
    // The lines of a bar without a straight edge, which is the last one on its side.
    let mut canvas = [0; SIDES.len()];
    for _ in 0..ROUNDS {
        for (side, canvas) in SIDES.into_iter().zip(&mut canvas) {
            if *canvas > 0 {
                continue;
            }
            if let Some(Bar { lines, is_straight }) = left_over.bar(side) {
                left_over.drop(side, lines);
                *canvas = if is_straight { 0 } else { lines };
            }
        }
    }
    let margin = (MARGIN * left_over.longer_side() as f32).round() as usize;
    for (side, canvas) in SIDES.into_iter().zip(canvas) {
        left_over.take_back(side, margin.min(canvas));
    }
    left_over.region()
}

impl Remainder<'_> {
    /// The number of lines parallel to a side.
    fn lines(&self, side: Side) -> usize {
        match side {
            Side::Top | Side::Bottom => self.bottom - self.top,
            Side::Left | Side::Right => self.right - self.left,
        }
    }

    fn longer_side(&self) -> usize {
        self.lines(Side::Top).max(self.lines(Side::Left))
    }

    /// The pixels of a line, counted from a side.
    fn line(&self, side: Side, index: usize) -> impl Iterator<Item = [u8; 3]> {
        let width = self.photo.width() as usize;
        let (first, step, count) = match side {
            Side::Top => ((self.top + index) * width + self.left, 1, self.lines(Side::Left)),
            Side::Bottom => (
                (self.bottom - 1 - index) * width + self.left,
                1,
                self.lines(Side::Left),
            ),
            Side::Left => (self.top * width + self.left + index, width, self.lines(Side::Top)),
            Side::Right => (
                self.top * width + self.right - 1 - index,
                width,
                self.lines(Side::Top),
            ),
        };
        let pixels = self.photo.rgb().as_chunks::<3>().0;
        (0..count).map(move |place| pixels[first + place * step])
    }

    /// The share of a line, 0 to 1, that has a color.
    fn share(&self, side: Side, index: usize, color: [u8; 3]) -> f32 {
        let is_near = |pixel: &[u8; 3]| (0..3).all(|i| pixel[i].abs_diff(color[i]) <= TOLERANCE);
        let near = self.line(side, index).filter(is_near).count();
        near as f32 / self.line(side, index).count() as f32
    }

    /// The bar on one side; `None` if there is none, or if nothing would be left.
    fn bar(&self, side: Side) -> Option<Bar> {
        let count = self.lines(side);
        let color = self.middle_color(side);
        let share = |index: usize| self.share(side, index, color);
        if share(0) < OUTERMOST {
            return None;
        }
        let is_straight_after =
            |lines: usize| (lines..count.min(lines + EDGE_LINES)).any(|index| share(index) < STRAIGHT);
        let plain = (0..count).take_while(|index| share(*index) >= FLAT).count();
        let most = (MOST_WRITTEN * count as f32) as usize;
        let mut written = plain;
        let mut was_flat = false;
        for index in plain..most.max(plain) {
            let here = share(index);
            if was_flat && here < FLAT {
                written = index;
            }
            if here < WRITTEN {
                break;
            }
            was_flat = here >= FLAT;
        }
        let lines = if is_straight_after(written) {
            written
        } else {
            plain
        };
        let is_straight = is_straight_after(lines);
        // The first line of a picture is mixed with the bar where the file was reduced.
        let lines = lines + usize::from(is_straight);
        let is_bar = plain > 0 || lines > 1;
        (is_bar && lines + LEAST_SIDE <= count).then_some(Bar { lines, is_straight })
    }

    /// The median of the outermost line, per channel.
    fn middle_color(&self, side: Side) -> [u8; 3] {
        let mut pixels: Vec<[u8; 3]> = self.line(side, 0).collect();
        let middle = pixels.len() / 2;
        std::array::from_fn(|i| pixels.select_nth_unstable_by_key(middle, |pixel| pixel[i]).1[i])
    }

    fn drop(&mut self, side: Side, lines: usize) {
        match side {
            Side::Top => self.top += lines,
            Side::Bottom => self.bottom -= lines,
            Side::Left => self.left += lines,
            Side::Right => self.right -= lines,
        }
    }

    /// Takes dropped lines back.
    fn take_back(&mut self, side: Side, lines: usize) {
        match side {
            Side::Top => self.top -= lines,
            Side::Bottom => self.bottom += lines,
            Side::Left => self.left -= lines,
            Side::Right => self.right += lines,
        }
    }

    fn region(&self) -> Region {
        Region {
            x: self.left as u32,
            y: self.top as u32,
            width: self.lines(Side::Left) as u32,
            height: self.lines(Side::Top) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 120;

    /// A picture in which no line has one color.
    fn scene(x: u32, y: u32) -> [u8; 3] {
        let value = (x * 37 + y * 91 + x * y * 7) % 160;
        [40 + value as u8, 60, 200 - value as u8]
    }

    /// A file of `width` by `height` with a scene of [`SIDE`] at `x`, `y`, and `around` elsewhere.
    fn file([width, height]: [u32; 2], [x, y]: [u32; 2], around: impl Fn(u32, u32) -> [u8; 3]) -> Framed {
        let pixel = |column: u32, row: u32| {
            let is_inside = (x..x + SIDE).contains(&column) && (y..y + SIDE).contains(&row);
            if is_inside {
                scene(column - x, row - y)
            } else {
                around(column, row)
            }
        };
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
        let rgb = places.flat_map(|(column, row)| pixel(column, row)).collect();
        Framed::new(Photo::new(width, height, rgb))
    }

    /// Whether the picture was found within one line, which may be mixed with the bar.
    fn is_found(framed: &Framed, [x, y]: [u32; 2]) -> bool {
        let Region {
            x: left,
            y: top,
            width,
            height,
        } = framed.region;
        let near = |found: u32, exact: u32| found.abs_diff(exact) <= 1;
        near(left, x) && near(top, y) && near(left + width, x + SIDE) && near(top + height, y + SIDE)
    }

    #[test]
    fn a_photo_without_bars_stays_whole() {
        let framed = file([SIDE, SIDE], [0, 0], |_, _| [0; 3]);
        assert_eq!(
            framed.region,
            Region {
                x: 0,
                y: 0,
                width: SIDE,
                height: SIDE
            }
        );
        assert!(matches!(framed.picture(), Cow::Borrowed(_)));
    }

    #[test]
    fn bars_of_any_color_are_cut_off() {
        for color in [[0; 3], [255; 3], [128, 130, 126], [20, 90, 200]] {
            for (size, place) in [
                ([SIDE, 210], [0, 45]),
                ([210, SIDE], [45, 0]),
                ([160, 190], [20, 35]),
                ([150, SIDE], [30, 0]),
            ] {
                // JPEG moves the color of bars by a few levels.
                let noisy = |x: u32, y: u32| color.map(|c: u8| c.saturating_add(((x + y) % 4) as u8));
                let framed = file(size, place, noisy);
                assert!(
                    is_found(&framed, place),
                    "{color:?} {size:?}: {:?}",
                    framed.region
                );
                let picture = framed.picture();
                let Region { x, y, .. } = framed.region;
                assert_eq!(picture.rgb()[..3], scene(x - place[0], y - place[1]));
            }
        }
    }

    #[test]
    fn a_mask_lies_where_the_picture_lies() {
        let framed = file([SIDE, 210], [0, 45], |_, _| [0; 3]);
        let Region { y, width, height, .. } = framed.region;
        let mask = HairMask::new(width, height, vec![200; (width * height) as usize]);
        let whole = framed.whole_mask(&mask);
        assert_eq!([whole.width, whole.height], [SIDE, 210]);
        assert_eq!(whole.bounding_box(200), Some(framed.region));
        assert!(y >= 45);
    }

    #[test]
    fn bars_within_bars_are_cut_off() {
        let framed = file([300, 240], [90, 60], |x, y| {
            let is_inner = (30..270).contains(&x) && (20..220).contains(&y);
            if is_inner { [0; 3] } else { [255; 3] }
        });
        assert!(is_found(&framed, [90, 60]), "{:?}", framed.region);
    }

    #[test]
    fn the_text_and_icons_of_a_screenshot_are_cut_off() {
        let framed = file([SIDE, 300], [0, 70], |x, y| {
            let is_text = (10..20).contains(&y) || (40..50).contains(&y) || (220..260).contains(&y);
            if is_text && x < 50 && (x + y) % 3 > 0 {
                [30; 3]
            } else {
                [250; 3]
            }
        });
        assert!(is_found(&framed, [0, 70]), "{:?}", framed.region);
    }

    #[test]
    fn a_product_on_a_canvas_keeps_a_margin() {
        let disk = |width: u32| {
            let pixel = |x: u32, y: u32| {
                let (dx, dy) = (x as f32 - 150.0, y as f32 - 100.0);
                if dx.hypot(dy) < 50.0 {
                    scene(x, y)
                } else {
                    [255; 3]
                }
            };
            let places = (0..200).flat_map(|y| (0..width).map(move |x| (x, y)));
            Framed::new(Photo::new(
                width,
                200,
                places.flat_map(|(x, y)| pixel(x, y)).collect(),
            ))
        };
        let Region { x, y, width, height } = disk(300).region;
        assert!((94..100).contains(&x) && (44..50).contains(&y), "{x} {y}");
        assert!(
            (102..112).contains(&width) && (102..112).contains(&height),
            "{width} {height}"
        );
        // More canvas makes no difference.
        assert_eq!(disk(300).region, disk(420).region);
    }

    #[test]
    fn a_wall_in_uneven_light_is_part_of_the_photo() {
        let wall = |x: u32, y: u32| [(150 + x / 4 + y / 8) as u8; 3];
        let framed = file([260, 260], [70, 120], wall);
        assert_eq!([framed.region.width, framed.region.height], [260, 260]);
    }

    #[test]
    fn a_file_of_one_color_stays_whole() {
        let gray = Framed::new(Photo::new(64, 48, vec![90; 64 * 48 * 3]));
        assert_eq!([gray.region.width, gray.region.height], [64, 48]);
    }
}
