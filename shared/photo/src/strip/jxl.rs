//! JPEG XL in a container (ISO/IEC 18181-2): only the boxes of the picture stay. EXIF does not count in them. A file without
//! a container has no metadata.

const KEPT: [&[u8; 4]; 6] = [b"JXL ", b"ftyp", b"jxll", b"jxlc", b"jxlp", b"jxli"];

pub fn strip(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(&[0xff, 0x0a]) {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let (length, kind) = head.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        let length = match u32::from_be_bytes(*length) {
            0 => rest.len() as u64,
            1 => rest
                .get(8..16)
                .and_then(|long| long.try_into().ok())
                .map_or(0, u64::from_be_bytes),
            length => length.into(),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX).clamp(8, rest.len());
        let (whole, behind) = rest.split_at(length);
        if KEPT.iter().any(|known| kind == *known) {
            out.extend(whole);
        }
        rest = behind;
    }
    out
}
