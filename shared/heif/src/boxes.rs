//! The boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), and the numbers in them.

/// The code of a box, an item, or a reference.
pub type Code = [u8; 4];

/// Reads big-endian numbers from the front of bytes. Each method gives `None` at the end.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }

    /// A number of 0 to 8 bytes.
    pub fn number(&mut self, bytes: usize) -> Option<u64> {
        let bytes = self.bytes(bytes)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        )
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// The version and the flags of a full box.
    pub fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0x00ff_ffff))
    }
}

/// The boxes in `bytes`: the code and the content of each, up to one that is cut off.
pub fn boxes(bytes: &[u8]) -> impl Iterator<Item = (Code, &[u8])> {
    let mut reader = Reader(bytes);
    std::iter::from_fn(move || {
        let start = reader.0.len();
        let (short, code) = (reader.u32()?, reader.array()?);
        let length = match short {
            0 => start as u64,
            1 => reader.number(8)?,
            _ => short.into(),
        };
        let header = (start - reader.0.len()) as u64;
        let content = usize::try_from(length.checked_sub(header)?).ok()?;
        Some((code, reader.bytes(content)?))
    })
}

/// The content of the first box of a kind.
pub fn find(bytes: &[u8], code: Code) -> Option<&[u8]> {
    boxes(bytes)
        .find(|(kind, _)| *kind == code)
        .map(|(_, content)| content)
}
