"""Two sets of weights of one network averaged: what one learnt, and less of what it forgot (Wortsman et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.formats.safetensors_file import check_replaceable, to_float16, write_safetensors
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.atomic import atomic_path


def interpolate(first: WeightsFile, second: WeightsFile, share: float) -> WeightsFile:
    """Interpolate two networks: share * first + (1 - share) * second, in float32; all else is the first's.

    Its recipe is the first's with `blended`: the share and the second's sha256. On pictures unlike those trained on, an
    average with the weights a training began with is often better than either (Wortsman et al. 2022, Robust fine-tuning
    of zero-shot models).

    Parameters
    ----------
    first, second
        Of the same shapes.
    share
        Of the first, in [0, 1].

    Returns
    -------
    WeightsFile
        Not written yet.

    Raises
    ------
    UserError
        A share outside [0, 1], or networks that do not match.
    """
    if not 0 <= share <= 1:
        raise UserError(f"The share is {share:g}; it must lie between 0 and 1.")
    if (first.architecture, first.convention, first.ceil_mode) != (
        second.architecture,
        second.convention,
        second.ceil_mode,
    ):
        raise UserError(
            f"A {first.architecture} that wants {first.convention} cannot be blended with a {second.architecture} "
            f"that wants {second.convention}; give two sets of weights of one network."
        )
    for name, tensor in first.tensors.items():
        if tensor.shape != second.tensors[name].shape:
            raise UserError(
                f"{name} is {tuple(tensor.shape)} in the one and {tuple(second.tensors[name].shape)} in the other; "
                "only weights of the same widths and outputs can be blended."
            )
    return replace(
        first,
        tensors=interpolate_tensors(first.tensors, second.tensors, share),
        digest="",
        source=f"{share:g} of: {first.source} (sha256 {first.digest[:12]}...); the rest of: {second.source} "
        f"(sha256 {second.digest[:12]}...)",
        licence=first.licence if first.licence == second.licence else f"{first.licence}; {second.licence}",
        recipe={
            **(first.recipe or {}),
            "blended": {"share": share, "first_sha256": first.digest, "second_sha256": second.digest},
        },
    )


def interpolate_tensors(first: Mapping[str, Tensor], second: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Interpolate tensor by tensor: share * first + (1 - share) * second.

    Parameters
    ----------
    first, second
        By name.
    share
        Of the first, in [0, 1].

    Returns
    -------
    dict
        Of the first's type and on its device.
    """
    return {name: torch.lerp(second[name].to(tensor), tensor, share) for name, tensor in first.items()}


def write_interpolated(path: Path, blended: WeightsFile, *, half: bool) -> str:
    """Write an interpolated network as safetensors.

    Parameters
    ----------
    path
        Of the file.
    blended
        What `interpolate` returned.
    half
        As training writes it, weights in float16.

    Returns
    -------
    str
        The sha256 of the file.

    Raises
    ------
    UserError
        It cannot be written, or a file there is none of this program's.
    """
    check_replaceable(path)
    tensors = to_float16(blended.tensors) if half else blended.tensors
    with atomic_path(path) as draft:
        write_safetensors(draft, replace(blended, tensors=tensors))
        return sha256_of(draft)
