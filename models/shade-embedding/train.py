#!/usr/bin/env python3
"""Trains the shade embedding from donors (`eval --donors FOLDER`) and writes shade-embedding.bf16.

    cargo run --release -p strand-eval -- --donors target/donors
    python3 models/shade-embedding/train.py target/donors models/shade-embedding/shade-embedding.bf16

Needs numpy and torch. Ten minutes on two cores.
"""
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

from features import dec, enc, hist, lab2lin, lin2lab, stats, weights

DIMENSION, HIDDEN, EPISODES, SHADES = 64, 192, 1500, 48
SURROUNDINGS = 13
# Every third of the dumped hair pixels is enough to train on.
STRIDE = 3


def load(folder):
    ids = np.load(f"{folder}/ids.npy")
    hair = torch.from_numpy(np.load(f"{folder}/hair.npy")[:, ::STRIDE].copy())
    return ids, hair, torch.from_numpy(np.load(f"{folder}/means.npy"))


def blackbody(k):
    """Linear sRGB of a black body, as tests/src/render/light.rs has it."""
    t=1000/k
    x=torch.where(k<=4000,((-0.266124*t-0.234359)*t+0.877696)*t+0.179910,((-3.025847*t+2.107038)*t+0.222635)*t+0.240390)
    y=torch.where(k<=2222,((-1.106381*x-1.34811)*x+2.185558)*x-0.202196,torch.where(k<=4000,((-0.954948*x-1.374186)*x+2.09137)*x-0.167489,((3.081758*x-5.873387)*x+3.75113)*x-0.370015))
    X,Z=x/y,(1-x-y)/y
    return torch.stack([(3.240454*X-1.537139-0.498531*Z).clamp(min=0.05),-0.969266*X+1.876011+0.041556*Z,(0.055643*X-0.204026+1.057225*Z).clamp(min=0.02)],-1)


DAYLIGHT = blackbody(torch.tensor([6500.0]))


def between(n, low, high):
    return torch.rand(n) * (high - low) + low


def camera(hair, means, harsh):
    """Hair and surroundings of each photo in a light of its own, as `Camera::everyday` and `Camera::harsh` draw it."""
    n, h = len(hair), harsh.float()
    pick = lambda low, high, low_harsh, high_harsh: torch.where(harsh, between(n, low_harsh, high_harsh), between(n, low, high))
    exposure, kelvin = pick(-0.5, 0.5, -1, 1), pick(5000, 6500, 3000, 7500)
    contrast, noise = pick(0, 0.15, 0, 0.5), pick(0, 0.012, 0, 0.03)
    cast, shadow = 1 + h[:, None] * (torch.rand(n, 3) * 0.24 - 0.12), h * between(n, 0, 0.5)
    gains = (2**exposure)[:, None] * cast * blackbody(kelvin) / DAYLIGHT

    def developed(linear, contrast):
        v = enc(linear.clamp(0, 1))
        return v + (v * v * (3 - 2 * v) - v) * contrast

    edge = torch.rand(n, 1) * 1.6 - 0.5 + hair[..., 3] * torch.sign(torch.randn(n, 1)) + 0.06 * torch.randn(n, hair.shape[1])
    veil = 1 - shadow[:, None] * (6 * edge).clamp(0, 1)
    v = developed(lab2lin(hair[..., :3]) * gains[:, None] * veil[..., None], contrast[:, None, None])
    v = ((v + torch.randn(v.shape) * noise[:, None, None]).clamp(0, 1) * 255).round() / 255
    hair = torch.cat([lin2lab(dec(v)), hair[..., 3:]], -1)
    seen = lambda linear: dec(developed(linear * gains, contrast[:, None]).clamp(0, 1))
    skin, ground = seen(lab2lin(means[:, 3:6])), seen(lab2lin(means[:, 7:10]))
    return hair, (skin, means[:, 6], ground, seen(means[:, 10:13]), seen(means[:, 13:16]))


def inputs(hair, surroundings):
    w = weights(hair)
    skin, share, ground, bright, whole = surroundings
    has = (share > 0.004).float()[:, None]
    around = [lin2lab(skin) / 25 * has, has, lin2lab(ground) / 25, lin2lab(bright) / 25, lin2lab(whole) / 25]
    return torch.cat([hist(hair, w) * 3, stats(hair, w) / 25, *around], 1)


class Embedding(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.a, self.b = torch.nn.Linear(size, HIDDEN), torch.nn.Linear(HIDDEN, HIDDEN)
        self.c, self.d = torch.nn.Linear(HIDDEN, DIMENSION), torch.nn.Linear(size, DIMENSION, bias=False)
        self.t = torch.nn.Parameter(torch.tensor(2.5))

    def forward(self, x):
        h = F.silu(self.b(F.silu(self.a(x))))
        return F.normalize(self.c(h) + self.d(x), dim=1)


def recolored(hair, shades, each):
    """Every shade of an episode in another color, the same for all its photos: new shades from old textures."""
    gains = torch.exp(0.30 * torch.randn(shades, 1) + 0.10 * torch.randn(shades, 3))
    gains = torch.where(torch.rand(shades, 1) < 0.3, torch.ones_like(gains), gains).clamp(0.4, 2.0)
    linear = lab2lin(hair[..., :3]) * gains.repeat_interleave(each, 0)[:, None]
    return torch.cat([lin2lab(linear.clamp(0, 1)), hair[..., 3:]], -1)


def train(folder):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    ids, hair, means = load(folder)
    photos = {}
    for row in np.where(ids[:, 4] == 1)[0]:
        photos.setdefault((ids[row, 0], ids[row, 3]), []).append(row)
    donors = [rows for rows in photos.values() if len(rows) >= 4]
    network = None
    start = time.time()
    for episode in range(EPISODES):
        taught = int(rng.choice([1, 2, 3, 3]))
        each = taught + 1
        chosen = rng.choice(len(donors), SHADES, replace=False)
        rows = np.concatenate([rng.permutation(donors[donor])[:each] for donor in chosen])
        harsh = torch.full((len(rows),), bool(rng.random() < 0.5)) if rng.random() < 0.8 else torch.rand(len(rows)) < 0.5
        x = inputs(*camera(recolored(hair[rows], SHADES, each), means[rows], harsh))
        # Photos whose surroundings are not seen: `white_balance=off`.
        hidden = (torch.rand(len(rows), 1) < 0.15).float()
        x = torch.cat([x[:, :-SURROUNDINGS], x[:, -SURROUNDINGS:] * (1 - hidden)], 1)
        if network is None:
            network = Embedding(x.shape[1])
            optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=EPISODES, pct_start=0.1)
        e = network(x).view(SHADES, each, -1)
        prototypes = F.normalize(e[:, :taught].mean(1), dim=1)
        loss = F.cross_entropy(network.t.exp() * e[:, taught] @ prototypes.T, torch.arange(SHADES))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if episode % 250 == 249:
            print(f"{episode + 1} episodes, loss {loss.item():.3f}, {time.time() - start:.0f} s", flush=True)
    return network


def save(network, path):
    """bfloat16, rounded to nearest, in the order of shared/src/signature/embedding.rs."""
    state = network.state_dict()
    names = ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias", "d.weight"]
    values = np.concatenate([state[name].float().numpy().ravel() for name in names]).astype("<f4").view("<u4")
    ((values.astype(np.uint64) + 0x7FFF + ((values >> 16) & 1)) >> 16).astype("<u2").tofile(path)


if __name__ == "__main__":
    save(train(sys.argv[1]), sys.argv[2])
