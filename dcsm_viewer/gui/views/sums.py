"""What the layers and scales add up to, for the last row and column of the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

KeyT = TypeVar("KeyT", int, str)
Maps = Mapping[tuple[int, str], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Sums:
    """Plain sums, float32 (h, w): per layer over the scales, per scale over the layers; only of maps that are there."""

    of_layer: Mapping[str, NDArray[np.float32]] = field(repr=False, compare=False)
    of_scale: Mapping[int, NDArray[np.float32]] = field(repr=False, compare=False)
    terms_of_layer: Mapping[str, int]
    terms_of_scale: Mapping[int, int]


def sums_of(maps: Maps) -> Sums:
    """Sums of the maps of one class per (scale, layer)."""
    of_layer: dict[str, NDArray[np.float32]] = {}
    of_scale: dict[int, NDArray[np.float32]] = {}
    terms_of_layer: dict[str, int] = {}
    terms_of_scale: dict[int, int] = {}
    for (scale, layer), values in maps.items():
        _add(of_layer, terms_of_layer, layer, values)
        _add(of_scale, terms_of_scale, scale, values)
    return Sums(of_layer, of_scale, terms_of_layer, terms_of_scale)


def _add(sums: dict[KeyT, NDArray[np.float32]], terms: dict[KeyT, int], key: KeyT, values: NDArray[np.float32]) -> None:
    if key not in sums:
        sums[key], terms[key] = values, 1
        return
    # The first map is the caller's and must not be added into; from the second term on the sum is ours.
    sums[key] = sums[key] + values if terms[key] == 1 else np.add(sums[key], values, out=sums[key])
    terms[key] += 1
