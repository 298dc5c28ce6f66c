"""Composes pictures that the portraits lack, with exact masks: heads from behind, long hair, close-ups, wefts,
negatives.

    python compose.py train --count 3600      # the training pictures, from the training portraits only
    python compose.py eval DIR                # the evaluation set, from the held-out portraits only

Hair follows a field (u, v): u runs across the strands, v along them. The texture is either a patch of real hair from a
portrait (rotated until its strands run along v, tiled by mirroring) or strand noise. The background (rooms, walls,
clothes, skin) comes from the portraits too, or is drawn.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

import data

S = 320  # side of a composed picture

# Salon shades, sRGB: black to platinum, reds, burgundy, grays, fashion colors.
SHADES = [(16, 14, 14), (24, 20, 20), (33, 26, 24), (44, 33, 28), (58, 42, 33), (72, 52, 40), (89, 63, 47), (106, 78, 58),
          (124, 94, 68), (143, 112, 80), (165, 134, 96), (186, 156, 116), (204, 178, 138), (219, 198, 162), (230, 216, 190),
          (236, 228, 212), (238, 233, 226), (140, 72, 38), (164, 84, 42), (120, 50, 32), (96, 34, 28), (84, 22, 32),
          (70, 18, 30), (110, 24, 44), (120, 116, 112), (160, 158, 156), (196, 196, 198), (92, 90, 92), (176, 140, 104),
          (150, 116, 92), (200, 170, 130), (132, 100, 76)]
FASHION = [(214, 96, 150), (240, 170, 200), (70, 96, 170), (40, 60, 140), (60, 130, 110), (120, 80, 160), (170, 140, 200),
           (30, 140, 150), (200, 50, 60), (230, 120, 60)]


def lab(rgb):
    return cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2LAB)


def unlab(x):
    return (cv2.cvtColor(np.float32(x), cv2.COLOR_LAB2RGB) * 255).clip(0, 255)


def shade(rng):
    base = FASHION[rng.integers(len(FASHION))] if rng.random() < 0.08 else SHADES[rng.integers(len(SHADES))]
    c = lab(np.array(base, np.float32).reshape(1, 1, 3))[0, 0]
    return c + rng.normal(0, [2.5, 2, 3]).astype(np.float32)


def noise(rng, h, w, cells, rough=0.5):
    """Smooth noise around zero from one octave of `cells` (rows, columns) and two finer ones."""
    out = np.zeros((h, w), np.float32)
    a = 1.0
    for k in range(3):
        rows, cols = int(cells[0] * 2**k) + 2, int(cells[1] * 2**k) + 2
        out += a * cv2.resize(rng.normal(0, 1, (rows, cols)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        a *= rough
    return out


def curve(rng, n, knots, low, high):
    """A smooth random curve of n values."""
    k = rng.uniform(low, high, knots).astype(np.float32)
    return cv2.resize(k[None], (n, 1), interpolation=cv2.INTER_CUBIC)[0] if knots > 1 else np.full(n, k[0], np.float32)


def over(picture, layer, alpha):
    return picture * (1 - alpha[..., None]) + layer * alpha[..., None]


class Bank:
    """The portraits of one side of the split, and the patches cut from them."""

    def __init__(self, test):
        self.images, self.masks, rows = data.load_cache()
        self.index = [k for k, r in enumerate(rows) if r["test"] == test]
        self.rows = rows
        self.hairy = [k for k in self.index if rows[k]["hair"] > 0.10]
        self.long = [k for k in self.index if rows[k]["hair"] > 0.16 and rows[k]["skin"] > 0.04]
        self.cache = {}

    def pick(self, rng, where=None):
        where = self.index if where is None else where
        return where[rng.integers(len(where))]

    def patch(self, rng, channel, least=14):
        """A square of pure hair, skin or clothes, its strands (or whatever runs in it) rotated upright."""
        for _ in range(30):
            k = self.pick(rng, self.hairy if channel == 0 else None)
            key = (k, channel)
            if key not in self.cache:
                self.cache[key] = self._patch(k, channel, least)
            if self.cache[key] is not None:
                return self.cache[key], k
        return np.full((40, 40, 3), 90, np.float32), k

    def _patch(self, k, channel, least):
        m = (self.masks[k][..., channel] > 215).astype(np.uint8)
        m = cv2.copyMakeBorder(m, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        d = cv2.distanceTransform(m, cv2.DIST_L2, 5)
        rgb = np.float32(self.images[k])
        g = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        if channel == 1:  # plain skin without eyes: the smoothest area that is wide enough
            rough = cv2.GaussianBlur(np.abs(cv2.Laplacian(cv2.GaussianBlur(g, (0, 0), 2), cv2.CV_32F)), (0, 0), 8)
            rough = cv2.copyMakeBorder(rough, 1, 1, 1, 1, cv2.BORDER_REFLECT)
            y, x = np.unravel_index(int(np.where(d >= least + 4, rough, 1e9).argmin()), d.shape)
            r = min(float(d[y, x]), least + 8)
        else:
            y, x = np.unravel_index(int(d.argmax()), d.shape)
            r = float(d[y, x])
        if r < least:
            return None
        y, x, ri = y - 1, x - 1, int(r)
        w = g[max(0, y - ri):y + ri, max(0, x - ri):x + ri]
        gx, gy = cv2.Sobel(w, cv2.CV_32F, 1, 0), cv2.Sobel(w, cv2.CV_32F, 0, 1)
        # The structure tensor gives the direction across the strands. Rotate it to the x axis.
        angle = 0.5 * np.degrees(np.arctan2(2 * (gx * gy).mean(), (gx * gx).mean() - (gy * gy).mean()))
        side = int(r * 1.38)
        m = cv2.getRotationMatrix2D((float(x), float(y)), float(angle), 1.0)
        m[:, 2] += side / 2 - np.array([x, y])
        out = cv2.warpAffine(rgb, m, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return out

    def backdrop(self, rng):
        """A room from a portrait, with the person replaced from the surroundings."""
        k = self.pick(rng)
        rgb, m = np.float32(self.images[k]), self.masks[k].max(-1) > 40
        m = cv2.dilate(m.astype(np.uint8), np.ones((17, 17), np.uint8))
        keep = 1 - m.astype(np.float32)
        if keep.mean() < 0.12:
            return None
        n = 96
        small, ks = cv2.resize(rgb * keep[..., None], (n, n), interpolation=cv2.INTER_AREA), cv2.resize(keep, (n, n), interpolation=cv2.INTER_AREA)
        filled, weight = np.zeros_like(small), np.zeros_like(ks)
        for sigma in (24, 12, 6, 3):
            b, w = cv2.GaussianBlur(small, (0, 0), sigma), cv2.GaussianBlur(ks, (0, 0), sigma)
            a = np.clip(w * 4, 0, 1)[..., None] if sigma < 24 else 1.0
            filled = filled * (1 - a) + a * b / np.maximum(w, 1e-4)[..., None]
        filled = cv2.resize(filled, (S, S), interpolation=cv2.INTER_CUBIC)
        a = cv2.GaussianBlur(cv2.resize(keep, (S, S)), (0, 0), 3)
        out = over(filled, cv2.resize(rgb, (S, S)), a)
        if rng.random() < 0.5:
            out = out[:, ::-1]
        return out + rng.normal(0, 3, (S, S, 1)).astype(np.float32)


# ---- surfaces ---------------------------------------------------------------------------------------------------

def tile(patch, rng, scale=None, h=S, w=S, angle=None):
    """A surface from a patch: scaled, rotated, mirrored repeatedly, slightly warped."""
    scale = rng.uniform(1.0, 2.5) if scale is None else scale
    angle = rng.uniform(0, 2 * np.pi) if angle is None else angle
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    xx, yy = xx + 6 * noise(rng, h, w, (2, 2)), yy + 6 * noise(rng, h, w, (2, 2))
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    return sample(patch, xx * c + yy * s + rng.uniform(0, 300), -xx * s + yy * c + rng.uniform(0, 300))


def sample(patch, x, y):
    """The patch, mirrored endlessly, at fractional positions."""
    h, w = patch.shape[:2]
    x, y = np.abs(np.mod(x, 2 * (w - 1)) - (w - 1)), np.abs(np.mod(y, 2 * (h - 1)) - (h - 1))
    return cv2.remap(patch, np.float32(x), np.float32(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def wood(rng):
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    planks = rng.integers(1, 7)
    pos = xx / S * planks
    n = noise(rng, S, S, (1.5, 14)) * 0.6 + np.sin((xx + 14 * noise(rng, S, S, (3, 2))) / rng.uniform(3, 12)) * 0.5
    base = lab(np.array([[rng.choice([(120, 80, 50), (160, 120, 80), (80, 52, 36), (190, 160, 120), (100, 90, 80), (205, 185, 155)])]], np.float32))[0, 0]
    tone = np.floor(pos) % 3 - 1
    x = np.zeros((S, S, 3), np.float32) + base
    x[..., 0] += n * rng.uniform(2, 6) + tone * rng.uniform(0, 4)
    x[..., 0] -= 25 * (np.abs(pos - np.round(pos)) * S / planks < 1.2) * (planks > 1)
    out = unlab(x)
    return np.ascontiguousarray(np.rot90(out)) if rng.random() < 0.5 else out


def wall(rng):
    base = rng.choice([(235, 233, 230), (200, 198, 196), (150, 148, 146), (60, 60, 62), (30, 30, 32), (140, 100, 70), (110, 80, 60),
                       (180, 150, 120), (214, 196, 176), (90, 100, 110), (170, 190, 180), (220, 190, 190), (250, 250, 250)])
    x = np.zeros((S, S, 3), np.float32) + np.array(base, np.float32)
    light = noise(rng, S, S, (1, 1)) * rng.uniform(3, 14) + noise(rng, S, S, (60, 60)) * rng.uniform(0, 4)
    return (x + light[..., None]).clip(0, 255)


def room(rng):
    """Shelves, mirrors, lamps and windows, out of focus."""
    x = wall(rng)
    for _ in range(rng.integers(4, 18)):
        w, h = rng.integers(8, 150), rng.integers(8, 200)
        a, b = rng.integers(-40, S, 2)
        c = [int(v) for v in (rng.integers(0, 256, 3) if rng.random() < 0.5 else np.repeat(rng.integers(10, 256), 3))]
        if rng.random() < 0.75:
            cv2.rectangle(x, (int(a), int(b)), (int(a + w), int(b + h)), c, -1)
        else:
            cv2.circle(x, (int(a), int(b)), int(w // 3 + 2), c, -1)
    x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.8, 7))
    if rng.random() < 0.3:  # lamps
        for _ in range(rng.integers(1, 9)):
            lamp = np.zeros((S, S), np.float32)
            cv2.circle(lamp, (int(rng.integers(0, S)), int(rng.integers(0, S // 2))), int(rng.integers(3, 16)), 1.0, -1)
            x += cv2.GaussianBlur(lamp, (0, 0), rng.uniform(2, 6))[..., None] * np.array([200, 190, 160], np.float32)
    return x.clip(0, 255)


def fur(rng):
    """Short strands in wandering directions: never a head of hair."""
    x = noise(rng, S, S, (S // 6, S // 6), 0.8)
    angle = noise(rng, S, S, (2, 2), 0.6) * 1.2 + rng.uniform(0, np.pi)
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    acc = np.zeros_like(x)
    for t in np.linspace(-7, 7, 9):
        acc += cv2.remap(x, xx + np.float32(t) * np.cos(angle), yy + np.float32(t) * np.sin(angle), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    c = lab(np.array([[rng.choice([(150, 110, 70), (230, 225, 220), (90, 70, 60), (180, 170, 160), (40, 36, 34), (200, 150, 100)])]], np.float32))[0, 0]
    y = np.zeros((S, S, 3), np.float32) + c
    y[..., 0] += acc * rng.uniform(1.5, 4) + noise(rng, S, S, (3, 3)) * 4
    return unlab(y)


def knit(rng, colour=None):
    c = shade(rng) if rng.random() < 0.4 else lab(np.array([[rng.integers(10, 246, 3)]], np.float32))[0, 0]
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    p = rng.uniform(5, 16)
    kind = rng.integers(4)
    if kind == 0:
        t = np.abs(np.sin(xx * np.pi / p)) + 0.6 * np.sin((yy + p * np.abs(np.sin(xx * np.pi / p))) * 2 * np.pi / p * 1.3)
    elif kind == 1:
        t = np.sin(xx * 2 * np.pi / p) * np.sin(yy * 2 * np.pi / p)
    elif kind == 2:
        t = np.sin((xx + yy) * 2 * np.pi / p) * 0.7
    else:
        t = noise(rng, S, S, (40, 40), 0.8)
    x = np.zeros((S, S, 3), np.float32) + c
    x[..., 0] += t * rng.uniform(1, 6) + noise(rng, S, S, (2, 3)) * rng.uniform(2, 8)
    return unlab(x)


def surface(bank, rng):
    r = rng.random()
    if r < 0.34:
        return tile(bank.patch(rng, 2)[0], rng)
    return knit(rng) if r < 0.6 else wall(rng) if r < 0.8 else wood(rng)


def backdrop(bank, rng):
    r = rng.random()
    if r < 0.5:
        x = bank.backdrop(rng)
        if x is not None:
            return x
    return room(rng) if r < 0.8 else wall(rng) if r < 0.93 else wood(rng)


# ---- hair along (u, v) ------------------------------------------------------------------------------------------

def hair(bank, rng, u, v, strands, colour=None, real=None):
    """RGB of hair whose strands run along v (0 root, 1 tip) at the position u across (about -1..1)."""
    h, w = u.shape
    real = rng.random() < 0.6 if real is None else real
    # waves and curls: strands swing together, more toward the tips
    if rng.random() < 0.6:
        f = rng.uniform(0.8, 7)
        a = rng.uniform(0.03, 0.35) / (f + 1)
        phase = 2.0 * noise(rng, h, w, (1, 5), 0.7)
        u = u + a * np.sqrt(np.clip(v, 0, 2)) * np.sin(2 * np.pi * f * v + phase)
    u = u + 0.05 * noise(rng, h, w, (2, 1)) + 0.012 * noise(rng, h, w, (4, 12))
    # strand noise: rows along v, columns across u; coarse locks and fine strands
    n, rows = 1024, 48
    locks = noise(rng, rows, n, (2, 10), 0.7)
    fine = cv2.resize(rng.normal(0, 1, (10, n)).astype(np.float32), (n, rows)) + 0.7 * cv2.resize(rng.normal(0, 1, (5, n // 2)).astype(np.float32), (n, rows))
    ux, vy = np.float32((u * 0.5 + 0.5) * strands + rng.uniform(0, 400)), np.float32(np.clip(v, 0, 1.2) / 1.2 * (rows - 1))
    fold = lambda t: np.float32(np.abs(np.mod(t, 2 * (n - 1)) - (n - 1)))
    nl = cv2.remap(locks, fold(ux * rng.uniform(0.6, 1.6)), vy, cv2.INTER_LINEAR)
    nf = cv2.remap(fine, fold(ux), vy, cv2.INTER_LINEAR)
    if real:
        p, _ = bank.patch(rng, 0)
        k = lab(p)
        k[..., 0] -= 0.6 * (cv2.GaussianBlur(k[..., 0], (0, 0), p.shape[0] / 5) - k[..., 0].mean())
        zoom = rng.uniform(0.5, 1.3) * S / 2 / p.shape[1]
        ext = sample(k, (u * 0.5 + 0.5) * p.shape[1] / rng.uniform(0.25, 0.6) + rng.uniform(0, 500), v * S / zoom * 0.8 + rng.uniform(0, 500))
        base = ext
        detail = rng.uniform(0.15, 0.7)
        if colour is not None:
            m = k.reshape(-1, 3).mean(0)
            base = (ext - m) * np.array([rng.uniform(0.7, 1.2), 0.8, 0.8], np.float32) + colour
    else:
        colour = shade(rng) if colour is None else colour
        base = np.zeros((h, w, 3), np.float32) + colour
        detail = rng.uniform(0.6, 1.3)
    bright = float(base[..., 0].mean())
    amp = 1.2 + bright * 0.055
    out = base.copy()
    out[..., 0] += detail * amp * (0.9 * nl + 1.2 * nf)
    if rng.random() < 0.45:  # highlights, balayage, ombre: another shade on some strands, mostly toward the tips
        other = shade(rng) if rng.random() < 0.35 else base.reshape(-1, 3).mean(0) + np.array([rng.uniform(8, 34), rng.uniform(-2, 4), rng.uniform(0, 14)], np.float32)
        start = rng.uniform(-0.3, 0.8)
        ramp = np.clip((v - start) / rng.uniform(0.15, 0.7), 0, 1)
        weight = rng.uniform(0.5, 1) * ramp / (1 + np.exp(-(nl * 0.9 + 1.1 * nf + rng.uniform(-2, 2.5)) * rng.uniform(0.8, 2)))
        out = out * (1 - weight[..., None]) + (other + (out - base)) * weight[..., None]
    for _ in range(rng.integers(0, 4)):  # bands of gloss across the strands
        at, width = rng.uniform(0, 1), rng.uniform(0.03, 0.16)
        band = np.exp(-((v - at + 0.03 * nl) / width) ** 2) * (1 + 0.5 * nf)
        out[..., 0] += band * rng.uniform(3, 10 + bright * 0.14)
    out[..., 0] -= np.clip(np.abs(u), 0, 1.2) ** 3 * rng.uniform(0, 14) * min(1, bright / 40)  # round the sides off
    out[..., 0] += noise(rng, h, w, (1, 1)) * rng.uniform(0, 4)
    out[..., 0] = np.where(out[..., 0] < 2, 2 + 0.2 * (out[..., 0] - 2), out[..., 0]).clip(0.5, 99)
    return unlab(out)


def soft(x, width=1.2):
    """Alpha from a signed distance in pixels."""
    return np.clip(0.5 + x / (2 * width), 0, 1).astype(np.float32)


def wisps(rng, picture, alpha, colour, count, reach, origin):
    """Flyaway strands, thin and half transparent. They do not count as hair."""
    if count <= 0:
        return picture
    ys, xs = np.nonzero((alpha > 0.5) & (cv2.erode(alpha, np.ones((3, 3))) < 0.5))
    if len(ys) == 0:
        return picture
    layer = np.zeros(alpha.shape, np.float32)
    for k in rng.integers(0, len(ys), count):
        x, y = float(xs[k]), float(ys[k])
        dx, dy = x - origin[0], abs(y - origin[1]) * 0.3 + 20
        n = np.hypot(dx, dy) + 1e-3
        t = np.linspace(0, 1, 7)
        length, bend = rng.uniform(4, reach), rng.uniform(-0.6, 0.6)
        px = x + length * (t * dx / n + bend * t * t * dy / n)
        py = y + length * (t * dy / n - bend * t * t * dx / n + 0.4 * t * t)
        cv2.polylines(layer, [np.int32(np.stack([px, py], -1) * 16)], False, float(rng.uniform(0.25, 0.8)), 1, cv2.LINE_AA, 4)
    return over(picture, np.zeros_like(picture) + colour, layer * 0.8)


def turned(rng, angle, cx, cy):
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    c, s = np.cos(angle), np.sin(angle)
    return cx + (xx - cx) * c + (yy - cy) * s, cy - (xx - cx) * s + (yy - cy) * c


def skin_of(bank, rng):
    return tile(bank.patch(rng, 1)[0], rng, scale=rng.uniform(1.5, 3))


def body(bank, rng, picture, cx, neck_y, shoulder_y, hw, x, y):
    """Neck, shoulders and back, in skin, cloth or a cape."""
    skin, cloth = skin_of(bank, rng), surface(bank, rng)
    if rng.random() < 0.3:
        cloth = np.zeros_like(cloth) + rng.uniform(8, 45) + noise(rng, S, S, (3, 3))[..., None] * 4
    shade_ = 1 + 0.12 * noise(rng, S, S, (2, 2))[..., None]
    neck = soft(np.minimum(hw * rng.uniform(0.4, 0.6) - np.abs(x - cx), y - neck_y + 0))
    sw = hw * rng.uniform(1.7, 2.8)
    drop = rng.uniform(0.15, 0.5)
    line = shoulder_y + drop * hw * (np.abs(x - cx) / sw) ** 2 * 2 + np.maximum(0, np.abs(x - cx) - sw) ** 2 / 12
    back = soft(y - line, 1.5)
    picture = over(picture, skin * shade_, neck)
    collar = line + rng.uniform(-0.1, 0.9) * hw * np.clip(1 - (x - cx) ** 2 / (hw * 0.9) ** 2, 0, 1)
    if rng.random() < 0.25:
        collar = collar + rng.uniform(0, 1.5) * hw
    picture = over(picture, skin * shade_, back)
    return over(picture, cloth * shade_, back * soft(y - collar, 1.0))


def fall(rng, x, y, cx, y0, hw, hh, length):
    """Signed distance and (u, v) of a head of hair from behind: a crown, then a fall of the given length."""
    n = S * 3
    knots = rng.integers(3, 7)
    t = np.clip((y - y0) / max(length, 1), 0, 1.3)
    head = np.sqrt(np.clip(1 - ((y - y0 - hh) / hh) ** 2, 0, 1)) * hw  # half width of the crown
    prof = curve(rng, 256, knots, rng.uniform(0.6, 0.95), rng.uniform(1.0, 1.6)) * hw
    taper = rng.choice([1.0, rng.uniform(0.3, 1)])
    prof = prof * np.linspace(1, taper, 256) ** 1.5
    wide = prof[np.int32(np.clip(t * 200, 0, 255))]
    mix = np.clip((y - y0 - hh * 0.7) / (hh * rng.uniform(0.5, 1.1)), 0, 1)
    mix = mix * mix * (3 - 2 * mix)
    half = np.maximum(np.where(y < y0 + hh, head, hw) * (1 - mix) + wide * mix, 0.5)
    axis = cx + (curve(rng, 256, 4, -0.5, 0.5) * hw * rng.uniform(0, 0.7))[np.int32(np.clip(t * 200, 0, 255))] * np.clip(t * 1.5 - 0.3, 0, 1)
    u = (x - axis) / half
    wob = noise(rng, S, S, (5, 5), 0.7) * rng.uniform(0.5, 4)
    side = half - np.abs(x - axis) + wob * np.clip(t * 2, 0.15, 1)
    # the ends: blunt, rounded, pointed, ragged
    ends = rng.uniform(-0.25, 0.12) * np.abs(u) ** rng.choice([1.0, 2.0]) + curve(rng, 512, int(rng.integers(8, 90)), -1, 1)[
        np.int32(np.clip((u * 0.5 + 0.5) * 511, 0, 511))] * rng.uniform(0.005, 0.06)
    end = (y0 + length * (1 + ends)) - y
    top = y - y0
    d = np.minimum(np.minimum(side, end), top + 4)
    return d, u, np.clip((y - y0) / max(length, 1), 0, 1.2), end


def back_view(bank, rng, closeup=False):
    """A head from behind or from the side, hair falling over shoulders and back."""
    colour = shade(rng) if rng.random() < 0.75 else None
    hw = rng.uniform(26, 66) if not closeup else rng.uniform(80, 190)
    hh = hw * rng.uniform(1.0, 1.3)
    cx = S / 2 + rng.normal(0, 28)
    y0 = rng.uniform(-0.3 * hw, S * 0.28) if not closeup else rng.uniform(-2.2, 0.1) * hw
    x, y = turned(rng, rng.normal(0, 0.16), cx, y0 + hh)
    style = rng.choice(["fall", "fall", "fall", "fall", "bob", "short", "tail", "bun"])
    length = {"fall": rng.uniform(3.0, 6.5), "bob": rng.uniform(2.1, 3.0), "short": rng.uniform(1.45, 1.9),
              "tail": rng.uniform(1.6, 2.0), "bun": rng.uniform(1.5, 1.9)}[style] * hh
    picture = backdrop(bank, rng)
    portrait_mask = np.zeros((S, S), np.float32)
    if not closeup and rng.random() < 0.3:
        # over a portrait: its shoulders, clothes and room stay; the new hair covers head and hair
        k = bank.pick(rng)
        rgb, m = cv2.resize(np.float32(bank.images[k]), (S, S)), cv2.resize(bank.masks[k], (S, S))
        head = (m[..., 0] > 100).astype(np.uint8)
        rows = np.nonzero(head.any(1))[0]
        cols = np.nonzero(head[: max(1, int(rows.mean())) if len(rows) else 1].any(0))[0]
        if len(rows) > 20 and len(cols) > 20:
            cx, y0 = float(cols.mean()), float(rows[0]) - 4
            hw = max(20.0, (cols[-1] - cols[0]) / 2 * rng.uniform(1.05, 1.2))
            hh = hw * rng.uniform(1.15, 1.4)
            length = max(length / max(hh, 1) * hh, hh * 2.6)
            x, y = turned(rng, rng.normal(0, 0.05), cx, y0 + hh)
            picture, portrait_mask = rgb, np.float32(m[..., 0]) / 255
            style = "fall"
            length = hh * rng.uniform(2.6, 5)
    neck_y, shoulder_y = y0 + 1.5 * hh, y0 + rng.uniform(2.1, 2.6) * hh
    if not portrait_mask.any() and (rng.random() < 0.9 or style in ("short", "tail", "bun", "bob")):
        picture = body(bank, rng, picture, cx, neck_y, shoulder_y, hw, x, y)
    d, u, v, end = fall(rng, x, y, cx, y0, hw, hh, length)
    strands = rng.uniform(120, 420)
    if rng.random() < 0.4:
        u = u + rng.uniform(-0.4, 0.4)  # a parting off the middle
    rgb = hair(bank, rng, u, v, strands, colour)
    ragged = noise(rng, S, S, (3, 90), 0.8) * rng.uniform(0, 6) * np.clip(1 - end / 30, 0, 1)
    alpha = soft(d + ragged, rng.uniform(0.7, 2.2))
    mean = rgb[alpha > 0.5].mean(0) if (alpha > 0.5).any() else rgb.mean((0, 1))
    if style == "short" and rng.random() < 0.7:  # ears, and the neck shaved
        skin = skin_of(bank, rng)
        for s in (-1, 1):
            if rng.random() < 0.8:
                ear = soft(hw * 0.22 - np.hypot((x - cx - s * hw * 1.02) * 1.5, (y - y0 - hh * 1.25) * 0.8))
                picture = over(picture, skin, ear)
    shadow = cv2.GaussianBlur(alpha, (0, 0), 7)
    picture = picture * (1 - 0.35 * rng.random() * shadow[..., None])
    picture = over(picture, rgb, alpha)
    mask = np.maximum(portrait_mask * (1 - alpha), alpha)
    if style in ("tail", "bun"):
        cy = y0 + hh * rng.uniform(0.1, 1.4)
        if style == "bun":
            r = hw * rng.uniform(0.35, 0.7)
            rad, ang = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
            blob = soft(r + noise(rng, S, S, (8, 8)) * 1.5 - rad)
            tex = hair(bank, rng, (rad / r * 1.6 - 0.8) + 0.15 * ang, ang / (2 * np.pi) + 0.5, strands * 0.6, None if colour is None else colour)
            if colour is None:
                tex = tex * (mean / np.maximum(tex.reshape(-1, 3).mean(0), 1))
            picture = over(picture * (1 - 0.4 * cv2.GaussianBlur(blob, (0, 0), 4)[..., None]), tex, blob)
            mask = np.maximum(mask, blob)
        else:
            tl = rng.uniform(2, 5) * hh
            tx, ty = turned(rng, rng.normal(0, 0.2), cx, cy)
            d2, u2, v2, _ = fall(rng, tx, ty, cx + rng.normal(0, 3), cy, hw * rng.uniform(0.25, 0.6), hw * 0.5, tl)
            braid = rng.random() < 0.35
            if braid:
                p = hw * rng.uniform(0.4, 0.8)
                d2 = d2 - 4 * np.abs(np.sin(np.pi * (ty - cy) / p))
                u2 = u2 + 0.9 * np.abs(np.mod((ty - cy) / p, 2) - 1) * np.sign(u2)
            a2 = soft(d2)
            tex = hair(bank, rng, u2, v2, strands * 0.6, colour)
            if colour is None:
                tex = (tex * (mean / np.maximum(tex.reshape(-1, 3).mean(0), 1))).clip(0, 255)
            picture = over(picture * (1 - 0.3 * cv2.GaussianBlur(a2, (0, 0), 4)[..., None]), tex, a2)
            mask = np.maximum(mask, a2)
            if rng.random() < 0.7:
                band = soft(np.minimum(hw * 0.35 - np.abs(tx - cx), hw * 0.1 - np.abs(ty - cy - hw * 0.35)))
                picture = over(picture, np.zeros_like(picture) + rng.uniform(0, 255, 3).astype(np.float32), band)
                mask = mask * (1 - band)
    if style != "short" and not closeup and rng.random() < 0.22:  # from the side: a face in front of the hair
        side = rng.choice([-1, 1])
        fx, fy = cx + side * hw * rng.uniform(0.6, 1.0), y0 + hh * rng.uniform(1.1, 1.4)
        face = soft(1 - np.hypot((x - fx) / (hw * 0.55), (y - fy) / (hh * 0.75)), 0.03)
        skin = skin_of(bank, rng)
        picture = over(picture, skin, face)
        for ex, ey, r in ((0.25, -0.15, 0.07), (0.35, 0.35, 0.08)):
            cv2.ellipse(picture, (int(fx + side * ex * hw), int(fy + ey * hh)), (max(1, int(r * hw)), max(1, int(r * hw * 0.5))), 0, 0, 360,
                        [float(c) for c in rng.uniform(20, 120, 3)], -1, cv2.LINE_AA)
        mask = mask * (1 - face)
    picture = wisps(rng, picture, mask, mean, int(rng.integers(0, 60)), hw * 0.5, (cx, y0 + hh))
    if rng.random() < 0.1:  # a hand or an arm in the hair
        picture, mask = hand(bank, rng, picture, mask)
    return picture, mask


def hand(bank, rng, picture, mask):
    skin = skin_of(bank, rng)
    a = np.zeros((S, S), np.float32)
    x0, y0 = rng.choice([0, S]) + rng.normal(0, 20), rng.uniform(0, S)
    tx, ty = rng.uniform(0.2, 0.8, 2) * S
    w = rng.uniform(14, 40)
    cv2.line(a, (int(x0), int(y0)), (int(tx), int(ty)), 1.0, int(w), cv2.LINE_AA)
    base = np.arctan2(ty - y0, tx - x0)
    for k in range(4):
        ang = base + (k - 1.5) * rng.uniform(0.12, 0.35)
        ln = w * rng.uniform(1.0, 1.9)
        cv2.line(a, (int(tx), int(ty)), (int(tx + ln * np.cos(ang)), int(ty + ln * np.sin(ang))), 1.0, max(3, int(w * 0.3)), cv2.LINE_AA)
    a = cv2.GaussianBlur(a, (0, 0), 1)
    sh = 1 - 0.25 * np.clip(cv2.GaussianBlur(a, (0, 0), 6) - a, 0, 1)
    return over(picture * sh[..., None], skin * (1 + 0.1 * noise(rng, S, S, (3, 3))[..., None]), a), mask * (1 - a)


def covered(bank, rng):
    """A portrait whose own hair covers its face: the strips next to the face are mirrored inward, row by row."""
    for _ in range(25):
        k = bank.pick(rng, bank.long)
        m = bank.masks[k]
        hairm, skin = m[..., 0] > 127, m[..., 1] > 127
        n = hairm.shape[0]
        if skin.sum() < 2000:
            continue
        ys, xs = np.nonzero(skin)
        cx = int(np.median(xs[ys < np.percentile(ys, 60)]))
        top = np.nonzero(hairm[:, max(0, cx - 5):cx + 5].any(1))[0]
        if len(top) == 0:
            continue
        xl, xr, sl, sr, good = (np.zeros(n, np.float32) for _ in range(5))
        for y in range(int(ys.min()), n):
            left, right = np.nonzero(hairm[y, :cx])[0], np.nonzero(hairm[y, cx:])[0]
            if len(left) < 8 or len(right) < 8:
                continue
            a, b = left[-1], cx + right[0]
            gap_l, gap_r = np.nonzero(~hairm[y, :a])[0], np.nonzero(~hairm[y, b:])[0]
            wl, wr = a - (gap_l[-1] if len(gap_l) else 0), (gap_r[0] if len(gap_r) else n - b)
            if wl < 6 or wr < 6 or b - a > 0.62 * n:
                continue
            xl[y], xr[y], sl[y], sr[y], good[y] = a, b, wl, wr, 1
        rows = np.nonzero(good)[0]
        if len(rows) < 0.28 * n:
            continue
        # the longest run of rows that work (a few may be missing)
        splits = np.split(rows, np.nonzero(np.diff(rows) > 6)[0] + 1)
        run = max(splits, key=len)
        if len(run) < 0.25 * n or run[0] > ys.min() + 0.12 * n:
            continue
        every = np.arange(run[0], run[-1] + 1)
        g = lambda t: cv2.GaussianBlur(np.interp(every, run, t[run]).astype(np.float32)[:, None], (1, 0), 0, sigmaY=5)[:, 0] if len(every) > 31 else np.interp(every, run, t[run])
        xl_, xr_, sl_, sr_ = g(xl) - 4, g(xr) + 4, np.maximum(g(sl) - 8, 4), np.maximum(g(sr) - 8, 4)
        xx = np.arange(n, dtype=np.float32)[None].repeat(len(every), 0)
        mid = (xl_ + xr_)[:, None] / 2 + (curve(rng, len(every), 4, -0.5, 0.5) * rng.uniform(0, 0.8) * (xr_ - xl_))[:, None]
        # widen each strip a little, so that the mirroring is less visible
        zig = lambda t, w: np.abs(np.mod(t, 2 * w) - w)
        st = rng.uniform(1.0, 2.2)
        from_left = xl_[:, None] - (sl_[:, None] - zig((xx - xl_[:, None]) / st + sl_[:, None], sl_[:, None]))
        from_right = xr_[:, None] + (sr_[:, None] - zig((xr_[:, None] - xx) / st + sr_[:, None], sr_[:, None]))
        yy = every[:, None].astype(np.float32).repeat(n, 1)
        yj = np.clip(yy + 5 * noise(rng, len(every), n, (2, 12)), 0, n - 1)
        rgb = np.float32(bank.images[k])
        fl = cv2.remap(rgb, np.float32(from_left), np.float32(yj), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        fr = cv2.remap(rgb, np.float32(from_right), np.float32(yj), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        blend = soft(xx - mid + 6 * noise(rng, len(every), n, (4, 20)), rng.uniform(1, 12))[..., None]
        fill = fl * (1 - blend) + fr * blend
        fill += noise(rng, len(every), n, (3, 160), 0.8)[..., None] * rng.uniform(1, 5)
        inside = soft(np.minimum(xx - xl_[:, None], xr_[:, None] - xx), 2.5)
        inside = inside * soft(every[:, None] - run[0] + 0 * xx, 3)
        # ragged ends at the end of the run, unless it is the picture's edge
        if run[-1] < n - 4:
            ragged = curve(rng, n, int(rng.integers(10, 60)), -9, 9)[None]
            inside = inside * soft(run[-1] - 8 - every[:, None] + ragged, 2)
        out, mask = rgb.copy(), np.float32(m[..., 0]) / 255
        out[every] = over(out[every], fill, inside)
        mask[every] = np.maximum(mask[every], inside)
        return cv2.resize(out, (S, S), interpolation=cv2.INTER_AREA), cv2.resize(mask, (S, S), interpolation=cv2.INTER_AREA)
    return back_view(bank, rng)


def texture_only(bank, rng):
    """Hair that fills the frame, or all of it except a corner."""
    angle = rng.normal(0, 0.5) if rng.random() < 0.8 else rng.uniform(-np.pi, np.pi)
    x, y = turned(rng, angle, S / 2, S / 2)
    bend = rng.uniform(-0.4, 0.4)
    x = x + bend * ((y - S / 2) / S) ** 2 * S
    fan = 1 + rng.uniform(-0.3, 0.5) * (y / S - 0.5)
    u, v = (x - S / 2) / (S * rng.uniform(0.4, 0.9)) / fan, y / S * rng.uniform(0.5, 1.0) + rng.uniform(0, 0.3)
    rgb = hair(bank, rng, u, v, rng.uniform(90, 420), shade(rng) if rng.random() < 0.6 else None)
    mask = np.ones((S, S), np.float32)
    if rng.random() < 0.75:  # something at one or two sides
        for _ in range(rng.integers(1, 3)):
            a = rng.uniform(-np.pi, np.pi)
            d = (x - S / 2) * np.cos(a) + (y - S / 2) * np.sin(a) - S * rng.uniform(0.12, 0.5) + 8 * noise(rng, S, S, (4, 4))
            out = soft(d, rng.uniform(1, 4))
            layer = backdrop(bank, rng) if rng.random() < 0.5 else skin_of(bank, rng) if rng.random() < 0.5 else surface(bank, rng)
            rgb, mask = over(rgb, layer, out), mask * (1 - out)
    if rng.random() < 0.25:
        rgb, mask = hand(bank, rng, rgb, mask)
    return rgb, mask


def swatch(bank, rng, real=None):
    """Wefts, bundles and tresses on a table, held by a band; one to five of them."""
    picture = rng.choice([0, 1, 2, 3])
    picture = [wood, wall, wall, knit][picture](rng)
    mask = np.zeros((S, S), np.float32)
    count = int(rng.choice([1, 1, 1, 2, 2, 3, 4, 5]))
    tilt = rng.normal(0, 0.5) if rng.random() < 0.8 else rng.uniform(-np.pi, np.pi)
    for k in range(count):
        w = rng.uniform(0.25, 0.8) * S / (count + 0.6) * (0.5 if count > 1 else 0.45)
        cx = S * (k + 1) / (count + 1) + rng.normal(0, 6)
        y0, length = rng.uniform(0.0, 0.2) * S, rng.uniform(0.5, 1.0) * S
        x, y = turned(rng, tilt + rng.normal(0, 0.06), S / 2, S / 2)
        x = x + rng.uniform(-0.3, 0.3) * w * np.sin((y - y0) / length * rng.uniform(2, 5))
        t = np.clip((y - y0) / length, 0, 1.3)
        half = w * (rng.uniform(0.5, 1) + (rng.uniform(-0.2, 0.6)) * t - rng.uniform(0, 0.8) * np.clip(t - 0.6, 0, 1) ** 2)
        half = np.maximum(half, 2)
        u = (x - cx) / half
        ends = curve(rng, 512, int(rng.integers(10, 100)), -1, 1)[np.int32(np.clip((u * 0.5 + 0.5) * 511, 0, 511))] * rng.uniform(2, 14)
        d = np.minimum(np.minimum(half - np.abs(x - cx) + noise(rng, S, S, (6, 6)) * rng.uniform(0.3, 2), y - y0), y0 + length + ends - y)
        a = soft(d, rng.uniform(0.6, 1.6))
        rgb = hair(bank, rng, u, t, rng.uniform(60, 260), shade(rng), real)
        sh = cv2.GaussianBlur(np.roll(a, (3, 4), (0, 1)), (0, 0), 4)
        picture = over(picture * (1 - 0.4 * sh[..., None]), rgb, a)
        mask = mask * (1 - a) + a
        if rng.random() < 0.75:
            band = soft(np.minimum(half + 2 - np.abs(x - cx), rng.uniform(2, 9) - np.abs(y - y0)))
            picture = over(picture, np.zeros_like(picture) + rng.uniform(0, 255, 3).astype(np.float32), band)
            mask = mask * (1 - band)
        if rng.random() < 0.4:
            picture = wisps(rng, picture, a, rgb.reshape(-1, 3).mean(0), int(rng.integers(0, 25)), 18, (cx, y0))
    if rng.random() < 0.15:
        picture, mask = hand(bank, rng, picture, mask)
    return picture, mask


def strands(bank, rng):
    """Hair drawn strand by strand: a lock on any surface. The mask is the strands themselves."""
    picture = surface(bank, rng) if rng.random() < 0.5 else backdrop(bank, rng)
    colour, other = shade(rng), shade(rng)
    cx, top = S * rng.uniform(0.3, 0.7), rng.uniform(-0.1, 0.2) * S
    w0, w1 = rng.uniform(8, 60), rng.uniform(10, 90)
    length = rng.uniform(0.6, 1.2) * S
    f, a, ph = rng.uniform(0.5, 4), rng.uniform(0, 14), rng.uniform(0, 6)
    layer, mask = np.zeros((S, S, 3), np.float32), np.zeros((S, S), np.uint8)
    t = np.linspace(0, 1, 28)
    rgb = lambda c: [float(q) for q in unlab(c.reshape(1, 1, 3))[0, 0]]
    spread = rng.normal(0, 0.33, 1400)
    for q in spread:
        lift = a * np.sin(2 * np.pi * f * t + ph + q * 2) * t
        px = cx + q * (w0 + (w1 - w0) * t) + lift + np.cumsum(rng.normal(0, 0.35, 28))
        py = top + length * t * (1 + 0.06 * rng.normal())
        pts = [np.int32(np.stack([px, py], -1) * 16)]
        c = colour + (other - colour) * (rng.random() < 0.15) + rng.normal(0, 1) * np.array([4 + colour[0] * 0.08, 1, 1.5], np.float32) - np.array([8 * q * q, 0, 0], np.float32)
        cv2.polylines(layer, pts, False, rgb(np.float32(c)), 1, cv2.LINE_AA, 4)
        cv2.polylines(mask, pts, False, 255, 1, cv2.LINE_AA, 4)
    # other strands fill the space between strands: close the small gaps
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    hole = (closed > 127) & (mask < 127)
    layer[hole] = rgb(colour - np.array([6, 0, 0], np.float32))
    al = cv2.GaussianBlur(np.float32(closed) / 255, (0, 0), 0.7)
    picture = over(picture * (1 - 0.3 * cv2.GaussianBlur(al, (0, 0), 5)[..., None]), layer, al)
    m, ang = al, rng.uniform(-np.pi, np.pi) if rng.random() < 0.3 else rng.normal(0, 0.3)
    rot = cv2.getRotationMatrix2D((S / 2, S / 2), float(np.degrees(ang)), float(rng.uniform(1.0, 1.5)))
    turn = lambda z: cv2.warpAffine(z, rot, (S, S), borderMode=cv2.BORDER_REFLECT_101)
    return turn(picture), turn(m)


def bald(bank, rng):
    """A bare head from behind, or a hat; some hair may be visible below the hat, and only that is marked."""
    picture = backdrop(bank, rng)
    hw = rng.uniform(30, 80)
    hh, cx, y0 = hw * rng.uniform(1.1, 1.35), S / 2 + rng.normal(0, 25), rng.uniform(5, S * 0.3)
    x, y = turned(rng, rng.normal(0, 0.1), cx, y0 + hh)
    picture = body(bank, rng, picture, cx, y0 + hh * 1.3, y0 + hh * rng.uniform(2.0, 2.5), hw, x, y)
    skin = skin_of(bank, rng)
    mask = np.zeros((S, S), np.float32)
    head = soft((1 - np.hypot((x - cx) / hw, (y - y0 - hh) / hh)) * hw)
    light = 1 + 0.3 * (-(x - cx) / hw * rng.uniform(-1, 1) - (y - y0 - hh) / hh * 0.5) - 0.15
    picture = over(picture, (skin * light[..., None]).clip(0, 255), head)
    for s in (-1, 1):
        ear = soft(hw * 0.2 - np.hypot((x - cx - s * hw * 1.0) * 1.5, (y - y0 - hh * 1.15) * 0.8))
        picture = over(picture, skin * 0.9, ear)
    if rng.random() < 0.6:  # hat, beanie, towel, cap, helmet
        if rng.random() < 0.4:
            d, u, v, end = fall(rng, x, y, cx, y0, hw, hh, hh * rng.uniform(1.6, 5))
            a = soft(d)
            picture, mask = over(picture, hair(bank, rng, u, v, 260, shade(rng)), a), a
        brim = y0 + hh * rng.uniform(0.7, 1.3)
        g = rng.uniform(1.04, 1.25)
        hat = soft(np.minimum((1 - np.hypot((x - cx) / (hw * g), (y - y0 - hh * 0.95) / (hh * g))) * hw, brim - y))
        if rng.random() < 0.3:
            hat = np.maximum(hat, soft(np.minimum(hw * rng.uniform(1.3, 1.9) - np.abs(x - cx), hh * rng.uniform(0.06, 0.16) - np.abs(y - brim))))
        cloth = knit(rng) if rng.random() < 0.6 else surface(bank, rng)
        picture = over(picture, (cloth * (light[..., None] * 0.9 + 0.1)).clip(0, 255), hat)
        mask = mask * (1 - hat)
    return picture, mask


def hairless(bank, rng):
    """Pictures without a head: rooms, walls, wood, fur, cloth, skin."""
    kind = rng.integers(7)
    if kind == 0:
        x = bank.backdrop(rng)
        x = room(rng) if x is None else x
    elif kind == 1:
        x = wood(rng)
    elif kind == 2:
        x = fur(rng)
    elif kind == 3:
        x = surface(bank, rng)
    elif kind == 4:
        x = skin_of(bank, rng)
    else:
        x = room(rng)
    if rng.random() < 0.4:
        d = (np.mgrid[0:S, 0:S][rng.integers(2)] - S * rng.uniform(0.2, 0.8)) + 4 * noise(rng, S, S, (2, 2))
        x = over(x, surface(bank, rng) if rng.random() < 0.6 else wood(rng), soft(np.float32(d)))
    return x, np.zeros((S, S), np.float32)


def zoomed(rng, picture, mask, low, high):
    """A crop between `low` and `high` times the frame's size."""
    z = rng.uniform(low, high)
    n = int(S * z)
    if z >= 1:
        return picture, mask
    x, y = rng.integers(0, S - n + 1, 2)
    cut = lambda t: cv2.resize(t[y:y + n, x:x + n], (S, S), interpolation=cv2.INTER_CUBIC)
    return cut(picture).clip(0, 255), cut(mask).clip(0, 1)


MAKERS = {  # name -> (share of the training pictures, maker)
    "back": (0.34, lambda b, r: back_view(b, r)),
    "covered": (0.20, lambda b, r: covered(b, r)),
    "closeup": (0.09, lambda b, r: back_view(b, r, closeup=True)),
    "texture": (0.10, lambda b, r: texture_only(b, r)),
    "swatch": (0.07, lambda b, r: swatch(b, r)),
    "strands": (0.04, lambda b, r: strands(b, r)),
    "bald": (0.07, lambda b, r: bald(b, r)),
    "hairless": (0.09, lambda b, r: hairless(b, r)),
}


def photo(rng, rgb, strength=1.0):
    """The effects of a phone on a picture: white balance, exposure, contrast, blur, noise, small sizes, JPEG."""
    x = np.arange(256, dtype=np.float32) / 255
    gain = np.exp(rng.normal(0, 0.22) * strength) * np.exp(np.array([rng.normal(0, 0.09), 0, rng.normal(0, 0.12)]) * strength)
    gamma, mid = np.exp(rng.normal(0, 0.15) * strength), 0.5
    contrast = np.exp(rng.normal(0, 0.13) * strength)
    table = np.stack([((x * g).clip(0, 1) ** gamma - mid) * contrast + mid for g in gain], -1)
    out = cv2.LUT(rgb, (table * 255).clip(0, 255).astype(np.uint8)[None])
    if rng.random() < 0.25:
        hsv = cv2.cvtColor(out, cv2.COLOR_RGB2HSV)
        hsv[..., 1] = (hsv[..., 1] * rng.uniform(0.4, 1.5)).clip(0, 255)
        out = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    r = rng.random()
    if r < 0.2:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.8))
    elif r < 0.3:
        h, w = out.shape[:2]
        f = rng.uniform(0.3, 0.8)
        out = cv2.resize(cv2.resize(out, (int(w * f), int(h * f)), interpolation=cv2.INTER_AREA), (w, h))
    if rng.random() < 0.2:
        out = (out + rng.normal(0, rng.uniform(2, 9), out.shape)).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        ok, jpg = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(28, 85))])
        out = cv2.imdecode(jpg, cv2.IMREAD_COLOR)
    return out


def dyed(rng, rgb, hair):
    """Dyed hair: any shade, whatever the original, often with roots or highlights in another shade. Texture stays in
    proportion to the lightness. The mask's soft rim takes the color by its share."""
    a = (np.float32(hair) / 255 - 0.15) / 0.65
    a = a.clip(0, 1)
    a = (a * a * (3 - 2 * a))[..., None]
    if a.mean() < 0.01:
        return rgb
    x = lab(rgb)
    weight = a**3
    mean = (x * weight).sum((0, 1)) / weight.sum()
    tones = [shade(rng) for _ in range(3)]
    if rng.random() < 0.4:  # shades outside the list
        tones[0] = np.array([rng.uniform(6, 93), rng.normal(6, 9), rng.normal(16, 12)], np.float32)
    h, w = rgb.shape[:2]
    to = np.zeros_like(x) + tones[0]
    if rng.random() < 0.3:  # highlights run down the hair
        share = rng.uniform(0.15, 0.6)
        slices = noise(rng, h, w, (rng.uniform(1, 3), rng.uniform(14, 40)))
        part = ((slices - np.quantile(slices, 1 - share)) / (0.3 * slices.std()) + 0.5).clip(0, 1)[..., None]
        to = to * (1 - part) + tones[1] * part
    if rng.random() < 0.3:  # roots
        rows = np.nonzero(hair.max(1) > 127)[0]
        top, bottom = (rows[0], rows[-1]) if len(rows) else (0, h - 1)
        down = (np.arange(h, dtype=np.float32) - top) / max(bottom - top, 1)
        part = ((rng.uniform(0.1, 0.5) - down) / rng.uniform(0.1, 0.4) + 0.5).clip(0, 1)[:, None, None]
        tones[2][0] *= rng.uniform(0.3, 1)
        to = to * (1 - part) + tones[2] * part
    stretch = ((4 + 0.12 * to[..., :1]) / (4 + 0.12 * mean[0])).clip(0.4, 2) * np.exp(rng.normal(0, 0.15))
    y = to + (x - mean) * stretch * np.array([1, 0.5, 0.5], np.float32)
    y[..., 0] = y[..., 0].clip(0.5, 99.5)
    return (rgb * (1 - a) + unlab(y) * a).clip(0, 255).astype(np.uint8)


def make(bank, seed, kind=None):
    rng = np.random.default_rng(seed)
    if kind is None:
        names = list(MAKERS)
        kind = names[rng.choice(len(names), p=np.array([MAKERS[n][0] for n in names]))]
    picture, mask = MAKERS[kind][1](bank, rng)
    if kind in ("back", "covered", "bald") and rng.random() < 0.25:
        picture, mask = zoomed(rng, picture, mask, 0.35, 0.9)
    return picture.clip(0, 255).astype(np.uint8), (mask.clip(0, 1) * 255).round().astype(np.uint8), kind


def train_set(args):
    """Writes composed_K.npz shards: images, exact masks, the teacher's hair and skin, kinds."""
    bank, teacher = Bank(test=False), data.Onnx(data.TEACHER)
    for shard in range(args.first, args.first + (args.count + 399) // 400):
        images, masks, kinds = [], [], []
        for k in range(400):
            picture, mask, kind = make(bank, [20, shard, k], args.kind)
            p = teacher(picture)
            images.append(picture)
            masks.append(np.stack([mask, np.uint8(p[2] * 255), np.uint8(p[0] * 255)], -1))
            kinds.append(kind)
        np.savez(data.WORK / f"composed_{shard}.tmp.npz", images=np.stack(images), masks=np.stack(masks), kinds=np.array(kinds))
        (data.WORK / f"composed_{shard}.tmp.npz").rename(data.WORK / f"composed_{shard}.npz")
        print("shard", shard, flush=True)


def eval_set(args):
    """Writes the evaluation set, from held-out portraits only: pictures, masks (8-bit PNG), index.json."""
    out = Path(args.folder)
    out.mkdir(parents=True, exist_ok=True)
    bank, teacher = Bank(test=True), data.Onnx(data.TEACHER)
    rows = []

    def put(name, rgb, mask, kind, quality):
        cv2.imwrite(str(out / f"{name}.jpg"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        cv2.imwrite(str(out / f"{name}.png"), mask)
        rows.append({"file": f"{name}.jpg", "mask": f"{name}.png", "set": kind[0], "kind": kind[1]})

    for k in bank.index:
        rgb = data.read_rgb(data.PORTRAITS / bank.rows[k]["file"])
        hair_ = data.label(teacher, rgb)[0]
        put(f"portrait_{bank.rows[k]['file'][:-4]}", rgb, np.uint8(np.round(hair_ * 255)), ("portraits", "portrait"), 95)
    plan = [("composed", "back", 90), ("composed", "covered", 70), ("composed", "closeup", 40), ("composed", "texture", 40),
            ("swatches", "swatch", 60), ("swatches", "strands", 20), ("hairless", "hairless", 80)]
    for name, kind, count in plan:
        for k in range(count):
            rng = np.random.default_rng([77, len(rows)])
            picture, mask, _ = make(bank, [71, len(rows), k], kind)
            picture = photo(rng, picture, 0.7)
            if kind in ("back", "covered") and k % 6 == 0:  # a screenshot with black bars
                picture, mask = (cv2.copyMakeBorder(t, 50, 60, 0, 0, cv2.BORDER_CONSTANT, value=0) for t in (picture, mask))
            put(f"{kind}_{k:03}", picture, mask, (name, kind), 88)
    (out / "index.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print({s: sum(r["set"] == s for r in rows) for s in sorted({r["set"] for r in rows})})


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="what", required=True)
    t = sub.add_parser("train")
    t.add_argument("--count", type=int, default=3600)
    t.add_argument("--first", type=int, default=0)
    t.add_argument("--kind", choices=list(MAKERS), help="only this kind")
    e = sub.add_parser("eval")
    e.add_argument("folder")
    args = parser.parse_args()
    train_set(args) if args.what == "train" else eval_set(args)


if __name__ == "__main__":
    sys.exit(main())
