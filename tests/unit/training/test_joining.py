"""Known outputs beside trained ones: what they answer, and how the engine reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.models.registry import model_of
from dcsm_viewer.engine.models.vocabulary import SigmoidGroups
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.safetensors_file import write_safetensors
from dcsm_viewer.training.calibration import ABSENT, SPREAD
from dcsm_viewer.training.joining import common_scale, joined_classifier, member_logits
from dcsm_viewer.training.loop import train
from dcsm_viewer.values import UserError
from tests.unit.training.tiny import tiny_order, write_vgg

GROUPS = [[0, 3], [4], [1, 2, 5]]


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_that_a_class_answers_where_its_trained_or_one_of_its_known_outputs_does() -> None:
    trained, known = (drawn(3, 8, seed=0), drawn(3, seed=1)), (drawn(6, 8, seed=2), drawn(6, seed=3))
    scale, offset = 0.5, -1.0
    weight, bias, members = joined_classifier(trained, known, GROUPS, scale, offset)
    assert members == ((0, 3, 4), (1, 5), (2, 6, 7, 8))
    features = drawn(8, seed=4)
    outputs = weight @ features + bias
    own = trained[0] @ features + trained[1]
    for class_id, (group, ids) in enumerate(zip(GROUPS, members, strict=True)):
        answers = [float(own[class_id])]
        for member in group:
            row, shift = known[0][member] - known[0].mean(0), known[1][member] - known[1].mean()
            answers.append(scale * float(row @ features + shift) + offset)
        expected = np.log(np.exp(np.array(answers)).sum())
        assert float(torch.logsumexp(outputs[list(ids)], 0)) == pytest.approx(expected, rel=1e-4)


def test_that_known_outputs_stay_quiet_on_images_without_the_class() -> None:
    weight, bias = 3 * drawn(6, 8, seed=0), drawn(6, seed=1)
    images = drawn(60, 5, 8, seed=2)
    present = torch.rand((60, 3), generator=torch.Generator().manual_seed(3)) < 0.3
    logits = [member_logits(image, weight, bias, GROUPS) for image in images]
    scale, offset = common_scale(logits, present)
    largest = torch.stack(
        [torch.stack([torch.logsumexp(scale * one.double() + offset, -1).max() for one in image]) for image in logits]
    )
    spreads = [float(largest[~present[:, c], c].std(correction=0)) for c in range(3)]
    assert float(largest[~present].mean()) == pytest.approx(ABSENT)
    assert np.prod(spreads) ** (1 / 3) == pytest.approx(SPREAD, rel=0.1)


def test_that_groups_score_by_their_strongest_place_and_send_back_who_answered() -> None:
    logits = drawn(1, 6, 4, 5, seed=0)
    readout = SigmoidGroups(("a", "b", "c"), tuple(tuple(group) for group in GROUPS))
    scores = readout.scores(logits, torch.ones(4, 5, dtype=torch.bool))
    seeds = readout.seeds(logits, [2, 0])
    for class_id, group in enumerate(GROUPS):
        places = [
            np.log(sum(np.exp(float(logits[0, member, y, x])) for member in group)) for y in range(4) for x in range(5)
        ]
        assert float(scores[class_id]) == pytest.approx(1 / (1 + np.exp(-max(places))), rel=1e-4)
    together = logits.clone().requires_grad_()
    torch.logsumexp(together[0, GROUPS[2]], 0).sum().backward()  # type: ignore[no-untyped-call]  # torch's own
    assert together.grad is not None
    torch.testing.assert_close(seeds[0], together.grad[0])


def test_that_a_joined_training_opens_in_the_engine_with_the_same_classes(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1)
    tiny_order(tmp_path, tmp_path / "b", epochs=1)
    known = replace(read_weights(write_vgg(tmp_path / "bare.safetensors", 3)), class_names=("red", "x", "blue"))
    write_safetensors(tmp_path / "known.safetensors", known)
    order = replace(order, recipe=replace(order.recipe, join=str(tmp_path / "known.safetensors")))
    with pytest.raises(UserError, match="does not know 'green'"):
        train(order, lambda _event: None, lambda: True)
    write_safetensors(tmp_path / "known.safetensors", replace(known, class_names=("red", "green", "blue")))
    order = replace(order, out=tmp_path / "c")
    ended = train(order, lambda _event: None, lambda: True)
    assert ended.weights is not None
    weights = read_weights(ended.weights)
    assert weights.groups == ((0, 3), (1, 4), (2, 5))
    model = model_of("mine", weights, "voc", order.compute)
    assert model.card.class_names == ("blue", "green", "red")
    assert isinstance(model.readout, SigmoidGroups)


def test_that_groups_of_outputs_that_are_not_there_are_refused(tmp_path: Path) -> None:
    weights = read_weights(write_vgg(tmp_path / "bare.safetensors", 3))
    write_safetensors(tmp_path / "bad", replace(weights, class_names=("a", "b"), groups=((0,), (1, 3))))
    with pytest.raises(UserError, match=r"bad makes class 1 of outputs \[1, 3\], but has outputs 0 to 2"):
        read_weights(tmp_path / "bad")
