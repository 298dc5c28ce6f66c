"""Small files that decode to much."""

import io
import struct
import zlib

from PIL import Image


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth=16, color=6, interlaced=False):
    """A PNG of zeros, compressed row by row."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    packer, packed = zlib.compressobj(9), []
    passes = (
        ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))
        if interlaced
        else ((0, 1, 0, 1),)
    )
    for x, across, y, down in passes:
        columns, rows = -(-(width - x) // across), -(-(height - y) // down)
        if columns <= 0 or rows <= 0:
            continue
        row = b"\0" * (1 + columns * samples * depth // 8)
        many = max(1, 65536 // len(row))
        while rows:
            count = min(rows, many)
            packed.append(packer.compress(row * count))
            rows -= count
    packed.append(packer.flush())
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", b"".join(packed))
        + chunk(b"IEND", b"")
    )


def saved(width, height, mode, kind, **options):
    file = io.BytesIO()
    Image.new(mode, (width, height), 7 if mode in "LP" else None).save(file, kind, **options)
    return file.getvalue()


def progressive(width, height, mode="RGB", scans=0, **options):
    """A progressive JPEG, its last scan repeated until it has so many."""
    file = saved(width, height, mode, "JPEG", progressive=True, **options)
    starts = [at for at in range(len(file)) if file[at : at + 2] == b"\xff\xda"]
    # The tables before the last scan belong to it.
    last = file[starts[-1] : -2]
    return file[:-2] + last * max(0, scans - len(starts)) + b"\xff\xd9"


def bmp_rle(width, height):
    """A BMP whose data say that everything is background."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 2, 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + 2, 0, 0, offset) + head + palette + b"\0\1"
