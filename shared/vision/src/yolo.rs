//! `YOLOv8`-seg as a hair parser, from the raw outputs of the ONNX export (without the exporter's own NMS).
//!
//! The first output, `[1, 4 + classes + coefficients, anchors]`, has for each anchor a box (center, width, height, in
//! input pixels), a score per class, and mask coefficients. The second output, `[1, coefficients, h, w]`, has the
//! prototypes. An instance's mask is the logistic function of its coefficients times the prototypes, inside its box.
//! The hair mask is the pixelwise maximum over the kept instances. The steps and their order are those of Ultralytics'
//! post-processing (best class, threshold, NMS by class, `process_mask`), except that it applies a threshold to the
//! probabilities at the end, and this code keeps them.

use crate::input::{Placement, Scaling, sigmoid, to_byte};
use crate::runtime::{Graph, Output};
use crate::{HairParser, VisionError};
use strand_mask::HairMask;
use strand_models::{Fit, YoloSeg};
use strand_photo::Photo;

/// The gray of Ultralytics' letterbox.
const FILL: [u8; 3] = [114; 3];

/// The maximum number of detections that are kept, as in Ultralytics' `max_det`. It bounds the work on a photo that
/// triggers every anchor.
const KEPT: usize = 300;

/// A `YOLOv8`-seg network and the classes that count as hair.
pub(super) struct YoloParser {
    id: String,
    graph: Graph,
    spec: YoloSeg,
}

/// A detection: one anchor with a high enough score.
#[derive(Debug, Clone, PartialEq)]
struct Detection {
    anchor: usize,
    class: usize,
    score: f32,
    /// Left, top, right and bottom in input pixels.
    corners: [f32; 4],
}

/// The first output, by row (box, class or coefficient) and anchor.
struct Anchors<'a> {
    values: &'a [f32],
    count: usize,
    classes: usize,
}

/// The second output: the mask prototypes.
struct Prototypes<'a> {
    values: &'a [f32],
    count: usize,
    width: usize,
    height: usize,
}

impl YoloParser {
    /// Accepts the graph if its input and outputs are those of a `YOLOv8`-seg export.
    pub fn new(id: String, graph: Graph, spec: YoloSeg) -> Result<Self, VisionError> {
        let parser = Self { id, graph, spec };
        parser.graph.expect_input(parser.shape())?;
        let shapes = parser.graph.output_shapes();
        let (Some([_, rows, _]), Some([_, coefficients, _, _])) = (
            shapes
                .iter()
                .find_map(|s| s.first_chunk().filter(|_| s.len() == 3)),
            shapes
                .iter()
                .find_map(|s| s.first_chunk().filter(|_| s.len() == 4)),
        ) else {
            return Err(parser
                .graph
                .unfit(format!("its outputs {shapes:?} are not those of YOLOv8-seg")));
        };
        let classes = rows - 4 - coefficients;
        let fixed = *rows >= 0 && *coefficients >= 0;
        match parser
            .spec
            .classes
            .iter()
            .find(|&&class| fixed && class as i64 >= classes)
        {
            Some(class) => Err(parser
                .graph
                .unfit(format!("it has {classes} classes and no class {class}"))),
            None => Ok(parser),
        }
    }

    fn shape(&self) -> [i64; 4] {
        let [width, height] = self.spec.input.map(i64::from);
        [1, 3, height, width]
    }

    /// The map of hair over the input at the prototypes' resolution, and that resolution.
    fn read(&self, outputs: &[Output<'_>]) -> Result<(Vec<u8>, [u32; 2]), String> {
        let prototypes = Prototypes::of(outputs)?;
        let anchors = Anchors::of(outputs, prototypes.count)?;
        let kept = suppress(anchors.detections(&self.spec), self.spec.iou);
        let map = prototypes.union(&kept, &anchors, self.spec.input);
        Ok((map, [prototypes.width as u32, prototypes.height as u32]))
    }
}

impl HairParser for YoloParser {
    fn id(&self) -> &str {
        &self.id
    }

    fn parse(&self, photo: &Photo) -> Result<HairMask, VisionError> {
        let size = [photo.width(), photo.height()];
        let placement = Placement::new(size, self.spec.input, Fit::Letterbox);
        let rgb = placement.paint(photo, FILL).map_err(|e| self.graph.failed(e))?;
        let input = Scaling::UNIT.planes(&rgb);
        let (map, map_size) = self
            .graph
            .run(&input, self.shape(), |outputs| self.read(outputs))?;
        let probability = placement
            .unmap(&map, map_size, size)
            .map_err(|e| self.graph.failed(e))?;
        Ok(HairMask::new(size[0], size[1], probability))
    }
}

impl<'a> Anchors<'a> {
    fn of(outputs: &[Output<'a>], coefficients: usize) -> Result<Self, String> {
        let output = outputs
            .iter()
            .find(|o| o.shape.len() == 3)
            .ok_or("there is no output of boxes")?;
        let (rows, count) = (output.shape[1] as usize, output.shape[2] as usize);
        let classes = rows.checked_sub(4 + coefficients).filter(|&n| n > 0);
        let classes =
            classes.ok_or_else(|| format!("{rows} rows are too few for {coefficients} prototypes"))?;
        Ok(Self {
            values: output.values,
            count,
            classes,
        })
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.count..(row + 1) * self.count]
    }

    /// The anchors whose best class counts as hair and has a high enough score.
    fn detections(&self, spec: &YoloSeg) -> Vec<Detection> {
        let mut best = vec![(0, f32::NEG_INFINITY); self.count];
        for class in 0..self.classes {
            for (best, &score) in best.iter_mut().zip(self.row(4 + class)) {
                if score > best.1 {
                    *best = (class, score);
                }
            }
        }
        let wanted = |class: usize| spec.classes.is_empty() || spec.classes.contains(&class);
        let found = best.into_iter().enumerate();
        let found = found.filter(|&(_, (class, score))| score >= spec.confidence && wanted(class));
        let detection = |(anchor, (class, score))| Detection {
            anchor,
            class,
            score,
            corners: self.corners(anchor),
        };
        found.map(detection).collect()
    }

    fn corners(&self, anchor: usize) -> [f32; 4] {
        let [x, y, w, h] = std::array::from_fn(|row| self.row(row)[anchor]);
        [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0]
    }

    fn coefficient(&self, index: usize, anchor: usize) -> f32 {
        self.row(4 + self.classes + index)[anchor]
    }
}

/// Greedy non-maximum suppression within each class: best score first, and the first anchor for equal scores.
fn suppress(mut found: Vec<Detection>, iou: f32) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for detection in found {
        let rival =
            |k: &Detection| k.class == detection.class && overlap(&k.corners, &detection.corners) > iou;
        if kept.len() < KEPT && !kept.iter().any(rival) {
            kept.push(detection);
        }
    }
    kept
}

/// Intersection over union of two boxes; 0 if both are empty.
fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |c: &[f32; 4]| (c[2] - c[0]).max(0.0) * (c[3] - c[1]).max(0.0);
    let common = area(&[a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let union = area(a) + area(b) - common;
    if union > 0.0 { common / union } else { 0.0 }
}

impl<'a> Prototypes<'a> {
    fn of(outputs: &[Output<'a>]) -> Result<Self, String> {
        let output = outputs
            .iter()
            .find(|o| o.shape.len() == 4)
            .ok_or("there is no output of prototypes")?;
        let [count, height, width] = [1, 2, 3].map(|axis| output.shape[axis] as usize);
        Ok(Self {
            values: output.values,
            count,
            width,
            height,
        })
    }

    /// The pixelwise maximum of the masks of `kept`.
    fn union(&self, kept: &[Detection], anchors: &Anchors<'_>, input: [u32; 2]) -> Vec<u8> {
        let mut map = vec![0; self.width * self.height];
        let mut logits = vec![0.0; self.width];
        for detection in kept {
            let weights: Vec<f32> = (0..self.count)
                .map(|i| anchors.coefficient(i, detection.anchor))
                .collect();
            let [x, y] = self.cells(&detection.corners, input);
            for row in y {
                self.combine(&weights, row, &mut logits);
                let cells = &mut map[row * self.width..][x.clone()];
                for (cell, &logit) in cells.iter_mut().zip(&logits[x.clone()]) {
                    *cell = to_byte(sigmoid(logit)).max(*cell);
                }
            }
        }
        map
    }

    /// One row of the weighted sum of the prototypes.
    fn combine(&self, weights: &[f32], row: usize, logits: &mut [f32]) {
        logits.fill(0.0);
        for (index, weight) in weights.iter().enumerate() {
            let start = (index * self.height + row) * self.width;
            for (sum, value) in logits.iter_mut().zip(&self.values[start..start + self.width]) {
                *sum += weight * value;
            }
        }
    }

    /// The columns and rows of the cells in a box: those whose index is within its scaled bounds, as in Ultralytics'
    /// `crop_mask`.
    fn cells(&self, corners: &[f32; 4], input: [u32; 2]) -> [std::ops::Range<usize>; 2] {
        let range = |low: f32, high: f32, cells: usize, pixels: u32| {
            let scale = cells as f32 / pixels as f32;
            let cell = |edge: f32| ((edge * scale).ceil() as usize).min(cells);
            cell(low)..cell(high).max(cell(low))
        };
        [
            range(corners[0], corners[2], self.width, input[0]),
            range(corners[1], corners[3], self.height, input[1]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{Detection, YoloParser, YoloSeg, overlap, suppress};
    use crate::HairParser;
    use crate::tests::{graph, pattern};

    fn spec(classes: &[usize]) -> YoloSeg {
        YoloSeg {
            input: [640, 640],
            classes: classes.to_vec(),
            confidence: 0.25,
            iou: 0.7,
        }
    }

    #[test]
    fn the_mask_matches_the_numpy_reference() {
        let graph = graph(include_bytes!("testdata/yolo.onnx"));
        let parser = YoloParser::new("yolo".to_owned(), graph, spec(&[0, 7])).expect("fits");
        let mask = parser.parse(&pattern(640, 360)).expect("parsed");
        let expected = image::load_from_memory(include_bytes!("testdata/yolo.png"))
            .expect("a picture")
            .into_luma8();
        assert_eq!([mask.width, mask.height], [expected.width(), expected.height()]);
        let far = mask
            .probability
            .iter()
            .zip(expected.as_raw())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // Values are rounded to bytes before and after resizing, so they differ by two steps at most.
        assert!(far <= Some(2), "off by {far:?} of 255");
    }

    #[test]
    fn a_class_that_the_network_lacks_is_refused() {
        let graph = graph(include_bytes!("testdata/yolo.onnx"));
        let error = YoloParser::new("yolo".to_owned(), graph, spec(&[0, 80]))
            .map(|_| ())
            .expect_err("80 of 80");
        assert!(
            error.to_string().contains("80 classes and no class 80"),
            "{error}"
        );
    }

    #[test]
    fn another_kind_of_network_is_refused() {
        let graph = graph(include_bytes!("testdata/segmenter.onnx"));
        let small = YoloSeg {
            input: [64, 64],
            ..spec(&[])
        };
        let error = YoloParser::new("yolo".to_owned(), graph, small)
            .map(|_| ())
            .expect_err("no boxes");
        assert!(error.to_string().contains("not those of YOLOv8-seg"), "{error}");
    }

    #[test]
    fn overlapping_boxes_lose_to_a_better_one_of_their_class_only() {
        let found = |anchor, class, score, left| Detection {
            anchor,
            class,
            score,
            corners: [left, 0.0, left + 10.0, 10.0],
        };
        let all = vec![
            found(0, 0, 0.5, 1.0),
            found(1, 0, 0.9, 0.0),
            found(2, 1, 0.4, 0.0),
            found(3, 0, 0.3, 8.0),
        ];
        let kept: Vec<_> = suppress(all, 0.5).iter().map(|d| d.anchor).collect();
        assert_eq!(kept, [1, 2, 3]);
    }

    #[test]
    fn boxes_without_area_overlap_nothing() {
        assert!(overlap(&[0.0; 4], &[0.0; 4]).abs() < f32::EPSILON);
        assert!((overlap(&[0.0, 0.0, 2.0, 2.0], &[1.0, 0.0, 3.0, 2.0]) - 1.0 / 3.0).abs() < 1e-6);
    }
}
