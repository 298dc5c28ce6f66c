//! The fixture generator: hair drawn strand by strand in a known shade, with its exact mask.
//!
//! The suite, the benches and the shade benchmark need photos whose hair color and hair pixels are known, and a
//! repository cannot include salon photographs of people. So they are drawn: [`draw`] turns a [`Scene`] into a
//! [`Picture`]. The same scene always gives the same picture.

mod canvas;
pub mod encode;
mod gamut;
mod ground;
mod guide;
mod hair;
mod light;
mod person;
mod random;
mod shade;
mod view;

use image::{GrayImage, Luma, RgbImage};

use canvas::{Canvas, Light, Texel};
pub use gamut::Gamut;
pub use ground::Ground;
pub use light::Camera;
pub use random::{Random, fractal};
pub use shade::{Drawn, Place, Shade, Tone};
pub use view::View;

/// What to draw.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The view of the hair.
    pub view: View,
    /// The color of the hair.
    pub shade: Shade,
    /// The background.
    pub ground: Ground,
    /// The light and the camera.
    pub camera: Camera,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// The seed for everything else: pose, cut, clothes, skin, strands.
    pub seed: u64,
}

impl Scene {
    /// A scene of 512 px with a plain background in even light.
    pub fn new(view: View, shade: Shade, seed: u64) -> Self {
        Self {
            view,
            shade,
            ground: Ground::Plain,
            camera: Camera::default(),
            size: (512, 512),
            seed,
        }
    }

    /// The same scene with another background.
    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// The same scene in another light.
    #[must_use]
    pub fn lit(self, camera: Camera) -> Self {
        Self { camera, ..self }
    }

    /// The same scene at another size.
    #[must_use]
    pub fn sized(self, width: u32, height: u32) -> Self {
        Self {
            size: (width, height),
            ..self
        }
    }
}

/// A drawn scene.
pub struct Picture {
    /// The pixels that the camera recorded.
    pub rgb: RgbImage,
    /// The share of each pixel that is hair, 0 to 255.
    pub mask: GrayImage,
    /// The resulting tones of the hair, before the camera's light.
    pub tones: Vec<Drawn>,
}

/// Draws `scene` and photographs it with its camera.
pub fn draw(scene: &Scene) -> Picture {
    let mut drawing = Drawing::of(scene);
    Picture {
        rgb: drawing.photograph(&scene.camera),
        mask: drawing.mask,
        tones: drawing.tones,
    }
}

/// A drawn scene before it is photographed. Drawing costs far more than photographing.
pub struct Drawing {
    /// The share of each pixel that is hair, 0 to 255.
    pub mask: GrayImage,
    /// The resulting tones of the hair.
    pub tones: Vec<Drawn>,
    light: Vec<Light>,
    random: Random,
}

impl Drawing {
    /// Draws `scene` without its camera.
    pub fn of(scene: &Scene) -> Self {
        let mut random = Random::new(scene.seed);
        let mut canvas = Canvas::new(scene.size.0 as usize, scene.size.1 as usize);
        view::compose(&mut canvas, scene, &mut random);
        let tones = shade::correct(&mut canvas, &scene.shade);
        let mask = GrayImage::from_fn(scene.size.0, scene.size.1, |x, y| {
            let cover = canvas.texels[y as usize * canvas.width + x as usize].cover();
            Luma([(cover * 255.0).round().clamp(0.0, 255.0) as u8])
        });
        let sharp: Vec<Light> = canvas.texels.iter().map(Texel::light).collect();
        Self {
            mask,
            tones,
            light: softened(&sharp, canvas.width),
            random,
        }
    }

    /// Photographs the drawing, in the camera's gamut.
    pub fn photograph(&mut self, camera: &Camera) -> RgbImage {
        camera.develop(&self.light, self.mask.width(), &mut self.random)
    }
}

/// Blurs slightly, because a lens is never sharp to the pixel: each pixel takes a little of its neighbors (1 2 1 across
/// and down).
fn softened(sharp: &[Light], width: usize) -> Vec<Light> {
    let pass = |light: &[Light], step: usize| -> Vec<Light> {
        let last = light.len() - 1;
        let near = |i: usize| [i.saturating_sub(step), i, (i + step).min(last)].map(|k| light[k]);
        let mean = |[a, b, c]: [Light; 3]| std::array::from_fn(|k| (a[k] + 2.0 * b[k] + c[k]) / 4.0);
        (0..light.len()).map(|i| mean(near(i))).collect()
    };
    pass(&pass(sharp, 1), width)
}

#[cfg(test)]
mod tests {
    use image::Rgb as Pixel;
    use strand::color::{Lab, ciede2000};

    use super::*;

    const HAIRY: [View; 4] = [View::Closeup, View::Swatch, View::Back, View::Figure];

    fn small(view: View, code: &str, seed: u64) -> Picture {
        draw(&Scene::new(view, Shade::of_palette(code), seed).sized(256, 256))
    }

    /// The mean color of the pixels that are entirely hair, as a careful person with a color picker would select them.
    fn mean(picture: &Picture) -> Lab {
        let hair = picture
            .rgb
            .pixels()
            .zip(picture.mask.pixels())
            .filter(|(_, mask)| mask.0[0] > 250);
        let labs: Vec<Lab> = hair
            .map(|(Pixel([r, g, b]), _)| strand::color::Rgb::new(*r, *g, *b).into())
            .collect();
        let of = |part: fn(&Lab) -> f32| labs.iter().map(part).sum::<f32>() / labs.len() as f32;
        Lab {
            l: of(|lab| lab.l),
            a: of(|lab| lab.a),
            b: of(|lab| lab.b),
        }
    }

    #[test]
    fn a_scene_always_gives_the_same_picture() {
        let (one, same, other) = (
            small(View::Back, "6", 1),
            small(View::Back, "6", 1),
            small(View::Back, "6", 2),
        );
        assert!(one.rgb == same.rgb && one.mask == same.mask);
        assert!(one.rgb != other.rgb && one.mask != other.mask);
    }

    #[test]
    fn the_hair_has_the_requested_color() {
        let mut differences = Vec::new();
        for code in ["1", "2", "6", "99J", "130", "18", "27", "60", "1001"] {
            for view in HAIRY {
                let asked = Shade::of_palette(code).tones[0].lab;
                differences.push(ciede2000(asked, mean(&small(view, code, 3))));
            }
        }
        differences.sort_by(f32::total_cmp);
        let (median, worst) = (
            differences[differences.len() / 2],
            differences[differences.len() - 1],
        );
        assert!(median < 1.0 && worst < 4.0, "median {median}, worst {worst}");
    }

    #[test]
    fn mixed_shades_have_all_their_tones_in_their_shares() {
        for code in ["6/27", "2BT6", "1BT613"] {
            let asked = Shade::of_palette(code);
            let drawn = small(View::Back, code, 5).tones;
            for (tone, drawn) in asked.tones.iter().zip(&drawn) {
                assert!(
                    ciede2000(tone.lab, drawn.lab) < 3.0,
                    "{code}: {tone:?} came out as {drawn:?}"
                );
                assert!(
                    (tone.share - drawn.share).abs() < 0.15,
                    "{code}: {tone:?} came out as {drawn:?}"
                );
            }
        }
    }

    #[test]
    fn roots_are_above_lengths() {
        let picture = small(View::Back, "1BT613", 2);
        let light = |rows: std::ops::Range<u32>| {
            let pixels = rows.flat_map(|y| (0..256).map(move |x| (x, y)));
            let hair = pixels.filter(|(x, y)| picture.mask.get_pixel(*x, *y).0[0] > 250);
            let values: Vec<f32> = hair
                .map(|(x, y)| f32::from(picture.rgb.get_pixel(x, y).0[1]))
                .collect();
            values.iter().sum::<f32>() / values.len().max(1) as f32
        };
        assert!(
            light(0..60) + 40.0 < light(110..256),
            "{} {}",
            light(0..60),
            light(110..256)
        );
    }

    #[test]
    fn every_view_shows_hair_but_the_bald_one() {
        let cover = |view| {
            let mask = small(view, "6", 7).mask;
            mask.pixels().map(|p| f32::from(p.0[0])).sum::<f32>() / (255.0 * 256.0 * 256.0)
        };
        assert!(cover(View::Closeup) > 0.95);
        for view in [View::Swatch, View::Back, View::Figure] {
            assert!((0.05..0.7).contains(&cover(view)), "{view:?} {}", cover(view));
        }
        assert!(cover(View::Bald) == 0.0);
    }

    #[test]
    fn light_changes_the_picture_but_not_the_mask() {
        let scene = Scene::new(View::Back, Shade::of_palette("18"), 3).sized(128, 128);
        let even = draw(&scene);
        let harsh = draw(&scene.clone().lit(Camera {
            exposure: -1.0,
            kelvin: 3200.0,
            ..Camera::default()
        }));
        assert!(even.mask == harsh.mask);
        let (even, harsh) = (mean(&even), mean(&harsh));
        assert!(
            harsh.l < even.l - 5.0 && harsh.b > even.b + 3.0,
            "{even:?} {harsh:?}"
        );
    }
}
