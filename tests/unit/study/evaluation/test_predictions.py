"""Masks from elsewhere, in the forms people keep them in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.imaging.palette import voc_palette
from dcsm_viewer.imaging.read_mask import read_mask
from dcsm_viewer.study.evaluation.predictions import predictions_in
from dcsm_viewer.values import UserError

LABELS = np.array([[0, 1, 20], [255, 3, 0]], np.uint8)


def test_that_palette_grey_and_coloured_masks_say_the_same(tmp_path: Path) -> None:
    palette = Image.fromarray(LABELS)
    palette.putpalette(voc_palette().tobytes())
    palette.save(tmp_path / "palette.png")
    Image.fromarray(LABELS).save(tmp_path / "grey.png")
    Image.fromarray(voc_palette()[LABELS]).save(tmp_path / "colours.png")
    for name in ("palette", "grey", "colours"):
        np.testing.assert_array_equal(read_mask(tmp_path / f"{name}.png"), LABELS)


def test_that_colours_that_are_not_vocs_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2), (1, 2, 3)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="colours that are not VOC's"):
        read_mask(tmp_path / "a.png")


def test_that_a_file_that_is_no_picture_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match="cannot be read as a mask"):
        read_mask(tmp_path / "a.png")


def test_that_a_folder_that_lacks_masks_is_named_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(UserError, match=r"has no b\.png, and lacks 2 of 3 masks"):
        predictions_in([tmp_path], ["a", "b", "c"])


def test_that_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "one" / "masks", tmp_path / "two" / "masks", tmp_path / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
    assert [one.name for one in predictions_in(folders, [])] == [str(folders[0]), str(folders[1]), "other"]
