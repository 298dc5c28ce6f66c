//! PNG (ISO/IEC 15948): chunks are kept or dropped whole. Those that nobody knows go.

use super::{Exif, essential};

/// The signature, and the length of a chunk without its data.
const SIGNATURE: usize = 8;
const FRAME: usize = 12;

const KEPT: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV",
    b"cLLI", b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

struct Chunk<'a> {
    kind: &'a [u8; 4],
    data: &'a [u8],
    /// With its frame.
    whole: &'a [u8],
}

impl Chunk<'_> {
    /// Decoders pass over a chunk of metadata whose checksum is wrong.
    fn is_sound(&self) -> bool {
        let sum = self.whole.last_chunk().copied().map(u32::from_be_bytes);
        self.whole.len() == self.data.len() + FRAME && sum == Some(sum_of(*self.kind, self.data))
    }
}

pub fn strip(bytes: &[u8]) -> Vec<u8> {
    let exif = chunks(bytes).find(|chunk| chunk.kind == b"eXIf" && chunk.is_sound());
    let mut exif = exif.and_then(|chunk| essential(Exif::read(chunk.data)));
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(&bytes[..SIGNATURE]);
    for chunk in chunks(bytes).filter(|chunk| KEPT.contains(&chunk.kind)) {
        // It may stand anywhere before the pixels.
        if [b"IDAT", b"fcTL"].contains(&chunk.kind)
            && let Some(data) = exif.take()
        {
            out.extend((data.len() as u32).to_be_bytes());
            out.extend(b"eXIf");
            out.extend(&data);
            out.extend(sum_of(*b"eXIf", &data).to_be_bytes());
        }
        out.extend(chunk.whole);
    }
    out
}

/// The chunks through the end of the picture; the last one may be cut off.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, behind) = rest.split_first_chunk::<8>()?;
        let (length, kind) = head.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let whole = &rest[..(length.saturating_add(FRAME)).min(rest.len())];
        rest = &rest[whole.len()..];
        let kind = kind.first_chunk()?;
        if kind == b"IEND" {
            rest = &[];
        }
        let data = &behind[..length.min(behind.len())];
        Some(Chunk { kind, data, whole })
    })
}

fn sum_of(kind: [u8; 4], data: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&kind);
    sum.update(data);
    sum.finalize()
}
