"""The student network: the teacher's PAN on MobileNetV3-small, rebuilt in torch so that it can be fine-tuned.

The layers are in the order in which the teacher's ONNX lists its convolutions (with batch norms already folded), so
`load_teacher` can copy the weights one convolution after the other.
"""

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import numpy_helper


class Conv(nn.Conv2d):
    """A convolution with "same" padding; with stride 2 the odd pixel of padding goes to the right and the bottom,
    as in the TensorFlow weights that the encoder came from."""

    def __init__(self, cin, cout, kernel=1, stride=1, groups=1, dilation=1):
        super().__init__(cin, cout, kernel, stride, 0, dilation, groups)
        total = dilation * (kernel - 1) + 1 - stride if stride > 1 else dilation * (kernel - 1)
        if stride == 1 or total % 2 == 0:
            self.padding, self.extra = (total // 2, total // 2), 0
        else:
            self.padding, self.extra = (total // 2, total // 2), 1

    def forward(self, x):
        if not self.extra:
            return super().forward(x)
        low = self.padding[0]
        x = F.pad(x, (low, low + 1, low, low + 1))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class Squeeze(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.reduce, self.expand = Conv(channels, reduced), Conv(reduced, channels)

    def forward(self, x):
        gate = self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1))))
        return x * F.hardsigmoid(gate)


class Block(nn.Module):
    """An inverted residual: widen (unless it is the first), depthwise, squeeze and excite, narrow."""

    def __init__(self, cin, mid, cout, kernel, stride=1, squeeze=0, act="hs", dilation=1, widen=True):
        super().__init__()
        self.widen = Conv(cin, mid) if widen else None
        self.depth = Conv(mid, mid, kernel, stride, mid, dilation)
        self.squeeze = Squeeze(mid, squeeze) if squeeze else None
        self.narrow = Conv(mid, cout)
        self.act = F.hardswish if act == "hs" else F.relu
        self.residual = widen and stride == 1 and cin == cout

    def forward(self, x):
        y = self.act(self.widen(x)) if self.widen is not None else x
        y = self.act(self.depth(y))
        if self.squeeze is not None:
            y = self.squeeze(y)
        y = self.narrow(y)
        return x + y if self.residual else y


def resize(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class Gate(nn.Module):
    """PAN's global attention upsample: a skip connection weighted by the deeper level."""

    def __init__(self, skip, width):
        super().__init__()
        self.skip, self.gate = Conv(skip, width, 3), Conv(width, width)

    def forward(self, skip, deep):
        up = resize(deep, skip.shape[-2:]) if deep.shape[-2:] != skip.shape[-2:] else deep
        return up + F.relu(self.skip(skip)) * torch.sigmoid(self.gate(F.adaptive_avg_pool2d(deep, 1)))


class Pyramid(nn.Module):
    """PAN's feature pyramid attention on the deepest features."""

    def __init__(self, cin, width):
        super().__init__()
        self.whole, self.mid = Conv(cin, width), Conv(cin, width)
        self.down1, self.down2 = Conv(cin, 1, 7), Conv(1, 1, 5)
        self.down3a, self.down3b = Conv(1, 1, 3), Conv(1, 1, 3)
        self.up2, self.up1 = Conv(1, 1, 5), Conv(1, 1, 7)

    def forward(self, x):
        whole = F.relu(self.whole(F.adaptive_avg_pool2d(x, 1)))
        mid = F.relu(self.mid(x))
        # 576 channels to one with 7 x 7 taps: as a depthwise convolution and a sum. The result is the same, and in
        # runtimes that arrange channels in blocks of 16 it is four times as fast.
        w = self.down1.weight
        d1 = F.conv2d(F.max_pool2d(x, 2), w.transpose(0, 1), None, 1, 3, 1, w.shape[1]).sum(1, keepdim=True)
        d1 = F.relu(d1 + self.down1.bias[:, None, None])
        d2 = F.relu(self.down2(F.max_pool2d(d1, 2)))
        d3 = F.relu(self.down3b(F.relu(self.down3a(F.max_pool2d(d2, 2)))))
        u = resize(d3, d2.shape[-2:]) + F.relu(self.up2(d2))
        u = resize(u, d1.shape[-2:]) + F.relu(self.up1(d1))
        return resize(u, x.shape[-2:]) * mid + whole


class Parser(nn.Module):
    def __init__(self, classes=3, width=32):
        super().__init__()
        self.stem = Conv(3, 16, 3, 2)
        self.b0 = Block(16, 16, 16, 3, 2, 8, "relu", widen=False)
        self.b1 = nn.Sequential(Block(16, 72, 24, 3, 2, act="relu"), Block(24, 88, 24, 3, act="relu"))
        self.b2 = nn.Sequential(Block(24, 96, 40, 5, 2, 24), Block(40, 240, 40, 5, squeeze=64), Block(40, 240, 40, 5, squeeze=64))
        self.b3 = nn.Sequential(Block(40, 120, 48, 5, squeeze=32), Block(48, 144, 48, 5, squeeze=40))
        self.b4 = nn.Sequential(Block(48, 288, 96, 5, squeeze=72, dilation=2),
                                Block(96, 576, 96, 5, squeeze=144, dilation=2),
                                Block(96, 576, 96, 5, squeeze=144, dilation=2))
        self.last = Conv(96, 576)
        self.pyramid = Pyramid(576, width)
        self.gate3, self.gate2, self.gate1 = Gate(48, width), Gate(24, width), Gate(16, width)
        self.head = Conv(width, classes, 3)

    def logits(self, x):
        """Logits at a quarter of the input's size."""
        f1 = self.b0(F.hardswish(self.stem(x)))
        f2 = self.b1(f1)
        f3 = self.b3(self.b2(f2))
        f4 = F.hardswish(self.last(self.b4(f3)))
        y = self.gate3(f3, self.pyramid(f4))
        return self.head(self.gate1(f1, self.gate2(f2, y)))

    def forward(self, x):
        """Probabilities at the input's size."""
        z = self.logits(x)
        return torch.sigmoid(spread(x.shape[-2], z.shape[-2]) @ z @ spread(x.shape[-1], z.shape[-1]).T)


def spread(large, small):
    """Bilinear interpolation (corners aligned) as a matrix. For two channels this is faster than a resize node."""
    return resize(torch.eye(small)[None, None], (large, small))[0, 0]


def load_teacher(path):
    """The teacher as a torch module; channels skin, clothes, hair."""
    graph = onnx.load(path).graph
    tensors = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    convs = [(tensors[n.input[1]], tensors[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    net = Parser()
    mine = [m for m in net.modules() if isinstance(m, Conv)]
    # The graph lists the pyramid's convolutions in the order of execution, which is also the order used above.
    assert len(mine) == len(convs), (len(mine), len(convs))
    with torch.no_grad():
        for m, (w, b) in zip(mine, convs):
            assert m.weight.shape == w.shape, (m.weight.shape, w.shape)
            m.weight.copy_(torch.from_numpy(np.array(w)))
            m.bias.copy_(torch.from_numpy(np.array(b)))
    return net


def load_student(path):
    """The weights of an exported student, as a torch state."""
    own = [i for i in onnx.load(path).graph.initializer if not i.name.startswith("presence/")]  # not the judgment's
    tensors = {i.name.removesuffix(".half"): torch.from_numpy(numpy_helper.to_array(i).astype(np.float32)) for i in own}
    # The export folded these into the shapes that the pyramid uses, so their names are lost.
    find = lambda shape: next(t for t in tensors.values() if t.shape == shape)
    folded = {"pyramid.down1.weight": find((576, 1, 7, 7)).transpose(0, 1), "pyramid.down1.bias": find((1, 1, 1)).reshape(1)}
    return {name: (folded | tensors)[name] for name in Parser(classes=2).state_dict()}


def student_of(teacher):
    """A student that starts as the teacher, with the two outputs that the product may use: hair, then skin."""
    net = Parser(classes=2)
    own = teacher.state_dict()
    own["head.weight"], own["head.bias"] = own["head.weight"][[2, 0]], own["head.bias"][[2, 0]]
    net.load_state_dict(own)
    return net
