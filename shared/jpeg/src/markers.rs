//! Walks over the markers of a JPEG at memory speed (ITU-T T.81, B.1).

use memchr::memchr;

/// Start of frame: baseline, extended, progressive.
pub const SOF: std::ops::RangeInclusive<u8> = 0xc0..=0xc2;
/// Define Huffman tables.
pub const DHT: u8 = 0xc4;
/// End of image.
pub const EOI: u8 = 0xd9;
/// Start of scan.
pub const SOS: u8 = 0xda;
/// Define restart interval.
pub const DRI: u8 = 0xdd;

/// A marker, the content of its segment, and for a scan its data.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The byte after 0xff.
    pub marker: u8,
    /// The content, which is empty for markers without one.
    pub content: &'a [u8],
    /// The entropy-coded data of a scan, with stuffed bytes and restart markers.
    pub coded: &'a [u8],
    /// Whether the end of the image follows a scan.
    pub is_closed: bool,
    /// The offset in the file at which all of this ends.
    pub end: usize,
}

impl Segment<'_> {
    /// Whether a length follows the marker.
    pub fn has_length(&self) -> bool {
        !is_parameterless(self.marker)
    }
}

fn is_parameterless(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd8 | EOI)
}

/// The segments after the start of the image, through its end or the end of the file. Bytes between them are skipped.
pub struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// Of a whole file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2 }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let (_, marker, start) = next_marker(self.bytes, self.at)?;
        let parameterless = is_parameterless(marker);
        let rest = &self.bytes[start..];
        let content = if parameterless {
            &[]
        } else {
            let (length, _) = rest.split_first_chunk::<2>()?;
            rest.get(2..usize::from(u16::from_be_bytes(*length)))?
        };
        let behind = start + content.len() + if parameterless { 0 } else { 2 };
        let following = if marker == SOS {
            next_marker(self.bytes, behind)
        } else {
            None
        };
        let end = match marker {
            EOI => self.bytes.len(),
            SOS => following.map_or(self.bytes.len(), |(at, ..)| at),
            _ => behind,
        };
        self.at = end;
        let coded = if marker == SOS {
            &self.bytes[behind..end]
        } else {
            &[]
        };
        Some(Segment {
            marker,
            content,
            coded,
            is_closed: following.is_some_and(|(_, marker, _)| marker == EOI),
            end,
        })
    }
}

/// The next marker from `at` that is neither a stuffed byte nor a restart: where it and its fill bytes begin, its code,
/// and where it ends.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(usize, u8, usize)> {
    loop {
        at += memchr(0xff, bytes.get(at..)?)?;
        let fill = bytes[at..].iter().take_while(|&&byte| byte == 0xff).count();
        match *bytes.get(at + fill)? {
            0x00 | 0xd0..=0xd7 => at += fill + 1,
            marker => return Some((at, marker, at + fill + 1)),
        }
    }
}
