"""A known model's outputs on the trained body: training teaches the features, what knows photographs answers."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from dcsm_viewer.engine.weights.library import load
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.training.start import Start, members_of
from dcsm_viewer.values import UserError


def known_outputs(name: str, start: Start, class_names: tuple[str, ...]) -> tuple[WeightsFile, list[list[int]]]:
    """(weights, outputs that mean each class) of the model whose outputs are to answer.

    Raises UserError for a model of another architecture, or one that does not know a class.
    """
    known = load(name)
    if known.architecture != start.architecture:
        raise UserError(
            f"'{name}' is {known.architecture}, so its outputs do not fit {start.architecture}; leave out --outputs-of."
        )
    groups = members_of(known, class_names)
    for class_name, group in zip(class_names, groups, strict=True):
        if not group:
            raise UserError(f"'{name}' does not know '{class_name}', so it cannot answer; leave out --outputs-of.")
    return known, groups


def answered_by(
    name: str, tensors: Mapping[str, Tensor], start: Start, class_names: tuple[str, ...]
) -> tuple[dict[str, Tensor], tuple[tuple[int, ...], ...]]:
    """(tensors, outputs of each class): the trained network with all outputs of model `name` for its classifier.

    The outputs of no class stay, because they speak against the others: what looks like a wolf is not quite a dog.
    Raises UserError as known_outputs does.
    """
    known, groups = known_outputs(name, start, class_names)
    return dict(tensors) | {part: known.tensors[part] for part in start.head}, tuple(map(tuple, groups))
