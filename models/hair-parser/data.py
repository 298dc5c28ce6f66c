"""The portraits, their split, and the teacher's masks of them (cached in the work folder as arrays).

    python data.py            # labels every portrait once; about three minutes on one core

The split is by the hash of the file's bytes: int(sha256[:8], 16) % 10 == 0 is held out. Held-out portraits,
and pictures composed from them, are never used for training. Portraits that the shade benchmark dyes too
(eval/portraits.txt) are not used for training dyed.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("STRAND_SHARED", HERE.parents[2] / "shared"))
WORK = Path(os.environ.get("PARSER_WORK", HERE / "work"))
TEACHER = SHARED / "models" / "hair-parser-pan.onnx"
PORTRAITS = SHARED / "data" / "portraits"
BENCHMARK = HERE.parents[1] / "eval" / "portraits.txt"
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
SIDE = 384  # portraits are stored as squares of this side; the originals are within 3 px of square
cv2.setNumThreads(1)


def kept_apart(path):
    return int(hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8], 16) % 10 == 0


def read_rgb(path):
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


class Onnx:
    """A parser in onnxruntime on one thread: RGB uint8 of any size in, [channels, h, w] probabilities out."""

    def __init__(self, path, threads=1):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.side = self.input.shape[-1]

    def raw(self, rgb):
        x = cv2.resize(rgb, (self.side, self.side), interpolation=cv2.INTER_AREA if rgb.shape[1] > self.side else cv2.INTER_LINEAR)
        x = ((x.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None]
        return self.session.run(None, {self.input.name: np.ascontiguousarray(x)})[0][0]

    def __call__(self, rgb, mirror=False):
        p = self.raw(rgb)
        if mirror:
            p = (p + self.raw(np.ascontiguousarray(rgb[:, ::-1]))[:, :, ::-1]) / 2
        h, w = rgb.shape[:2]
        return np.stack([cv2.resize(np.ascontiguousarray(c), (w, h), interpolation=cv2.INTER_AREA) for c in p])


def label(teacher, rgb):
    """The teacher's output, in the order hair, skin, clothes: the mean over the picture and its mirror image.

    Other scales were tried and rejected. At two thirds of its scale and at 1.25 times its scale, the teacher agrees
    with itself only to an IoU of 0.6 and 0.79, and its masks look worse."""
    return teacher(rgb, mirror=True)[[2, 0, 1]]


def portraits():
    rows = json.loads((PORTRAITS / "index.json").read_text())
    for row in rows:
        row["test"] = kept_apart(PORTRAITS / row["file"])
    return rows


def face_box(skin):
    """(top, width, center) in pixels of the face in a soft skin mask (0..1), or None: the largest island of skin."""
    n, labels, stats, _ = cv2.connectedComponentsWithStats((skin > 0.5).astype(np.uint8))
    if n < 2:
        return None
    k = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    side, rows = skin.shape[0], (labels == k).sum(1)
    ys = np.nonzero(rows > 0.012 * side)[0]
    if stats[k, cv2.CC_STAT_AREA] < 0.01 * side * side or len(ys) < 8:
        return None
    top = float(ys[0])
    w = float(np.percentile(rows[ys[0]: ys[0] + max(8, int((ys[-1] - ys[0]) * 0.6))], 85))
    cx = float(np.median(np.nonzero((labels == k)[ys[0]: int(ys[0] + w)])[1]))
    return (top, w, cx) if 0.05 * side < w < 0.75 * side else None


def cleaned(hair, skin, hat=""):
    """The teacher's hair (0..1) without what the teacher takes for hair on these portraits: beards, islands on the
    clothes, and hats; and with the holes in it closed. hat: "hat" (its brim is where the skin begins) or "none" (no hair is seen)."""
    box = face_box(skin)
    if hat == "none" or (hat and box is None):
        return hair * 0
    if box is None:
        return hair
    top, w, cx = box
    out = hair.copy()
    y, x = np.mgrid[0:hair.shape[0], 0:hair.shape[1]]
    aside, low = np.abs(x - cx) / w, (y - top) / w
    flank = (aside > 0.5) & (aside < 0.8) & (low > 0.9) & (low < 1.4)
    wide = 0.46 if hair[flank].sum() < 0.3 * flank.sum() else 0.36  # beside a beard there is seldom long hair
    out[(aside < wide) & (low > 0.72) & (low < 1.5 - (aside / wide) ** 2 * 0.3)] = 0
    if hat:
        out[low < 0.04] = 0
    n, labels, stats, _ = cv2.connectedComponentsWithStats((out > 0.4).astype(np.uint8))
    fallen = [k for k in range(1, n) if stats[k, cv2.CC_STAT_TOP] > top + 0.8 * w]
    if fallen:
        out[cv2.dilate(np.isin(labels, fallen).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0
    return filled(out, skin)


def filled(hair, skin):
    """Closes the holes that the teacher leaves in dark, curly and gray hair: islands with hair all around them."""
    n, labels, stats, _ = cv2.connectedComponentsWithStats((hair < 0.5).astype(np.uint8), connectivity=4)
    if n < 3:
        return hair
    shown = np.bincount(labels.reshape(-1), weights=skin.reshape(-1), minlength=n) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    x, y, w, h = (stats[:, k] for k in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    inside = (x > 0) & (y > 0) & (x + w < hair.shape[1]) & (y + h < hair.shape[0])
    hole = inside & (shown < 0.25) & (stats[:, cv2.CC_STAT_AREA] < 0.03 * hair.size)
    hole[0] = False
    return np.where(hole[labels], np.maximum(hair, 0.9), hair).astype(np.float32)


def hats():
    """The portraits whose heads are covered: file name -> "hat" or "none", for `cleaned`."""
    text = "\n".join(line for line in (HERE / "hats.txt").read_text().splitlines() if not line.startswith("#"))
    some, none = text.split("none:")
    return {f"{name}.jpg": "hat" for name in some.split()} | {f"{name}.jpg": "none" for name in none.split()}


def load_cache():
    """(images [n,S,S,3] uint8, masks [n,S,S,3] uint8 as hair/skin/clothes, rows)"""
    rows = json.loads((WORK / "portraits.json").read_text())
    return np.load(WORK / "images.npy", mmap_mode="r"), np.load(WORK / "masks.npy", mmap_mode="r"), rows


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    rows = portraits()
    teacher = Onnx(TEACHER)
    images = np.zeros((len(rows), SIDE, SIDE, 3), np.uint8)
    masks = np.zeros((len(rows), SIDE, SIDE, 3), np.uint8)
    for k, row in enumerate(rows):
        rgb = read_rgb(PORTRAITS / row["file"])
        p = label(teacher, rgb)
        images[k] = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        masks[k] = np.round(255 * np.stack([cv2.resize(c, (SIDE, SIDE)) for c in p], -1)).clip(0, 255)
        row["hair"], row["skin"] = float((p[0] > 0.5).mean()), float((p[1] > 0.5).mean())
        if k % 200 == 0:
            print(k, "of", len(rows), flush=True)
    for name, array in (("images", images), ("masks", masks)):  # a running training keeps the files that it has open
        np.save(WORK / f"{name}.tmp.npy", array)
        (WORK / f"{name}.tmp.npy").rename(WORK / f"{name}.npy")
    (WORK / "portraits.json").write_text(json.dumps(rows))
    print(sum(r["test"] for r in rows), "kept apart of", len(rows))


if __name__ == "__main__":
    sys.exit(main())
