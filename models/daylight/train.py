#!/usr/bin/env python3
"""Trains the estimate of the light: from the colors of the hair and of what surrounds it to the three factors that turn the
hair's linear light into that of a usual, neutral photo.

    python3 models/daylight/train.py models/daylight/daylight.f32 FOLDER...

Each FOLDER is written by `eval --donors`; the unchanged portraits in it (shade -1) are used. Every step changes their light.
A fifth of them is held out, and what is printed at the end is measured on it. Needs numpy.
"""
import sys
from pathlib import Path

import numpy as np

PARTS, SKIN_PARTS, GROUND_PARTS, BRIGHTEST, LEAST_SKIN = 5, 3, 5, 0.02, 0.01
# The logarithm of light: what keeps that of black finite, and its middle.
DARKEST, MIDDLE = 0.01, -2.0
INPUT = 3 * (PARTS + SKIN_PARTS + GROUND_PARTS + 1) + 2
HIDDEN, OUTPUT = 48, 4
STEPS, BATCH = 2500, 128
# Every n-th pixel of the folders is used.
STRIDE = 6
HELD_OUT = 5
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
TO_RGB = np.linalg.inv(TO_XYZ)
WHITE = np.array([0.95047, 1, 1.08883])


def lab2lin(lab):
    """CIE Lab (D65) to linear sRGB, clipped to the gamut."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * WHITE
    return (xyz @ TO_RGB.T).clip(0, 1)


def lin2lab(linear):
    t = linear @ TO_XYZ.T / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(np.maximum(t, 0)), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def encode(x):
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)


def decode(v):
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def blackbody(kelvin):
    """Linear sRGB of a black body of luminance 1 (Kim et al., US patent 7024034)."""
    t = 1000 / kelvin
    x = np.where(kelvin <= 4000, ((-0.266124 * t - 0.234359) * t + 0.877696) * t + 0.179910, ((-3.025847 * t + 2.107038) * t + 0.222635) * t + 0.240390)
    y = np.where(
        kelvin <= 2222,
        ((-1.106381 * x - 1.348110) * x + 2.185558) * x - 0.202196,
        np.where(kelvin <= 4000, ((-0.954948 * x - 1.374186) * x + 2.091370) * x - 0.167489, ((3.081758 * x - 5.873387) * x + 3.751130) * x - 0.370015),
    )
    return np.maximum(np.stack([x / y, np.ones_like(x), (1 - x - y) / y], -1) @ TO_RGB.T, 0.02)


def kept(hair):
    """The weights of hair pixels, without the tails of light (pixels.rs of shared/signature)."""
    weight = hair[..., 4] ** 2
    order = hair[..., 0].argsort(1)
    ranked = np.take_along_axis(weight, order, 1)
    upto = ranked.cumsum(1) / weight.sum(1, keepdims=True)
    keep = (upto >= 0.05) & (upto - ranked / weight.sum(1, keepdims=True) < 0.96)
    inside = np.zeros_like(keep)
    np.put_along_axis(inside, order, keep, 1)
    return weight * inside


def parts(lab, weight, count):
    """The mean of each of `count` parts of equal weight, dark to light; the mean of all where a part is empty."""
    order = lab[..., 0].argsort(1)
    ranked, colors = np.take_along_axis(weight, order, 1), np.take_along_axis(lab, order[..., None], 1)
    total = ranked.sum(1, keepdims=True).clip(1e-6)
    part = np.ceil(ranked.cumsum(1) / total * count - 1e-6).clip(1, count) - 1
    whole = (colors * ranked[..., None]).sum(1) / total
    means = []
    for k in range(count):
        inside = ranked * (part == k)
        share = inside.sum(1, keepdims=True)
        means.append(np.where(share > 1e-6, (colors * inside[..., None]).sum(1) / share.clip(1e-6), whole))
    return np.stack(means, 1)


def lit(lab, weight):
    """The mean of the lighter two thirds of the hair."""
    order = (-lab[..., 0]).argsort(1)
    ranked, colors = np.take_along_axis(weight, order, 1), np.take_along_axis(lab, order[..., None], 1)
    upto = ranked.cumsum(1)
    left = (2 / 3 * ranked.sum(1, keepdims=True) - (upto - ranked)).clip(0)
    inside = np.minimum(ranked, left)
    return (colors * inside[..., None]).sum(1) / inside.sum(1, keepdims=True).clip(1e-6)


def logs(lab):
    return (np.log(lab2lin(lab) + DARKEST) - MIDDLE).reshape(len(lab), -1)


def inputs(hair, weight, ground, is_skin):
    """The input of the network; `hair` and `ground` are in Lab, and ground that is not there is NaN."""
    there = ~np.isnan(ground[..., 0])
    ground = np.nan_to_num(ground)
    count = there.sum(1)
    skin = is_skin & there
    has_skin = skin.sum(1) > LEAST_SKIN * count
    skin &= has_skin[:, None]
    rest = there & ~skin
    has_rest, has_any = rest.any(1), count > 0
    lightness = np.where(there, ground[..., 0], -1)
    rank = (-lightness).argsort(1).argsort(1)
    brightest = (rank < np.maximum(count * BRIGHTEST, 1)[:, None]) & there
    bright = (lab2lin(ground) * brightest[..., None]).sum(1) / brightest.sum(1, keepdims=True).clip(1)
    return np.concatenate([
        logs(parts(hair, weight, PARTS)),
        logs(parts(ground, skin.astype(float), SKIN_PARTS)) * has_skin[:, None],
        logs(parts(ground, rest.astype(float), GROUND_PARTS)) * has_rest[:, None],
        (np.log(bright + DARKEST) - MIDDLE) * has_any[:, None],
        has_skin[:, None],
        has_any[:, None],
    ], 1)


class Portraits:
    def __init__(self, folders, rng):
        hair, ground = [], []
        for folder in folders:
            ids = np.load(Path(folder) / "ids.npy")
            keep = np.flatnonzero((ids[:, 0] < 0) & (ids[:, 5] >= 1500))
            hair.append(np.load(Path(folder) / "hair.npy", mmap_mode="r")[keep][:, ::STRIDE])
            ground.append(np.load(Path(folder) / "ground.npy", mmap_mode="r")[keep][:, ::STRIDE])
        hair, ground = np.concatenate(hair), np.concatenate(ground)
        self.light, self.weight = lab2lin(hair[..., :3]), kept(hair)
        self.ground, self.is_skin = lab2lin(ground[..., :3]), ground[..., 3] >= 0.5
        self.truth = lit(hair[..., :3], self.weight)
        rows = rng.permutation(len(hair))
        self.held_out, self.trained = rows[: len(rows) // HELD_OUT], rows[len(rows) // HELD_OUT :]

    def surroundings(self, rows, rng):
        """Their own ground, another portrait's, or a plain one: white and gray paper, walls, black cloth."""
        ground, is_skin = self.ground[rows].copy(), self.is_skin[rows].copy()
        kind = rng.random(len(rows))
        plain = kind < 0.35
        shape = (plain.sum(), ground.shape[1], 1)
        shading = np.exp(rng.normal(0, 1, shape) * rng.uniform(0.01, 0.25, (shape[0], 1, 1)))
        white = rng.random((shape[0], 1, 1)) < 0.6
        tint = np.exp(rng.normal(0, 1, (shape[0], 1, 3)) * np.where(white, 0.03, 0.25))
        level = np.where(white, rng.uniform(0.75, 1.0, (shape[0], 1, 1)), np.exp(rng.uniform(np.log(0.02), np.log(0.8), (shape[0], 1, 1))))
        paper = (level * tint * shading).clip(0, 1)
        # The skin stays in half of them; the others show no person.
        stays = is_skin[plain] & (rng.random((shape[0], 1)) < 0.5)
        ground[plain] = np.where(stays[..., None], ground[plain], paper)
        is_skin[plain] = stays
        alone = (kind > 0.35) & (kind < 0.5)
        ground[alone] = np.where(is_skin[alone][..., None], np.nan, ground[alone])
        is_skin[alone] = False
        ground[kind > 0.97] = np.nan
        return ground, is_skin

    def batch(self, rows, rng, light=None):
        ground, is_skin = self.surroundings(rows, rng)
        count = len(rows)
        stops = rng.normal(0, 0.6, count).clip(-1.6, 1.6) * (rng.random(count) < 0.8)
        kelvin = np.exp(rng.uniform(np.log(2600), np.log(9500), count))
        kelvin = np.where(rng.random(count) < 0.35, 6500, kelvin)
        cast = np.exp(rng.normal(0, 0.05, (count, 3)))
        contrast = rng.uniform(0, 0.4, (count, 1, 1)) * (rng.random((count, 1, 1)) < 0.5)
        if light:
            stops, kelvin, cast, contrast = np.full(count, light[0]), np.full(count, light[1]), np.ones((count, 3)), 0 * contrast
        gain = (2.0**stops)[:, None] * cast * blackbody(kelvin) / blackbody(np.array(6500.0))

        def taken(pixels):
            v = encode((pixels * gain[:, None]).clip(0, 1))
            return lin2lab(decode(v + contrast * (v * v * (3 - 2 * v) - v)))

        hair, weight = taken(self.light[rows]), self.weight[rows]
        return inputs(hair, weight, taken(ground), is_skin), lit(hair, weight), self.truth[rows]


class Network:
    def __init__(self, rng):
        sizes = [(INPUT, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUT)]
        self.values = []
        for ins, outs in sizes:
            self.values += [rng.normal(0, ins**-0.5, (outs, ins)) * (1 if outs == HIDDEN else 0.1), np.zeros(outs)]
        self.moments = [[np.zeros_like(v), np.zeros_like(v)] for v in self.values]
        self.values[-1][3] = 2.0

    def of(self, x):
        self.flow = [x]
        for k in (0, 2):
            z = self.flow[-1] @ self.values[k].T + self.values[k + 1]
            self.flow += [z, z / (1 + np.exp(-z))]
        return self.flow[-1] @ self.values[4].T + self.values[5]

    def learn(self, slope, rate, step):
        gradients = [slope.T @ self.flow[4], slope.sum(0)]
        back = slope @ self.values[4]
        for k, z, before in ((2, self.flow[3], self.flow[2]), (0, self.flow[1], self.flow[0])):
            s = 1 / (1 + np.exp(-z))
            back = back * (s + z * s * (1 - s))
            gradients = [back.T @ before, back.sum(0)] + gradients
            back = back @ self.values[k]
        for value, gradient, (first, second) in zip(self.values, gradients, self.moments):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            value -= rate * (first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8) + 1e-4 * value)


def corrected(lab, gain):
    return lin2lab((lab2lin(lab) * np.exp(gain)).clip(0, 1.2))


def slope_of(out, lab, truth):
    """The gradient of the Gaussian likelihood of the corrected color, whose error is `exp(out[3])` CIE Lab units an axis."""
    error = corrected(lab, out[:, :3]) - truth
    by = np.stack([(corrected(lab, out[:, :3] + 1e-4 * np.eye(3)[k]) - corrected(lab, out[:, :3])) / 1e-4 for k in range(3)], -1)
    # Huber: an odd portrait does not decide.
    length = np.sqrt((error**2).sum(1, keepdims=True))
    error = error * np.minimum(1, 12 / length.clip(1e-6))
    gain = (error[:, :, None] * by).sum(1) / 60
    spread = 3 - (length[:, 0].clip(0, 40) ** 2) * np.exp(-2 * out[:, 3])
    return np.concatenate([gain, 0.1 * spread[:, None]], 1) / len(out)


def report(network, portraits, rng):
    rows = np.concatenate([portraits.held_out] * 4)
    usual = None
    for name, light in (("as taken", (0, 6500)), ("one stop darker", (-1, 6500)), ("half a stop brighter", (0.5, 6500)), ("2700 K", (0, 2700)), ("4000 K", (0, 4000)), ("8000 K", (0, 8000))):
        x, lab, truth = portraits.batch(rows, np.random.default_rng(7), light)
        out = network.of(x)
        found = corrected(lab, out[:, :3])
        usual = found if usual is None else usual
        off = lambda a, b: np.sqrt(((a - b) ** 2).sum(1))
        print(
            f"{name:22} off by, L*: {abs(lab - truth)[:, 0].mean():.2f} -> {abs(found - truth)[:, 0].mean():.2f}, "
            f"all: {off(lab, truth).mean():.2f} -> {off(found, truth).mean():.2f} (expected {1.6 * np.exp(out[:, 3]).mean():.2f}); "
            f"from as taken, L*: {abs(found - usual)[:, 0].mean():.2f}, all: {off(found, usual).mean():.2f}"
        )


def train(portraits, rng):
    network = Network(rng)
    x = portraits.batch(portraits.trained, rng)[0]
    for step in range(1, STEPS + 1):
        rows = rng.choice(portraits.trained, BATCH)
        x, lab, truth = portraits.batch(rows, rng)
        network.learn(slope_of(network.of(x), lab, truth), 3e-3 * min(1, 2 - 2 * step / (STEPS + 1)), step)
    return network


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    portraits = Portraits(sys.argv[2:], rng)
    print(f"{len(portraits.trained)} portraits to train from, {len(portraits.held_out)} held out")
    network = train(portraits, rng)
    report(network, portraits, rng)
    np.concatenate([value.ravel() for value in network.values]).astype("<f4").tofile(sys.argv[1])
