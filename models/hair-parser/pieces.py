"""Hairpieces as shops photograph them, on white or plain ground: wigs on stands and mannequin heads, wefts, bundles,
ponytails, puffs and buns; coily, curly, roped, wavy or straight. And the same heads, stands and balls of wool without hair.

Every maker takes the bank of portraits and a generator, and returns a picture and its mask (0..1).
"""

import cv2
import numpy as np

import compose
from compose import S, noise, over, soft, turned, unlab
from strands import bend, coily, colour_of, rope, round_light, tone, tubes

HEADS = [(244, 242, 238), (236, 224, 208), (214, 180, 150), (150, 110, 84), (84, 60, 48), (28, 27, 28), (190, 190, 192), (70, 72, 76)]


def plain(rng):
    """White paper, a light that falls off, or one color; sometimes with a line where the table begins."""
    r = rng.random()
    base = np.float32((255, 255, 255)) if r < 0.5 else np.float32([rng.uniform(190, 254)] * 3) + rng.normal(0, 3, 3) if r < 0.75 else np.float32(rng.integers(0, 256, 3))
    x = np.zeros((S, S, 3), np.float32) + np.float32(base)
    if r >= 0.5 or rng.random() < 0.2:
        x += (noise(rng, S, S, (1, 1)) * rng.uniform(0, 10))[..., None]
        if rng.random() < 0.4:
            yy = np.mgrid[0:S, 0:S][0].astype(np.float32)
            x -= (soft(yy - S * rng.uniform(0.6, 0.95), rng.uniform(1, 20)) * rng.uniform(3, 30))[..., None]
    return x.clip(0, 255)


class Stand:
    """A mannequin head, a block or a pole on plain ground: the picture, and where the head is."""

    def __init__(self, rng):
        self.hw = rng.uniform(40, 75)
        self.hh = self.hw * rng.uniform(1.15, 1.4)
        self.cx, self.y0 = S / 2 + rng.normal(0, 14), rng.uniform(0.08, 0.22) * S
        self.x, self.y = turned(rng, rng.normal(0, 0.06), self.cx, self.y0 + self.hh)
        x, y, hw, hh, cx = self.x, self.y - self.y0, self.hw, self.hh, self.cx
        colour = tone(HEADS[rng.integers(len(HEADS))]) + rng.normal(0, [3, 2, 3]).astype(np.float32)
        self.kind = rng.choice(["head", "head", "block", "pole"])
        d = (1 - np.hypot((x - cx) / hw, (y - hh) / hh)) * hw
        foot = hh * rng.uniform(2.4, 3.4)
        if self.kind == "pole":
            d = np.maximum(np.minimum(d, hh * 0.9 - y), np.minimum(hw * rng.uniform(0.06, 0.15) - np.abs(x - cx), foot - y + 0 * x))
            d = np.minimum(d, y)
        else:
            d = np.maximum(d, np.minimum(np.minimum(hw * rng.uniform(0.45, 0.6) + np.maximum(0, y - 2 * hh) * rng.uniform(0, 0.9) - np.abs(x - cx), y - hh), foot - y))
        shape = soft(d, 1.2)
        light = round_light(rng, x, y, cx, hh, hw, hh * 1.3)
        layer = np.zeros((S, S, 3), np.float32) + colour
        layer[..., 0] = (layer[..., 0] + light * rng.uniform(4, 16)).clip(1, 99)
        ground = plain(rng)
        shadow = cv2.GaussianBlur(np.roll(shape, (4, 6), (0, 1)), (0, 0), 8) * rng.uniform(0, 0.3)
        self.picture = over(ground * (1 - shadow[..., None]), unlab(layer), shape)
        self.face = None
        if self.kind == "head" and rng.random() < 0.75:
            self.draw_face(rng, unlab(colour.reshape(1, 1, 3))[0, 0])

    def draw_face(self, rng, skin):
        """Eyes, brows, nose, and mouth, and the opening in the hair that shows them."""
        cx, cy, hw, hh = self.cx + rng.normal(0, 0.1) * self.hw, self.y0 + self.hh * 1.15, self.hw, self.hh
        self.face = (1 - np.hypot((self.x - cx) / (hw * rng.uniform(0.55, 0.8)), (self.y - cy) / (hh * rng.uniform(0.6, 0.8)))) * hw
        dark = [float(v) for v in skin * rng.uniform(0.15, 0.7)]
        for side in (-1, 1):
            at = int(cx + side * hw * 0.32), int(cy - hh * 0.05)
            cv2.ellipse(self.picture, at, (max(1, int(hw * 0.13)), max(1, int(hw * 0.05))), 0, 0, 360, dark, -1, cv2.LINE_AA)
            cv2.ellipse(self.picture, (at[0], at[1] - int(hw * 0.12)), (max(1, int(hw * 0.18)), max(1, int(hw * 0.06))), 0, 190, 350, dark, max(1, int(hw * 0.03)), cv2.LINE_AA)
        lips = [float(v) for v in (skin * [0.8, 0.5, 0.5]).clip(0, 255)]
        cv2.ellipse(self.picture, (int(cx), int(cy + hh * 0.4)), (max(1, int(hw * 0.2)), max(1, int(hw * 0.07))), 0, 0, 360, lips, -1, cv2.LINE_AA)
        cv2.line(self.picture, (int(cx + hw * 0.05), int(cy)), (int(cx + hw * 0.08), int(cy + hh * 0.2)), [float(v) for v in skin * 0.8], max(1, int(hw * 0.03)), cv2.LINE_AA)


def texture(bank, rng, tiles, colour, shape, box):
    """Hair of any texture over a shape. box: center, half width, top and height of it. (rgb, lightness around zero)"""
    cx, half, top, height = box
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    r = rng.random()
    if r < 0.5:
        light = round_light(rng, xx, yy, cx, top + height * 0.45, half * 1.2, height * 0.6)
        return coily(rng, tiles, colour, light, rng.uniform(0.6, 1.4) * max(half, 30))
    if r < 0.8:  # curls drawn one by one, in front of a dark ground of the same hair
        under, tex = coily(rng, tiles, colour - np.array([min(10, colour[0] * 0.35), 0, 0], np.float32))
        layer, spare = np.ascontiguousarray(under.clip(0, 255).astype(np.uint8)), np.zeros((S, S), np.uint8)
        kind = rng.choice(["ringlet", "ringlet", "twist", "braid", "loc"])
        width = float(np.exp(rng.uniform(np.log(5), np.log(18)))) if kind == "ringlet" else rng.uniform(3, 9)
        for _ in range(int(np.clip(2.4 * half / width * rng.uniform(1, 2.2), 8, 130))):
            x0, y0 = cx + rng.uniform(-1, 1) * half * 0.9, top + rng.uniform(-0.05, 0.55) * height
            n = height * rng.uniform(0.25, 0.8)
            x1 = x0 + (x0 - cx) * rng.uniform(0, 0.5) + rng.normal(0, width)
            rope(rng, layer, spare, bend(rng, (x0, y0), ((x0 + x1) / 2 + rng.normal(0, width), y0 + n / 2), (x1, y0 + n), wander=width / 2), width, colour, kind, rng.uniform(0.6, 1.5))
        return np.float32(layer), tex
    u, v = (xx - cx) / max(half, 8), (yy - top) / max(height, 30)
    u = u + rng.uniform(0, 0.25) * np.sin(v * rng.uniform(6, 30) + 2 * noise(rng, S, S, (3, 5))) * np.clip(v, 0, 1)
    return compose.hair(bank, rng, u, v, rng.uniform(90, 320), colour), noise(rng, S, S, (S / 5, S / 5))


def laid(bank, rng, tiles, picture, d, box):
    """Lays hair over a picture where the signed distance `d` is positive, with a ragged edge and a soft shadow."""
    colour = colour_of(rng) if rng.random() < 0.5 else compose.shade(rng)
    rgb, tex = texture(bank, rng, tiles, colour, d, box)
    alpha = soft(d + tex * rng.uniform(0.4, 2.2), rng.uniform(0.7, 1.8))
    shadow = cv2.GaussianBlur(np.roll(alpha, (3, 4), (0, 1)), (0, 0), 7) * rng.uniform(0, 0.25)
    out = over(picture * (1 - shadow[..., None]), rgb, alpha)
    if rng.random() < 0.5:
        cx, _, top, height = box
        out = compose.wisps(rng, out, alpha, (rgb * alpha[..., None]).sum((0, 1)) / max(alpha.sum(), 1), int(rng.integers(0, 60)), 14, (cx, top + height * 0.3))
    return out, alpha


def wig(bank, rng, tiles):
    """A wig on a stand: cropped, round, or long; from the front with the face open, from behind, or on its pole."""
    s = Stand(rng)
    bumps = noise(rng, S, S, (7, 7)) * s.hw * rng.uniform(0.02, 0.1)
    grow = float(np.exp(rng.uniform(np.log(1.05), np.log(1.8))))
    rx, ry, cy = s.hw * grow, s.hh * (0.6 + 0.45 * grow), s.y0 + s.hh * rng.uniform(0.8, 1.05)
    d = (1 - np.hypot((s.x - s.cx) / rx, (s.y - cy) / ry)) * rx + bumps
    low = s.y0 + s.hh * rng.uniform(1.4, 1.9)
    if rng.random() < 0.65:  # it falls
        low = s.y0 + s.hh * rng.uniform(1.8, 4.2)
        t = np.clip((s.y - cy) / max(low - cy, 1), 0, 1.2)
        half = rx * (1 + rng.uniform(-0.25, 0.5) * t - rng.uniform(0, 0.5) * np.clip(t - 0.7, 0, 1))
        d = np.maximum(d, np.minimum(half - np.abs(s.x - s.cx) + bumps, s.y - cy))
    d = np.minimum(d, low - s.y + 1.5 * bumps)
    if s.face is not None:
        d = np.minimum(d, -(s.face - 0.5 * np.abs(bumps)))
    return laid(bank, rng, tiles, s.picture, d, (s.cx, rx, cy - ry, low - cy + ry))


def hung(bank, rng, tiles):
    """Wefts, bundles, ponytails, puffs and buns lying or hanging on plain ground; one to three of them."""
    picture, mask = plain(rng), np.zeros((S, S), np.float32)
    count = int(rng.choice([1, 1, 1, 2, 3]))
    for k in range(count):
        half, cx = S * rng.uniform(0.12, 0.36) / count**0.7, S * (k + 1) / (count + 1) + rng.normal(0, 8)
        top, height = S * rng.uniform(0.02, 0.2), S * rng.uniform(0.35, 0.95)
        x, y = turned(rng, rng.normal(0, 0.12), cx, top)
        t = np.clip((y - top) / height, 0, 1.2)
        bumps = noise(rng, S, S, (9, 9)) * half * rng.uniform(0.02, 0.12)
        form = rng.choice(["weft", "tail", "puff"])
        if form == "puff":
            height = 2 * half * rng.uniform(0.8, 1.2)
            d = (1 - np.hypot((x - cx) / half, (y - top - height / 2) / (height / 2))) * half + bumps
        else:
            grown = 1 - rng.uniform(0, 0.5) * np.clip(t - 0.6, 0, 1) if form == "weft" else (0.18 + 0.82 * np.sin(np.pi * np.clip(t * 0.75 + 0.02, 0, 1)))
            d = np.minimum(np.minimum(half * grown - np.abs(x - cx) + bumps, y - top), top + height - y + 2 * bumps)
        picture, alpha = laid(bank, rng, tiles, picture, d, (cx, half, top, height))
        mask = mask * (1 - alpha) + alpha
        if form != "puff" and rng.random() < 0.6:  # the band that it is sewn or tied to
            band = soft(np.minimum(half * (1.02 if form == "weft" else 0.25) - np.abs(x - cx), rng.uniform(2, 7) - np.abs(y - top)))
            picture, mask = over(picture, np.zeros_like(picture) + np.float32(rng.integers(0, 200, 3)), band), mask * (1 - band)
    return picture, mask


def hairpiece(bank, rng, tiles):
    """A wig on a stand, or a piece on plain ground."""
    picture, mask = (wig if rng.random() < 0.55 else hung)(bank, rng, tiles)
    if rng.random() < 0.12:  # cut out: nothing but white around it
        picture = over(np.full_like(picture, 255.0), picture, soft(cv2.GaussianBlur(mask, (0, 0), 1) - 0.3, 0.3))
    return picture, mask


def bare(rng):
    """What holds hairpieces, without one; and wool, brushes and tassels, on the same plain ground."""
    if rng.random() < 0.55:
        return Stand(rng).picture
    picture, colour = plain(rng), tone(rng.integers(10, 250, 3))
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    r = S * rng.uniform(0.15, 0.4)
    region = soft(r - np.hypot((xx - S / 2) * rng.uniform(0.6, 1.4), yy - S * rng.uniform(0.4, 0.6)), 2)
    picture = over(picture, np.zeros_like(picture) + unlab((colour - np.float32([12, 0, 0])).reshape(1, 1, 3))[0, 0], region)
    return tubes(rng, picture, rng.uniform(2, 9), colour, int(rng.integers(60, 200)), rng.random() < 0.5, region)
