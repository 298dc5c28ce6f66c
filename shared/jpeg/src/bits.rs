//! The bits of entropy-coded data, and the Huffman codes in them (ITU-T T.81, F.2.2.3 and annex C).

use std::fmt;

/// Why entropy-coded data cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A marker or the end of the file.
    End,
    /// Bits that are no code word.
    BadCode,
    /// A coefficient behind the last one of a block.
    OutOfBlock,
    /// A restart marker that is missing, or another one.
    Restart,
    /// A table that was never defined.
    NoTable,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::End => "the data end",
            Self::BadCode => "a bad code word",
            Self::OutOfBlock => "a coefficient outside of its block",
            Self::Restart => "a wrong restart marker",
            Self::NoTable => "a missing table",
        })
    }
}

/// A Huffman code. Words of up to eight bits are looked up, longer ones are compared with the largest of each length.
pub struct Code {
    /// Length and value of the word at the start of eight bits; a length of 0 for a longer word.
    short: [(u8, u8); 256],
    /// For each length, one more than its largest word, at the left of 16 bits, and what to add to a word for its place
    /// in `values`.
    lengths: [(u32, i32); 17],
    values: Vec<u8>,
}

impl Code {
    /// From the number of words of each length, 1 to 16 bits, and the values of the words in their order.
    pub fn new(counts: &[u8], values: &[u8]) -> Self {
        let mut short = [(0, 0); 256];
        let mut lengths = [(0, 0); 17];
        let (mut word, mut place) = (0_u32, 0_i32);
        for (length, &count) in (1..).zip(counts) {
            lengths[length] = ((word + u32::from(count)) << (16 - length), place - word as i32);
            for _ in 0..count {
                if length <= 8 {
                    let start = (word << (8 - length)) as usize;
                    let words = short.iter_mut().skip(start).take(1 << (8 - length));
                    words.for_each(|entry| *entry = (length as u8, values[place as usize]));
                }
                word += 1;
                place += 1;
            }
            word <<= 1;
        }
        Self {
            short,
            lengths,
            values: values.to_vec(),
        }
    }

    /// The length and the value of the word at the start of 16 bits.
    fn word(&self, bits: u32) -> Option<(u8, u8)> {
        let (length, value) = self.short[(bits >> 8) as usize];
        if length > 0 {
            return Some((length, value));
        }
        let length = (9..=16).find(|&length| bits < self.lengths[length].0)?;
        let place = (bits >> (16 - length)) as i32 + self.lengths[length].1;
        Some((length as u8, *self.values.get(usize::try_from(place).ok()?)?))
    }
}

/// Reads the bits of a scan, from the first to the last of each byte.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    rest: &'a [u8],
    /// Bits that were loaded, at the left.
    loaded: u64,
    count: u32,
    restarts: u8,
}

impl<'a> Bits<'a> {
    /// Of entropy-coded data with stuffed bytes and restart markers.
    pub fn new(coded: &'a [u8]) -> Self {
        Self {
            rest: coded,
            loaded: 0,
            count: 0,
            restarts: 0,
        }
    }

    /// Loads bytes until at least 25 bits are there, or a marker comes.
    fn load(&mut self) {
        while self.count <= 32 {
            let byte = match *self.rest {
                [0xff, 0x00, ref rest @ ..] => {
                    self.rest = rest;
                    0xff
                }
                [] | [0xff, ..] => return,
                [byte, ref rest @ ..] => {
                    self.rest = rest;
                    byte
                }
            };
            self.loaded |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The value of the next word of a code.
    pub fn value(&mut self, code: &Code) -> Result<u8, Stop> {
        self.load();
        let missing = if self.count < 16 { Stop::End } else { Stop::BadCode };
        let (length, value) = code.word((self.loaded >> 48) as u32).ok_or(missing)?;
        self.skip(length.into())?;
        Ok(value)
    }

    /// The next bits as a number, at most 16.
    pub fn take(&mut self, count: u32) -> Result<u32, Stop> {
        self.load();
        let value = self.loaded.checked_shr(64 - count).unwrap_or(0);
        self.skip(count)?;
        Ok(value as u32)
    }

    /// Passes over bits, at most 16.
    pub fn skip(&mut self, count: u32) -> Result<(), Stop> {
        if count > self.count {
            self.load();
        }
        self.count = self.count.checked_sub(count).ok_or(Stop::End)?;
        self.loaded <<= count;
        Ok(())
    }

    /// Passes over the restart marker that must come now.
    pub fn restart(&mut self) -> Result<(), Stop> {
        self.load();
        let fill = self.rest.iter().take_while(|&&byte| byte == 0xff).count();
        let expected = 0xd0 + self.restarts;
        if self.count >= 8 || fill == 0 || self.rest.get(fill) != Some(&expected) {
            return Err(Stop::Restart);
        }
        self.rest = &self.rest[fill + 1..];
        self.restarts = (self.restarts + 1) % 8;
        (self.loaded, self.count) = (0, 0);
        Ok(())
    }

    /// Whether all data were read, up to the bits that fill the last byte.
    pub fn is_at_end(&mut self) -> bool {
        self.load();
        self.count < 8 && matches!(self.rest, [] | [0xff, 0xd0..=0xd7, ..])
    }

    /// Whether the rest of the byte is what an encoder fills it with: ones (F.1.2.3).
    pub fn is_padded(&mut self) -> bool {
        self.load();
        let filled = self.count % 8;
        let ones = !0 << (64 - filled.max(1));
        filled == 0 || self.loaded & ones == ones
    }

    /// Whether nothing is left but what fills the last byte.
    pub fn is_padding(&mut self) -> bool {
        self.is_at_end() && self.is_padded()
    }
}
