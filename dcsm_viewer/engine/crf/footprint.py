"""How strongly one pixel is tied to every other: a kernel as the lattice has it, drawn around a pixel."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from dcsm_viewer.engine.crf.lattice import Lattice


@torch.no_grad()
def footprint(lattice: Lattice, shape: tuple[int, int], row: int, col: int) -> NDArray[np.float32]:
    """Compute the weight that a pixel has in the message to every pixel.

    Normalised as the lattice is; multiply by a Potts weight for what equal labels gain, in nats. It is what the lattice
    really does, so near the edge of the occupied lattice points it is not quite the same in return.

    Parameters
    ----------
    lattice
        Of one kernel.
    shape
        (H, W) of the image, px.
    row, col
        The pixel.

    Returns
    -------
    ndarray
        float32 (H, W), not negative.
    """
    height, width = shape
    here = torch.zeros(height * width, 1, device=lattice.device)
    here[row * width + col] = 1.0
    return lattice.filtered(here).view(height, width).cpu().numpy()
