"""What other decoders need for the photos of `make bench`, and the formats that its encoder does not write.

    floors.py make FOLDER     writes a progressive JPEG and, where pillow-heif is installed, a HEIC of each PNG in it
    floors.py time SIDE FILE  the least of nine decodings in milliseconds, on one thread

A JPEG is decoded by libjpeg-turbo at the smallest of its scales that keeps the long side at SIDE pixels, as Strand does
(Pillow's `draft`). A HEIC is decoded by libheif. Exits with 3 where the library for it is not installed.
"""

import io
import sys
import time
from pathlib import Path

try:
    from PIL import Image
except ImportError:
    print("Pillow is not installed (python3 -m pip install pillow pillow-heif)")
    sys.exit(3)

REPEATS = 9
HEIC_QUALITY = 50

try:
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener()
except ImportError:
    pillow_heif = None

Image.MAX_IMAGE_PIXELS = None


def make(folder: Path) -> None:
    """Writes the other formats beside each drawn picture."""
    for drawn in sorted(folder.glob("*.png")):
        picture = Image.open(drawn)
        picture.save(folder / f"{drawn.stem}-progressive.jpg", quality=85, progressive=True)
        if pillow_heif:
            picture.save(folder / f"{drawn.stem}.heic", quality=HEIC_QUALITY)


def decode(data: bytes, side: int) -> None:
    """Decodes a file, a JPEG at a reduced scale."""
    picture = Image.open(io.BytesIO(data))
    if picture.format == "JPEG":
        # `draft` keeps both sides at least as long as asked, so the short side must not decide.
        scale = side / max(picture.size)
        picture.draft("RGB", tuple(max(1, int(length * scale)) for length in picture.size))
    picture.load()


def main() -> None:
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
        return
    side, file = int(sys.argv[2]), Path(sys.argv[3])
    if file.suffix == ".heic" and not pillow_heif:
        print("pillow-heif is not installed (python3 -m pip install pillow-heif)")
        sys.exit(3)
    data = file.read_bytes()
    least = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        decode(data, side)
        least = min(least, time.perf_counter() - start)
    print(f"{least * 1000:.2f}")


main()
