//! The items of a HEIF file: what they are, where their data lie, and their properties (ISO/IEC 14496-12, 8.11, and
//! ISO/IEC 23008-12, 6).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::Error;
use crate::boxes::{Code, Reader, boxes, find};

/// The most items, properties, and extents of a file. A picture of 50 megapixels in tiles of 512 x 512 has some 200.
pub const MAX_ENTRIES: usize = 4000;

/// The index of a file.
#[derive(Debug, Default)]
pub struct Items<'a> {
    file: &'a [u8],
    /// The content of the box `idat`.
    inside: &'a [u8],
    pub primary: u32,
    entries: BTreeMap<u32, Item>,
    properties: Vec<(Code, &'a [u8])>,
    references: Vec<Reference>,
}

#[derive(Debug, Default)]
struct Item {
    kind: Code,
    /// Whether the extents are in the box `idat`.
    inside: bool,
    /// Offset and length of each.
    extents: Vec<(u64, u64)>,
    /// Places in the list of properties.
    properties: Vec<usize>,
}

#[derive(Debug)]
struct Reference {
    kind: Code,
    from: u32,
    to: Vec<u32>,
}

impl<'a> Items<'a> {
    /// Reads the index.
    ///
    /// # Errors
    /// [`Error::NoPicture`] if it is missing, [`Error::Damaged`] if it is cut off or larger than any photo needs.
    pub fn read(file: &'a [u8]) -> Result<Self, Error> {
        if find(file, *b"mini").is_some() {
            return Err(Error::Unsupported("an image in the short form of HEIF"));
        }
        let meta = find(file, *b"meta").and_then(|meta| meta.get(4..));
        let meta = meta.ok_or_else(|| {
            if file.windows(4).any(|code| code == b"meta") {
                Error::damaged("the index of items is cut off")
            } else {
                Error::NoPicture
            }
        })?;
        let mut items = Self {
            file,
            inside: find(meta, *b"idat").unwrap_or_default(),
            ..Self::default()
        };
        items
            .read_boxes(meta)
            .ok_or(Error::damaged("the index of items is cut off or too long"))?;
        Ok(items)
    }

    fn read_boxes(&mut self, meta: &'a [u8]) -> Option<()> {
        for (code, content) in boxes(meta) {
            let mut reader = Reader(content);
            match &code {
                b"pitm" => {
                    let (version, _) = reader.version()?;
                    self.primary = reader.number(if version == 0 { 2 } else { 4 })? as u32;
                }
                b"iinf" => self.read_kinds(reader)?,
                b"iloc" => self.read_locations(reader)?,
                b"iref" => self.read_references(reader)?,
                b"iprp" => self.read_properties(content)?,
                _ => {}
            }
        }
        Some(())
    }

    fn item(&mut self, id: u32) -> Option<&mut Item> {
        let full = self.entries.len() >= MAX_ENTRIES && !self.entries.contains_key(&id);
        (!full).then(|| self.entries.entry(id).or_default())
    }

    fn read_kinds(&mut self, mut reader: Reader<'a>) -> Option<()> {
        let (version, _) = reader.version()?;
        reader.number(if version == 0 { 2 } else { 4 })?;
        for (code, content) in boxes(reader.0) {
            let mut entry = Reader(content);
            let (version, _) = entry.version()?;
            if code == *b"infe" && version >= 2 {
                let id = entry.number(if version == 2 { 2 } else { 4 })? as u32;
                entry.u16()?;
                self.item(id)?.kind = entry.array()?;
            }
        }
        Some(())
    }

    fn read_locations(&mut self, mut reader: Reader<'a>) -> Option<()> {
        let (version, _) = reader.version()?;
        let sizes = reader.u16()?;
        let size = |shift: u16| usize::from(sizes >> shift & 15);
        let (offset_size, length_size, base_size) = (size(12), size(8), size(4));
        let index_size = if version == 0 { 0 } else { size(0) };
        if [offset_size, length_size, base_size, index_size]
            .iter()
            .any(|&size| size > 8)
        {
            return None;
        }
        let wide = if version < 2 { 2 } else { 4 };
        let mut left = MAX_ENTRIES;
        for _ in 0..reader.number(wide)? {
            let id = reader.number(wide)? as u32;
            let construction = if version == 0 { 0 } else { reader.u16()? & 15 };
            reader.u16()?;
            let base = reader.number(base_size)?;
            let count = usize::from(reader.u16()?);
            left = left.checked_sub(count + 1)?;
            let mut extents = Vec::with_capacity(count);
            for _ in 0..count {
                reader.number(index_size)?;
                let (offset, length) = (reader.number(offset_size)?, reader.number(length_size)?);
                extents.push((base.checked_add(offset)?, length));
            }
            let item = self.item(id)?;
            // Data that other items hold (2) are not looked for.
            item.extents = if construction < 2 { extents } else { vec![] };
            item.inside = construction == 1;
        }
        Some(())
    }

    fn read_references(&mut self, mut reader: Reader<'a>) -> Option<()> {
        let (version, _) = reader.version()?;
        let wide = if version == 0 { 2 } else { 4 };
        let mut left = MAX_ENTRIES;
        for (kind, content) in boxes(reader.0) {
            let mut entry = Reader(content);
            let from = entry.number(wide)? as u32;
            let count = usize::from(entry.u16()?);
            left = left.checked_sub(count + 1)?;
            let to: Option<_> = (0..count)
                .map(|_| entry.number(wide).map(|id| id as u32))
                .collect();
            self.references.push(Reference { kind, from, to: to? });
        }
        Some(())
    }

    fn read_properties(&mut self, content: &'a [u8]) -> Option<()> {
        self.properties = boxes(find(content, *b"ipco")?).take(MAX_ENTRIES).collect();
        let mut left = 8 * MAX_ENTRIES;
        for (_, content) in boxes(content).filter(|(code, _)| code == b"ipma") {
            let mut reader = Reader(content);
            let (version, flags) = reader.version()?;
            for _ in 0..reader.u32()? {
                let id = reader.number(if version == 0 { 2 } else { 4 })? as u32;
                for _ in 0..reader.u8()? {
                    left = left.checked_sub(1)?;
                    // The first bit says whether the property is essential.
                    let place = if flags & 1 == 1 {
                        reader.u16()? & 0x7fff
                    } else {
                        u16::from(reader.u8()? & 0x7f)
                    };
                    self.item(id)?
                        .properties
                        .extend(usize::from(place).checked_sub(1));
                }
            }
        }
        Some(())
    }

    /// The kind of an item; zeros if there is none.
    pub fn kind(&self, id: u32) -> Code {
        self.entries.get(&id).map_or([0; 4], |item| item.kind)
    }

    /// The properties of an item in their order.
    pub fn properties(&self, id: u32) -> impl Iterator<Item = (Code, &'a [u8])> {
        let places = self
            .entries
            .get(&id)
            .map(|item| item.properties.as_slice())
            .unwrap_or_default();
        places
            .iter()
            .filter_map(|&place| self.properties.get(place).copied())
    }

    /// The content of a property of an item.
    pub fn property(&self, id: u32, code: Code) -> Option<Reader<'a>> {
        let mut properties = self.properties(id);
        properties
            .find(|(kind, _)| *kind == code)
            .map(|(_, content)| Reader(content))
    }

    /// The width and the height of an item's picture, before it is turned, in pixels.
    pub fn size(&self, id: u32) -> Option<(u32, u32)> {
        let mut extents = self.property(id, *b"ispe")?;
        extents.version()?;
        Some((extents.u32()?, extents.u32()?))
    }

    /// The items to which one refers.
    pub fn referenced(&self, from: u32, kind: Code) -> &[u32] {
        let mut references = self.references.iter();
        let found = references.find(|reference| reference.from == from && reference.kind == kind);
        found.map(|reference| reference.to.as_slice()).unwrap_or_default()
    }

    /// The items that refer to one.
    pub fn referring(&self, to: u32, kind: Code) -> impl Iterator<Item = u32> {
        let references = self.references.iter();
        references
            .filter(move |reference| reference.kind == kind && reference.to.contains(&to))
            .map(|reference| reference.from)
    }

    /// Where the data of an item are in the file, if the box `idat` is at `inside`.
    pub fn places(&self, id: u32, inside: Option<Range<usize>>) -> Vec<Range<usize>> {
        let Some(item) = self.entries.get(&id) else {
            return vec![];
        };
        let whole = if item.inside {
            inside.unwrap_or_default()
        } else {
            0..self.file.len()
        };
        let place = |&(offset, length): &(u64, u64)| {
            let start = whole.start.checked_add(usize::try_from(offset).ok()?)?;
            let end = match usize::try_from(length).ok()? {
                0 => whole.end,
                length => start.checked_add(length)?.min(whole.end),
            };
            (start < end).then_some(start..end)
        };
        item.extents.iter().filter_map(place).collect()
    }

    /// The data of an item.
    ///
    /// # Errors
    /// [`Error::Damaged`] if some of them are not in the file.
    pub fn data(&self, id: u32) -> Result<Cow<'a, [u8]>, Error> {
        let item = self.entries.get(&id).filter(|item| !item.extents.is_empty());
        let item = item.ok_or(Error::damaged("an item without data"))?;
        let whole = if item.inside { self.inside } else { self.file };
        let part = |&(offset, length): &(u64, u64)| {
            let start = usize::try_from(offset).ok()?;
            // A length of 0 reaches to the end.
            match usize::try_from(length).ok()? {
                0 => whole.get(start..),
                length => whole.get(start..start.checked_add(length)?),
            }
        };
        let cut_off = || Error::damaged("the data of an item are cut off");
        if let [extent] = item.extents.as_slice() {
            return part(extent).map(Cow::Borrowed).ok_or_else(cut_off);
        }
        let mut data = Vec::new();
        for extent in &item.extents {
            data.extend_from_slice(part(extent).ok_or_else(cut_off)?);
            if data.len() > self.file.len() {
                return Err(Error::damaged("the data of an item overlap"));
            }
        }
        Ok(Cow::Owned(data))
    }
}
