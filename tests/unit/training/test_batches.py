"""What comes when follows from seed and place alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.networks.input_spec import CAFFE, EFFICIENTNET_LITE
from dcsm_viewer.engine.stages.preprocess import network_input as engine_input
from dcsm_viewer.engine.stages.preprocess import place_on_canvas
from dcsm_viewer.io.datasets import Dataset, csv_dataset
from dcsm_viewer.training.augment import augmented, letterboxed
from dcsm_viewer.training.batches import Batch, Share, fixed_batches, network_input, steps_per_epoch, training_batches
from dcsm_viewer.training.training_recipe import Augmentation, TrainingRecipe
from tests.unit.training.tiny import write_squares

RECIPE = TrainingRecipe(batch=4, sizes=(80, 120), augmentation="strong", seed=7)


@pytest.fixture
def squares(tmp_path: Path) -> Dataset:
    return csv_dataset(write_squares(tmp_path, 10, 0))


def assert_equal(found: Sequence[Batch], expected: Sequence[Batch]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.canvases, other.canvases)
        assert torch.equal(one.rectangles, other.rectangles)
        assert torch.equal(one.labels, other.labels)


def test_that_an_epoch_continued_anywhere_goes_on_with_the_same_batches(squares: Dataset) -> None:
    whole = list(training_batches(squares, RECIPE, 2, range(3), workers=3))
    assert len(whole) == steps_per_epoch(10, RECIPE) == 3
    for first in range(4):
        assert_equal(list(training_batches(squares, RECIPE, 2, range(first, 3), workers=1)), whole[first:])
    assert_equal(list(training_batches(squares, RECIPE, 2, [2, 0], workers=1)), [whole[2], whole[0]])


def test_that_epochs_and_seeds_differ_in_order_size_and_looks(squares: Dataset) -> None:
    first = next(iter(training_batches(squares, RECIPE, 0, [0], workers=1)))
    for recipe, epoch in ((RECIPE, 1), (replace(RECIPE, seed=8), 0)):
        other = next(iter(training_batches(squares, recipe, epoch, [0], workers=1)))
        assert first.canvases.shape != other.canvases.shape or not torch.equal(first.canvases, other.canvases)


def test_that_every_image_comes_once_an_epoch_before_the_last_batch_is_filled_up(squares: Dataset) -> None:
    plain = replace(RECIPE, augmentation="plain", sizes=(64, 64))
    batches = list(training_batches(squares, plain, 0, range(3), workers=2))
    digests = [canvas.numpy().tobytes() for batch in batches for canvas in batch.canvases]
    assert len(digests) == 12
    assert len(set(digests[:10])) == 10
    assert digests[10:] == digests[:2]


def test_that_processes_share_a_batch_without_gap_or_overlap(squares: Dataset) -> None:
    whole = next(iter(training_batches(squares, RECIPE, 0, [0], workers=2)))
    shares = [next(iter(training_batches(squares, RECIPE, 0, [0], 1, Share(rank, 2)))) for rank in range(2)]
    for rank, share in enumerate(shares):
        assert torch.equal(share.canvases, whole.canvases[rank::2])
        assert torch.equal(share.labels, whole.labels[rank::2])


@pytest.mark.parametrize("kind", ["plain", "paper", "strong"])
def test_that_the_image_fills_its_rectangle_and_the_rest_is_black(kind: Augmentation) -> None:
    rgb = np.full((60, 90, 3), 200, dtype=np.uint8)
    for seed in range(20):
        seen = augmented(rgb, 77, kind, np.random.default_rng(seed))
        top, left, height, width = seen.rectangle
        assert max(height, width) <= 77
        assert seen.canvas.shape == (77, 77, 3)
        inside = seen.canvas[top : top + height, left : left + width]
        assert inside.min() > 20
        assert int(seen.canvas.astype(int).sum()) == int(inside.astype(int).sum())


def test_that_a_validated_image_lies_where_the_engine_puts_it() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (75, 100, 3), dtype=np.uint8)
    seen = letterboxed(rgb, 100)
    canvas, placement = place_on_canvas(rgb, MethodSettings(canvas_px=100))
    assert seen.rectangle == (placement.top, placement.left, placement.height, placement.width)
    np.testing.assert_array_equal(seen.canvas.transpose(2, 0, 1), canvas.numpy())
    for convention in (EFFICIENTNET_LITE, CAFFE):
        batch = Batch(torch.from_numpy(seen.canvas)[None], torch.tensor([seen.rectangle]), torch.zeros(1, 1))
        found = network_input(batch, convention, torch.device("cpu"))
        torch.testing.assert_close(found, engine_input(canvas, 100, convention).float(), rtol=1e-5, atol=1e-5)


def test_that_fixed_batches_name_their_places(squares: Dataset) -> None:
    found = list(fixed_batches(squares, [1, 3, 4, 8, 9], 64, 2, workers=2))
    assert [indices for indices, _ in found] == [[1, 3], [4, 8], [9]]
    again = list(fixed_batches(squares, [8], 64, 2, workers=1))
    assert torch.equal(found[1][1].canvases[1], again[0][1].canvases[0])
