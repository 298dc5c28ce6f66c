//! The directories of TIFF 6.0, section 2. EXIF data, TIFF files, and most raw photos are made of them.
//!
//! The `image` crate reads one tag of them, and libraries for EXIF copy what they read. This reader borrows: a file of
//! 20 MB with many overlapping entries copies nothing.

use std::borrow::Cow;

/// A file or chunk with a TIFF header.
#[derive(Clone, Copy)]
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// `PhotometricInterpretation`, what the samples of a page mean.
pub(super) const PHOTOMETRIC: u16 = 0x0106;

/// The most entries of a directory that are looked at. Real ones have fewer than a hundred.
const MAX_ENTRIES: usize = 4096;

/// The most directories that are followed, so that a chain with a loop ends.
const MAX_DIRECTORIES: usize = 32;

impl<'a> Tiff<'a> {
    /// `None` without a TIFF header.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes {
            [b'I', b'I', 42, 0, ..] => false,
            [b'M', b'M', 0, 42, ..] => true,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    /// The chain of directories, one for each page.
    pub fn pages(self) -> impl Iterator<Item = Directory<'a>> {
        let first = self.u32_at(4).and_then(|offset| self.directory(offset));
        std::iter::successors(first, move |page| {
            let next = self.u32_at(page.end)?;
            self.directory(next)
        })
        .take(MAX_DIRECTORIES)
    }

    fn directory(self, offset: u32) -> Option<Directory<'a>> {
        let offset = offset as usize;
        // The offset of zero ends a chain.
        if offset == 0 {
            return None;
        }
        let count = usize::from(self.u16_at(offset)?).min(MAX_ENTRIES);
        let entries = offset.checked_add(2)?;
        // A directory that is cut off still has its first entries.
        let end = entries.checked_add(12 * count)?.min(self.bytes.len());
        Some(Directory {
            file: self,
            entries,
            end,
        })
    }

    fn u16_at(self, offset: usize) -> Option<u16> {
        let bytes = *self.bytes.get(offset..)?.first_chunk::<2>()?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32_at(self, offset: usize) -> Option<u32> {
        let bytes = *self.bytes.get(offset..)?.first_chunk::<4>()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}

/// The entries of one directory.
#[derive(Clone, Copy)]
pub(super) struct Directory<'a> {
    file: Tiff<'a>,
    /// The offset of the first entry of 12 bytes.
    entries: usize,
    /// The offset after the last entry, where the offset of the next directory is.
    end: usize,
}

impl<'a> Directory<'a> {
    /// The first value of a tag of whole numbers.
    pub fn number(&self, tag: u16) -> Option<u32> {
        self.numbers(tag)?.next()
    }

    /// The text of a tag, without what follows its first zero.
    pub fn text(&self, tag: u16) -> Option<&'a [u8]> {
        let text = self.value(tag)?.bytes;
        text.split(|&byte| byte == 0).next()
    }

    /// Whether the directory has the tag.
    pub fn has(&self, tag: u16) -> bool {
        self.value(tag).is_some()
    }

    /// The directory that a tag points to.
    pub fn child(&self, tag: u16) -> Option<Self> {
        self.file.directory(self.number(tag)?)
    }

    /// The directories that a tag points to.
    pub fn children(&self, tag: u16) -> impl Iterator<Item = Self> {
        let offsets = self.numbers(tag).into_iter().flatten().take(MAX_DIRECTORIES);
        let file = self.file;
        offsets.filter_map(move |offset| file.directory(offset))
    }

    /// The values of a tag of whole numbers.
    pub fn numbers(&self, tag: u16) -> Option<impl Iterator<Item = u32> + use<'a>> {
        let Value {
            kind,
            bytes,
            big_endian,
        } = self.value(tag)?;
        let file = Tiff { bytes, big_endian };
        let size = kind.size();
        Some((0..bytes.len() / size).map_while(move |i| match kind {
            Kind::Byte => bytes.get(i).copied().map(u32::from),
            Kind::Short => file.u16_at(2 * i).map(u32::from),
            Kind::Long => file.u32_at(4 * i),
        }))
    }

    /// Changes a tag of one 16-bit number in a copy of the file. False if there is no such tag.
    pub fn set_short(&self, tag: u16, value: u16, file: &mut Cow<'_, [u8]>) -> bool {
        let Some(entry) = self.entry(tag) else {
            return false;
        };
        let shape = (self.file.u16_at(entry + 2), self.file.u32_at(entry + 4));
        let place = entry + 8..entry + 10;
        let is_one = shape == (Some(3), Some(1)) && file.len() >= place.end;
        if is_one {
            file.to_mut()[place].copy_from_slice(&if self.file.big_endian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            });
        }
        is_one
    }

    /// The offset of the entry of a tag.
    fn entry(&self, tag: u16) -> Option<usize> {
        (self.entries..self.end)
            .step_by(12)
            .find(|&entry| self.file.u16_at(entry) == Some(tag))
    }

    fn value(&self, tag: u16) -> Option<Value<'a>> {
        let file = self.file;
        let entry = self.entry(tag)?;
        let kind = Kind::of(file.u16_at(entry + 2)?)?;
        let length = (file.u32_at(entry + 4)? as usize).checked_mul(kind.size())?;
        // A value of up to four bytes is in the entry itself.
        let start = if length <= 4 {
            entry + 8
        } else {
            file.u32_at(entry + 8)? as usize
        };
        Some(Value {
            kind,
            bytes: file.bytes.get(start..)?.get(..length)?,
            big_endian: file.big_endian,
        })
    }
}

struct Value<'a> {
    kind: Kind,
    bytes: &'a [u8],
    big_endian: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Bytes, text, and undefined.
    Byte,
    Short,
    /// Numbers of 32 bits, and offsets of directories.
    Long,
}

impl Kind {
    fn of(field_type: u16) -> Option<Self> {
        match field_type {
            1 | 2 | 7 => Some(Self::Byte),
            3 => Some(Self::Short),
            4 | 13 => Some(Self::Long),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Short => 2,
            Self::Long => 4,
        }
    }
}
