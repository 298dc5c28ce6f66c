#!/usr/bin/env python3
"""Trains the shade embedding from donors (`eval --donors FOLDER`) and writes shade-embedding.bf16.

    cargo run --release -p strand-eval -- --donors target/donors
    python3 models/shade-embedding/train.py models/shade-embedding/shade-embedding.bf16 target/donors

It takes about forty minutes on one free core.

Needs numpy and torch.
"""
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

from features import HAIR, SURROUNDINGS, dec, enc, hair_figures, lab2lin, lin2lab, surroundings

DIMENSION, HIDDEN, EPISODES = 64, 256, 250000
# Shades of an episode: trained and queried, and only queried. The latter must match none of the trained shades.
SHADES, STRANGERS = 48, 12
# The weight of rejecting unknown shades relative to distinguishing known shades.
OPEN = 0.5
# Recolorings of each shade in addition to its own color, and lights of each kind for each photo of each of them.
RECOLORINGS, LIGHTS = 4, 3
# The share of episodes in harsh light.
HARSH = 0.65
# The share of photos that keep their own ground.
OWN_GROUND = 0.3
# Every second dumped pixel is enough for training.
STRIDE = 2


def load(folders):
    """Ids (shade, photo, light, kind, undone, pixels), hair and ground of all photos."""
    get = lambda name: np.concatenate([np.load(f"{folder}/{name}.npy") for folder in folders])
    return get("ids"), torch.from_numpy(get("hair")), torch.from_numpy(get("ground"))


def blackbody(k):
    """Linear sRGB of a black body, as in tests/src/render/light.rs."""
    t=1000/k
    x=torch.where(k<=4000,((-0.266124*t-0.234359)*t+0.877696)*t+0.179910,((-3.025847*t+2.107038)*t+0.222635)*t+0.240390)
    y=torch.where(k<=2222,((-1.106381*x-1.34811)*x+2.185558)*x-0.202196,torch.where(k<=4000,((-0.954948*x-1.374186)*x+2.09137)*x-0.167489,((3.081758*x-5.873387)*x+3.75113)*x-0.370015))
    X,Z=x/y,(1-x-y)/y
    return torch.stack([(3.240454*X-1.537139-0.498531*Z).clamp(min=0.05),-0.969266*X+1.876011+0.041556*Z,(0.055643*X-0.204026+1.057225*Z).clamp(min=0.02)],-1)


DAYLIGHT = blackbody(torch.tensor([6500.0]))


def between(n, low, high):
    return torch.rand(n) * (high - low) + low


def camera(hair, ground, harsh):
    """Hair and ground of each photo, each in its own light, as `Camera::everyday` and `Camera::harsh` draw it."""
    n = len(hair)
    exposure, kelvin, contrast, noise = (
        (between(n, -1, 1), between(n, 3000, 7500), between(n, 0, 0.5), between(n, 0, 0.03)) if harsh
        else (between(n, -0.5, 0.5), between(n, 5000, 6500), between(n, 0, 0.15), between(n, 0, 0.012)))
    cast, shadow = 1 + float(harsh) * (torch.rand(n, 3) * 0.24 - 0.12), float(harsh) * between(n, 0, 0.5)
    gains = (2**exposure)[:, None] * cast * blackbody(kelvin) / DAYLIGHT

    def seen(pixels):
        x, y = pixels[..., -2], pixels[..., -1]
        veil = 1 - shadow[:, None] * ((x + 0.4 * y - 0.75 + 0.03 * torch.randn(n, 1)) / 0.12).clamp(0, 1)
        v = enc((lab2lin(pixels[..., :3]) * gains[:, None] * veil[..., None]).clamp(0, 1))
        v = v + (v * v * (3 - 2 * v) - v) * contrast[:, None, None]
        v = ((v + torch.randn(*v.shape[:2], 1) * noise[:, None, None]).clamp(0, 1) * 255).round() / 255
        return torch.cat([lin2lab(dec(v)), pixels[..., 3:]], -1)

    # If everything is hair, there is no ground in any light.
    there = (ground.abs().sum((1, 2)) > 0).float()[:, None, None]
    return seen(hair), seen(ground) * there


def found(hair, ground):
    """The hair as a parser may find it: the lightest, the darkest or one side missing, some ground marked as hair."""
    n, pixels, _ = hair.shape
    some = lambda chance, most: (torch.rand(n, 1) < chance).float() * torch.rand(n, 1) * most
    rank = hair[..., 0].argsort(1).argsort(1) / pixels
    missed = (rank < some(0.2, 0.3)) | (rank > 1 - some(0.3, 0.5))
    turn = torch.rand(n, 1) * 2 * torch.pi
    side = (hair[..., -2] * turn.cos() + hair[..., -1] * turn.sin()).argsort(1).argsort(1) / pixels
    missed |= side < some(0.3, 0.5)
    taken = (torch.rand(n, pixels) < some(0.3, 0.15)) & (ground.abs().sum((1, 2)) > 0)[:, None]
    hair = hair.clone()
    hair[..., :3] = torch.where(taken[..., None], ground[:, torch.randperm(pixels), :3], hair[..., :3])
    hair[..., 4] *= (~missed).float()
    return hair, ground


def figures(hair, ground):
    return torch.cat([torch.cat([hair_figures(h), surroundings(g)], 1).half() for h, g in zip(hair.split(256), ground.split(256))])


class Bank:
    """The figures of every photo: `rows[virtual shade][kind][light]` lists, per photo, the rows of `x` to choose from."""

    def __init__(self, folders):
        ids, hair, ground = load(folders)
        hair, ground = hair[:, ::STRIDE], ground[:, ::STRIDE]
        self.x, self.shades = [], {}
        self.count = 0
        taken = ids[:, 4] == 0
        self.put(np.where(taken)[0], ids, figures(hair[taken], ground[taken]), 0, None)
        undone = np.where((ids[:, 4] == 1) & (ids[:, 2] == 0) & (ids[:, 0] >= 0))[0]
        # Combines any hair with any ground of its kind in the same light, for more surroundings than there are photos.
        sources = [np.where((ids[:, 4] == 1) & (ids[:, 2] == 0) & (ids[:, 3] == kind))[0] for kind in (0, 1)]
        names = np.unique(ids[undone, 0])
        for recoloring in range(RECOLORINGS + 1):
            gains = np.exp(0.30 * np.random.randn(len(names), 1) + 0.10 * np.random.randn(len(names), 3)).clip(0.4, 2.0)
            if recoloring == 0:
                gains[:] = 1
            gain = torch.from_numpy(gains[np.searchsorted(names, ids[undone, 0])]).float()
            linear = lab2lin(hair[undone][..., :3]) * gain[:, None]
            dyed = torch.cat([lin2lab(linear.clamp(0, 1)), hair[undone][..., 3:]], -1)
            for harsh in (False, True):
                for _ in range(LIGHTS):
                    other = np.array([np.random.choice(sources[ids[row, 3]]) for row in undone])
                    other = np.where(np.random.rand(len(undone)) < OWN_GROUND, undone, other)
                    self.put(undone, ids, figures(*found(*camera(dyed, ground[other], harsh))), recoloring, harsh)
        self.x = torch.cat(self.x)
        # Shades by kind, then both kinds together, of those with enough photos to train and query.
        self.of_kind = [[s for s in self.shades if len(self.shades[s].get(k, {})) >= 4] for k in (0, 1)]
        self.of_both = sorted(set(self.of_kind[0]) & set(self.of_kind[1]))

    def put(self, rows, ids, x, recoloring, harsh):
        self.x.append(x)
        for at, row in enumerate(rows):
            shade, photo, light, kind = ids[row, :4]
            light = int(light) if harsh is None else int(harsh)
            photos = self.shades.setdefault((shade, recoloring), {}).setdefault(kind, {})
            photos.setdefault(photo, ([], []))[light].append(self.count + at)
        self.count += len(x)

    def episode(self, rng, shades, taught):
        """Rows of `taught + 1` photos of each of `shades` shades, the last of which is the query."""
        fate, harsh = rng.random(), rng.random() < HARSH
        mixed, kind = rng.random() < 0.2, int(rng.random() < 0.5)
        pool = self.of_both if fate < 0.25 else self.of_kind[kind]
        rows = []
        for number in rng.choice(len(pool), shades, replace=False):
            photos = self.shades[pool[number]]
            across = fate < 0.15
            taught_of, asked_of = list(photos[kind].values()), list(photos[1 - kind if across else kind].values())
            order = rng.permutation(len(taught_of))
            chosen = [taught_of[i] for i in order[:taught]]
            chosen.append(asked_of[rng.integers(len(asked_of))] if across else taught_of[order[taught]])
            for of_light in chosen:
                options = of_light[int(rng.random() < 0.5 if mixed else harsh)] or of_light[0] or of_light[1]
                rows.append(options[rng.integers(len(options))])
        return rows


class Embedding(torch.nn.Module):
    def __init__(self):
        super().__init__()
        size = HAIR + SURROUNDINGS
        self.a, self.b = torch.nn.Linear(size, HIDDEN), torch.nn.Linear(HIDDEN, HIDDEN)
        self.c, self.d = torch.nn.Linear(HIDDEN, DIMENSION + 1), torch.nn.Linear(size, DIMENSION + 1, bias=False)
        self.t = torch.nn.Parameter(torch.tensor(2.7))
        # The evidence for none, and the cosine from which a shade has evidence, as in ranking.rs.
        self.none, self.middle = torch.nn.Parameter(torch.tensor(-5.0)), torch.nn.Parameter(torch.tensor(0.75))
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, x):
        """Unit directions, and the logarithm of how reliable each photo is."""
        h = self.drop(F.silu(self.b(self.drop(F.silu(self.a(x))))))
        out = self.c(h) + self.d(x)
        return F.normalize(out[:, :-1], dim=1), 2 * torch.tanh(out[:, -1] / 2)


def doubting(network, x):
    """The directions that Strand uses: the mean of those with and without the surroundings; and the trust of the former."""
    alone = x.clone()
    alone[:, HAIR:] = 0
    e, trust = network(x)
    return F.normalize(e + network(alone)[0], dim=1), trust


def logits(network, x):
    """The evidence for each of the SHADES that are trained, and for none in the last column; and the trust."""
    e, trust = network(x)
    e = e.view(SHADES + STRANGERS, -1, DIMENSION)
    prototypes = F.normalize(e[:SHADES, :-1].mean(1), dim=1)
    trust = trust.view(SHADES + STRANGERS, -1)[:, -1:]
    shades = (network.t + trust).exp() * (e[:, -1] @ prototypes.T - network.middle)
    return torch.cat([shades, network.none.expand(len(shades), 1)], 1), trust


def train(bank, seed=0):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Embedding()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=EPISODES, pct_start=0.05)
    known = torch.arange(SHADES)
    truth = torch.cat([known, torch.full((STRANGERS,), SHADES)])
    start, losses, right = time.time(), [], []
    for episode in range(EPISODES):
        x = bank.x[bank.episode(rng, SHADES + STRANGERS, int(rng.choice([1, 2, 3, 3])))].float()
        # Photos without their surroundings: `white_balance=off`.
        hidden = (torch.rand(len(x), 1) < 0.1).float()
        x = torch.cat([x[:, :HAIR], x[:, HAIR:] * (1 - hidden)], 1)
        answers, trust = logits(network, x)
        among = F.cross_entropy(answers[:SHADES, :-1], known)
        # Training both the temperature and the mean of the trust would be redundant.
        loss = among + OPEN * F.cross_entropy(answers, truth) + 0.1 * trust.mean() ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        right.append((answers[:SHADES, :-1].argmax(1) == known).float().mean().item())
        if episode % 1000 == 999:
            print(f"{episode + 1} episodes, loss {np.mean(losses[-1000:]):.3f}, right {np.mean(right[-1000:]):.3f}, {time.time() - start:.0f} s", flush=True)
    return network.eval()


def save(network, path):
    """bfloat16, rounded to nearest, in the order of shared/signature/src/embedding.rs."""
    state = network.state_dict()
    names = ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias", "d.weight"]
    values = np.concatenate([state[name].float().numpy().ravel() for name in names]).astype("<f4").view("<u4")
    ((values.astype(np.uint64) + 0x7FFF + ((values >> 16) & 1)) >> 16).astype("<u2").tofile(path)


def read(path):
    """The network from such a file."""
    network = Embedding()
    values = torch.from_numpy((np.fromfile(path, "<u2").astype("<u4") << 16).view("<f4").copy())
    state, at = network.state_dict(), 0
    for name in ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias", "d.weight"]:
        count = state[name].numel()
        state[name] = values[at : at + count].view(state[name].shape)
        at += count
    assert at == len(values), "the file is of another network"
    network.load_state_dict(state)
    return network.eval()


if __name__ == "__main__":
    torch.set_num_threads(1)
    np.random.seed(0)
    torch.manual_seed(0)
    save(train(Bank(sys.argv[2:])), sys.argv[1])
