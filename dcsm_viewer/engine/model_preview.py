"""A weights file looked at before it is kept: what it is, and how an image scores under both heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.engine.model_cache import model_of
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.stages.preprocess import (
    image_in_input,
    network_input,
    place_on_canvas,
    positions_on_image,
)
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import Head, WeightsFile

SCALE_PX = 400
BEST = 5
HEADS: tuple[Head, ...] = ("softmax", "sigmoid")


@dataclass(frozen=True, slots=True)
class ModelPreview:
    """Contents of a weights file. notes: what was recognised and guessed. scores: by head the best classes."""

    architecture: str
    outputs: int
    head: Head
    layer_names: tuple[str, ...]
    notes: tuple[str, ...]
    scores: dict[Head, tuple[tuple[str, float], ...]]


def preview_model(
    path: Path,
    image: SourceImage | None,
    *,
    class_names_file: Path | None = None,
    convention: InputSpec | None = None,
    head: Head | None = None,
) -> ModelPreview:
    """Read a weights file, build its network, and score an image; nothing is kept.

    Parameters
    ----------
    path
        Of the weights.
    image
        To score, None for none.
    class_names_file, convention, head
        As for `import_weights`.

    Returns
    -------
    ModelPreview

    Raises
    ------
    UserError
        As `import_weights`.
    """
    weights = read_weights(path, class_names_file=class_names_file, convention=convention, head=head)
    compute = choose("cpu", "float32")
    model = model_of("preview", weights, "imagenet", compute)
    card = model.card
    notes = (*weights.notes, *card.notes, *card.undefined_methods.values())
    chosen: Head = "sigmoid" if card.head == "sigmoid" else "softmax"
    scores = {} if image is None else _scores(weights, image)
    return ModelPreview(weights.architecture, len(card.class_names), chosen, card.layer_names, notes, scores)


def _scores(weights: WeightsFile, image: SourceImage) -> dict[Head, tuple[tuple[str, float], ...]]:
    """One pass, read under each head."""
    compute = choose("cpu", "float32")
    models = {head: model_of("preview", replace(weights, head=head), "imagenet", compute) for head in HEADS}
    network = models[HEADS[0]].network
    canvas, placement = place_on_canvas(image.rgb, MethodSettings())
    pixels = network_input(canvas, SCALE_PX, network.convention).to(compute.device, compute.dtype)
    logits = network.forward(pixels, image_in_input(placement, SCALE_PX)).logits
    on_image = positions_on_image(placement, (logits.shape[2], logits.shape[3]))
    return {
        head: _best(model.class_head.scores(logits, on_image), model.card.class_names) for head, model in models.items()
    }


def _best(scores: torch.Tensor, names: Sequence[str]) -> tuple[tuple[str, float], ...]:
    values, ids = scores.float().topk(min(BEST, len(names)))
    return tuple((names[index], value) for index, value in zip(ids.tolist(), values.tolist(), strict=True))
