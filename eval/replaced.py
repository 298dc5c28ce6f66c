#!/usr/bin/env python3
"""Prints the figures of the scheme that Strand replaces as eval/replaced.toml, which the benchmark quotes.

    models/fetch-efficientnet-lite0
    cargo run --release -p strand-eval -- --dump target/dump
    pip install -r eval/requirements.txt
    python3 eval/replaced.py target/dump > eval/replaced.toml

The scheme: the main color is the largest of five k-means clusters of the hair in RGB. Each shade has a linear SVM with Platt
scaling on the backbone's embedding, trained against the photos of all other shades. A shade's score is 0.7 of the SVM's
probability plus 0.3 of the closeness in color. Photos, groups and test photos are those of eval/src/protocol.rs.
"""
import sys
import tomllib
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import sklearn
from joblib import Parallel, delayed
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC

CORE, PALETTE, CLUSTERS = 47, 118, 5
LIGHTS = ("everyday", "harsh")
DRAWN, PORTRAIT, LABELED = range(3)
KINDS = ("swatches and heads", "portraits")
# Photos of each shade of the core, and of each other shade.
PHOTOS, FEW_PHOTOS = 12, 4
# From this size of the library on, one test photo per shade is enough.
LARGE = 1000
BINS, RESAMPLES = 15, 1000


def to_rgb(lab):
    """CIE Lab (D65) to sRGB, 0 to 255."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * (0.95047, 1, 1.08883)
    linear = xyz @ np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]).T
    linear = linear.clip(0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def to_lab(rgb):
    """sRGB, 0 to 255, to CIE Lab (D65)."""
    v = rgb / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]).T
    t = xyz / (0.95047, 1, 1.08883)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def ciede2000(x, y):
    """CIEDE2000 between colors in CIE Lab (Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(x, -1, 0), np.moveaxis(y, -1, 0)
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 1.5 - 0.5 * np.sqrt(c7 / (c7 + 25.0**7))
    a1, a2 = a1 * g, a2 * g
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    gray = c1 * c2 == 0
    dh = np.where(gray, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    h = np.where(gray, h1 + h2, (h1 + dh / 2) % (2 * np.pi))
    l, c = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(h - np.pi / 6) + 0.24 * np.cos(2 * h) + 0.32 * np.cos(3 * h + np.pi / 30) - 0.2 * np.cos(4 * h - np.radians(63))
    turn = np.radians(60) * np.exp(-(((np.degrees(h) - 275) / 25) ** 2))
    rc = 2 * np.sqrt(c**7 / (c**7 + 25.0**7))
    dl = (l2 - l1) / (1 + 0.015 * (l - 50) ** 2 / np.sqrt(20 + (l - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * c)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(dh / 2) / (1 + 0.015 * c * t)
    return np.sqrt(dl**2 + dc**2 + dh**2 - np.sin(turn) * rc * dc * dh)


def main_color(hair):
    """The center of the largest cluster of some hair pixels in CIE Lab."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(CLUSTERS, init="random", n_init=1, random_state=0).fit(to_rgb(hair))
    return to_lab(found.cluster_centers_[np.bincount(found.labels_).argmax()])


def probability(gram, own, tested):
    """An SVM's probability that photos show a shade. `gram` has the scalar products of all photos with the training photos,
    which come first; `own` says which of these show the shade; `tested` names the photos in question."""
    count = len(own)
    svm = SVC(C=1, kernel="precomputed", probability=True, random_state=0).fit(gram[:count], own)
    return svm.predict_proba(gram[tested])[:, 1]


class Photos:
    def __init__(self, folder):
        ids = np.load(folder / "ids.npy")
        keep = np.flatnonzero(ids[:, 4] == 0)
        self.has_hair = ids[keep, 5] > 0
        self.ids = ids[keep]
        self.embedding = np.load(folder / "embedding.npy", mmap_mode="r")[keep].astype(np.float64)
        hair = np.load(folder / "hair.npy", mmap_mode="r")
        # The main color of a photo without hair is never looked at.
        self.color = np.array(Parallel(n_jobs=-1, prefer="threads")(delayed(main_color)(np.array(hair[row, :, :3])) for row in keep))
        self.differences = np.load(folder / "differences.npy")
        self.rows = {(kind, light, shade, photo): row for row, (shade, photo, light, kind) in enumerate(self.ids[:, :4])}

    def scores(self, training, tested):
        """The score of each shade for each tested row; `training` has shades and their rows."""
        trained = np.concatenate([rows for _, rows in training])
        shade = np.concatenate([[shade] * len(rows) for shade, rows in training])
        everything = np.concatenate([trained, tested]).astype(int)
        gram = self.embedding[everything] @ self.embedding[trained].T
        after = np.arange(len(trained), len(everything))
        near = ciede2000(self.color[tested][:, None], self.color[trained][None])
        scores = np.empty((len(tested), len(training)))
        for column, (name, _) in enumerate(training):
            own = shade == name
            scores[:, column] = 0.7 * probability(gram, own, after) + 0.3 / (1 + near[:, own].min(1) / 10)
        return scores

    def fold(self, split, left_out):
        """Answers (shade, first, among three, difference, score) to the test photos of one fold, and the first scores of
        photos of unknown shades."""
        n, start = split["photos"], left_out // (split["photos"] + 1) * (split["photos"] + 1)
        row = lambda kind, shade, photo: self.rows.get((kind, split["light"], shade, photo))
        group = [photo for photo in range(start, start + n + 1) if photo != left_out]
        training = [(s, [r for p in group if (r := row(split["training"], s, p)) is not None]) for s in split["members"]]
        training = [(shade, rows) for shade, rows in training if rows]
        shades = np.array([shade for shade, _ in training])
        known = [(s, row(split["testing"], s, left_out)) for s in split["members"]]
        unknown = [r for s in split["unknown"] if (r := row(split["testing"], s, left_out % FEW_PHOTOS)) is not None]
        tested = [r for _, r in known if r is not None]
        scores = self.scores(training, np.array(tested + unknown, int))
        best, answers = np.argsort(-scores, 1, kind="stable")[:, :3], []
        for shade, r in known:
            if r is None:
                answers.append((shade, False, False, np.inf, 0.0, 0.0))
                continue
            at = tested.index(r)
            first = best[at, 0]
            score = scores[at, first]
            answers.append((shade, shades[first] == shade, shade in shades[best[at]], self.differences[shade, shades[first]], score, score))
        return answers, list(scores[len(tested) :].max(1))

    def run(self, splits):
        """The answers of several splits together."""
        jobs = []
        for split in splits:
            available = PHOTOS if max(split["members"]) < CORE else FEW_PHOTOS
            n = split["photos"]
            jobs += [(split, k) for k in range(min(split["groups"], available // (n + 1)) * (n + 1))[: split["tests"]]]
        outcomes = Parallel(n_jobs=-1, prefer="threads")(delayed(self.fold)(*job) for job in jobs)
        return sum((answers for answers, _ in outcomes), []), sum((unknown for _, unknown in outcomes), [])

    def labeled(self):
        """Whether the color of each labeled portrait comes first when it is left out, and the colors."""
        rows = np.flatnonzero(self.ids[:, 3] == LABELED)
        color, hair = self.ids[rows, 0], self.has_hair[rows]

        def right(left_out):
            if not hair[left_out]:
                return False
            others = [(c, rows[hair & (color == c) & (rows != rows[left_out])]) for c in np.unique(color)]
            others = [(c, of) for c, of in others if len(of)]
            scores = self.scores(others, rows[[left_out]])
            return others[int(scores[0].argmax())][0] == color[left_out]

        found = np.array(Parallel(n_jobs=-1, prefer="threads")(delayed(right)(i) for i in range(len(rows))))
        return found, color


def figures(answers, unknown):
    shade, first, three, difference, score, known = map(np.array, zip(*answers))
    order = np.lexsort((shade, score))
    bins = [order[k * len(order) // BINS : (k + 1) * len(order) // BINS] for k in range(BINS)]
    error = sum(abs(score[b].mean() - first[b].mean()) * len(b) for b in bins if len(b)) / len(order)
    by_shade, rng = [first[shade == s] for s in np.unique(shade)], np.random.default_rng(1)
    draws = rng.integers(len(by_shade), size=(RESAMPLES, len(by_shade)))
    tops = np.sort([np.concatenate([by_shade[k] for k in draw]).mean() for draw in draws])
    result = dict(top_1=first.mean(), low=tops[25], high=tops[975], top_3=three.mean(), difference=np.sort(difference)[len(difference) // 2], calibration_error=error)
    if unknown:
        strange = np.array(unknown)[None]
        result["rejection"] = ((known[:, None] > strange) + 0.5 * (known[:, None] == strange)).mean()
    return result, len(answers)


def tables(photos):
    """Every row: table, light, kind of photos, step, and the splits behind it."""
    core = list(range(CORE))

    def split(light, kind, members, n=3, groups=10**9, tests=10**9, unknown=(), testing=None):
        return dict(light=light, training=kind, testing=kind if testing is None else testing, members=members, photos=n, groups=groups, tests=tests, unknown=unknown)

    for light in range(2):
        unknown = list(range(CORE, PALETTE))
        each = [split(light, kind, core, unknown=unknown) for kind in (DRAWN, PORTRAIT)]
        for name, splits in zip((*KINDS, "all"), ([each[0]], [each[1]], each)):
            yield "core", light, name, 3, splits
        for n in (1, 2, 3, 5, 10):
            yield "by_photos", light, "all", n, [split(light, kind, core, n) for kind in (DRAWN, PORTRAIT)]
        for kind, sizes in ((DRAWN, (5, 20, 47, 118, 200, 1000)), (PORTRAIT, (5, 20, 47, 118))):
            for size in sizes:
                libraries = [list(range(k * size, (k + 1) * size)) for k in range(max(size, PALETTE) // size)]
                tests = 10**9 if size < LARGE else 1
                yield "by_shades", light, KINDS[kind], size, [split(light, kind, m, groups=1, tests=tests) for m in libraries]
        yield "across_kinds", light, "all", 3, [split(light, DRAWN, core, testing=PORTRAIT)]


def main(folder):
    photos = Photos(folder)
    networks = tomllib.loads((folder / "networks.toml").read_text())
    print("# The figures of the scheme that Strand replaces, as eval/replaced.py printed them. The head of that file has the commands.\n")
    print(f'scikit_learn = "{sklearn.__version__}"\nparser = "{networks["parser"]}"\nbackbone = "{networks["backbone"]}"\n')
    found, color = photos.labeled()
    mean = np.mean([found[color == c].mean() for c in np.unique(color)])
    print(f"[labeled]\nright = {found.mean():.4f}\nmean = {mean:.4f}", flush=True)
    for table, light, kind, step, splits in tables(photos):
        values, tests = figures(*photos.run(splits))
        print(f'\n[[rows]]\ntable = "{table}"\nlight = "{LIGHTS[light]}"\nphotos = "{kind}"\nstep = {step}')
        print("".join(f"{name} = {value:.4f}\n" for name, value in values.items()) + f"tests = {tests}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
