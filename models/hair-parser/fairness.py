"""Tables by hair type and by lightness, for `evaluate.py --kinds` and `evaluate.py --photos`: whose hair is found, and
what is taken for hair that is none. A second parser (--before) is measured on the same pictures."""

import json

import cv2
import numpy as np

import data
import refine

ANSWERED = 0.002  # from this share of the picture on, Strand answers (MIN_COVERAGE in the server)
LIGHTNESS = ((0, 15), (15, 30), (30, 45), (45, 60), (60, 75), (75, 100))


def marked(parser, rgb):
    """The mask that the server would use."""
    return refine.cored(parser(rgb)[0])


def found(masks, truths):
    """IoU and the share of pictures where hair is lost, over the pictures that have some."""
    iou = np.array([(m & t).sum() / max((m | t).sum(), 1) for m, t in zip(masks, truths)])
    none = np.mean([m.mean() < ANSWERED for m in masks])
    return f"IoU {iou.mean():.3f}  below 0.5 {(iou < 0.5).mean():4.0%}  no hair {none:4.0%}"


def wrong(masks, truths):
    """What is marked beyond the hair, over pictures that have little or none."""
    extra = np.array([(m & ~t).mean() for m, t in zip(masks, truths)])
    return f"answered {(extra >= ANSWERED).mean():4.0%}  marked above 5 % {(extra > 0.05).mean():4.0%}  mean {extra.mean():.2%}"


def rows(pictures, masks, group):
    """Lines of the table: `group` names the row of a picture, or None to leave it out."""
    names = [group(*p) for p in pictures]
    for name in sorted({n for n in names if n is not None}, key=str):
        some = [k for k, n in enumerate(names) if n == name]
        hairy = [k for k in some if pictures[k][2].mean() >= 0.005]
        bare = [k for k in some if pictures[k][2].mean() < 0.005]
        for picked, judge in ((hairy, found), (bare, wrong)):
            if len(picked) > 2:
                cells = [judge([m[k] for k in picked], [pictures[k][2] for k in picked]) for m in masks]
                print(f"  {name:14} n {len(picked):3}  " + "  |  ".join(cells))


def lightness(row, rgb, truth):
    """The row of a picture by the mean lightness of its true hair."""
    if truth.mean() < 0.005:
        return None
    mean = cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2LAB)[..., 0][truth].mean()
    return next(f"L {low:2}-{high}" for low, high in LIGHTNESS if mean <= high)


def kinds(folder, parsers):
    """The table of one evaluation folder: by kind, then by lightness of the hair."""
    pictures = []
    for row in json.loads((folder / "index.json").read_text()):
        truth = cv2.imread(str(folder / row["mask"]), 0) > 127
        pictures.append((row, data.read_rgb(folder / row["file"]), truth))
    masks = [[marked(parser, rgb) for _, rgb, _ in pictures] for parser in parsers]
    print("by kind" + (" (before | now)" if len(masks) > 1 else ""))
    rows(pictures, masks, lambda row, rgb, truth: row["kind"])
    print("what is marked beyond the hair")
    for name in sorted({row["kind"] for row, *_ in pictures}):
        some = [k for k, (row, *_) in enumerate(pictures) if row["kind"] == name]
        print(f"  {name:14} n {len(some):3}  " + "  |  ".join(wrong([m[k] for k in some], [pictures[k][2] for k in some]) for m in masks))
    print("by lightness of the hair")
    rows(pictures, masks, lightness)


def photos(folder, parsers):
    """Photographs without masks: how many are answered by kind; with two parsers, how far their masks agree."""
    listed = json.loads((folder / "photos.json").read_text())
    pictures = [(row, data.read_rgb(folder / row["file"])) for row in listed]
    masks = [[marked(parser, rgb) for _, rgb in pictures] for parser in parsers]
    kind = lambda row: row.get("kind", "all")
    for name in sorted({kind(row) for row in listed}) + ["together"]:
        some = [k for k, row in enumerate(listed) if name in ("together", kind(row))]
        nothing = [np.zeros_like(masks[0][k]) for k in some]
        print(f"  {name:30} n {len(some):3}  " + "  |  ".join(wrong([m[k] for k in some], nothing) for m in masks))
    if len(masks) > 1:
        iou = [(a & b).sum() / max((a | b).sum(), 1) for a, b in zip(*masks)]
        print(f"  agreement of the two: IoU mean {np.mean(iou):.3f}  median {np.median(iou):.3f}  least {np.min(iou):.3f}")
