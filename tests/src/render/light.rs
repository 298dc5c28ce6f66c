//! The light and the camera: the lamp's color, exposure, shadow, contrast and noise.

use std::array::from_fn;

use image::{Rgb as Pixel, RgbImage};

use super::canvas::Light;
use super::gamut::Gamut;
use super::random::{Random, noise};
use super::shade::{decode, encode};

/// The light and the camera. [`Camera::default`] changes nothing, so that the hair has the requested color.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Exposure in stops: 1 doubles the light, -1 halves it.
    pub exposure: f32,
    /// The lamp's color temperature in kelvins, as seen by a camera that is set to daylight (6,500 K).
    pub kelvin: f32,
    /// A color cast, as from a wall or a shop's lamp: a factor around 1 for each channel.
    pub cast: [f32; 3],
    /// The darkness of a shadow over one side of the picture; 0 for none.
    pub shadow: f32,
    /// The strength of the S curve that phones apply to a photo; 0 for none.
    pub contrast: f32,
    /// The standard deviation of the sensor's noise, in encoded values from 0 to 1.
    pub noise: f32,
    /// The color space of the camera's files.
    pub gamut: Gamut,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            exposure: 0.0,
            kelvin: 6500.0,
            cast: [1.0; 3],
            shadow: 0.0,
            contrast: 0.0,
            noise: 0.0,
            gamut: Gamut::Srgb,
        }
    }
}

impl Camera {
    /// An everyday photo: ±0.5 stop, 5,000 to 6,500 K, a little noise.
    pub fn everyday(random: &mut Random) -> Self {
        Self {
            exposure: random.between(-0.5, 0.5),
            kelvin: random.between(5000.0, 6500.0),
            noise: random.between(0.0, 0.012),
            contrast: random.between(0.0, 0.15),
            ..Self::default()
        }
    }

    /// A photo in harsh light: ±1 stop, 3,000 to 7,500 K, casts, shadow, a phone's tone curve. Three in ten of these
    /// photos are in Display P3.
    pub fn harsh(random: &mut Random) -> Self {
        Self {
            exposure: random.between(-1.0, 1.0),
            kelvin: random.between(3000.0, 7500.0),
            cast: std::array::from_fn(|_| random.between(0.88, 1.12)),
            shadow: random.between(0.0, 0.5),
            contrast: random.between(0.0, 0.5),
            noise: random.between(0.0, 0.03),
            gamut: if random.chance(0.3) {
                Gamut::DisplayP3
            } else {
                Gamut::Srgb
            },
        }
    }

    /// Photographs a picture that was taken in even light, such as a portrait. The pixels are in [`Camera::gamut`].
    pub fn photograph(&self, picture: &RgbImage, random: &mut Random) -> RgbImage {
        let linear: [f32; 256] = from_fn(|i| decode(i as f32 / 255.0));
        let light: Vec<Light> = picture
            .pixels()
            .map(|Pixel(rgb)| rgb.map(|v| linear[usize::from(v)]))
            .collect();
        self.develop(&light, picture.width(), random)
    }

    /// Removes the known light and tone curve from a photo. Clipped values stay clipped, and losses of the file stay.
    /// `photo` is sRGB and may have been reduced to any size.
    pub fn undo(&self, photo: &RgbImage) -> RgbImage {
        let (gains, unit) = (self.gains(), photo.width().min(photo.height()) as f32);
        let straight = self.inverse_curve();
        let mut undone = photo.clone();
        for (x, y, Pixel(rgb)) in undone.enumerate_pixels_mut() {
            let recorded = self.gamut.holding(rgb.map(|v| decode(f32::from(v) / 255.0)));
            let light = recorded.map(|v| decode(at(&straight, encode(v.max(0.0)))));
            let light = self.gamut.to_srgb(light);
            let veil = self.veil((x as f32 + 0.5) / unit, (y as f32 + 0.5) / unit);
            *rgb = from_fn(|i| {
                let v = encode((light[i] / (gains[i] * veil)).max(0.0));
                (v * 255.0).round().clamp(0.0, 255.0) as u8
            });
        }
        undone
    }

    /// The pixels that `light`, with `width` pixels per row, produces in the file.
    pub(super) fn develop(&self, light: &[Light], width: u32, random: &mut Random) -> RgbImage {
        let height = (light.len() / width as usize) as u32;
        let (gains, unit) = (self.gains(), width.min(height) as f32);
        let mut grain = random.fork();
        RgbImage::from_fn(width, height, |x, y| {
            let light = light[(y * width + x) as usize];
            let seen = self.record(gains, light, x as f32 / unit, y as f32 / unit);
            let noise = if self.noise > 0.0 {
                grain.normal() * self.noise
            } else {
                0.0
            };
            Pixel(self.gamut.holding(seen).map(|v| {
                let value = self.curve(encode(v.max(0.0))) + noise;
                (value * 255.0).round().clamp(0.0, 255.0) as u8
            }))
        })
    }

    /// The light that the camera records of `light`, still linear, at a position in units of the frame's shorter side.
    fn record(&self, gains: [f32; 3], light: Light, x: f32, y: f32) -> Light {
        let veil = self.veil(x, y);
        from_fn(|i| light[i] * gains[i] * veil)
    }

    /// The share of the light that the shadow lets through at a position.
    fn veil(&self, x: f32, y: f32) -> f32 {
        1.0 - self.shadow * shadow_at(x, y)
    }

    /// The factors that exposure, lamp and cast apply to each channel.
    fn gains(&self) -> [f32; 3] {
        let stop = self.exposure.exp2();
        let (lamp, daylight) = (blackbody(self.kelvin), blackbody(6500.0));
        from_fn(|i| stop * self.cast[i] * lamp[i] / daylight[i])
    }

    /// The tone curve for an encoded value.
    fn curve(&self, v: f32) -> f32 {
        let v = v.clamp(0.0, 1.0);
        let s = v * v * (3.0 - 2.0 * v);
        v + (s - v) * self.contrast
    }

    /// The inverse of the tone curve at [`STEPS`] equal steps from 0 to 1. The curve rises, so bisection finds each
    /// value.
    fn inverse_curve(&self) -> Vec<f32> {
        let found = |wanted: f32| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..24 {
                let middle = f32::midpoint(low, high);
                if self.curve(middle) < wanted {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            low
        };
        (0..=STEPS).map(|i| found(i as f32 / STEPS as f32)).collect()
    }
}

/// The number of steps in a table of the tone curve.
const STEPS: usize = 1024;

/// Looks up the value at `v`, 0 to 1.
fn at(table: &[f32], v: f32) -> f32 {
    let place = v.clamp(0.0, 1.0) * STEPS as f32;
    let low = (place as usize).min(STEPS - 1);
    table[low] + (table[low + 1] - table[low]) * (place - low as f32)
}

/// A soft-edged shadow over the lower right, 0 to 1.
fn shadow_at(x: f32, y: f32) -> f32 {
    let edge = (x + 0.4 * y - 0.75 + 0.06 * noise(7, x * 4.0, y * 4.0)) / 0.12;
    edge.clamp(0.0, 1.0)
}

/// Linear sRGB of a black body, at the same luminance for every temperature: Kim et al.'s cubic fit of the Planckian
/// locus (US patent 7024034), 1,667 to 25,000 K.
fn blackbody(kelvin: f32) -> [f32; 3] {
    let t = 1000.0 / kelvin.clamp(1667.0, 25000.0);
    let x = if kelvin <= 4000.0 {
        ((-0.266_124 * t - 0.234_359) * t + 0.877_696) * t + 0.179_910
    } else {
        ((-3.025_847 * t + 2.107_038) * t + 0.222_635) * t + 0.240_390
    };
    let y = if kelvin <= 2222.0 {
        ((-1.106_381 * x - 1.348_11) * x + 2.185_558) * x - 0.202_196
    } else if kelvin <= 4000.0 {
        ((-0.954_948 * x - 1.374_186) * x + 2.091_37) * x - 0.167_489
    } else {
        ((3.081_758 * x - 5.873_387) * x + 3.751_13) * x - 0.370_015
    };
    let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
    [
        (3.240_454 * big_x - 1.537_139 - 0.498_531 * big_z).max(0.05),
        -0.969_266 * big_x + 1.876_011 + 0.041_556 * big_z,
        (0.055_643 * big_x - 0.204_026 + 1.057_225 * big_z).max(0.02),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_camera_changes_nothing() {
        let camera = Camera::default();
        let light = camera.record(camera.gains(), [0.2, 0.4, 0.6], 0.9, 0.9);
        assert!(
            light
                .iter()
                .zip([0.2, 0.4, 0.6])
                .all(|(a, b)| (a - b).abs() < 1e-5)
        );
        assert!((camera.curve(0.3) - 0.3).abs() < 1e-6);
    }

    #[test]
    fn known_light_can_be_removed() {
        let picture = RgbImage::from_fn(64, 64, |x, y| {
            Pixel([60 + x as u8, 50 + y as u8, 40 + (x + y) as u8 / 2])
        });
        for gamut in [Gamut::Srgb, Gamut::DisplayP3] {
            let camera = Camera {
                exposure: -0.4,
                kelvin: 4500.0,
                cast: [0.95, 1.0, 1.08],
                shadow: 0.3,
                contrast: 0.3,
                noise: 0.0,
                gamut,
            };
            let mut photo = camera.photograph(&picture, &mut Random::new(1));
            for Pixel(rgb) in photo.pixels_mut() {
                let light = gamut.to_srgb(rgb.map(|v| decode(f32::from(v) / 255.0)));
                *rgb = light.map(|v| (encode(v.max(0.0)) * 255.0).round() as u8);
            }
            let change = |one: &RgbImage| {
                let pairs = one.as_raw().iter().zip(picture.as_raw());
                pairs.map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / picture.as_raw().len() as f32
            };
            let (lit, undone) = (change(&photo), change(&camera.undo(&photo)));
            assert!(lit > 15.0 && undone < 1.5, "{gamut:?}: {lit} {undone}");
        }
    }

    #[test]
    fn low_temperatures_are_red_and_high_ones_blue() {
        let gains = |kelvin| {
            Camera {
                kelvin,
                ..Camera::default()
            }
            .gains()
        };
        assert!(
            gains(3000.0)[0] > 1.3 && gains(3000.0)[2] < 0.6,
            "{:?}",
            gains(3000.0)
        );
        assert!(
            gains(7500.0)[0] < 1.0 && gains(7500.0)[2] > 1.0,
            "{:?}",
            gains(7500.0)
        );
    }
}
