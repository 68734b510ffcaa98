"""The sanity bench: what is randomised, what is compared, and that it gives way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.analysis.randomized_network import WeightRandomizer, layer_tensors, random_like
from dcsm_viewer.engine.analysis.weight_randomization import answer
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.metrics.rank_correlation import spearman
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries
from tests.reference import rank_correlation as literal
from tests.unit.engine.analysis.stages import CPU, request, stage, vgg


@cache
def series(question: RandomizationQuestion) -> RandomizationSeries:
    *_, last = answer(question, stage(request()))
    return last


def test_that_rank_correlation_is_pearsons_of_mean_ranks() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, (7, 8)).astype(np.float64), rng.normal(size=(7, 8))
    second += first
    found = spearman(first, second)
    assert found == pytest.approx(literal.spearman(first.ravel().tolist(), second.ravel().tolist()), abs=1e-12)
    assert spearman(first, -first) == pytest.approx(-1.0)


def test_that_a_flat_map_has_no_rank_correlation() -> None:
    flat, other = np.zeros((4, 5), np.float32), np.arange(20, dtype=np.float32).reshape(4, 5)
    assert spearman(flat, other) is None
    assert spearman(np.full((4, 5), np.nan, np.float32), other) is None


def test_that_a_drawn_tensor_keeps_shape_layout_mean_and_spread() -> None:
    noise = torch.randn(40, 30, 3, 3, generator=torch.Generator().manual_seed(0))
    trained = (noise * 0.2 + 0.5).contiguous(memory_format=torch.channels_last)
    drawn = random_like(trained, seed=1)
    assert drawn.stride() == trained.stride()
    assert float(drawn.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(drawn.std()) == pytest.approx(0.2, rel=0.02)
    assert float(torch.corrcoef(torch.stack([drawn.flatten(), trained.flatten()]))[0, 1]) == pytest.approx(0, abs=0.05)
    torch.testing.assert_close(drawn, random_like(trained, seed=1), rtol=0, atol=0)
    assert not torch.equal(drawn, random_like(trained, seed=2))


@pytest.mark.parametrize("name", ["vgg16", "efficientnet-lite0"])
def test_that_the_top_layers_change_and_nothing_else(name: str, model_cache: ModelCache) -> None:
    model = vgg() if name == "vgg16" else model_cache.get(name, "voc", CPU)
    before = {part: tensor.clone() for part, tensor in layer_tensors(model.network).items()}
    randomiser = WeightRandomizer(model, seed=5)
    assert {part.split(".")[0] for part in before} == set(randomiser.layers)
    for count in (0, 1, 4, len(randomiser.layers)):
        random = randomiser.layers[:count]
        for part, tensor in layer_tensors(randomiser.model_with(count).network).items():
            # Where every value of a layer is the same, as biases can be, drawing gives them again.
            is_new = part.split(".")[0] in random and float(before[part].std(correction=0)) > 0
            assert torch.equal(tensor, before[part]) != is_new, f"{part} with {count} random layers"
    for part, tensor in layer_tensors(model.network).items():
        assert torch.equal(tensor, before[part]), f"{part} of the trained network changed"


def test_that_one_random_layer_more_leaves_the_others_as_drawn() -> None:
    model = vgg()
    few = layer_tensors(WeightRandomizer(model, seed=5).model_with(2).network)
    many = layer_tensors(WeightRandomizer(model, seed=5).model_with(6).network)
    torch.testing.assert_close(few["fc7.weight"], many["fc7.weight"], rtol=0, atol=0)
    other = layer_tensors(WeightRandomizer(model, seed=6).model_with(2).network)
    assert not torch.equal(few["fc7.weight"], other["fc7.weight"])


def test_that_the_rung_without_random_layers_is_the_result_on_the_screen() -> None:
    asked = request()
    result = stage(asked).settled()
    step = series(RandomizationQuestion(3, seed=2)).steps[0]
    np.testing.assert_array_equal(step.raw, result.raw_class_maps[result.candidate_ids.index(3)])
    # Made for one class instead of two, so that sums are rounded in another order.
    np.testing.assert_allclose(step.distinct, result.class_maps[result.detected_ids.index(3)], atol=2e-6)
    assert (step.raw_rho, step.distinct_rho) == (1.0, 1.0)
    assert step.score == pytest.approx(float(result.scores[:, 3].mean()))


def test_that_a_rung_has_the_maps_of_the_randomised_network_with_the_trained_ones_classes() -> None:
    found = series(RandomizationQuestion(3, seed=2)).steps[4]
    asked = request()
    trained = stage(asked).settled()
    # The same classes on the other network: all candidates are given, so that its scores decide nothing.
    choice = replace(
        asked.settings.choice, image_labels=trained.detected_ids, always_compared=trained.candidate_ids[2:]
    )
    given = replace(asked, settings=replace(asked.settings, choice=choice))
    random = stage(given, WeightRandomizer(vgg(), seed=2).model_with(4)).settled()
    assert random.candidate_ids == trained.candidate_ids
    np.testing.assert_array_equal(found.raw, random.raw_class_maps[random.candidate_ids.index(3)])
    np.testing.assert_allclose(found.distinct, random.class_maps[random.detected_ids.index(3)], atol=2e-6)
    assert found.raw_rho == spearman(found.raw, trained.raw_class_maps[trained.candidate_ids.index(3)])


def test_that_the_rung_on_show_comes_right_after_the_trained_one_and_all_come_in_the_end() -> None:
    steps = list(answer(RandomizationQuestion(3, first=7), stage(request())))
    assert list(steps[1].steps) == [0, 7]
    assert [step.is_whole for step in steps] == [False] * (len(steps) - 1) + [True]
    assert sorted(steps[-1].steps) == list(range(17))


def test_that_rungs_are_kept_when_the_answer_has_to_give_way() -> None:
    texts: list[str] = []

    class EnoughError(Exception):
        pass

    def impatient(_stage: object, text: str) -> None:
        texts.append(text)
        if text.startswith("3 layers"):
            raise EnoughError

    first = stage(request(), checkpoint=impatient)
    with pytest.raises(EnoughError):
        list(answer(RandomizationQuestion(3), first))
    texts.clear()
    again = replace(first, passes=replace(first.passes, checkpoint=lambda _stage, text: texts.append(text)))
    assert isinstance(again.passes.stopwatch, Stopwatch)
    *_, whole = answer(RandomizationQuestion(3), again)
    assert whole.is_whole
    assert not any(text.startswith(("0 layers", "1 layers", "2 layers")) for text in texts)


def test_that_the_trained_networks_gates_stay_in_their_cache() -> None:
    bench = stage(request())
    bench.settled()
    before = bench.passes.forward_cache.used_bytes
    list(answer(RandomizationQuestion(3), bench))
    assert bench.passes.forward_cache.used_bytes == before
