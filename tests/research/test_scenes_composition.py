from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from research.pictures.appearance import EVALUATION, TRAINING
from research.pictures.asset_pool import AssetPool
from research.pictures.cutout import NO_CLASS, Cutout
from research.pictures.layer import Layer
from research.pictures.scene import MIN_SCENE_SHARE, composite, make_scene
from tests.research.scene_subjects import Grey, drawn_cutout, square

SIZE = (160, 120)


def of_class(name: str) -> Cutout:
    return Cutout(name, "icon", "drawn", "a", "0", Path("nowhere.png"))


def reference(behind: np.ndarray, layers: list[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """Pixel by pixel, in float64: shadow, then 'over' (Porter & Duff 1984), nearest layer with alpha 1/2 or more."""
    height, width = behind.shape[:2]
    rgb, numbers = behind.astype(np.float64), np.zeros((height, width), int)
    for row in range(height):
        for col in range(width):
            for number, layer in enumerate(layers, 1):
                y, x = row - layer.shadow_at[1], col - layer.shadow_at[0]
                if 0 <= y < layer.shadow.shape[0] and 0 <= x < layer.shadow.shape[1]:
                    rgb[row, col] *= 1 - float(layer.shadow[y, x])
                y, x = row - layer.at[1], col - layer.at[0]
                if 0 <= y < layer.alpha.shape[0] and 0 <= x < layer.alpha.shape[1]:
                    alpha = float(layer.alpha[y, x])
                    rgb[row, col] = alpha * layer.rgb[y, x].astype(float) + (1 - alpha) * rgb[row, col]
                    if alpha >= 0.5:
                        numbers[row, col] = number if layer.cutout.class_name != NO_CLASS else 0
    return rgb, numbers


def test_that_picture_and_mask_equal_a_pixel_by_pixel_composition() -> None:
    rng = np.random.default_rng(3)
    layers = []
    for number, name in enumerate(("cat", NO_CLASS, "dog", "bus")):
        shape = (9 + number, 12 - number)
        layers.append(
            Layer(
                of_class(name),
                rng.random((*shape, 3), np.float32),
                rng.random(shape, np.float32),
                (int(rng.integers(0, 8)), int(rng.integers(0, 8))),
                rng.random((5, 7), np.float32) * np.float32(0.7),
                (int(rng.integers(0, 10)), int(rng.integers(0, 10))),
            )
        )
    behind = rng.random((24, 26, 3), np.float32)
    rgb, numbers = composite(behind, layers)
    expected_rgb, expected_numbers = reference(behind, layers)
    np.testing.assert_allclose(rgb, expected_rgb, atol=1e-5)
    np.testing.assert_array_equal(numbers, expected_numbers)


def test_that_the_nearer_object_hides_the_farther_one_in_picture_and_mask() -> None:
    behind = np.zeros((40, 40, 3), np.float32)
    far, near = square(of_class("cat"), (5, 5), 20, 0.25), square(of_class("dog"), (15, 15), 20, 0.75)
    rgb, numbers = composite(behind, [far, near])
    assert numbers[20, 20] == 2
    assert rgb[20, 20, 0] == pytest.approx(0.75)
    assert numbers[10, 10] == 1
    rgb, numbers = composite(behind, [near, far])
    assert numbers[20, 20] == 2
    assert rgb[20, 20, 0] == pytest.approx(0.25)


def test_that_a_thing_of_no_class_hides_without_being_labelled() -> None:
    behind = np.zeros((40, 40, 3), np.float32)
    layers = [square(of_class("cat"), (5, 5), 20, 0.25), square(of_class(NO_CLASS), (15, 5), 20, 0.75)]
    rgb, numbers = composite(behind, layers)
    assert numbers[10, 20] == 0
    assert rgb[10, 20, 0] == pytest.approx(0.75)
    assert numbers[10, 10] == 1


def test_that_a_scene_is_the_same_for_the_same_seed_and_number(tmp_path: Path) -> None:
    assets = AssetPool.of([drawn_cutout(tmp_path, name, colour=(250, 250, 20)) for name in ("bird", "cat", "dog")])
    first = make_scene(7, 3, SIZE, assets, Grey(), TRAINING)
    make_scene(7, 4, SIZE, assets, Grey(), TRAINING)  # what is made in between leaves no trace
    again = make_scene(7, 3, SIZE, assets, Grey(), TRAINING)
    other = make_scene(8, 3, SIZE, assets, Grey(), TRAINING)
    np.testing.assert_array_equal(first.rgb, again.rgb)
    np.testing.assert_array_equal(first.numbers, again.numbers)
    assert first.objects == again.objects
    assert not np.array_equal(first.rgb, other.rgb)


def test_that_the_mask_lies_on_the_object_that_the_picture_shows(tmp_path: Path) -> None:
    assets = AssetPool.of([drawn_cutout(tmp_path, "cat", colour=(255, 0, 0))], counts=(1.0,))
    for index in range(5):
        made = make_scene(1, index, SIZE, assets, Grey(), EVALUATION)
        red = made.rgb[..., 0].astype(int) - made.rgb[..., 1] > 60
        labelled = made.numbers == 1
        assert labelled.any()
        # Blur and grain move the edge by a pixel, no more.
        assert (red & labelled).sum() / (red | labelled).sum() > 0.93


def test_that_boxes_hold_exactly_what_is_labelled_and_nothing_too_small_is(tmp_path: Path) -> None:
    cutouts = [drawn_cutout(tmp_path, name, size=(60, 30)) for name in ("bird", "cat", "dog", NO_CLASS)]
    assets = AssetPool.of(cutouts, counts=(0, 0, 0, 1.0), distractors=1.0)
    for index in range(12):
        made = make_scene(2, index, SIZE, assets, Grey(), TRAINING)
        for seen in made.objects:
            rows, columns = np.nonzero(made.numbers == seen.number)
            assert seen.box == (columns.min() + 1, rows.min() + 1, columns.max() + 1, rows.max() + 1)
            assert len(rows) >= MIN_SCENE_SHARE * made.numbers.size
            assert seen.class_name != NO_CLASS
        assert set(np.unique(made.numbers)) - {0} == {seen.number for seen in made.objects}


def test_that_an_object_too_hidden_is_neither_labelled_nor_painted(tmp_path: Path) -> None:
    # Five large objects in a small picture: some always end behind others.
    cutouts = [drawn_cutout(tmp_path, "bird", colour=(0, 255, 0), size=(40, 40))]
    cutouts.append(drawn_cutout(tmp_path, "cat", colour=(255, 0, 0), size=(40, 40)))
    assets = AssetPool.of(cutouts, counts=(0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0))
    dropped = 0
    for index in range(6):
        made = make_scene(4, index, SIZE, assets, Grey(), EVALUATION)
        dropped += 10 - len(made.objects)
        for colour, name in ((1, "bird"), (0, "cat")):
            strong = made.rgb[..., colour].astype(int) - np.delete(made.rgb[..., :2], colour, -1)[..., 0] > 60
            numbers = [seen.number for seen in made.objects if seen.class_name == name]
            # Wherever its colour is seen, it is labelled: nothing was painted that has no label.
            assert (strong & ~np.isin(made.numbers, numbers)).mean() < 0.02
    assert dropped > 0
