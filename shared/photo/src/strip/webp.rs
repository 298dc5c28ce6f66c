//! WebP (RFC 9649): chunks are kept or dropped whole. Those that nobody knows go.

use super::super::whole::chunks;
use super::{Exif, essential};

const KEPT: [&[u8; 4]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// The flags of `VP8X` that promise EXIF and XMP.
const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;

pub fn strip(bytes: &[u8]) -> Vec<u8> {
    let exif = chunks(bytes).find(|(name, ..)| *name == b"EXIF");
    let exif = exif.and_then(|(.., data)| essential(Exif::read(data)));
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(b"RIFF\0\0\0\0WEBP");
    for (name, _, data) in chunks(bytes).filter(|(name, ..)| KEPT.contains(name)) {
        let start = out.len() + 8;
        push(&mut out, *name, data);
        if name == b"VP8X"
            && let Some(flags) = out.get_mut(start)
        {
            *flags &= !(XMP | if exif.is_some() { 0 } else { EXIF });
        }
    }
    if let Some(exif) = exif {
        push(&mut out, *b"EXIF", &exif);
    }
    let length = (out.len() - 8) as u32;
    out[4..8].copy_from_slice(&length.to_le_bytes());
    out
}

fn push(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    out.extend(name);
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.extend(vec![0; data.len() % 2]);
}
