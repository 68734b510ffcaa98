"""COCO's run-length code against strings that pycocotools 2.0 made of the same masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcsm_viewer.io.codecs.coco_rle import mask_of, packed, runs_of, unpacked


def _corners_and_a_block() -> NDArray[np.bool_]:
    mask = np.zeros((24, 37), dtype=bool)
    mask[0, 0] = mask[-1, -1] = True
    mask[5:9, 10:20] = True
    return mask


def _large_block() -> NDArray[np.bool_]:
    mask = np.zeros((375, 500), dtype=bool)
    mask[100:300, 50:400] = True
    return mask


def test_that_a_mask_has_the_code_pycocotools_gives_it() -> None:
    assert packed(runs_of(_corners_and_a_block())) == "01d73PI00000000000000000b<M"
    assert packed(runs_of(_large_block())).startswith("R]b0X6_50000000000")


def test_that_runs_go_down_the_columns_and_begin_with_what_is_not_the_mask() -> None:
    assert runs_of(np.array([[True, False], [True, True]])) == [0, 2, 1, 1]
    assert runs_of(np.array([[False, True], [False, False]])) == [2, 1, 1]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31))
def test_that_every_mask_comes_back(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.4
    np.testing.assert_array_equal(mask_of(unpacked(packed(runs_of(mask))), height, width), mask)


@given(st.lists(st.integers(0, 10**7), max_size=12))
def test_that_every_list_of_runs_comes_back(runs: list[int]) -> None:
    assert unpacked(packed(runs)) == runs


@pytest.mark.parametrize("counts", ["q", "\n", "P"])
def test_that_what_is_no_code_is_refused(counts: str) -> None:
    with pytest.raises(ValueError, match=r"no mark of a run length|cut off"):
        unpacked(counts)


@pytest.mark.parametrize("runs", [[3], [5], [-1, 5], []])
def test_that_runs_of_another_size_are_refused(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="for 4"):
        mask_of(runs, 2, 2)
