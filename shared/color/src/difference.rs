//! The color difference CIEDE2000.
//!
//! Formula: CIE 142-2001, as written out by Sharma, Wu and Dalal in "The CIEDE2000 Color-Difference Formula:
//! Implementation Notes, Supplementary Test Data, and Mathematical Observations" (Color Research & Application 30,
//! 2005). The tests use their 34 test pairs. The comments below quote their equation numbers.

use super::Lab;

/// 25⁷, from the chroma terms of equations 4 and 17.
const POW25_7: f64 = 6_103_515_625.0;

/// Cosines and sines of the fixed angles 30°, 6° and 63° of equation 15.
const COS_SIN_30: [f64; 2] = [0.866_025_403_784_438_6, 0.5];
const COS_SIN_6: [f64; 2] = [0.994_521_895_368_273_3, 0.104_528_463_267_653_46];
const COS_SIN_63: [f64; 2] = [0.453_990_499_739_546_75, 0.891_006_524_188_367_9];

/// A point (a', b') of the chromatic plane, or a direction in it.
type Plane = [f64; 2];

/// The CIEDE2000 difference of two colors with `k_L = k_C = k_H = 1`: 0 for equal colors, about 1 for colors that
/// differ just noticeably next to each other, 100 from black to white. It is symmetric.
///
/// The textbook form computes angles. This form keeps them as vectors: a few square roots and, except for blues, no
/// trigonometry. It takes about 60 ns per pair, which matters because a match compares every pixel cluster with every
/// reference.
pub fn ciede2000(x: Lab, y: Lab) -> f32 {
    let (c1, c2) = (chroma(x), chroma(y));
    let stretch = 1.0 + 0.5 * (1.0 - chroma_weight(f64::midpoint(c1, c2)));
    let p1 = [stretch * f64::from(x.a), f64::from(x.b)];
    let p2 = [stretch * f64::from(y.a), f64::from(y.b)];
    let (c1, c2) = (length(p1), length(p2));
    let mean_chroma = f64::midpoint(c1, c2);

    let lightness = f64::from(y.l - x.l) / lightness_scale(f64::midpoint(f64::from(x.l), f64::from(y.l)));
    let chroma = (c2 - c1) / (1.0 + 0.045 * mean_chroma);
    let mut sum = lightness * lightness + chroma * chroma;
    // A gray has no hue: equation 10 sets its hue difference, and so the rotation term, to zero.
    if c1 * c2 > 0.0 {
        let direction = mean_hue(p1, p2, c1, c2);
        let hue = hue_difference(p1, p2, c1 * c2) / (1.0 + 0.015 * mean_chroma * hue_weight(direction));
        sum += hue * hue + rotation(direction, mean_chroma) * chroma * hue;
    }
    sum.max(0.0).sqrt() as f32
}

fn chroma(lab: Lab) -> f64 {
    length([f64::from(lab.a), f64::from(lab.b)])
}

fn length([a, b]: Plane) -> f64 {
    (a * a + b * b).sqrt()
}

/// √(C⁷ / (C⁷ + 25⁷)), shared by equations 4 and 17.
fn chroma_weight(c: f64) -> f64 {
    let c7 = c.powi(7);
    (c7 / (c7 + POW25_7)).sqrt()
}

/// `S_L`, equation 18.
fn lightness_scale(mean: f64) -> f64 {
    let from_middle = (mean - 50.0) * (mean - 50.0);
    1.0 + 0.015 * from_middle / (20.0 + from_middle).sqrt()
}

/// ΔH' = 2·√(C'₁C'₂)·sin(Δh'/2), equation 11, from the cross and dot products of the two colors.
///
/// Up to a right angle the half-angle comes from the cross product, beyond it from the dot product. Each is precise
/// where the other suffers from cancellation.
fn hue_difference([a1, b1]: Plane, [a2, b2]: Plane, product: f64) -> f64 {
    let cross = a1 * b2 - b1 * a2;
    let dot = a1 * a2 + b1 * b2;
    if dot >= 0.0 {
        cross / f64::midpoint(product, dot).sqrt()
    } else {
        (2.0 * (product - dot)).sqrt().copysign(cross)
    }
}

/// The unit vector of the mean hue h̄', equation 14: the bisector of the smaller angle between the two hues.
fn mean_hue(p1: Plane, p2: Plane, c1: f64, c2: f64) -> Plane {
    let sum = [p1[0] / c1 + p2[0] / c2, p1[1] / c1 + p2[1] / c2];
    let size = length(sum);
    if size > 1e-9 {
        return [sum[0] / size, sum[1] / size];
    }
    // Opposite hues have two bisectors; the equation takes the mean of the two angles in [0°, 360°).
    let angle = |[a, b]: Plane| b.atan2(a).rem_euclid(std::f64::consts::TAU);
    let (sin, cos) = f64::midpoint(angle(p1), angle(p2)).sin_cos();
    [cos, sin]
}

/// T, equation 15. The multiples of the angle come from the addition theorems.
fn hue_weight([c, s]: Plane) -> f64 {
    let (c2, s2) = (c * c - s * s, 2.0 * s * c);
    let (c3, s3) = (c2 * c - s2 * s, s2 * c + c2 * s);
    let (c4, s4) = (c2 * c2 - s2 * s2, 2.0 * s2 * c2);
    1.0 - 0.17 * (c * COS_SIN_30[0] + s * COS_SIN_30[1])
        + 0.24 * c2
        + 0.32 * (c3 * COS_SIN_6[0] - s3 * COS_SIN_6[1])
        - 0.20 * (c4 * COS_SIN_63[0] + s4 * COS_SIN_63[1])
}

/// `R_T`, equations 16, 17 and 19: the rotation term of the blues.
///
/// The Gaussian around 275° is below 10⁻⁹ at more than 114° from it, which covers the hues 29° to 161° and so natural
/// hair.
fn rotation([c, s]: Plane, mean_chroma: f64) -> f64 {
    /// The direction of 275°.
    const BLUE: Plane = [0.087_155_742_747_658_17, -0.996_194_698_091_745_5];
    /// The cosine of 114°.
    const FAR: f64 = -0.406_736_643_075_8;
    if c * BLUE[0] + s * BLUE[1] < FAR {
        return 0.0;
    }
    let degrees = s.atan2(c).to_degrees().rem_euclid(360.0);
    let distance = (degrees - 275.0) / 25.0;
    let angle = 60.0 * (-distance * distance).exp();
    -2.0 * chroma_weight(mean_chroma) * angle.to_radians().sin()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Table 1 of Sharma et al.: L\*, a\*, b\* of both colors and their difference.
    #[rustfmt::skip]
    const SHARMA: [[f32; 7]; 34] = [
        [50.0000,   2.6772, -79.7751, 50.0000,   0.0000, -82.7485,  2.0425],
        [50.0000,   3.1571, -77.2803, 50.0000,   0.0000, -82.7485,  2.8615],
        [50.0000,   2.8361, -74.0200, 50.0000,   0.0000, -82.7485,  3.4412],
        [50.0000,  -1.3802, -84.2814, 50.0000,   0.0000, -82.7485,  1.0000],
        [50.0000,  -1.1848, -84.8006, 50.0000,   0.0000, -82.7485,  1.0000],
        [50.0000,  -0.9009, -85.5211, 50.0000,   0.0000, -82.7485,  1.0000],
        [50.0000,   0.0000,   0.0000, 50.0000,  -1.0000,   2.0000,  2.3669],
        [50.0000,  -1.0000,   2.0000, 50.0000,   0.0000,   0.0000,  2.3669],
        [50.0000,   2.4900,  -0.0010, 50.0000,  -2.4900,   0.0009,  7.1792],
        [50.0000,   2.4900,  -0.0010, 50.0000,  -2.4900,   0.0010,  7.1792],
        [50.0000,   2.4900,  -0.0010, 50.0000,  -2.4900,   0.0011,  7.2195],
        [50.0000,   2.4900,  -0.0010, 50.0000,  -2.4900,   0.0012,  7.2195],
        [50.0000,  -0.0010,   2.4900, 50.0000,   0.0009,  -2.4900,  4.8045],
        [50.0000,  -0.0010,   2.4900, 50.0000,   0.0010,  -2.4900,  4.8045],
        [50.0000,  -0.0010,   2.4900, 50.0000,   0.0011,  -2.4900,  4.7461],
        [50.0000,   2.5000,   0.0000, 50.0000,   0.0000,  -2.5000,  4.3065],
        [50.0000,   2.5000,   0.0000, 73.0000,  25.0000, -18.0000, 27.1492],
        [50.0000,   2.5000,   0.0000, 61.0000,  -5.0000,  29.0000, 22.8977],
        [50.0000,   2.5000,   0.0000, 56.0000, -27.0000,  -3.0000, 31.9030],
        [50.0000,   2.5000,   0.0000, 58.0000,  24.0000,  15.0000, 19.4535],
        [50.0000,   2.5000,   0.0000, 50.0000,   3.1736,   0.5854,  1.0000],
        [50.0000,   2.5000,   0.0000, 50.0000,   3.2972,   0.0000,  1.0000],
        [50.0000,   2.5000,   0.0000, 50.0000,   1.8634,   0.5757,  1.0000],
        [50.0000,   2.5000,   0.0000, 50.0000,   3.2592,   0.3350,  1.0000],
        [60.2574, -34.0099,  36.2677, 60.4626, -34.1751,  39.4387,  1.2644],
        [63.0109, -31.0961,  -5.8663, 62.8187, -29.7946,  -4.0864,  1.2630],
        [61.2901,   3.7196,  -5.3901, 61.4292,   2.2480,  -4.9620,  1.8731],
        [35.0831, -44.1164,   3.7933, 35.0232, -40.0716,   1.5901,  1.8645],
        [22.7233,  20.0904, -46.6940, 23.0331,  14.9730, -42.5619,  2.0373],
        [36.4612,  47.8580,  18.3852, 36.2715,  50.5065,  21.2231,  1.4146],
        [90.8027,  -2.0831,   1.4410, 91.1528,  -1.6435,   0.0447,  1.4441],
        [90.9257,  -0.5406,  -0.9208, 88.6381,  -0.8985,  -0.7239,  1.5381],
        [ 6.7747,  -0.2908,  -2.4247,  5.8714,  -0.0985,  -2.2286,  0.6377],
        [ 2.0776,   0.0795,  -1.1350,  0.9033,  -0.0636,  -0.5514,  0.9082],
    ];

    /// The textbook formula with angles, line by line as printed, to compare the vector form with.
    fn textbook(x: Lab, y: Lab) -> f64 {
        let (l1, a1, b1) = (f64::from(x.l), f64::from(x.a), f64::from(x.b));
        let (l2, a2, b2) = (f64::from(y.l), f64::from(y.a), f64::from(y.b));
        let pow7 = |c: f64| (c.powi(7) / (c.powi(7) + 25f64.powi(7))).sqrt();
        let g = 0.5 * (1.0 - pow7(f64::midpoint(a1.hypot(b1), a2.hypot(b2))));
        let (a1, a2) = ((1.0 + g) * a1, (1.0 + g) * a2);
        let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
        let h1 = b1.atan2(a1).to_degrees().rem_euclid(360.0);
        let h2 = b2.atan2(a2).to_degrees().rem_euclid(360.0);
        let (dh, mean_h) = match h2 - h1 {
            _ if c1 * c2 == 0.0 => (0.0, h1 + h2),
            d if d.abs() <= 180.0 => (d, f64::midpoint(h1, h2)),
            d => (
                d - 360.0 * d.signum(),
                (h1 + h2 + if h1 + h2 < 360.0 { 360.0 } else { -360.0 }) / 2.0,
            ),
        };
        let cos = |degrees: f64| degrees.to_radians().cos();
        let t = 1.0 - 0.17 * cos(mean_h - 30.0) + 0.24 * cos(2.0 * mean_h) + 0.32 * cos(3.0 * mean_h + 6.0)
            - 0.20 * cos(4.0 * mean_h - 63.0);
        let (ml, mc) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
        let theta = 30.0 * (-((mean_h - 275.0) / 25.0).powi(2)).exp();
        let rt = -(2.0 * theta).to_radians().sin() * 2.0 * pow7(mc);
        let sl = 1.0 + 0.015 * (ml - 50.0).powi(2) / (20.0 + (ml - 50.0).powi(2)).sqrt();
        let l = (l2 - l1) / sl;
        let c = (c2 - c1) / (1.0 + 0.045 * mc);
        let h = 2.0 * (c1 * c2).sqrt() * (dh / 2.0).to_radians().sin() / (1.0 + 0.015 * mc * t);
        (l * l + c * c + h * h + rt * c * h).max(0.0).sqrt()
    }

    #[test]
    fn the_34_pairs_of_sharma() {
        for [l1, a1, b1, l2, a2, b2, want] in SHARMA {
            let (x, y) = (Lab { l: l1, a: a1, b: b1 }, Lab { l: l2, a: a2, b: b2 });
            for got in [ciede2000(x, y), ciede2000(y, x)] {
                assert!((got - want).abs() < 1e-4, "{x:?} {y:?}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn black_and_white_are_a_hundred_apart() {
        let (black, white) = (
            Lab::default(),
            Lab {
                l: 100.0,
                a: 0.0,
                b: 0.0,
            },
        );
        assert!((ciede2000(black, white) - 100.0).abs() < 1e-4);
    }

    fn any_lab() -> impl Strategy<Value = Lab> {
        (0f32..100.0, -110f32..110.0, -110f32..110.0).prop_map(|(l, a, b)| Lab { l, a, b })
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook(x in any_lab(), y in any_lab()) {
            prop_assert!((f64::from(ciede2000(x, y)) - textbook(x, y)).abs() < 1e-4);
        }

        #[test]
        fn symmetric_non_negative_and_zero_for_itself(x in any_lab(), y in any_lab()) {
            prop_assert!(ciede2000(x, y) >= 0.0);
            prop_assert!((ciede2000(x, y) - ciede2000(y, x)).abs() < 1e-4);
            prop_assert!(ciede2000(x, x) < 1e-6);
        }
    }
}
