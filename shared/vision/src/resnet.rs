//! A residual network's pooled features as a description of hair.
//!
//! `ImageNet` preprocessing resizes the short side of a whole picture to 256 and cuts out the central 224 pixels. Here
//! the picture is the hair: its bounding box with a margin, scaled to the input size as a whole. Pixels that are not
//! hair fade, in proportion to the mask, into the color that scales to zero. Two photos of a shade in two rooms should
//! give similar vectors, and a network that sees the rooms would distinguish the rooms.

use crate::input::{Placement, Scaling, crop_map, crop_rgb};
use crate::runtime::{Graph, Output};
use crate::{Backbone, VisionError};
use strand_mask::{HairMask, Region};
use strand_models::{Fit, Resnet};
use strand_photo::Photo;

/// The share of the hair's longer side that is added on each side, so that the outline is in the picture.
const MARGIN: f32 = 0.05;

/// A residual network and the output that holds its pooled features.
pub(super) struct ResnetBackbone {
    id: String,
    graph: Graph,
    spec: Resnet,
    output: usize,
}

impl ResnetBackbone {
    /// Accepts the graph if its input matches `spec` and its output number `output` can hold the features.
    pub fn new(id: String, graph: Graph, spec: Resnet, output: usize) -> Result<Self, VisionError> {
        let backbone = Self {
            id,
            graph,
            spec,
            output,
        };
        backbone.graph.expect_input(backbone.shape())?;
        let shapes = backbone.graph.output_shapes();
        let shape = shapes.get(output).map_or(&[][..], Vec::as_slice);
        let length: i64 = shape.iter().skip(1).product();
        let fits = shape.is_empty() || shape.contains(&-1) || length == backbone.spec.dimension as i64;
        if fits {
            return Ok(backbone);
        }
        let expected = backbone.spec.dimension;
        Err(backbone
            .graph
            .unfit(format!("its features are {shape:?} and not of length {expected}")))
    }

    fn shape(&self) -> [i64; 4] {
        let side = i64::from(self.spec.input);
        [1, 3, side, side]
    }

    /// The hair on a neutral background: packed RGB of the input's size.
    fn picture(&self, photo: &Photo, mask: &HairMask, scaling: &Scaling) -> Result<Vec<u8>, String> {
        let hair = mask
            .bounding_box(HairMask::THRESHOLD)
            .ok_or("the mask marks no hair")?;
        let region = with_margin(hair, [photo.width(), photo.height()]);
        let side = self.spec.input;
        let placement = Placement::new([region.width, region.height], [side; 2], Fit::Letterbox);
        let inner = [placement.inner.width, placement.inner.height];
        let mut rgb = crop_rgb(photo, region, inner)?;
        let opacity = crop_map(&mask.probability, [mask.width, mask.height], region, inner)?;
        let ground = scaling.neutral();
        for (pixel, &opacity) in rgb.chunks_exact_mut(3).zip(&opacity) {
            for (value, ground) in pixel.iter_mut().zip(ground) {
                *value = blend(*value, ground, opacity);
            }
        }
        Ok(placement.pad(rgb, ground))
    }

    fn read(&self, outputs: &[Output<'_>]) -> Result<Vec<f32>, String> {
        let features = outputs
            .get(self.output)
            .ok_or("there is no output of features")?
            .values;
        if features.len() == self.spec.dimension {
            Ok(features.to_vec())
        } else {
            Err(format!(
                "{} features came out and not {}",
                features.len(),
                self.spec.dimension
            ))
        }
    }
}

impl Backbone for ResnetBackbone {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.spec.dimension
    }

    fn embed(&self, photo: &Photo, mask: &HairMask) -> Result<Vec<f32>, VisionError> {
        if [photo.width(), photo.height()] != [mask.width, mask.height] {
            return Err(self
                .graph
                .failed("the mask has another size than the photo".to_owned()));
        }
        let scaling = Scaling {
            mean: self.spec.mean,
            std: self.spec.std,
        };
        let rgb = self
            .picture(photo, mask, &scaling)
            .map_err(|e| self.graph.failed(e))?;
        self.graph
            .run(&scaling.planes(&rgb), self.shape(), |outputs| self.read(outputs))
    }
}

/// `value` over `ground`, rounded.
fn blend(value: u8, ground: u8, opacity: u8) -> u8 {
    let [value, ground, opacity] = [value, ground, opacity].map(u32::from);
    ((value * opacity + ground * (255 - opacity) + 127) / 255) as u8
}

/// `hair` and its margin, clipped to the photo.
fn with_margin(hair: Region, [width, height]: [u32; 2]) -> Region {
    let margin = (hair.width.max(hair.height) as f32 * MARGIN).round() as u32;
    let (x, y) = (hair.x.saturating_sub(margin), hair.y.saturating_sub(margin));
    let right = (hair.x + hair.width + margin).min(width);
    let bottom = (hair.y + hair.height + margin).min(height);
    Region {
        x,
        y,
        width: right - x,
        height: bottom - y,
    }
}

#[cfg(test)]
mod tests {
    use super::{Backbone, HairMask, Region, Resnet, ResnetBackbone, blend, with_margin};
    use crate::onnx;
    use crate::tests::{graph, pattern};
    use strand_photo::Photo;

    fn backbone() -> ResnetBackbone {
        let mut bytes = include_bytes!("testdata/resnet.onnx").to_vec();
        let output = onnx::expose(&mut bytes, None).expect("a classifier");
        let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        let spec = Resnet {
            input: 224,
            mean,
            std,
            dimension: 16,
            tensor: None,
        };
        ResnetBackbone::new("resnet".to_owned(), graph(&bytes), spec, output).expect("fits")
    }

    /// The mask of `ellipse` in `testdata/make.py`.
    fn ellipse() -> HairMask {
        let inside = |x: i32, y: i32| {
            let distance = (2 * x + 1 - 300).pow(2) + (2 * y + 1 - 260).pow(2);
            ((204 * 204 - distance).div_euclid(64) + 128).clamp(0, 255) as u8
        };
        let probability = (0..260)
            .flat_map(|y| (0..300).map(move |x| inside(x, y)))
            .collect();
        HairMask::new(300, 260, probability)
    }

    #[test]
    fn the_features_match_the_numpy_reference() {
        let features = backbone()
            .embed(&pattern(300, 260), &ellipse())
            .expect("embedded");
        let expected: Vec<f32> = include_str!("testdata/resnet.txt")
            .lines()
            .map(|line| line.parse().expect("a number"))
            .collect();
        assert_eq!(features.len(), expected.len());
        let far = features
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(far < 1e-4, "off by {far}: {features:?}");
    }

    #[test]
    fn what_the_mask_leaves_out_does_not_matter() {
        let (backbone, mask) = (backbone(), ellipse());
        let mut rgb = pattern(300, 260).into_rgb();
        for (pixel, _) in rgb
            .chunks_exact_mut(3)
            .zip(&mask.probability)
            .filter(|(_, p)| **p == 0)
        {
            pixel.fill(255);
        }
        let painted = Photo::new(300, 260, rgb);
        let plain = backbone.embed(&pattern(300, 260), &mask).expect("embedded");
        assert_eq!(plain, backbone.embed(&painted, &mask).expect("embedded"));
    }

    #[test]
    fn a_mask_without_hair_is_an_error() {
        let error = backbone()
            .embed(&pattern(20, 20), &HairMask::new(20, 20, vec![0; 400]))
            .expect_err("no hair");
        assert!(error.to_string().contains("marks no hair"), "{error}");
    }

    #[test]
    fn the_margin_stays_in_the_photo() {
        let hair = Region {
            x: 2,
            y: 100,
            width: 200,
            height: 100,
        };
        assert_eq!(
            with_margin(hair, [210, 205]),
            Region {
                x: 0,
                y: 90,
                width: 210,
                height: 115
            }
        );
    }

    #[test]
    fn blending_is_exact_at_both_ends() {
        assert_eq!(
            [blend(200, 124, 255), blend(200, 124, 0), blend(200, 100, 128)],
            [200, 124, 150]
        );
    }
}
