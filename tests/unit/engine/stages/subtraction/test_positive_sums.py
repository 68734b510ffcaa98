"""What a class exceeds the others by, against the formula in float64, and against the difference of every pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.stages.preprocess import placement_for
from dcsm_viewer.engine.stages.subtraction.accumulate import accumulate
from dcsm_viewer.engine.stages.subtraction.pairs import against_rivals
from dcsm_viewer.engine.stages.subtraction.positive_sums import centred, exceeding, positive_sums
from dcsm_viewer.engine.stages.subtraction.quick_tanh import quick_tanh_
from dcsm_viewer.engine.stages.subtraction.sampling_grid import SamplingGrid
from tests.reference.positive_sums import sum_of_positive_differences

EPSILON = {torch.float32: float(np.finfo(np.float32).eps), torch.float64: float(np.finfo(np.float64).eps)}
METHOD = replace(MethodSettings(), canvas_px=100, scales=(100,))
PLACEMENT = placement_for((60, 90), METHOD)


@given(seed=st.integers(0, 999), classes=st.integers(2, 7), count=st.integers(1, 40), groups=st.integers(1, 3))
def test_that_the_sums_are_those_of_the_formula(seed: int, classes: int, count: int, groups: int) -> None:
    random = torch.Generator().manual_seed(seed)
    values = torch.randn(groups, classes, count, generator=random)
    rows = tuple(range(0, classes, 2))
    found = positive_sums(values, rows)
    for group in range(groups):
        expected = sum_of_positive_differences(values[group].double().numpy(), rows)
        scale = float(values.abs().max()) * classes
        assert np.abs(found[group].numpy() - expected).max() <= 2 * classes * EPSILON[torch.float32] * scale


def test_that_many_values_are_gone_through_in_blocks_without_a_gap() -> None:
    values = torch.rand(1, 3, 80_007, dtype=torch.float64)
    expected = sum_of_positive_differences(values[0].numpy(), (0, 1, 2))
    assert np.abs(positive_sums(values, (0, 1, 2))[0].numpy() - expected).max() <= 1e-15


@pytest.mark.parametrize("detected", [1, 3, 6])
def test_that_class_maps_are_those_of_every_pair_by_itself(detected: int) -> None:
    random = torch.Generator().manual_seed(detected)
    layers = [torch.rand(6, side, side, generator=random) ** 4 for side in (7, 13, 13)]
    whole = against_rivals(tuple(range(6)), tuple(range(detected)), METHOD)
    grid = SamplingGrid.of(PLACEMENT, METHOD)
    sums = accumulate(layers, whole, METHOD, grid, 0)
    by_pair = accumulate(layers, replace(whole, rows=()), METHOD, grid, 0)
    torch.testing.assert_close(sums.sums, by_pair.sums, rtol=0, atol=1e-5)
    torch.testing.assert_close(torch.stack(sums.per_layer), torch.stack(by_pair.per_layer), rtol=0, atol=1e-5)
    assert (sums.compared, int(sums.skipped)) == (by_pair.compared, int(by_pair.skipped))


def test_that_a_class_that_nowhere_exceeds_another_adds_nothing_at_all() -> None:
    # Up-sampling rounds; a gain of alpha over such a rounding error would show a map of noise.
    random = torch.Generator().manual_seed(0)
    strong = torch.rand(4, 13, 13, generator=random) * 1000 + 1
    weakest = strong.amin(dim=0, keepdim=True)
    comparisons = against_rivals((0, 1, 2, 3, 4), (0, 1), METHOD)
    found = accumulate([torch.cat([weakest, strong])], comparisons, METHOD, SamplingGrid.of(PLACEMENT, METHOD))
    assert int(found.skipped) == 1
    assert float(found.sums[0].abs().max()) == 0
    assert float(found.sums[1].max()) > 0.9


def test_that_a_small_lead_over_large_maps_is_not_lost_in_rounding() -> None:
    # Both classes share a field of whole numbers, 50,000 times as large as the eighths that part them: float32 holds
    # their sums exactly, and divided by the largest, a power of two, too.
    random = torch.Generator().manual_seed(0)
    field = torch.randint(0, 50_000, (1, 13, 13), generator=random).double()
    maps = field + torch.randint(0, 9, (2, 13, 13), generator=random) / 8
    maps[:, 0, 0] = 2**16
    comparisons, grid = against_rivals((0, 1), (0, 1), METHOD), SamplingGrid.of(PLACEMENT, METHOD)
    exact = accumulate([maps], comparisons, METHOD, grid).sums
    single = accumulate([maps.float()], comparisons, METHOD, grid).sums
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=1e-5)


def test_that_who_exceeds_anybody_is_seen_without_rounding() -> None:
    maps = torch.tensor([[[[1.0, 2.0]], [[1.0, 3.0]], [[0.0, 2.0]]]])
    assert exceeding(maps, (0, 1, 2)).tolist() == [[True, True, False]]
    torch.testing.assert_close(centred(maps).mean(dim=1), torch.zeros(1, 1, 2), rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_that_the_quick_tanh_is_tanh_to_two_epsilon_and_keeps_zero(dtype: torch.dtype) -> None:
    values = torch.linspace(-12, 12, 200_001, dtype=dtype)
    expected = torch.from_numpy(np.tanh(values.double().numpy()))
    found = quick_tanh_(values.clone())
    assert float((found.double() - expected).abs().max()) <= 2 * EPSILON[dtype]
    assert float(found.abs().max()) <= 1
    assert quick_tanh_(torch.zeros(1, dtype=dtype)).item() == 0
