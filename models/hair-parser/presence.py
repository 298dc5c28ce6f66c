"""Fits the judgment whether what the parser marks is hair of a head, and appends it to hair-parser.onnx.

    python presence.py measure PART      # one of MEASURED: the evidence, into the work folder
    python presence.py fit               # fits, appends, prints figures, updates the manifest
    python presence.py cover             # fits and appends the second judgment, whether the head is covered

`photos.py` fetches the photographs. The second output of the network, `presence`, is
a logistic function of what is marked: its share of the picture, how certain it is, and the mean of the encoder's last
features over what is marked and over the picture. So the network itself computes it, and nothing else has to know how. Run this after every training,
because the features change with the weights.

Positives are the portraits without a hat or with long hair below it, crops of them, composed pictures (`compose.py`), textured hair and hairpieces (`sight.py`),
pictures of the tests' renderer, and hair or heads cut out of the first two, on white or in front of other photographs.
Negatives are photographs without people, crops of them, animals and things cut out and pasted on other grounds, drawn
things, the parts of portraits without hair, and portraits whose hair is wholly covered (hats.txt). None of these photographs is one that the parser has learned from
(`sources.py`). A quarter of all sources is held out for the printed figures; the committed judgment is then fitted to all.
"""

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageOps

import compose
import covers
import data
import heads
import sight
import sources

MODEL = data.HERE / "hair-parser.onnx"
MANIFEST = data.HERE.parent / "manifest.toml"
PHOTOS = data.WORK / "photos"
RENDER = os.environ.get("STRAND_RENDER", data.HERE.parents[1] / "target/debug/render")  # cargo build -p strand-tests
SIDE = 480  # of a pasted picture
CELLS = 24  # the encoder's last features have CELLS x CELLS cells
PREFIX = "presence/"
COVER = "cover/"
PENALTY = 100.0  # on the squared weights of standardized evidence; 30 fits the held-out quarter less well

# Packages whose pictures show people, drawings, or nothing but a gradient in these files.
LEFT_OUT = re.compile(r"screenshot|\dx1[49]\d0\.|1622x|_dark|cartoon|symbols|/toys|/space|people|clothes|seasonal|flags|roadsigns|mirror|medical"
                      r"|paintings|lang_|braille|erase_|babyshapes|chronos|clickgame|leftright|world_music|solar|details_"
                      r"|astronaut|camera\.png|logo|tests/|messi|lena|opencv-logo|ela_|text_", re.I)
CUT_OUT = "tuxpaint-stamps"  # transparent around one animal or thing


# ---- the network ---------------------------------------------------------------------------------------------------


def bare(model):
    """Removes an earlier judgment."""
    graph = model.graph
    without(graph, PREFIX)
    without(graph, COVER)
    del graph.output[1:]
    return model


def without(graph, prefix):
    """Removes the nodes and weights whose names begin so."""
    for kept in (graph.node, graph.initializer):
        rest = [x for x in kept if not x.name.startswith(prefix)]
        del kept[:]
        kept.extend(rest)


def with_evidence(model):
    """Adds the nodes that compute the evidence, [1, 3 + 2 * channels], and returns the name of that tensor."""
    graph = model.graph
    features = next(n.input[0] for n in graph.node if n.op_type == "MaxPool")
    masks = graph.output[0].name

    def constant(name, value, kind=np.float32):
        graph.initializer.append(numpy_helper.from_array(np.array(value, kind), PREFIX + name))
        return PREFIX + name

    def node(kind, inputs, name, **options):
        graph.node.append(helper.make_node(kind, inputs, [PREFIX + name], name=PREFIX + name, **options))
        return PREFIX + name

    size = next(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim[2:])
    step = size // CELLS
    hair = node("Gather", [masks, constant("hair_channel", [0], np.int64)], "hair", axis=1)
    above = node("Relu", [node("Sub", [hair, constant("half", 0.5)], "over_half")], "above")
    weight = node("AveragePool", [above], "weight", kernel_shape=[step, step], strides=[step, step])
    places = constant("places", [2, 3], np.int64)
    total = node("ReduceSum", [weight, places], "total", keepdims=0)
    some = node("Add", [total, constant("little", 1e-5)], "some")
    weighted = node("ReduceSum", [node("Mul", [features, weight], "product"), places], "sum", keepdims=0)
    pooled = node("Div", [weighted, some], "pooled")

    def share(threshold, name):
        over = node("Greater", [hair, constant(name + "_threshold", threshold)], name + "_over")
        return node("ReduceMean", [node("Cast", [over], name + "_cast", to=TensorProto.FLOAT)], name, axes=[2, 3], keepdims=0)

    marked, certain = share(0.5, "marked"), share(0.85, "certain")
    more = node("Add", [marked, constant("thousandth", 1e-3)], "more")
    figures = [node("Log", [more], "log_share"), node("Div", [certain, more], "certainty"),
               node("Div", [node("Mul", [total, constant("a_cell", 1 / CELLS**2)], "excess"), more], "confidence")]
    whole = node("ReduceMean", [features], "whole", axes=[2, 3], keepdims=0)
    return node("Concat", figures + [pooled, whole], "evidence", axis=1)


def with_judgment(model, evidence, output, prefix, weights, bias):
    graph = model.graph
    for name, value in (("weights", weights.reshape(-1, 1)), ("bias", np.array([bias]))):
        graph.initializer.append(numpy_helper.from_array(np.float32(value), prefix + name))
    graph.node.append(helper.make_node("Gemm", [evidence, prefix + "weights", prefix + "bias"], [prefix + "logit"], name=prefix + "logit"))
    graph.node.append(helper.make_node("Sigmoid", [prefix + "logit"], [output], name=prefix + "sigmoid"))
    graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, 1]))
    return model


class Measure:
    """A session that answers the evidence of a picture."""

    def __init__(self, model, evidence):
        probe = onnx.ModelProto()
        probe.CopyFrom(model)
        probe.graph.output.append(helper.make_tensor_value_info(evidence, TensorProto.FLOAT, None))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.side = self.session.get_inputs()[0].shape[-1]
        self.evidence = evidence

    def __call__(self, picture):
        picture = Image.fromarray(picture)
        picture.thumbnail((512, 512), Image.HAMMING)  # as Strand does
        x = np.float32(picture.resize((self.side, self.side), Image.BILINEAR)) / 255
        x = ((x - data.MEAN) / data.STD).transpose(2, 0, 1)[None]
        return self.session.run([self.evidence], {self.session.get_inputs()[0].name: x})[0][0]


# ---- the pictures --------------------------------------------------------------------------------------------------


def opened(path):
    picture = Image.open(path)
    picture.draft("RGB", (1200, 1200))
    picture = ImageOps.exif_transpose(picture)
    return picture.reduce(max(1, max(picture.size) // 1000))


def on_white(picture):
    if picture.mode in ("RGBA", "LA", "P"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        picture = white
    return picture.convert("RGB")


def crop(rng, picture, least=0.25):
    w, h = picture.size
    zoom, shape = rng.uniform(least, 1), np.exp(rng.normal(0, 0.25))
    cw, ch = max(16, min(w, int(w * zoom * shape))), max(16, min(h, int(h * zoom / shape)))
    x, y = rng.integers(0, max(w - cw, 0) + 1), rng.integers(0, max(h - ch, 0) + 1)
    picture = picture.crop((x, y, x + cw, y + ch))
    return ImageOps.mirror(picture) if rng.random() < 0.5 else picture


def compressed(rng, picture):
    picture = Image.fromarray(np.asarray(picture).clip(0, 255).astype(np.uint8)).convert("RGB")
    if rng.random() < 0.5:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(rng.integers(55, 95)))
        picture = Image.open(file)
    return np.asarray(picture)


def pasted(rng, thing, grounds, least, most, white):
    """A cut-out on white, on a plain color, or in front of a photograph."""
    thing = thing.crop(thing.getbbox())
    scale = rng.uniform(least, most) * SIDE / max(thing.size)
    thing = thing.resize([max(2, int(v * scale)) for v in thing.size], Image.BICUBIC if scale > 1 else Image.BOX)
    choice = rng.random()
    if choice < white:
        ground = Image.new("RGB", (SIDE, int(SIDE * rng.uniform(0.75, 1.3))), "white")
    elif choice < white + 0.2:
        ground = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in rng.integers(0, 256, 3)))
    else:
        ground = crop(rng, on_white(opened(grounds[rng.integers(len(grounds))])), 0.4)
        ground = ground.resize((SIDE, int(np.clip(SIDE * ground.height / ground.width, 120, 2 * SIDE))))
    place = [int(rng.uniform(-0.15, 0.15) * SIDE + (b - t) / 2) for b, t in zip(ground.size, thing.size)]
    ground.paste(thing, place, thing)
    return compressed(rng, ground)


def cut_out(rng, rgb, alpha):
    alpha = np.where(alpha > 0.25, alpha, 0)
    thing = Image.fromarray(np.dstack([rgb, np.uint8(alpha * 255)]))
    return thing.rotate(rng.uniform(-40, 40), expand=True, resample=Image.BICUBIC) if rng.random() < 0.3 else thing


def held_out(part, source):
    """Whether a source is for the printed figures only."""
    return sources.side(source) == "measure" if part == "photographs" else zlib.crc32(source.encode()) % 4 == 0


def grounds(side="judgment"):
    return [p for p in sorted(PHOTOS.rglob("explore_*")) if not LEFT_OUT.search(p.as_posix()) and sources.side(p.as_posix()) == side]


def photographs():
    """Of photographs without people, and of cut-outs of animals and things: (source, label, picture)."""
    files = sorted(p for p in PHOTOS.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp") and p.stat().st_size > 8_000 and not p.is_symlink())
    files = [p for p in files if not LEFT_OUT.search(p.as_posix()) and sources.side(p.as_posix()) != "parser"]
    behind = {side: grounds(side) for side in ("judgment", "measure")}
    for path in files:
        source = path.relative_to(PHOTOS).as_posix()
        rng = np.random.default_rng(zlib.crc32(source.encode()))
        picture = opened(path)
        if CUT_OUT in source:
            for _ in range(6 if "animals" in source else 2):
                yield source, 0, pasted(rng, picture.convert("RGBA"), behind[sources.side(source)], 0.4, 1.9, 0.3)
        else:
            picture = on_white(picture)
            yield source, 0, np.asarray(picture)
            for _ in range(8 if "animals" in source else 3):
                yield source, 0, compressed(rng, crop(rng, picture))


def square(rng, mask, low, high, fits):
    """The edges of a random square of the picture whose part of the mask satisfies `fits`; None after 20 attempts."""
    side = mask.shape[0]
    for _ in range(20):
        c = int(side * rng.uniform(low, high))
        x, y = rng.integers(0, side - c + 1, 2)
        if fits(mask[y:y + c, x:x + c]):
            return slice(y, y + c), slice(x, x + c)
    return None


def portraits():
    behind, hats, (images, masks, rows) = grounds(), data.hats(), data.load_cache()
    for k, row in enumerate(rows):
        covered = hats.get(row["file"])
        below = covered == "hat" and row["hair"] > 0.12  # long hair shows below the hat
        if k % 4 and covered != "none" and not below and row["hair"] > 0.06:
            continue
        rng, source = np.random.default_rng([5, k]), f"portrait {rows[k]['file']}"
        rgb, hair, skin = np.asarray(images[k]), *np.float32(masks[k]).transpose(2, 0, 1)[:2] / 255
        bald = rows[k].get("hair_color") == "bald" or rows[k]["hair"] < 0.002
        if bald or covered == "none":
            yield source, 0, rgb
        elif rows[k]["hair"] > 0.02 and (below or not covered):
            yield source, 1, rgb
            if part := square(rng, hair, 0.3, 0.9, lambda m: (m > 0.5).mean() > 0.08):
                yield source, 1, compressed(rng, compose.photo(rng, rgb[part].copy(), 0.8))
            if rows[k]["hair"] > 0.1:
                alpha = np.maximum(hair, skin) if rng.random() < 0.4 else hair
                yield source, 1, pasted(rng, cut_out(rng, rgb, alpha), behind, 0.5, 1.05, 0.6)
        if not covered and (part := square(rng, hair, 0.15, 0.5, lambda m: (m > 0.15).mean() < 0.001)):
            yield source, 0, compressed(rng, rgb[part])


def composed():
    behind, bank = grounds(), compose.Bank(test=False)
    for k in range(400):
        rng, source = np.random.default_rng([6, k]), f"composed {k}"
        rgb, mask, kind = compose.make(bank, [91, k])
        if kind in ("bald", "hairless"):
            yield source, 0, compressed(rng, compose.photo(rng, rgb, 0.8))
        elif (mask > 127).mean() > 0.01:
            yield source, 1, compressed(rng, compose.photo(rng, rgb, 0.8))
            if kind in ("back", "covered", "closeup") and (mask > 127).mean() > 0.06:
                yield source, 1, pasted(rng, cut_out(rng, rgb, np.float32(mask) / 255), behind, 0.5, 1.05, 0.6)


def textured():
    """Textured hair, coverings, hairpieces, and things as sight.py draws them, from other seeds, coils and photographs
    than the parser's. A head that shows almost no hair says nothing either way."""
    world = sight.World("judgment")
    for k in range(900):
        rgb, mask, kind = world.make([64, k], "piece" if k % 4 == 0 else None)
        share = (mask > 127).mean()
        if share > 0.01 or share == 0:
            yield f"textured {k}", int(share > 0), compressed(np.random.default_rng([65, k]), compose.photo(np.random.default_rng([66, k]), rgb, 0.8))


def drawn():
    """What the tests' renderer draws: hair in every view, on plain and on cluttered grounds, and bald heads."""
    shades = ["1", "2", "4", "6", "8", "10", "12", "16", "22", "24", "60A", "613", "130", "33", "6/27", "2BT6"]
    views = ["closeup", "swatch", "back", "figure", "closeup", "swatch", "figure", "bald"]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, 161):
            file, view = Path(folder) / f"{seed}.jpg", views[seed % len(views)]
            options = {"shade": shades[seed // 2 % len(shades)], "view": view, "seed": 5000 + seed, "size": 512, "out": file,
                       "ground": ["plain", "cluttered"][seed // 3 % 2], "light": ["everyday", "harsh"][seed // 5 % 2]}
            subprocess.run([RENDER] + [f"--{name}={value}" for name, value in options.items()], check=True, capture_output=True)
            yield f"drawn {seed}", int(view != "bald"), data.read_rgb(file)


def coverings():
    """Heads with and without a hat, a scarf or a hood: (source, whether it is covered, picture). Portraits, crops of them, and
    what is drawn over or beside them."""
    behind, hats, (images, masks, rows) = grounds(), data.hats(), data.load_cache()
    for k, row in enumerate(rows):
        rng, rgb, covered = np.random.default_rng([67, k]), np.asarray(images[k]), row["file"] in hats
        if row["hair"] < 0.01 and not covered:
            continue
        yield row["file"], int(covered), rgb
        for _ in range(2 if covered else k % 2):
            yield row["file"], int(covered), compressed(rng, crop(rng, Image.fromarray(rgb), 0.5))
        if covered or k % 4 == 0:
            hair, skin = np.float32(masks[k]).transpose(2, 0, 1)[:2] / 255
            yield row["file"], int(covered), pasted(rng, cut_out(rng, rgb, np.maximum(hair, skin)), behind, 0.5, 1.05, 0.6)
    bank, tiles = compose.Bank(test=False), np.array(sight.TILES["judgment"])
    drawn = [(1, covers.veiled), (1, covers.crowned), (1, covers.covered_back), (0, heads.coily_portrait), (0, heads.afro_back),
             (0, heads.roped_portrait), (0, heads.roped_back), (0, heads.gray_portrait), (0, heads.short_portrait), (0, heads.filled)]
    for k in range(600):
        rng = np.random.default_rng([68, k])
        covered, maker = drawn[k % len(drawn)]
        picture, _ = maker(bank, rng, tiles)
        yield f"drawn {k}", covered, compressed(rng, compose.photo(rng, picture.clip(0, 255).astype(np.uint8), 0.8))
    for source, label, picture in composed():
        if label == 1:
            yield source, 0, picture


# ---- the fit -------------------------------------------------------------------------------------------------------


def logistic(x, y):
    """Weights and bias of a logistic function with a quadratic penalty, both classes weighing the same (Newton's method)."""
    x = np.hstack([x, np.ones((len(x), 1))])
    share = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    penalty = np.full(x.shape[1], PENALTY)
    penalty[-1] = 0
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve((x * (share * p * (1 - p))[:, None]).T @ x + np.diag(penalty + 1e-9), x.T @ (share * (y - p)) - penalty * w)
        w += step
        if np.abs(step).max() < 1e-6:
            break
    return w[:-1], w[-1]


def fitted(x, y):
    """The same for evidence as measured."""
    mean, spread = x.mean(0), x.std(0) + 1e-3
    weights, bias = logistic((x - mean) / spread, y)
    return weights / spread, bias - float((mean / spread) @ weights)


def report(y, p, marked):
    for title, chosen in (("hair", y == 1), ("no hair", y == 0)):
        shown = p[chosen & marked]
        print(f"  held out, {title}: {chosen.sum()} pictures, {np.mean(p[chosen] * marked[chosen] >= 0.5):.3f} at 0.5 or more,"
              f" {np.mean(marked[chosen]):.3f} marked at all; of those median {np.median(shown):.3f}")


def by_part(parts, y, p, apart):
    """The held-out figures of each part: how many of its pictures with and without hair have 0.5 or more."""
    part = np.concatenate([[name] * len(x["names"]) for name, x in zip(PARTS, parts)])
    for name in PARTS:
        cells = [f"{title} n {chosen.sum():4} {np.mean(p[chosen] >= 0.5):.3f}" for title, label in (("hair", 1), ("no hair", 0))
                 if (chosen := apart & (part == name) & (y == label)).any()]
        print(f"    {name:12}", "  ".join(cells))


def measure(part):
    model = bare(onnx.load(MODEL))
    probe, names, labels, rows = Measure(model, with_evidence(model)), [], [], []
    for source, label, picture in MEASURED[part]():
        names.append(source)
        labels.append(label)
        rows.append(probe(picture))
        if len(rows) % 200 == 0:
            print(part, len(rows), flush=True)
    np.savez(data.WORK / f"presence_{part}.npz", names=names, labels=labels, evidence=np.array(rows))


def fit():
    parts = [np.load(data.WORK / f"presence_{part}.npz") for part in PARTS]
    names, y, x = (np.concatenate([p[field] for p in parts]) for field in ("names", "labels", "evidence"))
    marked = x[:, 0] > np.log(2e-3)  # a thousandth of the picture
    apart = np.concatenate([[held_out(part, name) for name in p["names"]] for part, p in zip(PARTS, parts)])
    weights, bias = fitted(np.float64(x[marked & ~apart]), y[marked & ~apart])
    p = 1 / (1 + np.exp(-(x @ weights + bias)))
    report(y[apart], p[apart], marked[apart])
    by_part(parts, y, p * marked, apart)
    weights, bias = fitted(np.float64(x[marked]), y[marked])  # the committed one, on all pictures
    model = bare(onnx.load(MODEL))
    save(with_judgment(model, with_evidence(model), "presence", PREFIX, weights, bias))


def cover():
    """Fits whether a head is covered, to the evidence of `measure coverings`."""
    z = np.load(data.WORK / "presence_coverings.npz")
    marked = z["evidence"][:, 0] > np.log(2e-3)
    names, y, x = z["names"][marked], z["labels"][marked], np.float64(z["evidence"][marked])
    apart = np.array([held_out("coverings", name) for name in names])
    weights, bias = fitted(x[~apart], y[~apart])
    p = 1 / (1 + np.exp(-(x @ weights + bias)))
    for title, chosen in (("covered", y == 1), ("not covered", y == 0)):
        for kind, of_kind in (("portraits", np.char.endswith(names, ".jpg")), ("drawn", ~np.char.endswith(names, ".jpg"))):
            shown = p[apart & chosen & of_kind]
            print(f"  held out, {title}, {kind}: {len(shown)} pictures,", ", ".join(f"{np.mean(shown >= t):.3f} at {t} or more" for t in (0.5, 0.8, 0.9)))
    weights, bias = fitted(x, y)
    model = onnx.load(MODEL)
    without(model.graph, COVER)
    del model.graph.output[2:]
    save(with_judgment(model, PREFIX + "evidence", "covered", COVER, weights, bias))


def save(model):
    """Writes the model, and its size and checksum into the manifest."""
    onnx.save(model, MODEL)
    onnx.checker.check_model(str(MODEL))
    blob, text = MODEL.read_bytes(), MANIFEST.read_text()
    at = text.index('name = "hair-parser"')
    entry = re.sub(r'sha256 = "\w+"\nsize = \d+', f'sha256 = "{hashlib.sha256(blob).hexdigest()}"\nsize = {len(blob)}', text[at:], count=1)
    MANIFEST.write_text(text[:at] + entry)
    print(f"{MODEL.name} {len(blob)} bytes")


PARTS = {"photographs": photographs, "portraits": portraits, "composed": composed, "textured": textured, "drawn": drawn}
MEASURED = PARTS | {"coverings": coverings}


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="what", required=True)
    sub.add_parser("measure").add_argument("part", choices=list(MEASURED))
    sub.add_parser("fit")
    sub.add_parser("cover")
    args = parser.parse_args()
    {"measure": lambda: measure(args.part), "fit": fit, "cover": cover}[args.what]()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
