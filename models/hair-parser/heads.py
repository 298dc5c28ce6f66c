"""Heads with hair that the portraits hold little of, with exact masks: coils, afros, braids, twists, locs, cornrows,
gray hair, fades. From the front they are drawn over portraits; from behind, they are composed like compose.back_view.

Every maker takes the bank of portraits and a generator, and returns a picture and its mask (0..1).
"""

import cv2
import numpy as np

import compose
import data
from compose import S, backdrop, body, lab, noise, over, skin_of, soft, turned, unlab
from strands import GRAY, ROPES, VIVID, bend, coil_map, coily, colour_of, rope, round_light, tone

HATS = data.hats()


class Face:
    """A portrait's parts: the picture, its masks (0..1), and where the face is (good: whether it was found)."""

    def __init__(self, rgb, masks):
        self.rgb = cv2.resize(np.float32(rgb), (S, S))
        m = cv2.resize(np.float32(masks), (S, S)) / 255
        self.skin, self.cloth = m[..., 1], m[..., 2]
        self.hair = data.cleaned(m[..., 0], self.skin)
        box = data.face_box(self.skin)
        self.good = box is not None and box[1] > 30 and box[0] < 0.6 * S
        if self.good:
            self.top, self.w, self.cx = box

    def face_only(self):
        """The face and the ears with eyes and glasses, without neck and chest."""
        yy = np.mgrid[0:S, 0:S][0]
        skin = self.skin * soft(self.top + 1.4 * self.w - yy, 3)
        ys, xs = np.nonzero(skin > 0.5)
        if len(ys) < 20:
            return skin
        whole = np.zeros((S, S), np.float32)
        cv2.fillConvexPoly(whole, cv2.convexHull(np.int32(np.stack([xs, ys], -1))), 1.0)
        return np.maximum(skin, whole * soft(yy - self.top - 0.2 * self.w, 3) * (self.hair < 0.5))


def face_of(bank, rng, where=None, most=1.0):
    """A portrait whose face was found; most: the largest share of hair in the picture."""
    for _ in range(40):
        k = bank.pick(rng, where)
        if bank.rows[k]["hair"] <= most and 0.04 < bank.rows[k]["skin"] < 0.5 and bank.rows[k]["file"] not in HATS:
            face = Face(bank.images[k], bank.masks[k])
            if face.good:
                return face
    return face_of(bank, rng)


def dark_skin(rng, rgb, skin):
    """Gives the person another skin tone: most portraits are of light skin."""
    if rng.random() < 0.45 or skin.sum() < 50:
        return rgb
    x = lab(rgb)
    mean = (x * skin[..., None]).sum((0, 1)) / skin.sum()
    to = rng.uniform(18, 62)
    y = x.copy()
    y[..., 0] = to + (x[..., 0] - mean[0]) * np.clip((to + 8) / (mean[0] + 8), 0.4, 1.4)
    y[..., 1:] = mean[1:] * 0.4 + np.array([12, 18]) * (0.4 + to / 100) + (x[..., 1:] - mean[1:]) * 0.8
    y[..., 0] = y[..., 0].clip(1, 98)
    a = cv2.GaussianBlur(skin, (0, 0), 1.0)
    return over(rgb, unlab(y), a)


def lit(rng, face):
    """The broad light that lay on the portrait's own hair, as -1..1."""
    L = lab(face.rgb)[..., 0]
    a = face.hair + 1e-3
    mean = (L * a).sum() / a.sum()
    smooth = cv2.GaussianBlur(L * a, (0, 0), 9) / cv2.GaussianBlur(a, (0, 0), 9)
    return np.float32(np.clip((smooth - mean) / 18, -1.2, 1.5)) * rng.uniform(0.4, 1.3)


# ---- over portraits ---------------------------------------------------------------------------------------------

def coily_portrait(bank, rng, tiles):
    """A portrait whose hair becomes coily, kinky, or an afro of any size around the face."""
    face = face_of(bank, rng)
    picture = dark_skin(rng, face.rgb, face.skin)
    colour = colour_of(rng)
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    region = face.hair
    light = lit(rng, face)
    if rng.random() < 0.7:  # larger than the hair that was there
        rx = face.w * np.exp(rng.uniform(np.log(0.58), np.log(1.35)))
        ry, cy = rx * rng.uniform(0.85, 1.15), face.top + face.w * rng.uniform(0.05, 0.35)
        d = (1 - np.hypot((xx - face.cx) / rx, (yy - cy) / ry)) * rx + noise(rng, S, S, (6, 6)) * rx * rng.uniform(0.01, 0.06)
        region = np.maximum(region, soft(d, 2))
        light = round_light(rng, xx, yy, face.cx, cy, rx * 1.05, ry * 1.05)
    rgb, tex = coily(rng, tiles, colour, light, face.w / 2)
    edge = cv2.GaussianBlur(region, (0, 0), 1.5)
    alpha = np.clip((edge + 0.22 * tex * (edge > 0.05) * (edge < 0.95) - 0.5) * 2.5 + 0.5, 0, 1)
    keep = np.clip(np.maximum(face.face_only(), face.cloth * 0.95 * (yy > face.top + 0.9 * face.w)) * 1.3, 0, 1)
    skin = np.clip((cv2.GaussianBlur(keep, (0, 0), 1.5) + 0.15 * tex - 0.5) * 2.5 + 0.5, 0, 1)
    alpha = alpha * (1 - skin)
    shadow = cv2.GaussianBlur(alpha, (0, 0), 5)
    picture = picture * (1 - rng.uniform(0.1, 0.4) * (shadow * skin)[..., None])
    return over(picture, rgb, alpha), np.maximum(alpha, face.hair * (1 - skin) * (face.hair > 0.5))


def rope_style(rng):
    """Kind and width of the ropes of one head."""
    kind = ROPES[rng.choice(4, p=[0.42, 0.2, 0.26, 0.12])]
    low, high = {"braid": (2.0, 9), "twist": (2.5, 8), "loc": (3.5, 15), "ringlet": (5, 14)}[kind]
    return kind, float(np.exp(rng.uniform(np.log(low), np.log(high))))


def hung(rng, face, picture, mask, colour, style, count):
    """Ropes from the scalp of a portrait down both sides of the face. Draws into picture and mask."""
    kind, width = style
    w, cx, length = face.w, face.cx, rng.uniform(0.9, 2.6)
    parting, gloss = rng.uniform(-0.3, 0.3), rng.uniform(0.5, 1.3)
    head = face.top - w * rng.uniform(0.25, 0.45)
    order = np.sort(rng.uniform(0, 1, count))[::-1]
    for out in order:  # the outer ropes hang behind the inner ones
        side = 1 if rng.random() < 0.5 else -1
        x0 = cx + w * (parting * 0.6 + side * rng.uniform(0.0, 0.35))
        y0 = head + w * rng.uniform(0, 0.22)
        xm, ym = cx + side * w * (0.52 + 0.22 * out), face.top + w * rng.uniform(0.1, 0.5)
        xe = cx + side * w * (0.5 + 0.45 * out + rng.normal(0, 0.08))
        ye = face.top + w * length * rng.uniform(0.8, 1.05)
        rope(rng, picture, mask, bend(rng, (x0, y0), (x0 + side * w * 0.35, head - w * 0.02), (xm, ym), (xe, ye), wander=w * 0.03),
             width * rng.uniform(0.8, 1.2), colour, kind, gloss)


def roped_portrait(bank, rng, tiles):
    """A portrait with braids, twists, locs or ringlets instead of its hair."""
    face = face_of(bank, rng)
    picture = dark_skin(rng, face.rgb, face.skin)
    colour, style = colour_of(rng), rope_style(rng)
    under, _ = coily(rng, tiles, colour - np.array([min(8, colour[0] * 0.3), 0, 0], np.float32), lit(rng, face))
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    cap = soft((1 - np.hypot((xx - face.cx) / (face.w * 0.6), (yy - face.top - 0.25 * face.w) / (face.w * 0.68))) * face.w, 2)
    base = np.maximum(face.hair, cap)
    layer = np.ascontiguousarray(over(picture, under, base).clip(0, 255).astype(np.uint8))
    mask = (base * 255).astype(np.uint8)
    count = int(np.clip(face.w * rng.uniform(1.0, 2.6) / style[1], 8, 70))
    hung(rng, face, layer, mask, colour, style, count)
    keep = cv2.GaussianBlur(np.clip(face.face_only() * 1.4, 0, 1), (0, 0), 1.0)
    alpha = np.float32(mask) / 255 * (1 - keep)
    light = 1 + rng.uniform(-0.35, 0.35) * (xx - face.cx)[..., None] / S * 2
    shadow = cv2.GaussianBlur(alpha, (0, 0), 6)[..., None] * rng.uniform(0, 0.4)
    return over(picture * (1 - shadow), np.float32(layer) * light, alpha), alpha


def rows_portrait(bank, rng, tiles):
    """Cornrows on a portrait: rows run back from the forehead, with the scalp between them."""
    face = face_of(bank, rng, most=0.16)
    picture = dark_skin(rng, face.rgb, face.skin)
    colour, w = colour_of(rng), face.w
    skin = (picture * face.skin[..., None]).sum((0, 1)) / face.skin.sum()
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    cap = soft((1 - np.hypot((xx - face.cx) / (w * 0.56), (yy - face.top - 0.2 * w) / (w * 0.62))) * w, 1.5)
    region = np.maximum(np.float32(face.hair > 0.5), cap)
    scalp = skin * rng.uniform(0.5, 0.95) * (0.8 + 0.3 * (region * 0 + (face.top - yy) / w))[..., None].clip(0.5, 1.2)
    layer = np.ascontiguousarray(over(picture, scalp, region).clip(0, 255).astype(np.uint8))
    drawn = np.zeros((S, S), np.uint8)
    count, kind = int(rng.integers(6, 15)), ROPES[int(rng.integers(2))]
    thick = w * 1.0 / count * rng.uniform(0.5, 0.95)
    for k in range(count):
        u = (k + 0.5) / count * 2 - 1
        a = (face.cx + u * w * 0.52, face.top + w * (0.12 + 0.3 * u * u))
        b = (face.cx + u * w * rng.uniform(0.25, 0.5), face.top - w * 0.5)
        rope(rng, layer, drawn, bend(rng, a, (face.cx + u * w * 0.6, face.top - w * 0.1), b, wander=w * 0.02), max(2, thick), colour, kind)
    if rng.random() < 0.3:
        hung(rng, face, layer, drawn, colour, (kind, max(2.0, thick * 0.8)), int(rng.integers(6, 26)))
    keep = cv2.GaussianBlur(np.clip(face.face_only() * 1.4, 0, 1), (0, 0), 1.0)
    alpha = np.maximum(region, np.float32(drawn) / 255) * (1 - keep)
    return over(picture, np.float32(layer), alpha), alpha


def gray_portrait(bank, rng, tiles):
    """A portrait whose hair turns gray, white, or salt and pepper, often lit from one side only."""
    face = face_of(bank, rng, bank.hairy)
    a = np.clip((face.hair - 0.15) / 0.65, 0, 1)
    x = lab(face.rgb)
    weight = a**3 + 1e-6
    mean = (x * weight[..., None]).sum((0, 1)) / weight.sum()
    to = tone(GRAY[rng.integers(len(GRAY))]) + rng.normal(0, [3, 1, 2]).astype(np.float32)
    stretch = np.clip((5 + 0.12 * to[0]) / (5 + 0.12 * mean[0]), 0.5, 2.0) * np.exp(rng.normal(0.1, 0.2))
    y = to + (x - mean) * stretch * np.array([1, 0.25, 0.25], np.float32)
    if rng.random() < 0.6:  # gray strands between dark ones, often first at the temples
        dark = tone(GRAY[0]) - np.array([rng.uniform(5, 22), 0, 0], np.float32)
        strands = noise(rng, S, S, (rng.uniform(10, 40), rng.uniform(60, 140)), 0.8)
        patchy = noise(rng, S, S, (2, 2))
        part = 1 / (1 + np.exp(-(1.5 * strands + 1.2 * patchy + rng.normal(0, 0.8)) * rng.uniform(0.7, 2)))
        y = y + (dark - to) * part[..., None] * rng.uniform(0.4, 1.0)
    out = over(face.rgb, unlab(y), a)
    if rng.random() < 0.6:  # one side lies in shadow, with the face
        yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
        ang = rng.uniform(0, 2 * np.pi)
        ramp = ((xx - face.cx) * np.cos(ang) + (yy - face.top) * np.sin(ang)) / face.w
        out = out * (1 - rng.uniform(0.3, 0.75) / (1 + np.exp(-3 * ramp)))[..., None]
    return out.clip(0, 255), face.hair


def short_portrait(bank, rng, tiles):
    """A portrait with little hair gets a buzz cut or a fade: the hair thins out into skin toward the ears."""
    face = face_of(bank, rng, most=0.13)
    picture = dark_skin(rng, face.rgb, face.skin)
    skin = (picture * face.skin[..., None]).sum((0, 1)) / face.skin.sum()
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    w = face.w
    region = np.float32(face.hair > 0.5) * soft(face.top + 1.0 * w - yy, 3)
    region = cv2.GaussianBlur(region, (0, 0), 1.2)
    line = face.top + w * rng.uniform(-0.2, 0.4)
    dense = soft(line - yy + 4 * noise(rng, S, S, (6, 6)), w * rng.uniform(0.05, 0.25)) if rng.random() < 0.6 else np.ones((S, S), np.float32)
    cut = rng.uniform(0.35, 0.95)
    tex = coil_map(rng, tiles) if rng.random() < 0.5 else noise(rng, S, S, (S / 3, S / 3))
    amount = np.clip(region * (0.12 + 0.88 * dense) * cut * (1 + 0.25 * tex), 0, 1)
    colour = unlab(np.zeros((1, 1, 3), np.float32) + colour_of(rng))[0, 0]
    dome = skin * (0.75 + 0.2 * lit(rng, face).clip(-1, 1))[..., None]
    out = over(over(picture, dome, region), colour * (1 + 0.1 * tex[..., None]), amount)
    old = face.hair * (1 - region)
    return out.clip(0, 255), np.maximum(region * np.clip((0.12 + 0.88 * dense - 0.15) / 0.3, 0, 1), old * (old > 0.4))


# ---- from behind and from the side ------------------------------------------------------------------------------

class Back:
    """A head without hair in front of a room: where it is, and the picture with body, head and perhaps ears."""

    def __init__(self, bank, rng, close=False):
        self.hw = rng.uniform(80, 150) if close else rng.uniform(26, 72)
        self.hh = self.hw * rng.uniform(1.1, 1.35)
        self.cx = S / 2 + rng.normal(0, 26)
        self.y0 = rng.uniform(-0.6, 0.2) * self.hw if close else rng.uniform(0.05, 0.3) * S
        self.x, self.y = turned(rng, rng.normal(0, 0.12), self.cx, self.y0 + self.hh)
        picture = backdrop(bank, rng)
        picture = body(bank, rng, picture, self.cx, self.y0 + self.hh * 1.3, self.y0 + self.hh * rng.uniform(2.0, 2.5), self.hw, self.x, self.y)
        self.skin = skin_of(bank, rng)
        self.head = soft((1 - np.hypot((self.x - self.cx) / self.hw, (self.y - self.y0 - self.hh) / self.hh)) * self.hw)
        light = round_light(rng, self.x, self.y, self.cx, self.y0 + self.hh, self.hw, self.hh)
        self.skin = dark_skin(rng, self.skin.clip(0, 255), np.ones((S, S), np.float32))
        neck = soft(np.minimum(self.hw * 0.5 - np.abs(self.x - self.cx), np.minimum(self.y - self.y0 - 1.2 * self.hh, self.y0 + 2.1 * self.hh - self.y)))
        picture = over(picture, self.skin * 0.85, neck)
        picture = over(picture, self.skin * (0.9 + 0.2 * light)[..., None], self.head)
        for s in (-1, 1):
            ear = soft(self.hw * 0.2 - np.hypot((self.x - self.cx - s * self.hw) * 1.5, (self.y - self.y0 - self.hh * 1.15) * 0.8))
            picture = over(picture, self.skin * 0.9, ear)
        self.picture = picture.clip(0, 255)

    def cap(self, low, grow=1.03):
        """The part of the head that is covered with hair: everything above `low` (in half heads)."""
        d = (1 - np.hypot((self.x - self.cx) / (self.hw * grow), (self.y - self.y0 - self.hh) / (self.hh * grow))) * self.hw
        nape = self.y0 + self.hh * low - 0.25 * self.hh * ((self.x - self.cx) / self.hw) ** 2
        return soft(np.minimum(d, nape - self.y), 1.5)


def face_beside(rng, back, picture, mask):
    """Turns a head from behind into one from the side: a face in front of the hair."""
    side = rng.choice([-1, 1])
    fx, fy = back.cx + side * back.hw * rng.uniform(0.55, 0.9), back.y0 + back.hh * rng.uniform(1.1, 1.35)
    face = soft(1 - np.hypot((back.x - fx) / (back.hw * 0.55), (back.y - fy) / (back.hh * 0.7)), 0.03)
    picture = over(picture, back.skin, face)
    for ex, ey, r in ((0.25, -0.15, 0.07), (0.35, 0.35, 0.08)):
        at = (int(fx + side * ex * back.hw), int(fy + ey * back.hh))
        cv2.ellipse(picture, at, (max(1, int(r * back.hw)), max(1, int(r * back.hw * 0.5))), 0, 0, 360, [float(c) for c in rng.uniform(10, 90, 3)], -1, cv2.LINE_AA)
    return picture, mask * (1 - face)


def afro_back(bank, rng, tiles):
    """An afro from behind or from the side, from a shaved length to twice the head; puffs and high buns too."""
    back = Back(bank, rng, close=rng.random() < 0.15)
    colour, grow = colour_of(rng), float(np.exp(rng.uniform(np.log(1.02), np.log(1.9))))
    rx, ry = back.hw * grow, back.hh * (0.7 + 0.3 * grow) * rng.uniform(0.9, 1.1)
    cy = back.y0 + back.hh * rng.uniform(0.75, 1.0)
    bumps = noise(rng, S, S, (7, 7)) * rx * rng.uniform(0.01, 0.07)
    d = (1 - np.hypot((back.x - back.cx) / rx, (back.y - cy) / ry)) * rx + bumps
    if rng.random() < 0.25:  # gathered into a puff
        d = np.maximum((back.cap(1.6) - 0.5) * 40, (1 - np.hypot((back.x - back.cx) / (rx * 0.7), (back.y - back.y0) / (rx * 0.6))) * rx + bumps)
    d = np.minimum(d, back.y0 + back.hh * rng.uniform(1.6, 2.1) - back.y + bumps)
    rgb, tex = coily(rng, tiles, colour, round_light(rng, back.x, back.y, back.cx, cy, rx, ry), back.hw)
    alpha = soft(d + tex * rng.uniform(0.5, 2.0), rng.uniform(0.8, 2))
    picture = over(back.picture * (1 - 0.3 * cv2.GaussianBlur(alpha, (0, 0), 6)[..., None]), rgb, alpha)
    return face_beside(rng, back, picture, alpha) if rng.random() < 0.3 else (picture, alpha)


def fallen(rng, back, picture, mask, colour, style, length):
    """Ropes that fall from the crown, all around the head seen from behind; the lowest are drawn first."""
    kind, width = style
    count, gloss = int(np.clip(back.hw * rng.uniform(1.6, 3.4) / width, 10, 110)), rng.uniform(0.5, 1.3)
    u, v = rng.uniform(-1, 1, count), rng.uniform(0.05, 1, count)
    spread = rng.uniform(0.9, 1.5)
    for k in np.argsort(-v):
        x0, y0 = back.cx + u[k] * back.hw * 0.6 * v[k], back.y0 + back.hh * (0.1 + 0.9 * v[k])
        xm = back.cx + u[k] * back.hw * (0.75 + 0.3 * v[k]) * 1.05
        xe = back.cx + u[k] * back.hw * spread + rng.normal(0, back.hw * 0.06)
        ye = back.y0 + back.hh * length * rng.uniform(0.88, 1.05)
        knots = (x0, y0), (xm, back.y0 + back.hh * (0.3 + 0.5 * v[k])), (xm, back.y0 + back.hh * 1.6), (xe, ye)
        rope(rng, picture, mask, bend(rng, *knots, wander=back.hw * 0.04), width * rng.uniform(0.8, 1.2), colour, kind, gloss)


def gathered(rng, back, picture, mask, colour, style):
    """Rows along the scalp up to one point, and what hangs or is wound there; the scalp shows between the rows."""
    kind, width = style
    gx, gy = back.cx + rng.normal(0, 0.15) * back.hw, back.y0 + back.hh * rng.uniform(0.1, 1.0)
    count = int(rng.integers(8, 26))
    for a in np.linspace(0, 2 * np.pi, count, endpoint=False):
        start = back.cx + back.hw * 0.98 * np.cos(a), back.y0 + back.hh * (0.9 + 0.85 * np.sin(a))
        middle = (start[0] + gx) / 2 + rng.normal(0, 3), (start[1] + gy) / 2 + rng.normal(0, 3)
        rope(rng, picture, mask, bend(rng, start, middle, (gx, gy), wander=2), max(2, width * 0.9), colour, "braid" if kind == "braid" else "twist")
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(5, 30))):
            end = gx + rng.normal(0, 0.35) * back.hw, gy + back.hh * rng.uniform(1.0, 2.6)
            rope(rng, picture, mask, bend(rng, (gx, gy), (gx + rng.normal(0, 0.3) * back.hw, gy - 0.2 * back.hh), end, wander=4), width, colour, kind)
    else:
        r = back.hw * rng.uniform(0.3, 0.65)
        for q in np.linspace(1, 0.15, int(rng.integers(5, 10))):
            t = np.linspace(0, 2 * np.pi, 30)
            rope(rng, picture, mask, np.stack([gx + r * q * np.cos(t), gy + r * q * 0.9 * np.sin(t)], -1), max(3, width), colour, kind)


def roped_back(bank, rng, tiles):
    """Braids, twists, locs or ringlets from behind or from the side: hanging, gathered, or rows on the scalp."""
    back = Back(bank, rng, close=rng.random() < 0.15)
    colour, style = colour_of(rng), rope_style(rng)
    bare = rng.random() < 0.4
    cap = back.cap(rng.uniform(1.5, 1.85))
    under = coily(rng, tiles, colour - np.array([min(6, colour[0] * 0.25), 0, 0], np.float32))[0]
    if bare:  # partings: the scalp is seen between the ropes
        under = np.float32(back.picture) * rng.uniform(0.6, 0.95)
    layer = np.ascontiguousarray(over(back.picture, under, cap).clip(0, 255).astype(np.uint8))
    mask = (cap * 255).astype(np.uint8)
    if bare and rng.random() < 0.75:
        gathered(rng, back, layer, mask, colour, style)
    else:
        fallen(rng, back, layer, mask, colour, style, rng.uniform(1.8, 4.5))
    alpha = np.float32(mask) / 255
    shadow = cv2.GaussianBlur(alpha, (0, 0), 6)[..., None] * rng.uniform(0.1, 0.4)
    light = round_light(rng, back.x, back.y, back.cx, back.y0 + back.hh * 1.5, back.hw * 1.6, back.hh * 2.5)
    rgb = np.float32(layer) * np.clip(1 + 0.3 * light, 0.4, 1.6)[..., None]
    picture = over(back.picture * (1 - shadow), rgb.clip(0, 255), alpha)
    return face_beside(rng, back, picture, alpha) if rng.random() < 0.25 else (picture, alpha)


def fade_back(bank, rng, tiles):
    """Short hair from behind or from the side: a cap of coils or of straight hair that fades into the skin."""
    back = Back(bank, rng, close=rng.random() < 0.25)
    colour = colour_of(rng) if rng.random() < 0.6 else compose.shade(rng)
    cap = back.cap(rng.uniform(1.45, 1.9), rng.uniform(1.01, 1.12))
    light = round_light(rng, back.x, back.y, back.cx, back.y0 + back.hh, back.hw, back.hh)
    if rng.random() < 0.5:
        rgb, tex = coily(rng, tiles, colour, light, back.hw * 0.7)
    else:
        u, v = (back.x - back.cx) / back.hw, (back.y - back.y0) / back.hh
        rgb, tex = compose.hair(bank, rng, u, v, rng.uniform(150, 500), colour), noise(rng, S, S, (S / 3, S / 3))
    line = back.y0 + back.hh * rng.uniform(0.5, 1.5)
    width = back.hh * rng.uniform(0.04, 0.35)
    dense = soft(line - back.y, width) * rng.uniform(0.7, 1.0) if rng.random() < 0.75 else np.full((S, S), rng.uniform(0.5, 1.0), np.float32)
    amount = np.clip(cap * (0.1 + 0.9 * dense) * (1 + 0.2 * tex * (dense < 0.9)), 0, 1)
    picture = over(back.picture, rgb, amount)
    mask = cap * np.clip((dense + 0.1 - 0.18) / 0.3, 0, 1)
    return face_beside(rng, back, picture, mask) if rng.random() < 0.3 else (picture, mask)


# ---- hair that fills the frame ----------------------------------------------------------------------------------

def filled(bank, rng, tiles):
    """Coils, ropes, or very pale and vivid strands that fill the frame or most of it."""
    colour = tone(VIVID[rng.integers(len(VIVID))]) if rng.random() < 0.4 else colour_of(rng)
    r = rng.random()
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    if r < 0.35:
        rgb, _ = coily(rng, tiles, colour, round_light(rng, xx, yy, S / 2, S / 2, S * 0.8, S * 0.8))
    elif r < 0.65:
        under, _ = coily(rng, tiles, colour - np.array([min(10, colour[0] * 0.4), 0, 0], np.float32))
        layer, spare = np.ascontiguousarray(under.clip(0, 255).astype(np.uint8)), np.zeros((S, S), np.uint8)
        kind, width = rope_style(rng)
        width *= rng.uniform(1.2, 2.5)
        slant = rng.normal(0, 60)
        for x0 in rng.permutation(np.arange(-80, S + 80, width * rng.uniform(0.6, 1.1))):
            rope(rng, layer, spare, bend(rng, (x0, -10), (x0 + rng.normal(0, 14), S / 2), (x0 + slant, S + 10), wander=6), width, colour, kind)
        rgb = np.float32(np.rot90(layer, int(rng.integers(4))))
    else:
        return strands_of(bank, rng, colour)
    mask = np.ones((S, S), np.float32)
    if rng.random() < 0.6:
        a = rng.uniform(-np.pi, np.pi)
        d = (xx - S / 2) * np.cos(a) + (yy - S / 2) * np.sin(a) - S * rng.uniform(0.1, 0.45) + 8 * noise(rng, S, S, (4, 4))
        out = soft(d, rng.uniform(1, 4))
        layer = backdrop(bank, rng) if rng.random() < 0.5 else skin_of(bank, rng)
        rgb, mask = over(rgb, layer, out), 1 - out
    return rgb, mask


def strands_of(bank, rng, colour):
    """Straight or wavy hair of one shade that fills the frame, perhaps with an edge of paper or table."""
    x, y = turned(rng, rng.normal(0, 0.8), S / 2, S / 2)
    u, v = (x - S / 2) / (S * rng.uniform(0.4, 0.9)), y / S * rng.uniform(0.5, 1.0) + rng.uniform(0, 0.3)
    rgb, mask = compose.hair(bank, rng, u, v, rng.uniform(90, 420), colour), np.ones((S, S), np.float32)
    if rng.random() < 0.5:
        m = rng.uniform(0.03, 0.25) * S
        inside = soft(np.minimum(np.minimum(x - m, S - m - x), np.minimum(y - m, S - m - y)) + 2 * noise(rng, S, S, (20, 20)), 1.5)
        rgb, mask = over(compose.wall(rng), rgb, inside), inside
    return rgb, mask
