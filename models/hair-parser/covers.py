"""What covers heads and is not hair: hijabs, wraps, turbans, hoods, beanies, hats, caps; beards; bald heads.

Over portraits, the covering is drawn over the hair. What is left to see of the hair stays marked, and nothing else.
Every maker takes the bank of portraits and a generator, and returns a picture and its mask (0..1).
"""

import cv2
import numpy as np

import compose
from compose import S, knit, lab, noise, over, shade, soft, surface, tile, unlab
from heads import Back, dark_skin, face_beside, face_of
from strands import DARK, coily, round_light, tone


def ridges(rng, cells):
    """Folds: sharp ridges along one direction, with broad slopes between them; about -1..1."""
    n = noise(rng, S, S, cells, 0.4)
    fold = 1 - 2 * np.abs(np.tanh(n * rng.uniform(0.6, 1.5)))
    a = rng.uniform(0, 180)
    m = cv2.getRotationMatrix2D((S / 2, S / 2), a, 1.5)
    return cv2.warpAffine(np.float32(fold), m, (S, S), borderMode=cv2.BORDER_REFLECT_101)


def cloth(bank, rng, near=None):
    """Cloth for a covering: plain, printed, knitted, or from a portrait's clothes. near: a hair color to resemble."""
    r = rng.random()
    if r < 0.16:
        return knit(rng)
    if r < 0.3:
        return surface(bank, rng)
    if near is not None and rng.random() < 0.4:
        colour = near + rng.normal(0, [6, 2, 3]).astype(np.float32)
    elif rng.random() < 0.4:
        colour = shade(rng)
    else:
        colour = tone(rng.choice([(20, 20, 22), (240, 240, 238), rng.integers(5, 250, 3), rng.integers(60, 220, 3)]))
    x = np.zeros((S, S, 3), np.float32) + colour
    if rng.random() < 0.3:  # a print: blots, dots or stripes in another color
        other, n = tone(rng.integers(5, 250, 3)), noise(rng, S, S, (rng.uniform(6, 30),) * 2)
        if rng.random() < 0.4:
            yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
            a, p = rng.uniform(0, np.pi), rng.uniform(5, 30)
            n = np.sin((xx * np.cos(a) + yy * np.sin(a) + 10 * noise(rng, S, S, (2, 2))) * 2 * np.pi / p)
        x = x + (other - colour) * soft(n - rng.uniform(0, 0.8), 0.2)[..., None]
    amp = rng.uniform(2, 5) + rng.uniform(0.05, 0.16) * colour[0]
    fold = ridges(rng, (rng.uniform(0.6, 2), rng.uniform(2, 7))) + 0.5 * ridges(rng, (1, rng.uniform(6, 14)))
    x[..., 0] = (x[..., 0] + amp * fold + noise(rng, S, S, (S / 3, S / 3)) * rng.uniform(0, 1.2)).clip(1, 99)
    return unlab(x)


def drape(rng, face, xx, yy):
    """(signed distance of the outer shape, of the opening for the face) of a hijab or a hood over a portrait."""
    w, cx = face.w, face.cx
    hood = rng.random() < 0.3
    cy = face.top + w * 0.45
    rx, ry = w * rng.uniform(0.66, 0.85), w * rng.uniform(0.85, 1.08)
    outer = (1 - np.hypot((xx - cx) / rx, (yy - cy) / ry)) * rx
    slope = w * rng.uniform(0.55, 0.8) + np.maximum(0, yy - cy) * rng.uniform(0.2, 0.9)
    fall = np.minimum(np.minimum(slope - np.abs(xx - cx), yy - cy), face.top + w * rng.uniform(1.5, 2.8) - yy + 6 * noise(rng, S, S, (3, 3)))
    outer = np.maximum(outer, fall)
    ox, oy = (w * rng.uniform(0.5, 0.6), w * rng.uniform(0.75, 0.9)) if hood else (w * rng.uniform(0.43, 0.5), w * rng.uniform(0.62, 0.72))
    lift = w * (rng.uniform(0.05, 0.2) if hood or rng.random() < 0.3 else rng.uniform(-0.1, 0.02))
    opening = (1 - np.hypot((xx - cx) / ox, (yy - face.top - oy + lift) / oy)) * ox
    return outer, opening


def veiled(bank, rng, tiles):
    """A portrait in a hijab, a shawl or a hood. All hair is under it, or a little of it shows at the forehead."""
    face = face_of(bank, rng, most=0.3)
    picture = dark_skin(rng, face.rgb, face.skin) if rng.random() < 0.5 else face.rgb
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    outer, opening = drape(rng, face, xx, yy)
    over_hair = cv2.GaussianBlur(cv2.dilate(face.hair, np.ones((9, 9))), (0, 0), 2)
    alpha = np.maximum(soft(outer, 1.5), over_hair) * (1 - soft(opening + 1.5 * noise(rng, S, S, (8, 8)), 1.3))
    near = lab(picture)[face.hair > 0.6].mean(0) if (face.hair > 0.6).any() else None
    fabric = cloth(bank, rng, near)
    light = round_light(rng, xx, yy, face.cx, face.top + 0.4 * face.w, face.w, face.w * 1.2)
    edge = cv2.GaussianBlur(1 - soft(opening, 2), (0, 0), 4)
    shadow = 1 - 0.35 * edge * (1 - alpha) * rng.uniform(0, 1)
    fabric = fabric * np.clip(1 + 0.3 * light - 0.3 * (alpha - cv2.GaussianBlur(alpha, (0, 0), 8)).clip(0, 1), 0.3, 1.5)[..., None]
    if rng.random() < 0.25:  # an undercap of another cloth along the forehead
        cap = soft(opening + face.w * 0.1, 1.5) * soft(face.top + 0.15 * face.w - yy, 2) * (1 - soft(opening, 1.3))
        fabric = over(fabric, cloth(bank, rng), cap)
    shown = face.hair * (1 - alpha)
    return over(picture * shadow[..., None], fabric.clip(0, 255), alpha), shown * (shown > 0.3)


def wrap_lines(rng, face, xx, yy):
    """Bands of a turban or a headwrap as shading: arcs around the head that cross each other."""
    w = face.w
    bands = np.zeros((S, S), np.float32)
    for s in (-1, 1):
        d = np.hypot(xx - face.cx - s * w * rng.uniform(0.2, 0.7), (yy - face.top - w * rng.uniform(0, 0.5)) * rng.uniform(0.8, 1.3))
        p = np.mod(d / (w * rng.uniform(0.1, 0.25)), 1)
        bands = np.where(s * (xx - face.cx) > w * 0.1 * rng.normal(), p - 0.5, bands)
    return bands


def crowned(bank, rng, tiles):
    """A portrait in a beanie, a hat, a cap, a turban or a headwrap; the hair below it stays, or is tucked in."""
    face = face_of(bank, rng, most=0.35)
    picture = dark_skin(rng, face.rgb, face.skin) if rng.random() < 0.5 else face.rgb
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    w, cx = face.w, face.cx
    kind = rng.choice(["beanie", "turban", "hat", "cap"])
    brim = face.top + w * rng.uniform(0.0, 0.22)
    tall = {"beanie": rng.uniform(0.55, 0.85), "turban": rng.uniform(0.55, 1.1), "hat": rng.uniform(0.5, 0.8), "cap": rng.uniform(0.45, 0.6)}[kind] * w
    wide = {"beanie": rng.uniform(0.55, 0.66), "turban": rng.uniform(0.62, 0.95), "hat": rng.uniform(0.5, 0.62), "cap": rng.uniform(0.54, 0.62)}[kind] * w
    u = (xx - cx) / wide
    line = brim + w * rng.uniform(0.05, 0.3) * u * u * (1 if kind != "hat" else 0.3)
    power = 2.0 if kind != "hat" else rng.uniform(2, 6)
    dome = (1 - (np.abs(u) ** power + np.abs((yy - brim) / tall) ** power) ** (1 / power)) * wide
    tail = np.minimum(wide * 0.98 - np.abs(xx - cx), yy - brim)
    d = np.minimum(np.maximum(dome, tail), line - yy)
    top = cv2.dilate(face.hair, np.ones((7, 7))) * soft(line - yy, 1.5)
    alpha = np.maximum(soft(d, 1.3), cv2.GaussianBlur(top, (0, 0), 1.5))
    near = lab(picture)[face.hair > 0.6].mean(0) if (face.hair > 0.6).any() else None
    fabric = knit(rng) if kind == "beanie" and rng.random() < 0.6 else cloth(bank, rng, near)
    if kind == "turban":
        fabric = fabric * np.clip(1 + 0.35 * wrap_lines(rng, face, xx, yy), 0.4, 1.5)[..., None]
    fabric = fabric * np.clip(1 + 0.3 * round_light(rng, xx, yy, cx, brim, wide, tall), 0.4, 1.5)[..., None]
    rim = {"hat": soft(np.minimum(wide * rng.uniform(1.3, 2.0) - np.abs(xx - cx), w * rng.uniform(0.05, 0.11) - np.abs(yy - brim - 0.1 * w * u * u * 0.3))),
           "cap": soft((1 - np.hypot((xx - cx - wide * rng.normal(0, 0.4)) / (wide * 0.9), (yy - brim) / (w * 0.17))) * w * 0.15),
           "beanie": soft(np.minimum(wide * 1.04 - np.abs(xx - cx), w * 0.13 - np.abs(yy - line + 0.1 * w)))}.get(kind)
    if rim is not None and (kind != "beanie" or rng.random() < 0.6):
        fabric = fabric * (1 - 0.25 * rim[..., None])
        alpha = np.maximum(alpha, rim)
    hair = face.hair
    if rng.random() < 0.45 and face.hair.mean() < 0.15:  # the hair is tucked in: nothing of it shows
        hidden = np.clip(cv2.dilate(face.hair, np.ones((7, 7))) * 1.5, 0, 1)
        beside = cv2.GaussianBlur(picture * (1 - hidden)[..., None], (0, 0), 12) / np.maximum(cv2.GaussianBlur(1 - hidden, (0, 0), 12), 0.02)[..., None]
        picture, hair = over(picture, beside.clip(0, 255), hidden), hair * 0
    shadow = 1 - 0.4 * cv2.GaussianBlur(alpha, (0, 0), 5)[..., None] * rng.uniform(0, 1)
    shown = hair * (1 - alpha)
    return over(picture * shadow, fabric.clip(0, 255), alpha), shown * (shown > 0.3)


def bearded(bank, rng, tiles):
    """A portrait with a drawn beard: it looks like hair, and it is not marked."""
    face = face_of(bank, rng, most=0.3)
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    w, cx, chin = face.w, face.cx, face.top + 1.3 * face.w
    picture = dark_skin(rng, face.rgb, face.skin)
    long = rng.random() < 0.3
    ry = w * (rng.uniform(0.6, 1.0) if long else rng.uniform(0.35, 0.5))
    d = (1 - np.hypot((xx - cx) / (w * rng.uniform(0.38, 0.52)), (yy - chin + 0.22 * w - (ry - 0.4 * w)) / ry)) * w
    cheek = yy - (face.top + w * rng.uniform(0.7, 0.95)) - np.abs(xx - cx) * rng.uniform(-0.5, 0.3)
    mouth = (1 - np.hypot((xx - cx) / (w * 0.17), (yy - face.top - 1.0 * w) / (w * 0.07))) * w
    area = soft(np.minimum(np.minimum(d, cheek), -mouth) + 3 * noise(rng, S, S, (20, 20)), w * 0.03)
    area = area * np.clip(np.maximum(face.skin, 0.9 if long else 0), 0, 1)
    near = lab(picture)[face.hair > 0.6].mean(0) if (face.hair > 0.6).any() and rng.random() < 0.6 else shade(rng)
    if rng.random() < 0.4:
        rgb, tex = coily(rng, tiles, near)
    else:
        x = lab(tile(bank.patch(rng, 0)[0], rng, scale=rng.uniform(0.5, 1.2)))
        rgb, tex = unlab(x - x.reshape(-1, 3).mean(0) + near), noise(rng, S, S, (60, 60))
    alpha = np.clip(area * (rng.uniform(0.7, 1.1) + 0.15 * tex), 0, 1)
    picture = over(picture, rgb, alpha)
    mask = face.hair * (1 - alpha)
    lower = yy > face.top + 0.75 * w  # what the teacher marked on the cheeks and the chin is the man's own beard
    inside = np.abs(xx - cx) < w * 0.48
    return picture, mask * (1 - lower * inside * (yy < chin + 0.3 * w))


def bared(bank, rng, tiles):
    """A portrait made bald: a dome of skin, the hair gone; sometimes a fringe of it stays above the ears."""
    face = face_of(bank, rng, most=0.13)
    yy, xx = np.mgrid[0:S, 0:S].astype(np.float32)
    w, cx = face.w, face.cx
    picture = dark_skin(rng, face.rgb, face.skin)
    hidden = np.clip(cv2.dilate(np.float32(face.hair > 0.3), np.ones((9, 9))) - face.face_only(), 0, 1)
    room = np.clip(hidden + face.skin + face.cloth, 0, 1)
    away = cv2.GaussianBlur(picture * (1 - room)[..., None], (0, 0), 14) / np.maximum(cv2.GaussianBlur(1 - room, (0, 0), 14), 0.02)[..., None]
    picture = over(picture, away.clip(0, 255), cv2.GaussianBlur(hidden, (0, 0), 1))
    dome = soft((1 - np.hypot((xx - cx) / (w * 0.54), (yy - face.top - 0.35 * w) / (w * rng.uniform(0.7, 0.85)))) * w, 1.5)
    dome = dome * soft(face.top + 0.5 * w - yy, 4)
    skin = cv2.GaussianBlur(picture * face.skin[..., None], (0, 0), 18) / np.maximum(cv2.GaussianBlur(face.skin, (0, 0), 18), 0.02)[..., None]
    mean = (picture * face.skin[..., None]).sum((0, 1)) / face.skin.sum()
    near = cv2.GaussianBlur(face.skin, (0, 0), 18)[..., None].clip(0, 0.3) / 0.3
    fill = (skin * near + mean * (1 - near)) * np.clip(1 + 0.3 * round_light(rng, xx, yy, cx, face.top, w * 0.6, w * 0.9), 0.5, 1.5)[..., None]
    fill += noise(rng, S, S, (80, 80))[..., None] * rng.uniform(0, 3)
    covered = cv2.GaussianBlur(dome * (1 - np.clip(face.face_only() * 1.5, 0, 1)), (0, 0), 1.2)
    picture = over(picture, fill.clip(0, 255), covered)
    mask = np.zeros((S, S), np.float32)
    if rng.random() < 0.4:
        fringe = face.hair * soft(np.abs(xx - cx) - w * 0.42, 3) * soft(yy - face.top - w * 0.1, 5)
        picture, mask = over(picture, face.rgb, fringe), fringe
    return picture, mask


def covered_back(bank, rng, tiles):
    """A head from behind or from the side in a hijab, a hood, a beanie, a turban or a hat; or bald."""
    back = Back(bank, rng)
    x, y, hw, hh = back.x - back.cx, back.y - back.y0, back.hw, back.hh
    picture, mask = back.picture, np.zeros((S, S), np.float32)
    kind = rng.choice(["veil", "veil", "beanie", "turban", "hat", "bald"])
    if kind != "bald":
        if kind != "veil" and rng.random() < 0.35:
            d, u, v, _ = compose.fall(rng, back.x, back.y, back.cx, back.y0, hw, hh, hh * rng.uniform(1.6, 4.5))
            a = soft(d)
            picture, mask = over(picture, compose.hair(bank, rng, u, v, 260, shade(rng)), a), a
        g = rng.uniform(1.03, 1.25)
        d = (1 - np.hypot(x / (hw * g), (y - hh) / (hh * g))) * hw
        if kind == "veil":
            slope = hw * rng.uniform(0.85, 1.1) + np.maximum(0, y - hh) * rng.uniform(0.1, 0.9)
            d = np.maximum(d, np.minimum(np.minimum(slope - np.abs(x), y - hh * 0.8), hh * rng.uniform(2.3, 4.5) - y + 5 * noise(rng, S, S, (3, 3))))
        else:
            d = np.minimum(d, hh * rng.uniform(0.9, 1.5) - y)
        if kind == "hat":
            d = np.maximum(d, np.minimum(hw * rng.uniform(1.3, 1.9) - np.abs(x), hh * 0.1 - np.abs(y - hh)))
        a = soft(d, 1.4)
        fabric = knit(rng) if kind == "beanie" else cloth(bank, rng, tone(DARK[rng.integers(len(DARK))]))
        light = round_light(rng, back.x, back.y, back.cx, back.y0 + hh, hw * 1.2, hh * 1.3)
        picture = over(picture * (1 - 0.3 * cv2.GaussianBlur(a, (0, 0), 6)[..., None]), (fabric * np.clip(1 + 0.3 * light, 0.4, 1.5)[..., None]).clip(0, 255), a)
        mask = mask * (1 - a)
    return face_beside(rng, back, picture, mask) if rng.random() < 0.35 else (picture, mask)
