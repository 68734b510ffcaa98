"""The interface of the CRF: settings in, an inference under way out, whichever backend they name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.settings import CrfBackend, CrfSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf import pydensecrf_backend
from dcsm_viewer.engine.crf.kernels import LatticeSource, lattices_for, pairwise_of
from dcsm_viewer.engine.crf.mean_field import MeanField
from dcsm_viewer.engine.crf.pydensecrf_backend import PydensecrfMeanField
from dcsm_viewer.engine.crf.steps import Inference


@dataclass(frozen=True, slots=True)
class Availability:
    """The availability of a backend, and a sentence about it for the user."""

    backend: CrfBackend
    usable: bool
    note: str


def available_backends() -> tuple[Availability, ...]:
    """List every backend, the default first, usable or not."""
    if pydensecrf_backend.is_installed():
        other = Availability("pydensecrf", usable=True, note="pydensecrf: one thread, rebuilt at every change.")
    else:
        other = Availability(
            "pydensecrf",
            usable=False,
            note="pydensecrf is not installed; run `pip install pydensecrf2` where there is a C++ compiler.",
        )
    return (Availability("torch", usable=True, note="torch: keeps its lattices, runs on cpu, cuda and mps."), other)


def begin(
    unary: Tensor,
    rgb: NDArray[np.uint8],
    settings: CrfSettings,
    *,
    lattices: LatticeSource | None = None,
    start: NDArray[np.float32] | None = None,
) -> Inference:
    """Start mean-field inference at iteration 0; `settings.iterations` is for the caller to spend.

    Parameters
    ----------
    unary
        (L, H, W), energies in nats, on the device to work on.
    rgb
        uint8 (H, W, 3).
    settings
        Kernels and backend.
    lattices
        Returns the lattice of a kernel over this image from wherever it is cached; without it they are built here.
    start
        Q (L, H, W) to go on from, which reaches about the same labels in fewer steps; leave it out for the exact
        result.

    Returns
    -------
    Inference
        To be advanced.

    Raises
    ------
    UserError
        A unary that is not finite or does not fit the image, or a backend that is not installed.
    """
    if unary.ndim != 3 or unary.shape[1:] != rgb.shape[:2]:
        raise UserError(f"The CRF's unary has shape {tuple(unary.shape)}; the image has {rgb.shape[:2]} pixels.")
    pairwise = pairwise_of(settings)
    if settings.backend == "pydensecrf":
        return PydensecrfMeanField(unary.detach().float().cpu().numpy(), rgb, pairwise, start=start)

    kernels = [each.kernel for each in pairwise]
    found = lattices_for(kernels, rgb, unary.device) if lattices is None else [lattices(kernel) for kernel in kernels]
    return MeanField(
        unary, [(lattice, each.compat) for lattice, each in zip(found, pairwise, strict=True)], start=start
    )


def preview(
    unary: Tensor,
    rgb: NDArray[np.uint8],
    settings: CrfSettings,
    *,
    factor: int = 4,
    lattices: LatticeSource | None = None,
) -> NDArray[np.float32]:
    """Approximate the final Q from an image `factor` times smaller, a few tens of times sooner.

    Its argmax is what to show at once; as `start` it lets the full-size inference begin near its end. Widths in px
    shrink with the image, the colour width and the weights stay.

    Parameters
    ----------
    unary
        (L, H, W), energies in nats.
    rgb
        uint8 (H, W, 3).
    settings
        For the full size.
    factor
        How many times smaller.
    lattices
        Returns lattices of the reduced image `reduced_rgb(rgb, factor)`, so cache them under a key that holds the
        factor.

    Returns
    -------
    ndarray
        float32 (L, H, W) at full size.
    """
    height, width = rgb.shape[:2]
    small_unary = averaged(unary.detach().float(), factor)
    small_settings = reduced_settings(settings, factor)
    inference = begin(small_unary, reduced_rgb(rgb, factor), small_settings, lattices=lattices)
    inference.advance(settings.iterations)
    small_q = torch.from_numpy(inference.q())[None]
    # The last squares may hang over the edge, so enlarge by exactly the factor and cut what hangs over.
    large_q = torch.nn.functional.interpolate(small_q, scale_factor=float(factor), mode="bilinear")[0]
    return large_q[:, :height, :width].contiguous().numpy()


def reduced_settings(settings: CrfSettings, factor: int) -> CrfSettings:
    """Scale a CRF's settings for an image `factor` times smaller."""
    return replace(settings, gaussian_sxy=settings.gaussian_sxy / factor, bilateral_sxy=settings.bilateral_sxy / factor)


def reduced_rgb(rgb: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average an image (H, W, 3) over squares of `factor` px; the last row and column of squares may be cut."""
    planes = torch.tensor(rgb).permute(2, 0, 1).float()
    return averaged(planes, factor).round_().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def averaged(planes: Tensor, factor: int) -> Tensor:
    """Planes (C, H, W) averaged over squares of `factor` px; the last row and column of squares may be cut."""
    return torch.nn.functional.avg_pool2d(planes[None], factor, ceil_mode=True)[0]
