"""Photos of hair in camera sizes, from the drawn ones in docs/demo."""

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
    """The noise of a sensor. Without it, a drawn photo compresses to a tenth of the size of a camera's photo."""
    return Image.effect_noise(TWELVE_MEGAPIXELS, 6).convert("RGB")


def large(index, quality=85):
    """A photo of 12 megapixels, different for each index; 2.4 MB at the default quality."""
    drawn = Image.open(io.BytesIO(demo(SHADES[0], index % 3 + 1))).convert("RGB")
    drawn = ImageOps.mirror(drawn) if index % 2 else drawn
    margin = index // 6
    drawn = drawn.crop((margin, margin, drawn.width - margin, drawn.height - margin))
    photo = ImageChops.add(ImageOps.fit(drawn, TWELVE_MEGAPIXELS), grain(), offset=-128)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    return file.getvalue()
