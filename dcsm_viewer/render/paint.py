"""Maps and labels become pixels here, for the screen and for files alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.render.palette import colour_of_index, voc_palette

_FARTHEST = 1e38  # differences of two such numbers, and their reciprocals, are still float32


def paint_map(values: NDArray[np.floating], lut: NDArray[np.uint8], low: float, high: float) -> NDArray[np.uint8]:
    """RGBA uint8 (h, w, 4) of a map (h, w): `low` gets the first of `lut`'s 256 colours, `high` the last.

    Values outside get the end colours, infinities too. NaN is no value and stays transparent (0, 0, 0, 0).
    Where low equals high there is nothing to tell apart: all up to it get the first colour, all above the last.
    For differences pass low = -high and a diverging table.
    """
    if not -_FARTHEST <= low <= high <= _FARTHEST:
        raise UserError(f"A colour range cannot go from {low:g} to {high:g}; low must be finite and not above high.")
    colours = np.ascontiguousarray(lut).view(np.uint32).reshape(256)
    span = high - low
    # 256 bins of equal width, the last one closed. What overflows becomes infinite, and infinity has a colour.
    with np.errstate(over="ignore"):
        if span * _FARTHEST > 256:
            index = (values - low) * (256 / span)
        else:
            index = np.where(np.isnan(values), values, np.where(values > low, 255, 0))
    unknown = np.isnan(index)
    index = np.clip(index, 0, 255)
    index[unknown] = 0
    painted: NDArray[np.uint8] = colours[index.astype(np.uint8)].view(np.uint8).reshape(*values.shape, 4)
    painted[unknown] = 0
    return painted


def paint_labels(labels: NDArray[np.integer], opacity: float = 1.0) -> NDArray[np.uint8]:
    """RGBA uint8 (H, W, 4) of labels (H, W), class id + 1 in its class colour; background (0) stays transparent.

    opacity in [0, 1] becomes the alpha of every class.
    """
    most = int(labels.max(initial=0))
    palette = voc_palette() if most < 256 else colour_of_index(np.arange(most + 1))
    table = np.empty((len(palette), 4), dtype=np.uint8)
    table[:, :3] = palette
    table[:, 3] = round(255 * _share(opacity))
    table[0] = 0
    painted: NDArray[np.uint8] = table.view(np.uint32).reshape(-1)[labels].view(np.uint8).reshape(*labels.shape, 4)
    return painted


def blend(rgb: NDArray[np.uint8], rgba: NDArray[np.uint8], opacity: float = 1.0) -> NDArray[np.uint8]:
    """RGB uint8 (H, W, 3): `rgba` (H, W, 4) laid over `rgb` (H, W, 3), its alpha times `opacity` in [0, 1].

    Rounded to the nearest level; opacity 0 gives `rgb` back bit for bit, a fully opaque layer at 1 itself.
    """
    cover = np.rint(rgba[..., 3:].astype(np.float32) * np.float32(_share(opacity))).astype(np.uint16)
    # 255 * 255 + 127 = 65,152 still fits into 16 bits, which makes this several times faster than floats.
    mixed: NDArray[np.uint16] = rgb * (np.uint16(255) - cover) + rgba[..., :3] * cover + np.uint16(127)
    return (mixed // np.uint16(255)).astype(np.uint8)


def _share(opacity: float) -> float:
    if not 0 <= opacity <= 1:
        raise UserError(f"Opacity is {opacity:g}; it must lie between 0 and 1.")
    return opacity
