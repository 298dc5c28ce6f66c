//! JPEG (ITU-T T.81, B): segments are kept or dropped whole.

use strand_jpeg::Segments;

use super::{Exif, essential};

/// The markers of the picture itself, and of a part that has no length (B.1.1.3). Others are reserved, comments, or of extensions.
const PICTURE: std::ops::RangeInclusive<u8> = 0xc0..=0xdf;
const TEMPORARY: u8 = 0x01;
/// The marker of the first application segment.
const APP: u8 = 0xe0;
/// The length of JFIF's segment without a thumbnail (T.871, 10.1), and of Adobe's (5116.DCT, 18).
const JFIF: usize = 14;
const ADOBE: usize = 12;

/// Ends with the picture: what cameras write behind it are other pictures.
pub fn strip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, 0xd8]);
    let mut exif = Some(of(bytes));
    for segment in Segments::new(bytes) {
        let content = match segment.marker {
            APP..=0xef => application(segment.marker - APP, segment.content),
            // JFIF's segment comes first, if there is one.
            marker if PICTURE.contains(&marker) || marker == TEMPORARY => {
                let exif = exif.take().and_then(essential);
                if let Some(data) = exif {
                    push(&mut out, APP + 1, &[b"Exif\0\0", data.as_slice()].concat());
                }
                Some(segment.content.to_vec())
            }
            _ => None,
        };
        if let Some(content) = content {
            if segment.has_length() {
                push(&mut out, segment.marker, &content);
            } else {
                out.extend([0xff, segment.marker]);
            }
        }
        out.extend(segment.coded);
    }
    out
}

/// The EXIF data, from one segment or several, before the first scan.
fn of(bytes: &[u8]) -> Exif {
    Segments::new(bytes)
        .take_while(|segment| segment.marker != strand_jpeg::SOS)
        .filter(|segment| segment.marker == APP + 1 && segment.content.starts_with(b"Exif\0\0"))
        .fold(Exif::default(), |exif, segment| {
            exif.or(Exif::read(segment.content))
        })
}

/// What stays of an application segment; `None` if it goes.
fn application(number: u8, content: &[u8]) -> Option<Vec<u8>> {
    match number {
        0 if content.starts_with(b"JFIF\0") && content.len() >= JFIF => {
            // The last two bytes are the size of a thumbnail.
            Some([&content[..JFIF - 2], &[0, 0]].concat())
        }
        2 if content.starts_with(b"ICC_PROFILE\0") => Some(content.to_vec()),
        14 if content.starts_with(b"Adobe") => Some(content[..content.len().min(ADOBE)].to_vec()),
        _ => None,
    }
}

fn push(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).expect("it was a segment, or is a short one");
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend(content);
}
