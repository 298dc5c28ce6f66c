"""Makes the small networks of the vision tests, and what numpy says they answer.

    pip install numpy==2.4.6 onnx==1.23.2 pillow==13.0.0
    python make.py

The networks are stand-ins: their outputs have the exact shapes of the real ones, from a few kB. The answers come from
numpy below, written from the definitions (loops and einsum) and sharing nothing with the Rust code or ONNX Runtime:

yolo.onnx, yolo.png     outputs [1, 116, 8400] and [1, 32, 160, 160] as YOLOv8n-seg at 640 px; the hair mask of
                        `photo(640, 360)` for the classes 0 and 7, as 8-bit gray
resnet.onnx, resnet.txt a convolutional classifier, whose pooled features are no output; those of the hair in
                        `photo(300, 260)` under `ellipse`
segmenter.onnx          three maps [1, 3, 32, 32] from an image [1, 3, 64, 64]: 0 the mean of red, green and blue,
                        1 red, 2 green, each in 0..1, the mean of red, and half of that; the tests know its answers without numpy
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = Path(__file__).parent
F32 = np.float32


def photo(width, height):
    """The picture that tests.rs draws by the same formula."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // (width - 1), y * 255 // (height - 1), (7 * x + 13 * y) % 256], -1).astype(np.uint8)


def save(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="strand")
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")


# ---- YOLOv8-seg ----------------------------------------------------------------------------------------------------

COUNT, SIDE, CELLS = 32, 640, 160
# anchor: class, score, box (center x, center y, width, height). The photo is 640x360, so rows 140 to 500 are picture.
ANCHORS = {
    11: (0, 0.90, (200, 300, 180, 150)),
    12: (0, 0.85, (205, 304, 176, 150)),  # overlaps 11 by more than 0.7: dropped
    500: (0, 0.60, (260, 330, 180, 150)),  # overlaps 11 by less: kept
    501: (7, 0.88, (202, 301, 180, 150)),  # as 12, but of another class: kept
    4000: (3, 0.95, (450, 320, 200, 200)),  # a class that is not hair
    6000: (0, 0.24, (450, 320, 200, 200)),  # below the threshold of 0.25
    6001: (0, 0.25, (600, 480, 140, 90)),  # on the threshold, and reaching out of the picture
    8399: (7, 0.30, (33.3, 201.7, 61.1, 90.9)),  # edges between cells
}


def yolo_constants():
    rng = np.random.default_rng(1)
    heads = np.zeros((4 + 80 + COUNT, 8400), F32)
    for anchor, (label, score, box) in ANCHORS.items():
        heads[:4, anchor] = box
        heads[4 + label, anchor] = score
        heads[4 + (label + 1) % 80, anchor] = score / 2  # a second class that must not win
        heads[84:, anchor] = rng.normal(0, 1.2, COUNT)
    where = np.argwhere(heads)
    full = np.concatenate([np.zeros((len(where), 1), int), where], 1)
    # Prototypes of rank one, but for the last, which is the red of the picture in blocks of 4x4 pixels.
    rows = rng.normal(0, 0.8, (1, COUNT - 1, CELLS, 1)).astype(F32)
    rows = np.cumsum(rows, 2).astype(F32) / 4
    columns = np.cos(np.arange(CELLS) / rng.uniform(8, 40, (1, COUNT - 1, 1, 1))).astype(F32)
    return heads, full.astype(np.int64), heads[tuple(where.T)], rows, columns


def make_yolo():
    heads, where, values, rows, columns = yolo_constants()
    save(
        "yolo",
        [
            helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
            helper.make_node("ScatterND", ["zeros", "where", "values"], ["output0"]),
            helper.make_node("Mul", ["rows", "columns"], ["waves"]),
            helper.make_node("AveragePool", ["images"], ["blocks"], kernel_shape=[4, 4], strides=[4, 4]),
            helper.make_node("Gather", ["blocks", "red"], ["picture"], axis=1),
            helper.make_node("Concat", ["waves", "picture"], ["output1"], axis=1),
        ],
        [("images", [1, 3, SIDE, SIDE])],
        [("output0", [1, 116, 8400]), ("output1", [1, COUNT, CELLS, CELLS])],
        {
            "shape": np.array([1, 116, 8400], np.int64),
            "where": where,
            "values": values,
            "rows": rows,
            "columns": columns,
            "red": np.array([0], np.int64),
        },
    )
    picture = np.full((SIDE, SIDE), 114.0)
    picture[140:500] = photo(640, 360)[..., 0]
    blocks = (picture / 255).reshape(CELLS, 4, CELLS, 4).mean((1, 3))
    prototypes = np.concatenate([(rows * columns)[0], blocks[None]])
    Image.fromarray(yolo_mask(heads, prototypes)).save(HERE / "yolo.png", optimize=True)


def yolo_mask(heads, prototypes, classes=(0, 7), threshold=0.25, most_overlap=0.7):
    scores = heads[4:84]
    found = [(a, scores[:, a].argmax(), scores[:, a].max()) for a in range(heads.shape[1])]
    found = [f for f in found if f[2] >= F32(threshold) and f[1] in classes]
    kept = []
    for anchor, label, score in sorted(found, key=lambda f: -f[2]):
        if all(label != other or iou(heads[:4, anchor], heads[:4, k]) <= most_overlap for k, other in kept):
            kept.append((anchor, label))
    assert [a for a, _ in kept] == [11, 501, 500, 8399, 6001], kept
    mask = np.zeros((CELLS, CELLS))
    for anchor, _ in kept:
        cx, cy, w, h = heads[:4, anchor] / 4.0
        one = 1 / (1 + np.exp(-np.einsum("c,chw->hw", heads[84:, anchor], prototypes)))
        y, x = np.mgrid[0:CELLS, 0:CELLS]
        inside = (x >= cx - w / 2) & (x < cx + w / 2) & (y >= cy - h / 2) & (y < cy + h / 2)
        mask = np.maximum(mask, one * inside)
    return np.rint(enlarge(mask[35:125], 4) * 255).astype(np.uint8)


def iou(a, b):
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    common = np.prod(np.maximum(high - low, 0))
    return common / (np.prod(a[2:]) + np.prod(b[2:]) - common)


def enlarge(image, factor):
    """Bilinear, samples at the centers of pixels, edges repeated."""
    for axis in (0, 1):
        size = image.shape[axis]
        at = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
        low = np.minimum(at.astype(int), size - 2)
        part = np.expand_dims(at - low, 1 - axis)
        image = image.take(low, axis) * (1 - part) + image.take(low + 1, axis) * part
    return image


# ---- ResNet --------------------------------------------------------------------------------------------------------

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def ellipse(width, height):
    """A soft ellipse around (150, 130): 255 inside, falling to 0; 204 by 204 pixels are at least 128."""
    y, x = np.mgrid[0:height, 0:width]
    # Squared distance of the pixel's center, in half pixels, which keeps the arithmetic in integers.
    distance = (2 * x + 1 - 300) ** 2 + (2 * y + 1 - 260) ** 2
    return np.clip((204 * 204 - distance) // 64 + 128, 0, 255).astype(np.uint8)


def make_resnet():
    rng = np.random.default_rng(2)
    weights = {
        "w1": rng.normal(0, 0.15, (8, 3, 7, 7)).astype(F32),
        "b1": rng.normal(0, 0.3, 8).astype(F32),
        "w2": rng.normal(0, 0.15, (16, 8, 3, 3)).astype(F32),
        "b2": rng.normal(0, 0.3, 16).astype(F32),
        "w3": rng.normal(0, 1, (16, 5)).astype(F32),
        "b3": rng.normal(0, 1, 5).astype(F32),
    }
    save(
        "resnet",
        [
            helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], strides=[4, 4], pads=[3, 3, 3, 3]),
            helper.make_node("Relu", ["c1"], ["r1"]),
            helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], strides=[2, 2], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", ["c2"], ["r2"]),
            helper.make_node("GlobalAveragePool", ["r2"], ["pool"]),
            helper.make_node("Flatten", ["pool"], ["features"]),
            helper.make_node("Gemm", ["features", "w3", "b3"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"]),
        ],
        [("x", [1, 3, 224, 224])],
        [("scores", [1, 5])],
        weights,
    )
    # 204x204 of hair and a margin of 10 pixels each side make 224x224: nothing is resized.
    part = np.s_[18:242, 38:262]
    assert (ellipse(300, 260) >= 128).any(0).sum() == 204 and (ellipse(300, 260) >= 128).any(1).sum() == 204
    alpha = ellipse(300, 260)[part][..., None].astype(int)
    ground = np.rint(MEAN * 255).astype(int)
    blended = (photo(300, 260)[part].astype(int) * alpha + ground * (255 - alpha) + 127) // 255
    x = ((blended / 255 - MEAN) / STD).transpose(2, 0, 1)
    x = np.maximum(convolve(x, weights["w1"], weights["b1"], 4, 3), 0)
    x = np.maximum(convolve(x, weights["w2"], weights["b2"], 2, 1), 0)
    (HERE / "resnet.txt").write_text("".join(f"{v:.6f}\n" for v in x.mean((1, 2))))


def convolve(x, w, b, stride, pad):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (1, 2))[:, ::stride, ::stride]
    return np.einsum("chwij,ocij->ohw", windows, w.astype(float)) + b[:, None, None]


# ---- segmenter -----------------------------------------------------------------------------------------------------


def make_segmenter():
    weights = np.zeros((3, 3, 2, 2), F32)
    weights[0] = 1 / 12
    weights[1, 0] = weights[2, 1] = 1 / 4
    save(
        "segmenter",
        [
            helper.make_node("Conv", ["image", "w"], ["maps"], strides=[2, 2]),
            helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
            helper.make_node("Conv", ["means", "pick"], ["presence"]),
            helper.make_node("Conv", ["means", "half"], ["covered"]),
        ],
        [("image", [1, 3, 64, 64])],
        [("maps", [1, 3, 32, 32]), ("presence", [1, 1, 1, 1]), ("covered", [1, 1, 1, 1])],
        {"w": weights, "pick": np.array([0, 1, 0], F32).reshape(1, 3, 1, 1), "half": np.array([0, 0.5, 0], F32).reshape(1, 3, 1, 1)},
    )


make_yolo()
make_resnet()
make_segmenter()
