"""Fine-tunes the student on portraits labeled by the teacher and on the composed pictures.

    python train.py --out stage1.pt --steps 3000
    python train.py --out stage2.pt --init stage1.pt --steps 3000 --rate 0.5 --seed 2
    python train.py --out stage5.pt --init hair-parser.onnx --steps 900 --sight 0.7
    python train.py --out stage5.pt --init hair-parser.onnx --steps 30000 --sight 0.7 --device cuda --workers 14

Batches hold portraits (the teacher's soft masks, warped along with the picture) and composed pictures (exact masks,
softened a little by the teacher's output, except those of sight.py). Every batch is augmented anew. The state is saved
every 100 steps. Run the same command again to resume.
"""

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import compose
import data
from net import load_student, load_teacher, student_of

TRUST = 0.88  # share of the exact mask in a composed picture's target; the rest is the teacher's output


class Source(torch.utils.data.Dataset):
    """Endless batches. Seed and step determine the content of a batch (given the same composed pictures)."""

    def __init__(self, side, batch, steps, seed, start=0, share=0.62, view=None, mild=0.0, dye=0.0, sight=0.0):
        self.view, self.mild, self.dye, self.sight = view or side, mild, dye, sight
        self.side, self.batch, self.steps, self.seed, self.start, self.share = side, batch, steps, seed, start, share
        self.shards = None

    def __len__(self):
        return self.steps - self.start

    def open(self):
        self.images, self.masks, self.rows = data.load_cache()
        rows, self.hats = self.rows, data.hats()
        benchmark = set(data.BENCHMARK.read_text().split()) if self.dye else ()
        self.train = [k for k, r in enumerate(rows) if not r["test"] and r["file"] not in benchmark]
        self.shards = {}
        self.rescan()

    def rescan(self):
        for path in sorted(data.WORK.glob("composed_*.npz")):
            if path.name not in self.shards and ".tmp" not in path.name:
                z = np.load(path)
                self.shards[path.name] = (z["images"], z["masks"])
        # the pictures of sight.py are drawn from apart, so that their share does not depend on their number
        self.names = [[n for n in sorted(self.shards) if ("sight" in n) == seen] for seen in (False, True)]

    def example(self, rng):
        """(rgb, mask [h,w,2] hair and skin in 0..255, whether it is a portrait)"""
        names = self.names[int(rng.random() < self.sight)]
        if rng.random() < self.share or not names:
            k = self.train[rng.integers(len(self.train))]
            hair, skin = (np.float32(self.masks[k][..., c]) / 255 for c in (0, 1))
            hair = data.cleaned(hair, skin, self.hats.get(self.rows[k]["file"], ""))
            return np.asarray(self.images[k]), np.uint8(np.stack([hair, skin], -1) * 255), True
        images, masks = self.shards[names[rng.integers(len(names))]]
        k = rng.integers(len(images))
        m = np.float32(masks[k])
        exact, hair, skin = m[..., 0], m[..., 1], m[..., 2]
        if exact.max() == 0:
            hair = hair * 0
        return images[k], np.stack([TRUST * exact + (1 - TRUST) * hair, skin * (1 - exact / 255)], -1).astype(np.uint8), False

    def framed(self, rng, side_h, side_w):
        """One example, moved, rotated, zoomed and recolored into a frame."""
        rgb, mask, portrait = self.example(rng)
        n = rgb.shape[0]
        if portrait and rng.random() < self.dye:
            rgb = compose.dyed(rng, rgb, mask[..., 0])
        if portrait and rng.random() < self.mild:  # unchanged, or almost: the teacher labeled this very picture
            z = np.exp(rng.normal(0, 0.06)) * side_w / n
            m = np.array([[z * rng.choice([-1, 1]), 0, 0], [0, z * side_h / side_w, 0]])
            m[:, 2] = np.array([side_w / 2, side_h / 2]) - m[:, :2] @ np.array([n / 2, n / 2])
            out = cv2.warpAffine(rgb, m, (side_w, side_h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            mask = cv2.warpAffine(mask, m, (side_w, side_h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            return (out * np.exp(rng.normal(0, 0.04))).clip(0, 255).astype(np.uint8), mask
        if not self.dye and rng.random() < 0.28:
            rgb = recolour(rng, rgb, mask[..., 0])
        if rng.random() < 0.07:
            rgb, mask = cut_away(rng, rgb, mask)
        # low zoom: a small person in the frame; high zoom: hair fills it
        zoom = float(np.exp(rng.normal(0.08, 0.33))) if rng.random() < 0.85 else float(rng.uniform(1.5, 3.2))
        stretch = float(np.exp(rng.normal(0, 0.13)))
        angle = float(rng.normal(0, 13)) if rng.random() < 0.93 else float(rng.uniform(-180, 180))
        flip = -1.0 if rng.random() < 0.5 else 1.0
        centre = np.array([n / 2, n / 2])
        if zoom > 1.2:  # center on some hair
            ys, xs = np.nonzero(mask[::8, ::8, 0] > 127)
            if len(ys):
                j = rng.integers(len(ys))
                centre = np.array([xs[j] * 8, ys[j] * 8], np.float64)
        # a side smaller than the view is a window into a frame of that size: cheaper steps at the scale of use
        window = self.view / self.side
        centre = centre + rng.normal(0, 0.07 * n, 2) + rng.uniform(-0.5, 0.5, 2) * n * (1 - 1 / window)
        scale = zoom * side_w / n * window
        a = np.radians(angle)
        m = np.array([[np.cos(a) * scale * flip * stretch, -np.sin(a) * scale], [np.sin(a) * scale * flip, np.cos(a) * scale / stretch * side_h / side_w]])
        m = np.hstack([m, (np.array([side_w / 2, side_h / 2]) - m @ centre)[:, None]])
        fill = rng.random()
        border = cv2.BORDER_REFLECT_101 if fill < 0.4 else cv2.BORDER_REPLICATE if fill < 0.6 else cv2.BORDER_CONSTANT
        value = [int(v) for v in rng.choice([0, 0, 255, 30, 128]).repeat(3)]
        flags = cv2.INTER_LINEAR
        if scale < 0.7:
            rgb = cv2.GaussianBlur(rgb, (0, 0), 0.35 / scale)
        out = cv2.warpAffine(rgb, m, (side_w, side_h), flags=flags, borderMode=border, borderValue=value)
        mask = cv2.warpAffine(mask, m, (side_w, side_h), flags=flags, borderMode=border, borderValue=0)
        return compose.photo(rng, out, 0.4 if rng.random() < 0.4 else 1.0), mask

    def picture(self, rng):
        s, r = self.side, rng.random()
        if r < 0.06:  # before and after, side by side or one above the other
            w = int(s * rng.uniform(0.4, 0.6))
            a, b = self.framed(rng, s, w), self.framed(rng, s, s - w)
            rgb, mask = np.hstack([a[0], b[0]]), np.hstack([a[1], b[1]])
            if rng.random() < 0.3:
                rgb, mask = np.ascontiguousarray(rgb.transpose(1, 0, 2)), np.ascontiguousarray(mask.transpose(1, 0, 2))
        elif r < 0.13:  # a screenshot: bars and some writing
            h = int(s * rng.uniform(0.45, 0.9))
            a = self.framed(rng, h, s)
            rgb, mask = np.zeros((s, s, 3), np.uint8) + np.uint8(rng.choice([0, 0, 0, 18, 255, 240])), np.zeros((s, s, 2), np.uint8)
            top = int(rng.integers(0, s - h + 1))
            rgb[top:top + h], mask[top:top + h] = a
            for _ in range(rng.integers(0, 5)):
                ink = [int(v) for v in rng.integers(0, 256, 1).repeat(3)]
                y = int(rng.integers(6, max(7, top))) if rng.random() < 0.5 else int(rng.integers(min(top + h, s - 1), s))
                cv2.putText(rgb, "".join(chr(c) for c in rng.integers(97, 122, 8)), (int(rng.integers(0, s - 40)), y),
                            cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.25, 0.6)), ink, 1, cv2.LINE_AA)
            if rng.random() < 0.4:
                rgb, mask = np.ascontiguousarray(rgb.transpose(1, 0, 2)), np.ascontiguousarray(mask.transpose(1, 0, 2))
        else:
            rgb, mask = self.framed(rng, s, s)
        return rgb, mask

    def __getitem__(self, index):
        if self.shards is None:
            cv2.setNumThreads(1)
            self.open()
        step = index + self.start
        if step % 60 == 0:
            self.rescan()
        rng = np.random.default_rng([self.seed, step])
        pairs = [self.picture(rng) for _ in range(self.batch)]
        rgb, mask = np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])
        return torch.from_numpy(rgb), torch.from_numpy(mask)


def recolour(rng, rgb, hair):
    """Gives the hair another shade: moves its mean in Lab and keeps its contrast in proportion."""
    a = np.float32(hair)[..., None] / 255
    if a.mean() < 0.01:
        return rgb
    x = compose.lab(rgb)
    mean = (x * a).sum((0, 1)) / a.sum()
    to = compose.shade(rng)
    to[0] = mean[0] + np.clip(to[0] - mean[0], -35, 35)
    ratio = np.clip((to[0] + 12) / (mean[0] + 12), 0.5, 1.7)
    y = (x - mean) * np.array([ratio, 0.9, 0.9], np.float32) + to
    y[..., 0] = y[..., 0].clip(0.5, 99.5)
    return compose.unlab(x * (1 - a) + y * a).astype(np.uint8)


def cut_away(rng, rgb, mask):
    """Covers the face, as people do before they post a picture, with a block, a disc or blur; or cuts off a strip."""
    n = rgb.shape[0]
    ys, xs = np.nonzero(mask[::4, ::4, 1] > 127)
    if len(ys) < 40:
        return rgb, mask
    cy, cx = float(np.median(ys)) * 4, float(np.median(xs)) * 4
    r = max(12.0, float(np.std(xs)) * 4 * rng.uniform(1.0, 1.8))
    a = np.zeros((n, n), np.uint8)
    if rng.random() < 0.5:
        cv2.rectangle(a, (int(cx - r), int(cy - r * 1.2)), (int(cx + r), int(cy + r * 1.2)), 255, -1)
    else:
        cv2.circle(a, (int(cx), int(cy)), int(r * 1.2), 255, -1, cv2.LINE_AA)
    k = np.float32(a)[..., None] / 255
    layer = cv2.GaussianBlur(rgb, (0, 0), n / 25) if rng.random() < 0.3 else np.zeros_like(rgb) + np.uint8(rng.integers(0, 256, 3))
    return (rgb * (1 - k) + layer * k).astype(np.uint8), (mask * (1 - k)).astype(np.uint8)


def ready(rgb):
    mean, std = (torch.from_numpy(t)[:, None, None].to(rgb.device) for t in (data.MEAN, data.STD))
    x = (rgb.permute(0, 3, 1, 2).float() / 255 - mean) / std
    return x.contiguous(memory_format=torch.channels_last)


def loss_of(logits, target):
    """Soft cross entropy for both channels and a soft IoU for the hair, at half the input's size."""
    size = (target.shape[-2] // 2, target.shape[-1] // 2)
    z = F.interpolate(logits, size=size, mode="bilinear", align_corners=True)
    t = F.interpolate(target, size=size, mode="area")
    bce = F.binary_cross_entropy_with_logits(z, t, reduction="none").mean((0, 2, 3))
    p, q = torch.sigmoid(z[:, 0]), t[:, 0]
    both = (p * q).sum((1, 2))
    # a soft IoU that is 1 for a perfect soft answer
    whole = (p * p + q * q - p * q).sum((1, 2))
    iou = ((both + 20) / (whole + 20)).mean()
    return bce[0] + 0.25 * bce[1] + 0.5 * (1 - iou), bce[0].item(), iou.item()


def quick(net, side, folder):
    """IoU and precision on some held-out pictures, to monitor the training."""
    net.eval()
    out = {}
    rows = json.loads((folder / "index.json").read_text())
    for name in sorted({r["set"] for r in rows}):
        some = [r for r in rows if r["set"] == name]
        some = some[:: max(1, len(some) // 48)]
        ious, hit, marked, share = [], 0, 0, []
        for r in some:
            rgb = cv2.resize(data.read_rgb(folder / r["file"]), (side, side), interpolation=cv2.INTER_AREA)
            t = cv2.resize(cv2.imread(str(folder / r["mask"]), 0), (side, side), interpolation=cv2.INTER_AREA) > 127
            with torch.no_grad():
                p = net(ready(torch.from_numpy(rgb[None])))[0, 0].numpy() > 0.5
            share.append(p.mean())
            hit, marked = hit + (p & t).sum(), marked + p.sum()
            if t.mean() > 0.01:
                ious.append((p & t).sum() / (p | t).sum())
        out[name] = f"share {np.mean(share):.4f}" if name == "hairless" else f"iou {np.mean(ious):.3f} prec {hit / max(1, marked):.3f}"
    net.train()
    return out


def mixed(teacher, student, share):
    """Weights between the teacher's and the student's. Both ends and the line between them work. On the line, the
    student keeps its gains and recovers much of what fine-tuning made it forget."""
    return {k: (1 - share) * teacher[k] + share * student[k] for k in teacher}


def arguments():
    a = argparse.ArgumentParser()
    a.add_argument("--out", required=True)
    a.add_argument("--init")
    a.add_argument("--side", type=int, default=384)
    a.add_argument("--view", type=int, help="the size of the frames that the training pictures are windows of")
    a.add_argument("--batch", type=int, default=16)
    a.add_argument("--steps", type=int, default=3000)
    a.add_argument("--rate", type=float, default=1.0)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--device", default="cpu", help="cpu or cuda")
    a.add_argument("--half", action="store_true", help="computes in bfloat16 where the processor has it")
    a.add_argument("--keep", type=float, default=0.997, help="how slowly the running mean follows; 0.99 for a short stage")
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--workers", type=int, default=1, help="processes that make batches; a GPU is fed by a dozen")
    a.add_argument("--share", type=float, default=0.62)
    a.add_argument("--mild", type=float, default=0.0, help="share of the portraits that are hardly augmented")
    a.add_argument("--mix", type=float, default=1.0, help="share of --init in the start; the rest is the teacher")
    a.add_argument("--dye", type=float, default=0.0, help="share of the portraits whose hair is dyed in any shade")
    a.add_argument("--sight", type=float, default=0.0, help="share of the composed pictures that come from sight.py")
    a.add_argument("--minutes", type=float, default=1e9, help="an end by the clock: the rate falls to nothing by then")
    a.add_argument("--eval")
    return a.parse_args()


def started(args):
    """The network that a stage starts from."""
    net = student_of(load_teacher(str(data.TEACHER)))
    if args.init and args.init.endswith(".onnx"):
        net.load_state_dict(load_student(str(data.HERE / args.init)))
    elif args.init:
        net.load_state_dict(mixed(net.state_dict(), torch.load(data.WORK / args.init, map_location="cpu")["mean"], args.mix))
    return net.to(args.device, memory_format=torch.channels_last)


def optimizer(net, rate):
    """The encoder was trained on far more pictures than there are here. It learns more slowly than the decoder, and its
    first layers and its spatial filters stay fixed (which also makes a step on a CPU a third faster)."""
    encoder = ("stem", "b0", "b1", "b2", "b3", "b4", "last")
    for part in (net.stem, net.b0):
        part.requires_grad_(False)
    for name, part in net.named_modules():
        if isinstance(part, torch.nn.Conv2d) and part.groups > 1:
            part.weight.requires_grad_(False)
    free = [(n, p) for n, p in net.named_parameters() if p.requires_grad]
    slow = [p for n, p in free if n.split(".")[0] in encoder]
    fast = [p for n, p in free if n.split(".")[0] not in encoder]
    return torch.optim.AdamW([{"params": slow, "base": 1e-4 * rate}, {"params": fast, "base": 3e-4 * rate}], weight_decay=1e-5)


def step_of(net, opt, mean, rgb, mask, step, rate, args):
    """One step: the loss, the update, and the running mean of the weights."""
    for g in opt.param_groups:
        g["lr"] = g["base"] * rate
    rgb, mask = rgb.to(args.device, non_blocking=True), mask.to(args.device, non_blocking=True)
    with torch.autocast(args.device, torch.bfloat16, enabled=args.half):
        logits = net.logits(ready(rgb))
    loss, bce, iou = loss_of(logits.float(), mask.permute(0, 3, 1, 2).float() / 255)
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    keep = min(args.keep, (step + 1) / (step + 20))
    with torch.no_grad():
        for n, v in net.state_dict().items():
            mean[n].lerp_(v, 1 - keep)
    return bce, iou


def probed(net, mean, side, folder):
    """`quick` with the running mean of the weights."""
    probe = copy.deepcopy(net).cpu()
    probe.load_state_dict(mean)
    return quick(probe, side, folder)


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    out = data.WORK / args.out
    net = started(args)
    opt = optimizer(net, args.rate)
    mean = {k: v.clone() for k, v in net.state_dict().items()}
    start, before = 0, 0.0
    if out.exists():
        state = torch.load(out, map_location=args.device)
        if state["step"] < args.steps:
            net.load_state_dict(state["net"])
            opt.load_state_dict(state["opt"])
            mean, start, before = state["mean"], state["step"], state["seconds"]
    source = Source(args.side, args.batch, args.steps, args.seed, start, args.share, args.view, args.mild, args.dye, args.sight)
    loader = torch.utils.data.DataLoader(source, batch_size=None, shuffle=False, num_workers=args.workers, prefetch_factor=3)
    t0, losses, ious = time.time(), [], []
    for k, (rgb, mask) in enumerate(loader):
        step = start + k
        done = min(1.0, max(step / args.steps, (before + time.time() - t0) / (args.minutes * 60)))
        rate = min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done)) + 0.01
        bce, iou = step_of(net, opt, mean, rgb, mask, step, rate, args)
        losses.append(bce)
        ious.append(iou)
        last = step + 1 == args.steps or done >= 1
        if (step + 1) % 50 == 0:
            print(f"{step + 1} bce {np.mean(losses[-50:]):.4f} soft iou {np.mean(ious[-50:]):.4f} {(time.time() - t0) / (k + 1):.2f} s/step,"
                  f" {time.process_time() / (k + 1):.2f} of the processor", flush=True)
        if (step + 1) % 100 == 0 or last:
            torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "mean": mean, "step": step + 1, "seconds": before + time.time() - t0}, str(out) + ".tmp")
            (data.WORK / (args.out + ".tmp")).rename(out)
        if args.eval and ((step + 1) % 400 == 0 or last) and (Path(args.eval) / "index.json").exists():
            print(step + 1, probed(net, mean, args.view or args.side, Path(args.eval)), flush=True)
        if last:
            break


if __name__ == "__main__":
    sys.exit(main())
