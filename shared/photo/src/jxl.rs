//! JPEG XL (ISO/IEC 18181), decoded whole, then reduced.

use image::metadata::Orientation;
use jxl::api::{
    Event, ExtraChannel, JxlBasicInfo, JxlColorProfile, JxlColorType, JxlDataFormat, JxlDecoder,
    JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat,
};

use super::pixels::{Channels, Reducer};
use super::profile::Claim;
use super::{Format, Header, MAX_MEMORY, MAX_PIXELS, MAX_TIME, Opened, PhotoError, Raster};

/// The nanoseconds that decoding takes, of one pixel and of one byte of data, as measured on one core of 2 GHz.
const PIXEL_TIME: u64 = 20;
const BYTE_TIME: u64 = 57;

/// A file whose header was read.
pub(super) struct Jxl<'a> {
    decoder: JxlDecoder,
    rest: &'a [u8],
    bytes: usize,
    header: Header,
    color: JxlColorType,
    extra_channels: usize,
}

/// Reads the header, through the description of the colors.
pub(super) fn open(bytes: &[u8]) -> Result<Jxl<'_>, PhotoError> {
    let mut options = JxlDecoderOptions::default();
    options.adjust_orientation = false;
    options.sample_limit = Some(4 * MAX_PIXELS as usize);
    let mut decoder = JxlDecoder::new(options);
    let mut rest = bytes;
    while !matches!(next(&mut decoder, &mut rest, None)?, Event::BasicInfo) {}
    let info = decoder.basic_info().ok_or(damaged("no header"))?;
    let header = header(info)?;
    let profile = decoder
        .embedded_color_profile()
        .ok_or(damaged("no color profile"))?;
    let alpha = info
        .extra_channels
        .iter()
        .any(|channel| matches!(channel.ec_type, ExtraChannel::Alpha));
    let color = match (profile.channels(), alpha) {
        (1, false) => JxlColorType::Grayscale,
        (1, true) => JxlColorType::GrayscaleAlpha,
        (3, false) => JxlColorType::Rgb,
        (3, true) => JxlColorType::Rgba,
        _ => return Err(PhotoError::variant("a JPEG XL image of an uncommon kind")),
    };
    if profile.is_cmyk() {
        return Err(PhotoError::variant("a JPEG XL image of an uncommon kind"));
    }
    let extra_channels = info.extra_channels.len();
    Ok(Jxl {
        decoder,
        rest,
        bytes: bytes.len(),
        header,
        color,
        extra_channels,
    })
}

fn header(info: &JxlBasicInfo) -> Result<Header, PhotoError> {
    let side = |side: usize| u32::try_from(side).map_err(|_| damaged("a side that is too long"));
    Ok(Header {
        width: side(info.size.0)?,
        height: side(info.size.1)?,
        orientation: Orientation::from_exif(info.orientation as u8).unwrap_or(Orientation::NoTransforms),
    })
}

impl Opened for Jxl<'_> {
    fn header(&self) -> Header {
        self.header
    }

    fn memory(&self, max_side: u32) -> u64 {
        let Header { width, height, .. } = self.header;
        let reduced = Reducer::memory(width, height, Channels::Rgb, max_side);
        self.whole(self.color.samples_per_pixel()) + reduced
    }

    fn decode(mut self: Box<Self>, max_side: u32) -> Result<Raster, PhotoError> {
        let samples = self.color.samples_per_pixel();
        self.check_limits(samples)?;
        self.decoder
            .set_pixel_format(JxlPixelFormat {
                color_type: self.color,
                color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
                extra_channel_format: vec![None; self.extra_channels],
            })
            .map_err(|error| damaged(&error))?;
        let Header {
            width,
            height,
            orientation,
        } = self.header;
        let row = width as usize * samples;
        let mut data = vec![0; row * height as usize];
        loop {
            let mut buffers = [JxlOutputBuffer::new(&mut data, height as usize, row)];
            match next(&mut self.decoder, &mut self.rest, Some(&mut buffers))? {
                Event::FrameComplete { .. } | Event::Complete => break,
                _ => {}
            }
        }
        let profile = self
            .decoder
            .output_color_profile()
            .and_then(JxlColorProfile::try_as_icc);
        let claims = profile
            .map(|icc| Claim::Icc(icc.into_owned()))
            .into_iter()
            .collect();
        let channels = if self.color.is_grayscale() {
            Channels::Gray
        } else {
            Channels::Rgb
        };
        let mut reducer = Reducer::new(width, height, channels, max_side);
        for (y, row) in (0..).zip(data.chunks_exact(row)) {
            reducer.add_samples(samples, y, 0, 1, row);
        }
        Ok(Raster {
            pixels: reducer.finish(),
            claims,
            orientation,
        })
    }
}

impl Jxl<'_> {
    /// The bytes of the result, and three quarters of a byte for each pixel that the decoder holds.
    fn whole(&self, samples: usize) -> u64 {
        let pixels = u64::from(self.header.width) * u64::from(self.header.height);
        pixels * samples as u64 + pixels * 3 / 4
    }

    fn check_limits(&self, samples: usize) -> Result<(), PhotoError> {
        let pixels = u64::from(self.header.width) * u64::from(self.header.height);
        let memory = self.whole(samples);
        let time = pixels * PIXEL_TIME + self.bytes as u64 * BYTE_TIME;
        if memory > MAX_MEMORY || time > MAX_TIME {
            return Err(PhotoError::TooMuchMemory {
                format: Format::JpegXl,
            });
        }
        Ok(())
    }
}

/// The next event of the decoder.
fn next(
    decoder: &mut JxlDecoder,
    rest: &mut &[u8],
    buffers: Option<&mut [JxlOutputBuffer<'_>]>,
) -> Result<Event, PhotoError> {
    let event = decoder
        .process(rest, buffers, None)
        .map_err(|error| damaged(&error))?;
    match event {
        Event::NeedMoreInput { .. } if rest.is_empty() => Err(damaged("the data end")),
        event => Ok(event),
    }
}

fn damaged(reason: &(impl ToString + ?Sized)) -> PhotoError {
    PhotoError::damaged(Format::JpegXl, &reason.to_string())
}
