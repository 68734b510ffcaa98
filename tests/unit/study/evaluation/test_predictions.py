"""Masks from elsewhere, in the forms people keep them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.study.evaluation.predictions import predictions_in
from dcsm_viewer.values import UserError


def test_that_a_folder_that_lacks_masks_is_named_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(UserError, match=r"has no b\.png, and lacks 2 of 3 masks"):
        predictions_in([tmp_path], ["a", "b", "c"])


def test_that_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "one" / "masks", tmp_path / "two" / "masks", tmp_path / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
    assert [one.name for one in predictions_in(folders, [])] == [str(folders[0]), str(folders[1]), "other"]
