"""The VOC palette against its definition, and the colours the published label files carry."""

from __future__ import annotations

import pytest

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import UserError
from dcsm_viewer.render.palette import class_colour, colour_of_index, voc_palette

# As in the label files of the VOC 2012 development kit, background first.
PUBLISHED = (
    (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128), (128, 128, 128),
    (64, 0, 0), (192, 0, 0), (64, 128, 0), (192, 128, 0), (64, 0, 128), (192, 0, 128), (64, 128, 128), (192, 128, 128),
    (0, 64, 0), (128, 64, 0), (0, 192, 0), (128, 192, 0), (0, 64, 128),
)  # fmt: skip


def test_that_the_palette_has_the_colours_of_the_published_files() -> None:
    assert [tuple(row) for row in voc_palette()[:21].tolist()] == list(PUBLISHED)


def test_that_the_ignore_colour_is_the_published_cream() -> None:
    assert voc_palette()[IGNORE_INDEX].tolist() == [224, 224, 192]


def test_that_a_dog_has_the_colour_of_label_twelve() -> None:
    assert class_colour(11) == (64, 0, 128)


def test_that_a_thousand_classes_have_a_thousand_colours() -> None:
    assert len({class_colour(class_id) for class_id in range(1000)}) == 1000


def test_that_the_background_is_class_minus_one_and_below_there_is_none() -> None:
    assert class_colour(-1) == (0, 0, 0)
    with pytest.raises(UserError, match="Class id -2 does not exist"):
        class_colour(-2)


def test_that_nobody_can_write_into_the_palette() -> None:
    with pytest.raises(ValueError, match="read-only"):
        voc_palette()[0] = 1


def test_that_single_indices_and_arrays_agree() -> None:
    assert colour_of_index([[15, 300]])[0, 1].tolist() == colour_of_index(300).tolist()
