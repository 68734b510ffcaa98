"""What the maps of one class add up to over layers and over scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import MapSums

KeyT = TypeVar("KeyT", int, str)
Maps = Mapping[tuple[int, str], NDArray[np.float32]]


def sums_of(maps: Maps) -> MapSums:
    """Sums of the maps of one class per (scale, layer), and the largest value of each map and sum."""
    of_layer: dict[str, NDArray[np.float32]] = {}
    of_scale: dict[int, NDArray[np.float32]] = {}
    terms_of_layer: dict[str, int] = {}
    terms_of_scale: dict[int, int] = {}
    for (scale, layer), values in maps.items():
        _add(of_layer, terms_of_layer, layer, values)
        _add(of_scale, terms_of_scale, scale, values)
    highest: dict[tuple[int | None, str | None], float] = {key: _top(values) for key, values in maps.items()}
    highest |= {(None, layer): _top(values) for layer, values in of_layer.items()}
    highest |= {(scale, None): _top(values) for scale, values in of_scale.items()}
    return MapSums(of_layer, of_scale, terms_of_layer, terms_of_scale, highest)


def _add(sums: dict[KeyT, NDArray[np.float32]], terms: dict[KeyT, int], key: KeyT, values: NDArray[np.float32]) -> None:
    if key not in sums:
        sums[key], terms[key] = values, 1
        return
    # The first map is the caller's and must not be added into; from the second term on the sum is ours.
    sums[key] = sums[key] + values if terms[key] == 1 else np.add(sums[key], values, out=sums[key])
    terms[key] += 1


def _top(values: NDArray[np.float32]) -> float:
    return float(values.max(initial=0.0))
