"""The lattice as a filter: what it keeps, what it refuses, and that its parts may be cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf import BilateralKernel, GaussianKernel, build_lattice, footprint, lattice_for
from dcsm_viewer.engine.crf import lattice as module
from dcsm_viewer.engine.crf.lattice import moved
from dcsm_viewer.engine.crf.simplex import enclosing_simplices
from tests.parity.crf_cases import photo_image

CPU = torch.device("cpu")


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.floats(0.4, 40.0))
@settings(max_examples=12)
def test_that_a_constant_blurs_to_itself_when_divided_by_row_sums(
    dimension: int, height: int, width: int, spread: float
) -> None:
    points = np.random.default_rng(height).normal(0, spread, (dimension, height * width)).astype(np.float32)
    lattice = build_lattice(torch.from_numpy(points), "after")
    found = lattice.filtered(torch.full((height * width, 2), 0.37))
    torch.testing.assert_close(found, torch.full_like(found, 0.37), rtol=0, atol=1e-5)


def test_that_a_constant_image_far_wider_than_itself_blurs_to_the_mean() -> None:
    rgb = np.full((9, 12, 3), 77, np.uint8)
    lattice = lattice_for(BilateralKernel(1e4, 1e4, 13.0, 13.0, 13.0, "after"), rgb)
    values = torch.rand(108, 3, generator=torch.Generator().manual_seed(1))
    found = lattice.filtered(values)
    torch.testing.assert_close(found, values.mean(0).expand_as(found), rtol=0, atol=5e-3)


@given(st.integers(1, 5), st.integers(0, 2**31))
@settings(max_examples=12)
def test_that_barycentric_weights_are_a_partition_of_one(dimension: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(0, 20, (dimension, 50)).astype(np.float32)
    weights = enclosing_simplices(torch.from_numpy(points)).weights
    # float32 coordinates of some hundreds: their last digit is 3e-5.
    torch.testing.assert_close(weights.sum(1), torch.ones(50), rtol=0, atol=1e-4)
    assert float(weights.min()) > -1e-4


def test_that_blocks_of_features_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, kernel = photo_image(20, 30), BilateralKernel(40.0, 40.0, 13.0, 13.0, 13.0)
    values = torch.rand(600, 4, generator=torch.Generator().manual_seed(1))
    whole = lattice_for(kernel, rgb).filtered(values)
    monkeypatch.setattr("dcsm_viewer.engine.crf.simplex._BLOCK", 64)
    monkeypatch.setattr(module, "_SLICE_VALUES", 500)
    assert torch.equal(lattice_for(kernel, rgb).filtered(values), whole)


def test_that_a_moved_lattice_filters_alike_and_counts_its_bytes() -> None:
    lattice = lattice_for(GaussianKernel(3.0, 3.0), photo_image(20, 30))
    values = torch.rand(600, 1, generator=torch.Generator().manual_seed(1))
    assert torch.equal(moved(lattice, CPU).filtered(values), lattice.filtered(values))
    assert lattice.size_bytes > 600 * 3 * 4 * 4


def test_that_a_footprint_is_what_the_filter_spreads_from_that_pixel() -> None:
    lattice = lattice_for(GaussianKernel(2.0, 2.0), photo_image(6, 7))
    drawn = footprint(lattice, (6, 7), 4, 1)
    spread = lattice.filtered(torch.eye(42))[:, 4 * 7 + 1]
    np.testing.assert_allclose(drawn.ravel(), spread, rtol=0, atol=1e-6)


def test_that_widths_too_fine_to_number_are_refused() -> None:
    points = torch.tensor([[0.0, 1e9]] * 5)
    with pytest.raises(UserError, match="too small for an image of this size"):
        build_lattice(points)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), float("inf")])
def test_that_a_width_that_is_no_width_is_refused(width: float) -> None:
    with pytest.raises(UserError, match="CRF width"):
        BilateralKernel(80.0, 80.0, 13.0, width, 13.0)
    with pytest.raises(UserError, match="CRF width"):
        GaussianKernel(width, 3.0)
