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
