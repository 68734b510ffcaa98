"""Properties every mean field has, whatever the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf import BilateralKernel, GaussianKernel, Lattice, MeanField, begin, lattice_for
from dcsm_viewer.engine.crf import mean_field as module
from tests.parity.crf_cases import photo_image, smooth_unary

RGB = photo_image(24, 31)
UNARY = torch.from_numpy(smooth_unary(4, 24, 31))
LATTICES: tuple[Lattice, Lattice] = (
    lattice_for(GaussianKernel(3.0, 3.0), RGB),
    lattice_for(BilateralKernel(80.0, 80.0, 13.0, 13.0, 13.0), RGB),
)
SMALL_LATTICE = lattice_for(BilateralKernel(8.0, 8.0, 13.0, 13.0, 13.0), RGB[:4, :5])


def after(iterations: int, unary: torch.Tensor = UNARY, weights: tuple[float, float] = (3.0, 10.0)) -> torch.Tensor:
    field = MeanField(unary, list(zip(LATTICES, weights, strict=True)))
    field.advance(iterations)
    return torch.from_numpy(field.q())


@given(
    arrays.arrays(np.float32, (3, 4, 5), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)),
    st.sampled_from([0.0, 3.0, -3.0, 50.0, 1e6, -1e6]),
)
@settings(max_examples=50)
def test_that_any_finite_unary_and_weight_give_marginals_that_sum_to_one(
    unary: np.ndarray[tuple[int, ...], np.dtype[np.float32]], weight: float
) -> None:
    field = MeanField(torch.from_numpy(unary), [(SMALL_LATTICE, weight)])
    field.advance(3)
    np.testing.assert_allclose(field.q().sum(0), 1.0, rtol=0, atol=1e-5)


def test_that_weights_of_zero_leave_the_softmax_of_the_unary() -> None:
    torch.testing.assert_close(after(3, weights=(0.0, 0.0)), torch.softmax(-UNARY, 0))
    bare = begin(UNARY, RGB, CrfSettings(gaussian_compat=0.0, bilateral_compat=0.0))
    bare.advance(3)
    torch.testing.assert_close(torch.from_numpy(bare.q()), torch.softmax(-UNARY, 0))
    energy = float((torch.softmax(-UNARY, 0) * (torch.log_softmax(-UNARY, 0) + UNARY)).sum() / (24 * 31))
    assert bare.energy() == pytest.approx(energy, abs=1e-5)


def test_that_permuted_labels_permute_the_marginals() -> None:
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(after(10, UNARY[order]), after(10)[order], rtol=0, atol=1e-5)


def test_that_an_energy_all_labels_share_changes_nothing() -> None:
    shared = 20.0 * torch.rand(1, 24, 31, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(after(10, UNARY + shared), after(10), rtol=0, atol=1e-4)


def test_that_the_number_of_threads_does_not_matter() -> None:
    threads = torch.get_num_threads()
    results = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        try:
            field = begin(UNARY, RGB, CrfSettings())
            field.advance(10)
            results.append(field.q())
        finally:
            torch.set_num_threads(threads)
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=0, atol=1e-6)


def test_that_both_ways_to_keep_exp_in_range_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = after(10)
    monkeypatch.setattr(module, "_SAFE_LOGIT", 0.0)
    torch.testing.assert_close(after(10), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("labels", [1, 2, 4, 5, 21])
def test_that_row_sums_are_sums_for_few_labels_and_many(labels: int) -> None:
    rows = torch.rand(30, labels, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(module._row_sums(rows), rows.sum(1, keepdim=True))


def test_that_measured_steps_and_plain_updates_meet() -> None:
    field = MeanField(UNARY, [(LATTICES[0], 3.0), (LATTICES[1], 10.0)])
    steps = [field.step() for _ in range(4)]
    torch.testing.assert_close(torch.from_numpy(field.q()), after(4), rtol=0, atol=0)
    assert [step.iteration for step in steps] == [1, 2, 3, 4] == [*range(1, field.iteration + 1)]


def test_that_the_energy_falls_where_nothing_oscillates() -> None:
    field = MeanField(UNARY, [(LATTICES[0], 1.0), (LATTICES[1], 1.0)])
    energies = [field.energy(), *(field.step().energy for _ in range(5))]
    # The last steps move nothing any more, and float32 marginals cannot say by how little.
    assert max(np.diff(energies)) < 1e-7
    assert energies[0] > energies[-1] + 1e-3


def test_that_the_share_of_changed_labels_is_counted() -> None:
    field = MeanField(UNARY, [(LATTICES[0], 3.0), (LATTICES[1], 10.0)])
    before = field.labels()
    step = field.step()
    assert step.changed_share == pytest.approx(np.mean(field.labels() != before))
    assert step.changed_share > 0


def test_that_a_warm_start_is_nearer_after_one_step_and_a_cold_one_the_same_as_ever() -> None:
    settled = after(10, weights=(3.0, 10.0))
    moved = list(zip(LATTICES, (3.0, 9.0), strict=True))
    goal = after(10, weights=(3.0, 9.0))
    warm, cold = MeanField(UNARY, moved, start=settled), MeanField(UNARY, moved)
    warm.advance(1)
    cold.advance(1)
    assert np.abs(warm.q() - goal.numpy()).mean() < 0.2 * np.abs(cold.q() - goal.numpy()).mean()
    cold.advance(9)
    torch.testing.assert_close(torch.from_numpy(cold.q()), goal, rtol=0, atol=0)


def test_that_a_matrix_of_equal_rewards_is_potts() -> None:
    rewards = tuple(tuple(-3.0 if i == j else 0.0 for j in range(4)) for i in range(4))
    by_matrix = MeanField(UNARY, [(LATTICES[0], rewards)])
    by_diagonal = MeanField(UNARY, [(LATTICES[0], (-3.0,) * 4)])
    potts = MeanField(UNARY, [(LATTICES[0], 3.0)])
    for field in (by_matrix, by_diagonal, potts):
        field.advance(5)
    np.testing.assert_allclose(by_matrix.q(), potts.q(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(by_diagonal.q(), potts.q(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_that_a_unary_that_is_not_finite_is_refused(value: float) -> None:
    broken = UNARY.clone()
    broken[1, 2, 3] = value
    with pytest.raises(UserError, match="not finite"):
        MeanField(broken, [])


@pytest.mark.parametrize("shape", [(4, 31), (0, 24, 31), (4, 0, 31)])
def test_that_a_unary_without_labels_or_pixels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="shape"):
        MeanField(torch.zeros(shape), [])


def test_that_parts_of_other_shapes_are_refused() -> None:
    with pytest.raises(UserError, match="744 pixels, the unary 736"):
        MeanField(UNARY.reshape(4, -1)[:, :736].reshape(4, 23, 32), [(LATTICES[0], 3.0)])
    with pytest.raises(UserError, match="start of shape"):
        MeanField(UNARY, [], start=UNARY[:2])
    with pytest.raises(UserError, match="there are 4 labels"):
        MeanField(UNARY, [(LATTICES[0], (1.0, 2.0))])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1])
def test_that_a_start_that_is_no_probability_is_refused(value: float) -> None:
    start = torch.full_like(UNARY, 0.25)
    start[0, 0, 0] = value
    with pytest.raises(UserError, match="no probability"):
        MeanField(UNARY, [], start=start)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e7])
def test_that_a_weight_that_is_no_weight_is_refused(weight: float) -> None:
    with pytest.raises(UserError, match="CRF weight"):
        MeanField(UNARY, [(LATTICES[0], weight)])
