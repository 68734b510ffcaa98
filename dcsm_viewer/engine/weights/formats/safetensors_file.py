"""Safetensors: ours, with everything about the network in the header, and bare ones with torchvision's names."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.weights.bounds import PARSE_ERRORS
from dcsm_viewer.engine.weights.formats.torch_names import canonical
from dcsm_viewer.engine.weights.weights_file import Head, ReadWeights, WeightsFile
from dcsm_viewer.io.plain_file import check_plain
from dcsm_viewer.io.renamed_fields import TRAINING_FIELDS, renamed

# One key, because the library writes several in any order and equal weights would not give equal files.
_KEY = "dcsm_viewer"
_LONGEST_HEADER = 100_000_000  # bytes, the library's own bound

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _ConventionHeader(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    order: Literal["rgb", "bgr"]
    mean: tuple[_Finite, _Finite, _Finite]
    std: tuple[_Positive, _Positive, _Positive]


class _Header(BaseModel):
    """What our header says; `form` grows when its meaning changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    form: Literal[1]
    architecture: str
    class_names: tuple[str, ...]
    convention: _ConventionHeader
    ceil_mode: bool
    source: str
    licence: str = "not stated"
    notes: tuple[str, ...] = ()
    recipe: dict[str, Any] | None = None
    groups: tuple[tuple[int, ...], ...] | None = None
    head: Head | None = None
    layer_names: tuple[str, ...] = ()


def read_safetensors(path: Path, architecture: str | None = None) -> ReadWeights:
    """Read the tensors, and what our own header says of them where there is one.

    Raises UserError for a damaged file or a header that cannot be understood.
    """
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = (file.metadata() or {}).get(_KEY)
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dictionary
    except (SafetensorError, *PARSE_ERRORS) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise UserError(f"{path.name} is cut off or damaged ({reason}); get the file again.") from None
    if not tensors:
        raise UserError(f"{path.name} holds no tensors; save the network's weights again.")
    stored = None if header is None else _understood(path, header)
    named = canonical(path.name, tensors, architecture if stored is None else stored.architecture)
    if stored is None:
        return ReadWeights(
            named.architecture,
            named.tensors,
            f"Safetensors file {path.name}",
            not named.is_torchvision,
            named.convention,
            notes=named.notes,
            outputs=named.outputs,
        )
    if stored.architecture != named.architecture:
        raise UserError(
            f"{path.name} says it is {stored.architecture}, but its tensors are those of {named.architecture}."
        )
    return ReadWeights(
        named.architecture,
        named.tensors,
        stored.source,
        stored.ceil_mode,
        InputSpec(stored.convention.order, stored.convention.mean, stored.convention.std),
        stored.class_names,
        stored.notes,
        stored.licence,
        None if stored.recipe is None else renamed(stored.recipe, TRAINING_FIELDS),
        stored.groups,
        stored.head,
        stored.layer_names,
        named.outputs,
    )


def write_safetensors(path: Path, weights: WeightsFile) -> None:
    """Writes `weights` with a header that read_safetensors understands; equal weights give equal bytes.

    The file is not replaced as a whole here: see library.import_weights and atomic_write.
    """
    header: dict[str, Any] = {
        "form": 1,
        "architecture": weights.architecture,
        "class_names": weights.class_names,
        "convention": asdict(weights.convention),
        "ceil_mode": weights.ceil_mode,
        "source": weights.source,
        "licence": weights.licence,
        "notes": weights.notes,
        "recipe": weights.recipe,
    }
    # Left out where there is nothing to say, so that equal weights go on giving equal bytes.
    if weights.groups is not None:
        header["groups"] = weights.groups
    if weights.head is not None:
        header["head"] = weights.head
    if weights.layer_names:
        header["layer_names"] = weights.layer_names
    tensors = {name: tensor.contiguous() for name, tensor in weights.tensors.items()}
    save_file(tensors, path, {_KEY: json.dumps(header, sort_keys=True, ensure_ascii=False)})


def check_replaceable(path: Path) -> None:
    """Raise UserError if a file lies at `path` that this program did not write: one without its header."""
    if not os.path.lexists(path):
        return
    try:
        check_plain(path)
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            is_ours = length < _LONGEST_HEADER and _KEY in json.loads(file.read(length))["__metadata__"]
    except (OSError, ValueError, struct.error, RecursionError, LookupError, TypeError):
        is_ours = False
    if not is_ours:
        raise UserError(
            f"{path} is there already and holds no weights that this program wrote, so it stays; choose another name, "
            "or move it away."
        )


def to_float16(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of convolutions and classifier in float16; what has one axis stays float32.

    Of batch normalisation the variances are too small for half precision.
    """
    return {name: tensor.half() if tensor.ndim > 1 else tensor for name, tensor in tensors.items()}


def _understood(path: Path, header: str) -> _Header:
    try:
        return _Header.model_validate_json(header)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UserError(
            f"{path.name} has a header this program does not understand ({where}: {first['msg']}); "
            "it may come from a newer version."
        ) from None
