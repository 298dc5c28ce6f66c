"""The inputs of the embedding, as shared/signature/src measures them: pixels.rs, histogram.rs, statistics.rs,
surroundings.rs, embedding.rs. Pixels are tensors (photos, pixels, figures) as `eval --dump` writes them."""
import torch

CELLS, FIRST = (10, 8, 10), torch.tensor([5.0, -20.0, -30.0])
QUINTILES, ZONES, SKIN_PARTS, LEAST_SKIN, BRIGHTEST = 5, 3, 3, 0.01, 0.02
HISTOGRAM = CELLS[0] * CELLS[1] * CELLS[2]
HAIR = HISTOGRAM + 6 * QUINTILES + 3 * ZONES + 3
SURROUNDINGS = 6 * (SKIN_PARTS + QUINTILES + 1) + 2


def lab2lin(lab):
    """CIE Lab (D65) to linear sRGB, clipped to the gamut."""
    fy = (lab[..., 0] + 16) / 116
    fx, fz = fy + lab[..., 1] / 500, fy - lab[..., 2] / 200
    d = 6 / 29
    x, y, z = (torch.where(t > d, t**3, 3 * d * d * (t - 4 / 29)) * white for t, white in ((fx, 0.95047), (fy, 1.0), (fz, 1.08883)))
    return torch.stack([
        3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
        -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
        0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
    ], -1).clamp(0, 1)


def lin2lab(rgb):
    r, g, b = rgb.unbind(-1)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    d = 6 / 29
    x, y, z = (torch.where(t > d**3, t.clamp(min=1e-9) ** (1 / 3), t / (3 * d * d) + 4 / 29) for t in (x, y, z))
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def enc(x):
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp(min=1e-9) ** (1 / 2.4) - 0.055)


def dec(v):
    return torch.where(v <= 0.04045, v / 12.92, ((v.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def weights(hair):
    """The weight of each hair pixel; zero for the tails of light (pixels.rs)."""
    w = hair[..., 4] ** 2
    order = hair[..., 0].argsort(1)
    sorted_w, total = w.gather(1, order), w.sum(1, keepdim=True)
    upto = sorted_w.cumsum(1) / total
    keep = (upto >= 0.05) & (upto - sorted_w / total < 0.96)
    return w * torch.zeros_like(w, dtype=torch.bool).scatter(1, order, keep)


def kernel(n):
    d = (torch.arange(n)[:, None] - torch.arange(n)[None]).abs().float()
    return torch.exp(-0.5 * (d / 0.8) ** 2) * (d <= 2)


KERNELS = [kernel(n) for n in CELLS]


def histogram(hair, w):
    count, pixels, _ = hair.shape
    last = torch.tensor([n - 1.0 for n in CELLS])
    at = torch.minimum(((hair[..., :3] - FIRST) / 10).clamp(min=0), last)
    low = torch.minimum(at.floor(), last - 1)
    fraction, low = at - low, low.long()
    cells = torch.zeros(count, HISTOGRAM)
    for corner in range(8):
        part, index = w.clone(), torch.zeros(count, pixels, dtype=torch.long)
        for axis in range(3):
            upper = corner >> axis & 1
            part = part * (fraction[..., axis] if upper else 1 - fraction[..., axis])
            index = index * CELLS[axis] + low[..., axis] + upper
        cells.scatter_add_(1, index, part)
    cells = torch.einsum("bijk,il,jm,kn->blmn", cells.view(count, *CELLS), *KERNELS).reshape(count, -1)
    return (cells / cells.sum(1, keepdim=True).clamp(min=1e-9)).sqrt()


def mean(values, w):
    return (values * w[..., None]).sum(1) / w.sum(1, keepdim=True).clamp(min=1e-6)


def parts(lab, w, count):
    """The mean Lab of each of `count` parts of equal weight, dark to light; zeros without any weight."""
    order = lab[..., 0].argsort(1)
    sorted_w = w.gather(1, order)
    upto = sorted_w.cumsum(1) / sorted_w.sum(1, keepdim=True).clamp(min=1e-6)
    sorted_lab = lab.gather(1, order[..., None].expand(-1, -1, 3))
    whole = mean(lab, w)
    means = []
    for k in range(count):
        inside = ((upto > k / count) & (upto <= (k + 1) / count)).float() * sorted_w
        means.append(torch.where(inside.sum(1, keepdim=True) > 1e-3, mean(sorted_lab, inside), whole))
    return torch.stack(means, 1)


def both(lab):
    """A color as network input: Lab, and the logarithm of linear light, to which a lamp only adds."""
    return torch.cat([lab / 25, (lab2lin(lab) + 0.01).log()], -1).flatten(1)


def hair_figures(hair):
    w = weights(hair)
    lab = hair[..., :3]
    whole = mean(lab, w)
    zones = []
    for k in range(ZONES):
        inside = ((hair[..., 3] >= k / ZONES) & (hair[..., 3] < (k + 1) / ZONES)).float() * w
        zones.append((mean(lab, inside) - whole) * (inside.sum(1, keepdim=True) > 1e-3))
    deviation = mean((lab - whole[:, None]) ** 2, w).sqrt()
    return torch.cat([histogram(hair, w) * 3, both(parts(lab, w, QUINTILES)), torch.cat(zones, 1) / 25, deviation / 25], 1)


def surroundings(ground):
    """Skin from dark to light, the rest from dark to light, the brightest; all zeros if everything is hair."""
    lab = ground[..., :3]
    there = (ground.abs().sum((1, 2)) > 0).float()[:, None]
    is_skin = (ground[..., 3] >= 0.5).float()
    share = is_skin.mean(1, keepdim=True)
    has_skin = (share > LEAST_SKIN).float() * there
    is_rest = 1 - is_skin * has_skin
    bright = lab.gather(1, lab[..., 0].topk(max(1, int(ground.shape[1] * BRIGHTEST)), 1).indices[..., None].expand(-1, -1, 3))
    bright = lin2lab(lab2lin(bright).mean(1, keepdim=True))
    has_rest = (is_rest.sum(1, keepdim=True) > 1e-3).float() * there
    return torch.cat([
        both(parts(lab, is_skin, SKIN_PARTS)) * has_skin,
        both(parts(lab, is_rest, QUINTILES)) * has_rest,
        both(bright) * there,
        has_skin,
        there,
    ], 1)
