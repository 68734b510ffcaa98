"""The trained network as a weights file that tells where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.training.start import Start
from dcsm_viewer.whole_file import replaced

NAME = "weights.safetensors"


def write_weights(
    path: Path,
    start: Start,
    tensors: Mapping[str, Tensor],
    class_names: tuple[str, ...],
    recipe: Mapping[str, Any],
    *,
    half: bool = False,
) -> str:
    """The sha256 of the file written at `path`. It opens with `--model FILE` and `models import`.

    recipe: JSON values, kept in the header. half: weights of convolutions and classifier in float16; what batch
    normalisation multiplies with stays float32, because its variances are too small for half precision.
    """
    kept = {name: tensor.half() if half and tensor.ndim > 1 else tensor for name, tensor in tensors.items()}
    file = WeightsFile(
        architecture=start.architecture,
        tensors=kept,
        class_names=class_names,
        convention=start.convention,
        ceil_mode=start.ceil_mode,
        digest="",
        source=f"Trained by dcsm-viewer from: {start.source} (sha256 {start.digest[:12]}...)",
        licence=start.licence,
        recipe=recipe,
        groups=start.groups,
    )
    with replaced(path) as draft:
        write_safetensors(draft, file)
        return sha256_of(draft)


def blended(start: Mapping[str, Tensor], trained: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Tensor by tensor, share * trained + (1 - share) * start (WiSE-FT, Wortsman et al. 2022)."""
    if share == 1:
        return dict(trained)
    return {name: torch.lerp(start[name].to(tensor), tensor, share) for name, tensor in trained.items()}
