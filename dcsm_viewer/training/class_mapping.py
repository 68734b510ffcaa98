"""What a model's own outputs know of the classes wanted: which mean each, and how sure they are of it together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names, voc_groups
from dcsm_viewer.engine.weights.library import load
from dcsm_viewer.engine.weights.weights_file import Architecture, WeightsFile

Groups = tuple[tuple[int, ...], ...]
# ImageNet has no class for people but knows what they wear; where nothing else is known of them, that is a beginning.
# The ids: ballplayer, groom, scuba diver; from abaya, academic gown and bikini to vestment, wig and Windsor tie.
RELATED_CLASSES: dict[str, tuple[int, ...]] = {
    "person": (
        981, 982, 983, 399, 400, 445, 457, 474, 515, 568, 578, 608, 610, 614, 617, 638, 639, 652, 655, 689, 697, 735,
        775, 824, 834, 837, 841, 842, 869, 887, 903, 906,
    ),
}  # fmt: skip


def members_of(weights: WeightsFile, class_names: tuple[str, ...]) -> list[list[int]]:
    """Outputs of the weights that mean each class, none where they do not know it."""
    outputs = weights.groups or tuple((index,) for index in range(len(weights.class_names)))
    own = dict(zip(weights.class_names, outputs, strict=True))
    groups = voc_groups()
    by_group = dict(zip(groups.names, groups.members, strict=True)) if weights.class_names == imagenet_names() else {}
    return [
        list(own.get(name) or by_group.get(name) or (RELATED_CLASSES.get(name, ()) if by_group else ()))
        for name in class_names
    ]


def load_class_mapping(
    name: str, architecture: Architecture, class_names: tuple[str, ...]
) -> tuple[WeightsFile, Groups]:
    """(weights, outputs that mean each class) of the model whose outputs are to answer.

    Raises UserError for a model of another architecture, or one that does not know a class.
    """
    known = load(name)
    if known.architecture != architecture:
        raise UserError(
            f"'{name}' is {known.architecture}, so its outputs do not fit {architecture}; leave out --outputs-of."
        )
    groups = members_of(known, class_names)
    for class_name, group in zip(class_names, groups, strict=True):
        if not group:
            raise UserError(f"'{name}' does not know '{class_name}', so it cannot answer; leave out --outputs-of.")
    return known, tuple(map(tuple, groups))


def log_odds(logits: Tensor, groups: Groups) -> Tensor:
    """(N, C, h, w): the log-odds of each class's outputs, together, against all others of the softmax.

    logits: (N, O, h, w), averaged over 3x3 positions first, so that the sigmoid of the largest is what the engine
    scores (SoftmaxGroups). groups: no output means two classes.
    """
    near = F.avg_pool2d(logits, 3, 1, 1, count_include_pad=False)
    apart = [near[:, list(group)].logsumexp(1) for group in groups]
    of_none = sorted(set(range(logits.shape[1])).difference(*groups))
    parts = [*apart, near[:, of_none].logsumexp(1)] if of_none else apart
    return torch.stack([one - _without(parts, index) for index, one in enumerate(apart)], 1)


def _without(parts: Sequence[Tensor], index: int) -> Tensor:
    return torch.stack([part for other, part in enumerate(parts) if other != index]).logsumexp(0)
