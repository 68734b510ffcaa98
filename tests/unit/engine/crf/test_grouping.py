"""Equal integers brought together, by either way of sorting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.crf.grouping import grouped, indices_of, members


@pytest.mark.parametrize("code_bits", [20, 63], ids=["packed with their index", "too wide to pack"])
def test_that_codes_come_back_from_their_groups(code_bits: int) -> None:
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, 2**20, 500) // 997)
    groups = grouped(codes.clone(), code_bits)
    assert torch.equal(groups.values, torch.unique(codes))
    assert torch.equal(groups.values[groups.group_of.long()], codes)


def test_that_members_are_all_entries_of_a_group_with_rows_rising() -> None:
    group_of = torch.tensor([[0, 2], [2, 0], [2, 4]], dtype=torch.int32)
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    found = members(group_of, weights, 5)
    assert found.offsets.tolist() == [0, 2, 2, 5, 5, 6]
    assert found.index.tolist() == [0, 1, 0, 1, 2, 2]
    assert found.weight.tolist() == [1.0, 4.0, 2.0, 3.0, 5.0, 6.0]
    assert {found.index.dtype, found.offsets.dtype} == {torch.int32}


@pytest.mark.parametrize("code_bits", [8, 40], ids=["by table", "by bisection"])
def test_that_codes_are_found_where_they_are_and_missed_where_not(code_bits: int) -> None:
    found = indices_of(torch.tensor([3, 7, 200]), torch.tensor([0, 200, 7, 255, 3, 8]), code_bits)
    assert found.tolist() == [3, 2, 1, 3, 0, 3]
