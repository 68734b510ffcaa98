"""A known model's outputs on a trained body: what they answer, and how the engine reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.model_cache import model_of
from dcsm_viewer.engine.networks.class_head import SoftmaxGroups
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.training.class_mapping import log_odds
from dcsm_viewer.training.initial_weights import load_initial_weights
from dcsm_viewer.training.loop import train
from tests.unit.training.tiny import tiny_order, write_vgg

GROUPS = ((0, 3), (4,), (1, 2))


def test_that_groups_score_by_the_odds_of_their_best_place_and_send_back_who_answered() -> None:
    logits = torch.randn((1, 6, 4, 5), generator=torch.Generator().manual_seed(0))
    class_head = SoftmaxGroups(("a", "b", "c"), GROUPS)
    scores = class_head.scores(logits, torch.ones(4, 5, dtype=torch.bool))
    grad_outputs = class_head.grad_outputs(logits, [2, 0])
    for class_id, group in enumerate(GROUPS):
        odds = []
        for y in range(4):
            for x in range(5):
                near = logits[0, :, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].double().mean((1, 2)).numpy()
                others = [output for output in range(6) if output not in group]
                odds.append(np.log(np.exp(near[list(group)]).sum()) - np.log(np.exp(near[others]).sum()))
        assert float(scores[class_id]) == pytest.approx(1 / (1 + np.exp(-max(odds))), rel=1e-4)
    together = logits.clone().requires_grad_()
    torch.logsumexp(together[0, list(GROUPS[2])], 0).sum().backward()  # type: ignore[no-untyped-call]  # torch's own
    assert together.grad is not None
    torch.testing.assert_close(grad_outputs[0], together.grad[0])


def test_that_log_odds_are_what_the_engine_scores_by() -> None:
    logits = torch.randn((2, 6, 4, 5), generator=torch.Generator().manual_seed(1))
    odds = log_odds(logits, GROUPS)
    class_head = SoftmaxGroups(("a", "b", "c"), GROUPS)
    for one, scored in zip(odds, logits, strict=True):
        scores = class_head.scores(scored[None], torch.ones(4, 5, dtype=torch.bool))
        torch.testing.assert_close(torch.sigmoid(one.amax((1, 2))), scores)


def test_that_a_training_answered_by_a_known_model_moves_the_body_and_leaves_its_outputs(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=2)
    known = read_weights(write_vgg(tmp_path / "bare.safetensors", 4))
    file = tmp_path / "known.safetensors"
    write_safetensors(file, replace(known, class_names=("red", "x", "blue", "y")))
    order = replace(order, recipe=replace(order.recipe, frozen_head=str(file)))
    with pytest.raises(UserError, match="does not know 'green'"):
        train(order, lambda _event: None, lambda: True)
    write_safetensors(file, replace(known, class_names=("red", "x", "blue", "green")))
    ended = train(order, lambda _event: None, lambda: True)
    assert ended.weights is not None
    assert ended.curve[1].loss < ended.curve[0].loss
    weights = read_weights(ended.weights)
    assert weights.groups == ((2,), (3,), (0,))
    for part in ("fc8.weight", "fc8.bias"):
        torch.testing.assert_close(weights.tensors[part], known.tensors[part], rtol=0, atol=0)
    assert not torch.equal(weights.tensors["fc7.weight"], read_weights(order.recipe.start).tensors["fc7.weight"])
    model = model_of("mine", weights, "voc", order.compute)
    assert model.card.class_names == ("blue", "green", "red")
    assert isinstance(model.class_head, SoftmaxGroups)
    onward = load_initial_weights(str(ended.weights), weights.class_names, seed=0)
    assert (onward.groups, onward.keeps_classifier) == (weights.groups, True)
    others = load_initial_weights(str(ended.weights), ("red", "violet"), seed=0)
    assert (others.groups, others.borrowed) == (None, (0,))


def test_that_outputs_of_another_architecture_are_refused(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1)
    order = replace(order, recipe=replace(order.recipe, frozen_head="efficientnet-lite0"))
    with pytest.raises(UserError, match="'efficientnet-lite0' is efficientnet-lite0, so its outputs do not fit vgg16"):
        train(order, lambda _event: None, lambda: True)


def test_that_groups_of_outputs_that_are_not_there_are_refused(tmp_path: Path) -> None:
    weights = read_weights(write_vgg(tmp_path / "bare.safetensors", 3))
    write_safetensors(tmp_path / "bad", replace(weights, class_names=("a", "b"), groups=((0,), (1, 3))))
    with pytest.raises(UserError, match=r"bad makes class 1 of outputs \[1, 3\], but has outputs 0 to 2"):
        read_weights(tmp_path / "bad")
