"""The two kernels of the CRF, their widths, and the lattices made from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf.lattice import Lattice, Normalisation, build_lattice


@dataclass(frozen=True, slots=True)
class GaussianKernel:
    """Smoothness: exp(-(dx/sx)^2/2 - (dy/sy)^2/2); widths in px. Does not look at the image's colours."""

    sx: float
    sy: float
    normalisation: Normalisation = "symmetric"

    def __post_init__(self) -> None:
        _check_widths(self.sx, self.sy)


@dataclass(frozen=True, slots=True)
class BilateralKernel:
    """Appearance: nearness in place (sx, sy, px) and in colour (sr, sg, sb, grey levels)."""

    sx: float
    sy: float
    sr: float
    sg: float
    sb: float
    normalisation: Normalisation = "symmetric"

    def __post_init__(self) -> None:
        _check_widths(self.sx, self.sy, self.sr, self.sg, self.sb)


Kernel: TypeAlias = GaussianKernel | BilateralKernel
Compatibility: TypeAlias = float | tuple[float, ...] | tuple[tuple[float, ...], ...]
# How a mean field gets its lattices: a kernel is hashable, so (image digest, kernel) is the key to keep one under.
LatticeSource: TypeAlias = Callable[[Kernel], Lattice]
_LARGEST_SIDE_BY_SIDE = 1_000_000  # pixels


@dataclass(frozen=True, slots=True)
class Pairwise:
    """A kernel and what it does to labels.

    compat: a number w rewards equal labels (Potts: adds -w to the energy of pairs that agree); L numbers do so per
    label with the opposite sign, as pydensecrf's diagonal does; an (L, L) matrix is the energy of a pair of labels,
    used as (C + C^T) / 2.
    """

    kernel: Kernel
    compat: Compatibility


def pairwise_of(settings: CrfSettings) -> tuple[Pairwise, ...]:
    """Return the kernels of `settings`, without those of weight 0: they would change nothing and cost a lattice."""
    gaussian = GaussianKernel(settings.gaussian_sxy, settings.gaussian_sxy)
    index, colour = settings.bilateral_sxy, settings.bilateral_srgb
    bilateral = BilateralKernel(index, index, colour, colour, colour)
    both = (Pairwise(gaussian, settings.gaussian_compat), Pairwise(bilateral, settings.bilateral_compat))
    return tuple(pairwise for pairwise in both if pairwise.compat != 0)


def features_of(kernel: Kernel, rgb: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """Compute where each pixel lies for a kernel, in standard deviations.

    Parameters
    ----------
    kernel
        Its widths are read.
    rgb
        uint8 (H, W, 3).
    device
        Of the result.

    Returns
    -------
    Tensor
        float32 (d, H*W).
    """
    height, width = rgb.shape[:2]
    x = (torch.arange(width, dtype=torch.float32) / kernel.sx).expand(height, width)
    y = (torch.arange(height, dtype=torch.float32) / kernel.sy)[:, None].expand(height, width)
    planes = [x, y]
    if isinstance(kernel, BilateralKernel):
        # Copied, because torch must not be handed a read-only array to share.
        colour = torch.tensor(rgb).permute(2, 0, 1).float()
        planes += [plane / s for plane, s in zip(colour, (kernel.sr, kernel.sg, kernel.sb), strict=True)]
    return torch.stack([plane.reshape(-1) for plane in planes]).to(device)


def lattice_for(kernel: Kernel, rgb: NDArray[np.uint8], device: torch.device | str = "cpu") -> Lattice:
    """Build the lattice of one kernel over an image; worth caching by (image digest, kernel).

    Parameters
    ----------
    kernel
        Its widths are read.
    rgb
        uint8 (H, W, 3).
    device
        Of the lattice.

    Returns
    -------
    Lattice
        Of all pixels.
    """
    return build_lattice(features_of(kernel, rgb, device), kernel.normalisation)


def lattices_for(
    kernels: Sequence[Kernel], rgb: NDArray[np.uint8], device: torch.device | str = "cpu"
) -> tuple[Lattice, ...]:
    """Build the lattice of each kernel, on the CPU in parallel: the sorts in it keep one core busy each.

    One by one on images so large that what two need while they are made would be the peak of memory.

    Parameters
    ----------
    kernels
        In the order of the result.
    rgb
        uint8 (H, W, 3).
    device
        Of the lattices.

    Returns
    -------
    tuple of Lattice
        One a kernel.
    """
    pixels = rgb.shape[0] * rgb.shape[1]
    if len(kernels) < 2 or pixels > _LARGEST_SIDE_BY_SIDE or torch.device(device).type == "cuda":
        return tuple(lattice_for(kernel, rgb, device) for kernel in kernels)
    with ThreadPoolExecutor(max_workers=len(kernels), thread_name_prefix="lattice") as threads:
        return tuple(threads.map(lambda kernel: lattice_for(kernel, rgb, device), kernels))


def _check_widths(*widths: float) -> None:
    for width in widths:
        if not (np.isfinite(width) and width > 0):
            raise UserError(f"A CRF width is {width:g}; it must be a number above 0.")
