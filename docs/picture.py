#!/usr/bin/env python3
"""Draws docs/match.png, the README's picture, from what a running server answers.

    python3 docs/picture.py PHOTO [BASE_URL]        (needs Pillow and curl)
"""

import base64
import io
import json
import pathlib
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFont

SIDE, GAP, BAR = 300, 16, 44


def font(size):
    return ImageFont.load_default(size)


def fitted(picture):
    picture = picture.convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    return picture


def main():
    photo = pathlib.Path(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"
    answer = subprocess.run(
        ["curl", "-sf", "-F", f"images=@{photo}", f"{base}/analyze?overlay=true"], check=True, capture_output=True
    )
    row = json.loads(answer.stdout)["results"][0]
    overlay = Image.open(io.BytesIO(base64.b64decode(row["overlay"].split(",")[1])))
    left, middle = fitted(Image.open(photo)), fitted(overlay.resize(Image.open(photo).size))

    width = 2 * left.width + SIDE + 80 + 4 * GAP
    canvas = Image.new("RGB", (width, left.height + 2 * GAP), "white")
    draw = ImageDraw.Draw(canvas)
    canvas.paste(left, (GAP, GAP))
    canvas.paste(middle, (left.width + 2 * GAP, GAP))

    x, y, reach = 2 * left.width + 3 * GAP, GAP, SIDE + 80
    summary = row["analysis_summary"]
    words = (summary["estimated_tone"], summary["estimated_level"], summary["estimated_style"])
    draw.text((x, y), " · ".join(words) + f" · level {summary['professional_level']}", "black", font(15))
    y += 28
    start = x
    for color in row["dominant_hair_colors"]:
        span = round(reach * color["percentage"] / 100)
        draw.rectangle((start, y, start + span - 1, y + BAR), color["hex"])
        label = "white" if color["lab"][0] < 55 else "black"
        if span > 56:
            draw.text((start + 5, y + 5), color["hex"], label, font(12))
            draw.text((start + 5, y + 23), f"{color['percentage']:.0f} %", label, font(12))
        start += span
    y += BAR + 18
    for match in row["best_matches"]:
        draw.text((x, y), match["name"], "black", font(14))
        score = f"{match['combined_score']:.2f}   dE {match['lab_difference_score']:.1f}"
        draw.text((x + reach - draw.textlength(score, font(14)), y), score, "black", font(14))
        y += 20
        draw.rectangle((x, y, x + round(reach * match["combined_score"]), y + 4), "#444444")
        y += 16
    canvas.save(pathlib.Path(__file__).with_name("match.png"), optimize=True)


main()
