//! Indexes that are larger than they look, and the geometry of pictures. Whole files are tested where they become
//! photos, in `strand-photo`.

use crate::boxes::Code;
use crate::geometry::{Turn, crop};
use crate::items::Items;
use crate::{Error, Heif, Limits};

fn boxed(code: Code, content: &[u8]) -> Vec<u8> {
    let length = (content.len() + 8) as u32;
    [&length.to_be_bytes()[..], &code, content].concat()
}

/// A file with an index of these boxes.
fn file(boxes: &[Vec<u8>]) -> Vec<u8> {
    let ftyp = boxed(*b"ftyp", b"heic\0\0\0\0mif1heic");
    let meta = boxed(*b"meta", &[&[0; 4][..], &boxes.concat()].concat());
    [ftyp, meta].concat()
}

fn primary(id: u16) -> Vec<u8> {
    boxed(*b"pitm", &[&[0; 4][..], &id.to_be_bytes()].concat())
}

/// The kinds of items.
fn kinds(items: &[(u16, &Code)]) -> Vec<u8> {
    let entries = items.iter().map(|(id, kind)| {
        boxed(
            *b"infe",
            &[&[2, 0, 0, 0][..], &id.to_be_bytes(), &[0; 2], &kind[..], &[0]].concat(),
        )
    });
    let count = (items.len() as u16).to_be_bytes();
    boxed(
        *b"iinf",
        &[&[0; 4][..], &count, &entries.collect::<Vec<_>>().concat()].concat(),
    )
}

/// Properties, all of which belong to each of the items.
fn properties(items: &[u16], all: &[Vec<u8>]) -> Vec<u8> {
    let places: Vec<u8> = (1..=all.len() as u8).collect();
    let of_each = items
        .iter()
        .map(|id| [&id.to_be_bytes()[..], &[all.len() as u8], &places].concat());
    let count = (items.len() as u32).to_be_bytes();
    let ipma = [&[0; 4][..], &count, &of_each.collect::<Vec<_>>().concat()].concat();
    boxed(
        *b"iprp",
        &[boxed(*b"ipco", &all.concat()), boxed(*b"ipma", &ipma)].concat(),
    )
}

fn size(width: u32, height: u32) -> Vec<u8> {
    boxed(
        *b"ispe",
        &[&[0; 4][..], &width.to_be_bytes(), &height.to_be_bytes()].concat(),
    )
}

/// Where the data of items are: at an offset in the box `idat`, or in the file.
fn locations(inside: bool, items: &[(u16, u32, u32)]) -> Vec<u8> {
    let of_each = items.iter().map(|(id, offset, length)| {
        let extent = [offset.to_be_bytes(), length.to_be_bytes()].concat();
        [&id.to_be_bytes()[..], &[0, u8::from(inside), 0, 0, 0, 1], &extent].concat()
    });
    let count = (items.len() as u16).to_be_bytes();
    let head = [&[1, 0, 0, 0, 0x44, 0][..], &count].concat();
    boxed(*b"iloc", &[head, of_each.collect::<Vec<_>>().concat()].concat())
}

/// A grid of `rows` by `columns` that repeats one tile of 64 x 64.
fn grid(rows: u8, columns: u8, width: u16, height: u16) -> Vec<u8> {
    let layout = [
        &[0, 0, rows - 1, columns - 1][..],
        &width.to_be_bytes(),
        &height.to_be_bytes(),
    ]
    .concat();
    let count = u16::from(rows) * u16::from(columns);
    let tiles = vec![2_u16.to_be_bytes(); count.into()].concat();
    let dimg = [&1_u16.to_be_bytes()[..], &count.to_be_bytes(), &tiles].concat();
    file(&[
        primary(1),
        kinds(&[(1, b"grid"), (2, b"hvc1")]),
        boxed(*b"idat", &[&layout[..], &[0; 40]].concat()),
        locations(true, &[(1, 0, 8), (2, 8, 40)]),
        boxed(*b"iref", &[vec![0; 4], boxed(*b"dimg", &dimg)].concat()),
        properties(&[2], &[size(64, 64)]),
    ])
}

const LIMITS: Limits = Limits {
    memory: 160 << 20,
    time: 2_000_000_000,
};

fn is_damaged<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Damaged(_)))
}

#[test]
fn the_tiles_of_a_grid_fit() {
    let fitting = grid(2, 3, 190, 70);
    assert_eq!(Heif::open(&fitting).unwrap().size(), (190, 70));
    for bytes in [
        grid(2, 3, 193, 70),
        grid(2, 3, 128, 70),
        grid(2, 3, 190, 64),
        grid(2, 3, 0, 70),
    ] {
        assert!(is_damaged(&Heif::open(&bytes)));
    }
}

#[test]
fn time_is_counted_over_all_tiles() {
    // 100 tiles of 64 x 64 take 10 ms.
    let bytes = grid(10, 10, 640, 640);
    let file = Heif::open(&bytes).unwrap();
    let short = Limits {
        time: 9_000_000,
        ..LIMITS
    };
    assert_eq!(file.decode(short, |_| ()), Err(Error::TooLarge));
    let small = Limits {
        memory: 30_000,
        ..LIMITS
    };
    assert_eq!(file.decode(small, |_| ()), Err(Error::TooLarge));
    assert!(is_damaged(&file.decode(LIMITS, |_| ())));
}

#[test]
fn entries_without_bytes_are_counted() {
    // Offsets and lengths of no bytes: an extent takes none.
    let extents = boxed(*b"iloc", &[&[0; 6][..], &[0, 1, 0, 1, 0, 0, 0xff, 0xff]].concat());
    assert!(is_damaged(&Items::read(&file(&[primary(1), extents]))));
    let many: Vec<_> = (0..5000).map(|id| (id, b"hvc1")).collect();
    assert!(is_damaged(&Items::read(&file(&[primary(1), kinds(&many)]))));
}

#[test]
fn data_that_overlap_are_refused() {
    let extent = [&0_u32.to_be_bytes()[..], &30_u32.to_be_bytes()].concat();
    let item = [&[0, 1, 0, 0, 0, 9][..], &extent.repeat(9)].concat();
    let iloc = boxed(*b"iloc", &[&[0, 0, 0, 0, 0x44, 0, 0, 1][..], &item].concat());
    let bytes = file(&[primary(1), iloc]);
    assert!(is_damaged(&Items::read(&bytes).unwrap().data(1)));
}

#[test]
fn turns_in_their_order() {
    let turn = |all: &[Vec<u8>]| {
        let bytes = file(&[primary(1), kinds(&[(1, b"hvc1")]), properties(&[1], all)]);
        Turn::of(&Items::read(&bytes).unwrap(), 1).exif()
    };
    let quarters = |count: u8| boxed(*b"irot", &[count]);
    let mirror = |axis: u8| boxed(*b"imir", &[axis]);
    for (properties, exif) in [
        (vec![], 1),
        (vec![mirror(1)], 2),
        (vec![quarters(2)], 3),
        (vec![mirror(0)], 4),
        (vec![mirror(1), quarters(1)], 5),
        (vec![quarters(1), mirror(0)], 5),
        (vec![quarters(3)], 6),
        (vec![quarters(1), mirror(1)], 7),
        (vec![quarters(1)], 8),
    ] {
        assert_eq!(turn(&properties), exif, "{properties:?}");
    }
}

#[test]
fn a_clean_aperture_is_cut_out() {
    let fractions = |all: [i32; 4]| {
        all.iter()
            .flat_map(|over| [*over, 1])
            .flat_map(i32::to_be_bytes)
            .collect::<Vec<_>>()
    };
    let cropped = |all: [i32; 4]| {
        let clap = boxed(*b"clap", &fractions(all));
        let bytes = file(&[primary(1), kinds(&[(1, b"hvc1")]), properties(&[1], &[clap])]);
        crop(&Items::read(&bytes).unwrap(), 1, (100, 60))
    };
    let part = cropped([40, 20, 10, 0]).unwrap();
    assert_eq!((part.width, part.height), (40, 20));
    // From (40, 20): a row of 100 pixels that begins at 0 gives 40 of them.
    let row: Vec<u8> = (0..100).flat_map(|x| [x; 3]).collect();
    let shown = part.part(0, 20, &row).unwrap();
    assert_eq!((shown.x, shown.y, shown.samples.len()), (0, 0, 120));
    assert_eq!((shown.samples[0], shown.samples[119]), (40, 79));
    // A tile that begins at 64 gives its first 16 pixels.
    let shown = part.part(64, 39, &row).unwrap();
    assert_eq!((shown.x, shown.y, shown.samples.len()), (24, 19, 48));
    assert!(part.part(0, 19, &row).is_none());
    assert!(part.part(0, 40, &row).is_none());
    assert!(part.part(80, 20, &row).is_none());
    assert!(is_damaged(&cropped([101, 20, 0, 0])));
    assert!(is_damaged(&cropped([40, 20, 40, 0])));
}
