"""The CRFs that other programs run on class maps before they train on them: their unary, their settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.settings import CrfBackend, CrfSettings
from dcsm_viewer.core.types import SeedRule, read_only
from dcsm_viewer.engine.crf import (
    Kernel,
    Lattice,
    begin,
    lattice_for,
    lattices_for,
    pairwise_of,
    preview,
    unary_from_labels,
    unary_from_probabilities,
)
from dcsm_viewer.engine.stages.segmentation import MAX_CRF_PIXELS

_FLOOR = 1e-5  # of probabilities, as pydensecrf's unary_from_softmax clips them


def seed_probabilities(
    maps: NDArray[np.float32], rgb: NDArray[np.uint8], rules: Sequence[SeedRule], backend: CrfBackend = "torch"
) -> dict[SeedRule, NDArray[np.float32]]:
    """Run each consumer's own CRF on its class maps.

    An image too large for the CRF is reduced for it, as for the labels.

    Parameters
    ----------
    maps
        float32 (T, H, W) in [0, 1], as the consumer scales them (own maxima). Without maps (T = 0) the background
        has probability 1.
    rgb
        uint8 (H, W, 3).
    rules
        How each consumer's CRF is run.
    backend
        What computes the CRF.

    Returns
    -------
    dict
        By rule: probabilities float32 (T+1, H, W), background first, after the steps of the rule's CRF.
    """
    found: dict[SeedRule, NDArray[np.float32]] = {}
    lattices: dict[Kernel, Lattice] = {}
    for rule in rules:
        unary, settings = _unary(maps, rule), replace(CRF_PRESETS[rule.preset].settings, backend=backend)
        found[rule] = read_only(_probabilities(unary, rgb, settings, lattices))
    return found


def _probabilities(
    unary: Tensor, rgb: NDArray[np.uint8], settings: CrfSettings, lattices: dict[Kernel, Lattice]
) -> NDArray[np.float32]:
    if unary.shape[0] == 1:
        return np.ones(tuple(unary.shape), dtype=np.float32)
    factor = max(1, math.ceil(math.sqrt(rgb.shape[0] * rgb.shape[1] / MAX_CRF_PIXELS)))
    if factor > 1:
        return preview(unary, rgb, settings, factor=factor)

    def cached_lattice(kernel: Kernel) -> Lattice:
        if kernel not in lattices:
            lattices[kernel] = lattice_for(kernel, rgb, unary.device)
        return lattices[kernel]

    if settings.backend == "torch":
        missing = [each.kernel for each in pairwise_of(settings) if each.kernel not in lattices]
        lattices |= dict(zip(missing, lattices_for(missing, rgb, unary.device), strict=True))
    inference = begin(unary, rgb, settings, lattices=cached_lattice)
    inference.advance(settings.iterations)
    return inference.q()


def _unary(maps: NDArray[np.float32], rule: SeedRule) -> Tensor:
    """Energies (T+1, H, W), background first."""
    preset = CRF_PRESETS[rule.preset]
    highest = maps.max(axis=0, keepdims=True) if maps.shape[0] else np.zeros((1, *maps.shape[1:]), np.float32)
    if preset.confidence is None:
        # PSA's infer_cls.py and SEAM's infer_SEAM.py: (1 - max)^alpha beside the maps, not normalised to sum 1.
        background = np.power(1.0 - highest, rule.background, dtype=np.float32)
        return unary_from_probabilities(torch.tensor(np.concatenate([background, maps])), _FLOOR)
    # IRN's cam_to_ir_label.py: the threshold as one more map; where it ties, the first, the background, wins.
    threshold = np.full((1, *maps.shape[1:]), rule.background, dtype=np.float32)
    labels = np.concatenate([threshold, maps]).argmax(axis=0)
    return unary_from_labels(labels, maps.shape[0] + 1, preset.confidence)
