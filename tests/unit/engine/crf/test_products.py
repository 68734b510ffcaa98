"""Lattice filters as sparse products: the same filter, with columns that stand for no label or without."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcsm_viewer.engine.crf import BilateralKernel, GaussianKernel, Lattice, MeanField, lattice_for, lattices_for
from dcsm_viewer.engine.crf import mean_field as module
from dcsm_viewer.engine.crf.products import CSR_SUPPORTED, CsrLatticeFilter, csr_width
from tests.parity.crf_cases import photo_image, smooth_unary
from tests.tolerances import EPS32, of_marginals, of_sums

RGB = photo_image(24, 31)
KERNELS = (GaussianKernel(3.0, 3.0), BilateralKernel(80.0, 80.0, 13.0, 13.0, 13.0))
LATTICES: tuple[Lattice, ...] = tuple(lattice_for(kernel, RGB) for kernel in KERNELS)
needs_products = pytest.mark.skipif(not CSR_SUPPORTED, reason="this torch has no sparse products on the CPU")


@needs_products
@pytest.mark.parametrize("lattice", LATTICES, ids=["smoothness", "appearance"])
def test_that_products_filter_as_sums_over_index_lists_do(lattice: Lattice) -> None:
    values = torch.rand(24 * 31, 4, generator=torch.Generator().manual_seed(1))
    base = torch.rand(24 * 31, 4, generator=torch.Generator().manual_seed(2))
    product = CsrLatticeFilter(lattice, 4)
    found = torch.empty_like(values)
    product.slice_onto(base, product.blurred(values), beta=-1.0, out=found)
    # Values of up to 1, each sum over a pixel's neighbours: at most all pixels.
    torch.testing.assert_close(found, lattice.filtered(values) - base, rtol=0, atol=of_sums(1.0, len(values)))


@needs_products
def test_that_a_filter_by_products_is_as_good_the_second_time() -> None:
    values = torch.rand(24 * 31, 8, generator=torch.Generator().manual_seed(1))
    product = CsrLatticeFilter(LATTICES[1], 8)
    once = product.blurred(values).clone()
    product.blurred(values.flip(0))
    assert torch.equal(product.blurred(values), once)


@pytest.mark.parametrize("labels", [2, 3, 4, 7, 8])
@pytest.mark.parametrize("weights", [(3.0, 10.0), (40.0, 70.0), (-3.0, 10.0)], ids=["usual", "large", "repelling"])
def test_that_products_and_sums_give_one_mean_field(
    labels: int, weights: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    unary = torch.from_numpy(smooth_unary(labels, 24, 31))
    terms = list(zip(LATTICES, weights, strict=True))
    fast = MeanField(unary, terms)
    monkeypatch.setattr(module, "csr_width", lambda _labels, _device: None)
    plain = MeanField(unary, terms)
    # The energy is a mean over the pixels of logits of this size.
    scale = float(unary.abs().max()) + float(np.abs(weights).sum())
    for steps in range(1, 5):

        def marginals_of(disturbed: NDArray[np.float32], steps: int = steps) -> NDArray[np.float32]:
            field = MeanField(torch.from_numpy(disturbed), terms)
            field.advance(steps)
            return field.q()

        one, other = fast.step(), plain.step()
        assert one.energy == pytest.approx(other.energy, abs=8 * EPS32 * scale)
        allowed = of_marginals(marginals_of, unary.numpy(), weights)
        np.testing.assert_allclose(fast.q(), plain.q(), rtol=0, atol=allowed)
    assert fast.q().shape == (labels, 24, 31)


def test_that_marginals_handed_out_stay_as_they_were() -> None:
    for labels in (1, 2, 4):
        field = MeanField(torch.from_numpy(smooth_unary(labels, 24, 31)), [(LATTICES[0], 3.0)])
        before = field.q()
        copy = before.copy()
        field.advance(2)
        np.testing.assert_array_equal(before, copy)


def test_that_slicing_in_blocks_over_the_old_marginals_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unary = torch.from_numpy(smooth_unary(5, 24, 31))
    terms = list(zip(LATTICES, (3.0, 10.0), strict=True))
    whole = MeanField(unary, terms)
    whole.advance(3)
    monkeypatch.setattr("dcsm_viewer.engine.crf.lattice._SLICE_VALUES", 500)
    in_blocks = MeanField(unary, terms)
    in_blocks.step()
    in_blocks.advance(2)
    np.testing.assert_array_equal(in_blocks.q(), whole.q())


def test_that_products_are_for_the_cpu_and_few_labels() -> None:
    assert csr_width(4, torch.device("cuda")) is None
    assert csr_width(21, torch.device("cpu")) is None


def test_that_lattices_made_side_by_side_are_those_made_one_by_one() -> None:
    for together, alone in zip(lattices_for(KERNELS, RGB), LATTICES, strict=True):
        assert torch.equal(together.corners, alone.corners)
        assert torch.equal(together.slice_weights, alone.slice_weights)
        assert torch.equal(together.splat.index, alone.splat.index)


@pytest.mark.parametrize("labels", [1, 2, 4, 8, 9])
def test_that_the_first_of_equal_labels_is_the_largest(labels: int) -> None:
    rows = torch.randint(0, 3, (200, labels), generator=torch.Generator().manual_seed(1)).float()
    expected = torch.from_numpy(rows.numpy().argmax(1))
    assert torch.equal(module._first_largest(rows).long(), expected)


@pytest.mark.parametrize("labels", [4, 21])
def test_that_threads_do_not_matter_at_the_size_of_a_photograph(labels: int) -> None:
    rgb = photo_image(120, 160)
    unary = torch.from_numpy(smooth_unary(labels, 120, 160))
    threads = torch.get_num_threads()
    results = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        try:
            lattices = lattices_for(KERNELS, rgb)
            field = MeanField(unary, list(zip(lattices, (3.0, 10.0), strict=True)))
            field.advance(10)
            results.append(field.q())
        finally:
            torch.set_num_threads(threads)
    # The order in which a pixel's sums are made is the same for all numbers of threads: nothing but the last roundings
    # of marginals, which are of the order of 1.
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=0, atol=8 * EPS32)
