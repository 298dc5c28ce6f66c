#!/usr/bin/env python3
"""Fits the weights of the evidence in shared/learning/src/ranking.rs by maximum likelihood, and reports how
well they do.

    python3 models/shade-embedding/calibrate.py models/shade-embedding/shade-embedding.bf16 FOLDER...

Each FOLDER has donors that the embedding was not trained from, as taken. Each trial trains some shades on a few photos,
then matches one photo of each of them and of shades that were left out. Needs numpy, torch, scipy and scikit-learn, whose
SVM replaces linfa-svm.
"""
import sys

import numpy as np
import torch
from scipy.optimize import brentq, minimize
from sklearn.svm import SVC

from features import HAIR
from train import DIMENSION, STRIDE, doubting, figures, load, read

TRIALS, SIZES, PHOTOS = 96, (5, 15, 40, 80), (1, 2, 3, 4)
# One query in this many shows a shade that the library does not have.
STRANGE_ONE_IN = 100
# The assumed agreement of photos, and the number of shades that this assumption counts as.
USUAL_AGREEMENT, PRIOR_SHADES = 0.8, 2


class Photos:
    """Directions and trust of photos in the light that they were taken in; without their surroundings if `hidden`."""

    def __init__(self, path, folders, hidden=False):
        ids, hair, ground = load(folders)
        keep = (ids[:, 0] >= 0) & (ids[:, 4] == 0)
        self.ids, hair, ground = ids[keep], hair[keep][:, ::STRIDE], ground[keep][:, ::STRIDE]
        with torch.no_grad():
            x = figures(hair, ground).float()
            x[:, HAIR:] *= not hidden
            e, trust = doubting(read(path), x)
            self.e, self.trust = e.numpy(), trust.exp().numpy()
        self.rows = {}
        for row, (shade, _, light, kind) in enumerate(self.ids[:, :4]):
            self.rows.setdefault((kind, light), {}).setdefault(shade, []).append(row)

    def trial(self, kind, light, size, photos, rng):
        """Cosine and decision value of each query for each shade. Unknown shades come last."""
        rows = [r for r in self.rows[kind, light].values() if len(r) > photos]
        size = min(size, len(rows) * 4 // 5)
        strange = max(3, size // 5)
        chosen = [rng.permutation(rows[i])[: photos + 1] for i in rng.permutation(len(rows))[: size + strange]]
        taught, asked = np.array([c[:photos] for c in chosen[:size]]), np.array([c[photos] for c in chosen])
        e = self.e[taught]
        prototypes = e.mean(1)
        # The mean cosine of any two photos of a shade, from the length of their mean.
        agreements = [(photos * (p @ p) - 1) / (photos - 1) for p in prototypes] if photos > 1 else []
        agreement = (sum(agreements) + PRIOR_SHADES * USUAL_AGREEMENT) / (len(agreements) + PRIOR_SHADES)
        prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
        vectors, decision = e.reshape(-1, DIMENSION), np.zeros((len(asked), size))
        for k in range(size):
            own = np.arange(len(vectors)) // photos == k
            decision[:, k] = SVC(C=10, kernel="linear", class_weight="balanced").fit(vectors, own).decision_function(self.e[asked])
        return dict(kind=kind, light=light, photos=photos, size=size, cosine=self.e[asked] @ prototypes.T, decision=decision,
                    trust=self.trust[asked], agreement=agreement)


START = dict(per_cosine=14.0, middle=0.7, per_decision=0.3, power=0.7, few=0.5, per_agreement=2.0, none=2.0)


def evidence(p, t):
    """Log-odds of each shade, with none in the last column."""
    scale = t["trust"][:, None] ** p["power"] * t["photos"] / (t["photos"] + p["few"])
    scale = scale * np.exp(p["per_agreement"] * (t["agreement"] - USUAL_AGREEMENT))
    shades = scale * (p["per_cosine"] * (t["cosine"] - p["middle"]) + p["per_decision"] * t["decision"])
    return np.concatenate([shades, np.full((len(shades), 1), p["none"])], 1)


def fit(trials, fixed=()):
    names = [name for name in START if name not in dict(fixed)]

    def cost(values):
        p = {**START, **dict(fixed), **dict(zip(names, values))}
        total = count = 0
        for t in trials:
            s = evidence(p, t)
            s = s - np.logaddexp.reduce(s, 1, keepdims=True)
            known = np.arange(t["size"])
            weight = t["size"] / (STRANGE_ONE_IN - 1) / (len(s) - t["size"])
            total -= s[known, known].sum() + weight * s[t["size"] :, -1].sum()
            count += t["size"] * STRANGE_ONE_IN / (STRANGE_ONE_IN - 1)
        return total / count

    # In units of their starting values, so that all have the same scale.
    start = np.array([START[name] for name in names])
    found = minimize(lambda x: cost(x * start), np.ones(len(names)), method="L-BFGS-B", options=dict(maxiter=400))
    return {**START, **dict(fixed), **dict(zip(names, found.x * start))}, found.fun


def sharpened(p, trials):
    """The same weights, with all evidence scaled so that the mean score of the first matches is the share of them
    that is right. Maximum likelihood alone is underconfident, because a few confident errors dominate it."""
    scaled = lambda by: {**p, **{name: by * p[name] for name in ("per_cosine", "per_decision", "none")}}

    def timid(by):
        score = right = 0
        for t in trials:
            s = evidence(scaled(by), t)
            odds = np.exp(s - np.logaddexp.reduce(s, 1, keepdims=True))[: t["size"], :-1]
            score, right = score + odds.max(1).sum(), right + (odds.argmax(1) == np.arange(t["size"])).sum()
        return right - score

    return scaled(brentq(timid, 0.3, 3.0))


def report(p, trials, what):
    score, right, three, known, strange = [], [], [], [], []
    for t in trials:
        s = evidence(p, t)
        odds = np.exp(s - np.logaddexp.reduce(s, 1, keepdims=True))[:, :-1]
        order, truth = (-odds).argsort(1), np.arange(t["size"])
        known, strange = known + [*odds[: t["size"]].sum(1)], strange + [*odds[t["size"] :].sum(1)]
        score += [*odds.max(1)[: t["size"]]]
        right += [*(order[: t["size"], 0] == truth)]
        three += [*(order[: t["size"], :3] == truth[:, None]).any(1)]
    score, right = np.array(score), np.array(right, float)
    bins = np.array_split(score.argsort(), 15)
    error = sum(abs(score[b].mean() - right[b].mean()) * len(b) for b in bins) / len(score)
    area = (np.array(known)[:, None] > np.array(strange)[None]).mean()
    print(f"{what:28} top-1 {right.mean():.3f} top-3 {np.mean(three):.3f} score {score.mean():.3f} error {error:.3f} rejection {area:.3f} n {len(score)}")


def trials_of(photos):
    rng = np.random.default_rng(5)
    lots = [(kind, light, size, n) for n in PHOTOS for size in SIZES for light in (0, 1) for kind in (0, 1)]
    return [photos.trial(*lots[i % len(lots)], rng) for i in range(TRIALS)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    trials = trials_of(Photos(sys.argv[1], sys.argv[2:]))
    for fixed in ({}, {"per_decision": 0.0}, {"power": 0.0}, {"few": 0.0}, {"per_agreement": 0.0}):
        p, cost = fit(trials, tuple(fixed.items()))
        p = sharpened(p, trials)
        print(f"\ncost {cost:.4f} " + " ".join(f"{k} {v:.4f}" for k, v in p.items()))
        report(p, trials, "all")
        if not fixed:
            for light in (0, 1):
                for kind in (0, 1):
                    report(p, [t for t in trials if (t["light"], t["kind"]) == (light, kind)], ("everyday ", "harsh ")[light] + ("drawn", "portraits")[kind])
            for n in PHOTOS:
                report(p, [t for t in trials if t["photos"] == n], f"{n} photos")
            for size in SIZES:
                report(p, [t for t in trials if t["size"] == size], f"{size} shades")
            hidden = trials_of(Photos(sys.argv[1], sys.argv[2:], hidden=True))
            for light in (0, 1):
                report(p, [t for t in hidden if t["light"] == light], ("everyday", "harsh")[light] + ", white balance off")
