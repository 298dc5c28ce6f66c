//! Takes out of a file everything but its picture: other items (EXIF, XMP, thumbnails, depth and gain maps), tracks, and
//! boxes that nobody knows. Nothing moves: what goes becomes zeros in boxes named `free`.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::Error;
use crate::boxes::{Code, Reader};
use crate::items::{Items, MAX_ENTRIES};

/// The properties that say how to decode and show a picture (ISO/IEC 23008-12, 6.5).
const PROPERTIES: [&[u8; 4]; 18] = [
    b"ispe", b"pixi", b"colr", b"hvcC", b"av1C", b"irot", b"imir", b"clap", b"pasp", b"auxC", b"lsel",
    b"a1op", b"a1lx", b"clli", b"mdcv", b"cclv", b"amve", b"rloc",
];

/// A box: where it is and where its content is.
struct Placed {
    code: Code,
    start: usize,
    content: Range<usize>,
}

/// The boxes within a range of the file, up to one that is cut off, or one too many.
fn placed(file: &[u8], range: Range<usize>) -> Vec<Placed> {
    let mut all = Vec::new();
    let mut start = range.start;
    while let Some(inside) = file.get(start..range.end).filter(|_| all.len() <= MAX_ENTRIES) {
        let mut reader = Reader(inside);
        let (Some(short), Some(code)) = (reader.u32(), reader.array()) else {
            break;
        };
        let length = match short {
            0 => Some(inside.len() as u64),
            1 => reader.number(8),
            _ => Some(short.into()),
        };
        let header = inside.len() - reader.0.len();
        let length = length
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(0);
        if length < header || length > inside.len() {
            break;
        }
        let content = start + header..start + length;
        start = content.end;
        all.push(Placed {
            code,
            start: content.start - header,
            content,
        });
    }
    all
}

/// The file without everything but its picture.
///
/// # Errors
/// Those of [`Heif::open`](crate::Heif::open).
pub fn strip(file: &[u8]) -> Result<Vec<u8>, Error> {
    let items = Items::read(file)?;
    let kept = picture(&items);
    let top = placed(file, 0..file.len());
    if top.len() > MAX_ENTRIES {
        return Err(Error::damaged("more boxes than any photo needs"));
    }
    let meta = top
        .iter()
        .find(|each| each.code == *b"meta")
        .ok_or(Error::NoPicture)?;
    let children = placed(file, meta.content.start + 4..meta.content.end);
    let inside = children.iter().find(|each| each.code == *b"idat");
    let mut ranges = Vec::new();
    for &id in &kept {
        ranges.extend(items.places(id, inside.map(|each| each.content.clone())));
    }
    ranges.sort_by_key(|range| range.start);
    let mut out = file.to_vec();
    for each in &top {
        match &each.code {
            b"ftyp" | b"meta" => continue,
            b"mdat" => {}
            _ => out[each.start + 4..each.start + 8].copy_from_slice(b"free"),
        }
        clear(&mut out, each.content.clone(), &ranges);
    }
    if let Some(inside) = inside {
        clear(&mut out, inside.content.clone(), &ranges);
    }
    let index = index(&out, &children, &kept);
    let place = &mut out[meta.content.start + 4..meta.content.end];
    place.fill(0);
    place[..index.len()].copy_from_slice(&index);
    if let Some(left) = u32::try_from(place.len() - index.len())
        .ok()
        .filter(|&left| left >= 8)
    {
        place[index.len()..][..4].copy_from_slice(&left.to_be_bytes());
        place[index.len() + 4..][..4].copy_from_slice(b"free");
    }
    out.truncate(end(&out, &top, &ranges));
    Ok(out)
}

/// The primary item, what it is composed of, and the transparency of both.
fn picture(items: &Items<'_>) -> BTreeSet<u32> {
    let mut kept = BTreeSet::new();
    let mut waiting = vec![items.primary];
    while let Some(id) = waiting.pop() {
        if kept.insert(id) {
            waiting.extend(items.referenced(id, *b"dimg"));
            waiting.extend(crate::alpha_of(items, id));
        }
    }
    kept
}

/// Fills a range with zeros, except where it is kept. `kept` is sorted.
fn clear(out: &mut [u8], range: Range<usize>, kept: &[Range<usize>]) {
    let mut at = range.start;
    for each in kept {
        if each.start > at {
            out[at..each.start.min(range.end)].fill(0);
        }
        at = at.max(each.end);
        if at >= range.end {
            return;
        }
    }
    out[at..range.end].fill(0);
}

/// The boxes of the index, for the items that are kept.
fn index(file: &[u8], children: &[Placed], kept: &BTreeSet<u32>) -> Vec<u8> {
    let mut out = Vec::new();
    for child in children {
        let whole = &file[child.start..child.content.end];
        let content = &file[child.content.clone()];
        match &child.code {
            b"hdlr" | b"pitm" | b"iloc" | b"idat" | b"dinf" => out.extend(whole),
            b"iprp" => {
                let mut properties = whole.to_vec();
                clear_properties(&mut properties, child.content.start - child.start);
                out.append(&mut properties);
            }
            b"iinf" => push(&mut out, *b"iinf", &kinds(content, kept).unwrap_or_default()),
            b"iref" => push(&mut out, *b"iref", &references(content, kept).unwrap_or_default()),
            _ => {}
        }
    }
    out
}

fn push(out: &mut Vec<u8>, code: Code, content: &[u8]) {
    out.extend((content.len() as u32 + 8).to_be_bytes());
    out.extend(code);
    out.extend(content);
}

/// The content of `iinf`, with the names of items cleared.
fn kinds(content: &[u8], kept: &BTreeSet<u32>) -> Option<Vec<u8>> {
    let mut reader = Reader(content);
    let wide = if reader.version()?.0 == 0 { 2 } else { 4 };
    reader.number(wide)?;
    let (mut entries, mut count) = (Vec::new(), 0_u32);
    for each in placed(reader.0, 0..reader.0.len()) {
        let mut entry = Reader(&reader.0[each.content.clone()]);
        let version = entry.version()?.0;
        if each.code == *b"infe" && version >= 2 {
            let id = entry.number(if version == 2 { 2 } else { 4 })? as u32;
            // Protection, and the kind.
            entry.bytes(6)?;
            if kept.contains(&id) {
                let mut whole = reader.0[each.start..each.content.end].to_vec();
                let name = whole.len() - entry.0.len();
                whole[name..].fill(0);
                entries.append(&mut whole);
                count += 1;
            }
        }
    }
    let count = count.to_be_bytes();
    Some([&content[..4], &count[4 - wide..], &entries].concat())
}

/// The content of `iref`: what refers from an item that is kept.
fn references(content: &[u8], kept: &BTreeSet<u32>) -> Option<Vec<u8>> {
    let mut reader = Reader(content);
    let wide = if reader.version()?.0 == 0 { 2 } else { 4 };
    let mut out = content[..4].to_vec();
    for each in placed(reader.0, 0..reader.0.len()) {
        let from = Reader(&reader.0[each.content.clone()]).number(wide)? as u32;
        if kept.contains(&from) {
            out.extend(&reader.0[each.start..each.content.end]);
        }
    }
    Some(out)
}

/// Clears the properties that nobody needs. They keep their places, by which items name them.
fn clear_properties(iprp: &mut [u8], header: usize) {
    let length = iprp.len();
    for container in placed(iprp, header..length)
        .iter()
        .filter(|each| each.code == *b"ipco")
    {
        for property in placed(iprp, container.content.clone()) {
            if !PROPERTIES.iter().any(|known| **known == property.code) {
                iprp[property.start + 4..property.start + 8].copy_from_slice(b"free");
                iprp[property.content].fill(0);
            }
        }
    }
}

/// The end of the last box that holds something.
fn end(file: &[u8], top: &[Placed], kept: &[Range<usize>]) -> usize {
    let holds = |each: &&Placed| file[each.start + 4..each.start + 8] != *b"free";
    let boxes = top.iter().filter(holds).map(|each| each.content.end);
    let data = kept.iter().map(|range| range.end);
    boxes.chain(data).max().unwrap_or(0).min(file.len())
}
