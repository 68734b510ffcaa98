"""The start's own outputs beside the trained ones: a class answers where either of them does."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dcsm_viewer.engine.weights.library import load
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.training.batches import fixed_batches, network_input
from dcsm_viewer.training.calibration import ABSENT, calibrated
from dcsm_viewer.training.order import Order
from dcsm_viewer.training.start import Start, Trainable, members_of
from dcsm_viewer.values import UserError

IMAGES = 96  # they give the outputs that join their scale
ROUNDS = 3  # scaling what goes into a log-sum-exp changes it a little; after three rounds nothing moves any more


def member_logits(features: Tensor, weight: Tensor, bias: Tensor, groups: Sequence[Sequence[int]]) -> list[Tensor]:
    """(..., members) for each group: what the start's rows answer to features (..., F), less what all rows answer.

    weight: (O, F), bias: (O,).
    """
    rows, offsets = weight - weight.mean(0), bias - bias.mean()
    return [features @ rows[list(group)].T + offsets[list(group)] for group in groups]


def common_scale(logits: Sequence[Sequence[Tensor]], present: Tensor) -> tuple[float, float]:
    """(scale, offset) for all members of all classes.

    logits: for every image, for every class with members (P, members); present: bool (images, C). With them the largest
    log-sum-exp of a class has mean ABSENT and, class by class, deviation SPREAD (the geometric mean of what each would
    ask for) on images without it. They are the same for all classes because the start's softmax has compared its
    outputs with one another: with scales of their own, cats drowned dogs.
    """
    scale = torch.ones(present.shape[1], dtype=torch.float64)
    for _ in range(ROUNDS):
        by, _ = calibrated(_largest(logits, scale), present)
        scale = scale * by
    common = scale.log().mean().exp()
    absent = _largest(logits, common.expand(len(scale)))[~present]
    return float(common), ABSENT - float(absent.mean())


def _largest(logits: Sequence[Sequence[Tensor]], scale: Tensor) -> Tensor:
    """(images, C): the largest log-sum-exp anywhere of each class's members."""
    return torch.stack(
        [
            torch.stack(
                [torch.logsumexp(by * members.double(), -1).max() for by, members in zip(scale, image, strict=True)]
            )
            for image in logits
        ]
    )


def joined_classifier(
    trained: tuple[Tensor, Tensor],
    known: tuple[Tensor, Tensor],
    groups: Sequence[Sequence[int]],
    scale: float,
    offset: float,
) -> tuple[Tensor, Tensor, tuple[tuple[int, ...], ...]]:
    """(weight, bias, members of each class): first the trained outputs, one a class, then the known ones by class."""
    weight, bias = known
    rows, offsets = weight - weight.mean(0), bias - bias.mean()
    weights, biases, members = [trained[0]], [trained[1]], []
    begin = len(trained[1])
    for class_id, group in enumerate(groups):
        weights.append(rows[list(group)] * scale)
        biases.append(offsets[list(group)] * scale + offset)
        members.append((class_id, *range(begin, begin + len(group))))
        begin += len(group)
    return torch.cat(weights), torch.cat(biases), tuple(members)


def known_outputs(name: str, start: Start, class_names: tuple[str, ...]) -> tuple[WeightsFile, list[list[int]]]:
    """(weights, outputs that mean each class) of the model that is to join.

    Raises UserError for a model of another architecture, or one that does not know a class.
    """
    known = load(name)
    if known.architecture != start.architecture:
        raise UserError(f"'{name}' is {known.architecture}, so it cannot join {start.architecture}; leave out --join.")
    groups = members_of(known, class_names)
    for class_name, group in zip(class_names, groups, strict=True):
        if not group:
            raise UserError(f"'{name}' does not know '{class_name}', so it cannot join; leave out --join.")
    return known, groups


def with_known_outputs(
    network: Trainable,
    tensors: dict[str, Tensor],
    order: Order,
    start: Start,
    device: torch.device,
) -> tuple[dict[str, Tensor], tuple[tuple[int, ...], ...]]:
    """(tensors, members of each class): the trained network with the outputs of the recipe's `join` beside its own."""
    known, groups = known_outputs(order.recipe.join, start, order.training.class_names)
    names = (f"{start.classifier}.weight", f"{start.classifier}.bias")
    weight, bias = known.tensors[names[0]].flatten(1), known.tensors[names[1]]
    examples, count = order.training.examples, min(IMAGES, len(order.training.examples))
    places = [index * len(examples) // count for index in range(count)]
    logits: list[list[Tensor]] = []
    present: list[Tensor] = []
    network.eval()
    with torch.no_grad():
        for _, batch in fixed_batches(
            order.training, places, order.recipe.validate_px, order.recipe.batch, order.workers
        ):
            features = network.upper(network.lower(network_input(batch, start.convention, device))).float().cpu()
            images = features.permute(0, 2, 3, 1).flatten(1, 2)
            logits.extend(member_logits(image, weight, bias, groups) for image in images)
            present.append(batch.labels > 0.5)
    scale, offset = common_scale(logits, torch.cat(present))
    trained = (tensors[names[0]].flatten(1).cpu(), tensors[names[1]].cpu())
    rows, offsets, members = joined_classifier(trained, (weight, bias), groups, scale, offset)
    rows = rows.reshape(len(rows), *tensors[names[0]].shape[1:])
    return tensors | {names[0]: rows, names[1]: offsets}, members
