"""Textures of hair that the portraits hold little of: coils and kinks as surfaces; braids, twists, locs and ringlets as
ropes drawn one by one along curves.

A surface is RGB, the size of a composed picture. A rope is drawn into a picture and into its mask at once, so that the
mask is exact.
"""

import cv2
import numpy as np

from compose import S, lab, noise, over, sample, shade, unlab

DARK = [(14, 12, 12), (20, 17, 16), (27, 22, 20), (36, 28, 24), (48, 36, 29), (62, 44, 34)]
GRAY = [(88, 86, 84), (112, 110, 108), (136, 134, 132), (160, 158, 155), (186, 184, 181), (212, 210, 207), (232, 231, 229)]
VIVID = [(57, 255, 20), (255, 20, 147), (0, 255, 255), (255, 240, 31), (255, 95, 31), (180, 60, 255), (20, 90, 255),
         (250, 247, 240), (246, 240, 225), (240, 238, 242), (252, 225, 235), (225, 235, 252)]
ROPES = ("braid", "twist", "loc", "ringlet")


def tone(rgb):
    return lab(np.array(rgb, np.float32).reshape(1, 1, 3))[0, 0]


def colour_of(rng):
    """A shade for textured hair: mostly dark, as it mostly is; gray, dyed and vivid hair too."""
    r = rng.random()
    if r < 0.55:
        return tone(DARK[rng.integers(len(DARK))]) + rng.normal(0, [2, 1, 1.5]).astype(np.float32)
    if r < 0.72:
        return tone(GRAY[rng.integers(len(GRAY))]) + rng.normal(0, [3, 0.8, 1.5]).astype(np.float32)
    if r < 0.78:
        return tone(VIVID[rng.integers(len(VIVID))])
    return shade(rng)


# ---- surfaces ---------------------------------------------------------------------------------------------------

TILES = {}  # seed -> tile: each takes a while to draw and is sampled many times


def coil_tile(seed, n=320):
    """A square of coils as lightness around zero: curls of one size, drawn from the deepest to the topmost."""
    if seed in TILES:
        return TILES[seed]
    rng = np.random.default_rng([505, seed])
    size = float(np.exp(rng.uniform(np.log(1.8), np.log(10))))
    turns, stretch = rng.uniform(0.7, 2.5), rng.uniform(0.2, 1.4)
    count = int(min(9000, 7 * (n / size) ** 2))
    t = np.linspace(0, 1, 9)[None]
    start, lead = rng.uniform(-10, n + 10, (count, 2, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
    if rng.random() < 0.5:  # the coils of one clump lead the same way
        field = noise(rng, n, n, (5, 5)) * 2.5
        at = start[:, :, 0].clip(0, n - 1).astype(int)
        lead = field[at[:, 1], at[:, 0]][:, None] + rng.normal(0, 0.4, (count, 1))
    r, phase = size * rng.uniform(0.35, 0.75, (count, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
    angle = 2 * np.pi * turns * t + phase
    along = size * turns * stretch * 2 * (t - 0.5)
    x = start[:, 0] + r * np.cos(angle) + along * np.cos(lead)
    y = start[:, 1] + r * np.sin(angle) + along * np.sin(lead)
    pts = np.int32(np.stack([x, y], -1) * 16)
    tones = np.clip(60 + 110 * np.linspace(0, 1, count) + rng.normal(0, 28, count), 5, 250)
    layer = np.full((n, n), 45, np.uint8)
    for p, c in zip(pts, tones):
        cv2.polylines(layer, [p], False, float(c), 1 if size < 6 or c < 120 else 2, cv2.LINE_AA, 4)
    out = np.float32(layer)
    TILES[seed] = (out - out.mean()) / out.std()
    return TILES[seed]


def coil_map(rng, tiles, radius=70):
    """Lightness around zero of coily hair over the whole picture. tiles: the seeds to choose from; radius: of the head,
    in pixels."""
    tile = coil_tile(int(rng.choice(tiles)))
    angle, scale = rng.uniform(0, 2 * np.pi), rng.uniform(0.55, 1.7) * np.clip(radius / 70, 0.4, 1.5)
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    xx, yy = xx + 5 * noise(rng, S, S, (4, 4)), yy + 5 * noise(rng, S, S, (4, 4))
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    return sample(tile, xx * c + yy * s + rng.uniform(0, 600), yy * c - xx * s + rng.uniform(0, 600))


def coily(rng, tiles, colour, light=None, radius=70):
    """RGB of coily or kinky hair, and its lightness map. light: broad shading, about -1..1."""
    tex = coil_map(rng, tiles, radius)
    if rng.random() < 0.35:  # far away or soft: the coils melt into grain
        tex = cv2.GaussianBlur(tex, (0, 0), rng.uniform(0.5, 1.2))
    clumps = noise(rng, S, S, (rng.uniform(6, 30),) * 2)
    bright = float(colour[0])
    x = np.zeros((S, S, 3), np.float32) + colour
    gloss = rng.uniform(0.4, 1.4) * min(1.5 + 0.13 * bright, 9)
    x[..., 0] -= max(0.0, bright - 82)  # room for the gloss of white hair
    x[..., 0] += gloss * np.where(tex > 0, tex * rng.uniform(0.9, 1.7), tex) + rng.uniform(0, 1.2) * (1 + 0.06 * bright) * clumps
    if bright > 30 and rng.random() < 0.5 and abs(colour[1]) + abs(colour[2]) < 12:  # salt and pepper
        x[..., 0] += noise(rng, S, S, (S / 4, S / 4)) * rng.uniform(2, 9)
    if light is not None:
        x[..., 0] += light * min(3 + 0.28 * bright, 18)
    x[..., 0] = np.where(x[..., 0] < 3, 3 + 0.2 * (x[..., 0] - 3), x[..., 0]).clip(0.5, 99)
    return unlab(x), tex


def round_light(rng, x, y, cx, cy, rx, ry):
    """The light on something round: bright toward the lamp, dark on the far side, sometimes bright at the rim."""
    dx, dy = (x - cx) / rx, (y - cy) / ry
    a = rng.normal(-np.pi / 2, 0.9)
    depth = np.sqrt(np.clip(1 - dx * dx - dy * dy, 0, 1))
    light = (dx * np.cos(a) + dy * np.sin(a)) * rng.uniform(0.3, 1.0) + (depth - 0.6) * rng.uniform(-0.6, 0.8)
    if rng.random() < 0.25:  # lit from behind
        light = light * 0.4 + rng.uniform(0.8, 2.0) * np.clip(np.hypot(dx, dy) - 0.75, 0, 0.4) * 2
    return np.float32(light)


# ---- ropes ------------------------------------------------------------------------------------------------------

def palette(colour, gloss=1.0):
    """Nine RGB tones of one shade, from its shadow to its gloss."""
    steps = np.array([-1.6, -1.1, -0.7, -0.3, 0, 0.4, 0.9, 1.5, 2.3], np.float32) * gloss
    x = np.zeros((1, 9, 3), np.float32) + colour
    x[0, :, 0] = (x[0, :, 0] + steps * (2.5 + 0.14 * colour[0])).clip(1, 98)
    return [tuple(float(v) for v in c) for c in unlab(x)[0]]


def resampled(points, step):
    """A polyline as points a fixed step apart, and its direction at each."""
    points = np.float32(points)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0, max(length[-1], step), step)
    out = np.stack([np.interp(at, length, points[:, k]) for k in (0, 1)], -1)
    way = np.gradient(out, axis=0) if len(out) > 1 else np.array([[0.0, 1.0]])
    return out, np.degrees(np.arctan2(way[:, 1], way[:, 0]))


def beads(rng, kind, picture, points, angles, width, tones):
    """The pattern on a rope: plaits, twists, the matted surface of a loc, or the turns of a ringlet."""
    fine = lambda v: int(round(v * 16))
    for k, ((x, y), angle) in enumerate(zip(points, angles)):
        c = tones[int(np.clip(rng.normal(5.4, 1.0), 3, 8))]
        a = np.radians(angle)
        nx, ny = -np.sin(a), np.cos(a)
        if kind == "braid":
            side = 1 if k % 2 else -1
            centre, axes, turn = (x + side * nx * width * 0.2, y + side * ny * width * 0.2), (width * 0.44, width * 0.2), angle - side * 38
        elif kind == "twist":
            centre, axes, turn = (x, y), (width * 0.52, width * 0.2), angle + 52
        elif kind == "loc":
            q = rng.normal(0, 0.22, 2) * width
            centre, axes, turn = (x + nx * q[0], y + ny * q[0]), (width * rng.uniform(0.15, 0.45), width * rng.uniform(0.08, 0.2)), angle + rng.normal(0, 25)
        else:
            cv2.ellipse(picture, (fine(x), fine(y)), (fine(width * 0.5), fine(width * 0.3)), angle + 65, 200, 400, c, 1, cv2.LINE_AA, 4)
            continue
        cv2.ellipse(picture, (fine(centre[0]), fine(centre[1])), (fine(axes[0]), fine(axes[1])), turn, 0, 360, c, -1, cv2.LINE_AA, 4)


def rope(rng, picture, mask, points, width, colour, kind, gloss=1.0):
    """Draws one rope along a polyline into a uint8 picture and its mask; its end is thinner."""
    tones = palette(colour + rng.normal(0, [1.0 + colour[0] * 0.03, 0.5, 0.8]).astype(np.float32), gloss)
    at, angles = resampled(points, max(1.2, width * (0.32 if kind == "loc" else 0.42)))
    last = max(1, int(len(at) * rng.uniform(0.75, 0.97)))
    for part, w in ((at[: last + 1], width), (at[last:], width * 0.6)):
        line = [np.int32(part * 16)]
        cv2.polylines(picture, line, False, tones[0], max(1, int(round(w + 2))), cv2.LINE_AA, 4)
        cv2.polylines(picture, line, False, tones[3], max(1, int(round(w))), cv2.LINE_AA, 4)
        cv2.polylines(mask, line, False, 255, max(1, int(round(w + 1))), cv2.LINE_AA, 4)
    if width >= 3:
        beads(rng, kind, picture, at[:last], angles[:last], width, tones)
    else:
        for (x, y), k in zip(at[::2], range(len(at))):
            cv2.circle(picture, (int(x * 16), int(y * 16)), 10, tones[int(rng.integers(4, 8))], -1, cv2.LINE_AA, 4)


def bend(rng, *knots, wander=2.0, n=24):
    """A smooth path through knots (at most four), a little unsteady."""
    knots = np.float32(knots)
    t = np.linspace(0, 1, n)
    basis = {2: lambda: [1 - t, t], 3: lambda: [(1 - t) ** 2, 2 * t * (1 - t), t * t],
             4: lambda: [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3]}[len(knots)]()
    path = sum(b[:, None] * k for b, k in zip(basis, knots))
    sway = np.sin(t * rng.uniform(2, 9) + rng.uniform(0, 6)) * t * wander
    path[:, 0] += sway * rng.uniform(0.2, 1.2)
    return path


def tubes(rng, picture, width, colour, count, loopy, region=None):
    """Noodles, ropes, straw, twigs, wires: tubes with a lit ridge, thrown over each other."""
    layer, mask = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8)), np.zeros((S, S), np.uint8)
    way = rng.uniform(0, np.pi)
    for _ in range(count):
        c = colour + rng.normal(0, [4, 1, 2]).astype(np.float32)
        x, y = rng.uniform(-0.1, 1.1, 2) * S
        if loopy:
            t = np.linspace(0, rng.uniform(1, 4), 40)
            r, f = rng.uniform(20, 90), rng.uniform(0.5, 1.6)
            pts = np.stack([x + r * np.cos(2 * t * f + rng.uniform(0, 6)), y + r * np.sin(2 * t + rng.uniform(0, 6))], -1)
        else:
            a, n = way + rng.normal(0, 0.5 if rng.random() < 0.7 else 2), S * rng.uniform(0.3, 1.2)
            pts = bend(rng, (x, y), (x + n * np.cos(a), y + n * np.sin(a)), wander=width)
        pts = [np.int32(pts * 16)]
        tones = unlab((c + np.float32([[[-25, 0, 0], [0, 0, 0], [12, 0, 0]]])).clip([2, -90, -90], [98, 90, 90]))[0]
        for tone_, thick, shift in ((0, width + 2, 0), (1, width, 0), (2, max(1, width * 0.3), -int(width * 4))):
            cv2.polylines(layer, [pts[0] + np.int32([shift, shift])], False, [float(v) for v in tones[tone_]], max(1, int(round(thick))), cv2.LINE_AA, 4)
        cv2.polylines(mask, pts, False, 255, max(1, int(round(width + 1))), cv2.LINE_AA, 4)
    a = np.float32(mask) / 255
    return over(picture, np.float32(layer), a if region is None else a * region)
