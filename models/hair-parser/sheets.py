"""Makes contact sheets of the held-out pictures: each picture next to its outlines (green: reference, red: student,
blue: the teacher in one pass).

    python sheets.py FOLDER [--student hair-parser.onnx] [--threshold 0.5]
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

import data
from evaluate import hair_of

CELL = 116


def outlined(rgb, masks):
    scale = CELL * 2 / max(rgb.shape[:2])
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    big = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    drawn = big.copy()
    for mask, ink in masks:
        m = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) > 127
        rim, _ = cv2.findContours(m.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, rim, -1, ink, 2)
    cell = np.full((CELL, CELL * 2, 3), 255, np.uint8)
    for k, x in enumerate((big, drawn)):
        x = cv2.resize(x, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
        top, left = (CELL - x.shape[0]) // 2, (CELL - x.shape[1]) // 2 + k * CELL
        cell[top:top + x.shape[0], left:left + x.shape[1]] = x
    return cell


def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder", type=Path)
    a.add_argument("--student", default=str(data.HERE / "hair-parser.onnx"))
    a.add_argument("--threshold", type=float, default=0.5)
    a.add_argument("--out", type=Path, default=data.HERE)
    args = a.parse_args()
    student, teacher = data.Onnx(args.student), data.Onnx(data.TEACHER)
    rows = json.loads((args.folder / "index.json").read_text())
    for name, kinds, count in (("portraits", ["portrait"], 24), ("composed", ["back", "covered", "closeup", "texture"], 28), ("others", ["swatch", "strands", "hairless"], 20)):
        rng = np.random.default_rng(4)
        some = [r for r in rows if r["kind"] in kinds]
        cells = []
        for k in sorted(rng.permutation(len(some))[:count]):
            rgb = data.read_rgb(args.folder / some[k]["file"])
            truth = cv2.imread(str(args.folder / some[k]["mask"]), 0) > 127
            cells.append(outlined(rgb, [(truth, (0, 210, 0)), (hair_of(teacher, rgb) > 0.5, (40, 90, 255)), (hair_of(student, rgb) > args.threshold, (255, 30, 30))]))
        sheet = np.vstack([np.hstack(cells[k:k + 4]) for k in range(0, count, 4)])
        cv2.imwrite(str(args.out / f"sheet-{name}.jpg"), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    sys.exit(main())
