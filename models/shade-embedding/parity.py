#!/usr/bin/env python3
"""Whether Python measures photos as the crate does: the cosine between the directions that the crate gave to the photos of
a dump (`eval --dump FOLDER`, or `--donors`) and those computed here from the 512 pixels that it kept of each. Fails where
half of them are further apart than pixels left out explain.

    python3 models/shade-embedding/parity.py models/shade-embedding/shade-embedding.bf16 FOLDER

Needs numpy, torch, and what calibrate.py needs.
"""
import sys

import numpy as np
import torch

from calibrate import read
from train import figures, load

LEAST_MEDIAN = 0.99

weights, folder = sys.argv[1:]
_, hair, ground = load([folder])
given = np.load(f"{folder}/descriptor.npy")
there = np.linalg.norm(given, axis=1) > 0
with torch.no_grad():
    here = read(weights)(figures(hair[there], ground[there]).float())[0].numpy()
given = given[there] / np.linalg.norm(given[there], axis=1, keepdims=True)
cosines = np.sort((here * given).sum(1))
middle = cosines[len(cosines) // 2]
print(f"{len(cosines)} photos: cosine least {cosines[0]:.3f}, 1 in 20 below {cosines[len(cosines) // 20]:.3f}, median {middle:.4f}")
if middle < LEAST_MEDIAN:
    sys.exit(f"Python and the crate measure photos differently, or {weights} is not what the crate had.")
