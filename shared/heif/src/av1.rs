//! AV1 pictures in items of the kind `av01`.

use re_rav1d::dav1d::{
    Decoder, Error as Av1Error, Picture, PixelLayout, PlanarImageComponent, Plane as Data, Settings, pixel,
};

use crate::planes::{Colors, Plane, Planes, Samples};
use crate::{Error, Items};

/// A decoded picture and its planes.
pub struct Frame {
    picture: Picture,
    planes: Vec<Data>,
}

/// The most frames of a picture: one, or one for each layer of a progressive AVIF. Frames that are never shown would
/// otherwise take the time of a picture each.
const MAX_FRAMES: usize = 4;

/// The number of frames in a stream (AV1 specification, 5.3 and 5.9); `None` if a unit is cut off.
fn frames(mut stream: &[u8]) -> Option<usize> {
    const FRAME_HEADER: u8 = 3;
    const FRAME: u8 = 6;
    let mut count = 0;
    while let [header, rest @ ..] = stream {
        count += usize::from(matches!(header >> 3 & 15, FRAME_HEADER | FRAME));
        let (has_extension, has_size) = (header >> 2 & 1 == 1, header >> 1 & 1 == 1);
        let rest = rest.get(usize::from(has_extension)..)?;
        if !has_size {
            // Such a unit is the last one.
            return Some(count);
        }
        // LEB128: seven bits a byte, the lowest first, at most eight bytes.
        let length = rest.iter().take(8).position(|byte| byte & 128 == 0)? + 1;
        let bytes = rest[..length].iter().rev();
        let size = bytes.fold(0_u64, |size, byte| size << 7 | u64::from(byte & 127));
        stream = rest.get(length..)?.get(usize::try_from(size).ok()?..)?;
    }
    Some(count)
}

/// Decodes the picture of an item, of at most `max_pixels`.
///
/// # Errors
/// [`Error::Damaged`].
pub fn decode(items: &Items<'_>, id: u32, max_pixels: u64) -> Result<Frame, Error> {
    let data = items.data(id)?.into_owned();
    // In debug builds, the decoder aborts on no data.
    if data.is_empty() {
        return Err(Error::damaged("no data"));
    }
    if frames(&data).is_none_or(|count| count > MAX_FRAMES) {
        return Err(Error::damaged("too many frames, or units that are cut off"));
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(max_pixels).unwrap_or(u32::MAX));
    let damaged = |error: Av1Error| Error::Damaged(error.to_string());
    let mut decoder = Decoder::with_settings(&settings).map_err(damaged)?;
    let mut sent = decoder.send_data(data, None, None, None);
    // It takes the data in parts, until there is a picture. A picture alone takes a few rounds.
    for _ in 0..100 {
        if let Err(error) = sent
            && !error.is_again()
        {
            return Err(damaged(error));
        }
        match decoder.get_picture() {
            Ok(picture) => return Ok(Frame::new(picture)),
            Err(error) if error.is_again() => sent = decoder.send_pending_data(),
            Err(error) => return Err(damaged(error)),
        }
    }
    Err(Error::damaged("no picture"))
}

impl Frame {
    fn new(picture: Picture) -> Self {
        use PlanarImageComponent::{U, V, Y};
        let mut planes = vec![picture.plane(Y)];
        if picture.pixel_layout() != PixelLayout::I400 {
            planes.extend([picture.plane(U), picture.plane(V)]);
        }
        Self { picture, planes }
    }

    /// What the sequence says about colors.
    pub fn colors(&self) -> Colors {
        Colors {
            primaries: self.picture.color_primaries() as u8,
            transfer: self.picture.transfer_characteristic() as u8,
            matrix: self.picture.matrix_coefficients() as u8,
            full_range: self.picture.color_range() == pixel::YUVRange::Full,
        }
    }

    /// The planes.
    pub fn planes(&self) -> Planes<'_> {
        Planes {
            width: self.picture.width(),
            height: self.picture.height(),
            all: (0..self.planes.len()).map(|i| self.plane(i)).collect(),
            subsampling: self.subsampling(),
        }
    }

    fn subsampling(&self) -> (u8, u8) {
        match self.picture.pixel_layout() {
            PixelLayout::I420 => (1, 1),
            PixelLayout::I422 => (1, 0),
            PixelLayout::I400 | PixelLayout::I444 => (0, 0),
        }
    }

    fn plane(&self, i: usize) -> Plane<'_> {
        let bytes = self.planes[i].as_ref();
        let depth = self.picture.bit_depth() as u8;
        let (component, across) = match i {
            0 => (PlanarImageComponent::Y, 0),
            _ => (PlanarImageComponent::U, self.subsampling().0),
        };
        Plane {
            samples: if depth == 8 {
                Samples::Bytes(bytes)
            } else {
                Samples::WordBytes(bytes)
            },
            stride: self.picture.stride(component) as usize,
            width: (self.picture.width() as usize).div_ceil(1 << across),
            depth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn frames_are_counted_by_their_units() {
        // A temporal delimiter, a sequence header of two bytes, and frames of one byte.
        let start = [0x12, 0x00, 0x0a, 0x02, 0, 0];
        let with = |count: usize| [&start[..], &[0x32, 0x01, 0].repeat(count)].concat();
        assert_eq!(frames(&with(1)), Some(1));
        assert_eq!(frames(&with(500)), Some(500));
        // A frame header with an extension and a size of two bytes, and a frame without a size.
        let long = [&start[..], &[0x1e, 0, 0x80, 0x01], &[0; 128], &[0x30, 1, 2, 3]].concat();
        assert_eq!(frames(&long), Some(2));
        assert_eq!(frames(&with(1)[..8]), None);
    }
}
