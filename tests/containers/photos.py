"""Photos of hair as cameras make them, from the drawn ones of docs/demo."""

import io
from functools import cache

from PIL import Image, ImageChops, ImageOps

from engine import ROOT

SHADES = ("chestnut-brown", "natural-black", "platinum-blonde", "strawberry-blonde")
TWELVE_MEGAPIXELS = (4000, 3000)


def demo(shade, number):
    return (ROOT / "docs" / "demo" / shade / f"{number}.jpg").read_bytes()


@cache
def grain():
    """What a sensor adds; without it a photo compresses to a tenth of what a camera's does."""
    return Image.effect_noise(TWELVE_MEGAPIXELS, 6).convert("RGB")


def large(index, quality=85):
    """A photo of 12 megapixels, another one for each index, of 2.4 MB at this quality."""
    drawn = Image.open(io.BytesIO(demo(SHADES[0], index % 3 + 1))).convert("RGB")
    drawn = ImageOps.mirror(drawn) if index % 2 else drawn
    margin = index // 6
    drawn = drawn.crop((margin, margin, drawn.width - margin, drawn.height - margin))
    photo = ImageChops.add(ImageOps.fit(drawn, TWELVE_MEGAPIXELS), grain(), offset=-128)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    return file.getvalue()
