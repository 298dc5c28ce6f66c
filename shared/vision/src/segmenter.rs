//! Hair parsers that are one network from an image to maps: the fetched 512-px parser and the project's own.

use crate::input::{Placement, Scaling, sigmoid, to_byte};
use crate::runtime::{Graph, Output};
use crate::{HairParser, VisionError};
use strand_mask::{HairMask, SoftMap, keep_cores};
use strand_models::{Activation, Segmenter};
use strand_photo::Photo;

/// A segmentation network and how to read its output.
pub(super) struct SegmenterParser {
    id: String,
    graph: Graph,
    spec: Segmenter,
}

/// Maps from the network, as bytes, at its resolution, and its judgment.
struct Maps {
    size: [u32; 2],
    hair: Vec<u8>,
    skin: Option<Vec<u8>>,
    presence: Option<f32>,
    covered: Option<f32>,
}

impl SegmenterParser {
    /// Accepts the graph if its input and output match `spec`.
    pub fn new(id: String, graph: Graph, spec: Segmenter) -> Result<Self, VisionError> {
        let parser = Self { id, graph, spec };
        parser.graph.expect_input(parser.shape())?;
        let outputs = parser.graph.output_shapes();
        let first = outputs.first().map_or(&[][..], Vec::as_slice);
        let channels = first.get(1).copied().unwrap_or(0);
        let needed = parser
            .spec
            .skin_channel
            .unwrap_or(0)
            .max(parser.spec.hair_channel) as i64;
        if first.len() != 4 || (channels >= 0 && channels <= needed) {
            return Err(parser
                .graph
                .unfit(format!("its output is {first:?}, without a channel {needed}")));
        }
        Ok(parser)
    }

    fn shape(&self) -> [i64; 4] {
        let [width, height] = self.spec.input.map(i64::from);
        [1, 3, height, width]
    }

    fn scaling(&self) -> Scaling {
        Scaling {
            mean: self.spec.mean,
            std: self.spec.std,
        }
    }

    /// Runs while the session is locked, so it only copies. Resizing to the photo comes later.
    fn read(&self, outputs: &[Output<'_>]) -> Result<Maps, String> {
        let Some(&Output {
            shape: &[_, channels, height, width],
            values,
        }) = outputs.first()
        else {
            return Err("the output has not four dimensions".to_owned());
        };
        let area = (height * width) as usize;
        let map = |channel: usize| {
            let plane = values.get(channel * area..(channel + 1) * area);
            let plane = plane.ok_or_else(|| format!("channel {channel} of {channels} was asked for"))?;
            Ok::<_, String>(match self.spec.activation {
                Activation::None => plane.iter().map(|&p| to_byte(p)).collect(),
                Activation::Sigmoid => plane.iter().map(|&x| to_byte(sigmoid(x))).collect(),
            })
        };
        Ok(Maps {
            size: [width as u32, height as u32],
            hair: map(self.spec.hair_channel)?,
            skin: self.spec.skin_channel.map(map).transpose()?,
            presence: judgment(outputs, 1),
            covered: judgment(outputs, 2),
        })
    }
}

/// A further output, if the network has it with a single value. The second is the probability that the marked pixels are hair
/// of a head, the third that the head is covered.
fn judgment(outputs: &[Output<'_>], place: usize) -> Option<f32> {
    match outputs.get(place)?.values {
        &[probability] => Some(probability),
        _ => None,
    }
}

impl Maps {
    /// The skin map without the letterbox's margins, at about the network's resolution.
    fn skin(self, placement: &Placement) -> Result<Option<SoftMap>, String> {
        let Some(map) = self.skin else { return Ok(None) };
        let [width, height] = [placement.inner.width, placement.inner.height];
        let whole = self.size == [width, height];
        let probability = if whole {
            map
        } else {
            placement.unmap(&map, self.size, [width, height])?
        };
        Ok(Some(SoftMap {
            width,
            height,
            probability,
        }))
    }
}

impl HairParser for SegmenterParser {
    fn id(&self) -> &str {
        &self.id
    }

    fn parse(&self, photo: &Photo) -> Result<HairMask, VisionError> {
        let size = [photo.width(), photo.height()];
        let placement = Placement::new(size, self.spec.input, self.spec.fit);
        let scaling = self.scaling();
        let rgb = placement
            .paint(photo, scaling.neutral())
            .map_err(|e| self.graph.failed(e))?;
        let maps = self
            .graph
            .run(&scaling.planes(&rgb), self.shape(), |outputs| self.read(outputs))?;
        let probability = placement
            .unmap(&maps.hair, maps.size, size)
            .map_err(|e| self.graph.failed(e))?;
        let (presence, covered) = (maps.presence, maps.covered);
        let skin = maps.skin(&placement).map_err(|e| self.graph.failed(e))?;
        let mut mask = HairMask {
            width: size[0],
            height: size[1],
            probability,
            skin,
            presence,
            covered,
        };
        keep_cores(&mut mask);
        Ok(mask)
    }
}

#[cfg(test)]
mod tests {
    use super::{Activation, Segmenter, SegmenterParser};
    use crate::HairParser;
    use crate::tests::{graph, photo};
    use strand_mask::HairMask;
    use strand_models::Fit;

    /// The test network, for which red is hair and green is skin.
    fn parser(fit: Fit, activation: Activation) -> SegmenterParser {
        let graph = graph(include_bytes!("testdata/segmenter.onnx"));
        let (mean, std) = ([0.0; 3], [1.0; 3]);
        let spec = Segmenter {
            input: [64, 64],
            mean,
            std,
            fit,
            hair_channel: 1,
            skin_channel: Some(2),
            activation,
        };
        SegmenterParser::new("segmenter".to_owned(), graph, spec).expect("fits")
    }

    /// A picture with red in the left half and green below the middle.
    fn halves(width: u32, height: u32, fit: Fit) -> HairMask {
        let pixel = |x, y| {
            [
                if x < width / 2 { 255 } else { 0 },
                if y < height / 2 { 0 } else { 255 },
                0,
            ]
        };
        parser(fit, Activation::None)
            .parse(&photo(width, height, pixel))
            .expect("parsed")
    }

    fn at(map: &[u8], width: u32, x: u32, y: u32) -> u8 {
        map[(y * width + x) as usize]
    }

    #[test]
    fn the_mask_lies_where_the_photo_has_it_at_any_shape() {
        for (width, height) in [(128, 128), (320, 80), (96, 200), (1, 1), (2, 64)] {
            for fit in [Fit::Stretch, Fit::Letterbox] {
                let mask = halves(width, height, fit);
                assert_eq!(mask.probability.len(), (width * height) as usize);
                if width < 8 {
                    continue;
                }
                let (left, right) = (width / 8, width - 1 - width / 8);
                for y in [0, height / 2, height - 1] {
                    assert!(
                        at(&mask.probability, width, left, y) > 250,
                        "{width}x{height} {fit:?} {y}"
                    );
                    assert!(
                        at(&mask.probability, width, right, y) < 5,
                        "{width}x{height} {fit:?} {y}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_skin_map_covers_the_photo_without_margins() {
        let skin = halves(320, 80, Fit::Letterbox).skin.expect("a channel of it");
        assert_eq!([skin.width, skin.height], [64, 16]);
        for x in [0, 63] {
            assert!(at(&skin.probability, 64, x, 1) < 5 && at(&skin.probability, 64, x, 14) > 250);
        }
    }

    #[test]
    fn the_outputs_after_the_masks_are_judgments() {
        let mask = halves(64, 64, Fit::Stretch);
        for (judgment, expected) in [(mask.presence, 0.5), (mask.covered, 0.25)] {
            assert!(
                judgment.is_some_and(|p| (p - expected).abs() < 0.02),
                "{judgment:?}"
            );
        }
    }

    #[test]
    fn the_logistic_function_is_applied_where_the_manifest_says_so() {
        let black = photo(64, 64, |_, _| [0; 3]);
        let mask = parser(Fit::Stretch, Activation::Sigmoid)
            .parse(&black)
            .expect("parsed");
        // One half, lowered by one step because no pixel is certain. Without the logistic function it would be 0.
        assert!(mask.probability.iter().all(|&p| p == HairMask::THRESHOLD - 1));
    }
}
