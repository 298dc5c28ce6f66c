//! What a file tells about people and places goes; everything that decoding reads stays. That its pixels stay too is held
//! by every test that decodes: see `strip::assert_keeps`.

use image::DynamicImage;

use super::super::{Format, decode, strip};
use super::{Extras, SIZE, encode, exif, picture};

const SECRET: &[u8] = b"SECRET";

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

/// Checks a file that holds a secret and is turned on its side.
#[track_caller]
fn assert_stripped(what: &str, bytes: &[u8]) {
    assert!(has_secret(bytes), "{what}: the test photo has the secret");
    let stripped = strip(bytes).unwrap();
    assert!(!has_secret(&stripped), "{what}");
    assert_eq!(decode(bytes, 512), decode(&stripped, 512), "{what}");
}

fn file(format: Format) -> Vec<u8> {
    let extras = Extras {
        orientation: Some(6),
        icc: None,
    };
    encode(format, &DynamicImage::from(picture(SIZE.0, SIZE.1)), extras)
}

/// EXIF data with an orientation, and a secret behind it.
fn tagged_exif() -> Vec<u8> {
    [exif(6).as_slice(), b"SECRET"].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [
        &[0xff, marker],
        &(content.len() as u16 + 2).to_be_bytes()[..],
        content,
    ]
    .concat()
}

#[test]
fn jpeg() {
    let plain = encode(Format::Jpeg, &picture(SIZE.0, SIZE.1).into(), Extras::default());
    let exif = [b"Exif\0\0", tagged_exif().as_slice()].concat();
    let segments = [
        segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01SEC"),
        segment(0xe0, b"JFXX\0\x10SECRET"),
        segment(0xe1, &exif),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0SECRET"),
        segment(0xe2, b"MPF\0SECRET"),
        segment(0xed, b"Photoshop 3.0\0SECRET"),
        segment(0xee, b"Adobe\0\x64\0\0\0\0\x01SECRET"),
        segment(0xfe, b"SECRET"),
    ];
    let bytes = [&plain[..2], &segments.concat(), &plain[2..], b"SECRET", &plain].concat();
    assert_stripped("a JPEG with another behind it", &bytes);
    let stripped = strip(&bytes).unwrap();
    assert!(
        stripped.len() < plain.len() + 100,
        "{} of {}",
        stripped.len(),
        plain.len()
    );
    let photo = decode(&stripped, 512).unwrap();
    assert_eq!(
        (photo.width(), photo.height()),
        (SIZE.1, SIZE.0),
        "it is still turned"
    );
}

#[test]
fn png() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut sum = crc32fast::Hasher::new();
        sum.update(kind);
        sum.update(data);
        [
            &(data.len() as u32).to_be_bytes(),
            kind.as_slice(),
            data,
            &sum.finalize().to_be_bytes(),
        ]
        .concat()
    };
    let plain = encode(Format::Png, &picture(SIZE.0, SIZE.1).into(), Extras::default());
    // The signature and the header.
    let (head, rest) = plain.split_at(8 + 25);
    let chunks = [
        chunk(b"tEXt", b"Comment\0SECRET"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET"),
        chunk(b"eXIf", &tagged_exif()),
        chunk(b"caNv", b"SECRET"),
        chunk(b"gAMA", &45_455_u32.to_be_bytes()),
    ];
    let bytes = [head, &chunks.concat(), rest, b"SECRET"].concat();
    assert_stripped("a PNG", &bytes);
    let stripped = strip(&bytes).unwrap();
    assert!(
        stripped.windows(4).any(|kind| kind == b"gAMA"),
        "what decoding reads stays"
    );
}

#[test]
fn webp() {
    let mut bytes = file(Format::WebP);
    for (name, data) in [(b"XMP ", b"SECRET".as_slice()), (b"ABCD", b"SECRET")] {
        bytes.extend(name);
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
    }
    let length = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    assert_stripped("a WebP", &bytes);
}

#[test]
fn gif() {
    let plain = encode(Format::Gif, &picture(SIZE.0, SIZE.1).into(), Extras::default());
    let colors = 3 << ((plain[10] & 7) + 1);
    let (head, rest) = plain.split_at(13 + if plain[10] & 0x80 == 0 { 0 } else { colors });
    let extensions = [
        b"\x21\xfe\x06SECRET\0".as_slice(),
        b"\x21\xff\x0bXMP DataXMP\x06SECRET\0",
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0",
    ];
    let bytes = [head, &extensions.concat(), rest, b"SECRET"].concat();
    assert_stripped("a GIF", &bytes);
    let stripped = strip(&bytes).unwrap();
    assert!(
        stripped.windows(8).any(|name| name == b"NETSCAPE"),
        "it is still repeated"
    );
}

#[test]
fn heif_and_jpeg_xl() {
    for (what, bytes) in [
        ("tagged.heic", include_bytes!("files/tagged.heic").as_slice()),
        ("tagged.avif", include_bytes!("files/tagged.avif")),
        ("tagged.jxl", include_bytes!("files/tagged.jxl")),
    ] {
        assert_stripped(what, bytes);
    }
}

#[test]
fn the_thumbnail_of_a_heic_goes() {
    let bytes = include_bytes!("files/thumbnail.heic");
    let stripped = strip(bytes).unwrap();
    let has = |bytes: &[u8], code: &[u8]| bytes.windows(4).any(|window| window == code);
    assert!(has(bytes, b"thmb") && !has(&stripped, b"thmb"));
    let zeros = |bytes: &[u8]| bytes.split(|&byte| byte == 0).count();
    assert!(zeros(&stripped) > zeros(bytes) + 100, "its data are zeros");
}

#[test]
fn tiff() {
    let text = b"SECRET"
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u16::from_le_bytes(*pair));
    let mut tags = super::tiff::tags(&[8, 8, 8], 1, 2);
    // The artist, XMP, and the orientation.
    tags.extend([
        (0x013b, text.clone().collect()),
        (0x02bc, text.collect()),
        (0x0112, vec![6]),
    ]);
    let pixels = picture(SIZE.0, SIZE.1).into_raw();
    let bytes = [super::tiff::tiff(SIZE, &tags, &pixels), b"SECRET".to_vec()].concat();
    assert_stripped("a TIFF", &bytes);
    let photo = decode(&strip(&bytes).unwrap(), 512).unwrap();
    assert_eq!(
        (photo.width(), photo.height()),
        (SIZE.1, SIZE.0),
        "it is still turned"
    );
}

#[test]
fn many_empty_boxes_are_refused_at_once() {
    let file = include_bytes!("files/tagged.heic");
    let boxes = b"\0\0\0\x08free".repeat(1_000_000);
    let started = std::time::Instant::now();
    assert!(strip(&[file.as_slice(), &boxes].concat()).is_err());
    assert!(started.elapsed().as_secs() < 2);
}
