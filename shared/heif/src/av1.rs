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
