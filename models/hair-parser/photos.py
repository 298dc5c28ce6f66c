"""Fetches photographs without people, under free licenses, from Debian packages into the work folder.

    python photos.py

It needs apt-get and dpkg-deb, but no root. NOTICE names the packages. The licenses of the single files are in each
package's copyright file, which is unpacked too. Nothing of them is part of the project.
"""

import io
import shutil
import struct
import subprocess
import sys

from PIL import Image

import data

PACKAGES = ["lomiri-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds", "gnome-backgrounds",
            "ukui-wallpapers", "plasma-workspace-wallpapers", "mypaint-data-extras", "python3-skimage", "python3-sklearn",
            "tuxpaint-stamps-default", "gcompris-qt-data"]
PHOTOS = data.WORK / "photos"
LEAST_SIDE = 200


def pictures(blob):
    """The WebP and JPEG files within a Qt resource file, in order."""
    at = blob.find(b"RIFF")
    while at >= 0:
        if blob[at + 8:at + 12] == b"WEBP":
            yield blob[at:at + 8 + struct.unpack("<I", blob[at + 4:at + 8])[0]]
        at = blob.find(b"RIFF", at + 4)
    at = blob.find(b"\xff\xd8\xff")
    while at >= 0:
        yield blob[at:]
        at = blob.find(b"\xff\xd8\xff", at + 3)


def unpack_resources(folder):
    """Writes the pictures of the resource files in `folder` beside them, as activity_number.png."""
    for path in sorted(folder.rglob("*.rcc")):
        for number, blob in enumerate(pictures(path.read_bytes())):
            try:
                picture = Image.open(io.BytesIO(blob))
                picture.load()
            except OSError:
                continue  # these bytes occur within other files too
            if min(picture.size) >= LEAST_SIDE:
                kind = "RGBA" if picture.mode in ("RGBA", "P") else "RGB"
                picture.convert(kind).save(path.parent / f"{path.stem}_{number}.png")


def main():
    PHOTOS.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        to = PHOTOS / package
        if to.exists():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=PHOTOS, check=True)
        archive = next(PHOTOS.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, to.with_suffix(".part")], check=True)
        unpack_resources(to.with_suffix(".part"))
        shutil.move(to.with_suffix(".part"), to)
        archive.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
