"""The one file a killed training goes on from: whole at every moment, and all that is needed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import check_plain
from dcsm_viewer.io.renamed_fields import TRAINING_FIELDS, renamed
from dcsm_viewer.training.training_recipe import changes, digest_of

NAME = "checkpoint.pt"
_FORM = 2


@dataclass(slots=True)
class TrainingState:
    """How far a training has come. Random numbers follow from the place (batches.py), so they need no keeping.

    identity: digest of recipe, data and start. epoch, step: what comes next, from 0. loss_sum: of the epoch's steps so
    far. start_head: the start's classifier, calibrated. best: tensors of the best epoch so far and its number, None
    before the first.
    """

    identity: str
    recipe: dict[str, Any]
    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    start_head: dict[str, Tensor] = field(default_factory=dict)
    network: dict[str, Tensor] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    average: dict[str, Tensor] = field(default_factory=dict)
    curve: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int | None = None
    elapsed_s: float = 0.0


def identity_of(recipe: dict[str, Any], data: str) -> str:
    """Return the digest that names a training: its recipe as JSON, and the digest of its images, labels and start."""
    return digest_of(recipe, data)


def save(folder: Path, state: TrainingState) -> None:
    """Puts the standing in the place of the one before; a kill leaves the one or the other."""
    stream = BytesIO()
    torch.save({"form": _FORM, **{name: getattr(state, name) for name in TrainingState.__slots__}}, stream)
    with atomic_write(folder / NAME) as file:
        file.write(stream.getbuffer())


def load(folder: Path, recipe: dict[str, Any], data: str, device: torch.device) -> TrainingState | None:
    """The standing kept in `folder`, None where there is none.

    Raises UserError for a file of another training, or one that is damaged; nothing in it is run.
    """
    path = folder / NAME
    if not os.path.lexists(path):
        return None
    try:
        check_plain(path)
        content = torch.load(path, map_location=device, weights_only=True)
        form = content.pop("form")
        state = TrainingState(**content)
    except OSError as os_error:
        raise UserError(
            f"{path} cannot be read ({reason_of(os_error)}); choose another --out, or move it away to begin anew."
        ) from None
    except Exception as error:  # noqa: BLE001 - torch raises almost anything for a file that is not its own
        raise UserError(
            f"{path} is damaged, or no checkpoint of this program ({type(error).__name__}); choose another --out, or "
            "delete it to begin anew."
        ) from None
    if form not in {1, _FORM}:
        raise UserError(f"{path} was written by another version of this program; delete it to begin anew.")
    identity = identity_of(recipe, data)
    if form == 1:
        # The identity is a digest of the names that fields had then, too.
        older = {name: older for older, name in TRAINING_FIELDS.items()}
        is_same = state.identity == identity_of({older.get(name, name): value for name, value in recipe.items()}, data)
        state.recipe = renamed(state.recipe, TRAINING_FIELDS)
        state.identity = identity if is_same else state.identity
    if state.identity != identity:
        what = changes(state.recipe, recipe) or "the images, labels or start weights are others"
        raise UserError(f"{folder} holds another training ({what}); choose another --out, or delete {path.name}.")
    return state
