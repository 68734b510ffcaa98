"""Energies per pixel and label, from whatever says how likely each label is."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.mkl_warm_up import warm_up_mkl

MapsLike = Tensor | NDArray[np.floating]

_LEVELS = (0.01, 0.99)  # as far as a level may follow a map: at 0 or 1 nothing would be left to weigh


def unary_from_class_maps(
    class_maps: MapsLike, floor: float, *, background: float = 0.5, follows: float = 0.0, sharpness: float = 1.0
) -> Tensor:
    """Compute -log of background and class maps, background first (docs/method.md 7).

    The background is 1 - max over c. That is method.md's p_bg = 1 - F_tanh: tanh rises, so the largest tanh'd map is
    the tanh of the largest map. Without the final tanh the same rule holds for the plain maps. Pixels are not
    normalised to sum 1: softmax would not notice. Before that maps become probabilities: logit p = sharpness (logit Q -
    logit level), so that p is 1/2 where a map is at its level. The level of class c is (1 - follows) background +
    follows m_c, m_c being the sum of Q^2 over that of Q: the mean of the map, each pixel as heavy as it is bright. A
    map that is 1 on a head and 0.4 on the body has a lower one than a map that is 1 on both. At 0.5, 0 and 1 maps stay
    as they are.

    Parameters
    ----------
    class_maps
        (T, H, W), Q^c / max Q^c in [0, 1]; T = 0 gives one label, the background, everywhere.
    floor
        Least probability; energies are at most -log(floor).
    background
        The level, in (0, 1).
    follows
        How far each map moves its level to its own weighted mean, in [0, 1].
    sharpness
        The power of the odds.

    Returns
    -------
    Tensor
        float32 (T+1, H, W), nats.
    """
    maps = _probabilities(class_maps, "class maps")
    maps = _shifted(maps, _levels(maps, background, follows), sharpness)
    highest = maps.amax(0, keepdim=True) if maps.shape[0] else maps.new_zeros(1, *maps.shape[1:])
    return _energies(torch.cat((1.0 - highest, maps)), floor)


def unary_from_probabilities(probabilities: MapsLike, floor: float, *, confidence: float = 1.0) -> Tensor:
    """Compute -log of probabilities.

    Parameters
    ----------
    probabilities
        (L, H, W) in [0, 1].
    floor
        Least probability; energies are at most -log(floor).
    confidence
        In (0, 1], mixes them with the uniform distribution: confidence * p + (1 - confidence) / L.

    Returns
    -------
    Tensor
        float32 (L, H, W), nats.
    """
    given = _probabilities(probabilities, "probabilities")
    if not 0 < confidence <= 1:
        raise UserError(f"The unary's confidence is {confidence:g}; it must be above 0 and at most 1.")
    return _energies(given * confidence + (1.0 - confidence) / given.shape[0], floor)


def unary_from_labels(labels: NDArray[np.integer], n: int, confidence: float, *, unsure: int | None = None) -> Tensor:
    """Compute energies of labels that are right with some probability; every other label shares what is left.

    Parameters
    ----------
    labels
        (H, W) in 0..n-1.
    n
        How many labels there are; with one all energies are 0.
    confidence
        Probability that a label is right.
    unsure
        Pixels of this value (255 in VOC) could be anything: all labels cost the same there.

    Returns
    -------
    Tensor
        float32 (n, H, W), nats.
    """
    if not 0 < confidence < 1:
        raise UserError(f"The labels' confidence is {confidence:g}; it must lie between 0 and 1, both excluded.")
    given = torch.from_numpy(labels.astype(np.int64))
    if n == 1:
        return torch.zeros(1, *given.shape)
    known = torch.ones_like(given, dtype=torch.bool) if unsure is None else given != unsure
    if bool(((given < 0) | (given >= n))[known].any()):
        raise UserError(
            f"The labels reach from {int(given[known].min())} to {int(given[known].max())}, not 0 to {n - 1}."
        )
    energies = torch.full((n, *given.shape), -math.log((1.0 - confidence) / (n - 1)))
    energies.scatter_(0, torch.where(known, given, 0)[None], -math.log(confidence))
    energies.masked_fill_(~known, math.log(n))
    return energies


def _probabilities(maps: MapsLike, name: str) -> Tensor:
    given = maps if isinstance(maps, Tensor) else torch.tensor(maps)
    given = given.detach().to(torch.float32)
    if given.ndim != 3:
        raise UserError(f"The {name} have shape {tuple(given.shape)}; they must be (classes, height, width).")
    # Written so that NaN, which compares false with everything, is refused too.
    if not bool(((given >= -1e-4) & (given <= 1.0 + 1e-4)).all()):
        raise UserError(f"The {name} leave [0, 1] or are not finite; divide each map by its maximum first.")
    return given


def _levels(maps: Tensor, background: float, follows: float) -> Tensor | None:
    """The value (T, 1, 1) at which each map is worth an even chance; None where that is 0.5 for all."""
    if not 0 < background < 1:
        raise UserError(f"The background level is {background:g}; it must lie between 0 and 1, both excluded.")
    if not 0 <= follows <= 1:
        raise UserError(f"The background level follows the maps by {follows:g}; it must lie between 0 and 1.")
    if follows == 0:
        return None if background == 0.5 else maps.new_full((maps.shape[0], 1, 1), background)
    # In float64: a sum over a million pixels must not depend on their order.
    wide = maps.cpu() if maps.device.type == "mps" else maps  # mps has no float64
    heavy = wide.double().clamp(0.0, 1.0).flatten(1)
    total = heavy.sum(1)
    own = torch.where(total > 0, heavy.square().sum(1) / total.clamp(min=torch.finfo(total.dtype).tiny), background)
    levels = ((1.0 - follows) * background + follows * own).clamp(*_LEVELS)
    return levels.to(maps.dtype).to(maps.device)[:, None, None]


def _shifted(maps: Tensor, levels: Tensor | None, sharpness: float) -> Tensor:
    """Maps in [0, 1] with their odds divided by those of `levels` and raised to the power `sharpness`."""
    if not 0 < sharpness < math.inf:
        raise UserError(f"The unary's sharpness is {sharpness:g}; it must be above 0.")
    if levels is None:
        if sharpness == 1:
            return maps  # exactly: published settings must not lose a digit
        levels = maps.new_full((maps.shape[0], 1, 1), 0.5)
    inside = maps.clamp(0.0, 1.0)
    # One of the two is at least min(level, 1 - level) / 2, so not both can vanish.
    mine, others = inside * (1.0 - levels), (1.0 - inside) * levels
    # Divided by the larger first: their powers then stay in the range of the type.
    largest = torch.maximum(mine, others)
    mine, others = (mine / largest).pow(sharpness), (others / largest).pow(sharpness)
    return mine / (mine + others)


def _energies(probabilities: Tensor, floor: float) -> Tensor:
    if not 0 < floor < 1:
        raise UserError(f"The unary floor is {floor:g}; it must lie between 0 and 1, both excluded.")
    warm_up_mkl()
    return -torch.log(probabilities.clamp(min=floor, max=1.0))
