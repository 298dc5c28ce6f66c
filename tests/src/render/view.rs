//! The views: a swatch, a head from behind, a figure. Each chooses pose, cut and position by the scene's seed.

use std::f32::consts::PI;

use super::Scene;
use super::canvas::Canvas;
use super::ground::{Ground, behind, scale, srgb, under};
use super::guide::{Head, Swatch};
use super::hair::{Growth, Lamp, Style, normalised};
use super::person::Person;
use super::random::{Random, noise};
use super::shade::to_light;

/// What the picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A bare weft or swatch that fills the frame.
    Closeup,
    /// A swatch on a table.
    Swatch,
    /// A head from behind, with hair falling over the shoulders.
    Back,
    /// A person from the front.
    Figure,
    /// A person without hair, for tests that need a photo without any.
    Bald,
}

/// Draws the scene on `canvas`.
pub(super) fn compose(canvas: &mut Canvas, scene: &Scene, random: &mut Random) {
    match scene.view {
        View::Closeup => closeup(canvas, scene, random),
        View::Swatch => swatch(canvas, scene, random),
        View::Back => back(canvas, scene, random),
        View::Figure => figure(canvas, scene, random),
        View::Bald => bald(canvas, scene.ground, random),
    }
}

fn lamp(random: &mut Random) -> Lamp {
    let direction = normalised([
        random.between(-0.6, 0.6),
        random.between(-0.9, -0.45),
        random.between(0.5, 0.9),
    ]);
    Lamp {
        direction,
        ambient: random.between(0.25, 0.45),
    }
}

/// A cut for hair on a head of the given radius.
fn style(radius: f32, random: &mut Random) -> Style {
    let wavy = random.pick(&[0.03, 0.05, 0.07, 0.1, 0.14]);
    Style {
        locks: 90,
        strands: 55,
        spread: 0.15,
        gather: random.between(0.0, 0.5),
        wave: wavy * radius,
        waves: random.between(1.2, 3.2),
        frizz: random.between(0.016, 0.05) * radius,
        gloss: random.between(0.25, 0.8),
        layers: random.between(0.03, 0.3),
        flyaways: random.below(60) + 15,
    }
}

fn closeup(canvas: &mut Canvas, scene: &Scene, random: &mut Random) {
    under(canvas, Ground::Plain, random);
    let (width, height) = canvas.extent();
    let angle = random.between(-0.35, 0.35);
    let guide = Swatch {
        top: (width / 2.0 + height * 0.7 * angle.sin(), -0.2 * height),
        half: width * 0.85,
        length: height * 1.5,
        angle,
        taper: random.between(-0.1, 0.2),
        bulge: random.between(0.05, 0.3),
        phase: random.between(-1.5, 1.5),
        bend: random.between(-0.08, 0.08),
    };
    let style = Style {
        locks: 110,
        strands: 60,
        spread: 0.06,
        ..style(0.35, random)
    };
    grow(canvas, scene, &guide, style, &[(-1.0, 1.0)], random);
}

fn swatch(canvas: &mut Canvas, scene: &Scene, random: &mut Random) {
    under(canvas, scene.ground, random);
    let (width, height) = canvas.extent();
    let angle = random.between(-0.5, 0.5);
    let length = height * random.between(0.75, 1.0);
    let half = random.between(0.14, 0.28);
    let guide = Swatch {
        top: (
            width / 2.0 + 0.45 * length * angle.sin(),
            height * 0.5 - 0.47 * length * angle.cos(),
        ),
        half,
        length,
        angle,
        taper: random.between(-0.15, 0.45),
        bulge: random.between(0.04, 0.2),
        phase: random.between(-1.5, 1.5),
        bend: random.between(-0.06, 0.06),
    };
    let style = Style {
        locks: 60,
        strands: 60,
        spread: 0.12,
        ..style(0.25, random)
    };
    cast_shadow(canvas, &guide);
    grow(canvas, scene, &guide, style, &[(-1.0, 1.0)], random);
    seam(canvas, &guide, random);
}

/// The soft shadow of a swatch on its table.
fn cast_shadow(canvas: &mut Canvas, swatch: &Swatch) {
    let (sin, cos) = swatch.angle.sin_cos();
    canvas.darken(|x, y| {
        let (dx, dy) = (x - swatch.top.0 - 0.015, y - swatch.top.1 - 0.02);
        let (across, along) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let outside = (across.abs() - swatch.half)
            .max(along - swatch.length)
            .max(-along);
        1.0 - 0.45 * (0.5 - outside / 0.05).clamp(0.0, 1.0)
    });
}

/// The stitched band that holds a weft together. It is cloth, not hair.
fn seam(canvas: &mut Canvas, swatch: &Swatch, random: &mut Random) {
    let color = random.pick(&[srgb(40, 34, 30), srgb(120, 92, 70), srgb(225, 222, 216)]);
    let (sin, cos) = swatch.angle.sin_cos();
    canvas.paint(0.002, |x, y| {
        let (dx, dy) = (x - swatch.top.0, y - swatch.top.1);
        let (across, along) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let outside = (across.abs() - swatch.half * 1.02).max((along - 0.012).abs() - 0.016);
        (outside, scale(color, 0.85 + 0.15 * (across * 400.0).sin()))
    });
}

fn back(canvas: &mut Canvas, scene: &Scene, random: &mut Random) {
    behind(canvas, scene.ground, random);
    let (width, height) = canvas.extent();
    let radius = random.between(0.15, 0.24);
    let centre = (
        width * 0.5 + random.between(-0.05, 0.05),
        height * random.between(0.24, 0.3),
    );
    let person = Person::new(centre, radius, random);
    person.body(canvas, true);
    let head = Head {
        centre,
        radius: radius * random.between(1.0, 1.15),
        tilt: random.between(0.1, 0.5),
        roll: random.between(-0.12, 0.12),
        fall: radius * random.pick(&[1.3, 2.0, 2.6, 3.2, 3.8]),
        flare: random.between(-0.05, 0.4),
        v_cut: random.between(-0.05, 0.3),
    };
    drop_shadow(canvas, &head);
    grow(
        canvas,
        scene,
        &head,
        style(radius, random),
        &[(-0.62 * PI, 0.62 * PI)],
        random,
    );
}

/// Darkens the area next to and below falling hair.
fn drop_shadow(canvas: &mut Canvas, head: &Head) {
    let (cx, cy) = head.centre;
    let (half, fall) = (head.radius * (0.8 + head.flare * 0.5), head.fall * 0.4);
    canvas.darken(|x, y| {
        let (dx, dy) = ((x - cx).abs() - half, (y - cy - fall).abs() - fall);
        let outside = dx.max(0.0).hypot(dy.max(0.0)) / (0.6 * head.radius);
        1.0 - 0.35 * (1.0 - outside).clamp(0.0, 1.0).powi(2)
    });
}

fn figure(canvas: &mut Canvas, scene: &Scene, random: &mut Random) {
    behind(canvas, scene.ground, random);
    let (width, height) = canvas.extent();
    let radius = random.between(0.14, 0.22);
    let centre = (
        width * 0.5 + random.between(-0.06, 0.06),
        height * random.between(0.32, 0.4),
    );
    let person = Person::new(centre, radius, random);
    let mut head = Head {
        centre: (centre.0, centre.1 - 0.12 * radius),
        radius: radius * random.between(1.0, 1.12),
        tilt: random.between(0.45, 0.65),
        roll: random.between(-0.3, 0.3),
        fall: radius * random.pick(&[0.9, 1.6, 2.2, 3.0]),
        flare: random.between(-0.1, 0.35),
        v_cut: 0.0,
    };
    let cut = style(radius, random);
    // Draws hair behind the neck, then the person, then the hair in front, because each hides the one before.
    let rear = Style { locks: 50, ..cut };
    grow(
        canvas,
        scene,
        &head,
        rear,
        &[(-PI * 1.0, -0.45 * PI), (0.45 * PI, PI * 1.0)],
        random,
    );
    canvas.darken(|_, _| 0.75);
    person.body(canvas, false);
    person.face(canvas, scale(to_light([20.0, 4.0, 6.0]), 1.0));
    face_shadow(canvas, &head, random.bits());
    let gap = random.between(0.2, 0.3) * PI;
    head.fall *= random.between(0.7, 1.0);
    let front = [(-0.6 * PI, -gap), (gap, 0.6 * PI)];
    grow(canvas, scene, &head, cut, &front, random);
}

/// The hair's shadow on forehead and temples.
fn face_shadow(canvas: &mut Canvas, head: &Head, seed: u32) {
    let (cx, cy) = head.centre;
    canvas.darken(|x, y| {
        let (dx, dy) = ((x - cx) / head.radius, (y - cy) / head.radius);
        let reach = dx.hypot((dy - 0.35) / 1.25) + 0.06 * noise(seed, x * 30.0, y * 8.0);
        let (inward, outward) = ((reach - 0.55) / 0.3, (1.05 - reach) / 0.2);
        1.0 - 0.4 * inward.min(outward).clamp(0.0, 1.0)
    });
}

fn bald(canvas: &mut Canvas, ground: Ground, random: &mut Random) {
    behind(canvas, ground, random);
    let (width, height) = canvas.extent();
    let person = Person::new((width * 0.5, height * 0.38), random.between(0.16, 0.2), random);
    person.body(canvas, false);
    person.face(canvas, person.skin);
}

fn grow(
    canvas: &mut Canvas,
    scene: &Scene,
    guide: &dyn super::hair::Guide,
    style: Style,
    ranges: &[(f32, f32)],
    random: &mut Random,
) {
    let growth = Growth {
        guide,
        style,
        shade: &scene.shade,
        lamp: lamp(random),
        ranges,
        seed: random.bits(),
    };
    growth.draw(canvas, &mut random.fork());
}
