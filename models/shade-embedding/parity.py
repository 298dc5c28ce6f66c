#!/usr/bin/env python3
"""Checks that Python measures photos as Strand does (`make test-embedding`).

    models/shade-embedding/parity.py models/shade-embedding/shade-embedding.bf16 FOLDER

FOLDER comes from `eval --dump` or `eval --donors`. For each photo, this compares Strand's direction with the one
that Python computes from the 512 pixels that Strand dumped. It fails if the median cosine is lower than the missing
pixels explain. Needs numpy and torch.
"""
import sys

import numpy as np
import torch

from train import doubting, figures, load, read

LEAST_MEDIAN = 0.99

weights, folder = sys.argv[1:]
_, hair, ground = load([folder])
given = np.load(f"{folder}/descriptor.npy")
there = np.linalg.norm(given, axis=1) > 0
with torch.no_grad():
    here = doubting(read(weights), figures(hair[there], ground[there]).float())[0].numpy()
given = given[there] / np.linalg.norm(given[there], axis=1, keepdims=True)
cosines = np.sort((here * given).sum(1))
middle = cosines[len(cosines) // 2]
print(f"{len(cosines)} photos: cosine least {cosines[0]:.3f}, 1 in 20 below {cosines[len(cosines) // 20]:.3f}, median {middle:.4f}")
if middle < LEAST_MEDIAN:
    sys.exit(f"Python and Strand measure photos differently, or {weights} is not what Strand had.")
