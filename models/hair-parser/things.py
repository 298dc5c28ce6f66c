"""Pictures without hair of a head: fur, feathers, straw, noodles, baskets, grass, wood, food, objects, rooms. Some are
drawn; some are photographs under free licenses from Debian packages, which are fetched and never committed (NOTICE
names them).

    python things.py PACKAGES    # unpacks the packages into PACKAGES and writes the pictures into the work folder
"""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

import compose
import data
import pieces
import sources
from compose import S, noise, over, soft, unlab
from strands import bend, tone, tubes

PACKAGES = ("lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds", "plasma-workspace-wallpapers",
            "python3-skimage", "tuxpaint-stamps-default", "gcompris-qt-data")
# Looked at: photographs, and no person in them.
PHOTOS = ("Bridge_by", "Dragonfly_by", "Picture_0B", "Picture_1A", "Wine_by", "aitzgorri", "free_by", "friends_by", "greentock",
          "life_by", "picosdeeuropa", "seeding_by", "Kleiber", "mate/nature/", "BytheWater/", "ColorfulCups/", "DarkestHour/",
          "EveningGlow/", "FallenLeaf/", "Grey/", "Kite/", "OneStandsOut/", "Path/", "chelsea", "coffee", "coins", "brick", "grass.png",
          "gravel", "motorcycle_left", "rocket", "page.png", "retina", "ihc")
STAMPS = ("animals/", "food/", "plants/", "hobbies/", "household/", "sports/", "seasonal/christmas/Roast", "seasonal/christmas/Mince")
NO_STAMPS = ("cartoon", "hedgehog", "pizza", "dreydl", "_mirror")


def fetch(folder):
    """Downloads and unpacks the packages."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if not (folder / package).exists():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True)
            deb = next(folder.glob(f"{package}_*.deb"))
            subprocess.run(["dpkg-deb", "-x", deb, folder / package], check=True)


def chosen(folder):
    """The files of the chosen photographs and cut-out objects; of a photograph in several sizes, the largest."""
    best = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".png", ".webp") and p.is_file()):
        name = str(path)
        if any(p in name for p in PHOTOS) and "stamps" not in name and "/tests/" not in name:
            key = name.split("/contents/")[0]
            if key not in best or path.stat().st_size > best[key].stat().st_size:
                best[key] = path
        elif "/stamps/" in name and any(f"stamps/{p}" in name for p in STAMPS) and not any(p in name for p in NO_STAMPS):
            best[name] = path
    return [best[k] for k in sorted(best)]


def album(path):
    """The encoded WebP pictures in a Qt resource file: each begins with RIFF and its length, low byte first."""
    blob, at = path.read_bytes(), 0
    while (at := blob.find(b"RIFF", at)) >= 0:
        size = int.from_bytes(blob[at + 4:at + 8], "little") + 8
        if blob[at + 8:at + 12] == b"WEBP":
            yield blob[at:at + size]
        at += 8


def shrunk(blob):
    """RGBA of an encoded picture, at most 640 px; None where it cannot be read or is small."""
    x = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_UNCHANGED)
    if x is None or x.dtype != np.uint8 or min(x.shape[:2]) < 60:
        return None
    x = cv2.cvtColor(x, cv2.COLOR_GRAY2BGR) if x.ndim == 2 else x
    x = cv2.cvtColor(x, cv2.COLOR_BGR2RGBA) if x.shape[2] == 3 else cv2.cvtColor(x, cv2.COLOR_BGRA2RGBA)
    f = 640 / max(x.shape[:2])
    return x if f >= 1 else cv2.resize(x, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)


class Things:
    """The photographs and cut-out objects of one side (sources.py)."""

    def __init__(self, whose):
        z = np.load(data.WORK / "things.npz", allow_pickle=True)
        names, pictures = z["names"], z["pictures"]
        side = [k for k, n in enumerate(names) if sources.side(n) == whose]
        self.photos = [pictures[k][..., :3] for k in side if "/stamps/" not in names[k]]
        self.stamps = [pictures[k] for k in side if "/stamps/" in names[k]]
        self.beasts = [pictures[k] for k in side if "/animals/" in names[k]]

    def crop(self, rng):
        """A square of a photograph, as large as the frame."""
        x = self.photos[rng.integers(len(self.photos))]
        n = int(min(x.shape[:2]) * rng.uniform(0.35, 1.0))
        a, b = rng.integers(0, x.shape[0] - n + 1), rng.integers(0, x.shape[1] - n + 1)
        out = np.float32(cv2.resize(x[a:a + n, b:b + n], (S, S), interpolation=cv2.INTER_AREA if n > S else cv2.INTER_CUBIC))
        return out[:, ::-1] if rng.random() < 0.5 else out


def stamped(things, rng, picture, beasts=False, fill=None):
    """Puts a cut-out object into a picture; fill: its size in frames (above one, it fills the frame)."""
    some = things.beasts if beasts else things.stamps
    x = some[rng.integers(len(some))]
    h, w = x.shape[:2]
    size = (np.exp(rng.uniform(np.log(0.35), np.log(2.2))) if fill is None else fill) * S
    f = size / max(h, w)
    m = cv2.getRotationMatrix2D((w / 2, h / 2), rng.normal(0, 10), f)
    m[:, 2] += np.array([S * rng.uniform(0.3, 0.7) - w / 2, S * rng.uniform(0.35, 0.7) - h / 2])
    if rng.random() < 0.5:
        x = np.ascontiguousarray(x[:, ::-1])
    y = np.float32(cv2.warpAffine(x, m, (S, S), flags=cv2.INTER_AREA if f < 0.7 else cv2.INTER_CUBIC))
    a = cv2.GaussianBlur(y[..., 3] / 255, (0, 0), 0.6).clip(0, 1)
    shade = cv2.GaussianBlur(np.roll(a, (4, 3), (0, 1)), (0, 0), 6) * rng.uniform(0, 0.5)
    gain = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    return over(picture * (1 - shade[..., None]), (y[..., :3] * gain).clip(0, 255), a)


# ---- drawn ------------------------------------------------------------------------------------------------------

def noodles(rng, picture):
    """A bowl or a plate of noodles, or noodles alone."""
    base = tone(rng.choice([(236, 205, 140), (245, 225, 180), (222, 180, 100), (250, 240, 220), (190, 140, 80)]))
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    cx, cy, r = S * rng.uniform(0.4, 0.6), S * rng.uniform(0.4, 0.6), S * rng.uniform(0.28, 0.75)
    d = r - np.hypot(xx - cx, (yy - cy) * rng.uniform(1, 1.5))
    dish = tone(rng.integers(20, 255, 3))
    rim = np.zeros((S, S, 3), np.float32) + unlab(dish.reshape(1, 1, 3))[0, 0] * (0.8 + 0.2 * soft(d - 14, 6))[..., None]
    picture = over(picture, rim, soft(d, 1.5))
    inner = soft(d - S * 0.05, 2)
    picture = over(picture, np.zeros_like(picture) + unlab((base - np.float32([30, -4, -4])).reshape(1, 1, 3))[0, 0], inner)
    picture = tubes(rng, picture, rng.uniform(3, 12), base, int(rng.integers(60, 160)), True, inner)
    for _ in range(int(rng.integers(0, 12))):
        c = [float(v) for v in rng.integers(20, 230, 3)]
        cv2.circle(picture, (int(cx + rng.normal(0, r / 2)), int(cy + rng.normal(0, r / 2))), int(rng.integers(4, 18)), c, -1, cv2.LINE_AA)
    return picture


def straw(rng, picture):
    """Straw, hay, twigs, a broom or a thatched roof."""
    base = tone(rng.choice([(214, 180, 110), (190, 150, 90), (160, 130, 80), (120, 95, 65), (230, 205, 150), (90, 110, 60)]))
    under = np.zeros_like(picture) + unlab((base - np.float32([25, 0, 0])).reshape(1, 1, 3))[0, 0]
    picture = over(picture, under, soft(S * rng.uniform(-1, 0.6) * -1 + np.mgrid[0:S, 0:S][0].astype(np.float32) + 20, 10))
    return tubes(rng, picture, rng.uniform(1.2, 5), base, int(rng.integers(250, 600)), False)


def grass(rng, picture):
    """Blades of grass, reeds or needles that rise from below."""
    base = tone(rng.choice([(70, 130, 40), (100, 150, 60), (150, 150, 70), (50, 90, 40), (170, 160, 90), (120, 120, 110)]))
    layer = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
    high = rng.uniform(0.25, 1.3) * S
    for y in np.sort(rng.uniform(S - high * 0.7, S + high * 0.5, int(rng.integers(300, 800)))):
        x, n = rng.uniform(-20, S + 20), high * rng.uniform(0.3, 0.8)
        pts = bend(rng, (x, y), (x + rng.normal(0, 8), y - n * 0.6), (x + rng.normal(0, 0.35) * n, y - n), wander=1, n=9)
        c = unlab((base + rng.normal(0, [10, 3, 5])).astype(np.float32).reshape(1, 1, 3))[0, 0]
        cv2.polylines(layer, [np.int32(pts * 16)], False, [float(v) for v in c], int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    return np.float32(layer)


def basket(rng, picture):
    """Woven bands over and under each other: baskets, chairs, mats, coarse cloth."""
    base = tone(rng.choice([(190, 150, 95), (140, 100, 60), (220, 190, 140), (90, 62, 42), (60, 50, 45), (200, 200, 195)]))
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    a = rng.uniform(0, np.pi)
    bow = rng.uniform(-0.2, 0.2)
    x, y = xx * np.cos(a) + yy * np.sin(a) + bow * (yy - S / 2) ** 2 / S, yy * np.cos(a) - xx * np.sin(a)
    p, q = rng.uniform(6, 34), rng.uniform(6, 34)
    i, j = np.floor(x / p), np.floor(y / q)
    s, t = (x / p - i) * 2 - 1, (y / q - j) * 2 - 1
    warp = (i + j) % 2 < 1
    shape = np.where(warp, np.sqrt(np.clip(1 - s * s, 0, 1)) - 0.5 * t * t, np.sqrt(np.clip(1 - t * t, 0, 1)) - 0.5 * s * s)
    fibres = compose.sample(noise(rng, S, S, (8, S / 3), 0.8), np.where(warp, x, y) + 400, np.where(warp, y, x) + 400)
    out = np.zeros((S, S, 3), np.float32) + base
    out[..., 0] = (out[..., 0] + shape * rng.uniform(8, 22) - 8 + fibres * rng.uniform(1, 4)).clip(1, 99)
    return unlab(out)


def plumage(rng, picture):
    """Feathers laid over each other like tiles, each with a quill and barbs."""
    base, tip = tone(rng.integers(10, 250, 3)), tone(rng.integers(10, 250, 3))
    n = rng.uniform(14, 60)
    layer = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
    way = rng.uniform(0, 360)
    for y in np.arange(-n, S + n, n * 0.5):
        for x in np.arange(-n, S + n, n * 0.55):
            at = int((x + rng.normal(0, n * 0.15)) * 16), int((y + rng.normal(0, n * 0.1)) * 16)
            c = base + (tip - base) * rng.uniform(0, 0.5) + rng.normal(0, [5, 1, 1]).astype(np.float32)
            for k, shrink in enumerate((1.0, 0.8, 0.3)):
                q = unlab((c + np.float32([-10 + 9 * k, 0, 0])).reshape(1, 1, 3))[0, 0]
                cv2.ellipse(layer, at, (int(n * 9 * shrink), int(n * 4 * shrink)), way + rng.normal(0, 6), 0, 360, [float(v) for v in q], -1, cv2.LINE_AA, 4)
    out = np.float32(layer)
    return out + compose.lab(compose.fur(rng))[..., :1] * rng.uniform(0.1, 0.5) - 20


def beast(rng, picture):
    """Long or short fur over a body with ears or a snout: patches of light and dark, in a place."""
    coat = compose.fur(rng) if rng.random() < 0.5 else None
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    if coat is None:
        angle = np.pi / 2 + noise(rng, S, S, (2, 2), 0.5) * 0.9
        grain, acc = noise(rng, S, S, (S / 4, S / 4), 0.9), np.zeros((S, S), np.float32)
        for t in np.linspace(-14, 14, 15):
            acc += cv2.remap(grain, xx + np.float32(t) * np.cos(angle), yy + np.float32(t) * np.sin(angle), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        coat = np.zeros((S, S, 3), np.float32) + tone(rng.choice([(150, 110, 70), (230, 225, 220), (70, 55, 45), (30, 28, 28), (190, 140, 80), (120, 118, 115)]))
        coat[..., 0] = (coat[..., 0] + acc * rng.uniform(1, 3) + 5 * noise(rng, S, S, (4, 4))).clip(1, 99)
        coat = unlab(coat)
    body = S * rng.uniform(0.25, 0.6) - np.hypot((xx - S * rng.uniform(0.3, 0.7)) * rng.uniform(0.6, 1.2), yy - S * rng.uniform(0.4, 0.8))
    head = S * rng.uniform(0.12, 0.25) - np.hypot(xx - S * rng.uniform(0.3, 0.7), yy - S * rng.uniform(0.2, 0.5))
    d = np.maximum(body, head) + 3 * noise(rng, S, S, (25, 25))
    spots = soft(noise(rng, S, S, (3, 3)) - rng.uniform(0.3, 2), 0.3)[..., None]
    coat = coat * (1 - spots * rng.uniform(0, 0.7))
    picture = over(picture, coat, soft(d, 2))
    for _ in range(int(rng.integers(0, 4))):
        at = int(S * rng.uniform(0.3, 0.7)), int(S * rng.uniform(0.2, 0.6))
        cv2.circle(picture, at, int(rng.integers(3, 12)), [float(v) for v in rng.integers(0, 60, 3)], -1, cv2.LINE_AA)
    return picture


DRAWN = (noodles, straw, grass, basket, plumage, beast, beast, lambda rng, _: pieces.bare(rng))


def ground(bank, things, rng):
    """Where a thing stands: a room, a wall, wood, cloth, or a photograph."""
    r = rng.random()
    return things.crop(rng) if r < 0.35 else compose.backdrop(bank, rng) if r < 0.75 else compose.surface(bank, rng)


def thing(bank, things, rng):
    """A picture without hair of a head, and its empty mask."""
    r = rng.random()
    picture = ground(bank, things, rng)
    if r < 0.38:
        picture = things.crop(rng)
    elif r < 0.52:
        picture = stamped(things, rng, picture, beasts=True, fill=np.exp(rng.uniform(np.log(0.5), np.log(4))))
    elif r < 0.62:
        for _ in range(int(rng.integers(1, 4))):
            picture = stamped(things, rng, picture)
    else:
        picture = DRAWN[rng.integers(len(DRAWN))](rng, picture)
        if rng.random() < 0.2:
            picture = stamped(things, rng, picture)
    return picture.clip(0, 255), np.zeros((S, S), np.float32)


def main():
    folder = Path(sys.argv[1]).resolve()
    fetch(folder)
    blobs = [(str(p), p.read_bytes()) for p in chosen(folder)]
    for name in sources.ALBUMS:
        for k, blob in enumerate(album(next(folder.rglob(f"{name}.rcc")))):
            blobs.append((f"{name}/{k:03}.webp", blob))
    pairs = [(name, x) for name, blob in blobs if (x := shrunk(blob)) is not None]
    pictures = np.empty(len(pairs), object)
    pictures[:] = [x for _, x in pairs]
    np.savez_compressed(data.WORK / "things.tmp.npz", names=np.array([n for n, _ in pairs]), pictures=pictures)
    (data.WORK / "things.tmp.npz").rename(data.WORK / "things.npz")
    print(len(pairs), "pictures:", {side: sum(sources.side(n) == side for n, _ in pairs) for side in ("parser", "judgment", "measure")})


if __name__ == "__main__":
    sys.exit(main())
