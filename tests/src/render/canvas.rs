//! The picture while it is drawn, in linear light. Every pixel stores hair separately from everything else, so that the
//! mask is exact, and the hair's color can be corrected at the end without changing its surroundings.

/// Red, green and blue in linear light, 0 to 1.
pub type Light = [f32; 3];

/// The maximum number of tones in one shade.
pub const TONES: usize = 4;

/// One pixel: light from hair and from everything else, both already weighted by the share of the pixel that they
/// cover.
///
/// It is twelve floats in a row (two unused), because blending is the inner loop and three SIMD words do it.
#[derive(Clone, Copy, Default)]
pub struct Texel([f32; 12]);

const HAIR: usize = 3;
const TONE: usize = 6;

impl Texel {
    /// The light from everything that is not hair.
    pub fn bare(&self) -> Light {
        [self.0[0], self.0[1], self.0[2]]
    }

    /// All light that the camera sees.
    pub fn light(&self) -> Light {
        std::array::from_fn(|i| self.0[i] + self.0[HAIR + i])
    }

    /// The light from the hair.
    pub fn hair(&self) -> Light {
        [self.0[HAIR], self.0[HAIR + 1], self.0[HAIR + 2]]
    }

    /// The share of the pixel that each tone of the hair covers.
    pub fn tones(&self) -> [f32; TONES] {
        std::array::from_fn(|i| self.0[TONE + i])
    }

    /// The share of the pixel that the hair covers.
    pub fn cover(&self) -> f32 {
        self.tones().iter().sum()
    }

    /// Replaces the hair's light and keeps its coverage.
    pub fn set_hair(&mut self, light: Light) {
        self.0[HAIR..HAIR + 3].copy_from_slice(&light);
    }

    fn blend(&mut self, over: &[f32; 12], opacity: f32) {
        for (below, above) in self.0.iter_mut().zip(over) {
            *below += (above - *below) * opacity;
        }
    }
}

/// A corner of a strand's polyline, in pixels.
#[derive(Clone, Copy)]
pub struct Knot {
    /// Pixels from the left.
    pub x: f32,
    /// Pixels from the top.
    pub y: f32,
    /// Half the strand's width in pixels.
    pub half: f32,
    /// 0 is transparent; 1 hides everything behind.
    pub opacity: f32,
    /// The light that the strand sends to the camera here.
    pub light: Light,
    /// The shares of the tones here, which sum to 1.
    pub tones: [f32; TONES],
}

impl Knot {
    fn paint(&self) -> [f32; 12] {
        let ([r, g, b], [t, u, v, w]) = (self.light, self.tones);
        [0.0, 0.0, 0.0, r, g, b, t, u, v, w, 0.0, 0.0]
    }
}

/// The picture being drawn.
pub struct Canvas {
    /// The width in pixels.
    pub width: usize,
    /// The height in pixels.
    pub height: usize,
    /// The pixels, row by row.
    pub texels: Vec<Texel>,
}

impl Canvas {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            texels: vec![Texel::default(); width * height],
        }
    }

    /// The length of a scene unit in pixels. The frame's shorter side is 1 unit.
    pub fn unit(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    /// The frame's width and height in scene units.
    pub fn extent(&self) -> (f32, f32) {
        (self.width as f32 / self.unit(), self.height as f32 / self.unit())
    }

    /// Paints a shape that is not hair. For a position in scene units, `shape` returns the distance to the outline
    /// (negative inside) and the color. `soft` is the outline's blur in scene units; 0 gives a crisp outline.
    pub fn paint(&mut self, soft: f32, shape: impl Fn(f32, f32) -> (f32, Light)) {
        self.paint_within([0.0, 0.0, f32::MAX, f32::MAX], soft, shape);
    }

    /// Like [`paint`](Self::paint), for a shape within `[left, top, right, bottom]`, including its blur. A face has
    /// many small parts, and testing each for the whole frame would take longer than drawing the hair.
    pub fn paint_within(&mut self, area: [f32; 4], soft: f32, shape: impl Fn(f32, f32) -> (f32, Light)) {
        let unit = self.unit();
        let ramp = (soft * unit).max(1.0);
        let pixel = |v: f32, limit: usize| (v.max(0.0) * unit).min(limit as f32) as usize;
        let (left, top) = (pixel(area[0], self.width), pixel(area[1], self.height));
        let (right, bottom) = (
            pixel(area[2], self.width - 1) + 1,
            pixel(area[3], self.height - 1) + 1,
        );
        for row in top..bottom {
            for column in left..right {
                let (x, y) = ((column as f32 + 0.5) / unit, (row as f32 + 0.5) / unit);
                let (distance, [r, g, b]) = shape(x, y);
                let opacity = (0.5 - distance * unit / ramp).clamp(0.0, 1.0);
                if opacity > 0.0 {
                    let paint = [r, g, b, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
                    self.texels[row * self.width + column].blend(&paint, opacity);
                }
            }
        }
    }

    /// Multiplies everything drawn so far by the factor that `shade` returns for a position in scene units.
    pub fn darken(&mut self, shade: impl Fn(f32, f32) -> f32) {
        let unit = self.unit();
        for (i, texel) in self.texels.iter_mut().enumerate() {
            let (column, row) = (i % self.width, i / self.width);
            let factor = shade((column as f32 + 0.5) / unit, (row as f32 + 0.5) / unit);
            texel.0[..TONE].iter_mut().for_each(|v| *v *= factor);
        }
    }

    /// Draws one anti-aliased strand of hair through `knots`.
    pub fn strand(&mut self, knots: &[Knot]) {
        for pair in knots.windows(2) {
            self.segment(&pair[0], &pair[1]);
        }
    }

    /// Draws one straight piece. It goes pixel by pixel along its longer axis and covers the other axis exactly. Rows
    /// are half-open, so that neighbors meet without a gap and no pixel is painted twice.
    fn segment(&mut self, from: &Knot, to: &Knot) {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let steep = dy.abs() >= dx.abs();
        let (start, end) = if steep { (from.y, to.y) } else { (from.x, to.x) };
        let length = if steep { dy } else { dx };
        if length == 0.0 {
            return;
        }
        let slant = dx.hypot(dy) / length.abs();
        let limit = if steep { self.height } else { self.width } as f32;
        let first = (start.min(end) - 0.5).ceil().max(0.0);
        let last = (start.max(end) - 0.5).ceil().min(limit);
        let (paint_from, paint_to) = (from.paint(), to.paint());
        for line in first as usize..last.max(0.0) as usize {
            let t = (line as f32 + 0.5 - start) / length;
            let centre = if steep { from.x + dx * t } else { from.y + dy * t };
            let half = (from.half + (to.half - from.half) * t) * slant;
            let opacity = from.opacity + (to.opacity - from.opacity) * t;
            let paint: [f32; 12] = std::array::from_fn(|i| paint_from[i] + (paint_to[i] - paint_from[i]) * t);
            self.cross(line, steep, centre - half, centre + half, opacity, &paint);
        }
    }

    /// Covers `low..high` of one row (of one column if the strand is flat).
    fn cross(&mut self, line: usize, steep: bool, low: f32, high: f32, opacity: f32, paint: &[f32; 12]) {
        let limit = if steep { self.width } else { self.height };
        let (first, last) = (
            low.floor().max(0.0) as usize,
            high.ceil().clamp(0.0, limit as f32) as usize,
        );
        for across in first..last {
            let covered = (high.min(across as f32 + 1.0) - low.max(across as f32)).max(0.0);
            let index = if steep {
                line * self.width + across
            } else {
                across * self.width + line
            };
            self.texels[index].blend(paint, covered * opacity);
        }
    }

    /// Blurs everything drawn so far by `radius` in scene units, for a background out of focus.
    pub fn blur(&mut self, radius: f32) {
        let reach = (radius * self.unit()) as usize;
        if reach == 0 {
            return;
        }
        // Three box blurs approximate a Gaussian one and cost the same for any radius.
        for _ in 0..3 {
            self.blur_lines(reach, true);
            self.blur_lines(reach, false);
        }
    }

    fn blur_lines(&mut self, reach: usize, rows: bool) {
        let (lines, length) = if rows {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        let mut line = vec![[0.0f32; 3]; length];
        for index in 0..lines {
            let at = |i: usize| {
                if rows {
                    index * length + i
                } else {
                    i * lines + index
                }
            };
            for (i, light) in line.iter_mut().enumerate() {
                *light = self.texels[at(i)].bare();
            }
            let pixel = |i: isize| line[i.clamp(0, length as isize - 1) as usize];
            let reach = reach as isize;
            let mut sum = [0.0f32; 3];
            for i in -reach..=reach {
                add(&mut sum, pixel(i), 1.0);
            }
            for i in 0..length {
                let mean = sum.map(|v| v / (2 * reach + 1) as f32);
                self.texels[at(i)].0[..3].copy_from_slice(&mean);
                add(&mut sum, pixel(i as isize + reach + 1), 1.0);
                add(&mut sum, pixel(i as isize - reach), -1.0);
            }
        }
    }
}

fn add(sum: &mut Light, light: Light, weight: f32) {
    for (total, value) in sum.iter_mut().zip(light) {
        *total += value * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knot(x: f32, y: f32) -> Knot {
        Knot {
            x,
            y,
            half: 1.0,
            opacity: 1.0,
            light: [0.5; 3],
            tones: [1.0, 0.0, 0.0, 0.0],
        }
    }

    fn covered(canvas: &Canvas) -> f32 {
        canvas.texels.iter().map(Texel::cover).sum()
    }

    #[test]
    fn a_strand_covers_its_area_whatever_its_direction() {
        for (dx, dy) in [(0.0, 30.0), (30.0, 0.0), (20.0, 22.0), (-22.0, 20.0)] {
            let mut canvas = Canvas::new(64, 64);
            canvas.strand(&[knot(31.3, 31.7), knot(31.3 + dx, 31.7 + dy)]);
            let area = 2.0 * f32::hypot(dx, dy);
            assert!(
                (covered(&canvas) / area - 1.0).abs() < 0.06,
                "{dx} {dy}: {}",
                covered(&canvas)
            );
        }
    }

    #[test]
    fn a_strand_outside_the_frame_is_harmless() {
        let mut canvas = Canvas::new(8, 8);
        canvas.strand(&[
            knot(-50.0, -50.0),
            knot(-10.0, 60.0),
            knot(300.0, -70.0),
            knot(-300.0, 70.0),
        ]);
        assert!(covered(&canvas) > 0.0);
    }

    #[test]
    fn a_shape_hides_the_hair_behind_it() {
        let mut canvas = Canvas::new(16, 16);
        canvas.strand(&[knot(8.0, 0.0), knot(8.0, 16.0)]);
        canvas.paint(0.0, |_, _| (-1.0, [1.0, 0.0, 0.0]));
        assert!(covered(&canvas).abs() < 1e-6);
    }

    #[test]
    fn blurring_keeps_the_light() {
        let mut canvas = Canvas::new(32, 32);
        canvas.paint(0.0, |x, y| (f32::hypot(x - 0.5, y - 0.5) - 0.2, [1.0; 3]));
        let before: f32 = canvas.texels.iter().map(|t| t.bare()[0]).sum();
        canvas.blur(0.06);
        let after: f32 = canvas.texels.iter().map(|t| t.bare()[0]).sum();
        assert!((before - after).abs() < 0.5, "{before} {after}");
    }
}
