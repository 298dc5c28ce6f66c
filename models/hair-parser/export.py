"""Writes hair-parser.onnx from a trained state and checks it against torch.

    python export.py --state stage2.pt

Batch norms were already folded in the teacher's export. The weights are stored as fp16, each followed by a Cast to fp32
that ONNX Runtime folds when it loads the model: half the bytes, the same speed.
"""

import argparse
import hashlib
import sys
import time
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import data
from net import load_student, load_teacher, student_of
from train import mixed

warnings.filterwarnings("ignore")


def fold(model):
    """Moves constants from nodes to initializers, and paddings into the convolutions that follow them."""
    graph = model.graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pads = {n.output[0]: n for n in graph.node if n.op_type == "Pad"}
    gone = []
    for conv in graph.node:
        if conv.op_type == "Conv" and conv.input[0] in pads:
            pad = pads[conv.input[0]]
            p = [int(v) for v in values[pad.input[1]]]
            own = next(a for a in conv.attribute if a.name == "pads")
            own.ints[:] = [a + b for a, b in zip(own.ints, [p[2], p[3], p[6], p[7]])]
            conv.input[0] = pad.input[0]
            gone.append(pad)
    for node in gone:
        graph.node.remove(node)
    for other in [o for o in model.opset_import if o.domain]:  # ONNX Runtime lists its own domains, which are unused
        model.opset_import.remove(other)
    used = {i for n in graph.node for i in n.input}
    for t in [t for t in graph.initializer if t.name not in used]:
        graph.initializer.remove(t)
    return model


def simplify(path):
    """Applies ONNX Runtime's basic rewrites. Every shape is fixed, so shape computations become constants."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = path + ".basic"
    options.log_severity_level = 3
    ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return onnx.load(path + ".basic")


def halve(model):
    graph = model.graph
    casts, kept = [], []
    for t in graph.initializer:
        x = numpy_helper.to_array(t)
        if t.data_type == TensorProto.FLOAT and x.size > 16:
            half = numpy_helper.from_array(x.astype(np.float16), t.name + ".half")
            casts.append(helper.make_node("Cast", [half.name], [t.name], name=t.name + ".cast", to=TensorProto.FLOAT))
            kept.append(half)
        else:
            kept.append(t)
    nodes = casts + list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    del graph.value_info[:]
    return model


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--state", required=True)
    a.add_argument("--mix", type=float, default=1.0, help="share of the state in the weights; the rest is --base")
    a.add_argument("--base", help="the other end of that line: an exported student; else it is the teacher")
    a.add_argument("--bias", type=float, default=0.0, help="added to the logit of hair: above 0, more is marked")
    a.add_argument("--side", type=int, default=384)
    a.add_argument("--out", default=str(data.HERE / "hair-parser.onnx"))
    args = a.parse_args()
    net = student_of(load_teacher(str(data.TEACHER)))
    base = load_student(args.base) if args.base else net.state_dict()
    net.load_state_dict(mixed(base, torch.load(data.WORK / args.state, map_location="cpu")["mean"], args.mix))
    with torch.no_grad():
        net.head.bias[0] += args.bias
    net.eval()
    temp = str(data.WORK / "full.onnx")
    torch.onnx.export(net, torch.zeros(1, 3, args.side, args.side), temp, input_names=["image"], output_names=["masks"],
                      opset_version=17, dynamo=False, do_constant_folding=True)
    model = halve(fold(simplify(temp)))
    model.producer_name, model.producer_version, model.doc_string = "strand", "1", ""
    model.graph.name, model.graph.doc_string = "hair-parser", ""
    for node in model.graph.node:
        node.doc_string = ""
    for key, value in {"input": f"[1,3,{args.side},{args.side}] RGB scaled to 0..1, then ImageNet mean and std",
                       "output": "probabilities; channel 0 hair, 1 skin", "licence": "Apache-2.0; see NOTICE"}.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    onnx.save(model, args.out)
    blob = open(args.out, "rb").read()
    start = time.perf_counter()
    parser = data.Onnx(args.out)
    ready = time.perf_counter() - start
    x = torch.randn(1, 3, args.side, args.side)
    with torch.no_grad():
        want = net(x).numpy()
    got = parser.session.run(None, {"image": x.numpy()})[0]
    print(f"{args.out.split('/')[-1]} {len(blob)} bytes sha256 {hashlib.sha256(blob).hexdigest()}")
    print(f"largest difference from torch {np.abs(want - got).max():.5f}, session ready in {ready * 1e3:.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
