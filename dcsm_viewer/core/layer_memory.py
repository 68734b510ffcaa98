"""How much memory the gradients of chosen layers take, told before they are computed."""

from __future__ import annotations

from collections.abc import Iterable

from dcsm_viewer.core.types import LayerInfo

BYTES_A_VALUE = 4  # float32


def gradient_bytes(layers: Iterable[LayerInfo], side_px: int) -> int:
    """Return the bytes of one class's gradients at these layers, which are all there at once.

    Parameters
    ----------
    layers
        As the card of the model has them; their sizes follow from their strides.
    side_px
        Side of the square network input, px.

    Returns
    -------
    int
        Of float32 values.
    """
    return sum(layer.channels * (side_px // layer.stride + 1) ** 2 * BYTES_A_VALUE for layer in layers)
