//! GIF (version 89a): comments, texts, and what applications add go, except how often to repeat it and the profile.

/// The header with the size of the screen, and the descriptor of a picture.
const HEADER: usize = 13;
const DESCRIPTOR: usize = 10;

const TRAILER: u8 = 0x3b;
const PICTURE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
/// The extensions: how to show the next picture, and of applications.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
const KEPT: [&[u8]; 2] = [b"NETSCAPE2.0", b"ICCRGBG1012"];

/// Ends with the picture. Where the file is not of blocks any more, it ends too.
pub fn strip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let start = bytes
        .get(10)
        .map_or(HEADER, |&flags| HEADER + table(flags))
        .min(bytes.len());
    out.extend(&bytes[..start]);
    let mut rest = &bytes[start..];
    while let Some((&kind, behind)) = rest.split_first() {
        let (length, is_kept) = match kind {
            TRAILER => {
                out.push(TRAILER);
                break;
            }
            PICTURE => {
                let colors = rest.get(DESCRIPTOR - 1).map_or(0, |&flags| table(flags));
                // The size of codes comes before the data.
                (DESCRIPTOR + colors + 1, true)
            }
            EXTENSION => {
                let is_kept = match behind {
                    [CONTROL, ..] => true,
                    [APPLICATION, 11, name @ ..] => KEPT.iter().any(|known| name.starts_with(known)),
                    _ => false,
                };
                (2, is_kept)
            }
            // Decoders pass over it.
            _ => (1, false),
        };
        let length = if kind == PICTURE || kind == EXTENSION {
            length + blocks(rest.get(length..).unwrap_or_default())
        } else {
            length
        };
        let (block, behind) = rest.split_at(length.min(rest.len()));
        if is_kept {
            out.extend(block);
        }
        rest = behind;
    }
    out
}

/// The bytes of a color table.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// The bytes of blocks, through the empty one.
fn blocks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&length) = bytes.get(at) {
        at += 1 + usize::from(length);
        if length == 0 {
            break;
        }
    }
    at
}
