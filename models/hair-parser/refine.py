"""Experiments in numpy that refine a soft hair mask with the photo itself. `evaluate.py --refine` measures them."""

import cv2
import numpy as np


def guided(rgb, p, radius=None, eps=1e-3):
    """Guided filter with the luminance as its guide: six box filters. Edges of the mask snap to edges of the photo."""
    g = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    r = max(2, round(max(g.shape) / 64)) if radius is None else radius
    box = lambda x: cv2.blur(x, (2 * r + 1, 2 * r + 1))
    mg, mp = box(g), box(p)
    a = (box(g * p) - mg * mp) / (box(g * g) - mg * mg + eps)
    b = mp - a * mg
    return np.clip(box(a) * g + box(b), 0, 1)


def colours(rgb, p, weight=0.6, bins=12):
    """Evidence of color: how much more common a pixel's color is among certain hair than among certain other things in
    the same photo (a smoothed Lab histogram of each), added to the mask's log odds."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.int32)
    key = np.minimum(lab[:, 0] * bins // 256, bins - 1)
    for c in (1, 2):  # a and b seldom leave -40..60
        key = key * bins + np.clip((lab[:, c] - 96) * bins // 80, 0, bins - 1)
    flat = p.reshape(-1)
    sure, other = flat > 0.85, flat < 0.15
    if sure.sum() < 200 or other.sum() < 200:
        return p
    hist = lambda k: cv2.blur(np.bincount(k, minlength=bins**3).astype(np.float32).reshape(bins, bins, bins).reshape(bins, -1), (1, 3)).reshape(-1) + 0.02 * len(k) / bins**2 / bins
    h, o = hist(key[sure]), hist(key[other])
    ratio = np.log((h / h.sum() + 1e-5) / (o / o.sum() + 1e-5)).clip(-3, 3)[key]
    odds = np.log(np.clip(flat, 1e-3, 1 - 1e-3) / (1 - np.clip(flat, 1e-3, 1 - 1e-3)))
    return (1 / (1 + np.exp(-(odds + weight * ratio)))).reshape(p.shape).astype(np.float32)


def cored(p, low=0.63, high=0.85, share=0.1):
    """Two thresholds: keeps the islands above `low` in which at least `share` of the pixels are above `high`. A parser
    is certain of some parts of hair, but seldom of cloth, fur and wood that resemble hair."""
    mask = (p > low).astype(np.uint8)
    n, labels = cv2.connectedComponents(mask, connectivity=4)
    area = np.bincount(labels.reshape(-1), minlength=n)
    core = np.bincount(labels[p > high], minlength=n)
    good = core >= share * area
    good[0] = False
    return good[labels]


def components(mask, least=0.03):
    """Drops islands smaller than `least` of the largest one."""
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if n <= 2:
        return mask
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return (area >= least * area.max())[labels] & mask


def erode(mask, by=None):
    """Removes the rim: `by` pixels, by default 1/200 of the longer side."""
    by = max(1, round(max(mask.shape) / 200)) if by is None else by
    return cv2.erode(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def advised(rgb, p):
    """The refinement recommended for the product. Returns a mask."""
    return cored(p).astype(np.float32)


METHODS = {
    "none": lambda rgb, p: p,
    "guided": lambda rgb, p: guided(rgb, p),
    "guided r/40": lambda rgb, p: guided(rgb, p, max(2, round(max(p.shape) / 40))),
    "colours": lambda rgb, p: colours(rgb, p),
    "colours .3": lambda rgb, p: colours(rgb, p, 0.3),
    "advised": advised,
    "colours .3 + guided": lambda rgb, p: guided(rgb, colours(rgb, p, 0.3)),
}
