"""The torch lattice and mean field against literal float64 copies, and how far the lattice is from the exact kernel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.crf import (
    BilateralKernel,
    GaussianKernel,
    Kernel,
    MeanField,
    Normalisation,
    build_lattice,
    lattice_for,
)
from tests.parity.crf_cases import photo_image, smooth_unary
from tests.reference import dense_crf as reference

# float32 against float64; features where two roundings are equally near are not met by these widths.
TOLERANCE = 2e-5
NORMALISATIONS: tuple[Normalisation, ...] = ("none", "before", "after", "symmetric")


@pytest.mark.parametrize("size", [(6, 7), (4, 8)], ids=["filled up to a multiple of four", "a multiple of four"])
@pytest.mark.parametrize("dimension", [1, 2, 3, 5, 7])
def test_that_the_filter_is_the_lattice_of_the_paper(dimension: int, size: tuple[int, int]) -> None:
    count = size[0] * size[1]
    points = np.random.default_rng(dimension).normal(0.3, 1.4, (count, dimension)).astype(np.float32)
    lattice = build_lattice(torch.from_numpy(points.T.copy()), "none")
    found = lattice.filtered(torch.eye(count)).numpy()
    np.testing.assert_allclose(found, reference.lattice_kernel(points.astype(np.float64)), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_that_normalisations_divide_by_the_row_sums(normalisation: Normalisation) -> None:
    rgb = photo_image(6, 7)
    kernel = GaussianKernel(2.3, 1.7, normalisation)
    plain = reference.lattice_kernel(reference.features(rgb, (2.3, 1.7), None))
    found = lattice_for(kernel, rgb).filtered(torch.eye(42)).numpy()
    np.testing.assert_allclose(found, reference.normalised(plain, normalisation), rtol=0, atol=TOLERANCE)


def test_that_mean_field_and_free_energy_follow_the_paper() -> None:
    rgb, unary = photo_image(6, 7), smooth_unary(3, 6, 7)
    kernels: list[tuple[Kernel, float]] = [
        (GaussianKernel(2.3, 2.3), 3.0),
        (BilateralKernel(17.0, 17.0, 13.0, 13.0, 13.0), 5.0),
    ]
    field = MeanField(torch.from_numpy(unary), [(lattice_for(kernel, rgb), weight) for kernel, weight in kernels])
    positions = reference.features(rgb, (2.3, 2.3), None)
    colours = reference.features(rgb, (17.0, 17.0), (13.0, 13.0, 13.0))
    literal = [
        (reference.normalised(reference.lattice_kernel(positions), "symmetric"), 3.0),
        (reference.normalised(reference.lattice_kernel(colours), "symmetric"), 5.0),
    ]
    flat = unary.reshape(3, -1).astype(np.float64)
    for iteration in range(1, 6):
        step = field.step()
        expected = reference.mean_field(flat, literal, iteration)
        np.testing.assert_allclose(field.q().reshape(3, -1), expected, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(step.energy, reference.free_energy(flat, literal, expected) / 42, rtol=0, atol=1e-4)


def test_that_one_step_on_the_lattice_is_near_one_with_the_exact_kernel() -> None:
    """Not a tight bound: the lattice is an approximation, and docs/crf.md reports how good it is."""
    rgb, unary = photo_image(20, 24), smooth_unary(4, 20, 24)
    terms: list[tuple[Kernel, float]] = [
        (GaussianKernel(3.0, 3.0), 3.0),
        (BilateralKernel(80.0, 80.0, 13.0, 13.0, 13.0), 10.0),
    ]
    field = MeanField(torch.from_numpy(unary), [(lattice_for(kernel, rgb), weight) for kernel, weight in terms])
    field.advance(1)
    positions = reference.exact_kernel(reference.features(rgb, (3.0, 3.0), None))
    colours = reference.exact_kernel(reference.features(rgb, (80.0, 80.0), (13.0, 13.0, 13.0)))
    exact = [(reference.normalised(positions, "symmetric"), 3.0), (reference.normalised(colours, "symmetric"), 10.0)]
    expected = reference.mean_field(unary.reshape(4, -1).astype(np.float64), exact, 1)
    off = np.abs(field.q().reshape(4, -1) - expected)
    assert off.mean() < 0.03
    assert np.mean(field.labels().ravel() == expected.argmax(0)) > 0.95
