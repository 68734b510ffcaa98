"""The trained network as a weights file that tells where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.formats.safetensors_file import to_float16, write_safetensors
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.atomic import atomic_path
from dcsm_viewer.training.initial_weights import InitialWeights

NAME = "weights.safetensors"


def write_weights(
    path: Path,
    start: InitialWeights,
    tensors: Mapping[str, Tensor],
    class_names: tuple[str, ...],
    recipe: Mapping[str, Any],
    *,
    half: bool = False,
) -> str:
    """The sha256 of the file written at `path`. It opens with `--model FILE` and `models import`.

    recipe: JSON values, kept in the header. half: see to_float16.
    """
    file = WeightsFile(
        architecture=start.architecture,
        tensors=to_float16(tensors) if half else tensors,
        class_names=class_names,
        convention=start.convention,
        ceil_mode=start.ceil_mode,
        digest="",
        source=f"Trained by dcsm-viewer from: {start.source} (sha256 {start.digest[:12]}...)",
        licence=start.licence,
        recipe=recipe,
        groups=start.groups,
    )
    with atomic_path(path) as draft:
        write_safetensors(draft, file)
        return sha256_of(draft)
