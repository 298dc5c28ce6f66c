"""Writes the pictures of what the portraits do not show: textured hair, coverings, things that are no hair.

    python sight.py train --count 2400       # shards beside those of compose.py, from the training side of every split
    python sight.py eval DIR                 # held-out pictures by kind: other portraits, textures, photographs, seeds

The masks are exact; only the skin beside them is the opinion of the parser in this folder.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

import compose
import covers
import data
import heads
import pieces
import things

KINDS = {  # name -> (share of the training pictures, maker)
    "coily": (0.11, heads.coily_portrait),
    "afro": (0.09, heads.afro_back),
    "ropes": (0.09, heads.roped_portrait),
    "ropes back": (0.09, heads.roped_back),
    "cornrows": (0.04, heads.rows_portrait),
    "gray": (0.06, heads.gray_portrait),
    "short": (0.04, heads.short_portrait),
    "fade": (0.04, heads.fade_back),
    "filled": (0.06, heads.filled),
    "piece": (0.10, pieces.hairpiece),
    "veil": (0.05, covers.veiled),
    "hat": (0.05, covers.crowned),
    "covered back": (0.03, covers.covered_back),
    "beard": (0.03, covers.bearded),
    "bald": (0.02, covers.bared),
    "thing": (0.10, None),
}


TILES = {"parser": range(40), "judgment": range(40, 60), "measure": range(100, 112)}  # seeds of coils


class World:
    """Everything that one side of the split (sources.py) may use. The held-out portraits are for measuring alone."""

    def __init__(self, side):
        self.bank, self.things = compose.Bank(test=side == "measure"), things.Things(side)
        self.tiles = np.array(TILES[side])

    def make(self, seed, kind=None):
        """(picture, mask, kind), both uint8."""
        rng = np.random.default_rng(seed)
        kind = kind or list(KINDS)[rng.choice(len(KINDS), p=[share for share, _ in KINDS.values()])]
        if kind == "thing":
            picture, mask = things.thing(self.bank, self.things, rng)
        else:
            picture, mask = KINDS[kind][1](self.bank, rng, self.tiles)
        if rng.random() < 0.15:
            picture, mask = compose.zoomed(rng, picture, mask, 0.45, 0.9)
        return picture.clip(0, 255).astype(np.uint8), (mask.clip(0, 1) * 255).round().astype(np.uint8), kind


def train_set(args):
    """Writes composed_sight_K.npz: images; the exact mask twice, and the skin; kinds."""
    world, parser = World("parser"), data.Onnx(data.HERE / "hair-parser.onnx")
    for shard in range(args.first, args.first + (args.count + 199) // 200):
        images, masks, kinds = [], [], []
        for k in range(200):
            picture, mask, kind = world.make([60, shard, k], args.kind)
            images.append(picture)
            masks.append(np.stack([mask, mask, np.uint8(parser(picture)[1] * 255)], -1))
            kinds.append(kind)
        name = f"composed_sight_{shard}"
        np.savez(data.WORK / f"{name}.tmp.npz", images=np.stack(images), masks=np.stack(masks), kinds=np.array(kinds))
        (data.WORK / f"{name}.tmp.npz").rename(data.WORK / f"{name}.npz")
        print("shard", shard, flush=True)


def eval_set(args):
    """Writes held-out pictures of every kind: pictures, masks (8-bit PNG), index.json."""
    out, world, rows = Path(args.folder), World("measure"), []
    out.mkdir(parents=True, exist_ok=True)
    for number, kind in enumerate(KINDS):
        for k in range(args.count * (3 if kind == "thing" else 1)):
            picture, mask, _ = world.make([61, number, k], kind)
            picture = compose.photo(np.random.default_rng([62, number, k]), picture, 0.7)
            name = f"{kind.replace(' ', '-')}_{k:03}"
            cv2.imwrite(str(out / f"{name}.jpg"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
            cv2.imwrite(str(out / f"{name}.png"), mask)
            rows.append({"file": f"{name}.jpg", "mask": f"{name}.png", "set": "sight", "kind": kind})
    (out / "index.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(len(rows), "pictures")


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="what", required=True)
    t = sub.add_parser("train")
    t.add_argument("--count", type=int, default=2400)
    t.add_argument("--first", type=int, default=0)
    t.add_argument("--kind", choices=list(KINDS), help="only this kind")
    e = sub.add_parser("eval")
    e.add_argument("folder")
    e.add_argument("--count", type=int, default=30, help="pictures of each kind")
    args = parser.parse_args()
    train_set(args) if args.what == "train" else eval_set(args)


if __name__ == "__main__":
    sys.exit(main())
