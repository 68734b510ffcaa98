from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.interpolation import AxisSamples, Convention, interpolation_matrix, maximum_candidates
from dcsm_viewer.engine.stages.preprocess import placement_for, to_image
from dcsm_viewer.engine.stages.subtraction.accumulate import accumulate
from dcsm_viewer.engine.stages.subtraction.class_maps import (
    FLOOR,
    chosen_maps,
    class_maps_from,
    contribution_at,
    focus_maps,
    raw_contribution,
    sampled,
    subtract,
)
from dcsm_viewer.engine.stages.subtraction.pairs import against_rivals
from dcsm_viewer.engine.stages.subtraction.sampling_grid import SamplingGrid

SMALL = replace(MethodSettings(), canvas_px=100, scales=(80, 100))
PLACEMENT = placement_for((60, 90), SMALL)


def made(seed: int = 0, classes: int = 4, sides: tuple[int, ...] = (7, 13, 13)) -> dict[tuple[int, str], Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        (scale, f"layer {depth}"): torch.rand(classes, side, side, generator=random) ** 3
        for scale in (80, 100)
        for depth, side in enumerate(sides)
    }


def seen(classes: int = 4, detected: int = 2, scales: tuple[int, ...] = (80, 100)) -> Detection:
    found = frozenset(range(detected))
    return Detection(tuple(range(classes)), tuple(range(detected)), MappingProxyType(dict.fromkeys(scales, found)))


AT: tuple[Literal["canvas", "layer"], ...] = ("canvas", "layer")
UPSAMPLING: tuple[Literal["half_pixel", "corner"], ...] = ("half_pixel", "corner")
NORMALISE: tuple[Literal["pair", "pair_and_layer", "layer"], ...] = ("pair", "pair_and_layer", "layer")
NEGATIVES: tuple[Literal["floor", "keep", "clamp"], ...] = ("floor", "keep", "clamp")


def all_methods() -> list[MethodSettings]:
    return [
        replace(SMALL, subtract_at=at, upsampling=up, normalise=norm, negative_mode=negatives, final_tanh=last)
        for at, up, norm, negatives, last in product(AT, UPSAMPLING, NORMALISE, NEGATIVES, (True, False))
    ]


@pytest.mark.parametrize("method", all_methods(), ids=lambda m: f"{m.subtract_at}-{m.normalise}-{m.negative_mode}")
def test_that_any_mixture_of_constants_gives_maps_in_0_to_1_that_reach_1(method: MethodSettings) -> None:
    result = subtract(made(), seen(), method, PLACEMENT)
    for maps in (result.class_maps, result.raw_class_maps):
        assert maps.shape[1:] == (60, 90)
        assert maps.min() >= 0
        torch.testing.assert_close(maps.amax(dim=(1, 2)), torch.ones(len(maps)))
    assert result.notes == ()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000), order=st.permutations([1, 2, 3]), preset=st.sampled_from(["paper", "caffe", "formula"])
)
def test_that_the_order_of_the_rivals_does_not_matter(seed: int, order: list[int], preset: str) -> None:
    method = replace(PRESETS[preset], canvas_px=100, scales=(80, 100))  # type: ignore[index]  # a plain string
    placement = placement_for((60, 90), method)
    raw, one = made(seed), seen(detected=1)
    shuffled = Detection((0, *order), (0,), one.detected_at)
    turned = {key: maps[[0, *order]] for key, maps in raw.items()}
    torch.testing.assert_close(
        subtract(raw, one, method, placement).class_maps,
        subtract(turned, shuffled, method, placement).class_maps,
        rtol=0,
        atol=1e-5,
    )


@pytest.mark.parametrize("preset", ["paper", "formula"])
def test_that_without_a_subtraction_distinct_and_raw_maps_are_the_same(preset: str) -> None:
    method = replace(PRESETS[preset], canvas_px=100, scales=(80, 100), min_candidates=0)  # type: ignore[index]  # a string
    result = subtract(made(classes=2), seen(2, 2), method, PLACEMENT)
    torch.testing.assert_close(result.class_maps, to_image(result.raw_class_maps, PLACEMENT))


def test_that_a_class_without_rivals_keeps_its_raw_map() -> None:
    result = subtract(made(classes=1), seen(1, 1), SMALL, PLACEMENT)
    torch.testing.assert_close(result.class_maps, to_image(result.raw_class_maps, PLACEMENT))


def test_that_a_class_gathers_nothing_at_a_scale_where_it_was_not_found() -> None:
    raw = made()
    gated = Detection((0, 1, 2, 3), (0, 1), {80: frozenset({0}), 100: frozenset({0, 1})})
    evidence = contribution_at(80, chosen_maps(raw, SMALL)[80], gated, SMALL, PLACEMENT)
    assert evidence.sums[1].abs().max() == 0
    assert evidence.sums[0].max() > 0
    everywhere = replace(SMALL, skip_undetected_scales=False)
    assert contribution_at(80, chosen_maps(raw, SMALL)[80], gated, everywhere, PLACEMENT).sums[1].max() > 0
    _, distinct = focus_maps(raw, gated, SMALL, PLACEMENT, 1)
    assert {scale for scale, _ in distinct} == {100}


def test_that_scales_computed_one_by_one_and_added_are_the_whole() -> None:
    raw, detection = made(), seen()
    parts = [contribution_at(s, maps, detection, SMALL, PLACEMENT).sums for s, maps in chosen_maps(raw, SMALL).items()]
    kept = [part.clone() for part in parts]
    whole = subtract(raw, detection, SMALL, PLACEMENT)
    torch.testing.assert_close(to_image(class_maps_from(parts, SMALL), PLACEMENT), whole.class_maps)
    assert all(torch.equal(part, copy) for part, copy in zip(parts, kept, strict=True))
    plain = [raw_contribution(maps, SMALL, PLACEMENT).sums for maps in chosen_maps(raw, SMALL).values()]
    torch.testing.assert_close(class_maps_from(plain, SMALL), whole.raw_class_maps)


@pytest.mark.parametrize("method", [SMALL, replace(PRESETS["formula"], canvas_px=100, scales=(80, 100))])
def test_that_what_the_layers_add_to_the_class_followed_is_what_each_adds_alone(method: MethodSettings) -> None:
    raw, detection = made(), seen()
    per_layer = subtract(raw, detection, method, PLACEMENT, tracked_class=1).per_layer
    comparisons = against_rivals(detection.candidate_ids, (1,), method)
    grid = SamplingGrid.of(PLACEMENT, method)
    assert list(per_layer) == list(raw)
    for key, maps in raw.items():
        torch.testing.assert_close(per_layer[key], accumulate([maps], comparisons, method, grid).sums[0])


def test_that_a_quick_look_at_maps_sampled_before_is_the_quick_look() -> None:
    raw, detection = made(), seen()
    small = {
        (scale, layer): maps
        for scale, layers in chosen_maps(raw, SMALL).items()
        for layer, maps in sampled(layers, SMALL, PLACEMENT, 30).items()
    }
    before = subtract(small, detection, SMALL, PLACEMENT, side_px=30)
    assert torch.equal(before.class_maps, subtract(raw, detection, SMALL, PLACEMENT, side_px=30).class_maps)


def test_that_scales_and_layers_the_method_does_not_use_are_left_alone() -> None:
    raw = made()
    method = replace(SMALL, scales=(100, 120), layers=("layer 1",))
    only = {(100, "layer 1"): raw[100, "layer 1"]}
    torch.testing.assert_close(
        subtract(raw, seen(), method, PLACEMENT).class_maps, subtract(only, seen(), method, PLACEMENT).class_maps
    )


@pytest.mark.parametrize("preset", ["paper", "caffe", "formula"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_that_maps_without_evidence_give_empty_maps_and_a_sentence(preset: str, value: float) -> None:
    method = replace(PRESETS[preset], canvas_px=100, scales=(80, 100))  # type: ignore[index]  # a plain string
    raw = {key: torch.full_like(maps, value) for key, maps in made().items()}
    result = subtract(raw, seen(), method, placement_for((60, 90), method))
    assert result.class_maps.max() <= FLOOR
    assert any("empty" in note for note in result.notes)


@pytest.mark.parametrize("preset", ["paper", "caffe", "formula"])
def test_that_a_value_that_is_not_finite_counts_as_none_and_is_told(preset: str) -> None:
    method = replace(PRESETS[preset], canvas_px=100, scales=(80, 100))  # type: ignore[index]  # a plain string
    broken, mended = made(), made()
    broken[80, "layer 1"][0, 3, 3] = float("nan")
    mended[80, "layer 1"][0, 3, 3] = 0
    placement = placement_for((60, 90), method)
    result = subtract(broken, seen(), method, placement)
    torch.testing.assert_close(result.class_maps, subtract(mended, seen(), method, placement).class_maps)
    assert any("not finite" in note for note in result.notes)


def test_that_equal_classes_leave_each_other_nothing() -> None:
    raw = {key: maps[:1].expand(4, -1, -1).clone() for key, maps in made().items()}
    for normalise, compared in (("pair", 36), ("layer", 12)):
        result = subtract(raw, seen(), replace(SMALL, normalise=normalise), PLACEMENT)  # type: ignore[arg-type]  # a str
        assert result.class_maps.max() <= FLOOR
        assert f"{compared} of {compared} comparisons added nothing" in " ".join(result.notes)


@pytest.mark.parametrize("preset", ["paper", "caffe", "formula"])
@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_that_the_magnitude_of_gradients_does_not_matter(preset: str, factor: float) -> None:
    method = replace(PRESETS[preset], canvas_px=100, scales=(80, 100))  # type: ignore[index]  # a plain string
    placement = placement_for((60, 90), method)
    scaled = {key: maps * factor for key, maps in made().items()}
    torch.testing.assert_close(
        subtract(scaled, seen(), method, placement).class_maps,
        subtract(made(), seen(), method, placement).class_maps,
        rtol=0,
        atol=1e-5,
    )


def test_that_the_maps_handed_in_are_not_changed() -> None:
    raw, untouched = made(), made()
    for method in all_methods():
        subtract(raw, seen(), method, PLACEMENT)
        focus_maps(raw, seen(), method, PLACEMENT, 3)
        subtract(raw, seen(), method, PLACEMENT, side_px=30)
    assert all(torch.equal(raw[key], untouched[key]) for key in raw)


def test_that_half_precision_maps_are_computed_in_single() -> None:
    raw = {key: maps.bfloat16() for key, maps in made().items()}
    result = subtract(raw, seen(), SMALL, PLACEMENT)
    assert result.class_maps.dtype == torch.float32
    plain, _ = focus_maps(raw, seen(), SMALL, PLACEMENT, 0)
    assert {maps.dtype for maps in plain.values()} == {torch.float32}


@settings(max_examples=60)
@given(
    n=st.integers(1, 60),
    side=st.integers(1, 60),
    seed=st.integers(0, 99),
    convention=st.sampled_from(UPSAMPLING),
)
def test_that_the_corner_samples_hold_the_maximum_over_the_canvas(
    n: int, side: int, seed: int, convention: Convention
) -> None:
    random = torch.Generator().manual_seed(seed)
    maps = torch.randn(3, n, n, generator=random, dtype=torch.float64)
    line = AxisSamples.whole(side)
    weights = interpolation_matrix(line, n, convention, torch.float64, torch.device("cpu"))
    few = maximum_candidates(maps, line, convention)
    every = weights @ maps @ weights.T
    torch.testing.assert_close(few.amax(dim=(1, 2)), every.amax(dim=(1, 2)))
    convex = few.clamp(min=0).sum(dim=0).amax(), every.clamp(min=0).sum(dim=0).amax()
    torch.testing.assert_close(*convex)


@pytest.mark.parametrize(("n", "side"), [(7, 20), (20, 7), (5, 5), (1, 9)])
def test_that_half_pixel_sampling_is_that_of_torch(n: int, side: int) -> None:
    maps = torch.rand(1, 2, n, n)
    weights = interpolation_matrix(AxisSamples.whole(side), n, "half_pixel", torch.float32, torch.device("cpu"))
    expected = torch.nn.functional.interpolate(maps, size=(side, side), mode="bilinear", align_corners=False)
    torch.testing.assert_close(weights @ maps @ weights.T, expected)
