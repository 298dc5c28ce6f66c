//! TIFF (6.0, and its 64-bit variant): nothing moves. Of the first page, the entries that say how to read its pixels stay,
//! and every byte of the file that none of them names becomes zero: other pages, thumbnails, and metadata.

use std::ops::Range;

use super::Exif;

/// How to read the pixels (TIFF 6.0, sections 8 to 22), and the ICC profile.
const PICTURE: [u16; 38] = [
    254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291, 292, 293,
    296, 301, 317, 318, 319, 320, 322, 323, 324, 325, 332, 334, 338, 339, 347, 530, 34675,
];
/// Luma and chroma.
const COLORS: [u16; 4] = [529, 531, 532, EXIF];
/// Offsets and lengths of strips and of tiles.
const CHUNKS: [[u16; 2]; 2] = [[273, 279], [324, 325]];
const EXIF: u16 = 0x8769;
const COLOR_SPACE: u16 = 0xa001;
const INTEROPERABILITY: u16 = 0xa005;
const INDEX: u16 = 0x0001;

/// The most entries of a directory.
const MAX_ENTRIES: u64 = 4096;
/// The most strips or tiles: more than a photo of 50 megapixels has in tiles of 16 x 16, with four planes.
const MAX_CHUNKS: u64 = 1 << 20;

/// `None` if there is no directory.
pub fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let big_endian = bytes.starts_with(b"M");
    let is_big = bytes.get(2..4)?.contains(&43);
    let mut kept = Kept {
        bytes,
        big_endian,
        width: if is_big { 8 } else { 4 },
        ranges: std::iter::once(0..if is_big { 16 } else { 8 }).collect(),
        directories: Vec::new(),
    };
    let first = kept.number(if is_big { 8 } else { 4 }, kept.width)?;
    let entries = kept.directory(first, &|tag| PICTURE.contains(&tag) || COLORS.contains(&tag))?;
    for [offsets, lengths] in CHUNKS {
        kept.chunks(&entries, offsets, lengths);
    }
    if Exif::read(bytes).adobe_rgb == Some(true)
        && let Some(exif) = kept.child(&entries, EXIF)
        && let Some(entries) = kept.directory(exif, &|tag| [COLOR_SPACE, INTEROPERABILITY].contains(&tag))
        && let Some(index) = kept.child(&entries, INTEROPERABILITY)
    {
        kept.directory(index, &|tag| tag == INDEX);
    }
    Some(kept.finish())
}

struct Entry {
    tag: u16,
    /// The size of a value in bytes.
    size: u64,
    /// Where the values are.
    values: Range<u64>,
}

struct Kept<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// The size of an offset in bytes.
    width: u64,
    ranges: Vec<Range<u64>>,
    /// Where directories are, and what they are replaced with.
    directories: Vec<(u64, Vec<u8>)>,
}

impl Kept<'_> {
    fn number(&self, at: u64, size: u64) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(start..start.checked_add(size as usize)?)?;
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        })
    }

    fn encoded(&self, number: u64, size: u64) -> Vec<u8> {
        let mut bytes = number.to_be_bytes()[8 - size as usize..].to_vec();
        if !self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// Keeps the entries of a directory that are named, with their values, and returns them.
    fn directory(&mut self, at: u64, is_kept: &dyn Fn(u16) -> bool) -> Option<Vec<Entry>> {
        let (head, size) = if self.width == 8 { (8, 20) } else { (2, 12) };
        let count = self.number(at, head)?.min(MAX_ENTRIES);
        let (mut entries, mut raw) = (Vec::new(), Vec::new());
        for start in (0..count).map(|i| at + head + i * size) {
            let Some(entry) = self.entry(start, size) else {
                continue;
            };
            if is_kept(entry.tag) {
                raw.extend(&self.bytes[start as usize..(start + size) as usize]);
                // Others are in the entry itself, which moves.
                if entry.values.start != start + size - self.width {
                    self.ranges.push(entry.values.clone());
                }
                entries.push(entry);
            }
        }
        let mut table = self.encoded(entries.len() as u64, head);
        table.append(&mut raw);
        // No directory follows.
        table.extend(vec![0; self.width as usize]);
        self.directories.push((at, table));
        Some(entries)
    }

    fn entry(&self, start: u64, size: u64) -> Option<Entry> {
        let value = start + size - self.width;
        let value_size = match self.number(start + 2, 2)? {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return None,
        };
        let length = self.number(start + 4, self.width)?.checked_mul(value_size)?;
        // The whole entry is there.
        let inside = self.number(value, self.width)?;
        let from = if length <= self.width { value } else { inside };
        Some(Entry {
            tag: self.number(start, 2)? as u16,
            size: value_size,
            values: from..from.checked_add(length)?,
        })
    }

    /// The directory to which an entry points.
    fn child(&self, entries: &[Entry], tag: u16) -> Option<u64> {
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        self.number(entry.values.start, entry.size)
    }

    /// Keeps strips or tiles. Where a tag stands twice, decoders differ in which they take, so all count.
    fn chunks(&mut self, entries: &[Entry], offsets: u16, lengths: u16) {
        let all = |tag| entries.iter().filter(move |entry| entry.tag == tag).take(2);
        for offsets in all(offsets) {
            for lengths in all(lengths) {
                self.chunks_at(offsets, lengths);
            }
        }
    }

    fn chunks_at(&mut self, offsets: &Entry, lengths: &Entry) {
        let count = |entry: &Entry| (entry.values.end - entry.values.start) / entry.size;
        for i in 0..count(offsets).min(count(lengths)).min(MAX_CHUNKS) {
            let value = |entry: &Entry| self.number(entry.values.start + i * entry.size, entry.size);
            let (Some(offset), Some(length)) = (value(offsets), value(lengths)) else {
                return;
            };
            self.ranges.push(offset..offset.saturating_add(length));
        }
    }

    /// The file through the last byte that is kept.
    fn finish(mut self) -> Vec<u8> {
        let length = self.bytes.len() as u64;
        let directories = self.directories.iter().map(|(at, table)| at + table.len() as u64);
        let ranges = self.ranges.iter().map(|range| range.end.min(length));
        let end = ranges.chain(directories).max().unwrap_or(0).min(length) as usize;
        let mut out = vec![0; end];
        self.ranges.sort_by_key(|range| range.start);
        // Ranges may overlap; each byte is copied once.
        let mut done = 0;
        for range in &self.ranges {
            let (from, to) = (range.start.max(done), range.end.min(length));
            if from < to {
                let range = from as usize..to as usize;
                out[range.clone()].copy_from_slice(&self.bytes[range]);
                done = to;
            }
        }
        for (at, table) in &self.directories {
            let place = out.get_mut(*at as usize..).unwrap_or_default();
            let length = table.len().min(place.len());
            place[..length].copy_from_slice(&table[..length]);
        }
        out
    }
}
