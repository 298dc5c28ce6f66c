"""Measures parsers on the evaluation set: the student, compared with the teacher.

    python evaluate.py FOLDER [--student hair-parser.onnx] [--refine] [--thresholds]
    python evaluate.py FOLDER --kinds [--before OLD.onnx]     # by hair type and by lightness: a folder of sight.py
    python evaluate.py FOLDER --photos [--before OLD.onnx]    # photographs without masks, with a photos.json

IoU is the mean over the pictures; precision is over all marked pixels of a set; the color difference is CIEDE2000
between the first dominant color (largest of three Lab k-means clusters) under the parser's mask and under the
reference mask (portraits: the averaged teacher; else the exact mask).
"""

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

import compose
import data
import fairness
import refine


def ciede2000(x, y):
    L1, a1, b1 = (float(t) for t in x)
    L2, a2, b2 = (float(t) for t in y)
    c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(c**7 / (c**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    dl, dc = L2 - L1, c2 - c1
    dh = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    dH = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    l, cm = (L1 + L2) / 2, (c1 + c2) / 2
    h = h1 + h2 if not c1 * c2 else (h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    r = np.radians
    t = 1 - 0.17 * np.cos(r(h - 30)) + 0.24 * np.cos(r(2 * h)) + 0.32 * np.cos(r(3 * h + 6)) - 0.20 * np.cos(r(4 * h - 63))
    sl, sc, sh = 1 + 0.015 * (l - 50) ** 2 / np.sqrt(20 + (l - 50) ** 2), 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -np.sin(r(60 * np.exp(-(((h - 275) / 25) ** 2)))) * 2 * np.sqrt(cm**7 / (cm**7 + 25.0**7))
    return float(np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dH / sh) ** 2 + rt * dc / sc * dH / sh))


def dominant(lab, mask, clusters=3):
    """Center of the largest k-means cluster of the marked pixels; None if almost nothing is marked."""
    points = lab[mask]
    if len(points) < 50:
        return None
    points = points[:: max(1, len(points) // 3000)].astype(np.float32)
    # starts at quantiles of lightness, so that the comparison is deterministic
    order = np.argsort(points[:, 0], kind="stable")
    centres = points[order[[int(len(points) * (2 * k + 1) / (2 * clusters)) for k in range(clusters)]]].copy()
    for _ in range(25):
        near = ((points[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
        moved = np.stack([points[near == k].mean(0) if (near == k).any() else centres[k] for k in range(clusters)])
        if np.abs(moved - centres).max() < 0.05:
            break
        centres = moved
    return centres[np.bincount(near, minlength=clusters).argmax()]


def hair_of(parser, rgb):
    return parser(rgb)[2 if parser.side == 512 else 0]


def scores(items):
    """items: (mask, reference mask, lab, share of the picture known to be hair)"""
    iou, hit, marked, found, diff = [], 0, 0, 0, []
    for mask, truth, lab, want in items:
        if truth.mean() <= 0.005:
            continue
        both, either = (mask & truth).sum(), (mask | truth).sum()
        iou.append(both / either)
        hit, marked, found = hit + both, marked + mask.sum(), found + truth.sum()
        have = dominant(lab, mask)
        diff.append(99.0 if have is None else ciede2000(have, want))
    return {"n": len(iou), "iou": np.mean(iou), "precision": hit / max(marked, 1), "recall": hit / found, "median dE": np.median(diff), "p90 dE": np.percentile(diff, 90)}


def load(folder):
    out = []
    for row in json.loads((folder / "index.json").read_text()):
        rgb = data.read_rgb(folder / row["file"])
        truth = cv2.imread(str(folder / row["mask"]), 0) > 127
        lab = cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2LAB)
        out.append((row, rgb, truth, lab, dominant(lab, truth) if truth.mean() > 0.005 else None))
    return out


def cleaned(cut, pictures):
    """Of the portraits: (mask, reference without the teacher's hats and beards, lab). data.py says what is taken out."""
    _, masks, rows = data.load_cache()
    index, hats = {row["file"]: k for k, row in enumerate(rows)}, data.hats()
    for m, (row, rgb, _, lab, _) in zip(cut, pictures):
        if row["set"] == "portraits":
            name = row["file"].removeprefix("portrait_")
            hair, skin = np.float32(masks[index[name]][..., :2]).transpose(2, 0, 1) / 255
            truth = data.cleaned(hair, skin, hats.get(name, ""))
            yield m, cv2.resize(truth, rgb.shape[1::-1]) > 0.5, lab


def table(name, pictures, soft, threshold, method="none", islands=0.0, rim=0, steady=None):
    print(f"\n{name}, threshold {threshold}, refinement {method}" + (f", islands below {islands}" if islands else "") + (f", rim {rim}" if rim else ""))
    cut = []
    for (row, rgb, truth, lab, want), p in zip(pictures, soft):
        m = refine.METHODS[method](rgb, p) > threshold
        m = refine.components(m, islands) if islands else m
        cut.append(refine.erode(m, rim) if rim else m)
    for group in ("portraits", "composed", "swatches"):
        for kind in [None] + (sorted({r["kind"] for r, *_ in pictures if r["set"] == group}) if group != "portraits" else []):
            s = scores([(m, t, lab, want) for m, (row, _, t, lab, want) in zip(cut, pictures) if row["set"] == group and kind in (None, row["kind"])])
            print(f"  {group if kind is None else '  ' + kind:12} n {s['n']:3}  IoU {s['iou']:.3f}  precision {s['precision']:.3f}  recall {s['recall']:.3f}"
                  f"  colour difference median {s['median dE']:.2f}  p90 {s['p90 dE']:.1f}")
    if steady is not None:
        s = scores([(m, t, lab, want) for m, (row, _, t, lab, want), k in zip(cut, pictures, steady) if row["set"] == "portraits" and k])
        print(f"  portraits*   n {s['n']:3}  IoU {s['iou']:.3f}  precision {s['precision']:.3f}  recall {s['recall']:.3f}"
              f"  colour difference median {s['median dE']:.2f}  p90 {s['p90 dE']:.1f}")
    s = scores([(m, t, lab, dominant(lab, t)) for m, t, lab in cleaned(cut, pictures) if t.mean() > 0.005])
    print(f"  portraits+   n {s['n']:3}  IoU {s['iou']:.3f}  precision {s['precision']:.3f}  recall {s['recall']:.3f}"
          f"  colour difference median {s['median dE']:.2f}  p90 {s['p90 dE']:.1f}")
    bare = [m.mean() for m, (row, *_) in zip(cut, pictures) if row["set"] == "hairless"]
    print(f"  hairless     n {len(bare):3}  marked {np.mean(bare) * 100:.2f} %  worst {np.max(bare) * 100:.1f} %", flush=True)


def dyed(name, parser):
    """Held-out portraits with their hair dyed in any shade. The mask is the averaged teacher's, from before dyeing."""
    images, masks, rows = data.load_cache()
    items, rng = [], np.random.default_rng(7)
    for k in (k for k, row in enumerate(rows) if row["test"] and (masks[k][..., 0] > 127).mean() > 0.05):
        rgb = compose.dyed(rng, np.asarray(images[k]), np.asarray(masks[k][..., 0]))
        truth, lab = masks[k][..., 0] > 127, compose.lab(rgb)
        items.append((refine.advised(rgb, hair_of(parser, rgb)) > 0.5, truth, lab, dominant(lab, truth)))
    s = scores(items)
    print(f"\n{name}, advised, dyed portraits n {s['n']}  IoU {s['iou']:.3f}  precision {s['precision']:.3f}  recall {s['recall']:.3f}"
          f"  colour difference median {s['median dE']:.2f}  p90 {s['p90 dE']:.1f}", flush=True)


def timing(path):
    start = time.perf_counter()
    parser = data.Onnx(path)
    ready = (time.perf_counter() - start) * 1e3
    x = np.zeros((1, 3, parser.side, parser.side), np.float32)
    laps = []
    for _ in range(60):
        t = time.perf_counter()
        parser.session.run(None, {parser.input.name: x})
        laps.append((time.perf_counter() - t) * 1e3)
    print(f"{Path(path).name}: {parser.side} px, one thread: median {np.median(laps[10:]):.1f} ms, least {np.min(laps):.1f} ms; session ready in {ready:.0f} ms")
    return parser


def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder", type=Path)
    a.add_argument("--student", default=str(data.HERE / "hair-parser.onnx"))
    a.add_argument("--refine", action="store_true")
    a.add_argument("--thresholds", action="store_true")
    a.add_argument("--no-teacher", action="store_true")
    a.add_argument("--kinds", action="store_true", help="the table by hair type and by lightness")
    a.add_argument("--photos", action="store_true", help="the table of photographs that have no masks")
    a.add_argument("--before", help="with --kinds or --photos: a parser to compare with")
    args = a.parse_args()
    if args.kinds or args.photos:
        judge = fairness.kinds if args.kinds else fairness.photos
        return judge(args.folder, [data.Onnx(p) for p in (args.before, args.student) if p])
    pictures = load(args.folder)
    parsers = [("student", args.student)] + ([] if args.no_teacher else [("teacher", data.TEACHER)])
    softs = {}
    for name, path in parsers:
        parser = timing(path)
        softs[name] = [hair_of(parser, rgb) for _, rgb, *_ in pictures]
        dyed(name, parser)
    # portraits*: those for which one pass of the teacher agrees with its own average to an IoU above 0.9
    steady = None
    if "teacher" in softs:
        agree = lambda p, t: (p & t).sum() / max((p | t).sum(), 1) > 0.9
        steady = [agree(p > 0.5, truth) for p, (_, _, truth, *_) in zip(softs["teacher"], pictures)]
    for name, soft in softs.items():
        table(name, pictures, soft, 0.5, steady=steady)
        table(name, pictures, soft, 0.5, "advised", steady=steady)
        if args.thresholds:
            for t in (0.4, 0.6, 0.7, 0.8, 0.9):
                table(name, pictures, soft, t)
        if args.refine:
            for method in list(refine.METHODS)[1:]:
                for t in (0.5, 0.6):
                    table(name, pictures, soft, t, method)
            table(name, pictures, soft, 0.5, "none", 0.03)
            table(name, pictures, soft, 0.5, "none", 0.0, 1)
            table(name, pictures, soft, 0.5, "none", 0.03, 2)


if __name__ == "__main__":
    sys.exit(main())
